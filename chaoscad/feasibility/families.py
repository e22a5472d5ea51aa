"""Branch and bound for a family: one element in several settings, with rigorous enclosures of F.

A box is a range of what all members share: the weights, and the thresholds that several offsets
have in common. Every box keeps the intervals of x0 at which a class of offsets may still work; what
holds in a box holds in its halves, so the lists are handed down and only grow shorter. A box is
discarded when the list of one class is empty.

Thresholds are no unknowns where one offset uses them: the margin is half the gap between the lowest
value above and the highest below, as for a single gate. A threshold that several offsets share is
projected out too: an interval of x0 admits an interval of thresholds, an offset the union of those,
and where the unions of all offsets do not meet, the box is discarded.

This branches over what is shared and not over all offsets together: k members that differ in x0 cost
k lists and not k more dimensions. `search.py` stays for single gates, whose x0 it halves together
with the weights: no list has to be kept whole, so its bounds close faster.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from chaoscad.errors import ChaoscadError
from chaoscad.family import Family
from chaoscad.feasibility.hulls import Hulls
from chaoscad.feasibility.members import Members, named, sharing
from chaoscad.feasibility.model import Feasibility
from chaoscad.feasibility.order import contradiction
from chaoscad.feasibility.points import Point, Settings, certain
from chaoscad.feasibility.search import ACCURACY, EPSILON, WIDEST, Conflict, not_searched
from chaoscad.feasibility.thresholds import meet
from chaoscad.gate import Setpoint
from chaoscad.systems.interval import Box, down, up

MOST_BOXES = 1_000_000
"""Most intervals of x0 that are examined, of all boxes together, unless told otherwise."""

CHUNK = 20_000
"""About how many intervals are examined at a time."""

MOST_KEPT = 3_000_000
"""When more intervals are waiting, the smallest boxes are next, so that memory stays bounded."""

FIRST = 64
"""Intervals of x0 of the first box."""

FINENESS = 1.0
"""Intervals of x0 are at most this often as wide as the box's widest weight."""

TRIED_AFTER = 8
"""A setting is tried in the most promising box after so many steps."""


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


def family_feasibility(
    family: Family,
    *,
    epsilon: float | None = None,
    accuracy: float = ACCURACY,
    boxes: int = MOST_BOXES,
    decide: bool = False,
) -> Feasibility:
    """Whether one element can be all members of a family, and how well its worst member at best.

    **Arguments:**

    - `epsilon`: the margin that counts as none, in the unit of the value; a thousandth of the range of
      the values where it is left out.
    - `accuracy`: how tightly the best worst margin is bounded, relatively.
    - `boxes`: the budget, in intervals of x0.
    - `decide`: stop at the first setting whose worst margin is at least `epsilon`.

    **Raises:** `ChaoscadError` for a search without bounds.
    """
    names = tuple(gate.name for gate in family.gates)

    def answer(verdict: str, upper: float, reason: str) -> Feasibility:
        return Feasibility(verdict, -np.inf, upper, epsilon or 0.0, 0, reason, family=names)  # type: ignore[arg-type]

    try:
        members = Members(family)
    except Conflict:
        why = "with one shared weight, rows of equally many ones have equal states, and they differ"
        return answer("infeasible", 0.0, why)
    if members.empty:
        return answer("infeasible", 0.0, "the bounds of the gates have no value in common")
    if why := contradiction(members):
        return answer("infeasible", 0.0, why)
    for gate in family.gates:
        if why := not_searched(gate):
            return answer("undecided", np.inf, why)
    search = Search(members)
    low, high = search.values
    if not np.isfinite(high - low):
        return answer("undecided", np.inf, "the values have no finite enclosure")
    if epsilon is None:
        epsilon = max(EPSILON * (high - low), 16 * float(np.spacing(max(abs(low), abs(high)))))
    if not epsilon > 0:
        raise ChaoscadError(f"epsilon is {epsilon:g}; it is a positive number")
    found = search.branch(epsilon, accuracy, boxes, decide)
    return replace(found, family=names)


