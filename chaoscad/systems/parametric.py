"""Enclosures of F over ranges of the state and of the system's parameters at once.

As in `enclosure`, the image of a box is the intersection of the natural enclosure, the mean-value form
and, in every variable in which F rises or falls, the ends (R. E. Moore, R. B. Kearfott, M. J. Cloud,
Introduction to Interval Analysis, SIAM (2009), chapters 5 and 6), here in several variables.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from chaoscad.systems.enclosure import NAMESPACE
from chaoscad.systems.interval import ONE, ZERO, Box
from chaoscad.systems.jet import Jet, as_jet
from chaoscad.systems.model import Map, Setting

Run = Callable[[Sequence[Jet]], Jet]
"""A function of several variables, over jets."""

Image = tuple[Box, tuple[Box, ...]]
"""Enclosures of a function and of its derivative by every variable."""


def enclose_over(
    setting: Setting, z: Box, parameters: Mapping[str, Box], iterates: int = 1
) -> Image:
    """Enclosures of F, and of its derivatives by z and by each of `parameters`, over boxes.

    **Arguments:**

    - `z`: intervals of states, an array of boxes.
    - `parameters`: intervals of parameters in boxes of the same shape; those that are not named
      have the setting's values.
    - `iterates`: of the map.
    """
    names = tuple(parameters)
    variables = (z, *parameters.values())
    with np.errstate(all="ignore"):
        if not setting.one_dimensional:
            return _tightened(_composed(setting, names, iterates), variables)
        step = _composed(setting, names, 1)
        value, slopes = _orbit(step, variables, iterates)
        centre, _ = _orbit(step, [Box.of(_middle(one)) for one in variables], iterates)
        value = value.meet(_around(centre, slopes, variables))
        low, high = (_orbit(step, end, iterates)[0] for end in _ends(slopes, variables))
        return value.meet(Box(low.low, high.high)), slopes


def _composed(setting: Setting, names: Sequence[str], iterates: int) -> Run:
    system = setting.system
    assert isinstance(system, Map)

    def run(variables: Sequence[Jet]) -> Jet:
        start, *own = variables
        given = {**setting.parameters, **dict(zip(names, own, strict=True))}
        state = setting.launch(NAMESPACE, start)
        for _ in range(iterates):
            state = tuple(as_jet(item) for item in system.step(NAMESPACE, state, given))
        return as_jet(state[setting.reading])

    return run


def _orbit(step: Run, variables: Sequence[Box], iterates: int) -> Image:
    """Iterate after iterate, with the chain rule for the slopes."""
    state, *parameters = variables
    slopes: tuple[Box, ...] = (ONE, *(ZERO for _ in parameters))
    for _ in range(iterates):
        state, (by_state, *own) = _tightened(step, (state, *parameters))
        # x' = f(x, p): dx'/dz = f_x dx/dz, dx'/dp = f_x dx/dp + f_p.
        before, *by = (by_state * slope for slope in slopes)
        slopes = (before, *(one + other for one, other in zip(by, own, strict=True)))
    return state, slopes


def _tightened(run: Run, variables: Sequence[Box]) -> Image:
    value, slopes = _natural(run, variables)
    centre = _natural_value(run, [Box.of(_middle(one)) for one in variables])
    value = value.meet(_around(centre, slopes, variables))
    low, high = (_natural_value(run, end) for end in _ends(slopes, variables))
    return value.meet(Box(low.low, high.high)), slopes


def _natural(run: Run, variables: Sequence[Box]) -> Image:
    slopes: list[Box] = []
    found = None
    for seed in range(len(variables)):
        found = run(
            [Jet(one, ONE if place == seed else ZERO) for place, one in enumerate(variables)]
        )
        slopes.append(_shaped(found.slope, variables))
    assert found is not None
    return _shaped(found.value, variables), tuple(slopes)


def _natural_value(run: Run, variables: Sequence[Box]) -> Box:
    return _shaped(run([Jet(one, ZERO) for one in variables]).value, variables)


def _around(centre: Box, slopes: Sequence[Box], variables: Sequence[Box]) -> Box:
    for slope, one in zip(slopes, variables, strict=True):
        centre = centre + slope * (one - Box.of(_middle(one)))
    return centre


def _ends(slopes: Sequence[Box], variables: Sequence[Box]) -> tuple[list[Box], list[Box]]:
    """The boxes that hold the least value and the greatest: ends where F rises or falls."""
    low: list[Box] = []
    high: list[Box] = []
    for slope, one in zip(slopes, variables, strict=True):
        rising, falling = slope.low >= 0, slope.high <= 0
        first, last = Box.of(one.low), Box.of(one.high)
        low.append(first.where(rising, last.where(falling, one)))
        high.append(last.where(rising, first.where(falling, one)))
    return low, high


def _middle(box: Box) -> np.ndarray:
    middle = box.low + 0.5 * (box.high - box.low)
    return np.where(np.isfinite(middle), middle, np.clip(0.0, box.low, box.high))


def _shaped(box: Box, variables: Sequence[Box]) -> Box:
    shape = np.broadcast_shapes(*(one.low.shape for one in variables))
    return Box(np.broadcast_to(box.low, shape), np.broadcast_to(box.high, shape))
