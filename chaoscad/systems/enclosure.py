"""Rigorous enclosures: intervals that contain every value of F over a range of states.

Every operation is rounded outwards, so what is enclosed is the map in real arithmetic, at the
parameters' float64 values. A `Jet` carries the enclosures of a quantity and of its derivative by z
together; the maps' own equations run on jets as they run on arrays.

The image of a box is the intersection of three enclosures (R. E. Moore, R. B. Kearfott, M. J. Cloud,
Introduction to Interval Analysis, SIAM (2009), chapters 5 and 6): the natural one, the mean-value
form, and, where the derivative keeps its sign, the hull of the two ends. The last is exact, and the
second is off by the square of the width, so the enclosures of iterates stay tight.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import numpy as np

from chaoscad.systems.curves import Curve, pieces
from chaoscad.systems.model import Setting

LIBRARY = 16
"""Units in the last place by which results of sin, exp, log, tanh and powers are widened: more than
four times the error that NumPy's documentation and its vector libraries admit."""


CELLS = 1024
"""Cells of the range of the states over which wide boxes are enclosed."""


def _down(x: Any) -> Any:
    return np.nextafter(x, -np.inf)


def _up(x: Any) -> Any:
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
        return _safe(_down(self.low + other.low), _up(self.high + other.high))

    def __sub__(self, other: Box) -> Box:
        return _safe(_down(self.low - other.high), _up(self.high - other.low))

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
        return Box(_down(low), _up(high))

    def inverse(self) -> Box:
        """1 / x: everything where x may be 0."""
        across = (self.low <= 0) & (self.high >= 0)
        low, high = np.where(across, 1.0, self.low), np.where(across, 1.0, self.high)
        return Box(
            np.where(across, -np.inf, _down(1 / high)), np.where(across, np.inf, _up(1 / low))
        )

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


def _widened(low: Any, high: Any) -> Box:
    """The ends moved outwards by the error of a library function."""
    room = LIBRARY * np.finfo(np.float64).eps
    low = low - room * np.abs(low) - 1e-300
    high = high + room * np.abs(high) + 1e-300
    return _safe(low, high)


EVERYTHING = Box(np.asarray(-np.inf), np.asarray(np.inf))
_ZERO = Box.of(0.0)
_ONE = Box.of(1.0)


@dataclass(frozen=True)
class Jet:
    """Enclosures of a quantity and of its derivative by z (everything where there is none)."""

    value: Box
    slope: Box

    # NumPy must leave `array * jet` to this class.
    __array_ufunc__ = None

    def __add__(self, other: Any) -> Jet:
        other = _jet(other)
        return Jet(self.value + other.value, self.slope + other.slope)

    __radd__ = __add__

    def __neg__(self) -> Jet:
        return Jet(-self.value, -self.slope)

    def __pos__(self) -> Jet:
        return self

    def __sub__(self, other: Any) -> Jet:
        other = _jet(other)
        return Jet(self.value - other.value, self.slope - other.slope)

    def __rsub__(self, other: Any) -> Jet:
        return _jet(other) - self

    def __mul__(self, other: Any) -> Jet:
        if other is self:
            return self**2
        other = _jet(other)
        slope = self.slope * other.value + self.value * other.slope
        return Jet(self.value * other.value, slope)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Jet:
        return self * _jet(other)._inverse()

    def __rtruediv__(self, other: Any) -> Jet:
        return _jet(other) * self._inverse()

    def _inverse(self) -> Jet:
        value = self.value.inverse()
        return Jet(value, -(self.slope * (value * value)))

    def __pow__(self, power: Any) -> Jet:
        if isinstance(power, Jet):
            return _exp(_log(self) * power)
        power = float(power)
        if power.is_integer() and abs(power) <= 64:
            whole = int(power)
            if whole < 0:
                return (self**-whole)._inverse()
            if whole == 0:
                return _jet(1.0) + self * 0
            return Jet(
                _whole_power(self.value, whole),
                Box.of(power) * _whole_power(self.value, whole - 1) * self.slope,
            )
        return _exp(_log(self) * power)

    def __rpow__(self, base: Any) -> Jet:
        return _exp(self * _log(_jet(base)))


