"""Jets: enclosures of a quantity and of its derivative by z, and the functions of maps over them.

Forward differentiation in interval arithmetic (R. E. Moore, Interval Analysis (1966), chapter 11): each
rule of calculus is applied to boxes, rounded outwards. The slope is what the mean-value form needs,
F(Z) within F(c) + F'(Z) (Z - c), which shrinks with the square of Z's width where plain intervals
shrink with the width alone.

Outside the domain of a function everything encloses its value.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from chaoscad.expression import whole_power
from chaoscad.systems.curves import Curve, pieces
from chaoscad.systems.extremes import extreme, extremes
from chaoscad.systems.interval import (
    EVERYTHING,
    ONE,
    ZERO,
    Box,
    down,
    magnitude,
    product,
    sine,
    up,
    widened,
)


@dataclass(frozen=True)
class Jet:
    """Enclosures of a quantity and of its derivative by z (everything where there is none)."""

    value: Box
    slope: Box

    # NumPy must leave `array * jet` to this class.
    __array_ufunc__ = None

    def __add__(self, other: Any) -> Jet:
        other = as_jet(other)
        return Jet(self.value + other.value, self.slope + other.slope)

    __radd__ = __add__

    def __neg__(self) -> Jet:
        return Jet(-self.value, -self.slope)

    def __pos__(self) -> Jet:
        return self

    def __sub__(self, other: Any) -> Jet:
        other = as_jet(other)
        return Jet(self.value - other.value, self.slope - other.slope)

    def __rsub__(self, other: Any) -> Jet:
        return as_jet(other) - self

    def __mul__(self, other: Any) -> Jet:
        # Two intervals that are one quantity: x x of [-1, 1] is [0, 1], the product of any two [-1, 1].
        if other is self:
            return self**2
        other = as_jet(other)
        slope = self.slope * other.value + self.value * other.slope
        return Jet(self.value * other.value, slope)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Jet:
        return self * as_jet(other)._inverse()

    def __rtruediv__(self, other: Any) -> Jet:
        return as_jet(other) * self._inverse()

    def _inverse(self) -> Jet:
        value = self.value.inverse()
        # (1 / u)' = -u' / u^2
        return Jet(value, -(self.slope * (value * value)))

    def __pow__(self, power: Any) -> Jet:
        if isinstance(power, Jet):
            return exp(log(self) * power)
        power = float(power)
        times = whole_power(power)
        if times is None:
            return exp(log(self) * power)
        if times < 0:
            return (self**-times)._inverse()
        if times == 0:
            return as_jet(1.0) + self * 0  # times 0, so that what has no value keeps none
        # Repeated products and not exp(n log u): u may be negative. (u^n)' = n u^(n - 1) u'
        return Jet(
            product(self.value, times),
            Box.of(power) * product(self.value, times - 1) * self.slope,
        )

    def __rpow__(self, base: Any) -> Jet:
        return exp(self * log(as_jet(base)))


def as_jet(x: Any) -> Jet:
    return x if isinstance(x, Jet) else Jet(Box.of(x), ZERO)


def sin(x: Any) -> Jet:
    x = as_jet(x)
    return Jet(sine(x.value, 0), sine(x.value, 1) * x.slope)


def cos(x: Any) -> Jet:
    x = as_jet(x)
    return Jet(sine(x.value, 1), -(sine(x.value, 0) * x.slope))


def tan(x: Any) -> Jet:
    return sin(x) / cos(x)


def exp(x: Any) -> Jet:
    x = as_jet(x)
    # Of a monotone function the ends enclose all; `widened` holds the error of the library's own exp,
    # and must not carry the lower end below 0.
    ends = widened(np.exp(x.value.low), np.exp(x.value.high))
    value = Box(np.maximum(ends.low, 0.0), ends.high)
    return Jet(value, value * x.slope)


def log(x: Any) -> Jet:
    x = as_jet(x)
    low, high = np.maximum(x.value.low, 0.0), np.maximum(x.value.high, 0.0)
    ends = widened(np.log(low), np.log(high))
    positive = x.value.low > 0
    # Outside its domain the map has no value, which no gate can use: everything encloses that.
    return Jet(
        ends.where(positive, EVERYTHING),
        (x.value.inverse() * x.slope).where(positive, EVERYTHING),
    )


def sqrt(x: Any) -> Jet:
    x = as_jet(x)
    low, high = np.maximum(x.value.low, 0.0), np.maximum(x.value.high, 0.0)
    inside = x.value.low >= 0
    root = Box(np.maximum(down(np.sqrt(low)), 0.0), up(np.sqrt(high)))
    # 1 / (2 sqrt u) has no bound where u reaches 0.
    slope = (Box.of(0.5) * root.inverse() * x.slope).where(root.low > 0, EVERYTHING)
    return Jet(root.where(inside, EVERYTHING), slope)


def tanh(x: Any) -> Jet:
    x = as_jet(x)
    ends = widened(np.tanh(x.value.low), np.tanh(x.value.high))
    value = Box(np.maximum(ends.low, -1.0), np.minimum(ends.high, 1.0))
    return Jet(value, (ONE - product(value, 2)) * x.slope)  # tanh' = 1 - tanh^2


def absolute(x: Any) -> Jet:
    x = as_jet(x)
    across = (x.value.low <= 0) & (x.value.high >= 0)
    # Across 0 the slope is either; their hull holds every difference quotient, which is all that the
    # mean-value form asks of a function with a corner.
    signed = x.slope.where(x.value.low > 0, -x.slope)
    return Jet(magnitude(x.value), x.slope.hull(-x.slope).where(across, signed))


def minimum(a: Any, b: Any) -> Jet:
    a, b = as_jet(a), as_jet(b)
    value = Box(np.minimum(a.value.low, b.value.low), np.minimum(a.value.high, b.value.high))
    slope = a.slope.hull(b.slope)  # either, unless one is below the other everywhere
    slope = a.slope.where(a.value.high < b.value.low, slope)
    return Jet(value, b.slope.where(b.value.high < a.value.low, slope))


def maximum(a: Any, b: Any) -> Jet:
    return -minimum(-as_jet(a), -as_jet(b))


def floor(x: Any) -> Jet:
    x = as_jet(x)
    value = Box(np.floor(x.value.low), np.floor(x.value.high))
    # Across a jump there is no derivative; the mean-value form then encloses everything.
    return Jet(value, ZERO.where(value.low == value.high, EVERYTHING))


def where(condition: Any, a: Any, b: Any) -> Jet:
    if np.ndim(condition) or isinstance(condition, Jet):
        raise TypeError("a choice that depends on the state has no enclosure")
    return as_jet(a) if condition else as_jet(b)


def interpolate(x: Jet, curve: Curve) -> Jet:
    """A measured curve: its cubics are monotone, so ends and knots hold every extreme."""
    knots, _ = pieces(curve)
    outputs = np.asarray(curve.points[1])
    low = np.clip(x.value.low, knots[0], knots[-1])
    high = np.clip(x.value.high, knots[0], knots[-1])
    first = np.searchsorted(knots[1:-1], low, side="right")
    last = np.searchsorted(knots[1:-1], high, side="right")
    value = _on_piece(curve, low, first).hull(_on_piece(curve, high, last))
    least, most, flattest, steepest = _range_tables(curve)
    crossed = last > first
    inner = Box(
        extreme(least, first + 1, last, np.minimum), extreme(most, first + 1, last, np.maximum)
    )
    value = value.hull(inner).where(crossed, value)
    # A cubic in rounded coefficients overshoots its knots by rounding; the curve itself does not.
    value = Box(np.maximum(value.low, outputs.min()), np.minimum(value.high, outputs.max()))
    slope = Box(
        extreme(flattest, first, last, np.minimum), extreme(steepest, first, last, np.maximum)
    )
    outside = (x.value.high < knots[0]) | (x.value.low > knots[-1])
    return Jet(EVERYTHING.where(outside, value), EVERYTHING.where(outside, slope * x.slope))


def _on_piece(curve: Curve, x: np.ndarray, piece: np.ndarray) -> Box:
    knots, cubics = pieces(curve)
    # Horner's rule: t stands once in each product, and so does its width.
    t = Box.of(x) - Box.of(knots[piece])
    a, b, c, d = (Box.of(row[piece]) for row in cubics)
    return ((a * t + b) * t + c) * t + d


@lru_cache(maxsize=64)
def _range_tables(curve: Curve) -> tuple[list[np.ndarray], ...]:
    """Tables of extremes over 1, 2, 4, ... neighbours: of the knots' outputs, of the pieces' slopes."""
    knots, (a, b, c, _) = pieces(curve)
    outputs = np.asarray(curve.points[1])
    width = Box.of(knots[1:]) - Box.of(knots[:-1])
    a3, b2, first = Box.of(3.0) * Box.of(a), Box.of(2.0) * Box.of(b), Box.of(c)
    end = (a3 * width + b2) * width + first
    slope = first.hull(end)
    # The slope is a parabola: its own extreme counts where it lies inside the piece.
    turn = -(b2 * (Box.of(2.0) * a3).inverse())
    inside = (turn.high > 0) & (turn.low < width.high) & (a != 0)
    turn = Box(np.clip(turn.low, 0.0, width.high), np.clip(turn.high, 0.0, width.high))
    slope = slope.hull((a3 * turn + b2) * turn + first).where(inside, slope)
    return (
        extremes(outputs, np.minimum),
        extremes(outputs, np.maximum),
        extremes(slope.low, np.minimum),
        extremes(slope.high, np.maximum),
    )
