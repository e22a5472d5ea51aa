"""A design as a SPICE netlist: systems, gates, and the bench that walks the rows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chaoscad.design.model import Design, DesignGate
from chaoscad.export.model import Hardware
from chaoscad.export.names import SPICE, Namespace, comment
from chaoscad.export.rows import Expected
from chaoscad.export.spice_systems import SETTLE, flow_lines, map_lines, rails
from chaoscad.systems import Flow, Setting

DWELL = 1e-3
"""Seconds for which a row stands where all systems are maps, which take no time."""

EDGE = 1e-6
"""Rise time of stimulus and clocks, as a part of the time of a row."""

WIDEST_LINE = 110

_BREAK = re.compile(r"[ (,:?]")


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
    """The names of a deck: of the nets, and of the state, the value and the parts of every gate."""

    nets: Mapping[str, str]
    states: Mapping[str, str]
    values: Mapping[str, str]
    namespace: Namespace


def name_nodes(design: Design) -> Nodes:
    """Legal names for every net and gate."""
    space = Namespace(SPICE)
    nets = space.take_all([*design.netlist.inputs, *(gate.name for gate in design.gates)])
    gates = [gate.name for gate in design.gates]
    states = {name: space.take(f"{nets[name]}_state") for name in gates}
    values = {name: space.take(f"{nets[name]}_value") for name in gates}
    return Nodes(nets, states, values, space)


def plan(design: Design, hardware: Hardware, nodes: Nodes) -> Timing:
    """When the gates of flows run: those that depend on others after them."""
    level = dict.fromkeys(design.netlist.inputs, 0)
    places: dict[str, tuple[int, float]] = {}
    step = DWELL / 4
    for gate in design.gates:
        level[gate.name] = max((level[name] for name in gate.inputs), default=0)
        flow = gate.setting.system
        if isinstance(flow, Flow):
            assert gate.setting.time is not None
            level[gate.name] += 1
            places[gate.name] = (level[gate.name], gate.setting.time)
            finest = min(gate.setting.time / 2000, flow.step / 20) * hardware.seconds_per_unit
            step = finest if len(places) == 1 else min(step, finest)
    if not places:
        return Timing(DWELL, DWELL * EDGE, DWELL * 0.9, step, {}, {})
    unit = hardware.seconds_per_unit
    starts: dict[int, float] = {}
    clock = 0.0
    for number in range(1, max(level for level, _ in places.values()) + 1):
        longest = max(time for depth, time in places.values() if depth == number) * unit
        starts[number] = clock + SETTLE * longest
        clock = starts[number] + longest
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


def circuit(design: Design, hardware: Hardware, nodes: Nodes, timing: Timing) -> str:
    """The systems as subcircuits, and the gates as subcircuits and instances."""
    gates: dict[Setting, list[DesignGate]] = {}
    for gate in design.gates:
        gates.setdefault(gate.setting, []).append(gate)
    names = {setting: f"system{number}" for number, setting in enumerate(gates, 1)}
    lines = [f"* {comment(design.name)}: gates of one nonlinear system and a comparator each"]
    lines += ["* logic levels: 0 V and 1 V; a state x stands as"]
    lines.append(f"* {hardware.offset_volts!r} V + {hardware.volts_per_unit!r} V * x")
    for setting, members in gates.items():
        name = names[setting]
        lines += ["", f"* {comment(setting.system.title)}", *_parameters(setting)]
        if isinstance(setting.system, Flow):
            lines += flow_lines(name, setting, hardware)
        else:
            lines += map_lines(name, setting, hardware, rails(members, hardware))
    for gate in design.gates:
        lines += ["", *_gate(gate, hardware, nodes, timing, names[gate.setting])]
    return "".join(line + "\n" for line in wrapped(lines))


def _parameters(setting: Setting) -> list[str]:
    values = [f"{comment(name)} = {value!r}" for name, value in setting.parameters.items()]
    if setting.time is not None:
        values.append(f"time = {setting.time!r}")
    return [f"* {', '.join(values)}"] if values else []


def _gate(
    gate: DesignGate, hardware: Hardware, nodes: Nodes, timing: Timing, system: str
) -> list[str]:
    """A gate's summer, systems and comparator; local names, so that no net can be hit."""
    name = nodes.nets[gate.name]
    inputs = [f"in{index}" for index in range(1, gate.arity + 1)]
    weights = [hardware.volts_per_unit * weight for weight in gate.delta]
    total = repr(hardware.volts(gate.x0))
    for item, weight in zip(inputs, weights, strict=True):
        total += f"{'-' if weight < 0 else '+'}{abs(weight)!r}*v({item})"
    ports = [*inputs, "out", "state", "value"]
    calls = [nodes.nets[item] for item in gate.inputs]
    calls += [name, nodes.states[gate.name], nodes.values[gate.name]]
    coordinates = gate.setting.system.coordinates
    read = gate.setting.reading
    lines = [f"Bstate state 0 V={total}"]
    if isinstance(gate.setting.system, Flow):
        phase = timing.phases[timing.places[gate.name]]
        ports += ["ic", "op"]
        calls += [phase.ic, phase.op]
        own = [f"x_{item}" for item in coordinates]
        lines.append(f"Xrun state {' '.join(own)} ic op {system}")
    else:
        before = [f"x0_{item}" for item in coordinates]
        for item, node, start in zip(coordinates, before, gate.setting.start, strict=True):
            given = "v(state)" if item in gate.setting.encode else repr(hardware.volts(start))
            lines.append(f"B{node} {node} 0 V={given}")
        own = before
        for count in range(1, gate.iterates + 1):
            own = [f"x{count}_{item}" for item in coordinates]
            lines.append(f"X{count} {' '.join([*before, *own])} {system}")
            before = own
    lines.append(f"Bvalue value 0 V=v({own[read]})")
    sign = ">" if (gate.compare == ">") == (hardware.volts_per_unit > 0) else "<"
    lines.append(f"Bout out 0 V=(v(value){sign}{hardware.volts(gate.threshold)!r})?1:0")
    inner = f"gate_{name}"
    return [
        f".subckt {inner} {' '.join(ports)}",
        *lines,
        f".ends {inner}",
        f"Xgate_{name} {' '.join(calls)} {inner}",
    ]