def _jet(x: Any) -> Jet:
    return x if isinstance(x, Jet) else Jet(Box.of(x), _ZERO)


def _whole_power(x: Box, power: int) -> Box:
    if power == 0:
        return _ONE
    result, base, left = _ONE, _magnitude(x) if power % 2 == 0 else x, power
    if power % 2:
        # Odd powers rise, so their ends are the powers of the ends.
        low, high = Box.of(x.low), Box.of(x.high)
        return Box(_repeated(low, power).low, _repeated(high, power).high)
    while left:
        if left & 1:
            result = result * base
        base = base * base
        left >>= 1
    return Box(np.maximum(result.low, 0.0), result.high)


def _repeated(x: Box, power: int) -> Box:
    result = _ONE
    for _ in range(power):
        result = result * x
    return result


def _magnitude(x: Box) -> Box:
    across = (x.low <= 0) & (x.high >= 0)
    small = np.where(across, 0.0, np.minimum(np.abs(x.low), np.abs(x.high)))
    return Box(small, np.maximum(np.abs(x.low), np.abs(x.high)))


def _sine(x: Box, shift: float) -> Box:
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
    ends = _widened(
        np.minimum(function(x.low), function(x.high)), np.maximum(function(x.low), function(x.high))
    )
    low = np.where(trough, -1.0, np.maximum(ends.low, -1.0))
    high = np.where(crest, 1.0, np.minimum(ends.high, 1.0))
    wide = ~(np.isfinite(x.low) & np.isfinite(x.high)) | (np.abs(turns_low) > 1e9)
    return Box(np.where(wide, -1.0, low), np.where(wide, 1.0, high))


def _sin(x: Any) -> Jet:
    x = _jet(x)
    return Jet(_sine(x.value, 0), _sine(x.value, 1) * x.slope)


def _cos(x: Any) -> Jet:
    x = _jet(x)
    return Jet(_sine(x.value, 1), -(_sine(x.value, 0) * x.slope))


def _tan(x: Any) -> Jet:
    return _sin(x) / _cos(x)


def _exp(x: Any) -> Jet:
    x = _jet(x)
    ends = _widened(np.exp(x.value.low), np.exp(x.value.high))
    value = Box(np.maximum(ends.low, 0.0), ends.high)
    return Jet(value, value * x.slope)


def _log(x: Any) -> Jet:
    x = _jet(x)
    low, high = np.maximum(x.value.low, 0.0), np.maximum(x.value.high, 0.0)
    ends = _widened(np.log(low), np.log(high))
    positive = x.value.low > 0
    # Outside its domain the map has no value, which no gate can use: everything encloses that.
    return Jet(
        ends.where(positive, EVERYTHING),
        (x.value.inverse() * x.slope).where(positive, EVERYTHING),
    )


def _sqrt(x: Any) -> Jet:
    x = _jet(x)
    low, high = np.maximum(x.value.low, 0.0), np.maximum(x.value.high, 0.0)
    inside = x.value.low >= 0
    root = Box(np.maximum(_down(np.sqrt(low)), 0.0), _up(np.sqrt(high)))
    slope = (Box.of(0.5) * root.inverse() * x.slope).where(root.low > 0, EVERYTHING)
    return Jet(root.where(inside, EVERYTHING), slope)


def _tanh(x: Any) -> Jet:
    x = _jet(x)
    ends = _widened(np.tanh(x.value.low), np.tanh(x.value.high))
    value = Box(np.maximum(ends.low, -1.0), np.minimum(ends.high, 1.0))
    return Jet(value, (_ONE - _whole_power(value, 2)) * x.slope)


def _abs(x: Any) -> Jet:
    x = _jet(x)
    across = (x.value.low <= 0) & (x.value.high >= 0)
    signed = x.slope.where(x.value.low > 0, -x.slope)
    return Jet(_magnitude(x.value), x.slope.hull(-x.slope).where(across, signed))


