"""The value curve of a flow as a table over its states, finer where the curve bends."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from chaoscad.systems import Interval, Setting
from chaoscad.systems.evaluate import FEW_STEPS, integrate_readings

POINTS = 2001
"""Points of an even table of F."""

MOST_POINTS = 6000
"""Most points of a refined one."""

HALVINGS = 24
"""How often an interval of the even table is halved at most."""

BENDS = 5e-3
"""How far a value is from the line between its neighbours, as a share of the height, where both intervals
beside it are halved; between them a parabola is a quarter of that from the table."""

TABLE_TOLERANCE = 1e-7

BIGGEST = 1e6
"""Values beyond this are as good as escaped: no comparator sees them."""


def tabulate(setting: Setting, state: Interval) -> tuple[np.ndarray, np.ndarray]:
    """F over a range of states: `POINTS` equidistant states and their values, NaN where it escapes."""
    z, (value,) = tabulate_readings((setting,), state)
    return z, value


@lru_cache(maxsize=32)
def tabulate_readings(
    settings: tuple[Setting, ...], state: Interval
) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """As `tabulate`, of settings that differ in time and coordinate: one orbit of every state is read."""
    z = np.linspace(*state, POINTS)
    if not np.isfinite(_sample(settings, z[:: POINTS // 32])).any():
        # A flow that is too stiff for a few points is not asked for all of them.
        return z, (np.full(z.shape, np.nan),) * len(settings)
    return z, tuple(_sample(settings, z))


@lru_cache(maxsize=32)
def refined(setting: Setting, state: Interval) -> tuple[np.ndarray, np.ndarray]:
    """`tabulate`, with states between where the curve bends, as it does near a saddle's stable manifold.

    The intervals at the sharpest bends are halved until the table follows the curve, or has
    `MOST_POINTS`. What an even table does not show at all is not found.
    """
    z, value = tabulate(setting, state)
    finite = value[np.isfinite(value)]
    height = float(np.ptp(finite)) if finite.size else 0.0
    for _ in range(HALVINGS):
        slopes = (value[2:] - value[:-2]) / (z[2:] - z[:-2])
        off = np.abs(value[1:-1] - value[:-2] - slopes * (z[1:-1] - z[:-2]))
        off = np.concatenate([[0.0], np.nan_to_num(off), [0.0]])
        bend = np.maximum(off[:-1], off[1:])
        worst = np.argsort(-bend, kind="stable")[: MOST_POINTS - len(z)]
        worst = worst[bend[worst] > BENDS * height]
        if not len(worst):
            break
        middle = (z[worst] + z[worst + 1]) / 2
        (found,) = _sample((setting,), middle)
        order = np.argsort(np.concatenate([z, middle]), kind="stable")
        z, value = np.concatenate([z, middle])[order], np.concatenate([value, found])[order]
    return z, value


def _sample(settings: tuple[Setting, ...], states: np.ndarray) -> list[np.ndarray]:
    """The values of every setting, NaN where there is none."""
    found = integrate_readings(settings, states, tolerance=TABLE_TOLERANCE, most_steps=FEW_STEPS)
    return [np.where(np.abs(one.values) < BIGGEST, one.values, np.nan) for one in found]
