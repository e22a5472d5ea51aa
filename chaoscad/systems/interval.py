"""Intervals of real numbers, in arrays, with every operation rounded outwards."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

LIBRARY = 16
"""Units in the last place by which results of sin, exp, log, tanh and powers are widened: more than
four times the error that NumPy's documentation and its vector libraries admit."""


def down(x: Any) -> Any:
    """The next number of float64 below."""
    return np.nextafter(x, -np.inf)


def up(x: Any) -> Any:
    """The next number of float64 above."""
    return np.nextafter(x, np.inf)


@dataclass(frozen=True)
class Box:
    """Intervals [low, high], arrays of one shape; NaN never stands in them."""

    low: np.ndarray
    high: np.ndarray

    @staticmethod
    def of(x: Any) -> Box:
        """The interval that is a number, or the box itself."""
        if isinstance(x, Box):
            return x
        x = np.asarray(x, np.float64)
        return Box(x, x)

    def __add__(self, other: Box) -> Box:
        return _safe(down(self.low + other.low), up(self.high + other.high))

    def __sub__(self, other: Box) -> Box:
        return _safe(down(self.low - other.high), up(self.high - other.low))

    def __neg__(self) -> Box:
        return Box(-self.high, -self.low)

    def __mul__(self, other: Box) -> Box:
        products = [
            self.low * other.low,
            self.low * other.high,
            self.high * other.low,
            self.high * other.high,
        ]
        # 0 times infinity is 0 here: an end of a range, not a number of its own.
        products = [np.where(np.isnan(product), 0.0, product) for product in products]
        low = np.minimum(np.minimum(products[0], products[1]), np.minimum(products[2], products[3]))
        high = np.maximum(
            np.maximum(products[0], products[1]), np.maximum(products[2], products[3])
        )
        return Box(down(low), up(high))

    def inverse(self) -> Box:
        """1 / x: everything where x may be 0."""
        across = (self.low <= 0) & (self.high >= 0)
        low, high = np.where(across, 1.0, self.low), np.where(across, 1.0, self.high)
        return Box(np.where(across, -np.inf, down(1 / high)), np.where(across, np.inf, up(1 / low)))

    def meet(self, other: Box) -> Box:
        """What two enclosures of one quantity have in common."""
        low, high = np.maximum(self.low, other.low), np.minimum(self.high, other.high)
        # Both contain the quantity, so an empty meet could only come from a fault: keep the first.
        empty = low > high
        return Box(np.where(empty, self.low, low), np.where(empty, self.high, high))

    def hull(self, other: Box) -> Box:
        """The least interval that contains both."""
        return Box(np.minimum(self.low, other.low), np.maximum(self.high, other.high))

    def where(self, condition: Any, other: Box) -> Box:
        """`self` where the condition holds, else `other`."""
        return Box(
            np.where(condition, self.low, other.low), np.where(condition, self.high, other.high)
        )


def _safe(low: Any, high: Any) -> Box:
    return Box(np.where(np.isnan(low), -np.inf, low), np.where(np.isnan(high), np.inf, high))


def widened(low: Any, high: Any) -> Box:
    """The ends moved outwards by the error of a library function."""
    room = LIBRARY * np.finfo(np.float64).eps
    low = low - room * np.abs(low) - 1e-300
    high = high + room * np.abs(high) + 1e-300
    return _safe(low, high)


EVERYTHING = Box(np.asarray(-np.inf), np.asarray(np.inf))
ZERO = Box.of(0.0)
ONE = Box.of(1.0)


def product(x: Box, power: int) -> Box:
    """The product of `power` factors x."""
    if power == 0:
        return ONE
    if power % 2:
        # Odd powers rise, so their ends are the powers of the ends.
        return Box(_repeated(Box.of(x.low), power).low, _repeated(Box.of(x.high), power).high)
    result, base, left = ONE, magnitude(x), power
    while left:
        if left & 1:
            result = result * base
        base = base * base
        left >>= 1
    return Box(np.maximum(result.low, 0.0), result.high)


def _repeated(x: Box, power: int) -> Box:
    result = ONE
    for _ in range(power):
        result = result * x
    return result


def magnitude(x: Box) -> Box:
    """The absolute value."""
    across = (x.low <= 0) & (x.high >= 0)
    small = np.where(across, 0.0, np.minimum(np.abs(x.low), np.abs(x.high)))
    return Box(small, np.maximum(np.abs(x.low), np.abs(x.high)))


def sine(x: Box, shift: float) -> Box:
    """sin(x + shift * pi / 2), the shift a whole number."""
    # A crest lies in the range when a whole number of turns from it does; the ends of the test are
    # moved outwards by more than its rounding, so a crest is at worst seen where there is none.
    turns_low, turns_high = (
        (end + (shift - 1.0) * (math.pi / 2)) / (2 * math.pi) for end in (x.low, x.high)
    )
    slack = 8 * np.finfo(np.float64).eps * (2.0 + np.abs(turns_low) + np.abs(turns_high))
    crest = np.floor(turns_high + slack) >= np.ceil(turns_low - slack)
    trough = np.floor(turns_high + 0.5 + slack) >= np.ceil(turns_low + 0.5 - slack)
    function = np.sin if shift == 0 else np.cos
    ends = widened(
        np.minimum(function(x.low), function(x.high)), np.maximum(function(x.low), function(x.high))
    )
    low = np.where(trough, -1.0, np.maximum(ends.low, -1.0))
    high = np.where(crest, 1.0, np.minimum(ends.high, 1.0))
    wide = ~(np.isfinite(x.low) & np.isfinite(x.high)) | (np.abs(turns_low) > 1e9)
    return Box(np.where(wide, -1.0, low), np.where(wide, 1.0, high))
