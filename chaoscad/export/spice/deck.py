"""The SPICE bench of a design: names, the times of a row, stimulus and measurements."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from chaoscad.design.model import Design
from chaoscad.export.names import SPICE, Namespace, circuit_name, comment
from chaoscad.export.rows import Expected
from chaoscad.export.spice.systems import SETTLE, parameter_names
from chaoscad.hardware import Hardware
from chaoscad.logic.graph import longest
from chaoscad.systems import Flow, Setting

DWELL = 1e-3
"""Seconds for which a row stands where all systems are maps, which take no time."""

EDGE = 1e-6
"""Rise time of stimulus and clocks, as a part of the time of a row."""

WIDEST_LINE = 110

LONGEST_NET = 32
"""Most characters of a net's name. ngspice takes more, but a name stands several times in a line, and
other simulators cut long ones off."""

DUT = "xdut"
"""The bench's instance of the circuit."""

# Not within v(...), which .meas takes only in one piece.
_BREAK = re.compile(r"[ ,:?]|(?<!v)\(")


@dataclass(frozen=True)
class Phase:
    """Gates of flows that run together, in seconds from the start of a row.

    **Arguments:**

    - `ic`, `op`: the nodes of its two clocks.
    - `start`, `run`: when it stops to take its start, and how long it runs then.
    """

    ic: str
    op: str
    start: float
    run: float


@dataclass(frozen=True)
class Timing:
    """The time of a row: how long it is, and when it is read."""

    row: float
    edge: float
    read: float
    step: float
    phases: Mapping[tuple[int, float], Phase]
    places: Mapping[str, tuple[int, float]]


@dataclass(frozen=True)
class Nodes:
    """The names of a deck.

    **Arguments:**

    - `stem`: of the circuit, with which the names of all its subcircuits begin.
    - `nets`, `states`, `values`: the nodes of the nets, and of every gate's state and value. Readings of
      one element have one state.
    - `numbers`: the parameters that are a gate's x0, deltas and threshold, in this order; but for the
      threshold they are those of its element.
    - `systems`: the subcircuit of every system.
    - `tunable`: by gate, the circuit's parameters that are its system's, by the names in the system's
      subcircuit. Gates of one system share them, apart from those that are each element's own.
    - `low`, `high`: the parameters that are the logic levels.
    - `controls`: by gate, which of its `local_numbers` are the voltages of nodes; these have the names
      that the parameters would have.
    """

    stem: str
    nets: Mapping[str, str]
    states: Mapping[str, str]
    values: Mapping[str, str]
    numbers: Mapping[str, Sequence[str]]
    systems: Mapping[Setting, str]
    tunable: Mapping[str, Mapping[str, str]]
    low: str
    high: str
    namespace: Namespace
    controls: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def control_nodes(self) -> dict[str, tuple[str, int]]:
        """By node, the first gate whose number it sets, and the place of that number."""
        found: dict[str, tuple[str, int]] = {}
        for gate, own in self.controls.items():
            for place, name in enumerate(self.numbers[gate]):
                if local_numbers(len(self.numbers[gate]) - 2)[place] in own:
                    found.setdefault(name, (gate, place))
        return found


def local_numbers(arity: int, reading: str = "") -> list[str]:
    """What the numbers of a gate are called in its subcircuit.

    **Arguments:**

    - `reading`: with which the names of one of several readings end.
    """
    return ["x0", *(f"delta{index}" for index in range(1, arity + 1)), f"threshold{reading}"]


