"""A design as a SPICE subcircuit whose every number is a parameter: systems, gates, the circuit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chaoscad.design.model import Design, DesignGate
from chaoscad.export.coordinates import legal, renamed
from chaoscad.export.names import comment
from chaoscad.export.spice.deck import Nodes, Timing, local_numbers, ports, wrapped
from chaoscad.export.spice.systems import (
    flow_lines,
    header,
    map_lines,
    parameter_names,
    rails,
)
from chaoscad.hardware import Hardware
from chaoscad.systems import Flow, Setting


@dataclass(frozen=True)
class Subcircuit:
    """Gates that have one subcircuit: they differ in x0, deltas and threshold.

    **Arguments:**

    - `controls`: which of these are the voltages of nodes, and no parameters.
    """

    setting: Setting
    iterates: int
    arity: int
    compare: str
    controls: tuple[str, ...]


def circuit(
    design: Design,
    hardware: Hardware,
    nodes: Nodes,
    timing: Timing,
    others: Sequence[Design] = (),
) -> str:
    """The subcircuits of the systems and of the gates, and that of the circuit.

    All their names begin with the circuit's, so that several exports fit into one deck.

    **Arguments:**

    - `others`: what the circuit is, too, where controls are at other voltages.
    """
    low, high = hardware.logic_levels
    lines = [
        f"* {comment(design.name)}: gates of one nonlinear system and a comparator each",
        f"* logic levels: {low:g} V and {high:g} V; a state x stands as",
        f"* {hardware.offset_volts!r} V + {hardware.volts_per_unit!r} V * x",
        f"* in a deck: .include this file once, then X1 NODES {nodes.stem} for every instance",
        "* NODES are the inputs, the outputs and, for flows, the clocks, as in its .subckt line;",
        "* NAME=VALUE after that sets a number in one instance: a gate's x0, deltas and threshold in",
        "* volts, a system's parameters in its own unit",
    ]
    lines += [
        f"* net {nodes.nets[name]}: {comment(name)}"
        for name in (*design.netlist.inputs, *(gate.name for gate in design.gates))
        if nodes.nets[name] != name
    ]
    members: dict[Setting, list[DesignGate]] = {}
    for gate in design.gates:
        members.setdefault(gate.setting, []).append(gate)
    for setting, gates in members.items():
        name, named = nodes.systems[setting], legal(setting)
        lines += ["", f"* {comment(setting.system.title)}", *_parameters(setting)]
        lines += [f"* {line}" for line in renamed(setting)]
        if isinstance(setting.system, Flow):
            lines += flow_lines(name, named, hardware)
        else:
            every = [one.gate(gate.name) for one in (design, *others) for gate in gates]
            lines += map_lines(name, named, hardware, rails(named, every, hardware))
    subcircuits = {_subcircuit(gate, nodes): "" for gate in design.gates}
    for number, made in enumerate(subcircuits, 1):
        subcircuits[made] = f"{nodes.stem}_gate{number}"
        lines += ["", *_gate(subcircuits[made], made, hardware, nodes)]
    lines += ["", *_circuit(design, hardware, nodes, timing, subcircuits)]
    return "".join(line + "\n" for line in wrapped(lines))


def _subcircuit(gate: DesignGate, nodes: Nodes) -> Subcircuit:
    controls = tuple(nodes.controls.get(gate.name, ()))
    return Subcircuit(gate.setting, gate.iterates, gate.arity, gate.compare, controls)


def _parameters(setting: Setting) -> list[str]:
    values = [f"{comment(name)} = {value!r}" for name, value in setting.parameters.items()]
    if setting.time is not None:
        values.append(f"time = {setting.time!r}")
    return [f"* {', '.join(values)}"] if values else []


def _gate(name: str, made: Subcircuit, hardware: Hardware, nodes: Nodes) -> list[str]:
    """A gate's summer, systems and comparator; local names, so that no net can be hit."""
    setting, system = legal(made.setting), nodes.systems[made.setting]
    places = range(1, made.arity + 1)

    def number(name: str) -> str:
        return f"v({name})" if name in made.controls else f"{{{name}}}"

    total = number("x0")
    for index in places:
        total += f"+({number(f'delta{index}')})*(v(in{index})-({{low}}))/({{high}}-({{low}}))"
    pins = [*(f"in{index}" for index in places), "out", "state", "value"]
    numbers = {name: 0.0 for name in local_numbers(made.arity) if name not in made.controls}
    numbers |= {"low": hardware.logic_levels[0], "high": hardware.logic_levels[1]}
    names = parameter_names(setting)
    numbers |= {names[key]: value for key, value in setting.parameters.items() if key in names}
    handed = "".join(f" {item}={{{item}}}" for item in names.values())
    coordinates = setting.system.coordinates
    lines = [f"Bstate state 0 V={total}"]
    if isinstance(setting.system, Flow):
        pins += ["ic", "op"]
        own = [f"x_{item}" for item in coordinates]
        lines.append(f"Xrun state {' '.join(own)} ic op {system}{handed}")
    else:
        before = [f"x0_{item}" for item in coordinates]
        for item, node, start in zip(coordinates, before, setting.start, strict=True):
            given = "v(state)"
            if item not in setting.encode:
                numbers[f"start_{item}"] = hardware.volts(start)
                given = f"{{start_{item}}}"
            lines.append(f"B{node} {node} 0 V={given}")
        own = before
        for count in range(1, made.iterates + 1):
            own = [f"x{count}_{item}" for item in coordinates]
            lines.append(f"X{count} {' '.join([*before, *own])} {system}{handed}")
            before = own
    lines.append(f"Bvalue value 0 V=v({own[setting.reading]})")
    sign = ">" if (made.compare == ">") == (hardware.volts_per_unit > 0) else "<"
    lines.append(f"Bout out 0 V=(v(value){sign}({number('threshold')}))?({{high}}):({{low}})")
    return [header(name, [*pins, *made.controls], numbers), *lines, f".ends {name}"]


