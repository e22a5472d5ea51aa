"""A design as a SPICE subcircuit whose every number is a parameter: systems, gates, the circuit."""

from __future__ import annotations

from dataclasses import dataclass

from chaoscad.design.model import Design, DesignGate
from chaoscad.export.digits import neat
from chaoscad.export.names import comment
from chaoscad.export.spice.deck import Nodes, Timing, ports, wrapped
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
    """Gates that have one subcircuit: they differ in x0, deltas and threshold."""

    setting: Setting
    iterates: int
    arity: int
    compare: str


@dataclass(frozen=True)
class Disturbance:
    """Sources of noise at the gates: standard deviations in volts, drawn anew every so many seconds.

    **Arguments:**

    - `state`: before every iterate, on every coordinate.
    - `comparator`: on the value that is compared.
    """

    state: float
    comparator: float
    every: float

    def source(self, name: str, size: float) -> str:
        """A source called by the node that it drives."""
        return f"V{name} {name} 0 DC 0 TRNOISE({neat(size)!r} {self.every!r} 0 0)"


def circuit(
    design: Design,
    hardware: Hardware,
    nodes: Nodes,
    timing: Timing,
    noise: Disturbance | None = None,
) -> str:
    """The subcircuits of the systems and of the gates, and that of the circuit.

    All their names begin with the circuit's, so that several exports fit into one deck.

    **Arguments:**

    - `noise`: of gates of maps; without it every device is the design.
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
        name = nodes.systems[setting]
        lines += ["", f"* {comment(setting.system.title)}", *_parameters(setting)]
        if isinstance(setting.system, Flow):
            lines += flow_lines(name, setting, hardware)
        else:
            lines += map_lines(name, setting, hardware, rails(gates, hardware))
    subcircuits = {_subcircuit(gate): "" for gate in design.gates}
    for number, made in enumerate(subcircuits, 1):
        subcircuits[made] = f"{nodes.stem}_gate{number}"
        lines += ["", *_gate(subcircuits[made], made, hardware, nodes, noise)]
    lines += ["", *_circuit(design, hardware, nodes, timing, subcircuits)]
    return "".join(line + "\n" for line in wrapped(lines))


def _subcircuit(gate: DesignGate) -> Subcircuit:
    return Subcircuit(gate.setting, gate.iterates, gate.arity, gate.compare)


def _parameters(setting: Setting) -> list[str]:
    values = [f"{comment(name)} = {value!r}" for name, value in setting.parameters.items()]
    if setting.time is not None:
        values.append(f"time = {setting.time!r}")
    return [f"* {', '.join(values)}"] if values else []


def _gate(
    name: str, made: Subcircuit, hardware: Hardware, nodes: Nodes, noise: Disturbance | None
) -> list[str]:
    """A gate's summer, systems and comparator; local names, so that no net can be hit."""
    setting, system = made.setting, nodes.systems[made.setting]
    places = range(1, made.arity + 1)
    total = "{x0}"
    for index in places:
        total += f"+({{delta{index}}})*(v(in{index})-({{low}}))/({{high}}-({{low}}))"
    pins = [*(f"in{index}" for index in places), "out", "state", "value"]
    numbers = {"x0": 0.0, **{f"delta{index}": 0.0 for index in places}, "threshold": 0.0}
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
            if noise is not None and noise.state:
                for item, node in zip(coordinates, before, strict=True):
                    drawn = f"noise{count}_{item}"
                    lines.append(noise.source(drawn, noise.state))
                    lines.append(
                        f"Bmoved{count}_{item} moved{count}_{item} 0 V=v({node})+v({drawn})"
                    )
                before = [f"moved{count}_{item}" for item in coordinates]
            own = [f"x{count}_{item}" for item in coordinates]
            lines.append(f"X{count} {' '.join([*before, *own])} {system}{handed}")
            before = own
    lines.append(f"Bvalue value 0 V=v({own[setting.reading]})")
    sign = ">" if (made.compare == ">") == (hardware.volts_per_unit > 0) else "<"
    compared = "v(value)"
    if noise is not None and noise.comparator:
        lines.append(noise.source("noise", noise.comparator))
        compared = "v(value)+v(noise)"
    lines.append(f"Bout out 0 V=({compared}{sign}({{threshold}}))?({{high}}):({{low}})")
    return [header(name, pins, numbers), *lines, f".ends {name}"]


def numbers_of(design: Design, hardware: Hardware, nodes: Nodes) -> dict[str, float]:
    """The parameters of the circuit: x0, deltas and thresholds in volts, those of systems as they are."""
    low, high = hardware.logic_levels
    numbers = {nodes.low: low, nodes.high: high}
    for gate in design.gates:
        tunable = nodes.tunable[gate.name]
        for key, name in parameter_names(gate.setting).items():
            numbers[tunable[name]] = gate.setting.parameters[key]
    for gate in design.gates:
        weights = [hardware.volts_per_unit * weight for weight in gate.delta]
        volts = [hardware.volts(gate.x0), *weights, hardware.volts(gate.threshold)]
        numbers |= dict(zip(nodes.numbers[gate.name], volts, strict=True))
    return numbers


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
        local = ["x0", *(f"delta{index}" for index in range(1, gate.arity + 1)), "threshold"]
        given = dict(zip(local, own, strict=True))
        given |= {"low": nodes.low, "high": nodes.high, **nodes.tunable[gate.name]}
        called = " ".join(f"{inner}={{{outer}}}" for inner, outer in given.items())
        lines.append(
            f"Xgate_{nodes.nets[gate.name]} {' '.join(nets)} {subcircuits[_subcircuit(gate)]} {called}"
        )
    return [
        header(nodes.stem, ports(design, nodes, timing), numbers_of(design, hardware, nodes)),
        *lines,
        f".ends {nodes.stem}",
    ]