class Search:
    """One family's boxes and what is known of them."""

    def __init__(self, members: Members) -> None:
        self.members = members
        self.hulls = [Hulls(*reading, members.range) for reading in members.readings]
        self.values = (
            min(one.values[0] for one in self.hulls),
            max(one.values[1] for one in self.hulls),
        )
        self.levels = members.levels(self.values)
        self.settings = Settings(members)
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

    def halved(self, boxes: Boxes) -> Boxes:
        """Every box in two along its axis, and their intervals of x0 where those are the wider."""
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
        width = (both.high - both.low)[: len(self.members.delta[0])].max(0)
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

    @np.errstate(all="ignore")
    def branch(self, epsilon: float, accuracy: float, budget: int, decide: bool) -> Feasibility:
        """The verdict."""
        random = np.random.default_rng(0)
        best, setpoints = -np.inf, tuple[Setpoint, ...]()

        def tried(points: list[Point]) -> None:
            nonlocal best, setpoints
            for point in points:
                made = self.settings.setpoints(self.settings.climbed(point)[0])
                margin = certain(self.members, made)
                if margin > max(best, 0.0):
                    best, setpoints = margin, made
                if decide and best >= epsilon:
                    return

        tried(self.settings.drawn(random))
        examined, discarded, steps = 0, -np.inf, 0
        waiting = self.first()
        while len(waiting) and examined < budget and not (decide and best >= epsilon):
            target = max(best * (1 + accuracy), epsilon)
            part = self._next(waiting)
            taken, waiting = waiting.chosen(part), waiting.chosen(~part)
            halves = self.halved(taken)
            examined += len(halves.owner)
            kept = self.pruned(halves, target)
            discarded = max(discarded, target)
            waiting = waiting.joined(kept)
            steps += 1
            if steps % TRIED_AFTER == 0 and len(waiting):
                tried([self._centre(waiting)])
                if best * (1 + accuracy) > target:
                    waiting = waiting.chosen(waiting.bound >= best * (1 + accuracy))
        upper = max(discarded, best)
        if len(waiting):
            upper = max(upper, float(waiting.bound.max()))
            upper = min(upper, self.values[1] - self.values[0])
        return self._verdict(best, upper, setpoints, epsilon, examined)

    def _next(self, waiting: Boxes) -> np.ndarray:
        """Which boxes are halved next: the most promising, about `CHUNK` intervals together."""
        size = (waiting.high - waiting.low)[: len(self.members.delta[0])].max(0)
        order = np.lexsort((-size, -waiting.bound))
        if len(waiting.owner) > MOST_KEPT:
            order = np.argsort(size, kind="stable")
        lengths = np.bincount(waiting.owner, minlength=len(waiting))[order]
        count = int(np.searchsorted(np.cumsum(lengths), CHUNK / 3)) + 1
        part = np.zeros(len(waiting), bool)
        part[order[:count]] = True
        return part

    def _centre(self, waiting: Boxes) -> Point:
        """The middle of the most promising box, with offsets from its intervals."""
        which = np.zeros(len(waiting), bool)
        which[int(np.argmax(waiting.bound))] = True
        box = waiting.chosen(which)
        width = len(self.members.delta[0])
        middle = (box.low + 0.5 * (box.high - box.low))[:, 0]
        x0 = np.array([box.x_low[here].mean() if here.any() else 0.0 for here in box.alive])
        x0 = np.array(
            [
                (box.x_low[here] + box.x_high[here])[int(here.sum()) // 2] / 2 if here.any() else at
                for here, at in zip(box.alive, x0, strict=True)
            ]
        )
        level = np.zeros(len(self.members.threshold[0]))
        level[list(self.members.shared)] = middle[width:]
        return Point(middle[:width], np.clip(x0, *self.members.x0), level)

    def _verdict(
        self,
        best: float,
        upper: float,
        setpoints: tuple[Setpoint, ...],
        epsilon: float,
        examined: int,
    ) -> Feasibility:
        family = self.members.family
        if best > 0:
            sure = "proven to be the best within 1 %" if upper <= best * 1.0100001 else "not yet tight"
            reason = (
                f"the worst of {len(family.gates)} margins is {best:.6g}; "
                f"the bound {upper:.6g} is {sure}"
            )
            return Feasibility("feasible", best, upper, epsilon, examined, reason, setpoints)
        if upper <= epsilon:
            reason = (
                f"no setting within the bounds gives {named(family)} a margin of {epsilon:.3g} or "
                f"more while they share {sharing(family)}"
            )
            return Feasibility("infeasible", -np.inf, upper, epsilon, examined, reason)
        reason = (
            f"{examined} intervals of x0 did not decide it; the worst margin is at most {upper:.6g}"
        )
        return Feasibility("undecided", -np.inf, upper, epsilon, examined, reason)
