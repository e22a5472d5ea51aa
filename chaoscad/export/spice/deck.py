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
    - `start`, `runs`: when it stops to take its start, and how long it runs then: once, or for each
      walk through all rows.
    """

    ic: str
    op: str
    start: float
    runs: tuple[float, ...]


Place = tuple[int, tuple[float, ...]]
"""How many flows lie on the path to a reading, and its time in the flow's unit, of each walk."""


@dataclass(frozen=True)
class Timing:
    """The time of a row: how long it is, and when it is read.

    **Arguments:**

    - `places`: of every reading of a flow, by its gate; `elements`: of their elements, by their keys.
    """

    row: float
    edge: float
    read: float
    step: float
    phases: Mapping[Place, Phase]
    places: Mapping[str, Place]
    elements: Mapping[str, Place]


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
    - `counts`: by gate whose number of iterates is the voltage of a node, that node and the numbers.
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
    counts: Mapping[str, tuple[str, tuple[int, ...]]] = field(default_factory=dict)

    @property
    def control_nodes(self) -> dict[str, tuple[str, int]]:
        """By node, the first gate whose number it sets, and the place of that number.

        The place of the iterates is behind those of `numbers`.
        """
        found: dict[str, tuple[str, int]] = {}
        for gate, own in self.controls.items():
            for place, name in enumerate(self.numbers[gate]):
                if local_numbers(len(self.numbers[gate]) - 2)[place] in own:
                    found.setdefault(name, (gate, place))
            if gate in self.counts:
                found[self.counts[gate][0]] = (gate, len(self.numbers[gate]))
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
    counts: Mapping[str, tuple[int, ...]] | None = None,
) -> Nodes:
    """Legal names for every net, gate and number.

    **Arguments:**

    - `own`: parameters of systems that differ from element to element.
    - `controls`: the numbers that are nodes, as in `Nodes`.
    - `counts`: of gates whose iterates are the voltage of a node, the numbers that there are.
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
    taps = {
        gate: (space.take(f"{nets[gate]}_iterates"), own) for gate, own in (counts or {}).items()
    }
    return Nodes(
        *(stem, nets, states, values, numbers, systems, tunable, low, high, space),
        controls or {},
        taps,
    )


def timing_of(
    design: Design, hardware: Hardware, nodes: Nodes, others: Sequence[Design] = ()
) -> Timing:
    """When the gates of flows run: those that depend on others after them.

    **Arguments:**

    - `others`: what the circuit is in later walks, in which flows may be read at other times.
    """
    flows = [gate for gate in design.gates if isinstance(gate.setting.system, Flow)]
    if not flows:
        return Timing(DWELL, DWELL * EDGE, DWELL * 0.9, DWELL / 4, {}, {}, {})
    drivers = {gate.name: gate.inputs for gate in design.gates}
    # Maps take no time: a path is as long as the flows on it.
    level = longest(drivers, dict.fromkeys(drivers, 0) | {gate.name: 1 for gate in flows})
    unit = hardware.seconds_per_unit
    places: dict[str, Place] = {}
    step = math.inf
    for gate in flows:
        flow = gate.setting.system
        assert isinstance(flow, Flow)
        times = tuple(one.gate(gate.name).setting.time or 0.0 for one in (design, *others))
        places[gate.name] = (level[gate.name], times if len(set(times)) > 1 else times[:1])
        step = min(step, min(min(times) / 2000, flow.step / 20) * unit)
    elements = {
        element.key: _latest([places[gate.name] for gate in element.members])
        for element in design.elements
        if element.key in places
    }
    starts: dict[int, float] = {}
    clock = 0.0
    for number in range(1, max(level.values()) + 1):
        slowest = max(max(times) for depth, times in places.values() if depth == number) * unit
        starts[number] = clock + SETTLE * slowest
        clock = starts[number] + slowest
    phases = {
        place: Phase(
            nodes.namespace.take(f"ic{index}"),
            nodes.namespace.take(f"op{index}"),
            starts[place[0]],
            tuple(time * unit for time in place[1]),
        )
        for index, place in enumerate(sorted({*places.values(), *elements.values()}), 1)
    }
    rest = SETTLE * clock
    row = clock + 2 * rest
    return Timing(row, row * EDGE, clock + rest, step, phases, places, elements)


def _latest(places: Sequence[Place]) -> Place:
    """When an element has run long enough for all of its readings, in every walk."""
    walks = max(len(times) for _, times in places)
    every = [times * (walks // len(times)) for _, times in places]
    times = tuple(map(max, zip(*every, strict=True)))
    return places[0][0], times if len(set(times)) > 1 else times[:1]


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
    lines += clocks(timing, rows.rows)
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


def clocks(timing: Timing, rows: int = 1) -> list[str]:
    """The sources of the clocks of flows, once a row.

    **Arguments:**

    - `rows`: of a walk, after which a phase may run for another time.
    """
    lines: list[str] = []
    for phase in timing.phases.values():
        edge, period = timing.edge, timing.row
        begin = phase.start + edge
        ic = [1, 0, phase.start, edge, edge, period - begin, period]
        lines.append(f"V{phase.ic} {phase.ic} 0 PULSE({' '.join(map(digits, ic))})")
        if len(phase.runs) == 1:
            op = [0, 1, begin, edge, edge, phase.runs[0] - edge, period]
            lines.append(f"V{phase.op} {phase.op} 0 PULSE({' '.join(map(digits, op))})")
            continue
        points = ["0 0"]
        for row in range(rows * len(phase.runs)):
            rise = row * period + begin
            fall = rise + phase.runs[row // rows]
            at = zip((rise, rise + edge, fall, fall + edge), (0, 1, 1, 0), strict=True)
            points += [f"{digits(time)} {level}" for time, level in at]
        lines.append(f"V{phase.op} {phase.op} 0 PWL({' '.join(points)})")
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
