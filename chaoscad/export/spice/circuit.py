"""A design as a SPICE subcircuit whose every number is a parameter: systems, elements, the circuit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chaoscad.design import Design, DesignGate, Element
from chaoscad.export.coordinates import legal, renamed
from chaoscad.export.digits import neat
from chaoscad.export.names import comment
from chaoscad.export.spice.deck import ports, wrapped
from chaoscad.export.spice.nodes import Nodes, local_numbers
from chaoscad.export.spice.systems import (
    flow_lines,
    header,
    map_lines,
    parameter_names,
    rails,
)
from chaoscad.export.spice.timing import Timing
from chaoscad.hardware import Hardware
from chaoscad.systems import Flow, Setting

SAMPLING = 1e-5
"""The time constant of a sample-and-hold, as a part of the time that its flow runs."""


@dataclass(frozen=True)
class Reading:
    """What a comparator reads of an element: after so many iterates, or at a time, one coordinate.

    **Arguments:**

    - `iterates`: of several numbers of them, rising, the voltage of a node says which.
    - `held`: whether the flow runs on after it, so that the value has to be held.
    """

    iterates: tuple[int, ...]
    coordinate: int
    compare: str
    held: bool


@dataclass(frozen=True)
class Subcircuit:
    """Elements that have one subcircuit: they differ in x0, deltas and thresholds.

    **Arguments:**

    - `controls`: which of these are the voltages of nodes, and no parameters.
    """

    setting: Setting
    readings: tuple[Reading, ...]
    arity: int
    controls: tuple[str, ...]

    @property
    def endings(self) -> list[str]:
        """With which the names of every reading end; nothing where there is one."""
        return endings(len(self.readings))


def endings(count: int) -> list[str]:
    """With which the names of each of some readings end."""
    return [""] if count == 1 else [str(number) for number in range(1, count + 1)]


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
    others: Sequence[Design] = (),
    noise: Disturbance | None = None,
) -> str:
    """The subcircuits of the systems and of the elements, and that of the circuit.

    All their names begin with the circuit's, so that several exports fit into one deck.

    **Arguments:**

    - `others`: what the circuit is, too, where controls are at other voltages.
    - `noise`: of elements of maps; without it every device is the design.
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
    members: dict[Setting, list[Element]] = {}
    for element in design.elements:
        members.setdefault(element.setting, []).append(element)
    for setting, elements in members.items():
        name, named = nodes.systems[setting], legal(setting)
        every = [
            one.gate(gate.name)
            for one in (design, *others)
            for element in elements
            for gate in element.readings
        ]
        lines += ["", f"* {comment(setting.system.title)}", *_parameters(setting, every)]
        lines += [f"* {line}" for line in renamed(setting)]
        if isinstance(setting.system, Flow):
            lines += flow_lines(name, named, hardware)
        else:
            lines += map_lines(name, named, hardware, rails(named, every, hardware))
    subcircuits = {_subcircuit(element, nodes, timing): "" for element in design.elements}
    for number, made in enumerate(subcircuits, 1):
        subcircuits[made] = f"{nodes.stem}_gate{number}"
        lines += ["", *_element(subcircuits[made], made, hardware, nodes, noise)]
    lines += ["", *_circuit(design, hardware, nodes, timing, subcircuits)]
    return "".join(line + "\n" for line in wrapped(lines))


def _subcircuit(element: Element, nodes: Nodes, timing: Timing) -> Subcircuit:
    readings = tuple(
        Reading(
            nodes.counts[gate.name][1] if gate.name in nodes.counts else (gate.iterates,),
            gate.setting.reading,
            gate.compare,
            timing.places.get(gate.name) != timing.elements.get(element.key),
        )
        for gate in element.readings
    )
    controls = tuple(local for local, _ in _controls(element, nodes))
    return Subcircuit(element.setting, readings, element.arity, controls)


def _controls(element: Element, nodes: Nodes) -> list[tuple[str, str]]:
    """The numbers of an element that are voltages: in its subcircuit, and their nodes."""
    found: dict[str, str] = {}
    for gate, ending in zip(element.readings, endings(len(element.readings)), strict=True):
        for name, local, node in zip(
            local_numbers(gate.arity),
            local_numbers(gate.arity, ending),
            nodes.numbers[gate.name],
            strict=True,
        ):
            if name in nodes.controls.get(gate.name, ()):
                found[local] = node
        if gate.name in nodes.counts:
            found[f"iterates{ending}"] = nodes.counts[gate.name][0]
    return list(found.items())


def _parameters(setting: Setting, gates: Sequence[DesignGate]) -> list[str]:
    """The numbers of a system, and when some gates read it."""
    values = [f"{comment(name)} = {value!r}" for name, value in setting.parameters.items()]
    if setting.time is not None:
        times = sorted({gate.setting.time for gate in gates if gate.setting.time is not None})
        values.append(f"time = {' or '.join(map(repr, times))}")
    return [f"* {', '.join(values)}"] if values else []


