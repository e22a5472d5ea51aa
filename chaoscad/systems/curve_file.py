"""Measured curves from the text of a CSV file, refused where the text says something else."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NoReturn

from chaoscad.errors import ChaoscadError, Diagnostic, listed, nearest, shown
from chaoscad.files import LARGEST_NUMBER, cells_of, lines_of, number_of
from chaoscad.systems.curve_points import fault
from chaoscad.systems.curves import Curve

MOST_POINTS = 20_000
"""Most points of a curve; a measured curve of more is noise that should be averaged first."""

MOST_BYTES = 16 * 2**20
"""Longest text of a curve's file."""

FEWEST_POINTS = 3

OVERLOAD = f"is larger than {LARGEST_NUMBER:g}: instruments write such a number for an overload"


def read_curve(text: str, file: str, input: str | None = None, output: str | None = None) -> Curve:
    """A curve from CSV text: a line of column names, and one line per point.

    Lines that start with `#` are comments; the first of them after the names that has as many
    fields as there are columns gives the units.

    **Arguments:**

    - `file`: the name that diagnostics give.
    - `input`, `output`: names of columns; the first and the second where they are left out.

    **Raises:** `ChaoscadError` with the line and the column for a missing or ambiguous column, a
    file without names, text, NaN, the mark of an overload, points that are no curve (see
    `curve_points.fault`), and fewer than three or too many points.
    """
    return _Reader(file, (input, output)).curve(text)


def curve_of_points(
    inputs: list[float],
    outputs: list[float],
    file: str,
    columns: tuple[str, str],
    units: tuple[str, str],
) -> Curve:
    """A curve whose finite points were read before, as a resolved netlist holds them.

    **Raises:** `ChaoscadError` as `read_curve`, for points that are no curve.
    """
    reader = _Reader(file, columns)
    reader.few(len(inputs))
    for index, pair in enumerate(zip(inputs, outputs, strict=True)):
        for name, value in zip(columns, pair, strict=True):
            if abs(value) > LARGEST_NUMBER:
                message = f"point {index + 1}: {value:g} in column {shown(name)} {OVERLOAD}"
                reader.fail(message, hint="leave such points out")
    found = None
    if len(inputs) >= FEWEST_POINTS:
        found = fault(inputs, outputs, lambda first, last: _span("points", first + 1, last + 1))
    if found is not None:
        reader.fail(f"point {found.at + 1}: {found.message}", hint=found.hint)
    return reader.made(inputs, outputs, columns, units)


@dataclass
class _Point:
    line: int
    text: str
    values: tuple[float, ...]


