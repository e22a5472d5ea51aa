"""Trajectories as CSV files: a user's own record in place of a generated one."""

from __future__ import annotations

import csv
import io
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chaoscad.arguments import choice, several
from chaoscad.errors import ChaoscadError, Diagnostic, nearest, shown
from chaoscad.files import LARGEST_NUMBER, cells_of, lines_of, number_of, read_text, write_text
from neural.tasks import checks
from neural.tasks.own import task_from_arrays
from neural.tasks.series import of_trajectories
from neural.tasks.systems import SYSTEMS, System, henon_heiles_energy
from neural.tasks.task import Task, Trajectory

TRAJECTORY = "trajectory"
"""The column that tells trajectories apart, where a file has more than one."""

FEWEST_ROWS = 10

MOST_FINDINGS = 20
"""After this many findings about one file the rest is not read."""


def save_csv(task: Task, path: str | os.PathLike[str]) -> None:
    """Write a task's trajectories, in physical units, as `load_csv` reads them.

    Columns: `time`, the coordinates, the rates; before them `trajectory` (0, 1, ..) where there is
    more than one. Rows are in the order training, validation, test. Numbers read back bit by bit.

    **Raises:** `ChaoscadError` for a task without trajectories, and for a file that cannot be written.
    """
    if task.dynamics is None:
        message = f"the task {task.name} has no trajectories to write"
        raise ChaoscadError(Diagnostic(message, hint="those of " + ", ".join(SYSTEMS) + " have"))
    system = SYSTEMS[task.dynamics.system]
    pieces = [*task.dynamics.train, *task.dynamics.validation, *task.dynamics.test]
    many = len({piece.series for piece in pieces}) > 1
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(([TRAJECTORY] if many else []) + list(system.columns))
    kept = [index for index, name in enumerate(system.rates) if name not in system.coordinates]
    for piece in pieces:
        table = np.column_stack([piece.times, piece.states, piece.rates[:, kept]])
        writer.writerows(([piece.series] if many else []) + row for row in table.tolist())
    write_text(path, text.getvalue())


def load_csv(
    path: str | os.PathLike[str],
    *,
    task: str = "pendulum",
    target: str = "field",
    scaling: str | None = None,
    test: float = 0.2,
    validation: float = 0.1,
    header: bool = True,
) -> Task:
    """A task of a user's own record.

    The file has a line of column names and a line per sample: for `pendulum` the columns `time`,
    `theta`, `theta_dot`, `theta_ddot` (s, rad, rad/s, rad/s^2), for `van_der_pol` `time`, `x`, `y`,
    `x_dot`, `y_dot`, for `henon_heiles` `time`, `q1`, `q2`, `p1`, `p2` and the same with `_dot`; in
    any order. Other columns are ignored, and so are blank lines and lines that start with `#`. A
    column `trajectory` of whole numbers tells trajectories apart; the rows of one stand together.

    Several trajectories are split whole, a single one in time; the last are for the test. Nothing is
    drawn at random, so there is no seed.

    **Arguments:**

    - `task`: which system's columns the file has.
    - `target`: `field`, or, for `van_der_pol`, `step`, which needs even times.
    - `scaling`: as the generated task's option; the same default.
    - `test`, `validation`: the parts' shares, as in the generated task.
    - `header`: `False` reads a file without names, with exactly the columns above in that order.

    **Raises:** `ChaoscadError` with line and column for a missing or doubled column, a file without
    rows, a cell that is not a finite number, a line of another length, times that do not rise, and
    too few rows.
    """
    system = SYSTEMS.get(task) if isinstance(task, str) else None
    if system is None:
        hint = nearest(str(task), SYSTEMS) or "there are " + ", ".join(SYSTEMS)
        message = f"no task {shown(str(task))} can be read from a file"
        raise ChaoscadError(Diagnostic(message, hint=hint))
    targets = ("field", "step") if system.kind == "regression" else ("field",)
    choice("target", target, targets)
    chosen = system.scalings[0] if scaling is None else scaling
    choice("scaling", chosen, system.scalings)
    test = checks.share("test", test, zero=False)
    validation = checks.share("validation", validation, zero=True)
    file = os.fspath(path)
    series = _trajectories(read_text(path), str(file), system, header, even=target == "step")
    try:
        return of_trajectories(
            system,
            series,
            target="step" if target == "step" else "field",
            scaling=chosen,
            test=test,
            validation=validation,
            options={
                "file": str(file),
                "target": target,
                "scaling": chosen,
                "test": test,
                "validation": validation,
            },
            energy=henon_heiles_energy if system.name == "henon_heiles" else None,
        )
    except ChaoscadError as error:
        raise ChaoscadError(
            Diagnostic(item.message, str(file), item.line, item.column, item.hint)
            for item in error.diagnostics
        ) from None


