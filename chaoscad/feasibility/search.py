"""Branch and bound over a gate's offset and weights, with rigorous enclosures of F.

A box is a range of x0 and of every weight. Over it, every row's state lies in an interval, and its
value in an enclosure. The margin is half the gap between the lowest value that must lie above the
threshold and the highest that must lie below, so the enclosures bound the margin of the whole box;
the threshold is projected out. Rows that differ in one input differ in their state by one weight, so
the mean-value form of their difference bounds the gap too, and that bound closes where the
enclosures of the values alone do not: at weights near 0.

Boxes whose bound is below what is looked for are discarded, the others halved, the most promising
first. What is left at the end is a proof in both directions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chaoscad.errors import ChaoscadError
from chaoscad.feasibility.model import Feasibility
from chaoscad.gate import Setpoint
from chaoscad.netlist import Gate, TruthTable
from chaoscad.netlist.bounds import room
from chaoscad.systems import Flow
from chaoscad.systems.enclosure import enclose
from chaoscad.systems.interval import Box

EPSILON = 1e-3
"""The margin that counts as none, as a share of the range of the gate's values."""

ACCURACY = 0.01
"""How tightly the best margin is bounded, relatively."""

MOST_BOXES = 2_000_000
"""Most boxes that are examined unless told otherwise."""

CHUNK = 4096
"""Boxes that are halved at a time."""

SAMPLES = 256
"""Settings that are tried at a time around the best one."""

WIDEST = 4
"""Most inputs of a gate that is searched."""

EQUAL_STATES = (
    "with one shared weight, rows of equally many ones have equal states, and they differ"
)


@dataclass(frozen=True)
class Rows:
    """The distinct states of a gate.

    **Arguments:**

    - `weights`: `[rows, weights]`, how often a weight enters the state.
    - `above`, `below`: which rows' values must lie above the threshold, and below.
    - `pairs`: rows (above, below) that differ by one weight, and the weight with its sign.
    """

    weights: np.ndarray
    above: np.ndarray
    below: np.ndarray
    pairs: tuple[tuple[int, int, int, float], ...]


class Conflict(Exception):
    """Two rows with equal states and different outputs."""


def distinct_rows(gate: Gate, wanted: TruthTable) -> Rows:
    """The rows of a gate whose states can differ.

    **Raises:** `Conflict` where one state would need two outputs.
    """
    arity = gate.arity
    numbers = np.arange(1 << arity)
    bits = (numbers[:, None] >> np.arange(arity - 1, -1, -1)) & 1
    used = bits.sum(1, keepdims=True) if gate.weights == "shared" else bits
    distinct, where = np.unique(used, axis=0, return_inverse=True)
    where = where.reshape(-1)
    sides = np.zeros(len(distinct), int)
    rise = "1" if gate.compare == ">" else "0"
    for row, want in enumerate(wanted.rows):
        if want == "-":
            continue
        side = 1 if want == rise else -1
        if sides[where[row]] == -side:
            raise Conflict
        sides[where[row]] = side
    pairs: list[tuple[int, int, int, float]] = []
    for i in np.flatnonzero(sides > 0):
        for j in np.flatnonzero(sides < 0):
            difference = distinct[i] - distinct[j]
            if np.abs(difference).sum() == 1:
                weight = int(np.flatnonzero(difference)[0])
                pairs.append((int(i), int(j), weight, float(difference[weight])))
    return Rows(distinct.astype(np.float64), sides > 0, sides < 0, tuple(pairs))