class _Reader:
    """Reads one file; `wanted` names the columns that its user named."""

    def __init__(self, file: str, wanted: tuple[str | None, str | None]) -> None:
        self.file, self.wanted = file, wanted
        self.names: list[str] = []
        self.places = (0, 1)
        self.units: list[str] | None = None
        self.remark: tuple[int, list[str]] = (0, [])

    def fail(
        self, message: str, line: int = 0, column: int = 0, hint: str | None = None
    ) -> NoReturn:
        column = column or min(line, 1)
        raise ChaoscadError(Diagnostic(message, self.file, line, column, hint))

    def curve(self, text: str) -> Curve:
        if len(text) > MOST_BYTES:
            self.fail(
                f"the curve's file is longer than {MOST_BYTES // 2**20} MiB", hint="average it"
            )
        points: list[_Point] = []
        for number, line in enumerate(lines_of(text), 1):
            if not line.strip():
                continue
            comment = line.lstrip().startswith("#")
            cells = self.cells(line.lstrip()[1:] if comment else line, number)
            if comment:
                self.comment(number, cells, bool(points))
            elif not self.names:
                self.header(line, cells, number, text)
            else:
                points.append(self.point(line, cells, number))
            self.few(len(points), number)
        if not self.names:
            self.fail("the file has no line of column names", 1)
        inputs, outputs = ([point.values[axis] for point in points] for axis in (0, 1))

        def lines(first: int, last: int) -> str:
            return _span("lines", points[first].line, points[last].line)

        found = fault(inputs, outputs, lines) if len(points) >= FEWEST_POINTS else None
        if found is not None:
            point = points[found.at]
            column = _column(point.text, self.places[int(found.of_output)])
            self.fail(found.message, point.line, column, found.hint)
        columns = (self.names[self.places[0]], self.names[self.places[1]])
        units = ["1", "1"]
        if self.units is not None:
            units = [self.units[place] or "1" for place in self.places]
        return self.made(inputs, outputs, columns, (units[0], units[1]))

    def few(self, count: int, line: int = 0) -> None:
        if count > MOST_POINTS:
            hint = "average neighbouring points first"
            self.fail(f"a curve has at most {MOST_POINTS} points", line, hint=hint)

    def made(
        self,
        inputs: list[float],
        outputs: list[float],
        columns: tuple[str, str],
        units: tuple[str, str],
    ) -> Curve:
        if len(inputs) < FEWEST_POINTS:
            count = f"{len(inputs)} point" + "s" * (len(inputs) != 1)
            self.fail(f"the curve has {count}; at least {FEWEST_POINTS} are needed")
        return Curve(self.file, *columns, (tuple(inputs), tuple(outputs)), units)

    def cells(self, line: str, number: int) -> list[str]:
        try:
            return cells_of(line)
        except ValueError as error:
            self.fail(str(error), number)

    def comment(self, number: int, cells: list[str], below_points: bool) -> None:
        if not self.names:
            self.remark = number, cells
        elif self.units is None and not below_points and len(cells) == len(self.names):
            self.units = cells

    def header(self, line: str, cells: list[str], number: int, text: str) -> None:
        if len(cells) < 2:
            hint = "separate the columns by commas"
            if ";" in line and "," in text:
                hint = "write decimal points in place of commas, then commas between the columns"
            self.fail("the file has 1 column, and a curve needs two", number, hint=hint)
        numbers = [number_of(cell) is not None for cell in cells]
        picked = [numbers[axis] for axis, name in enumerate(self.wanted) if name is None]
        missing = any(name is not None and name not in cells for name in self.wanted)
        if (picked and all(picked)) or (missing and all(numbers)):
            told, names = self.remark
            hint = "write a line of names such as 'input,output' above it"
            if len(names) == len(cells) and all(number_of(name) is None for name in names):
                hint = f"the names seem to stand in line {told}; remove the '#' before them"
            self.fail("the first line has numbers in place of column names", number, hint=hint)
        self.names = cells
        self.places = (self.place(line, number, 0), self.place(line, number, 1))
        if self.places[0] == self.places[1]:
            self.fail("the input and the output are the same column", number)

    def place(self, line: str, number: int, axis: int) -> int:
        """Which column is the input or the output."""
        name = self.wanted[axis]
        if name is None:
            name = self.names[axis]
            if not name:
                hint = f"name it, or say which column is the {('input', 'output')[axis]}"
                self.fail(f"column {axis + 1} has no name", number, _column(line, axis), hint)
        places = [place for place, other in enumerate(self.names) if other == name]
        if not places:
            hint = nearest(name, self.names) or "its columns are " + listed(self.names)
            self.fail(f"there is no column {shown(name)}", number, hint=hint)
        if len(places) > 1:
            first, second = places[0] + 1, places[1] + 1
            message = f"columns {first} and {second} are both called {shown(name)}"
            self.fail(message, number, _column(line, places[1]), "rename one of them")
        return places[0]

    def point(self, line: str, cells: list[str], number: int) -> _Point:
        if len(cells) != len(self.names):
            columns = f"there are {len(self.names)} columns"
            self.fail(f"the line has {len(cells)} fields, and {columns}", number)
        values: list[float] = []
        for place in self.places:
            cell, column = cells[place], f"in column {shown(self.names[place])}"
            value = number_of(cell)
            if value is None:
                message = f"{shown(cell)} {column} is not a number"
                if not cell:
                    message = f"the cell {column} is empty"
                self.fail(message, number, _column(line, place))
            if not math.isfinite(value):
                message = f"{cell} {column} is not finite"
                self.fail(message, number, _column(line, place), "leave the point out")
            if abs(value) > LARGEST_NUMBER:
                message = f"{cell} {column} {OVERLOAD}"
                self.fail(message, number, _column(line, place), "leave such points out")
            values.append(value)
        return _Point(number, line, tuple(values))


def _span(what: str, first: int, last: int) -> str:
    return f"{what} {first} {'and' if last == first + 1 else 'to'} {last}"


def _column(line: str, place: int) -> int:
    return len(",".join(line.split(",")[:place])) + (2 if place else 1)
