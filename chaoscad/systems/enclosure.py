"""Rigorous enclosures: intervals that contain every value of F over a range of states.

Every operation is rounded outwards, so what is enclosed is the map in real arithmetic, at the
parameters' float64 values. The maps' own equations run on jets as they run on arrays.

The image of a box is the intersection of three enclosures (R. E. Moore, R. B. Kearfott, M. J. Cloud,
Introduction to Interval Analysis, SIAM (2009), chapters 5 and 6): the natural one, the mean-value
form, and, where the derivative keeps its sign, the hull of the two ends. The last is exact, and the
second is off by the square of the width, so the enclosures of iterates stay tight.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from types import SimpleNamespace

import numpy as np
from jaxtyping import Float64

from chaoscad.systems.extremes import extreme, extremes
from chaoscad.systems.interval import Box
from chaoscad.systems.jet import Jet, as_jet, interpolate, maximum, minimum, where
from chaoscad.systems.model import Setting
from chaoscad.systems.symbolic.operations import FUNCTIONS

CELLS = 1024
"""Cells of the range of the states over which wide boxes are enclosed."""

NAMESPACE = SimpleNamespace(
    **{name: function.jet for name, function in FUNCTIONS.items()},
    where=where,
    interpolate=interpolate,
    zeros_like=lambda x: x * 0.0,
    clip=lambda x, low, high: minimum(maximum(x, low), high),
)
"""The functions that maps may use, over jets."""


def enclose(
    setting: Setting,
    low: Float64[np.ndarray, "*boxes"],
    high: Float64[np.ndarray, "*boxes"],
    iterates: int = 1,
) -> Jet:
    """Enclosures of F and dF/dz over every interval of states.

    **Arguments:**

    - `low`, `high`: the ends of the intervals.
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
                as_jet(item)
                for item in setting.system.step(NAMESPACE, state, setting.parameters)  # type: ignore[union-attr]
            )
        return as_jet(state[setting.reading])

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
        ends[wide] = meet(ends[wide], extreme(table, first, last, choose))
    return Jet(Box(found[0], found[1]), Box(found[2], found[3]))


@lru_cache(maxsize=64)
def _cells(
    setting: Setting,
) -> tuple[Float64[np.ndarray, " edges"], tuple[list[Float64[np.ndarray, " _"]], ...]]:
    """The edges of the cells, and tables of the extremes over runs of cells of value and slope."""
    edges = np.linspace(*setting.system.state, CELLS + 1)
    jet = _direct(setting, Box(edges[:-1], edges[1:]))
    return edges, (
        extremes(jet.value.low, np.minimum),
        extremes(jet.value.high, np.maximum),
        extremes(jet.slope.low, np.minimum),
        extremes(jet.slope.high, np.maximum),
    )


def _direct(setting: Setting, box: Box) -> Jet:
    one = Box(np.ones_like(box.low), np.ones_like(box.low))

    def run(start: Jet) -> Jet:
        return as_jet(setting.system.step(NAMESPACE, (start,), setting.parameters)[0])  # type: ignore[union-attr]

    return _tightened(run, box, one)


def _tightened(run: Callable[[Jet], Jet], box: Box, one: Box) -> Jet:
    natural = run(Jet(box, one))
    slope = natural.slope
    low, high = (run(Jet(Box.of(end), one)).value for end in (box.low, box.high))
    with np.errstate(all="ignore"):
        middle = box.low + 0.5 * (box.high - box.low)
    middle = np.where(np.isfinite(middle), middle, np.clip(0.0, box.low, box.high))
    centre = run(Jet(Box.of(middle), one)).value
    # The mean-value form: F(X) is in F(m) + F'(X) (X - m).
    value = natural.value.meet(centre + slope * (box - Box.of(middle)))
    # Of a monotone F the values at the ends are the ends of the values.
    rising, falling = slope.low >= 0, slope.high <= 0
    value = value.meet(Box(low.low, high.high)).where(rising, value)
    value = value.meet(Box(high.low, low.high)).where(falling, value)
    shape = box.low.shape
    return Jet(
        Box(np.broadcast_to(value.low, shape), np.broadcast_to(value.high, shape)),
        Box(np.broadcast_to(slope.low, shape), np.broadcast_to(slope.high, shape)),
    )