class Search:
    """One gate's bounds as arrays; boxes are `[1 + weights, boxes]` arrays of ends."""

    def __init__(self, gate: Gate, rows: Rows, interchangeable: Sequence[tuple[int, int]]) -> None:
        self.gate, self.rows, self.interchangeable = gate, rows, tuple(interchangeable)
        space = room(gate)
        delta = space.delta[:1] if gate.weights == "shared" else space.delta
        self.low = np.array([space.x0[0], *(low for low, _ in delta)])
        self.high = np.array([space.x0[1], *(high for _, high in delta)])
        self.state = space.state
        self.values = (-np.inf, np.inf)
        self.threshold = space.threshold
        # x0 and the weights of every row, x0 first.
        self.factors = np.hstack([np.ones((len(rows.weights), 1)), rows.weights])
        self.evaluate: Callable[[np.ndarray], np.ndarray] = lambda z: gate.setting.value(
            z, gate.iterates
        )

    @property
    def bounded(self) -> bool:
        """Whether every parameter has a finite range."""
        return bool(np.isfinite(self.low).all() and np.isfinite(self.high).all())

    def reach(self) -> tuple[float, float]:
        """An enclosure of the values over every state that the bounds allow."""
        low, high = self._states(self.low[:, None], self.high[:, None])
        # In pieces, since the enclosure of one wide interval can be much too wide.
        edges = np.linspace(low.min(), high.max(), 1025)
        value = enclose(self.gate.setting, edges[:-1], edges[1:], self.gate.iterates).value
        return float(value.low.min()), float(value.high.max())

    def _states(self, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Ends of every row's state, rounded outwards and cut to the range: `[rows, boxes]`."""
        total = Box(np.zeros((len(self.factors), low.shape[1])), np.zeros((1, 1)))
        total = Box(total.low, total.low)
        for column in range(len(low)):
            factor = Box.of(self.factors[:, column : column + 1])
            total = total + factor * Box(low[column], high[column])
        return np.maximum(total.low, self.state[0]), np.minimum(total.high, self.state[1])

    def bound(self, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """An upper bound of every box's margin, and the parameter along which to halve it."""
        rows = self.rows
        z_low, z_high = self._states(low, high)
        empty = (z_low > z_high).any(0)
        for first, second in self.interchangeable:
            # Of settings that differ by exchanging two inputs, one is enough.
            empty |= low[1 + first] > high[1 + second]
        z_low = np.where(empty, self.state[0] if np.isfinite(self.state[0]) else 0.0, z_low)
        z_high = np.where(empty, z_low, z_high)
        pairs = rows.pairs
        hull_low = [np.minimum(z_low[i], z_low[j]) for i, j, _, _ in pairs]
        hull_high = [np.maximum(z_high[i], z_high[j]) for i, j, _, _ in pairs]
        jet = enclose(
            self.gate.setting,
            np.vstack([z_low, *hull_low]),
            np.vstack([z_high, *hull_high]),
            self.gate.iterates,
        )
        count = len(z_low)
        value = Box(
            np.maximum(jet.value.low[:count], self.values[0]),
            np.minimum(jet.value.high[:count], self.values[1]),
        )
        top = np.where(rows.above[:, None], value.high, np.inf).min(0)
        bottom = np.where(rows.below[:, None], value.low, -np.inf).max(0)
        margin = np.full(low.shape[1], np.inf)
        if rows.above.any() and rows.below.any():
            # The best threshold lies midway, so that the margin is half the gap.
            margin = _half(top - bottom)
        if self.threshold is not None:
            margin = np.minimum(margin, _up(top - self.threshold[0]))
            margin = np.minimum(margin, _up(self.threshold[1] - bottom))
        with np.errstate(invalid="ignore"):
            # F(z_i) - F(z_j) = F'(xi) (z_i - z_j) with xi between them (the mean value theorem), and two
            # rows of a pair are one weight apart: their gap is in slope * weight.
            for place, (_, _, weight, sign) in enumerate(pairs, count):
                slope = Box(jet.slope.low[place], jet.slope.high[place])
                step = Box(low[1 + weight], high[1 + weight])
                step = step if sign > 0 else -step
                margin = np.minimum(margin, _half((slope * step).high))
        magnitude = np.maximum(np.abs(jet.slope.low[:count]), np.abs(jet.slope.high[:count]))
        # An infinite slope times a width of 0 would be no number.
        magnitude = np.minimum(magnitude, 1e6)
        influence = np.stack(
            [(magnitude * factor[:, None]).max(0) for factor in np.abs(self.factors.T)]
        )
        widths = high - low
        # A parameter without influence is still halved, once nothing else is left to halve.
        axis = np.argmax(widths * (influence + 1e-9), axis=0)
        return np.where(empty, -np.inf, margin), axis

    def margins(self, points: np.ndarray, rigorous: bool = False) -> np.ndarray:
        """The margins of settings `[1 + weights, points]`, minus infinity where out of range.

        With `rigorous`, lower bounds by enclosures at the states that float64 computes.
        """
        z = self.factors[:, :1] * points[0]
        for column in range(1, len(points)):
            z = z + self.factors[:, column : column + 1] * points[column]
        inside = ((z >= self.state[0]) & (z <= self.state[1])).all(0)
        inside &= ((points >= self.low[:, None]) & (points <= self.high[:, None])).all(0)
        z = np.where(inside, z, self.low[0])
        if rigorous:
            value = enclose(self.gate.setting, z, z, self.gate.iterates).value
            low, high = value.low, value.high
        else:
            low = high = self.evaluate(z)
        top = np.where(self.rows.above[:, None], low, np.inf).min(0)
        bottom = np.where(self.rows.below[:, None], high, -np.inf).max(0)
        threshold = self.midway(top, bottom)
        margin = np.minimum(top - threshold, threshold - bottom)
        return np.where(inside & np.isfinite(margin), margin, -np.inf)

    def midway(self, top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
        """The best threshold between the lowest value above and the highest below."""
        return midway(top, bottom, *(self.threshold or (-np.inf, np.inf)))

    def improved(
        self, point: np.ndarray, margin: float, size: float, random: np.random.Generator
    ) -> tuple[np.ndarray, float]:
        """A better setting near a good one: samples in a neighbourhood that shrinks on failure."""
        widths = (self.high - self.low) * size
        shrunk = 0
        while shrunk < 12:
            around = point[:, None] + widths[:, None] * random.uniform(-1, 1, (len(point), SAMPLES))
            around = np.clip(around, self.low[:, None], self.high[:, None])
            margins = self.margins(around)
            best = int(np.argmax(margins))
            if margins[best] > margin * (1 + 1e-3) + 1e-300:
                point, margin = around[:, best], float(margins[best])
            else:
                widths, shrunk = widths / 2, shrunk + 1
        return point, margin

    def setpoint(self, point: np.ndarray) -> Setpoint:
        """The setting at a point, with its best threshold."""
        z = self.factors @ point[:, None]
        value = self.evaluate(z)[:, 0]
        top = np.where(self.rows.above, value, np.inf).min()
        bottom = np.where(self.rows.below, value, -np.inf).max()
        return self.at(point, float(self.midway(np.asarray(top), np.asarray(bottom))))

    def at(self, point: np.ndarray, threshold: float) -> Setpoint:
        """The setting at a point, with a threshold."""
        weights = point[1:].repeat(self.gate.arity if self.gate.weights == "shared" else 1)
        return Setpoint.of(self.gate, float(point[0]), weights.tolist(), threshold)


def midway(top: np.ndarray, bottom: np.ndarray, first: Any, last: Any) -> np.ndarray:
    """The best threshold of a range: the middle, or an end where one side has no rows."""
    some_above, some_below = np.isfinite(top), np.isfinite(bottom)
    middle = np.where(
        some_above & some_below,
        (np.where(some_above, top, 0.0) + np.where(some_below, bottom, 0.0)) / 2,
        np.where(some_above, first, last),
    )
    return np.asarray(np.clip(middle, first, last))


def _up(x: np.ndarray) -> np.ndarray:
    return np.nextafter(x, np.inf)


def _half(x: np.ndarray) -> np.ndarray:
    return _up(_up(x) / 2)


def feasibility(
    gate: Gate,
    wanted: TruthTable | None = None,
    *,
    epsilon: float | None = None,
    accuracy: float = ACCURACY,
    boxes: int = MOST_BOXES,
    decide: bool = False,
) -> Feasibility:
    """Whether a gate can compute a function within its bounds, and how well at best.

    **Arguments:**

    - `wanted`: the function; the gate's own where it is left out.
    - `epsilon`: the margin that counts as none, in the unit of the value; a thousandth of the range of
      the gate's values where it is left out.
    - `accuracy`: how tightly the best margin of a feasible gate is bounded, relatively.
    - `boxes`: the budget.
    - `decide`: stop at the first setting whose margin is at least `epsilon`.

    **Raises:** `ChaoscadError` for a search without bounds, and for a gate without a function.
    """
    wanted = wanted or gate.function
    if wanted is None:
        raise ChaoscadError(f"gate {gate.name!r} has no function to ask about")
    reason = not_searched(gate)
    if reason is not None:
        return Feasibility("undecided", -np.inf, np.inf, epsilon or 0.0, 0, reason)
    try:
        rows = distinct_rows(gate, wanted)
    except Conflict:
        return Feasibility("infeasible", -np.inf, 0.0, epsilon or 0.0, 0, EQUAL_STATES)
    search = Search(gate, rows, _interchangeable(gate, wanted))
    if not search.bounded:
        raise ChaoscadError(
            f"gate {gate.name!r}: a search needs bounds, and x0 or delta has none; give 'state', or "
            "x0 and delta, a finite range under 'bounds'"
        )
    low, high = search.values = search.reach()
    if search.threshold is None and not (rows.above.any() and rows.below.any()):
        search.threshold = (low, high)
    if not np.isfinite(high - low):
        return Feasibility(
            "undecided", -np.inf, np.inf, epsilon or 0.0, 0, "the values have no finite enclosure"
        )
    if epsilon is None:
        # Of a constant the range is nothing but rounding, and no margin is as small as that.
        epsilon = max(EPSILON * (high - low), 16 * float(np.spacing(max(abs(low), abs(high)))))
    return _branch(search, epsilon, accuracy, boxes, decide)


def not_searched(gate: Gate) -> str | None:
    """Why a gate is outside what the search covers, if it is."""
    if isinstance(gate.setting.system, Flow):
        return "flows have no rigorous enclosure here; best_found searches them"
    if gate.train:
        return "the search holds system parameters fixed, and the gate trains some"
    if gate.arity > WIDEST:
        return f"the search covers gates of at most {WIDEST} inputs"
    return None


def _interchangeable(gate: Gate, wanted: TruthTable) -> list[tuple[int, int]]:
    """Neighbouring inputs that can be exchanged without changing the function or the bounds."""
    if gate.weights == "shared":
        return []
    delta = room(gate).delta
    found: list[tuple[int, int]] = []
    for first in range(gate.arity - 1):
        high, low = gate.arity - 1 - first, gate.arity - 2 - first
        swapped = "".join(
            wanted.rows[row ^ (((row >> high ^ row >> low) & 1) * ((1 << high) | (1 << low)))]
            for row in range(1 << gate.arity)
        )
        if swapped == wanted.rows and delta[first] == delta[first + 1]:
            found.append((first, first + 1))
    return found


@np.errstate(all="ignore")
def _branch(
    search: Search, epsilon: float, accuracy: float, budget: int, decide: bool
) -> Feasibility:
    random = np.random.default_rng(0)
    low, high = search.low[:, None], search.high[:, None]
    for axis in range(1, len(low)):
        # At weights of one sign the mean-value bound of a difference has a sign too.
        across = (low[axis] < 0) & (high[axis] > 0)
        low, high = _halved(low, high, np.full(low.shape[1], axis), across, at=0.0)
    bounds, axes = search.bound(low, high)
    examined, best, point, discarded = low.shape[1], -np.inf, None, -np.inf
    while True:
        middles = low + 0.5 * (high - low)
        tried = middles if middles.shape[1] <= CHUNK else middles[:, -2 * CHUNK :]
        if point is None:
            # Boxes are few at first, and settings that work may be rare.
            ends = search.low[:, None], search.high[:, None]
            tried = np.hstack([tried, random.uniform(*ends, (len(low), SAMPLES))])
        margins = search.margins(tried)
        winner = int(np.argmax(margins))
        if margins[winner] > max(best * (1 + accuracy / 4), 0.0):
            size = 0.25 if point is None else 0.05
            found, _ = search.improved(tried[:, winner], float(margins[winner]), size, random)
            # What float64 finds counts as far as the enclosures confirm it.
            certain = float(search.margins(found[:, None], rigorous=True)[0])
            if certain > best:
                best, point = certain, found
        # A box is worth halving if it may hold a setting that is better than the best one by more than
        # the accuracy, and whose margin is one at all.
        target = max(best * (1 + accuracy), epsilon)
        kept = bounds >= target
        # The margin of what is thrown away is at most this: a part of the bound that is told.
        discarded = max(discarded, float(np.max(bounds[~kept], initial=-np.inf)))
        low, high, bounds, axes = low[:, kept], high[:, kept], bounds[kept], axes[kept]
        if not kept.any() or examined >= budget or (decide and best >= epsilon):
            break
        if len(bounds) > CHUNK:
            chosen = np.zeros(len(bounds), bool)
            chosen[np.argpartition(bounds, -CHUNK)[-CHUNK:]] = True
        else:
            chosen = np.ones(len(bounds), bool)
        new_low, new_high = _halved(low[:, chosen], high[:, chosen], axes[chosen])
        new_bounds, new_axes = search.bound(new_low, new_high)
        examined += len(new_bounds)
        rest = ~chosen
        low = np.hstack([low[:, rest], new_low])
        high = np.hstack([high[:, rest], new_high])
        bounds = np.concatenate([bounds[rest], new_bounds])
        axes = np.concatenate([axes[rest], new_axes])
    upper = max(float(np.max(bounds, initial=-np.inf)), discarded, best)
    setpoints = () if point is None else (search.setpoint(point),)
    if best > 0:
        sure = "proven to be the best within 1 %" if upper <= best * 1.0100001 else "not yet tight"
        reason = f"a margin of {best:.6g} is attained; the bound {upper:.6g} is {sure}"
        return Feasibility("feasible", best, upper, epsilon, examined, reason, setpoints)
    if upper < epsilon:
        reason = f"no setting within the bounds has a margin of {epsilon:.3g} or more"
        return Feasibility("infeasible", -np.inf, upper, epsilon, examined, reason)
    reason = f"{examined} boxes did not decide it; the margin is at most {upper:.6g}"
    return Feasibility("undecided", -np.inf, upper, epsilon, examined, reason)


def _halved(
    low: np.ndarray,
    high: np.ndarray,
    axes: np.ndarray,
    which: np.ndarray | None = None,
    at: float | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Boxes in two along their axes; those that `which` leaves out stay whole."""
    columns = np.arange(low.shape[1])
    if which is not None:
        columns = columns[which]
    middle = low + 0.5 * (high - low)
    new_low, new_high = low[:, columns].copy(), high[:, columns].copy()
    left_high = high.copy()
    cut = np.full(len(columns), at) if at is not None else middle[axes[columns], columns]
    left_high[axes[columns], columns] = cut
    new_low[axes[columns], np.arange(len(columns))] = cut
    return np.hstack([low, new_low]), np.hstack([left_high, new_high])
