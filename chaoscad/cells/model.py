"""A library of solved chaogates: one setting for each class of functions and number of iterates."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from jaxtyping import Float64

from chaoscad.cells.classes import (
    WIDEST_CELL,
    WIDEST_TABLE,
    Transform,
    canonical,
    orbits,
    representatives,
    support,
    table_of,
)
from chaoscad.documents import word
from chaoscad.gate import Setpoint
from chaoscad.logic.truth import TruthTable
from chaoscad.netlist.deviations import Deviations
from chaoscad.netlist.model import Compare
from chaoscad.systems import Interval, Setting

SIDES: tuple[Compare, Compare] = (">", "<")

MOST_OPEN = 4
"""Most open rows of a function of more than four inputs whose completions are all tried."""


@dataclass(frozen=True)
class Entry:
    """The setting of a class's representative, for the comparator `>`.

    `x0` and `delta` are multiples of the library's `grid`, so that the sums of `Transform.apply`
    and the states are exact in float64.

    **Arguments:**

    - `reach`: in a library of the objective yield, by how much its tolerance may be multiplied until
      the worst row fails with a probability of 1e-3 (`Failures.reach`).
    """

    x0: float
    delta: tuple[float, ...]
    threshold: float
    margin: float
    reach: float | None = None

    def cell(self, function: TruthTable, setting: Setting, iterates: int) -> Cell:
        """The entry as a cell of the class's representative."""
        point = Setpoint(setting, iterates, self.x0, self.delta, self.threshold, ">")
        return Cell(function, point, self.margin, self.reach)


@dataclass(frozen=True)
class Cell:
    """A chaogate that computes a function.

    **Arguments:**

    - `function`: the complete table that it computes.
    - `margin`: the least distance of a row's value from the threshold.
    - `reach`: as of `Entry`.
    """

    function: TruthTable
    setpoint: Setpoint
    margin: float
    reach: float | None = None

    def to_data(self) -> dict[str, Any]:
        """The cell as JSON-ready data."""
        return {
            "function": self.function.rows,
            **self.setpoint.to_data(),
            "margin": self.margin,
            **({} if self.reach is None else {"reach": word(self.reach)}),
        }


Classes = Mapping[str, Entry]
"""Entries by the rows of their class's representative."""


