"""Trajectories as CSV files: a user's own record in place of a generated one."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chaoscad.arguments import check_path, choice
from chaoscad.errors import ChaoscadError, Diagnostic, nearest, shown
from chaoscad.files import LARGEST_FILE, write_text
from chaoscad.instrument import Remark, Table, read_instrument_text, read_table
from neural.tasks.own import chosen_columns, of_columns
from neural.tasks.series import of_trajectories, shares
from neural.tasks.systems import SYSTEMS, System
from neural.tasks.task import Task, Trajectory

TRAJECTORY = "trajectory"
"""The column that tells trajectories apart, where a file has more than one."""

FEWEST_ROWS = 10


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
    scaling: str | None = None,
    test: float = 0.2,
    validation: float = 0.1,
) -> Task:
    """A task of a user's own record.

    The file is one of an instrument (see `chaoscad.instrument`), with a line of column names and a line
    per sample: for `pendulum` the columns `time`, `theta`, `theta_dot`, `theta_ddot` (s, rad, rad/s,
    rad/s^2), for `van_der_pol` `time`, `x`, `y`, `x_dot`, `y_dot`, for `henon_heiles` `time`, `q1`, `q2`,
    `p1`, `p2` and the same with `_dot`; in any order. Units of names, such as `theta (deg)`, are turned
    into these; the option `remarks` of the task says so. Other columns are ignored, and so are blank
    lines and lines that start with `#`. A column `trajectory` of whole numbers tells trajectories apart;
    the rows of one stand together.

    Several trajectories are split whole, a single one in time; the last are for the test. Nothing is
    drawn at random, so there is no seed.

    **Arguments:**

    - `task`: which system's columns the file has.
    - `scaling`: as the generated task's option; the same default.
    - `test`, `validation`: the parts' shares, as in the generated task.

    **Raises:** `ChaoscadError` with line and column for a missing or doubled column, a file without
    rows, a cell that is not a finite number, a line of another length, times that do not rise, and
    too few rows.
    """
    system = SYSTEMS[choice("task of a file", task, SYSTEMS)]
    chosen, test, validation = shares(system, scaling, test, validation)
    series, remarks = _trajectories(_rows(path, system.columns), system)
    file = str(os.fspath(path))
    known = {"file": file, "scaling": chosen, "test": test, "validation": validation}
    try:
        return of_trajectories(
            system,
            series,
            scaling=chosen,
            test=test,
            validation=validation,
            options={**known, "remarks": remarks} if remarks else known,
        )
    except ChaoscadError as error:
        raise ChaoscadError(
            Diagnostic(item.message, file, item.line, item.column, item.hint)
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
    chosen, wanted = chosen_columns(inputs, targets)
    rows = _rows(path, (*chosen, *wanted))
    x, y = rows[chosen], rows[wanted]
    labels = len(wanted) == 1 and bool(((y == np.round(y)) & (np.abs(y) < 2**53)).all())
    y = y.astype(np.int64) if labels else y
    return of_columns(x, y, chosen, wanted, labels, Path(path).name, options)


@dataclass(frozen=True)
class _Rows:
    """The wanted columns of a file: their names, places, numbers, and the lines they stand on."""

    table: Table
    names: tuple[str, ...]
    places: tuple[int, ...]
    values: np.ndarray
    remarks: tuple[Remark, ...]

    def __getitem__(self, names: str | tuple[str, ...]) -> np.ndarray:
        if isinstance(names, str):
            return self.values[:, self.names.index(names)]
        return self.values[:, [self.names.index(name) for name in names]]

    def finding(self, row: int, name: str, message: str, hint: str | None = None) -> Diagnostic:
        """What is wrong with a cell."""
        there = self.table.rows[row]
        place = self.places[self.names.index(name)] + self.table.shift
        column = self.table.style.column(there.text, place)
        return Diagnostic(message, self.table.file, there.line, column, hint)


def _trajectories(rows: _Rows, system: System) -> tuple[list[Trajectory], list[str]]:
    starts, findings = _starts(rows)
    findings += _check_times(rows, starts)
    if findings:
        raise ChaoscadError(findings)
    if (count := len(rows.values)) < FEWEST_ROWS:
        message = f"the file has {count} row{'s' * (count > 1)}; at least {FEWEST_ROWS} are needed"
        hint = "they are split into training, validation and test parts"
        raise ChaoscadError(Diagnostic(message, rows.table.file, hint=hint))
    times, states, rates = rows["time"], rows[system.coordinates], rows[system.rates]
    # Pieces of all three columns between one start and the next.
    pieces = zip(*(np.split(part, starts[1:]) for part in (times, states, rates)), strict=True)
    series = [Trajectory(piece[0], piece[1], piece[2], index) for index, piece in enumerate(pieces)]
    return series, [str(remark) for remark in rows.remarks if remark.changes]


def _rows(path: str | os.PathLike[str], columns: tuple[str, ...]) -> _Rows:
    check_path(path)
    table = read_table(read_instrument_text(path, LARGEST_FILE), str(os.fspath(path)))
    if not table.named:
        hint = "write a first line " + ",".join(columns)
        message = "the first line has numbers in place of column names"
        table.fail(message, table.names_line, 1, hint)
    names, places = _columns(table, columns)
    numbers = table.numbers(places)
    if not numbers.lines:
        table.fail("the file has no rows below its column names", 1)
    rows = _Rows(table, names, places, np.array(numbers.values).T, numbers.remarks)
    findings = [
        rows.finding(
            index,
            TRAJECTORY,
            f"{shown(table.rows[index].cells[place])} in column {TRAJECTORY!r} is not a whole number",
        )
        for place in places[: TRAJECTORY in names]
        for index in np.flatnonzero(rows[TRAJECTORY] % 1).tolist()
    ]
    if findings:
        raise ChaoscadError(findings)
    return rows


def _columns(table: Table, columns: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """The wanted columns and their places in the file."""
    there = [column.name for column in table.columns]
    listing = "the file's columns are " + ", ".join(map(shown, there[:12]))
    findings: list[Diagnostic] = []
    line = table.names_line
    for name in columns:
        if name not in there:
            others = [other for other in there if other not in columns]
            hint = nearest(name, others) or listing
            findings.append(Diagnostic(f"there is no column {name!r}", table.file, line, 1, hint))
    wanted = tuple(name for name in dict.fromkeys((TRAJECTORY, *columns)) if name in there)
    for name in wanted:
        if there.count(name) > 1:
            again = table.column_of_name(len(there) - 1 - there[::-1].index(name))
            message = f"there are two columns {name!r}"
            findings.append(Diagnostic(message, table.file, line, again))
    if findings:
        raise ChaoscadError(findings)
    return wanted, tuple(there.index(name) for name in wanted)


def _starts(rows: _Rows) -> tuple[list[int], list[Diagnostic]]:
    """The first row of every trajectory."""
    if TRAJECTORY not in rows.names:
        return [0], []
    labels = rows[TRAJECTORY]
    starts = [0, *(1 + np.flatnonzero(np.diff(labels))).tolist()]
    seen: set[float] = set()
    findings: list[Diagnostic] = []
    for start in starts:
        label = float(labels[start])
        if label in seen:
            told = f"trajectory {label:g} starts again after another one"
            findings.append(rows.finding(start, TRAJECTORY, told, "keep the rows of one together"))
        seen.add(label)
    return starts, findings


def _check_times(rows: _Rows, starts: list[int]) -> list[Diagnostic]:
    times = rows["time"]
    gaps = np.diff(times)
    inner = np.ones(len(gaps), bool)
    inner[np.array(starts[1:], int) - 1] = False
    findings: list[Diagnostic] = []
    for index in np.flatnonzero(inner & (gaps <= 0)).tolist():
        what = "repeats" if gaps[index] == 0 else "is before"
        told = f"the time {times[index + 1]:g} {what} the one above it, {times[index]:g}"
        hint = None if TRAJECTORY in rows.names else f"a column {TRAJECTORY!r} tells records apart"
        findings.append(rows.finding(index + 1, "time", told, hint))
    for start, end in zip(starts, [*starts[1:], len(times)], strict=True):
        if end - start < 2 and len(starts) > 1:
            line = rows.table.rows[start].line
            findings.append(Diagnostic("the trajectory has only one row", rows.table.file, line, 1))
    return findings
