"""All configurations of a design in one SPICE run: the controls are voltages that step through them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from chaoscad.design.model import Design
from chaoscad.design.reconfigurable import Reconfigurable
from chaoscad.errors import ChaoscadError, Diagnostic, Refused, counted, shown
from chaoscad.evidence import Evidence
from chaoscad.export.digits import neat
from chaoscad.export.model import CheckLog, Export
from chaoscad.export.names import PLAIN, legal_names
from chaoscad.export.options import Options
from chaoscad.export.readme import readme
from chaoscad.export.rows import expected
from chaoscad.export.spice import MONTE_CARLO
from chaoscad.export.spice.circuit import circuit, volts_of
from chaoscad.export.spice.deck import bench
from chaoscad.export.spice.measurement import BENCH, CIRCUIT, SpicePlan, compare, measure
from chaoscad.export.spice.monte_carlo import sampling
from chaoscad.export.spice.nodes import local_numbers, name_nodes
from chaoscad.export.spice.timing import timing_of
from chaoscad.netlist.unrolled import controls_of
from chaoscad.toolchain import Tool

CONFIGURATIONS = "configurations.csv"


@dataclass(frozen=True)
class ConfiguredSpice:
    """A design of several configurations on its way to SPICE.

    **Arguments:**

    - `plans`: of every configuration, all with the same nodes and times.
    """

    design: Reconfigurable
    plans: Mapping[str, SpicePlan]

    @property
    def first(self) -> SpicePlan:
        """The plan of the first configuration."""
        return next(iter(self.plans.values()))

    def voltages(self) -> dict[str, dict[str, float]]:
        """By configuration, the voltage of the node of every control."""
        hardware = self.first.options.hardware
        found: dict[str, dict[str, float]] = {}
        for name, one in self.plans.items():
            found[name] = {}
            for node, (gate, place) in one.nodes.control_nodes.items():
                # As many volts as iterates, behind the numbers that are voltages of states.
                setting = one.design.gate(gate)
                volts = [*volts_of(setting, hardware), float(setting.iterates)]
                found[name][node] = neat(volts[place])
        return found


def configured(
    evidence: Mapping[str, Evidence], design: Reconfigurable, options: Options, most: int
) -> ConfiguredSpice:
    """Settle the names, the times and the rows of all configurations.

    **Arguments:**

    - `most`: pairs of a row and a gate that the bench measures, in all configurations together.

    **Raises:** `Refused` for what differs and is no voltage, and `ChaoscadError` for devices.
    """
    found = list(_no_voltages(design))
    if found:
        raise Refused(found[:20])
    if MONTE_CARLO.of(options) is not None:
        message = "a Monte Carlo deck is of one configuration"
        hint = f"give --configuration NAME with one of {', '.join(design.configurations)}"
        raise ChaoscadError(Diagnostic(message, hint=hint))
    first = next(iter(evidence.values()))
    sampling(first, options)  # refuses tolerances, which nothing would read
    controls = {
        gate.name: [
            name
            for name in local_numbers(gate.arity)
            if ("delta" if name.startswith("delta") else name) in controls_of(design.netlist, gate)
        ]
        for gate in design.netlist.gates
    }
    designs = list(design.configurations.values())
    counts = {
        gate: tuple(sorted({one.gate(gate).iterates for one in designs})) for gate in controls
    }
    nodes = name_nodes(
        first.design,
        controls=controls,
        counts={gate: own for gate, own in counts.items() if len(own) > 1},
    )
    timing = timing_of(first.design, options.hardware, nodes, designs[1:])
    count = len(evidence) * len(first.design.gates)
    rows = min(options.most_rows, max(2, most // count))
    return ConfiguredSpice(
        design,
        {
            name: SpicePlan(
                *(one.design, options, nodes, timing),
                *(expected(one, rows, options.seed), None, None),
            )
            for name, one in evidence.items()
        },
    )


def _no_voltages(design: Reconfigurable) -> Iterator[Diagnostic]:
    """What differs between configurations and is built into a subcircuit."""
    (first, one), *others = design.configurations.items()
    hint = (
        "controls can be x0, delta, threshold, iterates and time; --configuration NAME exports one"
    )
    for name, other in others:
        for gate, there in zip(one.gates, other.gates, strict=True):
            what = ""
            if gate.setting.element != there.setting.element:
                what = "a parameter of the system"
            elif gate.compare != there.compare:
                what = "the comparator"
            if what:
                message = (
                    f"gate {shown(gate.name)}: {what} differs between the configurations {shown(first)} "
                    f"and {shown(name)}, and is no voltage of the SPICE form"
                )
                yield Diagnostic(message, hint=hint)


def export_all(
    made: ConfiguredSpice,
    target: str,
    notes: Sequence[str],
) -> Export:
    """The circuit with a node for every control, and a bench that walks all rows in each configuration."""
    one, voltages = made.first, made.voltages()
    nodes, hardware, rows = one.nodes, one.options.hardware, one.rows
    names = legal_names(made.plans, PLAIN)
    others: list[Design] = [plan.design for plan in made.plans.values()][1:]
    files = {
        CIRCUIT: circuit(one.design, hardware, nodes, one.timing, others),
        BENCH: bench(
            one.design, hardware, nodes, one.timing, rows, CIRCUIT, list(voltages.values())
        ),
        CONFIGURATIONS: _table(made, names, voltages),
    }
    count = counted(len(made.plans), "configuration")
    files["README.md"] = readme(
        one.design,
        nodes.nets,
        title=f"SPICE netlist of {count}",
        files={
            CIRCUIT: f"the circuit as the subcircuit `{nodes.stem}`, with a node for every control",
            BENCH: f"one instance of it, walked through {rows.said()} in every configuration",
            CONFIGURATIONS: "the voltage of every control in every configuration, and the row of the bench "
            "with which the configuration begins",
        },
        run=[f"ngspice -b {BENCH}"],
        notes=[
            f"The nodes that control the circuit are {', '.join(nodes.control_nodes) or 'none'}: a voltage "
            "stands for x0 and a threshold as for any state, and for a weight it is the step of the "
            "state. The table of gates above is that of the first configuration.",
            *_when_read(made),
            f"The bench walks all its rows in each of {count}, one after the other: rows are counted on, "
            f"and row {rows.rows} is the first of the second.",
            *notes,
        ],
        hardware=hardware,
    )
    return Export(target, files, nodes.nets)


def _when_read(made: ConfiguredSpice) -> Iterator[str]:
    """How a configuration says when orbits are read, where that differs."""
    nodes, timing = made.first.nodes, made.first.timing
    if nodes.counts:
        named = ", ".join(node for node, _ in nodes.counts.values())
        yield (
            f"A map is read after as many iterates as there are volts at {named}: a multiplexer behind "
            "the chain of maps."
        )
    clocked = [phase.op for phase in timing.phases.values() if len(phase.runs) > 1]
    if clocked:
        yield (
            f"A flow is read at a time that differs between configurations: the bench ends the clocks "
            f"{', '.join(clocked)} earlier or later."
        )


def _table(
    made: ConfiguredSpice, names: Mapping[str, str], voltages: Mapping[str, Mapping[str, float]]
) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["configuration", "first_row", "gate", "node", "volts"])
    nodes, count = made.first.nodes, made.first.rows.rows
    for number, (name, given) in enumerate(voltages.items()):
        for node, (gate, _) in nodes.control_nodes.items():
            writer.writerow(
                [names[name], number * count, nodes.nets[gate], node, repr(given[node])]
            )
    return stream.getvalue()


def check_all(made: ConfiguredSpice, export: Export, tool: Tool, folder: Path) -> CheckLog:
    """Run ngspice on the bench; compare every gate in every row of every configuration."""
    measured = measure(tool, folder)
    said = list(measured.said)
    if not measured.values:
        return CheckLog(False, "\n".join(said) + "\n", 0)
    complaints: list[str] = []
    worst, count = (0.0, 0.0), 0
    for name, one in made.plans.items():
        largest, found = compare(measured.values, export.names, one, count)
        worst = max(worst[0], largest[0]), max(worst[1], largest[1])
        complaints += [f"configuration {shown(name)}, {item}" for item in found]
        count += one.rows.rows
    said += [
        f"compared in {made.first.rows.said()} of {counted(len(made.plans), 'configuration')}: the bits of "
        f"{counted(len(made.first.design.gates), 'gate')}, and their values in volts",
        f"largest difference of a value: {worst[0]:.3g} V, {worst[1]:.3g} of the margin",
        *complaints[:20],
        f"{len(complaints)} do not agree" if complaints else "every bit and value agrees",
    ]
    return CheckLog(not complaints, "\n".join(said) + "\n", count)
