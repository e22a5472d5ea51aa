"""A family as arrays: which rows must lie above which threshold, at which states of which offset."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from chaoscad.errors import ChaoscadError, listed
from chaoscad.family import PARAMETERS, Family
from chaoscad.feasibility.searched import distinct_rows
from chaoscad.netlist import title
from chaoscad.netlist.bounds import room
from chaoscad.systems import Interval, Setting

MOST_NAMED = 6
"""Most gates that a sentence names."""


@dataclass(frozen=True)
class Group:
    """What one offset must give at one threshold: members of one class of x0 and of threshold.

    **Arguments:**

    - `x0`, `threshold`: the classes.
    - `above`, `below`: for every reading, the rows whose values must lie above the threshold, and
      below: `[readings, rows]`.
    """

    x0: int
    threshold: int
    above: np.ndarray
    below: np.ndarray


class Members:
    """The members' rows, bounds and classes.

    **Arguments:**

    - `uses`: `[rows, weights]`, how often a weight enters the state of a distinct row.
    - `readings`: the different functions F of the members: settings with their iterates.
    - `delta`: the ranges of the shared weights, `[2, weights]`.
    - `x0`, `state`: the ranges of the offset and of the states of every class of x0: `[2, classes]`.
    - `threshold`: the range of every class of thresholds, infinite where there is none: `[2, classes]`.

    **Raises:** `Conflict` where one state would need two outputs; `ChaoscadError` for a search
    without bounds.
    """

    def __init__(self, family: Family) -> None:
        self.family = family
        rows = [
            distinct_rows(gate, wanted)
            for gate, wanted in zip(family.gates, family.wanted, strict=True)
        ]
        rooms = [room(gate) for gate in family.gates]
        self.uses = rows[0].weights
        width = self.uses.shape[1]
        self.delta = _met([np.array(one.delta[:width]).T for one in rooms])
        ranges = [np.array(one.x0)[:, None] for one in rooms]
        states = [np.array(one.state)[:, None] for one in rooms]
        everything = (-np.inf, np.inf)
        thresholds = [np.array(one.threshold or everything)[:, None] for one in rooms]
        self.x0 = _by_class(ranges, family.x0)
        self.state = _by_class(states, family.x0)
        self.threshold = _by_class(thresholds, family.threshold)
        asked = [(gate.setting, gate.iterates) for gate in family.gates]
        self.readings: tuple[tuple[Setting, int], ...] = tuple(dict.fromkeys(asked))
        self.reading = np.array([self.readings.index(item) for item in asked])
        shape = (len(self.readings), len(self.uses))
        found: dict[tuple[int, int], Group] = {}
        for index, pair in enumerate(zip(family.x0, family.threshold, strict=True)):
            group = found.setdefault(
                pair, Group(*pair, np.zeros(shape, bool), np.zeros(shape, bool))
            )
            group.above[self.reading[index]] |= rows[index].above
            group.below[self.reading[index]] |= rows[index].below
        self.groups = tuple(found.values())
        owners = {one.threshold: set[int]() for one in self.groups}
        for one in self.groups:
            owners[one.threshold].add(one.x0)
        # Thresholds of one offset lie midway and are no unknowns; those of several are.
        self.shared = tuple(number for number, classes in owners.items() if len(classes) > 1)
        if not (np.isfinite(self.x0).all() and np.isfinite(self.delta).all()):
            raise ChaoscadError(
                f"{named(family)}: a search needs bounds, and x0 or delta has none; give 'state', or "
                "x0 and delta, a finite range under 'bounds'"
            )

    @property
    def range(self) -> Interval:
        """The range of the states of all members, rounded outwards."""
        reach = np.stack([self.uses * end for end in self.delta])
        low = self.x0[0].min() + reach.min(0).sum(1).min()
        high = self.x0[1].max() + reach.max(0).sum(1).max()
        # The sums are rounded once for every weight.
        room = 16 * np.spacing(np.abs([*self.x0.ravel(), *reach.ravel(), low, high]).max())
        least, most = self.state[0].min(), self.state[1].max()
        return float(max(least, low - room)), float(min(most, high + room))

    def levels(self, values: Interval) -> np.ndarray:
        """The ranges of the thresholds; without bounds they are those of the values."""
        ends = np.array(values)[:, None]
        return np.where(np.isfinite(self.threshold), self.threshold, ends)

    @property
    def empty(self) -> bool:
        """Whether the members' bounds leave no common value."""
        return any(
            bool((ends[0] > ends[1]).any())
            for ends in (self.delta, self.x0, self.state, self.threshold)
        )

    def symmetries(self) -> tuple[tuple[tuple[int, int], ...], tuple[int, ...]]:
        """Neighbouring weights that can be exchanged, and weights whose sign can be changed.

        Exchanging two inputs, or inverting an input, must turn the family into itself: then every
        offset's functions become those of another with the same bounds. To invert an input is to
        move the offset by its weight and to change the weight's sign.
        """
        family = self.family
        arity, width = family.gates[0].arity, self.uses.shape[1]
        rows = np.arange(1 << arity)

        def same(moved: np.ndarray) -> bool:
            return self._signature(rows) == self._signature(moved)

        exchanged: list[tuple[int, int]] = []
        for first in range(width - 1):
            high, low = arity - 1 - first, arity - 2 - first
            swap = (rows >> high ^ rows >> low) & 1
            ends = self.delta[:, first] == self.delta[:, first + 1]
            if ends.all() and same(rows ^ swap * ((1 << high) | (1 << low))):
                exchanged.append((first, first + 1))
        free = all(
            "x0" not in gate.fixed and gate.bounds.x0 is None and gate.bounds.delta is None
            for gate in family.gates
        ) and not any("delta" in gate.fixed for gate in family.gates)
        masks = (
            [(1 << arity) - 1] if width < arity else [1 << (arity - 1 - k) for k in range(width)]
        )
        turned = [k for k, mask in enumerate(masks) if free and same(rows ^ mask)]
        return tuple(exchanged), tuple(turned)

    def _signature(self, rows: np.ndarray) -> list[tuple[Any, ...]]:
        """What the classes of x0 are asked for, whatever their order, with the rows in this order."""
        family = self.family
        asked: list[list[object]] = [[] for _ in self.x0[0]]
        for index, (gate, wanted) in enumerate(zip(family.gates, family.wanted, strict=True)):
            table = "".join(wanted.rows[row] for row in rows)
            item = (table, family.threshold[index], int(self.reading[index]), gate.compare)
            asked[family.x0[index]].append(item)
        return sorted(
            (sorted(map(repr, items)), *self.x0[:, place], *self.state[:, place])
            for place, items in enumerate(asked)
        )

    def extremes(
        self,
        group: Group,
        low: Callable[[int, int], np.ndarray],
        high: Callable[[int, int], np.ndarray],
        size: int | tuple[int, ...],
    ) -> tuple[np.ndarray, np.ndarray]:
        """The least value that must lie above a group's threshold, and the greatest below."""
        top, bottom = np.full(size, np.inf), np.full(size, -np.inf)
        for reading, row in zip(*np.nonzero(group.above), strict=True):
            np.minimum(top, high(int(reading), int(row)), out=top)
        for reading, row in zip(*np.nonzero(group.below), strict=True):
            np.maximum(bottom, low(int(reading), int(row)), out=bottom)
        return top, bottom


def named(family: Family) -> str:
    """The members with their functions, as a sentence names them."""
    pairs = zip(family.gates, family.wanted, strict=True)
    return "gates " + listed(
        [f"{gate.name!r} ({title(wanted)})" for gate, wanted in pairs], MOST_NAMED
    )


def sharing(family: Family) -> str:
    """What the members share, as a sentence says it; of what not all share, that it is a part."""
    words = []
    for name in PARAMETERS:
        different = len(set(getattr(family, name)))
        if different < len(family.gates):
            words.append(name if different == 1 else f"part of their {name}")
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _met(ranges: list[np.ndarray]) -> np.ndarray:
    every = np.stack(ranges)
    return np.stack([every[:, 0].max(0), every[:, 1].min(0)])


def _by_class(ranges: list[np.ndarray], classes: tuple[int, ...]) -> np.ndarray:
    return np.concatenate(
        [
            _met([one for one, place in zip(ranges, classes, strict=True) if place == number])
            for number in range(max(classes) + 1)
        ],
        axis=1,
    )
