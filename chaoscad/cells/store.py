"""Library files, version 1: JSON, one cell to a line, read back bit by bit and refused when not right."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from chaoscad.cells.classes import WIDEST_CELL, WIDEST_TABLE
from chaoscad.cells.model import Entry, Library, grid, has_grid
from chaoscad.cells.tolerance import tolerance_of
from chaoscad.documents import limited, read_document
from chaoscad.errors import ChaoscadError, Diagnostic, listed, nearest, told
from chaoscad.files import read_text, write_text
from chaoscad.netlist.deviations import Deviations
from chaoscad.netlist.kind import refuse_others
from chaoscad.netlist.system_text import system_of_text
from chaoscad.systems import Flow, Interval, Setting
from chaoscad.systems import setting as built_in
from chaoscad.systems.model import MOST_ITERATES

FORMAT = "chaoscad-cells"
VERSION = 1

KEYS = ("format", "version", "system", "state", "inputs", "grid", "cells", "provenance")

STANDS = ("tolerance", "global", "noise")
"""What the objective of a library for yield is made of."""

LARGEST = sys.float_info.max
"""Stands for a reach without end, which a file writes as null."""

OBJECTIVE = "objective"
"""The key that libraries of the objective yield have besides; their cells end with the reach."""


def save(library: Library, path: str | os.PathLike[str]) -> None:
    """Write a library file, whole or not at all.

    **Raises:** `ChaoscadError` when it cannot be written.
    """
    write_text(path, dumps(library))


def load(path: str | os.PathLike[str]) -> Library:
    """Read a library file.

    **Raises:** `ChaoscadError` when it is missing, damaged or of another version.
    """
    return loads(read_text(path), os.fspath(path))


def dumps(library: Library) -> str:
    """The library file's text: the same for the same library.

    Offsets and weights are written as whole multiples of 2^grid.
    """
    step = grid(library.state)
    head = {
        "format": FORMAT,
        "version": VERSION,
        "system": library.setting.to_data(),
        "state": list(library.state),
        "inputs": library.inputs,
        "grid": round(math.log2(step)),
    }
    if library.objective is not None:
        head[OBJECTIVE] = {"yield": library.objective.to_data()}
    lines = [f" {_json(key)}: {_json(value)}," for key, value in head.items()]
    lines.append(' "cells": {')
    counts = library.iterates
    for count in counts:
        classes = library.entries[count]
        order = sorted(classes, key=lambda rows: (len(rows), rows))
        cells = [f'   "{rows}": {_line(classes[rows], step)}' for rows in order]
        lines.append(f'  "{count}": {{')
        lines += [cell + "," for cell in cells[:-1]] + cells[-1:]
        lines.append("  }" if count == counts[-1] else "  },")
    lines.append(" },")
    lines.append(f' "provenance": {_json(dict(library.provenance))}')
    return "{\n" + "\n".join(lines) + "\n}\n"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _line(entry: Entry, step: float) -> str:
    whole = [int(value / step) for value in (entry.x0, *entry.delta)]
    numbers = [*whole, entry.threshold, entry.margin]
    if entry.reach is not None:
        # What no deviation makes fail has no number for its reach.
        numbers.append(entry.reach if math.isfinite(entry.reach) else None)
    return _json(numbers)


class _Damage(Exception):
    """What is wrong in a file, and what to do."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


def loads(text: str, file: str | None = None) -> Library:
    """Read a library from text; `file` is the name that diagnostics give.

    **Raises:** `ChaoscadError` with every finding, up to `documents.MOST_MESSAGES`.
    """
    refuse_others("cell library", text, file)
    writer = "chaoscad cells --build writes cell libraries"
    data = read_document(text, file, "cell library", format=FORMAT, version=VERSION, writer=writer)
    known = (*KEYS, OBJECTIVE)
    unknown = [key for key in data if key not in known]
    findings = [
        Diagnostic(f"unknown key {key!r}", file, hint=nearest(key, known)) for key in unknown
    ]
    findings += [Diagnostic(f"the key {key!r} is missing", file) for key in KEYS if key not in data]
    if findings:
        raise ChaoscadError(findings)
    try:
        setting = _system(data["system"])
        state = _state(data["state"])
        objective = _objective(data[OBJECTIVE], setting) if OBJECTIVE in data else None
        record = _mapping(data, "provenance")
        head = Library(setting, state, _inputs(data["inputs"]), {}, record, objective)
        step = grid(state)
        if data["grid"] != round(math.log2(step)):
            given = f"'grid' is {told(data['grid'])}"
            raise _Damage(f"{given}; for these states it is {round(math.log2(step))}")
        reaching = objective is not None
        entries, complaints = _entries(_mapping(data, "cells"), step, state, reaching)
    except _Damage as error:
        raise ChaoscadError(Diagnostic(error.message, file, hint=error.hint)) from None
    if complaints:
        findings = (Diagnostic(message, file) for message in complaints)
        raise ChaoscadError(limited(findings, len(complaints), file))
    return replace(head, entries=entries)


def _mapping(data: Mapping[str, Any], key: str) -> dict[str, Any]:
    if not isinstance(data[key], dict):
        raise _Damage(f"{key!r} is not an object")
    return data[key]


def _number(value: object) -> bool:
    return type(value) in (int, float) and math.isfinite(value)  # type: ignore[arg-type]


