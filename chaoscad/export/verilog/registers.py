"""The tables of registers of a reconfigurable export: the design's values, and those of every function."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from chaoscad.export.verilog.gate import GateModule
from chaoscad.export.verilog.plan import VerilogPlan
from chaoscad.fixed_point.form import Range
from chaoscad.fixed_point.functions import functions
from chaoscad.fixed_point.orbits import ElementOrbit
from chaoscad.logic import TruthTable, title

MOST_SHOWN = 4
"""Modules of which the README shows the functions."""

Functions = Mapping[str, Sequence[ElementOrbit]]
"""By module, an element for every function that was found; none of modules of several readings."""


def registers_file(made: VerilogPlan) -> str:
    """The registers: address, gate, meaning, value after a reset, module."""
    found = ["address,gate,register,value,module"]
    names = iter(enumerate(made.register_names))
    for key, module in made.modules.items():
        for value in made.orbits[key].integers:
            place, (net, name) = next(names)
            found.append(f"{place},{net},{name},{value},{module.name}")
    return "\n".join([*found, ""])


def functions_of(made: VerilogPlan) -> dict[str, tuple[ElementOrbit, ...]]:
    """The gate of every function of one and two inputs, of every module, as far as they are found.

    Their states stay within the declared ranges of all gates of the module.
    """
    return {module.name: _functions(made, module) for module in made.distinct()}


def _functions(made: VerilogPlan, module: GateModule) -> tuple[ElementOrbit, ...]:
    if len(module.taps) != 1:
        return ()
    (tap,) = module.taps
    setting = replace(module.setting, read=tap.coordinate)
    states = _states(made, module)
    found = functions(setting, tap.longest, module.arity, module.form, made.word, states)
    return tuple(ElementOrbit((orbit,), orbit.orbit, (tap.chosen,)) for orbit in found)


def functions_file(made: VerilogPlan, found: Functions) -> str:
    """The functions as CSV: module, truth table, usual name, registers, margin in steps of the grid.

    `delta_2` is empty for a gate of one input, `iterates` where that is no register.
    """
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    names = ["x0", "delta_1", "delta_2", "threshold", "below"]
    if any(tap.chosen for module in made.distinct() for tap in module.taps):
        names.append("iterates")
    writer.writerow(["module", "function", "name", *names, "margin"])
    for module in made.distinct():
        columns = [name.lower() for name in module.settings]
        for orbit in found[module.name]:
            values = dict(zip(columns, orbit.integers, strict=True))
            (gate,) = orbit.readings
            row = [module.name, gate.table, title(TruthTable(gate.table))]
            margin = gate.margin(gate.table)
            writer.writerow([*row, *(values.get(name, "") for name in names), margin])
    return stream.getvalue()


def functions_shown(made: VerilogPlan, found: Functions) -> list[str]:
    """The same for a README: what is there, one table a module, and what is not there."""
    notes = []
    for module in made.distinct()[:MOST_SHOWN]:
        all_of_them = 1 << (1 << module.arity)
        orbits = found[module.name]
        if not orbits:
            notes.append(f"For `{module.name}` no functions are listed: {_why(module)}.")
            continue
        missing = {f"{number:0{1 << module.arity}b}" for number in range(all_of_them)}
        missing -= {orbit.readings[0].table for orbit in orbits}
        said = f"One `{module.name}` becomes each of these {len(orbits)} functions"
        if missing:
            said += f" (of {all_of_them}; not found: {', '.join(sorted(missing))})"
        columns = [name.lower() for name in module.settings]
        lines = [f"| function | name | {' | '.join(columns)} | margin |"]
        lines.append("|---" * (len(columns) + 3) + "|")
        for orbit in orbits:
            values = " | ".join(map(str, orbit.integers))
            (gate,) = orbit.readings
            name = title(TruthTable(gate.table))
            lines.append(f"| {gate.table} | {name} | {values} | {gate.margin(gate.table):g} |")
        notes += [f"{said}; the bench checks every row of every one:", "\n".join(lines)]
    rest = len(made.distinct()) - MOST_SHOWN
    if rest > 0:
        notes.append(f"Those of {rest} more modules are in functions.csv.")
    if notes:
        notes.append(
            "The function is its truth table, the row of zeros first, in_1 most significant. The margin "
            "is the distance of the nearest value to the threshold, in steps of the grid; the "
            "threshold counts as half a step above a value that equals it."
        )
    return notes


def _why(module: GateModule) -> str:
    if len(module.taps) > 1:
        return "its readings share their states, and functions are listed of one reading"
    if module.arity > 2:
        return f"it has {module.arity} inputs, and only those of one and two are searched"
    return "no state of the declared ranges of all its gates stays in the word"


def _states(made: VerilogPlan, module: GateModule) -> Range:
    """The states that every gate of a module may have, on the grid."""
    low, high = made.reach[module.setting]
    for key, other in made.modules.items():
        if other == module:
            least, most = made.design.gate(key).source.bounds.state
            low, high = max(low, least), min(high, most)
    scale = 1 << made.word.fraction_bits
    return math.ceil(low * scale), math.floor(high * scale)