def numbers_of(design: Design, hardware: Hardware, nodes: Nodes) -> dict[str, float]:
    """The parameters of the circuit: x0, deltas and thresholds in volts, those of systems as they are."""
    low, high = hardware.logic_levels
    numbers = {nodes.low: low, nodes.high: high}
    for gate in design.gates:
        tunable = nodes.tunable[gate.name]
        for key, name in parameter_names(gate.setting).items():
            numbers[tunable[name]] = gate.setting.parameters[key]
    for gate in design.gates:
        numbers |= dict(zip(nodes.numbers[gate.name], volts_of(gate, hardware), strict=True))
    for name in nodes.control_nodes:
        del numbers[name]
    return numbers


def volts_of(gate: DesignGate, hardware: Hardware) -> list[float]:
    """The voltages of a gate's `local_numbers`."""
    weights = [hardware.volts_per_unit * weight for weight in gate.delta]
    return [hardware.volts(gate.x0), *weights, hardware.volts(gate.threshold)]


def _circuit(
    design: Design,
    hardware: Hardware,
    nodes: Nodes,
    timing: Timing,
    subcircuits: dict[Subcircuit, str],
) -> list[str]:
    """The circuit: an instance of every gate, and the parameters that hold all numbers."""
    lines: list[str] = []
    for gate in design.gates:
        own = nodes.numbers[gate.name]
        nets = [nodes.nets[item] for item in (*gate.inputs, gate.name)]
        nets += [nodes.states[gate.name], nodes.values[gate.name]]
        if isinstance(gate.setting.system, Flow):
            phase = timing.phases[timing.places[gate.name]]
            nets += [phase.ic, phase.op]
        given = dict(zip(local_numbers(gate.arity), own, strict=True))
        nets += [given.pop(name) for name in nodes.controls.get(gate.name, ())]
        given |= {"low": nodes.low, "high": nodes.high, **nodes.tunable[gate.name]}
        called = " ".join(f"{inner}={{{outer}}}" for inner, outer in given.items())
        lines.append(
            f"Xgate_{nodes.nets[gate.name]} {' '.join(nets)} {subcircuits[_subcircuit(gate, nodes)]} {called}"
        )
    return [
        header(nodes.stem, ports(design, nodes, timing), numbers_of(design, hardware, nodes)),
        *lines,
        f".ends {nodes.stem}",
    ]