def _system(data: Any) -> Setting:
    """The system of a file: a built-in map by name, or one of one's own equations."""
    if isinstance(data, dict) and "map" in data:
        try:
            return system_of_text(json.dumps(data))
        except ChaoscadError as error:
            first = error.diagnostics[0]
            raise _Damage(f"in 'system': {first.message}", first.hint) from None
    if not isinstance(data, dict) or set(data) != {"name", "parameters"}:
        raise _Damage("'system' has the keys 'name' or 'map', and 'parameters'")
    parameters, name = data["parameters"], data["name"]
    if not isinstance(parameters, dict) or not all(map(_number, parameters.values())):
        raise _Damage("'system.parameters' is an object of numbers")
    if not isinstance(name, str):
        raise _Damage("the system's name is not a text")
    try:
        found = built_in(name, **parameters)
    except ChaoscadError as error:
        raise _Damage(f"in 'system': {error.diagnostics[0].message}") from None
    except TypeError:
        raise _Damage("'system.parameters' has a name that no parameter has") from None
    if isinstance(found.system, Flow):
        raise _Damage(f"the system {name} is a flow; cells are made of maps")
    return found


def _state(data: Any) -> Interval:
    pair = isinstance(data, list) and len(data) == 2 and all(map(_number, data))
    if not pair or not data[0] < data[1]:
        raise _Damage("'state' is not a range [low, high] of finite numbers")
    state = float(data[0]), float(data[1])
    if not has_grid(state):
        raise _Damage(f"the range 'state' {told(data)} is too narrow or too wide for float64")
    return state


def _objective(data: Any, setting: Setting) -> Deviations:
    """The tolerance of a library of the objective yield."""
    if not isinstance(data, dict) or set(data) != {"yield"} or not isinstance(data["yield"], dict):
        raise _Damage(f"{OBJECTIVE!r} has the key 'yield', with a tolerance")
    given = data["yield"]
    if set(given) - set(STANDS) or not all(isinstance(v, dict) for v in given.values()):
        raise _Damage(f"'{OBJECTIVE}.yield' has the keys {listed(STANDS)}, objects of sizes")
    sizes = [size for key in given for size in given[key].values()]
    if not all(isinstance(size, str) or _number(size) for size in sizes):
        raise _Damage(f"'{OBJECTIVE}.yield': a size is a number, or a text such as '2 %'")
    try:
        return tolerance_of(
            setting,
            tolerance=given.get("tolerance"),
            shared=given.get("global"),
            noise=given.get("noise"),
        )
    except ChaoscadError as error:
        raise _Damage(f"in '{OBJECTIVE}.yield': {error.diagnostics[0].message}") from None


def _inputs(data: Any) -> int:
    if type(data) is not int or not 0 <= data <= WIDEST_TABLE:
        raise _Damage(f"'inputs' is {told(data)}; it is a whole number from 0 to {WIDEST_TABLE}")
    return data


def _entries(
    data: Mapping[str, Any], step: float, state: Interval, reaching: bool
) -> tuple[dict[int, dict[str, Entry]], list[str]]:
    """The cells, and everything that is wrong with them."""
    found: dict[int, dict[str, Entry]] = {}
    complaints: list[str] = []
    for count, classes in data.items():
        if not (count.isascii() and count.isdigit() and 0 < int(count[:6]) <= MOST_ITERATES):
            complaints.append(
                f"'cells.{count}': the number of iterates is from 1 to {MOST_ITERATES}"
            )
        elif not isinstance(classes, dict):
            complaints.append(f"'cells.{count}' is not an object")
        else:
            mine = found.setdefault(int(count), {})
            for rows, numbers in classes.items():
                if reaching and isinstance(numbers, list) and numbers and numbers[-1] is None:
                    numbers = [*numbers[:-1], LARGEST]
                fault = _fault(rows, numbers, step, state, reaching)
                if fault:
                    complaints.append(f"'cells.{count}.{rows[:64]}': {fault}")
                else:
                    reach = None
                    if reaching:
                        *numbers, reach = numbers
                        reach = math.inf if reach == LARGEST else float(reach)
                    *whole, threshold, margin = numbers
                    x0, *delta = (value * step for value in whole)
                    mine[rows] = Entry(x0, tuple(delta), float(threshold), float(margin), reach)
    return found, complaints


def _fault(rows: str, numbers: Any, step: float, state: Interval, reaching: bool) -> str | None:
    """What is wrong with a cell; its values are left to the check of the library."""
    arity = len(rows).bit_length() - 1
    if len(rows) != 1 << max(arity, 0) or arity > WIDEST_CELL or set(rows) - {"0", "1"}:
        return f"the class is not a complete truth table of at most {WIDEST_CELL} inputs"
    length = arity + 3 + reaching
    if not isinstance(numbers, list) or len(numbers) != length or not all(map(_number, numbers)):
        return f"a cell of {arity} inputs is a list of {length} finite numbers"
    whole = numbers[: arity + 1]
    if not all(type(value) is int for value in whole):
        return "x0 and delta are whole numbers, in units of 2^grid"
    low = sum(value for value in whole[1:] if value < 0) + whole[0]
    high = sum(value for value in whole[1:] if value > 0) + whole[0]
    if low * step < state[0] or high * step > state[1]:
        return "its states are not all in the range 'state'"
    for place, what in enumerate(("margin", "reach")[: 1 + reaching]):
        value = numbers[arity + 2 + place]
        if value <= 0:
            return f"the {what} is {told(value)}; it is positive"
    return None


def cells_of(library: Library) -> Iterator[tuple[int, str, Entry]]:
    """Every entry with its number of iterates and its class, in the order of the file."""
    for count in library.iterates:
        for rows in sorted(library.entries[count], key=lambda rows: (len(rows), rows)):
            yield count, rows, library.entries[count][rows]
