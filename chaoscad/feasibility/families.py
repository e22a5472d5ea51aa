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
k lists and not k more dimensions. `search.py` stays for single gates: it halves x0 together with the
weights, so it keeps no lists and needs no tables, and answers several times faster.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from chaoscad.errors import ChaoscadError
from chaoscad.family import Family
from chaoscad.feasibility.bounding import Bounding
from chaoscad.feasibility.boxes import Boxes, Queue
from chaoscad.feasibility.members import Members, named, sharing
from chaoscad.feasibility.model import Feasibility
from chaoscad.feasibility.order import refuted
from chaoscad.feasibility.points import Point, Settings, certain
from chaoscad.feasibility.search import ACCURACY, EPSILON, not_searched
from chaoscad.gate import Setpoint

MOST_BOXES = 1_000_000
"""Most intervals of x0 that are examined, of all boxes together, unless told otherwise."""

CHUNK = 20_000
"""About how many intervals are examined at a time."""

MOST_KEPT = 2_000_000
"""When more intervals are waiting, the latest boxes are next, so that memory stays bounded."""

TRIED_AFTER = 8
"""A setting is tried in the most promising box after so many steps."""


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
    if epsilon is not None and not epsilon > 0:
        raise ChaoscadError(f"epsilon is {epsilon:g}; it is a positive number")
    if (proof := refuted(family, epsilon or 0.0)) is not None:
        return proof
    names = tuple(gate.name for gate in family.gates)

    def undecided(reason: str) -> Feasibility:
        return Feasibility("undecided", -np.inf, np.inf, epsilon or 0.0, 0, reason, family=names)

    for gate in family.gates:
        if why := not_searched(gate):
            return undecided(why)
    members = Members(family)
    bounding = Bounding(members)
    low, high = bounding.values
    if not np.isfinite(high - low):
        return undecided("the values have no finite enclosure")
    if epsilon is None:
        epsilon = max(EPSILON * (high - low), 16 * float(np.spacing(max(abs(low), abs(high)))))
    found = Search(bounding).branch(epsilon, accuracy, boxes, decide)
    return replace(found, family=names)


class Search:
    """One family's search: what waits, and the best setting so far."""

    def __init__(self, bounding: Bounding) -> None:
        self.bounding, self.members = bounding, bounding.members
        self.settings = Settings(self.members)
        self.width = len(self.members.delta[0])

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
        waiting = Queue(self.bounding.first())
        # What the thresholds cost grows with the classes; halving makes two to four of an interval.
        size = CHUNK / 3 / (1 + len(self.members.x0[0]) / 32)
        while waiting.parts and examined < budget and not (decide and best >= epsilon):
            target = max(best * (1 + accuracy), epsilon)
            latest = waiting.intervals > MOST_KEPT
            halves = waiting.taken(size, latest=latest).halved(self.width)
            examined += len(halves.owner)
            kept = self.bounding.pruned(halves, target)
            discarded = max(discarded, target)
            waiting.add(kept)
            steps += 1
            if steps % TRIED_AFTER == 0 and len(kept):
                tried([self._centre(kept)])
        upper = max(discarded, best)
        if waiting.parts:
            most = self.bounding.values[1] - self.bounding.values[0]
            upper = max(upper, min(waiting.bound, most))
        return self._verdict(best, upper, setpoints, epsilon, examined)

    def _centre(self, boxes: Boxes) -> Point:
        """The middle of the most promising box, every offset in the middle one of its intervals."""
        box = boxes.chosen(np.arange(len(boxes)) == np.argmax(boxes.bound))
        shared = (box.low + 0.5 * (box.high - box.low))[:, 0]
        middle = box.x_low + 0.5 * (box.x_high - box.x_low)
        own = [np.flatnonzero(here) for here in box.alive]
        x0 = np.array([middle[here[len(here) // 2]] for here in own])
        level = np.zeros(len(self.members.threshold[0]))
        level[list(self.members.shared)] = shared[self.width :]
        return Point(shared[: self.width], np.clip(x0, *self.members.x0), level)

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
            sure = (
                "proven to be the best within 1 %" if upper <= best * 1.0100001 else "not yet tight"
            )
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