def task_from_csv(
    path: str | os.PathLike[str],
    *,
    inputs: Sequence[str],
    targets: str | Sequence[str],
    **options: Any,
) -> Task:
    """A task of the columns of any CSV file of numbers.

    **Arguments:**

    - `inputs`, `targets`: names of columns. One target column of whole numbers is labels, which count
      classes from 0; others are numbers to predict, and so are whole ones with `kind="regression"`.
    - `options`: those of `task_from_arrays` but the columns' names.

    **Raises:** `ChaoscadError` with line and column as `load_csv`, and as `task_from_arrays`.
    """
    chosen = several("input columns", inputs)
    wanted = (targets,) if isinstance(targets, str) else several("target columns", targets)
    if both := [name for name in chosen if name in wanted]:
        raise ChaoscadError(f"the column {shown(str(both[0]))} is both an input and a target")
    file = os.fspath(path)
    findings = _Findings(str(file))
    rows = _rows(read_text(path), (*chosen, *wanted), True, findings)
    findings.stop()
    y = rows[wanted]
    labels = len(wanted) == 1 and bool((y == np.round(y)).all())
    labels = labels and options.get("kind") != "regression"
    return task_from_arrays(
        rows[chosen],
        y[:, 0].astype(np.int64) if labels else y,
        columns=chosen,
        target_columns=None if labels else wanted,
        **{"name": Path(file).name, **options},
    )


@dataclass(frozen=True)
class _Rows:
    """The wanted columns of a file: their names, places, numbers, and the lines they stand on."""

    names: tuple[str, ...]
    places: tuple[int, ...]
    values: np.ndarray
    lines: tuple[tuple[int, str], ...]

    def __getitem__(self, names: str | tuple[str, ...]) -> np.ndarray:
        if isinstance(names, str):
            return self.values[:, self.names.index(names)]
        return self.values[:, [self.names.index(name) for name in names]]


class _Findings:
    """What is wrong with one file. It raises them when they are many, or when it is asked to."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.found: list[Diagnostic] = []

    def add(self, message: str, line: int, column: int = 1, hint: str | None = None) -> None:
        self.found.append(Diagnostic(message, self.file, line, column, hint))
        if len(self.found) >= MOST_FINDINGS:
            self.stop()

    def stop(self) -> None:
        if self.found:
            raise ChaoscadError(self.found)


def _trajectories(
    text: str, file: str, system: System, header: bool, even: bool
) -> list[Trajectory]:
    findings = _Findings(file)
    rows = _rows(text, system.columns, header, findings)
    findings.stop()
    starts = _starts(rows, findings)
    _check_times(rows, starts, even, findings)
    findings.stop()
    if (count := len(rows.values)) < FEWEST_ROWS:
        message = f"the file has {count} row{'s' * (count > 1)}; at least {FEWEST_ROWS} are needed"
        hint = "they are split into training, validation and test parts"
        raise ChaoscadError(Diagnostic(message, file, hint=hint))
    times, states, rates = rows["time"], rows[system.coordinates], rows[system.rates]
    ends = [*starts[1:], len(times)]
    return [
        Trajectory(times[start:end], states[start:end], rates[start:end], index)
        for index, (start, end) in enumerate(zip(starts, ends, strict=True))
    ]


def _rows(text: str, columns: tuple[str, ...], header: bool, findings: _Findings) -> _Rows:
    expected = "its columns are " + ",".join(columns)
    width = 0 if header else len(columns)
    names = () if header else columns
    places = () if header else tuple(range(width))
    values: list[list[float]] = []
    lines: list[tuple[int, str]] = []
    for number, line in enumerate(lines_of(text), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            cells = cells_of(line)
        except ValueError as error:
            findings.add(str(error), number)
            continue
        if not width:
            width = len(cells)
            names, places = _columns(cells, line, number, columns, findings)
            findings.stop()
        elif len(cells) != width:
            told = f"the line has {len(cells)} fields, and there are {width} columns"
            findings.add(told, number, 1, None if header else expected)
        else:
            row = [
                _number(cells[place], name, number, _column(line, place), findings)
                for name, place in zip(names, places, strict=True)
            ]
            values.append(row)
            lines.append((number, line))
    if not width:
        findings.add("the file is empty; it has no line of column names", 1, 1, expected)
    elif not values and not findings.found:
        findings.add("the file has no rows" + " below its column names" * header, 1)
    return _Rows(names, places, np.array(values).reshape(len(values), len(names)), tuple(lines))


def _columns(
    cells: list[str], line: str, number: int, columns: tuple[str, ...], findings: _Findings
) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """The wanted columns and their places in the file."""
    there = "the file's columns are " + ", ".join(shown(cell) for cell in cells[:12])
    if all(number_of(cell) is not None for cell in cells):
        hint = "write a first line " + ",".join(columns) + ", or set header=False"
        findings.add("the first line has numbers in place of column names", number, 1, hint)
        return (), ()
    for name in columns:
        if name not in cells:
            hint = nearest(name, [cell for cell in cells if cell not in columns])
            if len(cells) == 1 and any(mark in line for mark in ";\t"):
                hint = "separate the columns by commas"
            elif hint is None:
                hint = there
            findings.add(f"there is no column {name!r}", number, 1, hint)
    wanted = [name for name in dict.fromkeys((TRAJECTORY, *columns)) if name in cells]
    for name in wanted:
        if cells.count(name) > 1:
            again = len(cells) - 1 - cells[::-1].index(name)
            findings.add(f"there are two columns {name!r}", number, _column(line, again))
    return tuple(wanted), tuple(cells.index(name) for name in wanted)


def _number(cell: str, name: str, line: int, column: int, findings: _Findings) -> float:
    """The cell's number, or 0 after a finding."""
    value = number_of(cell)
    if value is None:
        told = f"{shown(cell)} in column {name!r} is not a number"
        findings.add(told if cell else f"the cell in column {name!r} is empty", line, column)
        return 0.0
    if not math.isfinite(value):
        findings.add(f"{cell} in column {name!r} is not finite", line, column, "leave the row out")
    elif abs(value) > LARGEST_NUMBER:
        told = f"{shown(cell)} in column {name!r} is larger than {LARGEST_NUMBER:g}"
        hint = "leave the row out if it is an instrument's mark for an overload, "
        findings.add(told, line, column, hint + "else write it in a larger unit")
    elif name == TRAJECTORY and not value.is_integer():
        findings.add(f"{shown(cell)} in column {name!r} is not a whole number", line, column)
    else:
        return value
    return 0.0


