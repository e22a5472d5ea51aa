"""Enclosures of one reading over very many intervals: from tables where they are wide.

Branch and bound asks for the same states again and again. Over an interval that spans several cells
of a table, the hull of the cells is an enclosure, and two look-ups give it; over a narrower one the
map itself is enclosed.
"""

from __future__ import annotations

import numpy as np

from chaoscad.systems import Interval, Setting
from chaoscad.systems.enclosure import enclose
from chaoscad.systems.extremes import extremes
from chaoscad.systems.interval import Box

CELLS = 2**14
"""Cells of the table over the range of the states."""

NARROW = 6
"""Intervals of fewer cells are enclosed by themselves."""


class Hulls:
    """F and dF/dz of one reading, enclosed over intervals of states within a range."""

    def __init__(self, setting: Setting, iterates: int, state: Interval) -> None:
        self.setting, self.iterates = setting, iterates
        self.edges = np.linspace(*state, CELLS + 1)
        jet = enclose(setting, self.edges[:-1], self.edges[1:], iterates)
        self.tables = tuple(
            _table(ends, choose)
            for ends, choose in (
                (jet.value.low, np.minimum),
                (jet.value.high, np.maximum),
                (jet.slope.low, np.minimum),
                (jet.slope.high, np.maximum),
            )
        )
        self.values = float(jet.value.low.min()), float(jet.value.high.max())
        width = state[1] - state[0]
        self.per_unit = CELLS / width if width > 0 else 0.0

    def __call__(self, low: np.ndarray, high: np.ndarray) -> tuple[Box, Box]:
        """Enclosures of F and dF/dz over intervals that lie in the range."""
        narrow = (high - low) * self.per_unit < NARROW
        found = [np.empty(low.shape) for _ in self.tables]
        if narrow.any():
            jet = enclose(self.setting, low[narrow], high[narrow], self.iterates)
            least, most = self.values
            ends = (
                np.maximum(jet.value.low, least),
                np.minimum(jet.value.high, most),
                jet.slope.low,
                jet.slope.high,
            )
            for out, end in zip(found, ends, strict=True):
                out[narrow] = end
        wide = ~narrow
        if wide.any():
            first, last = self._cells(low[wide], high[wide])
            # The largest power of 2 of cells that fits, from both ends.
            level = np.frexp((last - first + 1).astype(np.float64))[1] - 1
            other = last - (1 << level) + 1
            for out, table, choose in zip(
                found, self.tables, (np.minimum, np.maximum) * 2, strict=True
            ):
                out[wide] = choose(table[level, first], table[level, other])
        return Box(found[0], found[1]), Box(found[2], found[3])

    def _cells(self, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The first and the last cell of intervals; where rounding chose a neighbour, it is moved."""
        edges = self.edges
        first = np.clip(((low - edges[0]) * self.per_unit).astype(np.int64), 0, CELLS - 1)
        first -= (edges[first] > low) & (first > 0)
        last = np.clip(((high - edges[0]) * self.per_unit).astype(np.int64), 0, CELLS - 1)
        last += (edges[last + 1] < high) & (last < CELLS - 1)
        return first, np.maximum(first, last)


def _table(values: np.ndarray, choose: np.ufunc) -> np.ndarray:
    """The extremes over 1, 2, 4, ... neighbours as one array; rows end where fewer are left."""
    rows = extremes(values, choose)
    return np.stack([np.pad(row, (0, len(values) - len(row)), mode="edge") for row in rows])
