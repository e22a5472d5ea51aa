"""Single gates of maps without gradients: settings drawn at random, and climbs from the best of them.

F is a function of one number, so a gate of few inputs has an offset and a few weights for unknowns, and
its values cost nanoseconds: a program that trains it takes longer to compile than all of this, and finds
no better margin. The threshold is not searched: the best one lies midway between the rows on its two
sides.

The search is written once, over an array namespace. Here NumPy runs it gate by gate, since nothing is
compiled; in `screened` XLA does, for thousands of gates. Both draw the same numbers and take the same
steps, so that they find the same hills.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, reduce
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from chaoscad.compile import Setpoints, stack
from chaoscad.feasibility.searched import Rows, Search, distinct_rows
from chaoscad.netlist import Gate
from chaoscad.solve.problem import Problem, ProblemSolution
from chaoscad.solve.ranges import value_range
from chaoscad.systems import Flow

WIDEST = 4
"""Most inputs: settings drawn at random hardly ever have the 32 rows of a wider gate right."""

DRAWINGS = 64
"""Drawings of a group, of which each has its own best."""

SIMPLE, GROUPS = 64, 256
"""Groups of a gate of one iterate with at most two weights, and of others, whose hills are more."""

CLIMBED = 16
"""Groups that climb to the end: those that are best after the early steps."""

EARLY, LATE = (16, 16), (20, 32)
"""Steps of a climb, and settings that are tried in each."""

REACH, SHRINK = 0.05, 0.5
"""How far around the first trials lie, as a share of a range, and what a step without success leaves
of it."""


class Question(NamedTuple):
    """A gate as arrays.

    **Arguments:**

    - `state`, `threshold`: their ranges.
    - `low`, `high`: of x0 and of every weight.
    - `above`, `below`: 0 where a row's value must lie on that side of the threshold, else infinity.
    """

    state: Float[Any, "*problems 2"]
    low: Float[Any, "*problems unknowns"]
    high: Float[Any, "*problems unknowns"]
    threshold: Float[Any, "*problems 2"]
    above: Float[Any, "*problems rows"]
    below: Float[Any, "*problems rows"]


class Numbers(NamedTuple):
    """All random numbers that a search uses, the settings of a group side by side.

    **Arguments:**

    - `share`: where x0 lies in the range that the weights leave to it, 0 to 1.
    - `weights`: where they lie in their ranges, 0 to 1.
    - `size`: the share of a weight's distance from its rest that is kept.
    - `early`, `late`: moves of the two parts of a climb.
    """

    share: Float[Any, " settings"]
    weights: Float[Any, "weights settings"]
    size: Float[Any, "weights settings"]
    early: Float[Any, "steps unknowns groups tried"]
    late: Float[Any, "steps unknowns climbed tried"]


class Hills(NamedTuple):
    """The highest settings that were reached, in no order.

    **Arguments:**

    - `right`, `lost`: drawings with a positive margin, and with one that is not finite.
    """

    points: Float[Any, "*problems unknowns climbed"]
    margins: Float[Any, "*problems climbed"]
    right: Any
    lost: Any


@dataclass(frozen=True)
class Posed:
    """A problem that can be searched like this."""

    search: Search
    rows: Rows
    question: Question

    @classmethod
    def of(cls, item: Problem) -> Posed | None:
        """The problem, where it is a single gate of a map and all its ranges are finite.

        **Raises:** `Conflict` where the function needs different outputs at equal states.
        """
        gate = item.gates[0]
        plain = len(item.gates) == 1 and not item.ties and not gate.train
        if not plain or gate.arity > WIDEST or isinstance(gate.setting.system, Flow):
            return None
        if not np.isfinite(gate.bounds.state).all():
            return None
        rows = distinct_rows(gate, item.wanted[0])
        search = Search(gate, rows, ())
        threshold = search.threshold or (-np.inf, np.inf)
        if not (rows.above.any() and rows.below.any()) and search.threshold is None:
            # A constant gate is as far from its threshold as its values allow.
            threshold = value_range(gate)[:2]
            if not np.isfinite(threshold).all():
                return None
        if not search.bounded:
            return None
        sides = (np.where(side, 0.0, np.inf) for side in (rows.above, rows.below))
        ends = (search.state, search.low, search.high, threshold)
        return cls(search, rows, Question(*map(np.asarray, ends), *sides))


def nothing(item: Problem) -> ProblemSolution:
    """The answer where there is none."""
    gate = item.gates[0]
    middle = Search(gate, Rows(np.zeros((1, 1)), np.ones(1, bool), np.ones(1, bool), ()), ())
    start = np.clip(np.zeros_like(middle.low), middle.low, middle.high)
    return ProblemSolution(stack([middle.at(start, 0.0)]), np.array([-np.inf]), -np.inf)


def sampled(posed: Posed, most: int, seed: int) -> Hills:
    """The hills of one gate, by NumPy.

    **Arguments:**

    - `most`: groups of drawings, at most.
    """
    gate = posed.search.gate
    return hills(
        np,
        posed.question,
        lambda weights: posed.rows.weights @ weights,
        lambda z: gate.setting.value(z, gate.iterates),
        numbers(len(posed.question.low), min(most, groups(gate)), seed),
        reduce,
    )


def groups(gate: Gate) -> int:
    """How many groups of drawings a gate gets; equal for gates that may share a program."""
    weights = 1 if gate.weights == "shared" else gate.arity
    return SIMPLE if gate.iterates == 1 and weights <= 2 else GROUPS


def best(posed: Posed, found: Hills) -> Setpoints | None:
    """The setting on the highest hill, whose last digits are still to be found; `None` without a margin.

    The others are seldom worth it: most are the same hill, less far climbed.
    """
    place = int(np.argmax(found.margins))
    if not found.margins[place] > 0:
        return None
    return stack([posed.search.setpoint(found.points[:, place])])


@lru_cache(maxsize=16)
def numbers(unknowns: int, groups: int, seed: int) -> Numbers:
    """The random numbers of all gates of so many unknowns."""
    random = np.random.default_rng([seed, unknowns, groups])
    drawn, others = random.uniform(0, 1, (2, unknowns, groups, DRAWINGS))
    # Inputs that do not matter want weights of nothing, and many folds small ones.
    size = np.ones_like(drawn[1:])
    size[:, 1::4] = 10.0 ** (-2.0 * others[1:, 1::4])
    size[:, 3::4] = others[1:, 3::4] >= 0.5
    # The ends of the range of states are where a map is often lowest, on a hill that is steep.
    share = drawn[0]
    end = (np.arange(groups) % 4 >= 2)[:, None] & (others[0] < 0.5)
    share[end] = np.round(share[end])
    early = _moves(random, EARLY[0], unknowns, groups, EARLY[1])
    late = _moves(random, LATE[0], unknowns, min(groups, CLIMBED), LATE[1])
    weights = drawn[1:].reshape(unknowns - 1, -1)
    return Numbers(share.reshape(-1), weights, size.reshape(weights.shape), early, late)


def _moves(random: np.random.Generator, *shape: int) -> np.ndarray:
    """Moves within a cube, `[steps, unknowns, settings, tried]`.

    The best settings lie on ridges, where rows have equal values: half of the moves go along a
    diagonal or an axis, since others leave a ridge.
    """
    half = (*shape[:-1], shape[-1] // 2)
    free = random.uniform(-1, 1, half)
    signs = random.integers(-1, 2, half, np.int8)
    along = signs * random.uniform(0, 1, (half[0], 1, *half[2:]))
    return np.concatenate([free, along], axis=3)


def hills(
    xp: Any,
    question: Question,
    shifts: Callable[[Any], Any],
    values: Callable[[Any], Any],
    numbers: Numbers,
    repeat: Callable[[Callable[[Any, Any], Any], Any, Any], Any],
) -> Hills:
    """Settings of one gate drawn at random, and climbs from the best of every group.

    **Arguments:**

    - `xp`: `numpy` or `jax.numpy`.
    - `shifts`: what weights `[weights, settings]` add to x0 in every row.
    - `values`: F at states of any shape.
    - `repeat`: as `functools.reduce`, over the steps of a climb.
    """
    low, high = question.low[:, None], question.high[:, None]
    width = high - low

    def placed(points: Any) -> tuple[Any, Any, Any]:
        """The settings with x0 where all states are in range, the margins, and which are lost."""
        shift = shifts(points[1:])
        first, last = _room(xp, question, shift)
        x0 = _within(xp, points[0], first, last)
        # The last digit of a sum may be out of range, where a formula need not be defined.
        value = values(_within(xp, x0 + shift, *question.state))
        top = (value + question.above[:, None]).min(0)
        bottom = (value - question.below[:, None]).max(0)
        threshold = _within(xp, (top + bottom) / 2, *question.threshold)
        margin = xp.minimum(top - threshold, threshold - bottom)
        fits, finite = last >= first, xp.isfinite(margin)
        points = xp.concatenate([x0[None], points[1:]])
        return points, xp.where(fits & finite, margin, -xp.inf), fits & ~finite

    def highest(points: Any, margins: Any, groups: int) -> tuple[Any, Any]:
        """The best setting of every group."""
        margins = margins.reshape(groups, -1)
        places = margins.argmax(1) + xp.arange(groups) * margins.shape[1]
        return points[:, places], margins.max(1)

    def climb(state: tuple[Any, Any, Any], moves: Any) -> tuple[Any, Any, Any]:
        best, height, reach = state
        around = best[:, :, None] + moves * (width[:, :, None] * reach[:, None])
        tried = _within(xp, around.reshape(len(best), -1), low, high)
        points, margins, _ = placed(tried)
        points, margins = highest(points, margins, len(height))
        gained = margins > height
        return (
            xp.where(gained, points, best),
            xp.where(gained, margins, height),
            xp.where(gained, reach, reach * SHRINK),
        )

    points = _drawn(xp, question, shifts, numbers)
    points, margins, lost = placed(points)
    count = numbers.early.shape[2]
    state = (*highest(points, margins, count), xp.full(count, REACH))
    state = repeat(climb, numbers.early, state)
    # A stable order, so that equal margins are told apart alike by all namespaces.
    kept = xp.argsort(-state[1], stable=True)[: numbers.late.shape[2]]
    best, height, _ = repeat(climb, numbers.late, tuple(part[..., kept] for part in state))
    return Hills(best, height, (margins > 0).sum(), lost.sum())


def _drawn(xp: Any, question: Question, shifts: Callable[[Any], Any], numbers: Numbers) -> Any:
    """The settings that are tried first."""
    low, high = question.low[1:, None], question.high[1:, None]
    rest = xp.clip(0.0, low, high)
    weights = rest + (low - rest + (high - low) * numbers.weights) * numbers.size
    # Weights that are too wide for the range of states are drawn together as far as they may be.
    shift = shifts(weights)
    spread = xp.maximum(shift.max(0) - shift.min(0), question.state[1] - question.state[0])
    weights = _within(xp, weights * ((question.state[1] - question.state[0]) / spread), low, high)
    first, last = _room(xp, question, shifts(weights))
    return xp.concatenate([(first + (last - first) * numbers.share)[None], weights])


def _room(xp: Any, question: Question, shift: Any) -> tuple[Any, Any]:
    """The ends that weights leave to x0, given what they add to it in every row."""
    first = xp.maximum(question.low[0], question.state[0] - shift.min(0))
    return first, xp.minimum(question.high[0], question.state[1] - shift.max(0))


def _within(xp: Any, x: Any, low: Any, high: Any) -> Any:
    # A third of the time of NumPy's `clip` on arrays this small.
    return xp.minimum(xp.maximum(x, low), high)