def _starts(rows: _Rows, findings: _Findings) -> list[int]:
    """The first row of every trajectory."""
    if TRAJECTORY not in rows.names:
        return [0]
    labels = rows[TRAJECTORY]
    starts = [0, *(1 + np.flatnonzero(np.diff(labels))).tolist()]
    seen: set[float] = set()
    for start in starts:
        label = float(labels[start])
        if label in seen:
            line, text = rows.lines[start]
            place = rows.places[rows.names.index(TRAJECTORY)]
            told = f"trajectory {label:g} starts again after another one"
            findings.add(told, line, _column(text, place), "keep the rows of one together")
        seen.add(label)
    return starts


def _check_times(rows: _Rows, starts: list[int], even: bool, findings: _Findings) -> None:
    times = rows["time"]
    place = rows.places[rows.names.index("time")]
    gaps = np.diff(times)
    inner = np.ones(len(gaps), bool)
    inner[np.array(starts[1:], int) - 1] = False
    for index in np.flatnonzero(inner & (gaps <= 0)):
        line, text = rows.lines[index + 1]
        what = "repeats" if gaps[index] == 0 else "is before"
        told = f"the time {times[index + 1]:g} {what} the one above it, {times[index]:g}"
        hint = None if TRAJECTORY in rows.names else f"a column {TRAJECTORY!r} tells records apart"
        findings.add(told, line, _column(text, place), hint)
    for start, end in zip(starts, [*starts[1:], len(times)], strict=True):
        if end - start < 2 and len(starts) > 1:
            findings.add("the trajectory has only one row", rows.lines[start][0])
    if even and not findings.found:
        step = float(np.median(gaps[inner]))
        for index in np.flatnonzero(inner & (np.abs(gaps - step) > 1e-3 * step)):
            line, text = rows.lines[index + 1]
            told = f"the time moves on by {gaps[index]:g}, and elsewhere by {step:g}"
            hint = "target='step' needs even times; target='field' does not"
            findings.add(told, line, _column(text, place), hint)


def _column(line: str, place: int) -> int:
    """Where a cell starts, counted from 1, in a line without quoted commas."""
    return len(",".join(line.split(",")[:place])) + (2 if place else 1)
