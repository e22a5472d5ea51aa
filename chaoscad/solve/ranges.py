"""The range of a gate's values, by which margins of different gates are compared."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from chaoscad.netlist import Gate
from chaoscad.systems import Flow, Setting
from chaoscad.systems.evaluate import FEW_STEPS, integrate

LARGEST_RANGE = 1e30
"""A system whose values span more over its states is taken as unbounded."""


def value_range(gate: Gate) -> tuple[float, float, float]:
    """The lowest and highest value over the range of the states, and their distance, by sampling.

    Where the states or the values have no bound, the range is infinite and the distance is 1.
    """
    return _value_range(gate.setting, gate.iterates, gate.bounds.state)


@lru_cache(maxsize=4096)
def _value_range(
    setting: Setting, iterates: int, state: tuple[float, float]
) -> tuple[float, float, float]:
    if not (np.isfinite(state[0]) and np.isfinite(state[1])):
        return -np.inf, np.inf, 1.0
    if isinstance(setting.system, Flow):
        points = np.linspace(state[0], state[1], 129)
        image = integrate(setting, points, tolerance=1e-6, most_steps=FEW_STEPS).values
    else:
        points = np.linspace(state[0], state[1], 2049)
        image = setting.value(points, iterates)
    image = image[np.isfinite(image)]
    if image.size == 0:
        return -np.inf, np.inf, 1.0
    least, most = float(image.min()), float(image.max())
    if most - least > LARGEST_RANGE:
        return -np.inf, np.inf, 1.0
    return least, most, (most - least) or 1.0
