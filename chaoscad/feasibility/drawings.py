"""Settings of a family that are drawn at random: for each, every offset takes its best place in a table of F.

Gradients climb the hill on which each control starts, and a family needs the right hill for every
member at once. With the values of F in a table over the states, only what is shared is drawn: weights,
and the thresholds that several offsets have in common. The best drawings are varied, each by itself, so
that they stay on hills of their own.

What an offset gives at a place is one function, so families of very many complete functions are judged by
the function that occurs at each place, and their size costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from chaoscad.feasibility.members import Members
from chaoscad.feasibility.searched import midway

GRID = 2**16
"""Steps of the table over the range of the states."""

PLACES = {1: 401, 2: 601, 3: 2401}
"""Places of an offset that are tried, by inputs: eight rows need finer ones than four."""

WIDEST = 3
"""Most inputs of families that are judged by the function at each place."""

THRESHOLDS = 19
"""Thresholds that are tried for every drawing of weights."""

VALUES = 3_000_000_000
"""Values that are compared at most, before the best drawings are varied: seconds on one core."""

CHILDREN, ROUNDS = 10, 5
"""Most variations of each of the best drawings at a time, and how often."""

FIRST, SHRINKING = 0.2, 0.5
"""By how much of themselves weights vary at first, and how that shrinks."""

SIZES = (-2.2, 0.0)
"""Decimal logarithms of the sizes of weights, as shares of the range of states."""

Reader = Callable[[int, np.ndarray], np.ndarray]
"""The values of a reading at states."""


@dataclass(frozen=True)
class Drawing:
    """One setting of what is shared, with how good it is in the table.

    **Arguments:**

    - `reached`: how many offsets have a place with a margin.
    - `margin`: the worst margin of those that have.
    - `delta`, `threshold`: the weights, and a value of every class of thresholds.
    """

    reached: int
    margin: float
    delta: np.ndarray
    threshold: np.ndarray

    @property
    def merit(self) -> tuple[int, float]:
        """What drawings are ranked by."""
        return self.reached, self.margin


class Drawings:
    """The table of a family, and its drawings.

    **Arguments:**

    - `read`: the values of every reading.
    - `scale`: of every class of thresholds: margins are shares of it.
    """

    def __init__(self, members: Members, read: Reader, scale: np.ndarray) -> None:
        self.members, self.scale = members, scale
        self.low, self.high = members.range
        self.unit = (self.high - self.low) / GRID
        with np.errstate(all="ignore"):
            states = np.linspace(self.low, self.high, GRID + 1)
            tables = [read(k, states) for k in range(len(members.readings))]
        self.tables = np.stack(tables)
        finite = self.tables[np.isfinite(self.tables)]
        self.values = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
        self.levels = members.levels(self.values)
        self.tables = self.tables.astype(np.float32)
        arity = members.family.gates[0].arity
        self.places = PLACES.get(arity, PLACES[WIDEST])
        # Offsets of the same ranges admit the same places.
        ends = np.concatenate([members.x0, members.state])
        self.ranges, self.range_of = np.unique(ends, axis=1, return_inverse=True)
        self.range_of = self.range_of.reshape(-1)
        self.above = np.stack([group.above.ravel() for group in members.groups])
        self.below = np.stack([group.below.ravel() for group in members.groups])
        self.offset = np.array([group.x0 for group in members.groups])
        self.level = np.array([group.threshold for group in members.groups])
        self.codes = self._codes()

    def _codes(self) -> np.ndarray | None:
        """The function of every offset as a number, where each offset has one complete function."""
        members = self.members
        # Offsets have one threshold together, or each its own, without bounds.
        own = not members.shared and not np.isfinite(members.threshold).any()
        one = len(members.shared) == len(members.threshold[0]) == 1
        alike = (
            (one or (own and len(members.threshold[0]) == len(members.x0[0])))
            and len(members.readings) == self.ranges.shape[1] == 1
            and len(members.groups) == len(members.x0[0])
            and len(members.uses) <= 1 << WIDEST
            and bool((self.above | self.below).all())
        )
        return self.above @ (1 << np.arange(len(members.uses))) if alike else None

    def best(self, random: np.random.Generator, count: int, starts: int) -> list[Drawing]:
        """The best of drawings, varied, each the best of its own descent.

        **Arguments:**

        - `count`: the most weights that are drawn; fewer for large families.
        """
        if self.unit <= 0 or not np.isfinite(self.tables).any(1).all():
            return []
        levels = THRESHOLDS if self.members.shared else 1
        rows = len(self.members.uses) * len(self.tables)
        each = 1 if self.codes is not None else len(self.members.groups)
        count = max(starts, min(count, VALUES // (self.places * levels * rows * each)))
        found = [
            self._judged(delta, self._spread(random, levels))
            for delta in self._weights(random, count)
        ]
        parents = sorted(found, key=lambda one: one.merit, reverse=True)[:starts]
        size, children = FIRST, max(2, min(CHILDREN, count // (starts * ROUNDS)))
        for _ in range(ROUNDS):
            parents = [
                max(self._varied(random, one, size, levels, children), key=lambda d: d.merit)
                for one in parents
            ]
            size *= SHRINKING
        parents.sort(key=lambda one: one.merit, reverse=True)
        return parents[:starts]

    def _weights(self, random: np.random.Generator, count: int) -> np.ndarray:
        """Weights `[drawn, weights]`, their sizes spread evenly over their logarithms.

        Of every second drawing each weight has a size of its own, of the others all have one size.
        """
        low, high = self.members.delta
        size = (self.high - self.low) * 10.0 ** random.uniform(*SIZES, (count, len(low)))
        size[::2] = size[::2, :1]
        return np.clip(random.uniform(-1, 1, (count, len(low))) * size, low, high)

    def _spread(self, random: np.random.Generator, count: int) -> np.ndarray:
        """Thresholds `[drawn, classes]`: the first that is shared over its whole range, the others random."""
        least, most = self.levels
        shares = random.uniform(0, 1, (count, len(least)))
        if self.members.shared:
            first = self.members.shared[0]
            shares[:, first] = (np.arange(count) + shares[:, first]) / count
        return least + (most - least) * shares

    def _varied(
        self, random: np.random.Generator, parent: Drawing, size: float, levels: int, children: int
    ) -> Iterator[Drawing]:
        yield parent
        (low, high), (least, most) = self.members.delta, self.levels
        for _ in range(children):
            own = size * np.abs(parent.delta).max()
            delta = np.clip(parent.delta + own * random.standard_normal(len(low)), low, high)
            away = size * (most - least) * random.uniform(-1, 1, (levels, len(least)))
            yield self._judged(delta, np.clip(parent.threshold + away, least, most))

    def _judged(self, delta: np.ndarray, thresholds: np.ndarray) -> Drawing:
        """The drawing with the best of the thresholds: `[tried, classes]`; its weights are on the grid."""
        low, high = self.members.delta
        delta = np.clip(np.rint(delta / self.unit) * self.unit, low, high)
        at, fits = self._at(delta)
        if not fits.any():
            return Drawing(0, -np.inf, delta, thresholds[0])
        if self.codes is not None and self.members.shared:
            margins = self._by_function(at, fits[0], thresholds[:, self.level[0]])
        elif self.codes is not None:
            margins = self._by_gap(at, fits[0])
        else:
            margins = self._by_place(at, fits, thresholds).max(1)
        reached = (margins > 0).sum(0)
        worst = np.where(margins > 0, margins, np.inf).min(0)
        worst = np.where(np.isfinite(worst), worst, -np.inf)
        best = np.lexsort((worst, reached))[-1]
        return Drawing(int(reached[best]), float(worst[best]), delta, thresholds[best])

    def _at(self, delta: np.ndarray, places: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """Places of the rows' states in the table, `[places, rows]`, and where each range admits them."""
        places = places or self.places
        shift = np.rint(self.members.uses @ delta / self.unit).astype(np.int64)
        first, last = max(0, -shift.min()), min(GRID, GRID - shift.max())
        least, most = (self.ranges[:2] - self.low) / self.unit
        first, last = max(first, least.min()), min(last, most.max())
        place = np.rint(np.linspace(first, max(first, last), places)).astype(np.int64)
        at = place[:, None] + shift
        # A range narrower than the distance of places has the places around it.
        near = 1 + (last - first) / places
        inside = (place >= least[:, None] - near) & (place <= most[:, None] + near)
        bottom, top = (self.ranges[2:] - self.low) / self.unit
        inside &= (place + shift.min() >= bottom[:, None] - 1) & (
            place + shift.max() <= top[:, None] + 1
        )
        inside &= (at >= 0).all(1) & (at <= GRID).all(1)
        return np.clip(at, 0, GRID), inside

    def _by_function(self, at: np.ndarray, fits: np.ndarray, levels: np.ndarray) -> np.ndarray:
        """The best margin of every offset at every threshold: `[offsets, tried]`."""
        values = self.tables[0][at[fits]]
        values = values[np.isfinite(values).all(1)]
        rows, tried = values.shape[1], len(levels)
        level = levels.astype(np.float32)
        code = np.zeros((len(values), tried), np.int32)
        margin = np.full(code.shape, np.inf, np.float32)
        for row in range(rows):
            over = values[:, row, None] - level
            code |= (over > 0).astype(np.int32) << row
            np.minimum(margin, np.abs(over), out=margin)
        reached = np.full(tried << rows, -1.0, np.float32)
        np.maximum.at(
            reached, (code + (np.arange(tried, dtype=np.int32) << rows)).ravel(), margin.ravel()
        )
        assert self.codes is not None
        return reached.reshape(tried, -1)[:, self.codes].T / self.scale[self.level[0]]

    def _by_gap(self, at: np.ndarray, fits: np.ndarray) -> np.ndarray:
        """The best margin of every offset with a threshold of its own: `[offsets, 1]`.

        A place gives one function for every gap between its values, with half the gap as its margin.
        """
        values = self.tables[0][at[fits]]
        values = values[np.isfinite(values).all(1)]
        order = np.argsort(values, axis=1)
        ranked = np.take_along_axis(values, order, axis=1)
        least, most = self.levels[:, 0].astype(np.float32)
        ends = np.stack([ranked[:, 0] - least, most - ranked[:, -1]], axis=1)
        margin = np.concatenate([ends[:, :1], np.diff(ranked, axis=1) / 2, ends[:, 1:]], axis=1)
        below = np.cumsum(1 << order, axis=1)
        code = (
            (1 << values.shape[1])
            - 1
            - np.concatenate([np.zeros_like(below[:, :1]), below], axis=1)
        )
        reached = np.full(1 << values.shape[1], -1.0, np.float32)
        np.maximum.at(reached, code.ravel(), margin.ravel())
        assert self.codes is not None
        return (reached[self.codes] / self.scale[self.level])[:, None]

    def _by_place(self, at: np.ndarray, fits: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
        """Margins of every offset, `[offsets, places, tried]`."""
        values = self.tables[:, at].transpose(1, 0, 2).reshape(len(at), -1)
        top = np.where(self.above[:, None], values, np.float32(np.inf)).min(2)
        bottom = np.where(self.below[:, None], values, np.float32(-np.inf)).max(2)
        margin = np.full((len(self.range_of), len(at), len(thresholds)), np.inf, np.float32)
        for number, (offset, level) in enumerate(zip(self.offset, self.level, strict=True)):
            if level in self.members.shared:
                chosen = thresholds[:, level].astype(np.float32)
            else:
                chosen = midway(top[number], bottom[number], *self.levels[:, level])[:, None]
            high, low = top[number, :, None], bottom[number, :, None]
            own = np.minimum(high - chosen, chosen - low) / self.scale[level]
            np.minimum(margin[offset], own, out=margin[offset])
        # Where a flow escapes the margin is not a number.
        fits = fits & np.isfinite(values).all(1)
        margin[~fits[self.range_of]] = -np.inf
        return margin

    def placed(self, delta: np.ndarray, threshold: np.ndarray) -> np.ndarray:
        """The best place of every offset, where its margin is greatest though it may be none."""
        zero = int(np.flatnonzero(~self.members.uses.any(1))[0])
        x0, found = np.zeros(len(self.members.x0[0])), np.zeros(len(self.members.x0[0]), bool)
        if self.codes is not None and self.members.shared:
            at, fits = self._at(delta, GRID + 1)
            place = self._by_code(at, fits[0], float(threshold[self.level[0]]))
            x0, found = self.low + self.unit * at[place, zero], place >= 0
        if not found.all():
            at, fits = self._at(delta)
            margin = self._by_place(at, fits, threshold[None])[:, :, 0]
            x0 = np.where(found, x0, self.low + self.unit * at[margin.argmax(1), zero])
        return np.clip(x0, *self.members.x0)

    def _by_code(self, at: np.ndarray, fits: np.ndarray, level: float) -> np.ndarray:
        """The place of the largest margin of every offset's function, -1 where it does not occur."""
        assert self.codes is not None
        over = self.tables[0][at] - np.float32(level)
        fits = fits & np.isfinite(over).all(1)
        code = (over > 0) @ (1 << np.arange(over.shape[1]))
        margin = np.where(fits, np.abs(over).min(1), np.float32(-1))
        order = np.lexsort((margin, code))
        last = np.append(np.flatnonzero(np.diff(code[order])), len(order) - 1)
        best = np.full(1 << over.shape[1], -1)
        best[code[order[last]]] = np.where(margin[order[last]] > 0, order[last], -1)
        return best[self.codes]