def bench(
    design: Design, hardware: Hardware, nodes: Nodes, timing: Timing, rows: Expected, file: str
) -> str:
    """The deck that ngspice runs: stimulus, clocks, analysis and measurements.

    **Arguments:**

    - `file`: the name of the file that holds the circuit.
    """
    seconds = timing.row * rows.rows
    # Newton's method may need one more iteration for every gate on a path.
    iterations = 200 + 4 * len(design.gates)
    lines = [
        f"* {comment(design.name)}: walks {rows.said()} of the inputs, {timing.row:.6g} s each",
        f".include {file}",
        f".options {_tolerances(hardware, timing)} noacct",
        f".options itl1={iterations} itl2={iterations} itl4={iterations}",
    ]
    for index, name in enumerate(design.netlist.inputs, 1):
        node = nodes.nets[name]
        lines.append(f"Vin{index} {node} 0 {_steps(rows.nets[name].tolist(), timing)}")
    for phase in timing.phases.values():
        edge, period = timing.edge, timing.row
        ic = [1, 0, phase.start, edge, edge, period - phase.start - edge, period]
        op = [0, 1, phase.start + edge, edge, edge, phase.run - edge, period]
        lines.append(f"V{phase.ic} {phase.ic} 0 PULSE({' '.join(map(_number, ic))})")
        lines.append(f"V{phase.op} {phase.op} 0 PULSE({' '.join(map(_number, op))})")
    step = timing.step
    lines.append(f".tran {step!r} {seconds!r} 0 {step!r}")
    for row in range(rows.rows):
        at = _number(row * timing.row + timing.read)
        for gate in design.gates:
            name = nodes.nets[gate.name]
            value = nodes.values[gate.name]
            lines.append(f".meas tran y{row}_{name} find v({name}) at={at}")
            lines.append(f".meas tran v{row}_{name} find v({value}) at={at}")
    return "".join(line + "\n" for line in wrapped([*lines, ".end"]))


def _tolerances(hardware: Hardware, timing: Timing) -> str:
    """Tolerances of ngspice. The steps are so short that they bound the error of a flow."""
    if not timing.phases:
        return "reltol=1e-7 vntol=1e-9 abstol=1e-12"
    # Tighter ones meet the rounding of the currents that set the starts, and are never reached.
    least = f"{1e-8 * min(1.0, abs(hardware.volts_per_unit)):.3g}"
    return f"reltol=1e-5 vntol={least} abstol={least} method=trap trtol=1"


def _steps(bits: Sequence[bool], timing: Timing) -> str:
    """A source that has one bit for the time of a row each."""
    points = [f"0 {int(bits[0])}"]
    for row in range(1, len(bits)):
        if bits[row] != bits[row - 1]:
            at = row * timing.row
            points.append(f"{_number(at)} {int(bits[row - 1])}")
            points.append(f"{_number(at + timing.edge)} {int(bits[row])}")
    return f"PWL({' '.join(points)})" if len(points) > 1 else f"DC {int(bits[0])}"


def _number(value: float) -> str:
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