def name_nodes(
    design: Design,
    own: Collection[str] = (),
    controls: Mapping[str, Sequence[str]] | None = None,
) -> Nodes:
    """Legal names for every net, gate and number.

    **Arguments:**

    - `own`: parameters of systems that differ from element to element.
    - `controls`: the numbers that are nodes, as in `Nodes`.
    """
    space = Namespace(SPICE)
    names = [*design.netlist.inputs, *(gate.name for gate in design.gates)]
    nets = space.take_all(names, LONGEST_NET)
    of = {gate.name: element for element in design.elements for gate in element.readings}
    # A gate with an element of its own gives that its name.
    stems = {name: element.name if element.shared else nets[name] for name, element in of.items()}
    once: dict[tuple[str, str], str] = {}

    def shared_by_readings(gate: str, item: str) -> str:
        key = (of[gate].key, item)
        if key not in once:
            once[key] = space.take(f"{stems[gate]}_{item}")
        return once[key]

    gates = [gate.name for gate in design.gates]
    states = {name: shared_by_readings(name, "state") for name in gates}
    values = {name: space.take(f"{nets[name]}_value") for name in gates}
    numbers: dict[str, list[str]] = {}
    for gate in design.gates:
        *common, threshold = local_numbers(gate.arity)
        numbers[gate.name] = [shared_by_readings(gate.name, item) for item in common]
        numbers[gate.name].append(space.take(f"{nets[gate.name]}_{threshold}"))
    stem = circuit_name(design.name, SPICE, LONGEST_NET)
    settings = dict.fromkeys(element.setting for element in design.elements)
    systems = {item: f"{stem}_system{number}" for number, item in enumerate(settings, 1)}
    shared = {
        item: {
            name: space.take(f"system{number}_{name}")
            for key, name in parameter_names(item).items()
            if key not in own
        }
        for number, item in enumerate(settings, 1)
    }
    tunable = {
        gate.name: {
            name: shared_by_readings(gate.name, name)
            if key in own
            else shared[of[gate.name].setting][name]
            for key, name in parameter_names(gate.setting).items()
        }
        for gate in design.gates
    }
    low, high = space.take("v_low"), space.take("v_high")
    return Nodes(
        stem, nets, states, values, numbers, systems, tunable, low, high, space, controls or {}
    )


def timing_of(design: Design, hardware: Hardware, nodes: Nodes) -> Timing:
    """When the gates of flows run: those that depend on others after them."""
    flows = [gate for gate in design.gates if isinstance(gate.setting.system, Flow)]
    if not flows:
        return Timing(DWELL, DWELL * EDGE, DWELL * 0.9, DWELL / 4, {}, {})
    drivers = {gate.name: gate.inputs for gate in design.gates}
    # Maps take no time: a path is as long as the flows on it.
    level = longest(drivers, dict.fromkeys(drivers, 0) | {gate.name: 1 for gate in flows})
    unit = hardware.seconds_per_unit
    places: dict[str, tuple[int, float]] = {}
    step = math.inf
    for gate in flows:
        flow, time = gate.setting.system, gate.setting.time
        assert isinstance(flow, Flow)
        assert time is not None
        places[gate.name] = (level[gate.name], time)
        step = min(step, min(time / 2000, flow.step / 20) * unit)
    starts: dict[int, float] = {}
    clock = 0.0
    for number in range(1, max(level.values()) + 1):
        slowest = max(time for depth, time in places.values() if depth == number) * unit
        starts[number] = clock + SETTLE * slowest
        clock = starts[number] + slowest
    phases = {
        place: Phase(
            nodes.namespace.take(f"ic{index}"),
            nodes.namespace.take(f"op{index}"),
            starts[place[0]],
            place[1] * unit,
        )
        for index, place in enumerate(sorted(set(places.values())), 1)
    }
    rest = SETTLE * clock
    row = clock + 2 * rest
    return Timing(row, row * EDGE, clock + rest, step, phases, places)


def ports(design: Design, nodes: Nodes, timing: Timing) -> list[str]:
    """The nodes of the circuit's subcircuit: inputs, outputs, two clocks of every phase, controls."""
    netlist = design.netlist
    outputs = [name for name in netlist.outputs if name not in netlist.inputs]
    clocks = [clock for phase in timing.phases.values() for clock in (phase.ic, phase.op)]
    return [
        *(nodes.nets[name] for name in (*netlist.inputs, *outputs)),
        *clocks,
        *nodes.control_nodes,
    ]


