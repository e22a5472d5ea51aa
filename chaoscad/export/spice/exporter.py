"""SPICE: a design as behavioural sources for ngspice, and a bench that measures every gate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chaoscad.design.model import Design, DesignGate
from chaoscad.design.reconfigurable import Reconfigurable
from chaoscad.errors import Diagnostic, Refused, shown
from chaoscad.evidence import Evidence
from chaoscad.export.digits import tidied
from chaoscad.export.model import CheckLog, Export
from chaoscad.export.options import Option, Options
from chaoscad.export.readme import readme
from chaoscad.export.rows import Expected, expected
from chaoscad.export.spice import OPTIONS
from chaoscad.export.spice.agreement import agreement
from chaoscad.export.spice.circuit import SAMPLING, circuit
from chaoscad.export.spice.configured import ConfiguredSpice, check_all, configured, export_all
from chaoscad.export.spice.deck import DUT, bench
from chaoscad.export.spice.expressions import Sheet
from chaoscad.export.spice.measurement import BENCH, CIRCUIT, SpicePlan, compare, measure
from chaoscad.export.spice.monte_carlo import Sampling, monte_carlo, said, sampling
from chaoscad.export.spice.nodes import Nodes, name_nodes
from chaoscad.export.spice.noise import noise_agreement, noise_deck, noisy
from chaoscad.export.spice.systems import equations
from chaoscad.export.spice.timing import Timing, timing_of
from chaoscad.export.target import in_configuration
from chaoscad.hardware import Hardware, swamped
from chaoscad.systems import Map
from chaoscad.systems.symbolic import NoForm
from chaoscad.toolchain import require

MONTE_CARLO = "monte_carlo.cir"
NOISE, NOISY = "noise.cir", "noisy_circuit.cir"

MOST_MEASURED = 20_000
"""Most pairs of a row and a gate that a bench measures; of larger designs it walks fewer rows."""


@dataclass(frozen=True)
class Spice:
    """Designs as ngspice decks."""

    name: str = "spice"
    title: str = "an ngspice deck of behavioural sources, with a bench"
    options: tuple[Option[Any], ...] = OPTIONS

    def prepare(self, evidence: Evidence, options: Options) -> SpicePlan:
        """Refused: systems without SPICE expressions, and a scale that cannot hold the margins."""
        design = evidence.design
        found = _refusals(design, options.hardware)
        if found:
            raise Refused(found)
        sampled = sampling(evidence, options)
        nodes = name_nodes(design, sampled.own if sampled else ())
        most = min(options.most_rows, max(2, MOST_MEASURED // len(design.gates)))
        rows = expected(evidence, most, options.seed)
        timing = timing_of(design, options.hardware, nodes)
        return SpicePlan(*(design, options, nodes, timing, rows, sampled), noisy(evidence, options))

    def prepare_configurations(
        self, evidence: Mapping[str, Evidence], design: Reconfigurable, options: Options
    ) -> ConfiguredSpice:
        """Refused as in `prepare`, for each configuration, and controls that are no voltages."""
        found = [
            item
            for name, one in evidence.items()
            for item in in_configuration(name, _refusals(one.design, options.hardware))
        ]
        if found:
            raise Refused(found)
        return configured(evidence, design, options, MOST_MEASURED)

    def export(self, made: SpicePlan | ConfiguredSpice) -> Export:
        """`circuit.cir` with systems and gates, `bench.cir` with stimulus and measurements.

        With devices also `monte_carlo.cir`, which draws them and counts those that are right. Of
        several configurations, the controls are nodes, and the bench steps them through all.
        """
        if isinstance(made, ConfiguredSpice):
            one = made.first
            told = _notes(one.design, one.rows, one.nodes, one.timing, one.options.hardware)
            return export_all(made, self.name, told)
        design, nodes, timing, rows = made.design, made.nodes, made.timing, made.rows
        hardware = made.options.hardware
        files = {
            CIRCUIT: circuit(tidied(design), hardware, nodes, timing),
            BENCH: bench(design, hardware, nodes, timing, rows, CIRCUIT),
        }
        about = {
            CIRCUIT: f"the circuit as the subcircuit `{nodes.stem}`, with those of its gates and "
            "systems (replace these by your own circuits)",
            BENCH: f"one instance of it, what drives {rows.said()} of the inputs and measures every gate",
        }
        notes = _notes(design, rows, nodes, timing, hardware)
        if made.sampled is not None:
            files[MONTE_CARLO] = monte_carlo(made.sampled, hardware, nodes, timing, rows, CIRCUIT)
            about[MONTE_CARLO] = (
                f"{made.sampled.devices} devices with random errors, walked through {rows.said()} each"
            )
            notes += _monte_carlo_notes(made.sampled, timing)
        if made.noisy is not None:
            noise = made.noisy.disturbance(hardware)
            files[NOISY] = circuit(tidied(design), hardware, nodes, timing, noise=noise)
            files[NOISE] = noise_deck(made.noisy, hardware, nodes, timing, rows, NOISY)
            about[NOISY] = "the circuit with sources of noise at every gate"
            about[NOISE] = f"{made.noisy.trials} trials of every row with that noise"
            notes.append(
                f"`{NOISE}` draws the noise of every gate anew every {noise.every:g} s: at each of these "
                "times the circuit is one trial. ngspice prints as `e1_3` in which share of the trials "
                "the first output is wrong in row 3."
            )
        files["README.md"] = readme(
            design,
            nodes.nets,
            title="SPICE netlist",
            files=about,
            run=[f"ngspice -b {name}" for name in about if name not in (CIRCUIT, NOISY)],
            notes=notes,
            hardware=hardware,
            deviations=(
                *(("tolerance", "global") if made.sampled else ()),
                *(("noise",) if made.noisy else ()),
            ),
        )
        return Export(self.name, files, nodes.nets)

    def check(self, made: SpicePlan | ConfiguredSpice, export: Export, folder: Path) -> CheckLog:
        """Run ngspice on the bench; compare every gate's bit and value in every row.

        Run it on the devices, too, and test its yield against ours, and on the trials with noise.
        """
        tool = require("ngspice")
        if isinstance(made, ConfiguredSpice):
            return check_all(made, export, tool, folder)
        measured = measure(tool, folder)
        said = list(measured.said)
        if not measured.values:
            return CheckLog(False, "\n".join(said) + "\n", 0)
        worst, complaints = compare(measured.values, export.names, made)
        said += [
            f"compared in {made.rows.said()}: the bits of {len(made.design.gates)} gates, and their values "
            "in volts",
            f"largest difference of a value: {worst[0]:.3g} V, {worst[1]:.3g} of the margin",
            *complaints[:20],
            "every bit and value agrees" if not complaints else f"{len(complaints)} do not agree",
        ]
        passed = not complaints
        if made.sampled is not None:
            found = agreement(tool, made.sampled, made.rows, MONTE_CARLO, folder)
            passed = passed and found.passed
            said += found.lines
        if made.noisy is not None:
            found = noise_agreement(tool, made.noisy, made.rows, NOISE, folder)
            passed = passed and found.passed
            said += found.lines
        return CheckLog(passed, "\n".join(said) + "\n", made.rows.rows)


EXPORTER = Spice()


def _refusals(design: Design, hardware: Hardware) -> list[Diagnostic]:
    """Systems without SPICE expressions, and a scale that cannot hold the margins."""
    found = swamped(design, hardware)
    for gate in design.gates:
        missing = _missing(gate)
        if missing is not None:
            message = (
                f"gate {shown(gate.name)}: the system {gate.setting.system.name} has no SPICE "
                f"form, for it needs {missing}"
            )
            hint = "export it as a table, or take a system without it"
            found.append(Diagnostic(message, hint=hint))
    return found


def _missing(gate: DesignGate) -> str | None:
    """What the system of a gate uses and SPICE has not, or `None`."""
    try:
        equations(gate.setting, Sheet(), Hardware())
    except NoForm as missing:
        return str(missing)
    except (TypeError, ValueError, AttributeError, ArithmeticError):
        return "more than arithmetic and elementary functions"
    return None


def _notes(
    design: Design, rows: Expected, nodes: Nodes, timing: Timing, hardware: Hardware
) -> list[str]:
    low, high = hardware.logic_levels
    found = [
        f"Logic levels are {low:g} V and {high:g} V. Inside the instance `{DUT}` of the bench the nodes "
        "of a gate's state and value have its name with `_state` and `_value`. In ngspice's output, "
        "`y7_sum` is the output of gate `sum` in row 7, and `v7_sum` its value in volts. Rows count "
        "from 0; the first input is the most significant bit of the row's number.",
        f"Every number is a parameter of `{nodes.stem}`, listed in its `.subckt` line: change it there, "
        f"or in one instance by `NAME=VALUE` behind `{nodes.stem}`. x0, deltas and thresholds are in "
        "volts, parameters of a system in its own unit. All names of subcircuits begin with "
        f"`{nodes.stem}`, so exports of designs with different names fit into one deck; ngspice keeps "
        "the first of two subcircuits with one name, and warns.",
        f"A row takes {timing.row:.6g} s and is read {timing.read:.6g} s after its start."
        + ("" if rows.exhaustive else f" The rows are {rows.said()}."),
    ]
    if timing.phases:
        found.append(
            "A flow runs as on an analog computer: a capacitor and a current source per coordinate. "
            "While its clock `ic` is high a coordinate takes its start, while `op` is high it runs, "
            "and then it holds its value. One unit of the flow's time takes "
            f"{hardware.seconds_per_unit!r} s; the capacitors, in farads, are as large as "
            "that number of seconds. Gates whose inputs come from other gates run after them."
        )
    if any(element.held for element in design.elements):
        found.append(
            "A flow that is read before its end runs on: a capacitor follows the coordinate that is read, "
            f"with a time constant of {SAMPLING:g} of the run, and holds it once the clock `op` of the "
            "reading falls."
        )
    maps = [gate.setting.system for gate in design.gates if isinstance(gate.setting.system, Map)]
    if any(system.curve is None for system in maps):
        found.append(
            "The inputs of a map are limited to voltages far outside of all that occur in any row, "
            "as a supply would; no row reaches them. They are parameters of the systems' subcircuits: "
            "widen them with the states."
        )
    if any(system.curve is not None for system in maps):
        found.append(
            "The input of a measured curve is limited to the curve's ends, beyond which nothing was "
            "measured: there it keeps the value of its end. What your device does there is another "
            "matter, and widening these limits tells nothing of it."
        )
    return found


def _monte_carlo_notes(sampled: Sampling, timing: Timing) -> list[str]:
    found = [
        f"`{MONTE_CARLO}` draws the parameters of `circuit.cir` again for every device, in the line of its "
        f"instance `{DUT}`: edit the sizes there, the number of devices in `dowhile`, and the seed in "
        "`setseed`; the same seed gives the same devices in the same version of ngspice. A device is "
        "right when every output is right in every row in which it matters. ngspice prints how many "
        "`devices` it drew, how many are `right`, and for how many it found no solution (`unsolved`)"
        + ("." if timing.phases else "; `wrong_rows` has the devices that are wrong in each row.")
    ]
    found += [f"{line[0].upper()}{line[1:]}." for line in said(sampled.deviations)]
    return found
