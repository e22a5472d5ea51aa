"""The check of a library: every function that it serves, evaluated anew in float64."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chaoscad.cells.classes import WIDEST_TABLE, canonical, orbits, table_of
from chaoscad.cells.failures import Failures
from chaoscad.cells.model import SIDES, Cell, Library
from chaoscad.cells.store import cells_of
from chaoscad.gate import Setpoint, local_states
from chaoscad.logic.truth import TruthTable

CLOSE = 1e-6
"""How closely a reach must be right: its probabilities are the same to the last bits only."""

MOST_FINDINGS = 20
"""Most findings that are listed; the others are counted."""


@dataclass(frozen=True)
class Checked:
    """What was evaluated, and what is wrong.

    **Arguments:**

    - `functions`: how many functions have a cell, over all numbers of iterates and comparators.
    - `rows`: how many values were computed.
    - `wrong`: how many cells or entries are not as they claim.
    - `findings`: the first of them, a sentence each.
    """

    functions: int
    rows: int
    wrong: int
    findings: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong."""
        return self.wrong == 0


def check(library: Library) -> Checked:
    """Evaluate the cell of every function of up to four inputs, and every wider entry.

    Functions of more inputs than any class of the library has are left out.

    Every row must lie on its side of the threshold, the least distance must be the margin to the last
    bit, and every state must be in range. Cells with `<` have the parameters of others with `>`; of
    those of most inputs, one of each class is evaluated. In a library for yield the reach of every
    class must be right too.
    """
    functions = rows = 0
    wrong: list[str] = []
    every = [
        [table_of(index, arity) for index in range(1 << (1 << arity))]
        for arity in range(_widest(library) + 1)
    ]
    members = [table for table, _ in orbits(_widest(library))]
    for iterates in library.iterates:
        for compare, groups in zip(SIDES, (every, [*every[:-1], members]), strict=True):
            for tables in groups:
                cells = [library.look_up(table, iterates, compare) for table in tables]
                present = [cell for cell in cells if cell is not None]
                functions += len(present)
                rows += len(present) * len(tables[0].rows)
                wrong += _wrong(library, present)
    failures: dict[int, Failures] = {}
    for iterates, rows_of, entry in cells_of(library):
        table = TruthTable(rows_of)
        place = f"class {rows_of} with {_count(iterates)}"
        if library.objective is not None and entry.reach is not None:
            if iterates not in failures:
                failures[iterates] = Failures(
                    library.setting, library.state, iterates, library.objective
                )
            cell = entry.cell(table, library.setting, iterates)
            if not failures[iterates].reaches(cell, entry.reach, CLOSE):
                exact = failures[iterates].reach(cell)
                wrong.append(f"{place}: the reach is {exact:.9g}, not {entry.reach!r}")
        if canonical(table)[0] != table:
            wrong.append(f"{place} is not the representative of its class")
        if table.arity > WIDEST_TABLE:
            for compare in SIDES:
                wanted = table if compare == ">" else table.complement()
                at = Setpoint(
                    *(library.setting, iterates, entry.x0, entry.delta, entry.threshold, compare)
                )
                functions += 1
                rows += len(rows_of)
                wrong += _wrong(library, [Cell(wanted, at, entry.margin)])
    return Checked(functions, rows, len(wrong), tuple(wrong[:MOST_FINDINGS]))


def _widest(library: Library) -> int:
    """The number of inputs of the widest class, at most four."""
    widest = max((len(rows) for _, rows, _ in cells_of(library)), default=1)
    return min(widest.bit_length() - 1, WIDEST_TABLE)


def _wrong(library: Library, cells: list[Cell]) -> list[str]:
    """What is wrong with cells of one arity, number of iterates and comparator."""
    if not cells:
        return []
    points = [cell.setpoint for cell in cells]
    iterates, compare = points[0].iterates, points[0].compare
    weights = list(np.array([point.delta for point in points]).T)
    states = np.stack(local_states(np.array([point.x0 for point in points]), weights), -1)
    values = library.setting.value(states, iterates)
    distances = values - np.array([[point.threshold] for point in points])
    wanted = np.array([[row == "1" for row in cell.function.rows] for cell in cells])
    margins = np.where(wanted == (compare == ">"), distances, -distances)
    # A margin that is not a number is not positive either.
    right = margins > 0
    low, high = library.state
    inside: np.ndarray = np.all((states >= low) & (states <= high), axis=1)
    least = margins.min(1)
    claimed = np.array([cell.margin for cell in cells])
    found: list[str] = []
    for index in np.flatnonzero(~(right.all(1) & inside & (least == claimed))).tolist():
        cell = cells[index]
        what = f"{cell.function.rows} with {_count(iterates)} and compare {compare!r}"
        if not right[index].all():
            row = format(int((~right)[index].argmax()), f"0{cell.function.arity}b")
            found.append(f"{what}: row {row} is not on its side of the threshold")
        elif not inside[index]:
            found.append(f"{what}: a state is out of range")
        else:
            margin = float(least[index])
            found.append(f"{what}: the margin is {margin!r}, not {cell.margin!r}")
    return found


def _count(iterates: int) -> str:
    return "1 iterate" if iterates == 1 else f"{iterates} iterates"
