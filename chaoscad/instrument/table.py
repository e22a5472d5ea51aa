"""A table of numbers of an instrument's file: its columns, its rows, and what was understood of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from chaoscad.errors import ChaoscadError, Diagnostic, listed, nearest, shown
from chaoscad.files import LARGEST_NUMBER
from chaoscad.instrument.lines import Style, advice
from chaoscad.instrument.units import ONE, Unit

MOST_FINDINGS = 20
"""After this many findings about one file the rest is not read."""

OVERLOAD = f"is larger than {LARGEST_NUMBER:g}: instruments write such a number for an overload"


@dataclass(frozen=True)
class Remark:
    """What was understood of a file, where it is not plain.

    **Arguments:**

    - `line`: counted from 1; 0 for the file.
    - `changes`: whether the numbers are not those that stand in the file, or not all.
    """

    line: int
    text: str
    changes: bool = False

    def __str__(self) -> str:
        return f"line {self.line}: {self.text}" if self.line else self.text


@dataclass(frozen=True)
class Column:
    """A column: its `name`, the `head` from which it is, and the unit of its numbers.

    `name` is its number, from 1, where the file has no names.
    """

    name: str
    head: str
    unit: Unit = ONE


@dataclass(frozen=True)
class Row:
    """A line of numbers, its cells as text; `line` is counted from 1."""

    line: int
    text: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Numbers:
    """Columns in the units of the SI, and the line on which each row stands."""

    columns: tuple[Column, ...]
    values: tuple[list[float], ...]
    lines: list[int]
    remarks: tuple[Remark, ...]


@dataclass(frozen=True)
class Table:
    """The table of a file, its cells not yet read as numbers.

    **Arguments:**

    - `named`: whether the file names its columns.
    - `names_line`, `names_text`: where, counted from 1, and how; the first row's line where it does not.
    - `shift`: how many columns of the file are left of the first.
    - `one_line`: whether the cells of a row stand on its line, and not each on one of its own.
    - `findings`: about lines that are no rows; they are raised with those about cells.
    """

    file: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    named: bool
    names_line: int
    style: Style
    remarks: tuple[Remark, ...]
    shift: int = 0
    names_text: str = ""
    one_line: bool = True
    findings: tuple[Diagnostic, ...] = ()

    def fail(self, message: str, line: int, column: int = 1, hint: str | None = None) -> NoReturn:
        """Refuse the file at a place."""
        raise ChaoscadError(Diagnostic(message, self.file, line, column, hint))

    def place(self, wanted: str) -> int:
        """The column of a name, of a whole head, or of a number where no name is that number.

        **Raises:** `ChaoscadError` for no such column, and for several.
        """
        for known in ([item.head for item in self.columns], [item.name for item in self.columns]):
            places = [place for place, other in enumerate(known) if other == wanted]
            if len(places) > 1:
                first, second = places[0] + 1, places[1] + 1
                message = f"columns {first} and {second} are both called {shown(wanted)}"
                hint = f"rename one of them, or give its number, {first} or {second}"
                self.fail(message, self.names_line, self.column_of_name(places[1]), hint)
            if places:
                return places[0]
        if wanted.isdecimal() and 1 <= int(wanted) <= len(self.columns):
            return int(wanted) - 1
        names = [item.name for item in self.columns]
        hint = nearest(wanted, names) or "its columns are " + listed(names)
        if not self.named:
            hint = f"its columns have no names, only the numbers 1 to {len(self.columns)}"
        message = f"there is no column {shown(wanted)}"
        raise ChaoscadError(Diagnostic(message, self.file, self.names_line, 1, hint))

    def column_of_name(self, place: int) -> int:
        """Where a column's name begins in its line."""
        return self.style.column(self.names_text, place + self.shift) if self.named else 1

    def told(self, place: int) -> str:
        """A column for a message: `column 'v'`, `column 2`."""
        name = self.columns[place].name
        return f"column {shown(name)}" if self.named and name else f"column {place + 1}"

    def numbers(self, places: Sequence[int], *, whole_lines: bool = False) -> Numbers:
        """The numbers of some columns, in the units of the SI.

        Rows at the end in which one of them is empty are left out, and a remark says so.

        **Arguments:**

        - `whole_lines`: whether no row may be left out.

        **Raises:** `ChaoscadError` with everything that is no number, at its line and column.
        """
        findings = list(self.findings)
        rows, remarks = self.rows, list(self.remarks)
        count = len(rows)
        while count and any(not self._cell(rows[count - 1], place) for place in places):
            count -= 1
        if 0 < count < len(rows) and not whole_lines:
            empty = listed(
                self.told(place)
                for place in places
                if any(not self._cell(row, place) for row in rows[count:])
            )
            lines = span(rows[count].line, rows[-1].line)
            remarks.append(Remark(rows[count].line, f"{empty} ends here; {lines} left out", True))
            rows = rows[:count]
        values: tuple[list[float], ...] = tuple([] for _ in places)
        units = [self.columns[place].unit for place in places]
        for row in rows:
            for place, unit, column in zip(places, units, values, strict=True):
                cell = self._cell(row, place)
                value = self.style.number(cell)
                if value is None or not math.isfinite(value) or abs(value) > LARGEST_NUMBER:
                    self._find(row, place, cell, value, findings)
                    column.append(0.0)
                else:
                    column.append(unit.si(value) if unit.scaled else value)
            if len(findings) >= MOST_FINDINGS:
                break
        if findings:
            raise ChaoscadError(sorted(findings, key=lambda item: (item.line, item.column)))
        for place, unit in zip(places, units, strict=True):
            if unit.scaled and unit.written:
                text = f"{self.told(place)} is in {unit.written}, and was turned into {unit.symbol}"
                remarks.append(Remark(self.names_line, text, True))
        columns = tuple(self.columns[place] for place in places)
        return Numbers(columns, values, [row.line for row in rows], tuple(remarks))

    def _cell(self, row: Row, place: int) -> str:
        return row.cells[place] if place < len(row.cells) else ""

    def _find(
        self, row: Row, place: int, cell: str, value: float | None, findings: list[Diagnostic]
    ) -> None:
        where = f"in {self.told(place)}"
        hint: str | None = "leave the line out"
        if value is None:
            message = f"{shown(cell)} {where} is not a number"
            hint = advice(cell, self.style)
            if hint is None and cell and row is self.rows[0] and self.names_line < row.line:
                hint = None if place else "if the line belongs to a header, write names below it"
            if not cell:
                message, hint = f"the cell {where} is empty", None
        elif math.isfinite(value):
            message = f"{cell} {where} {OVERLOAD}"
        else:
            message = f"{cell} {where} is not finite"
        column = self.style.column(row.text, place + self.shift) if self.one_line else 1
        findings.append(Diagnostic(message, self.file, row.line, column, hint))


def span(first: int, last: int, what: str = "line") -> str:
    """`line 3`, `lines 3 and 4`, `lines 3 to 9`."""
    if first == last:
        return f"{what} {first}"
    return f"{what}s {first} {'and' if last == first + 1 else 'to'} {last}"
