"""Upper bounds of a family's worst margin in very many boxes, and what of a box is still alive."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from chaoscad.feasibility.boxes import Boxes
from chaoscad.feasibility.hulls import Hulls
from chaoscad.feasibility.members import Members
from chaoscad.feasibility.thresholds import meet
from chaoscad.systems.interval import Box, down, up

FIRST = 64
"""Intervals of x0 of the first box."""


class Bounding:
    """One family's values enclosed, and the bounds that follow."""

    def __init__(self, members: Members) -> None:
        self.members = members
        self.hulls = [Hulls(*reading, members.range) for reading in members.readings]
        self.values = (
            min(one.values[0] for one in self.hulls),
            max(one.values[1] for one in self.hulls),
        )
        self.levels = members.levels(self.values)
        self.exchanged, self.turned = members.symmetries()
        self.pairs = self._pairs()

    def _pairs(self) -> list[tuple[int, int, int, float]]:
        """Rows whose states differ by one weight: more, less, the weight and its sign."""
        uses = self.members.uses
        found: list[tuple[int, int, int, float]] = []
        for one in range(len(uses)):
            for other in range(one):
                difference = uses[one] - uses[other]
                if np.abs(difference).sum() == 1:
                    weight = int(np.flatnonzero(difference)[0])
                    found.append((one, other, weight, float(difference[weight])))
        return found

    def first(self) -> Boxes:
        """The whole range of what is shared, with every interval of x0."""
        members = self.members
        shared = self.levels[:, list(members.shared)]
        low, high = (
            np.concatenate([end, level])[:, None]
            for end, level in zip(members.delta, shared, strict=True)
        )
        for weight in self.turned:
            low[weight] = max(low[weight, 0], 0.0)
        fixed = members.x0[0] == members.x0[1]
        ends = np.unique(members.x0[:, ~fixed])
        x_low, x_high = np.zeros(0), np.zeros(0)
        if len(ends) > 1:
            edges = np.union1d(ends, np.linspace(ends[0], ends[-1], FIRST + 1))
            x_low, x_high = edges[:-1], edges[1:]
        points = np.unique(members.x0[0, fixed])
        x_low, x_high = np.append(x_low, points), np.append(x_high, points)
        start, end = (side[:, None] for side in members.x0)
        # A fixed offset has an interval of no width; others have those that overlap their range.
        alive = np.where(
            fixed[:, None],
            (x_low == start) & (x_high == end),
            (x_low < end) & (x_high > start),
        )
        return Boxes(
            *(low, high, np.array([np.inf]), np.zeros(1, int)),
            *(np.zeros(len(x_low), int), x_low, x_high, alive),
        )

    def pruned(self, boxes: Boxes, target: float) -> Boxes:
        """The boxes without what cannot have a margin of `target`, their bounds and axes new."""
        members = self.members
        width = len(members.delta[0])
        keep = np.ones(len(boxes), bool)
        for first, second in self.exchanged:
            # Of settings that differ by exchanging two inputs, one is enough.
            keep &= boxes.low[first] <= boxes.high[second]
        boxes = boxes.chosen(keep)
        if not len(boxes):
            return boxes
        z_low, z_high = self._states(boxes)
        alive = boxes.alive.copy()
        for place, (start, end) in enumerate(members.state.T):
            alive[place] &= ((z_low <= end) & (z_high >= start)).all(0)
        start, end = members.state[0].min(), members.state[1].max()
        some = alive.any(0)
        z_low = np.clip(z_low[:, some], max(start, members.range[0]), None)
        z_high = np.clip(z_high[:, some], z_low, min(end, members.range[1]))
        boxes = replace(
            boxes,
            owner=boxes.owner[some],
            x_low=boxes.x_low[some],
            x_high=boxes.x_high[some],
            alive=alive[:, some],
        )
        read = [hulls(z_low, z_high) for hulls in self.hulls]
        gaps = self._gaps(boxes, z_low, z_high)
        caps, spans = self._admitted(boxes, read, gaps)
        alive = boxes.alive & (caps >= target)
        for _, place, bottom, top, row in spans:
            low, high = down(bottom + target), up(top - target)
            alive[place] &= (low <= high) & (low <= boxes.high[row][boxes.owner])
            alive[place] &= high >= boxes.low[row][boxes.owner]
        low, high, alive = self._met(boxes, alive, spans, target)
        count = len(boxes)
        bounds = np.full((len(alive), count), -np.inf)
        for place, here in enumerate(alive):
            np.maximum.at(bounds[place], boxes.owner[here], caps[place, here])
        bound = bounds.min(0)
        spread = np.zeros(count)
        for value, _ in read:
            np.maximum.at(spread, boxes.owner, (value.high - value.low).mean(0))
        widths = high - low
        axis = np.argmax(widths[:width], axis=0)
        if len(members.shared) > 1:
            level = np.argmax(widths[width:], axis=0) + width
            finer = widths[level, np.arange(count)] > 2 * spread
            axis = np.where(finer | ~(widths[:width].max(0) > 0), level, axis)
        bound = np.minimum(boxes.bound, bound)
        made = replace(boxes, low=low, high=high, bound=bound, axis=axis, alive=alive)
        some = alive.any(0)
        made = replace(
            made,
            owner=made.owner[some],
            x_low=made.x_low[some],
            x_high=made.x_high[some],
            alive=made.alive[:, some],
        )
        return made.chosen(bound >= target)

    def _states(self, boxes: Boxes) -> tuple[np.ndarray, np.ndarray]:
        """Ends of every row's state, rounded outwards: `[rows, intervals]`."""
        uses = self.members.uses
        total = Box(boxes.x_low[None], boxes.x_high[None])
        for weight in range(uses.shape[1]):
            factor = Box.of(uses[:, weight : weight + 1])
            ends = Box(boxes.low[weight][boxes.owner], boxes.high[weight][boxes.owner])
            # What a weight adds in rows without it is 0, and is not rounded.
            total = (total + factor * ends).where(factor.low != 0, total)
        shape = (len(uses), len(boxes.owner))
        return np.broadcast_to(total.low, shape), np.broadcast_to(total.high, shape)

    def _gaps(
        self, boxes: Boxes, z_low: np.ndarray, z_high: np.ndarray
    ) -> list[list[tuple[int, int, np.ndarray]]]:
        """For every reading, upper bounds of differences of values by the mean-value theorem."""
        members = self.members
        needed = [
            [
                (one, other, weight, sign)
                for one, other, weight, sign in self.pairs
                if any(
                    (group.above[k, one] and group.below[k, other])
                    or (group.above[k, other] and group.below[k, one])
                    for group in members.groups
                )
            ]
            for k in range(len(self.hulls))
        ]
        found: list[list[tuple[int, int, np.ndarray]]] = []
        for hulls, pairs in zip(self.hulls, needed, strict=True):
            own: list[tuple[int, int, np.ndarray]] = []
            for one, other, weight, sign in pairs:
                hull = (
                    np.minimum(z_low[one], z_low[other]),
                    np.maximum(z_high[one], z_high[other]),
                )
                _, slope = hulls(*hull)
                step = Box(boxes.low[weight][boxes.owner], boxes.high[weight][boxes.owner])
                rise = slope * (step if sign > 0 else -step)
                own += [(one, other, rise.high), (other, one, -rise.low)]
            found.append(own)
        return found

    def _admitted(
        self,
        boxes: Boxes,
        read: list[tuple[Box, Box]],
        gaps: list[list[tuple[int, int, np.ndarray]]],
    ) -> tuple[np.ndarray, list[tuple[int, int, np.ndarray, np.ndarray, int]]]:
        """Upper bounds of every class's margin, and the values on both sides of shared thresholds."""
        members = self.members
        caps = np.full(boxes.alive.shape, np.inf)
        spans: list[tuple[int, int, np.ndarray, np.ndarray, int]] = []
        for group in members.groups:
            top, bottom = members.extremes(
                group,
                lambda k, r: read[k][0].low[r],
                lambda k, r: read[k][0].high[r],
                len(boxes.owner),
            )
            cap = caps[group.x0]
            start, end = self.levels[:, group.threshold]
            np.minimum(cap, up(up(top - bottom) / 2), out=cap)
            np.minimum(cap, up(top - start), out=cap)
            np.minimum(cap, up(end - bottom), out=cap)
            for reading, pairs in enumerate(gaps):
                for one, other, gap in pairs:
                    if group.above[reading, one] and group.below[reading, other]:
                        np.minimum(cap, up(gap / 2), out=cap)
            if group.threshold in members.shared:
                row = members.uses.shape[1] + members.shared.index(group.threshold)
                # A side without rows leaves the threshold free there.
                bottom = np.maximum(bottom, 2 * self.values[0] - self.values[1])
                top = np.minimum(top, 2 * self.values[1] - self.values[0])
                spans.append((group.threshold, group.x0, bottom, top, row))
        return caps, spans

    def _met(
        self,
        boxes: Boxes,
        alive: np.ndarray,
        spans: list[tuple[int, int, np.ndarray, np.ndarray, int]],
        target: float,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The boxes cut to the thresholds that all offsets admit, and what of them is still alive."""
        low, high = boxes.low.copy(), boxes.high.copy()
        for threshold in self.members.shared:
            own = [item for item in spans if item[0] == threshold]
            at = [np.flatnonzero(alive[item[1]]) for item in own]
            cells = np.concatenate(at)
            number = np.concatenate([np.full(len(one), k) for k, one in enumerate(at)])
            row = own[0][4]
            start = np.concatenate(
                [down(item[2][one] + target) for item, one in zip(own, at, strict=True)]
            )
            end = np.concatenate(
                [up(item[3][one] - target) for item, one in zip(own, at, strict=True)]
            )
            owner = boxes.owner[cells]
            start, end = np.maximum(start, low[row, owner]), np.minimum(end, high[row, owner])
            met = meet(owner, number, len(own), start, np.maximum(start, end))
            for k, item in enumerate(own):
                mine = number == k
                alive[item[1], cells[mine][~met.kept[mine]]] = False
            least, most = np.full(len(boxes), np.inf), np.full(len(boxes), -np.inf)
            np.minimum.at(least, met.boxes, met.low)
            np.maximum.at(most, met.boxes, met.high)
            some = least <= most
            low[row] = np.where(some, np.maximum(low[row], least), low[row])
            high[row] = np.where(some, np.minimum(high[row], most), high[row])
        return low, high, alive
