"""Cell libraries in Liberty: the Boolean functions of cells, and nothing of their timing.

Liberty User Guide, volume 1 (Open Source Liberty, 2017): groups, attributes, functions of pins.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NoReturn

from chaoscad.errors import Diagnostic, NetlistError, nearest, shown
from chaoscad.files import read_text
from chaoscad.formats.draft import Draft, Place
from chaoscad.formats.liberty_function import FunctionError, PinFunction, pin_function
from chaoscad.formats.liberty_groups import Group, groups
from chaoscad.logic import TruthTable

_STORAGE = ("ff", "latch", "ff_bank", "latch_bank", "statetable")
_VECTORS = ("bus", "bundle")


@dataclass(frozen=True)
class Cell:
    """A cell of a library.

    **Arguments:**

    - `inputs`: its input pins in the order of the library.
    - `functions`: what its output pins compute; `None` where the library does not say.
    - `supplies`: its power pins, which no logic depends on.
    - `refused`: why it is no gate, or `None`.
    - `errors`: its functions that cannot be read.
    - `place`: where it stands, `FILE:LINE`.
    """

    name: str
    inputs: tuple[str, ...]
    functions: Mapping[str, PinFunction | None]
    supplies: frozenset[str]
    refused: str | None
    errors: tuple[Diagnostic, ...]
    place: str

    @property
    def directions(self) -> dict[str, str]:
        """`input` or `output` of every pin; supplies are inputs."""
        inputs = dict.fromkeys((*self.inputs, *sorted(self.supplies)), "input")
        return inputs | dict.fromkeys(self.functions, "output")

    def check(self, connected: Iterable[str], at: Place, draft: Draft) -> bool:
        """Whether the cell can be used with these pins connected; complains otherwise."""
        given, title = [*connected], f"the cell {shown(self.name)}"
        known = (*self.inputs, *self.functions)
        faults: list[tuple[str, str | None]] = []
        if self.refused is not None:
            faults.append((f"{title} {self.refused}", f"it stands at {self.place}"))
        else:
            for pin in given:
                if pin not in known and pin not in self.supplies:
                    hint = nearest(pin, known) or "its pins are " + ", ".join(known[:20])
                    faults.append((f"{title} has no pin {shown(pin)}", hint))
            for pin in self.inputs:
                if pin not in given:
                    faults.append((f"the input {shown(pin)} of {title} is open", None))
            for pin in given:
                if pin in known and self.functions.get(pin, ()) is None and not self.errors:
                    message = f"the output {shown(pin)} of {title} has no function"
                    faults.append((message, f"the cell stands at {self.place}"))
        for message, hint in faults:
            draft.complain(message, at, hint)
        for error in self.errors:
            draft.keep(error)
        return not faults and not self.errors


Cells = Mapping[str, Cell]
"""Cells by name."""

CONSTANTS: Cells = {
    name: Cell(name, (), {"z": PinFunction((), TruthTable(row))}, frozenset(), None, (), "ABC")
    for name, row in (("_const0_", "0"), ("_const1_", "1"))
}
"""Cells that ABC writes for constants where a library has none."""

NO_LIBRARY = "give the library of its cells: --liberty FILE, or liberty= in Python"


def load(paths: Iterable[str | os.PathLike[str]]) -> dict[str, Cell]:
    """The cells of Liberty files.

    **Raises:** `NetlistError` for files that cannot be read, with the lines where; and for cells that
    several files have.
    """
    found: dict[str, Cell] = {}
    for path in paths:
        name = os.fspath(path)
        cells = loads(read_text(path), name)
        for cell in cells.values():
            if cell.name in found:
                message = f"the cell {shown(cell.name)} stands already at {found[cell.name].place}"
                line = int(cell.place.rpartition(":")[2])
                hint = "give one library of every cell, for instance of one corner"
                raise NetlistError(Diagnostic(message, name, line, 1, hint))
        found |= cells
    return found


def loads(text: str, file: str | None = None) -> dict[str, Cell]:
    """The cells of a Liberty text.

    A cell that is no gate, or whose function cannot be read, is an error only where it is used.

    **Raises:** `NetlistError` where it cannot be read.
    """
    reader = _Reader(file or "the library")
    for library in groups(text, file):
        for group in library.groups:
            if group.kind == "cell":
                reader.cell(group)
    if not reader.found:
        hint = "it reads library (NAME) { cell (NAME) { pin (NAME) { ... } } }"
        raise NetlistError(Diagnostic("the library has no cells", file, hint=hint))
    return reader.found


@dataclass
class _Reader:
    file: str
    found: dict[str, Cell] = field(default_factory=dict)

    def cell(self, group: Group) -> None:
        name = group.name
        if not name:
            self.fail("the cell has no name", group.line, "write cell (NAME) { ... }")
        if name in self.found:
            message = f"the cell {shown(name)} stands already at {self.found[name].place}"
            self.fail(message, group.line, "rename or remove one of them")
        pins = [
            (pin, item) for item in group.groups if item.kind == "pin" for pin in item.arguments
        ]
        inputs = tuple(pin for pin, item in pins if item.value("direction") == "input")
        refused = _refusal(group, pins)
        functions: dict[str, PinFunction | None] = {}
        errors: list[Diagnostic] = []
        for pin, item in pins:
            if item.value("direction") == "output":
                functions[pin] = None if refused else self.function(item, pin, inputs, errors)
        supplies = [pin for item in group.groups if item.kind == "pg_pin" for pin in item.arguments]
        self.found[name] = Cell(
            name,
            inputs,
            functions,
            frozenset(supplies),
            refused,
            tuple(errors),
            f"{self.file}:{group.line}",
        )

    def fail(self, message: str, line: int, hint: str) -> NoReturn:
        raise NetlistError(Diagnostic(message, self.file, line, 1, hint))

    def function(
        self, item: Group, pin: str, inputs: tuple[str, ...], errors: list[Diagnostic]
    ) -> PinFunction | None:
        """What an output computes, or `None` where the library does not say, or not well."""
        if "function" not in item.attributes:
            return None
        text, line = item.attributes["function"]
        try:
            return pin_function(text, inputs)
        except FunctionError as error:
            message = f"the function {shown(text)} of the pin {shown(pin)} {error}"
            errors.append(Diagnostic(message, self.file, line, 1, error.hint))
            return None


def _refusal(group: Group, pins: list[tuple[str, Group]]) -> str | None:
    """Why a cell is no gate."""
    for item in group.groups:
        if item.kind in _STORAGE:
            return f"stores a bit ({item.kind}): the circuit is sequential"
        if item.kind in _VECTORS:
            return f"has the {item.kind} {shown(item.name)}; pins of one bit are read"
    for pin, item in pins:
        direction = item.value("direction")
        if "three_state" in item.attributes:
            return f"has the tri-state output {shown(pin)}; gates drive 0 or 1"
        if direction not in ("input", "output", "internal"):
            given = shown(direction) if direction else "missing"
            return (
                f"has a pin {shown(pin)} whose direction is {given}; gates have inputs and outputs"
            )
    return None
