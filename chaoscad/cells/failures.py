"""How often a cell fails: the probability of every row to be wrong under errors and noise.

A row starts from z + e, where e sums the errors of x0, of the weights that the row adds, and the noise
on the state, all normal. The value F(z + e) is compared with a threshold that has an error and noise
of its own, to which a system parameter's error adds by the slope of F in it. What is spread uniformly
counts by its standard deviation.

Where only the state has errors, the probability is exact: a sum of normal probabilities over the states
at which F crosses the threshold. Else it is an integral over e, on nodes of equal spacing.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cached_property, lru_cache

import numpy as np
from jaxtyping import Bool, Float

from chaoscad.gate import Solved
from chaoscad.netlist.deviations import Deviations
from chaoscad.systems import Interval, Setting
from chaoscad.systems.curves import saturating
from chaoscad.systems.preimages import crossing_probability

ALLOWED = 1e-3
"""The probability of the row that fails most at which a cell's reach is read."""

POINTS = 1 << 15
"""Places of the states at which crossings of the threshold are looked for."""

RESOLVED = 6
"""Most iterates for which they are enough: each iterate more brings crossings four times as close."""

FINEST = 1 << 21
"""Most places."""

BEYOND = 0.5
"""How far beyond the range of the states they are looked for, as a share of it."""

STRIDE, CLOSE = 0.25, 1e-10
"""Of the logarithm of the reach: steps up to the first failure, and how closely it is then found."""

FARTHEST, NODES = 20.0, 513
"""Of the integral over the error of the state, in its standard deviations."""

WIDEST = 1e100
"""Wider deviations count as so wide: their squares are finite."""

Rows = Float[np.ndarray, " rows"]
Wanted = Bool[np.ndarray, " rows"]


