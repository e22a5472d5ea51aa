"""Measured curves from the files of instruments, refused where the points are no curve."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import NoReturn

from chaoscad.arguments import choice
from chaoscad.errors import ChaoscadError, Diagnostic, counted, shown
from chaoscad.files import LARGEST_NUMBER
from chaoscad.instrument import Column, Remark, Table, read_table
from chaoscad.instrument.table import OVERLOAD, span
from chaoscad.systems.curve_points import FLICKER, Fault, fault, turning
from chaoscad.systems.curves import Curve
from chaoscad.systems.sweeps import (
    SWEEPS,
    Hysteresis,
    Points,
    Sweep,
    averaged,
    hysteresis_of,
    mean_of,
    sweeps_of,
    up_and_down,
)

MOST_POINTS = 20_000
"""Most points of a curve; a measured curve of more is noise that should be averaged first."""

FEWEST_POINTS = 3

WAVERING = 0.05
"""The part of the range by which noisy inputs may go back without a turn of the sweep."""

COUNTING = ("index", "no", "no.", "nr", "n", "point", "sample", "#")
"""Names of a first column that counts the points, and is neither input nor output."""


@dataclass(frozen=True)
class Sweeps:
    """The points of a file, noisy or not, and its sweeps; not yet held to be a curve.

    **Arguments:**

    - `points`: in the order of the file.
    - `up`, `down`: the points of an upward and of a downward sweep, sorted by input; `None` where there
      is none. Points in any order are `up`.
    - `remarks`: what was understood of the file.
    """

    columns: tuple[Column, Column]
    points: Points
    up: Points | None
    down: Points | None
    remarks: tuple[Remark, ...]


@dataclass(frozen=True)
class CurveReading:
    """A curve, and what was understood of its file."""

    curve: Curve
    noise: float | None
    hysteresis: Hysteresis | None
    remarks: tuple[Remark, ...]


def read_curve(
    text: str,
    file: str,
    input: str | None = None,
    output: str | None = None,
    sweep: Sweep | None = None,
) -> Curve:
    """A curve from the text of an instrument's file; see `curve_reading`."""
    return curve_reading(text, file, input, output, sweep).curve


def curve_reading(
    text: str,
    file: str,
    input: str | None = None,
    output: str | None = None,
    sweep: Sweep | None = None,
) -> CurveReading:
    """A curve from the text of an instrument's file, with what was understood of it.

    A downward sweep is turned round, and the outputs of equal inputs are averaged; the remarks say so.

    **Arguments:**

    - `file`: the name that diagnostics give.
    - `input`, `output`: names or numbers of columns; the first and the second where they are left out.
    - `sweep`: of points that go up and down: one of the two, or their mean.

    **Raises:** `ChaoscadError` with the line and the column for a missing or ambiguous column, text,
    NaN, the mark of an overload, an upward and a downward sweep that differ, points that are no curve
    (see `curve_points.fault`), and fewer than three or too many points.
    """
    return _Reader(file, text, (input, output)).reading(sweep)


def read_sweeps(
    text: str, file: str, input: str | None = None, output: str | None = None
) -> Sweeps:
    """The points of a file with its sweeps; the arguments are those of `curve_reading`.

    **Raises:** `ChaoscadError` for what is no number, a missing column, and fewer than three points.
    """
    return _Reader(file, text, (input, output)).sweeps()


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

    def fail(message: str, hint: str | None = None) -> NoReturn:
        raise ChaoscadError(Diagnostic(message, file, hint=hint))

    _few(len(inputs), MOST_POINTS, fail)
    for index, pair in enumerate(zip(inputs, outputs, strict=True)):
        for name, value in zip(columns, pair, strict=True):
            if abs(value) > LARGEST_NUMBER:
                message = f"point {index + 1}: {value:g} in column {shown(name)} {OVERLOAD}"
                fail(message, "leave such points out")
    found = fault(inputs, outputs, lambda first, last: span(first + 1, last + 1, "point"))
    if found is not None:
        fail(f"point {found.at + 1}: {found.message}", found.hint)
    return Curve(file, *columns, (tuple(inputs), tuple(outputs)), units)


