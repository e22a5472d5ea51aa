"""States of a flow or a map from one sample of a record to the next, many at once."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from chaoscad.systems import Flow, Setting
from chaoscad.systems.evaluate import ESCAPED, advanced


def substeps_of(setting: Setting, gap: float) -> int:
    """Steps of a flow in a gap of time: half as long as those that resolve its dynamics to 1e-4."""
    system = setting.system
    if not isinstance(system, Flow):
        return 1
    return max(1, math.ceil(2 * gap / system.step - 1e-9))


def moved(
    setting: Setting,
    parameters: Mapping[str, Any],
    state: np.ndarray,
    time: Any,
    gap: Any,
    substeps: int,
) -> np.ndarray:
    """The state a gap of time later, or one iterate later; where the gap is 0 it stands still.

    **Arguments:**

    - `state`: `[coordinates, ...]`; `time` and `gap` broadcast with a coordinate.
    """
    system = setting.system
    if not isinstance(system, Flow):
        found = np.stack(np.broadcast_arrays(*system.step(np, tuple(state), parameters)))
        return np.where(np.asarray(gap) > 0, found, state)

    def derivative(t: Any, y: np.ndarray) -> np.ndarray:
        alive = np.abs(y).max(0) < ESCAPED
        # One that has escaped stands still, so that it does not overflow.
        rates = system.field(np, t, tuple(y), parameters)
        return np.stack([np.where(alive, rate, 0.0) for rate in rates])

    step = gap / substeps
    for inner in range(substeps):
        state = advanced(derivative, time + inner * step, state, step)
    return state