def bench(
    design: Design,
    hardware: Hardware,
    nodes: Nodes,
    timing: Timing,
    rows: Expected,
    file: str,
    controls: Sequence[Mapping[str, float]] = (),
) -> str:
    """The deck that ngspice runs: stimulus, clocks, analysis and measurements.

    **Arguments:**

    - `file`: the name of the file that holds the circuit.
    - `controls`: the voltage of every control's node, for each time that all rows are walked.
    """
    low, high = hardware.logic_levels
    walks = max(1, len(controls))
    times = f", {walks} times with other controls," if len(controls) > 1 else ","
    lines = [
        f"* {comment(design.name)}: walks {rows.said()} of the inputs{times} {timing.row:.6g} s each",
        *preamble(design, hardware, timing, file),
        f"* A number of one instance is changed by NAME=VALUE at the end of its line; {file} lists them.",
        f"{DUT.capitalize()} {' '.join(ports(design, nodes, timing))} {nodes.stem}",
    ]
    for index, name in enumerate(design.netlist.inputs, 1):
        levels = [high if bit else low for bit in rows.nets[name].tolist()] * walks
        lines.append(f"Vin{index} {nodes.nets[name]} 0 {steps(levels, timing)}")
    for index, name in enumerate(nodes.control_nodes, 1):
        levels = [given[name] for given in controls for _ in range(rows.rows)]
        lines.append(f"Vcontrol{index} {name} 0 {steps(levels, timing)}")
    lines += clocks(timing)
    lines.append(f".{transient(timing, walks * rows.rows)}")
    for row in range(walks * rows.rows):
        at = digits(row * timing.row + timing.read)
        for gate in design.gates:
            name = nodes.nets[gate.name]
            node = name if gate.name in design.netlist.outputs else f"{DUT}.{name}"
            lines.append(f".meas tran y{row}_{name} find v({node}) at={at}")
            value = f"{DUT}.{nodes.values[gate.name]}"
            lines.append(f".meas tran v{row}_{name} find v({value}) at={at}")
    return "".join(line + "\n" for line in wrapped([*lines, ".end"]))


def preamble(design: Design, hardware: Hardware, timing: Timing, file: str) -> list[str]:
    """What every deck of a design begins with: the circuit, and how precisely ngspice solves it."""
    # Newton's method may need one more iteration for every gate on a path.
    iterations = 200 + 4 * len(design.gates)
    return [
        f".include {file}",
        f".options {_tolerances(hardware, timing)} noacct",
        f".options itl1={iterations} itl2={iterations} itl4={iterations}",
    ]


def clocks(timing: Timing) -> list[str]:
    """The sources of the clocks of flows, once a row."""
    lines: list[str] = []
    for phase in timing.phases.values():
        edge, period = timing.edge, timing.row
        ic = [1, 0, phase.start, edge, edge, period - phase.start - edge, period]
        op = [0, 1, phase.start + edge, edge, edge, phase.run - edge, period]
        lines.append(f"V{phase.ic} {phase.ic} 0 PULSE({' '.join(map(digits, ic))})")
        lines.append(f"V{phase.op} {phase.op} 0 PULSE({' '.join(map(digits, op))})")
    return lines


def transient(timing: Timing, rows: int) -> str:
    """The analysis in time that walks as many rows."""
    return f"tran {timing.step!r} {timing.row * rows!r} 0 {timing.step!r}"


def _tolerances(hardware: Hardware, timing: Timing) -> str:
    """Tolerances of ngspice. The steps are so short that they bound the error of a flow."""
    if not timing.phases:
        return "reltol=1e-7 vntol=1e-9 abstol=1e-12"
    # Tighter ones meet the rounding of the currents that set the starts, and are never reached.
    least = f"{1e-8 * min(1.0, abs(hardware.volts_per_unit)):.3g}"
    return f"reltol=1e-5 vntol={least} abstol={least} method=trap trtol=1"


def steps(levels: Sequence[float], timing: Timing) -> str:
    """A source that is at one voltage for the time of a row each."""
    points = [f"0 {digits(levels[0])}"]
    for row in range(1, len(levels)):
        if levels[row] != levels[row - 1]:
            at = row * timing.row
            points.append(f"{digits(at)} {digits(levels[row - 1])}")
            points.append(f"{digits(at + timing.edge)} {digits(levels[row])}")
    return f"PWL({' '.join(points)})" if len(points) > 1 else f"DC {digits(levels[0])}"


def digits(value: float) -> str:
    """A time or a voltage of a source."""
    return format(value, ".12g")


def wrapped(lines: Sequence[str]) -> list[str]:
    """Lines of a comfortable width; a continuation starts with +."""
    found: list[str] = []
    for line in lines:
        rest, first = line, True
        while len(rest) > WIDEST_LINE and not line.startswith("*"):
            cuts = [match.end() for match in _BREAK.finditer(rest, 20, WIDEST_LINE)]
            if not cuts:
                break
            found.append(rest[: cuts[-1]] if first else f"+ {rest[: cuts[-1]]}")
            rest, first = rest[cuts[-1] :], False
        found.append(rest if first else f"+ {rest}")
    return found