def _few(count: int, most: int, fail: Callable[[str, str | None], NoReturn]) -> None:
    if count > most:
        fail(
            f"a curve has at most {most} points, and this one {count}",
            "average neighbouring points",
        )
    if count < FEWEST_POINTS:
        fail(f"the curve has {counted(count, 'point')}; at least {FEWEST_POINTS} are needed", None)


class _Reader:
    """Reads one file; `wanted` names the columns that its user named."""

    def __init__(self, file: str, text: str, wanted: tuple[str | None, str | None]) -> None:
        self.file = file
        self.table: Table = read_table(text, file)
        self.places = self._places(wanted)
        self.numbers = self.table.numbers(self.places)
        self.remarks = list(self.numbers.remarks)
        self.lines = self.numbers.lines

    def fail(self, message: str, hint: str | None = None) -> NoReturn:
        raise ChaoscadError(Diagnostic(message, self.file, hint=hint))

    def fail_at(self, found: Fault) -> NoReturn:
        """Refuse the points at one of them."""
        raise self.about(found)

    def about(self, found: Fault) -> ChaoscadError:
        """The error at a point, whose index counts the rows of the file."""
        line = self.lines[found.at]
        row = next(row for row in self.table.rows if row.line == line)
        place = self.places[int(found.of_output)] + self.table.shift
        column = self.table.style.column(row.text, place) if self.table.one_line else 1
        return ChaoscadError(Diagnostic(found.message, self.file, line, column, found.hint))

    def span(self, first: int, last: int) -> str:
        return span(self.lines[first], self.lines[last])

    def reading(self, sweep: Sweep | None) -> CurveReading:
        if sweep is not None:
            choice("sweep", sweep, SWEEPS)
        own = self.numbers.values
        _few(len(own[0]), MOST_POINTS, self.fail)
        points, hysteresis = self._one_sweep(own[0], own[1], sweep)
        (inputs, outputs), noise, merged = averaged(points)
        if merged:
            text = (
                f"{counted(merged, 'output')} of repeated inputs averaged, {len(inputs)} points left; "
                f"their standard deviation is {noise:.3g}"
            )
            self.remarks.append(Remark(0, text, True))
            _few(len(inputs), MOST_POINTS, self.fail)
        self._refuse_no_curve(inputs, outputs)
        columns = self.numbers.columns
        curve = Curve(
            self.file,
            columns[0].name,
            columns[1].name,
            (tuple(inputs), tuple(outputs)),
            (columns[0].unit.symbol, columns[1].unit.symbol),
        )
        return CurveReading(curve, noise, hysteresis, tuple(self.remarks))

    def sweeps(self) -> Sweeps:
        inputs, outputs = self.numbers.values
        _few(len(inputs), len(inputs), self.fail)
        columns = (self.numbers.columns[0], self.numbers.columns[1])
        runs = sweeps_of(inputs, WAVERING)
        up = down = None
        if runs is not None:
            up, down = (part if part[0] else None for part in up_and_down(inputs, outputs, runs))
        else:
            order = sorted(range(len(inputs)), key=inputs.__getitem__)
            up = [inputs[i] for i in order], [outputs[i] for i in order]
            if inputs[0] > inputs[-1] and all(a >= b for a, b in pairwise(inputs)):
                up, down = None, up
        return Sweeps(columns, (inputs, outputs), up, down, tuple(self.remarks))

    def _one_sweep(
        self, inputs: list[float], outputs: list[float], sweep: Sweep | None
    ) -> tuple[Points, Hysteresis | None]:
        runs = sweeps_of(inputs)
        if runs is None:
            return self._single(inputs, outputs, sweep), None
        up, down = up_and_down(inputs, outputs, runs)
        ways = {name for name, part in (("up", up), ("down", down)) if part[0]}
        if len(ways) < 2:
            if sweep is None:
                found = fault(inputs, outputs, self.span)
                assert found is not None
                self.fail_at(found)
            self._refuse_missing(sweep, ways)
            return (up if up[0] else down), None
        hysteresis = hysteresis_of(up, down)
        if hysteresis is None:
            if sweep in (None, "mean"):
                message = f"{turning(inputs, runs)}, over other inputs"
                self.fail_at(Fault(message, "say 'sweep: up' or 'sweep: down'", runs[0][1] + 1))
        elif sweep is None and hysteresis.share > FLICKER:
            message = (
                f"{turning(inputs, runs)}: there are an upward and a downward sweep; {hysteresis}"
            )
            hint = "say which is meant by 'sweep: up', 'sweep: down' or 'sweep: mean'"
            self.fail_at(Fault(message, hint, runs[0][1] + 1))
        chosen = sweep or "mean"
        said = f"{turning(inputs, runs)}; {hysteresis}" if hysteresis else turning(inputs, runs)
        words = {"up": "the upward sweep", "down": "the downward sweep", "mean": "the mean of both"}
        text = f"{said}; {words[chosen]} was taken"
        self.remarks.append(Remark(self.lines[runs[0][1]], text, True))
        if chosen == "mean":
            return mean_of(averaged(up)[0], averaged(down)[0]), hysteresis
        return (up if chosen == "up" else down), hysteresis

    def _single(self, inputs: list[float], outputs: list[float], sweep: Sweep | None) -> Points:
        falls = all(a >= b for a, b in pairwise(inputs))
        rises = all(a <= b for a, b in pairwise(inputs))
        if falls and not rises:
            self._refuse_missing(sweep, {"down"})
            self.remarks.append(
                Remark(self.lines[0], "the inputs fall, and were turned round", True)
            )
            return inputs[::-1], outputs[::-1]
        if rises:
            self._refuse_missing(sweep, {"up"})
            return inputs, outputs
        found = fault(inputs, outputs, self.span)
        assert found is not None
        raise self.about(found)

    def _refuse_missing(self, sweep: Sweep | None, ways: set[str]) -> None:
        """Refuse a sweep that the points do not have."""
        if sweep is not None and sweep not in ways:
            there = "upwards" if "up" in ways else "downwards"
            wanted = {
                "up": "no upward sweep",
                "down": "no downward sweep",
                "mean": "only one sweep",
            }
            self.fail(f"there is {wanted[sweep]}: the inputs go {there}", "leave 'sweep' out")

    def _refuse_no_curve(self, inputs: list[float], outputs: list[float]) -> None:
        own = self.numbers.values
        if (inputs, outputs) == (own[0], own[1]):
            found = fault(inputs, outputs, self.span)
            if found is not None:
                self.fail_at(found)
            return

        def spread(first: int, last: int) -> str:
            return f"the inputs {inputs[first]:.6g} to {inputs[last]:.6g}"

        found = fault(inputs, outputs, spread)
        if found is not None:
            self.fail(found.message, found.hint)

    def _places(self, wanted: tuple[str | None, str | None]) -> tuple[int, int]:
        table = self.table
        count = len(table.columns)
        if count < 2:
            hint = "separate the columns by commas, semicolons or tabs"
            table.fail("the file has 1 column, and a curve needs two", table.names_line, 1, hint)
        if not table.named and count > 2 and None in wanted:
            hint = "say which are meant by their numbers, such as 'input: 1, output: 2'"
            table.fail(f"the file has {count} columns without names", table.names_line, 1, hint)
        counts = count > 2 and table.columns[0].name.lower() in COUNTING
        places: list[int] = []
        for axis, name in enumerate(wanted):
            if name is None:
                name = table.columns[axis + counts].head
                if not name:
                    hint = f"name it, or say which column is the {('input', 'output')[axis]}"
                    column = table.column_of_name(axis)
                    table.fail(f"column {axis + 1} has no name", table.names_line, column, hint)
            places.append(table.place(name))
        if places[0] == places[1]:
            table.fail("the input and the output are the same column", table.names_line)
        return places[0], places[1]