def _minimum(a: Any, b: Any) -> Jet:
    a, b = _jet(a), _jet(b)
    value = Box(np.minimum(a.value.low, b.value.low), np.minimum(a.value.high, b.value.high))
    slope = a.slope.hull(b.slope)
    slope = a.slope.where(a.value.high < b.value.low, slope)
    return Jet(value, b.slope.where(b.value.high < a.value.low, slope))


def _maximum(a: Any, b: Any) -> Jet:
    return -_minimum(-_jet(a), -_jet(b))


def _floor(x: Any) -> Jet:
    x = _jet(x)
    value = Box(np.floor(x.value.low), np.floor(x.value.high))
    # Across a jump there is no derivative; the mean-value form then encloses everything.
    return Jet(value, _ZERO.where(value.low == value.high, EVERYTHING))


def _where(condition: Any, a: Any, b: Any) -> Jet:
    if np.ndim(condition) or isinstance(condition, Jet):
        raise TypeError("a choice that depends on the state has no enclosure")
    return _jet(a) if condition else _jet(b)


def _interpolate(x: Jet, curve: Curve) -> Jet:
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
        _range(least, first + 1, last, np.minimum), _range(most, first + 1, last, np.maximum)
    )
    value = value.hull(inner).where(crossed, value)
    value = Box(np.maximum(value.low, outputs.min()), np.minimum(value.high, outputs.max()))
    slope = Box(
        _range(flattest, first, last, np.minimum), _range(steepest, first, last, np.maximum)
    )
    outside = (x.value.high < knots[0]) | (x.value.low > knots[-1])
    return Jet(EVERYTHING.where(outside, value), EVERYTHING.where(outside, slope * x.slope))


def _on_piece(curve: Curve, x: np.ndarray, piece: np.ndarray) -> Box:
    knots, cubics = pieces(curve)
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
        _table(outputs, np.minimum),
        _table(outputs, np.maximum),
        _table(slope.low, np.minimum),
        _table(slope.high, np.maximum),
    )


def _table(values: np.ndarray, choose: Callable[..., np.ndarray]) -> list[np.ndarray]:
    levels = [values]
    while 2 ** len(levels) <= len(values):
        half = 2 ** (len(levels) - 1)
        levels.append(choose(levels[-1][:-half], levels[-1][half:]))
    return levels


def _range(
    table: list[np.ndarray], first: np.ndarray, last: np.ndarray, choose: Callable[..., np.ndarray]
) -> np.ndarray:
    """The extreme over the entries first to last, both included, of a table of extremes."""
    last = np.maximum(last, first)
    count = last - first + 1
    level = np.frexp(count.astype(np.float64))[1] - 1
    found = np.empty(np.shape(first))
    for height, row in enumerate(table):
        here = level == height
        if np.any(here):
            lower = np.minimum(first[here], len(row) - 1)
            found[here] = choose(row[lower], row[np.maximum(last[here] - 2**height + 1, 0)])
    return found


NAMESPACE = SimpleNamespace(
    sin=_sin,
    cos=_cos,
    tan=_tan,
    exp=_exp,
    log=_log,
    sqrt=_sqrt,
    tanh=_tanh,
    abs=_abs,
    minimum=_minimum,
    maximum=_maximum,
    floor=_floor,
    where=_where,
    interpolate=_interpolate,
    zeros_like=lambda x: x * 0.0,
)
"""The functions that maps may use, over jets."""


def enclose(setting: Setting, low: np.ndarray, high: np.ndarray, iterates: int = 1) -> Jet:
    """Enclosures of F and dF/dz over every interval of states.

    **Arguments:**

    - `low`, `high`: arrays of one shape, the ends of the intervals.
    - `iterates`: of the map.

    **Returns:** a jet of that shape: F and dF/dz of every state in the interval lie inside.
    """
    box = Box(np.asarray(low, np.float64), np.asarray(high, np.float64))
    one = Box(np.ones_like(box.low), np.ones_like(box.low))
    with np.errstate(all="ignore"):
        if not setting.one_dimensional:
            return _several(setting, box, one, iterates)
        jet = Jet(box, one)
        for _ in range(iterates):
            image = _image(setting, jet.value)
            jet = Jet(image.value, image.slope * jet.slope)
        return jet