def _element(
    name: str, made: Subcircuit, hardware: Hardware, nodes: Nodes, noise: Disturbance | None
) -> list[str]:
    """An element's summer, systems and comparators; local names, so that no net can be hit."""
    setting, system = legal(made.setting), nodes.systems[made.setting]
    places = range(1, made.arity + 1)

    def number(name: str) -> str:
        return f"v({name})" if name in made.controls else f"{{{name}}}"

    total = number("x0")
    for index in places:
        total += f"+({number(f'delta{index}')})*(v(in{index})-({{low}}))/({{high}}-({{low}}))"
    pins = [f"in{index}" for index in places]
    pins += [f"out{ending}" for ending in made.endings]
    pins += ["state", *(f"value{ending}" for ending in made.endings)]
    local = [item for ending in made.endings for item in local_numbers(made.arity, ending)]
    numbers = {name: 0.0 for name in dict.fromkeys(local) if name not in made.controls}
    numbers |= {"low": hardware.logic_levels[0], "high": hardware.logic_levels[1]}
    names = parameter_names(setting)
    numbers |= {names[key]: value for key, value in setting.parameters.items() if key in names}
    handed = "".join(f" {item}={{{item}}}" for item in names.values())
    coordinates = setting.system.coordinates
    lines = [f"Bstate state 0 V={total}"]
    orbit: list[list[str]] = []
    if isinstance(setting.system, Flow):
        pins += ["ic", "op"]
        orbit = [[f"x_{item}" for item in coordinates]]
        lines.append(f"Xrun state {' '.join(orbit[0])} ic op {system}{handed}")
    else:
        before = [f"x0_{item}" for item in coordinates]
        for item, node, start in zip(coordinates, before, setting.start, strict=True):
            given = "v(state)"
            if item not in setting.encode:
                numbers[f"start_{item}"] = hardware.volts(start)
                given = f"{{start_{item}}}"
            lines.append(f"B{node} {node} 0 V={given}")
        orbit.append(before)
        for count in range(1, max(reading.iterates[-1] for reading in made.readings) + 1):
            if noise is not None and noise.state:
                lines += _moved(noise, count, before, coordinates)
                before = [f"moved{count}_{item}" for item in coordinates]
            orbit.append([f"x{count}_{item}" for item in coordinates])
            lines.append(f"X{count} {' '.join([*before, *orbit[-1]])} {system}{handed}")
            before = orbit[-1]
    for reading, ending in zip(made.readings, made.endings, strict=True):
        value = f"value{ending}"
        seen = [
            orbit[-1 if len(orbit) == 1 else count][reading.coordinate]
            for count in reading.iterates
        ]
        if reading.held:
            pins.append(f"track{ending}")
            lines += _sampled(value, seen[0], f"track{ending}", setting, hardware)
        else:
            chosen = f"v({seen[-1]})"
            for count, node in reversed(list(zip(reading.iterates, seen, strict=True))[:-1]):
                chosen = f"(v(iterates{ending})<{count + 0.5})?(v({node})):({chosen})"
            lines.append(f"B{value} {value} 0 V={chosen}")
        sign = ">" if (reading.compare == ">") == (hardware.volts_per_unit > 0) else "<"
        compared = f"v({value})"
        if noise is not None and noise.comparator:
            lines.append(noise.source(f"noise{ending}", noise.comparator))
            compared += f"+v(noise{ending})"
        compared += f"{sign}({number(f'threshold{ending}')})"
        lines.append(f"Bout{ending} out{ending} 0 V=({compared})?({{high}}):({{low}})")
    return [header(name, [*pins, *made.controls], numbers), *lines, f".ends {name}"]


def _moved(
    noise: Disturbance, count: int, nodes: Sequence[str], coordinates: Sequence[str]
) -> Iterator[str]:
    """The coordinates before an iterate with noise on them."""
    for item, node in zip(coordinates, nodes, strict=True):
        drawn = f"noise{count}_{item}"
        yield noise.source(drawn, noise.state)
        yield f"Bmoved{count}_{item} moved{count}_{item} 0 V=v({node})+v({drawn})"


def _sampled(value: str, seen: str, track: str, setting: Setting, hardware: Hardware) -> list[str]:
    """A sample-and-hold: its capacitor follows a coordinate until the clock of its reading falls."""
    assert setting.time is not None
    gain = 1 / (SAMPLING * setting.time)
    return [
        f"C{value} {value} 0 {hardware.seconds_per_unit!r}",
        f"B{value} 0 {value} I=(v(ic)+v({track}))*{gain!r}*(v({seen})-v({value}))",
    ]


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
        numbers.pop(name, None)
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
    """The circuit: an instance of every element, and the parameters that hold all numbers."""
    lines: list[str] = []
    for element in design.elements:
        made, readings = _subcircuit(element, nodes, timing), element.readings
        nets = [nodes.nets[item] for item in element.inputs]
        nets += [nodes.nets[gate.name] for gate in readings]
        nets.append(nodes.states[element.key])
        nets += [nodes.values[gate.name] for gate in readings]
        if isinstance(element.setting.system, Flow):
            phases = [timing.phases[timing.places[gate.name]] for gate in readings]
            run = timing.phases[timing.elements[element.key]]
            nets += [run.ic, run.op]
            nets += [
                phase.op
                for phase, reading in zip(phases, made.readings, strict=True)
                if reading.held
            ]
        nets += [node for _, node in _controls(element, nodes)]
        given: dict[str, str] = {}
        for gate, ending in zip(readings, made.endings, strict=True):
            local = local_numbers(gate.arity, ending)
            given |= dict(zip(local, nodes.numbers[gate.name], strict=True))
        given = {local: outer for local, outer in given.items() if local not in made.controls}
        given |= {"low": nodes.low, "high": nodes.high, **nodes.tunable[element.key]}
        called = " ".join(f"{inner}={{{outer}}}" for inner, outer in given.items())
        label = f"gate_{nodes.nets[element.key]}"
        if element.shared:
            label = f"element_{nodes.states[element.key].removesuffix('_state')}"
        lines.append(f"X{label} {' '.join(nets)} {subcircuits[made]} {called}")
    return [
        header(nodes.stem, ports(design, nodes, timing), numbers_of(design, hardware, nodes)),
        *lines,
        f".ends {nodes.stem}",
    ]