@dataclass(frozen=True)
class Library:
    """Cells of one system.

    **Arguments:**

    - `setting`: the system with its parameters.
    - `state`: the closed range in which all states lie.
    - `inputs`: the functions of up to so many inputs were all tried.
    - `entries`: for every number of iterates, the classes that have a cell. A class is under
      permutation and complement of the inputs, for the comparator `>`; a cell with `<` is that of
      the complement of its function.
    - `provenance`: how it was made.
    - `objective`: the tolerance for which the cells have the greatest reach; `None` for cells of the
      best margin. What is best below is so by the reach, or by the margin.
    """

    setting: Setting
    state: Interval
    inputs: int
    entries: Mapping[int, Classes]
    provenance: Mapping[str, Any] = field(default_factory=dict)
    objective: Deviations | None = None
    _matches: dict[str, tuple[str, Transform] | None] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    _found: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def iterates(self) -> tuple[int, ...]:
        """The numbers of iterates for which there are cells, in rising order."""
        return tuple(sorted(self.entries))

    @property
    def extra(self) -> Mapping[int, Classes]:
        """The entries of functions that depend on more than four inputs."""
        return {
            count: {rows: entry for rows, entry in classes.items() if len(rows) > 16}
            for count, classes in self.entries.items()
        }

    def look_up(
        self, function: TruthTable, iterates: int, compare: Compare | None = None
    ) -> Cell | None:
        """The cell of a function, or `None` when the library has none.

        **Arguments:**

        - `function`: any table. Of one with open rows, the best completion is taken, where there
          are at most four inputs, or at most `MOST_OPEN` open rows.
        - `iterates`: exactly so many.
        - `compare`: the comparator, or `None` for the better one.
        """
        if iterates not in self.entries:
            return None
        if "-" in function.rows:
            key = (function.rows, iterates, compare)
            if key not in self._found:
                self._found[key] = self._completion(function, iterates, compare)
            completion = self._found[key]
            return None if completion is None else self.look_up(completion, iterates, compare)
        found = self._best(function, iterates, compare)
        if found is None:
            return None
        entry, transform, side = found
        x0, delta = transform.apply(entry.x0, entry.delta)
        at = Setpoint(self.setting, iterates, x0, delta, entry.threshold, side)
        return Cell(function, at, entry.margin, entry.reach)

    def cells(self, function: TruthTable) -> tuple[Cell, ...]:
        """Every cell of a function: of every number of iterates and either comparator."""
        found = (self.look_up(function, count, side) for count in self.iterates for side in SIDES)
        return tuple(cell for cell in found if cell is not None)

    def merit(self, entry: Entry | Cell) -> float:
        """What the cells of the library are the best in: the reach, or the margin."""
        return entry.margin if self.objective is None else entry.reach or 0.0

    def fewest(
        self, function: TruthTable, margin: float = 0.1, compare: Compare | None = None
    ) -> Cell | None:
        """The cell with the fewest iterates whose margin is at least `margin`, or `None`.

        Fewer iterates tolerate more noise at equal margin, since each one magnifies it.
        """
        key = (function.rows, margin, compare)
        if key not in self._found:
            self._found[key] = self._fewest(function, margin, compare)
        return self._found[key]

    def greatest(
        self, function: TruthTable, margin: float = 0.0, compare: Compare | None = None
    ) -> Cell | None:
        """The best cell over all numbers of iterates whose margin is at least `margin`, or `None`."""
        cells = (self.look_up(function, count, compare) for count in self.iterates)
        good = (cell for cell in cells if cell is not None and cell.margin >= margin)
        return max(good, key=self.merit, default=None)

    def missing(
        self,
        functions: Iterable[TruthTable],
        margin: float = 0.0,
        compare: Compare | None = None,
    ) -> list[TruthTable]:
        """The functions, each once and in their order, that no cell computes with the margin."""
        return [
            function
            for function in dict.fromkeys(functions)
            if self.fewest(function, margin, compare) is None
        ]

    def merged(self, other: Library) -> Library:
        """This library with the cells of another of the same system that it has not itself."""
        entries = {count: dict(classes) for count, classes in self.entries.items()}
        for count in other.iterates:
            mine = entries.setdefault(count, {})
            for rows, entry in other.entries[count].items():
                mine.setdefault(rows, entry)
        return replace(self, entries=entries)

    def _fewest(self, function: TruthTable, margin: float, compare: Compare | None) -> Cell | None:
        if "-" not in function.rows:
            # Most numbers of iterates are passed over by the margin alone.
            for count in self.iterates:
                best = self._best(function, count, compare)
                if best is not None and best[0].margin >= margin:
                    return self.look_up(function, count, compare)
            return None
        cells = (self.look_up(function, count, compare) for count in self.iterates)
        good = (cell for cell in cells if cell is not None and cell.margin >= margin)
        return next(good, None)

    def _best(
        self, function: TruthTable, iterates: int, compare: Compare | None
    ) -> tuple[Entry, Transform, Compare] | None:
        """The best entry for a complete table; of equal ones that with `>`."""
        classes = self.entries[iterates]
        found: tuple[Entry, Transform, Compare] | None = None
        for side in SIDES if compare is None else (compare,):
            rows = function.rows
            match = self._match(rows if side == ">" else rows.translate(_COMPLEMENT))
            entry = None if match is None else classes.get(match[0])
            if match is None or entry is None:
                continue
            if found is None or self.merit(entry) > self.merit(found[0]):
                found = entry, match[1], side
        return found

    def _match(self, rows: str) -> tuple[str, Transform] | None:
        """The class of a function and the way to it; `None` for one that no entry can have."""
        if rows not in self._matches:
            table = TruthTable(rows)
            # The class of a wide function takes milliseconds to find.
            narrow = table.arity <= WIDEST_TABLE
            needed = 0 if narrow else len(support(table))
            found: tuple[str, Transform] | None = None
            if needed <= WIDEST_TABLE or self._some_of(needed):
                representative, transform = canonical(table)
                found = (representative.rows, transform)
            self._matches[rows] = found
        return self._matches[rows]

    def _some_of(self, arity: int) -> bool:
        if arity > WIDEST_CELL:
            return False
        key = ("some", arity)
        if key not in self._found:
            length = 1 << arity
            self._found[key] = any(
                len(rows) == length for classes in self.entries.values() for rows in classes
            )
        return self._found[key]

    def _completion(
        self, function: TruthTable, iterates: int, compare: Compare | None
    ) -> TruthTable | None:
        """The best completion of a partial table; the first of equal ones."""
        if function.arity > WIDEST_TABLE:
            return self._completion_by_trial(function, iterates, compare)
        merits = self.merits(function.arity, iterates, compare)
        open_rows = int(function.rows.translate(_OPEN), 2)
        wanted = int(function.rows.replace("-", "0"), 2)
        numbers = np.arange(len(merits))
        fitting = numbers[(numbers & ~open_rows) == wanted]
        best = int(fitting[merits[fitting].argmax()])
        return table_of(best, function.arity) if merits[best] > 0 else None

    def _completion_by_trial(
        self, function: TruthTable, iterates: int, compare: Compare | None
    ) -> TruthTable | None:
        if function.rows.count("-") > MOST_OPEN:
            return None
        completions = [""]
        for want in function.rows:
            bits = "01" if want == "-" else want
            completions = [rows + bit for rows in completions for bit in bits]
        best, highest = None, 0.0
        for rows in completions:
            cell = self.look_up(TruthTable(rows), iterates, compare)
            if cell is not None and self.merit(cell) > highest:
                best, highest = cell.function, self.merit(cell)
        return best

    def margins(
        self, arity: int, iterates: int, compare: Compare | None = None
    ) -> Float64[np.ndarray, " functions"]:
        """The margin of the cell of every function of `arity` inputs, at most four.

        **Returns:** `[2^2^arity]` float64; a function is the integer of its rows, the first row most
        significant. Minus infinity where there is no cell.
        """
        return self._figures(arity, iterates, compare)[0]

    def merits(self, arity: int, iterates: int, compare: Compare | None = None) -> np.ndarray:
        """The merit of the cell of every function, as `margins`."""
        return self._figures(arity, iterates, compare)[1]

    def _figures(
        self, arity: int, iterates: int, compare: Compare | None
    ) -> tuple[np.ndarray, np.ndarray]:
        key = ("figures", arity, iterates, compare)
        if key not in self._found:
            above = np.full((2, 1 << (1 << arity)), -math.inf)
            for member, _ in orbits(arity):
                cell = self.look_up(member, iterates, ">")
                if cell is not None:
                    above[:, int(member.rows, 2)] = cell.margin, self.merit(cell)
            above = above[:, representatives(arity)]
            # The complement of a function has the complemented integer.
            below = above[:, ::-1]
            better = np.where(above[1] >= below[1], above, below)
            chosen = {">": above, "<": below, None: better}[compare]
            self._found[key] = chosen[0], chosen[1]
        return self._found[key]


_OPEN = str.maketrans("1-", "01")
_COMPLEMENT = str.maketrans("01", "10")


def has_grid(state: Interval) -> bool:
    """Whether float64 holds the grid of a range of states, and the range itself."""
    return math.isfinite(state[1] - state[0]) and grid(state) >= sys.float_info.min


def grid(state: Interval) -> float:
    """The spacing of a library's offsets and weights: a power of two, about 1e-12 of the states.

    2^-40 for states in [0, 1]. Sums of a few of its multiples within the range are exact.
    """
    size = max(abs(state[0]), abs(state[1]), state[1] - state[0])
    return math.ldexp(1.0, math.frexp(size)[1] - (41 if math.frexp(size)[0] == 0.5 else 40))
