"""One gate without gradients: random settings, and a climb from the best of them.

A gate of few inputs has three to six unknowns and its values cost nanoseconds, while a program that
trains it takes longer to compile than all of this. The threshold is not searched: the best one lies
midway between the rows on its two sides. For thousands of gates at once there is `screened`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64

from chaoscad.compile import Setpoints
from chaoscad.solve.problem import Problem
from chaoscad.solve.refine import Programme
from chaoscad.solve.space import ROUNDING, Space
from chaoscad.systems import Flow

WIDEST = 4
"""Most inputs: settings drawn at random hardly ever have the 32 rows of a wider gate right."""

SAMPLE = 2048
"""Settings that are drawn for one start, the best of which it is."""

MOST_STARTS = 32
"""Most starts that are climbed from."""

STARTS = 2
"""Starts for every input and every piece on which F rises or falls: so many hills there are."""

POINTS = 513
"""States at which the pieces of F are counted."""

AROUND = 128
"""Settings that are tried around every start in one round of the climb."""

GAIN = 1e-3
"""The relative gain by which a round counts as a success."""

SHRINKS, ROUNDS = 12, 80
"""Failures, each of which halves the neighbourhood, and rounds after which a climb ends."""

FIRST = 0.1
"""The first neighbourhood, as a share of the parameters' ranges."""


@dataclass(frozen=True)
class Sampled:
    """What the samples of one gate led to.

    **Arguments:**

    - `points`: where the climbs ended, the best first; `best` is its relative margin.
    - `trials`, `solved`, `retired`: settings drawn, those of them with a positive margin, and those
      with a value that is not finite.
    - `rounds`: of the climb.
    """

    points: list[Setpoints]
    best: float
    trials: int
    solved: int
    retired: int
    rounds: int


def can_be_sampled(item: Problem, space: Space) -> bool:
    """Whether a problem is a single gate of a map whose ranges are all finite."""
    gate = item.gates[0]
    if len(item.gates) > 1 or gate.arity > WIDEST or isinstance(gate.setting.system, Flow):
        return False
    ends = (space.x0.low, space.x0.high, space.delta.low, space.delta.high, space.low, space.high)
    fixed = np.array_equal(np.asarray(space.system.low), np.asarray(space.system.high))
    return fixed and all(np.isfinite(np.asarray(end)).all() for end in ends)


def sampled(programme: Programme, starts: int, random: np.random.Generator) -> Sampled:
    """The settings that the climbs from the best samples of a gate reach.

    **Arguments:**

    - `programme`: of a problem that can be sampled.
    - `starts`: at most so many, each the best of `SAMPLE` settings; fewer where F has few pieces.
    """
    search = _Search(programme)
    if search.contradictory:
        return Sampled([programme.point(programme.slots.low)], -np.inf, 0, 0, 0, 0)
    starts = min(starts, MOST_STARTS, STARTS * programme.gates[0].arity * search.pieces())
    drawn = search.fitted(search.drawn(starts * SAMPLE, random))
    margins, finite = search.margins(drawn)
    # Each start is the best of a sample of its own, so that not all lie on one hill.
    places = np.arange(starts) * SAMPLE + margins.reshape(starts, SAMPLE).argmax(1)
    ends, reached, rounds = search.climbed(drawn[:, places], margins[places], random)
    order = np.argsort(-reached, kind="stable")
    solved = int((margins > ROUNDING).sum())
    points = [programme.point(ends[:, place]) for place in order]
    return Sampled(
        points, float(reached[order[0]]), len(margins), solved, int((~finite).sum()), rounds
    )