class Failures:
    """The failures of cells of one system with one number of iterates under one tolerance.

    **Arguments:**

    - `setting`: a map with its parameters.
    - `state`: the range of its states; formulas are evaluated beyond it too, and a measured curve
      keeps the value of its end.
    """

    def __init__(
        self, setting: Setting, state: Interval, iterates: int, tolerance: Deviations
    ) -> None:
        self.setting, self.state, self.iterates = saturating(setting), state, iterates
        self.tolerance = tolerance
        self.system = {
            name: tolerance.deviation(name, value) for name, value in setting.parameters.items()
        }

    @cached_property
    def _profile(self) -> tuple[np.ndarray, np.ndarray]:
        """States from below the range to above it, and their values."""
        low, high = self.state
        room = BEYOND * (high - low)
        points = min(POINTS << 2 * max(self.iterates - RESOLVED, 0), FINEST)
        z = np.linspace(low - room, high + room, points)
        return z, self.setting.value(z, self.iterates)

    @property
    def exact(self) -> bool:
        """Whether only the state has errors, so that a crossing of the threshold says it all."""
        value = self.tolerance.deviation("threshold", 1.0), self.tolerance.comparator_noise
        return not (any(value) or any(self.system.values()))

    def crossings(self, threshold: float) -> tuple[Rows, bool]:
        """The states at which F crosses the threshold, rising, and whether F is above at first."""
        z, value = self._profile
        # An orbit that escapes to infinity has no value: it is not above the threshold.
        above = value > threshold
        at = np.flatnonzero(above[1:] != above[:-1])
        with np.errstate(all="ignore"):
            part = (threshold - value[at]) / (value[at + 1] - value[at])
        part = np.where(np.isfinite(part), part, 0.5)
        return z[at] + part * (z[at + 1] - z[at]), bool(above[0])

    def sizes(
        self,
        delta: Float[np.ndarray, " inputs"],
        x0: float,
        bits: Float[np.ndarray, "rows inputs"],
    ) -> Rows:
        """The standard deviation of every row's state."""
        own = np.array([self.tolerance.deviation("delta", weight) for weight in delta.tolist()])
        fixed = _square(self.tolerance.deviation("x0", x0)) + _square(self.tolerance.state_noise)
        return np.sqrt(fixed + bits @ np.minimum(own, WIDEST) ** 2)

    def failures(
        self, states: Rows, sizes: Rows, wanted: Wanted, threshold: float, scale: float = 1.0
    ) -> Rows:
        """The probability of every row to be wrong.

        **Arguments:**

        - `states`, `sizes`: of every row, and the standard deviation of its error (`sizes`).
        - `wanted`: whether the value is to be above the threshold.
        - `scale`: by how much every deviation is multiplied.
        """
        if self.exact:
            return self._summed(states, scale * sizes, wanted, threshold)
        return self._integrated(states, scale * sizes, wanted, threshold, scale)

    def _summed(self, states: Rows, sizes: Rows, wanted: Wanted, threshold: float) -> Rows:
        places, first = self.crossings(threshold)
        # The value is above the threshold between crossings by turns.
        above = (places <= states[:, None]).sum(1) % 2 == (0 if first else 1)
        turned = crossing_probability(states, places, sizes)
        return np.clip(np.where(above == wanted, turned, 1.0 - turned), 0.0, 1.0)

    def _integrated(
        self, states: Rows, sizes: Rows, wanted: Wanted, threshold: float, scale: float
    ) -> Rows:
        from scipy.special import ndtr

        u, weights = _nodes()
        z = states[:, None] + sizes[:, None] * u
        value = self.setting.value(z, self.iterates)
        own = self.tolerance.deviation("threshold", threshold)
        spread = _square(own) + _square(self.tolerance.comparator_noise)
        with np.errstate(all="ignore"):
            variance = np.full(z.shape, spread)
            for name, size in self.system.items():
                if size:
                    variance += (min(size, WIDEST) * self._slope(z, name, value)) ** 2
            distance = np.where(wanted[:, None], value - threshold, threshold - value)
            # Between two nodes the value moves: as an error of equal variance, it keeps the steps of
            # a comparator that is all but exact from being seen by the nodes.
            moved = np.gradient(value, axis=1) ** 2 / 12 if sizes.any() else 0.0
            wrong = ndtr(-distance / np.sqrt(scale**2 * variance + moved))
        # What has no value is not above the threshold.
        wrong = np.where(
            np.isnan(wrong), np.where(np.isfinite(value), distance <= 0, wanted[:, None]), wrong
        )
        return wrong @ weights

    def _slope(self, z: np.ndarray, name: str, value: np.ndarray) -> np.ndarray:
        """dF/dp of a system parameter."""
        at = self.setting.parameters[name]
        step = 1e-6 * max(abs(at), 1e-3)
        found = (self.setting.value(z, self.iterates, {name: at + step}) - value) / step
        return np.where(np.isfinite(found), found, 0.0)

    def of(self, cell: Solved, scale: float = 1.0) -> Rows:
        """The probability of every row of a cell to be wrong."""
        bits = input_bits(len(cell.setpoint.delta))
        weights = np.array(cell.setpoint.delta, float)
        return self.failures(
            cell.setpoint.x0 + bits @ weights,
            self.sizes(weights, cell.setpoint.x0, bits),
            wanted_above(cell),
            cell.setpoint.threshold,
            scale,
        )

    def reach(self, cell: Solved, allowed: float = ALLOWED) -> float:
        """By how much all deviations may be multiplied until the worst row fails so often.

        With noise of 1 on the state and nothing else it is the state noise that the cell stands. It
        holds for every function of the cell's class: each row counts as if it added all weights, as
        complements of inputs change which rows do. Infinite where even deviations far wider than the
        range of the states leave all rows right, and 0 for a cell that is wrong as designed.
        """
        largest = self._largest(cell)
        if largest == 0:
            return math.inf
        fails = self._fails(cell, allowed)
        # From far below the first failure, as more errors may be fewer failures beyond it.
        low = math.log((self.state[1] - self.state[0]) / largest) - 30.0
        if fails(low):
            return 0.0
        high = next(
            (low + STRIDE * step for step in range(1, 160) if fails(low + STRIDE * step)), None
        )
        if high is None:
            return math.inf
        low = high - STRIDE
        while high - low > CLOSE:
            middle = (low + high) / 2
            low, high = (low, middle) if fails(middle) else (middle, high)
        return math.exp(low)

    def reaches(self, cell: Solved, reach: float, close: float, allowed: float = ALLOWED) -> bool:
        """Whether the reach of a cell is this one, but for a part `close` of it.

        That no row fails more often at much smaller factors is not looked at.
        """
        if not math.isfinite(reach):
            return self.reach(cell, allowed) == reach
        fails = self._fails(cell, allowed)
        near = math.log(reach)
        return not fails(near - close) and fails(near + close)

    def _fails(self, cell: Solved, allowed: float) -> Callable[[float], bool]:
        """Whether a row fails so often at a factor on all deviations, given by its logarithm."""
        bits = input_bits(len(cell.setpoint.delta))
        weights = np.array(cell.setpoint.delta, float)
        states, wanted = cell.setpoint.x0 + bits @ weights, wanted_above(cell)
        sizes = self.sizes(weights, cell.setpoint.x0, np.ones_like(bits))

        def fails(logarithm: float) -> bool:
            scale = math.exp(logarithm)
            rows = self.failures(states, sizes, wanted, cell.setpoint.threshold, scale)
            return float(rows.max()) >= allowed

        return fails

    def _largest(self, cell: Solved) -> float:
        """The largest deviation of the cell."""
        own = [self.tolerance.deviation("delta", weight) for weight in cell.setpoint.delta]
        others = (
            self.tolerance.deviation("x0", cell.setpoint.x0),
            self.tolerance.deviation("threshold", cell.setpoint.threshold),
            self.tolerance.state_noise,
            self.tolerance.comparator_noise,
        )
        return min(max(*own, *others, *self.system.values()), WIDEST)


def wanted_above(cell: Solved) -> Bool[np.ndarray, " rows"]:
    """Whether the value of every row is to be above the threshold."""
    return np.array(
        [row == ("1" if cell.setpoint.compare == ">" else "0") for row in cell.function.rows]
    )


def _square(deviation: float) -> float:
    return min(deviation, WIDEST) ** 2


@lru_cache(maxsize=16)
def input_bits(inputs: int) -> Float[np.ndarray, "rows inputs"]:
    """The inputs of every row, the first most significant."""
    return (np.arange(1 << inputs)[:, None] >> np.arange(inputs - 1, -1, -1) & 1).astype(float)


@lru_cache(maxsize=1)
def _nodes() -> tuple[Float[np.ndarray, " nodes"], Float[np.ndarray, " nodes"]]:
    u = np.linspace(-FARTHEST, FARTHEST, NODES)
    weights = np.exp(-(u**2) / 2)
    return u, weights / weights.sum()
