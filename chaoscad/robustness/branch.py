"""How far a row's parameters may move together: branch and bound over rigorous enclosures of F.

Of a row with its state z0 + Z u, its parameters p0 + P v, and its threshold off by T w, the least box
|u|, |v|, |w| <= t in which the bit changes has

    t = min over u, v of max(|u|, |v|, m(u, v) / T),   m = +-(F(z0 + Z u, p0 + P v) - threshold):

the threshold's error is projected out. Over a box of u and v the enclosure of m gives a lower bound of
this, and any point an upper one. Boxes whose lower bound is near the upper one are done with, the others
halved, the most promising first (R. E. Moore, R. B. Kearfott, M. J. Cloud, Introduction to Interval
Analysis, SIAM (2009), section 5.5). Whatever is left, the least of the lower bounds is proven.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from chaoscad.robustness.rows import STATE, THRESHOLD, Row
from chaoscad.systems.interval import Box, down, up
from chaoscad.systems.parametric import enclose_over

ACCURACY = 0.001
"""How near to the proven box a point lies in which the bit changes, relatively."""

MOST_BOXES = 400_000
"""Boxes that are examined for all rows of one system, at most."""

CHUNK = 8192
"""Boxes that are examined at a time."""

FARTHEST = 10.0
"""Where nothing limits the search: so many times the value or 1, whichever is greater."""

STEPS = np.geomspace(1e-4, 1.0, 64)
"""Sizes of boxes at whose corners a first change of the bit is looked for."""

MOST_CORNERS = 243
"""Most corners, faces and edges of a box that are looked at for it."""


@dataclass(frozen=True, eq=False)
class Bound:
    """The box of a row.

    **Arguments:**

    - `proven`: inside of so many times the tolerance the bit is proven to stay.
    - `attained`: at so many times, it changes; infinite where no such point was found.
    - `errors`: of that point, as a share of the tolerance of the state and of every parameter.
    - `boxes`: how many were examined for the rows of this system.
    """

    proven: float
    attained: float
    errors: np.ndarray
    boxes: int


class Branch:
    """Rows of one system and number of iterates, as arrays; errors are `[1 + parameters, boxes]`."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = rows
        self.setting, self.iterates = rows[0].setting, rows[0].gate.iterates
        self.names = tuple(
            name
            for name in self.setting.parameters
            if any(source.size for row in rows for source in row.sources[name])
        )
        self.sizes = np.array([[_size(row, name) for row in rows] for name in (STATE, *self.names)])
        self.slack = np.array([_size(row, THRESHOLD) for row in rows])
        self.threshold = np.array([row.gate.threshold for row in rows])
        self.side = np.array([1.0 if row.above else -1.0 for row in rows])
        self.bit = np.array([row.bit for row in rows])
        states = [_state(row) for row in rows]
        own = [[row.setting.parameters[name] for row in rows] for name in self.names]
        self.low = np.array([[float(one.low) for one in states], *own])
        self.high = np.array([[float(one.high) for one in states], *own])

    def bounds(self, boxes: int = MOST_BOXES) -> list[Bound]:
        """Every row's box, by a budget of boxes."""
        self.best = np.full(len(self.rows), np.inf)
        self.point = np.zeros_like(self.sizes)
        # Without any other error the threshold's alone changes the bit; else the search has an end.
        reach = self._reach()
        owner = np.arange(len(self.rows))
        self._try(np.zeros_like(self.sizes), owner)
        self._try_corners(reach)
        edge = np.where(np.isfinite(self.best), self.best, reach)
        high = np.where(self.sizes > 0, edge, 0.0)
        low, lower = -high, np.zeros(len(owner))
        proven, examined = np.full(len(self.rows), np.inf), 0
        while len(owner) and examined < boxes:
            # The most promising first; the others wait.
            order = np.argsort(lower, kind="stable")
            now, later = order[:CHUNK], order[CHUNK:]
            waiting = low[:, later], high[:, later], owner[later], lower[later]
            low, high, owner = low[:, now], high[:, now], owner[now]
            examined += len(owner)
            found, axis = self._lower(low, high, owner)
            lower = np.maximum(lower[now], found)
            self._try(0.5 * (low + high), owner)
            open_ = lower < self.best[owner] / (1 + ACCURACY)
            # A box whose bound comes up to the point that is known is closed, and its bound is proven.
            np.minimum.at(proven, owner[~open_], lower[~open_])
            low, high, owner, lower = low[:, open_], high[:, open_], owner[open_], lower[open_]
            low, high = _halved(low, high, axis[open_])
            low = np.concatenate([waiting[0], low], axis=1)
            high = np.concatenate([waiting[1], high], axis=1)
            owner = np.concatenate([waiting[2], owner, owner])
            lower = np.concatenate([waiting[3], lower, lower])
        np.minimum.at(proven, owner, lower)
        # Outside of the region that was searched nothing is known.
        proven = np.minimum(np.minimum(proven, edge), self.best) * (1 - 1e-12)
        return [
            Bound(float(proven[row]), float(self.best[row]), self.point[:, row], examined)
            for row in range(len(self.rows))
        ]

    def _reach(self) -> np.ndarray:
        """How far the search goes at most, where nothing else ends it."""
        middle = np.maximum(1.0, np.abs(0.5 * (self.low + self.high)))
        with np.errstate(divide="ignore"):
            ends = np.where(self.sizes > 0, FARTHEST * middle / self.sizes, 0.0)
        return ends.max(0)

    def _try(self, errors: np.ndarray, owner: np.ndarray) -> None:
        """Points as counterexamples: the best of every row is kept."""
        z = 0.5 * (self.low + self.high)[:, owner] + errors * self.sizes[:, owner]
        given = dict(zip(self.names, z[1:], strict=True))
        value = self.setting.value(z[0], self.iterates, given)
        margin = self.side[owner] * (value - self.threshold[owner])
        # A value that is no number is never a 1.
        margin = np.where(np.isnan(margin), np.where(self.bit[owner], -np.inf, np.inf), margin)
        needed = np.maximum(np.abs(errors).max(0), _share(margin, self.slack[owner]))
        order = np.argsort(needed, kind="stable")[::-1]
        # Of several points of a row the last written is the best.
        better = order[needed[order] < self.best[owner[order]]]
        self.best[owner[better]] = needed[better]
        self.point[:, owner[better]] = errors[:, better]

    def _try_corners(self, reach: np.ndarray) -> None:
        """Look along lines to corners, faces and edges of boxes that grow."""
        axes = len(self.sizes)
        if 3**axes <= MOST_CORNERS:
            corners = np.array(list(itertools.product((-1.0, 0.0, 1.0), repeat=axes))).T
        else:
            random = np.random.default_rng(0)
            corners = random.choice([-1.0, 0.0, 1.0], (axes, MOST_CORNERS))
        for row in range(len(self.rows)):
            end = reach[row] if np.isinf(self.best[row]) else min(self.best[row], reach[row])
            errors = (corners[:, :, None] * (end * STEPS)).reshape(axes, -1)
            errors = np.where(self.sizes[:, row : row + 1] > 0, errors, 0.0)
            self._try(errors, np.full(errors.shape[1], row))

    def _lower(
        self, low: np.ndarray, high: np.ndarray, owner: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """A lower bound of the errors in every box that change the bit, and the axis to halve."""
        size = Box.of(self.sizes[:, owner])
        at = Box(self.low[:, owner], self.high[:, owner]) + Box(low, high) * size
        parameters = {
            name: Box(at.low[place], at.high[place]) for place, name in enumerate(self.names, 1)
        }
        value, slopes = enclose_over(
            self.setting, Box(at.low[0], at.high[0]), parameters, self.iterates
        )
        threshold = Box.of(self.threshold[owner])
        with np.errstate(all="ignore"):
            above, below = (value - threshold).low, (threshold - value).low
            margin = np.where(self.side[owner] > 0, above, below)
            # Within the box some error is at least `nearest` (maximum norm), and the threshold has to be
            # off by at least the least margin: the bit changes at the greater of the two at the earliest.
            nearest = np.maximum(np.maximum(low, -high), 0.0).max(0)
            share = _share(margin, self.slack[owner])
            bound = np.maximum(nearest, np.where(np.isinf(share), share, down(share)))
            steep = np.stack([np.maximum(np.abs(one.low), np.abs(one.high)) for one in slopes])
            steep = np.minimum(steep, 1e6) * self.sizes[:, owner]
        # A parameter without influence is still halved, once nothing else is left to halve.
        return bound, np.argmax((high - low) * (steep + 1e-9), axis=0)


def _share(margin: np.ndarray, slack: np.ndarray) -> np.ndarray:
    """The threshold's error that takes up a margin; a bit changes without one where none is left."""
    with np.errstate(divide="ignore", invalid="ignore"):
        share = margin / slack
    return np.where(margin <= 0, 0.0, np.where(slack > 0, share, np.inf))


def _halved(low: np.ndarray, high: np.ndarray, axis: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    boxes = np.arange(low.shape[1])
    middle = 0.5 * (low[axis, boxes] + high[axis, boxes])
    lower_high, upper_low = high.copy(), low.copy()
    lower_high[axis, boxes] = upper_low[axis, boxes] = middle
    return np.concatenate([low, upper_low], axis=1), np.concatenate([lower_high, high], axis=1)


def _size(row: Row, name: str) -> float:
    """How far the errors of a quantity move it together, rounded up."""
    total = 0.0
    for source in row.sources.get(name, ()):
        total = float(up(total + source.size))
    return total


def _state(row: Row) -> Box:
    """The state of a row in real arithmetic."""
    total = Box.of(row.gate.x0)
    for place in row.ones:
        total = total + Box.of(row.gate.delta[place])
    return total