class _Search:
    """Vectors of slots of one gate, `[slots, settings]`, the thresholds midway."""

    def __init__(self, programme: Programme) -> None:
        self.programme = programme
        slots = programme.slots
        self.low, self.high = slots.low[:, None], slots.high[:, None]
        x0, delta, threshold = (slots.part(which) for which in range(3))
        self.offset, self.weights, self.threshold = x0.start, delta, threshold.start
        self.rest = np.asarray(programme.space.rest, np.float64)[:, None]
        self.slot_of_input = np.array(programme.space.structure.delta)[0]
        self.slot_of_input = self.slot_of_input[: programme.gates[0].arity]
        self.range = float(programme.low[0]), float(programme.high[0])
        self.scale = float(programme.scale[0])
        self.searched = np.r_[self.offset, delta]
        wanted = programme.sign != 0
        distinct = np.unique(programme.states[wanted], axis=0)
        # With a shared weight, rows of one state may want different outputs.
        self.contradictory = len(distinct) < wanted.sum()

    def pieces(self) -> int:
        """On how many pieces of the range F rises or falls."""
        gate = self.programme.gates[0]
        values = gate.setting.value(np.linspace(*self.range, POINTS), gate.iterates)
        slopes = np.sign(np.diff(values[np.isfinite(values)]))
        slopes = slopes[slopes != 0]
        return 1 + int((slopes[1:] != slopes[:-1]).sum())

    def drawn(self, count: int, random: np.random.Generator) -> Float64[np.ndarray, "slots count"]:
        """Offsets uniform in their range; weights of all sizes, since some hills are narrow."""
        found = np.repeat(self.low, count, axis=1)
        part = self.searched
        found[part] = random.uniform(self.low[part], self.high[part], (len(part), count))
        small = self.rest + (found[self.weights] - self.rest) * random.uniform(0, 1, count)
        half = count // 2
        found[self.weights, half:] = small[:, half:]
        return found

    def fitted(
        self, vectors: Float64[np.ndarray, "slots count"]
    ) -> Float64[np.ndarray, "slots count"]:
        """The vectors with their weights drawn towards their rest until all states are in range.

        The factor is that of `chaoscad.solve.space.physical`.
        """
        wide, rest = vectors[self.weights], self.rest
        x0 = vectors[self.offset]
        factor = np.ones(vectors.shape[1])
        for room, side in ((self.range[1] - x0, 1.0), (x0 - self.range[0], -1.0)):
            needed = np.maximum(side * rest[self.slot_of_input], 0.0).sum(0)
            excess = np.maximum(side * wide[self.slot_of_input], 0.0).sum(0) - needed
            left = np.maximum(room - needed, 0.0)
            tight = excess > left
            factor = np.minimum(factor, np.where(tight, left, 1.0) / np.where(tight, excess, 1.0))
        found = vectors.copy()
        found[self.weights] = rest + factor * (wide - rest)
        return found

    def margins(
        self, vectors: Float64[np.ndarray, "slots count"]
    ) -> tuple[Float64[np.ndarray, " count"], Bool[np.ndarray, " count"]]:
        """Relative margins, minus infinity where a value is not finite, and where all are finite.

        The thresholds of the vectors are set.
        """
        programme = self.programme
        gate = programme.gates[0]
        z = programme.states @ vectors
        # The last digit of a sum may be out of range, where a formula need not be defined.
        values = gate.setting.value(np.clip(z, *self.range), gate.iterates)
        finite = np.asarray(np.isfinite(values).all(0))
        top = np.where(programme.sign[:, None] > 0, values, np.inf).min(0)
        bottom = np.where(programme.sign[:, None] < 0, values, -np.inf).max(0)
        low, high = self.low[self.threshold, 0], self.high[self.threshold, 0]
        # A constant gate: as far from its values as the range allows, one unit where it has no end.
        middle = np.where(np.isfinite(top) & np.isfinite(bottom), (top + bottom) / 2, 0.0)
        middle = np.where(np.isinf(top), high if np.isfinite(high) else bottom + 1.0, middle)
        middle = np.where(np.isinf(bottom), low if np.isfinite(low) else top - 1.0, middle)
        threshold = np.clip(middle, low, high)
        vectors[self.threshold] = threshold
        margins = np.minimum(top - threshold, threshold - bottom) / self.scale
        return np.where(finite, margins, -np.inf), finite

    def climbed(
        self,
        points: Float64[np.ndarray, "slots starts"],
        margins: Float64[np.ndarray, " starts"],
        random: np.random.Generator,
    ) -> tuple[Float64[np.ndarray, "slots starts"], Float64[np.ndarray, " starts"], int]:
        """Better points near all points at once, by trials in neighbourhoods that shrink on failure.

        **Returns:** the points, their margins, and the rounds that were taken.
        """
        points, margins = points.copy(), margins.copy()
        size, starts = np.full(points.shape[1], FIRST), np.arange(points.shape[1])
        span = self.high - self.low
        span[~np.isfinite(span)] = 0.0
        rounds = 0
        while rounds < ROUNDS and (size > FIRST * 0.5**SHRINKS).any():
            rounds += 1
            steps = random.uniform(-1, 1, (len(self.searched), len(starts), AROUND))
            around = np.repeat(points[:, :, None], AROUND, axis=2)
            around[self.searched] += span[self.searched, :, None] * size[None, :, None] * steps
            around = np.clip(around, self.low[:, :, None], self.high[:, :, None])
            tried = self.fitted(around.reshape(len(points), -1))
            found = self.margins(tried)[0].reshape(len(starts), AROUND)
            best = found.argmax(1)
            found = found[starts, best]
            better = found > margins
            chosen = tried.reshape(around.shape)[:, starts, best]
            success = found > margins + GAIN * np.abs(margins)
            points = np.where(better, chosen, points)
            margins = np.where(better, found, margins)
            size = np.where(success, size, size / 2)
        return points, margins, rounds
