"""Of all cells of a function the one that fails least under a tolerance."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chaoscad.cells import Cell, Library
from chaoscad.cells.failures import Failures
from chaoscad.logic import TruthTable
from chaoscad.netlist.deviations import Deviations


class LeastFailing:
    """The choice of cells by the objective yield.

    Of the cells of all libraries, numbers of iterates and comparators, a function gets the one with
    the least sum of its rows' probabilities to be wrong (`Failures`), which no failure of the gate
    exceeds; of equal ones that of fewer iterates, then of the greater margin.

    **Arguments:**

    - `libraries`: of one system and one range of states.
    - `margin`: that a cell must have.
    """

    def __init__(self, libraries: Sequence[Library], tolerance: Deviations, margin: float) -> None:
        self.libraries, self.tolerance, self.margin = libraries, tolerance, margin
        self._failures: dict[int, Failures] = {}
        self._chosen: dict[TruthTable, Cell | None] = {}

    def cell(self, function: TruthTable) -> Cell | None:
        """The cell of a function, or `None` where no library has one with the margin."""
        if function not in self._chosen:
            self._chosen[function] = min(self._good(function), key=self._rank, default=None)
        return self._chosen[function]

    def risk(self, cell: Cell) -> float:
        """The sum over the rows of a cell of their probabilities to be wrong."""
        count = cell.setpoint.iterates
        if count not in self._failures:
            first = self.libraries[0]
            self._failures[count] = Failures(first.setting, first.state, count, self.tolerance)
        return float(self._failures[count].of(cell).sum())

    def _good(self, function: TruthTable) -> Iterable[Cell]:
        cells = (cell for library in self.libraries for cell in library.cells(function))
        return (cell for cell in cells if cell.margin >= self.margin)

    def _rank(self, cell: Cell) -> tuple[float, int, float]:
        return self.risk(cell), cell.setpoint.iterates, -cell.margin