def _several(setting: Setting, box: Box, one: Box, iterates: int) -> Jet:
    """A map of several coordinates: one mean-value form for all iterates together."""

    def run(start: Jet) -> Jet:
        state = setting.launch(NAMESPACE, start)
        for _ in range(iterates):
            state = tuple(
                _jet(item)
                for item in setting.system.step(NAMESPACE, state, setting.parameters)  # type: ignore[union-attr]
            )
        return _jet(state[setting.reading])

    return _tightened(run, box, one)


def _image(setting: Setting, box: Box) -> Jet:
    """One iterate: the image, and the derivative by the state that entered."""
    direct = _direct(setting, box)
    low, high = setting.system.state
    if not math.isfinite(high - low) or setting.system.curve is not None:  # type: ignore[union-attr]
        return direct
    # Over a wide box the equations' own enclosure is wide; over small cells it is tight, and the hull
    # of the cells that the box touches is an enclosure too.
    wide = (box.high - box.low > 2 * (high - low) / CELLS) & (box.low >= low) & (box.high <= high)
    if not np.any(wide):
        return direct
    edges, tables = _cells(setting)
    first = np.searchsorted(edges[1:-1], box.low[wide], side="right")
    last = np.searchsorted(edges[1:-1], box.high[wide], side="right")
    found = [
        box_end.copy() for jet in (direct.value, direct.slope) for box_end in (jet.low, jet.high)
    ]
    for ends, table, choose, meet in zip(
        found,
        tables,
        (np.minimum, np.maximum) * 2,
        (np.maximum, np.minimum) * 2,
        strict=True,
    ):
        ends[wide] = meet(ends[wide], _range(table, first, last, choose))
    return Jet(Box(found[0], found[1]), Box(found[2], found[3]))


@lru_cache(maxsize=64)
def _cells(setting: Setting) -> tuple[np.ndarray, tuple[list[np.ndarray], ...]]:
    """The edges of the cells, and tables of the extremes over runs of cells of value and slope."""
    edges = np.linspace(*setting.system.state, CELLS + 1)
    jet = _direct(setting, Box(edges[:-1], edges[1:]))
    return edges, (
        _table(jet.value.low, np.minimum),
        _table(jet.value.high, np.maximum),
        _table(jet.slope.low, np.minimum),
        _table(jet.slope.high, np.maximum),
    )


def _direct(setting: Setting, box: Box) -> Jet:
    one = Box(np.ones_like(box.low), np.ones_like(box.low))

    def run(start: Jet) -> Jet:
        return _jet(setting.system.step(NAMESPACE, (start,), setting.parameters)[0])  # type: ignore[union-attr]

    return _tightened(run, box, one)


def _tightened(run: Callable[[Jet], Jet], box: Box, one: Box) -> Jet:
    natural = run(Jet(box, one))
    slope = natural.slope
    low, high = (run(Jet(Box.of(end), one)).value for end in (box.low, box.high))
    with np.errstate(all="ignore"):
        middle = box.low + 0.5 * (box.high - box.low)
    middle = np.where(np.isfinite(middle), middle, np.clip(0.0, box.low, box.high))
    centre = run(Jet(Box.of(middle), one)).value
    value = natural.value.meet(centre + slope * (box - Box.of(middle)))
    rising, falling = slope.low >= 0, slope.high <= 0
    value = value.meet(Box(low.low, high.high)).where(rising, value)
    value = value.meet(Box(high.low, low.high)).where(falling, value)
    shape = box.low.shape
    return Jet(
        Box(np.broadcast_to(value.low, shape), np.broadcast_to(value.high, shape)),
        Box(np.broadcast_to(slope.low, shape), np.broadcast_to(slope.high, shape)),
    )
