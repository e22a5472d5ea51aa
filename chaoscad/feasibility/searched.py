"""One gate as its search sees it: the rows whose states can differ, and bounds over boxes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chaoscad.gate import Setpoint
from chaoscad.netlist import Gate, TruthTable
from chaoscad.netlist.bounds import room
from chaoscad.systems.enclosure import enclose
from chaoscad.systems.interval import Box

SAMPLES = 256
"""Settings that are tried at a time around the best one."""

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
