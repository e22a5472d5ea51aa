"""Boxes of what a family shares, each with the intervals of x0 at which its classes may still work."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

FINENESS = 1.0
"""Intervals of x0 are halved while they are this often as wide as the box's widest weight."""


@dataclass(frozen=True)
class Boxes:
    """Boxes of what is shared, and their intervals of x0, which stand in the order of the boxes.

    **Arguments:**

    - `low`, `high`: `[weights and shared thresholds, boxes]`.
    - `bound`: no setting in the box has more.
    - `owner`, `x_low`, `x_high`: the box of every interval of x0, and its ends.
    - `alive`: which classes of x0 may work there: `[classes, intervals]`.
    - `axis`: along which the box is halved next.
    """

    low: np.ndarray
    high: np.ndarray
    bound: np.ndarray
    axis: np.ndarray
    owner: np.ndarray
    x_low: np.ndarray
    x_high: np.ndarray
    alive: np.ndarray

    def __len__(self) -> int:
        return self.low.shape[1]

    def chosen(self, which: np.ndarray) -> Boxes:
        """Some of the boxes, with their intervals."""
        number = np.cumsum(which) - 1
        own = which[self.owner]
        return Boxes(
            self.low[:, which],
            self.high[:, which],
            self.bound[which],
            self.axis[which],
            number[self.owner[own]],
            self.x_low[own],
            self.x_high[own],
            self.alive[:, own],
        )

    def joined(self, other: Boxes) -> Boxes:
        """These and others."""
        return Boxes(
            np.hstack([self.low, other.low]),
            np.hstack([self.high, other.high]),
            np.append(self.bound, other.bound),
            np.append(self.axis, other.axis),
            np.append(self.owner, other.owner + len(self)),
            np.append(self.x_low, other.x_low),
            np.append(self.x_high, other.x_high),
            np.hstack([self.alive, other.alive]),
        )

    def halved(self, weights: int) -> Boxes:
        """Every box in two along its axis, and their intervals of x0 where those are the wider.

        **Arguments:**

        - `weights`: how many of the rows of `low` and `high` are weights.
        """
        boxes = self
        count, columns = len(boxes), np.arange(len(boxes))
        ends = boxes.low[boxes.axis, columns], boxes.high[boxes.axis, columns]
        middle = ends[0] + 0.5 * (ends[1] - ends[0])
        left_high, right_low = boxes.high.copy(), boxes.low.copy()
        left_high[boxes.axis, columns] = middle
        right_low[boxes.axis, columns] = middle
        left = replace(boxes, high=left_high)
        # A box of no width has only its intervals to halve.
        whole = ~(ends[0] < ends[1])
        right = replace(boxes, low=right_low).chosen(~whole)
        both = left.joined(right) if count else left
        width = (both.high - both.low)[:weights].max(0)
        wide = both.x_high - both.x_low
        split = (wide >= FINENESS * width[both.owner]) & (wide > 0)
        middle = both.x_low + 0.5 * wide
        split &= (both.x_low < middle) & (middle < both.x_high)
        order = np.argsort(np.append(both.owner, both.owner[split]), kind="stable")
        return replace(
            both,
            owner=np.append(both.owner, both.owner[split])[order],
            x_low=np.append(both.x_low, middle[split])[order],
            x_high=np.append(np.where(split, middle, both.x_high), both.x_high[split])[order],
            alive=np.hstack([both.alive, both.alive[:, split]])[:, order],
        )


class Queue:
    """Boxes that wait, in parts of about the size that is examined at a time."""

    def __init__(self, first: Boxes) -> None:
        self.parts = [first]

    @property
    def intervals(self) -> int:
        """How many intervals of x0 wait."""
        return sum(len(part.owner) for part in self.parts)

    @property
    def bound(self) -> float:
        """What no setting in the boxes exceeds; minus infinity where none waits."""
        return max((float(part.bound.max()) for part in self.parts), default=-np.inf)

    def add(self, boxes: Boxes) -> None:
        """More boxes."""
        if len(boxes):
            self.parts.append(boxes)

    def taken(self, size: float, *, latest: bool) -> Boxes:
        """The most promising boxes, or the latest, with about `size` intervals together."""
        bounds = [float(part.bound.max()) for part in self.parts]
        order = range(len(bounds)) if latest else np.argsort(bounds, kind="stable").tolist()
        chosen: list[int] = []
        found = 0
        for place in reversed(order):
            chosen.append(place)
            found += len(self.parts[place].owner)
            if found >= size:
                break
        boxes = self.parts[chosen[0]]
        for place in chosen[1:]:
            boxes = boxes.joined(self.parts[place])
        self.parts = [part for place, part in enumerate(self.parts) if place not in set(chosen)]
        if found <= 2 * size:
            return boxes
        width = (boxes.high - boxes.low).max(0)
        best = np.lexsort((-width, -boxes.bound))
        lengths = np.bincount(boxes.owner, minlength=len(boxes))[best]
        first = np.zeros(len(boxes), bool)
        first[best[: int(np.searchsorted(np.cumsum(lengths), size)) + 1]] = True
        self.add(boxes.chosen(~first))
        return boxes.chosen(first)
