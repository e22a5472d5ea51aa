"""A system as a SPICE subcircuit: a map, a measured curve, or a flow as an analog computer runs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from chaoscad.design.model import DesignGate
from chaoscad.export.digits import neat
from chaoscad.export.names import SPICE, Namespace
from chaoscad.export.spice.expressions import Sheet, Term
from chaoscad.hardware import Hardware
from chaoscad.systems import Flow, Map, Setting
from chaoscad.systems.symbolic import Symbol, interpret, trace

SETTLE = 0.05
"""How long an integrator takes its start before it runs, as a part of the time that it runs."""

SETTLING = 40.0
"""Time constants in that time: the start is right to exp(-40)."""


def parameter_names(setting: Setting) -> dict[str, str]:
    """The name of every number of a system that may be edited in the deck, by its own name.

    A parameter that only takes whole numbers chooses between formulas, and stands in them.
    """
    space = Namespace(SPICE)
    return {
        item.name: space.take(f"p_{item.name}")
        for item in setting.system.parameters
        if not item.whole
    }


def map_lines(
    name: str, setting: Setting, hardware: Hardware, rails: Mapping[str, tuple[float, float]]
) -> list[str]:
    """One iterate of a map: coordinates in volts at the first half of its nodes, out at the others.

    **Arguments:**

    - `rails`: the voltages to which each coordinate is limited, as by a supply.
    """
    system = setting.system
    assert isinstance(system, Map)
    before = list(system.coordinates)
    after = [f"{item}_next" for item in before]
    sheet = Sheet()
    limits: list[str] = []
    numbers = _numbers(setting)
    for item in before:
        numbers[f"{item}_low"], numbers[f"{item}_high"] = rails[item]
        limits.append(f"B{item} {item}_in 0 V=min(max(v({item}),{{{item}_low}}),{{{item}_high}})")
    image = equations(setting, sheet, hardware, "_in")
    lines = [header(name, [*before, *after], numbers)]
    ends = [
        f"B{item} {item} 0 V={_volts(value, sheet, hardware)}"
        for item, value in zip(after, image, strict=True)
    ]
    return [*lines, *limits, *sheet.lines, *ends, f".ends {name}"]


def header(name: str, nodes: Sequence[str], numbers: Mapping[str, float]) -> str:
    """The first line of a subcircuit, with its parameters and their values to 15 digits."""
    given = [f"{key}={neat(value)!r}" for key, value in numbers.items()]
    return " ".join([".subckt", name, *nodes, *(["params:", *given] if given else [])])


def _numbers(setting: Setting) -> dict[str, float]:
    names = parameter_names(setting)
    return {names[key]: value for key, value in setting.parameters.items() if key in names}


def rails(
    setting: Setting, gates: Sequence[DesignGate], hardware: Hardware
) -> dict[str, tuple[float, float]]:
    """Voltages far outside of all that the coordinates of a map have in any row of some gates.

    They change no row. Without them Newton's method, which finds the voltages, runs away along a map
    whose slope grows from iterate to iterate. A measured curve has its own: its ends.
    """
    system = setting.system
    assert isinstance(system, Map)
    if system.curve is not None:
        ends = sorted(map(hardware.volts, system.curve.domain))
        return {system.coordinates[0]: (ends[0], ends[1])}
    orbits: list[list[np.ndarray]] = [[] for _ in system.coordinates]
    for gate in gates:
        matters = np.array([want != "-" for want in gate.function.rows])
        state = setting.launch(np, gate.setpoint.states()[matters if matters.any() else ~matters])
        for number in range(gate.iterates):
            if number:
                with np.errstate(all="ignore"):
                    state = system.step(np, state, setting.parameters)
            for seen, values in zip(orbits, state, strict=True):
                seen.append(np.asarray(values)[np.isfinite(values)])
    found: dict[str, tuple[float, float]] = {}
    for item, seen in zip(system.coordinates, orbits, strict=True):
        every = np.concatenate(seen)
        low, high = (float(every.min()), float(every.max())) if every.size else (0.0, 0.0)
        pad = max(high - low, 1.0)
        ends = sorted((hardware.volts(low - pad), hardware.volts(high + pad)))
        found[item] = (ends[0], ends[1])
    return found


def flow_lines(name: str, setting: Setting, hardware: Hardware) -> list[str]:
    """A flow: a capacitor and a current source per coordinate.

    At 1 V at its node `ic` a coordinate takes its start, at 1 V at `op` it runs, at neither it holds.
    """
    flow = setting.system
    assert isinstance(flow, Flow)
    assert setting.time is not None
    sheet = Sheet()
    rates = equations(setting, sheet, hardware)
    gain = repr(SETTLING / (SETTLE * setting.time))
    starts = {
        f"start_{item}": hardware.volts(start)
        for item, start in zip(flow.coordinates, setting.start, strict=True)
        if item not in setting.encode
    }
    ports = ["state", *flow.coordinates, "ic", "op"]
    lines = [header(name, ports, {**_numbers(setting), **starts})]
    ends: list[str] = []
    for item, rate in zip(flow.coordinates, rates, strict=True):
        goal = "v(state)" if item in setting.encode else f"({{start_{item}}})"
        speed = sheet.text(sheet.term("multiply", hardware.volts_per_unit, rate))
        ends.append(f"C{item} {item} 0 {hardware.seconds_per_unit!r}")
        ends.append(f"B{item} 0 {item} I=v(ic)*{gain}*({goal}-v({item}))+v(op)*{speed}")
    if any("v(clock)" in line for line in (*sheet.lines, *ends)):
        ends.append(f"Cclock clock 0 {hardware.seconds_per_unit!r}")
        ends.append(f"Bclock 0 clock I=v(op)-v(ic)*{gain}*v(clock)")
    return [*lines, *sheet.lines, *ends, f".ends {name}"]


def equations(setting: Setting, sheet: Sheet, hardware: Hardware, ending: str = "") -> list[Term]:
    """The next state of a map, or the rates of a flow, over the voltages of the coordinates' nodes.

    **Arguments:**

    - `ending`: of the nodes' names.

    **Raises:** `NoForm` for what SPICE has not.
    """
    names = parameter_names(setting)
    graph = trace(setting, names)
    symbols: dict[Symbol, Term] = {Symbol("time", "t"): "v(clock)"}
    for key, name in names.items():
        symbols[Symbol("parameter", key)] = f"({{{name}}})"
    for name in setting.system.coordinates:
        shifted = sheet.term("subtract", f"v({name}{ending})", hardware.offset_volts)
        symbols[Symbol("state", name)] = sheet.term("divide", shifted, hardware.volts_per_unit)
    made = interpret(graph, symbols, sheet.apply)
    return [made[place] for place in graph.results]


def _volts(value: Term, sheet: Sheet, hardware: Hardware) -> str:
    scaled = sheet.term("multiply", hardware.volts_per_unit, value)
    return sheet.text(sheet.term("add", hardware.offset_volts, scaled))
