"""Read-outs of a flow from many states, each with parameters of its own, as one system of equations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float64

from chaoscad.analysis.tangent import advance
from chaoscad.compile.precision import double
from chaoscad.systems import Flow, Setting
from chaoscad.systems.evaluate import ESCAPED

BATCH = 16_384
"""Trajectories that are followed together."""

FINER = 4
"""Steps of the classical method for one of the system's own, at first."""

FINEST = 32
"""The most of them."""

AGREEMENT = 1e-5
"""How closely the values by a step and by half of it must agree, relative to their size."""


def read_outs(
    setting: Setting,
    z: Float64[np.ndarray, " points"],
    parameters: Mapping[str, Float64[np.ndarray, " points"]],
    steps: int,
) -> Float64[np.ndarray, " points"]:
    """F at every z with the parameters beside it, by equal steps; NaN where the trajectory escapes."""
    assert setting.time is not None
    found = np.empty(len(z))
    h = setting.time / steps
    with double():
        for first in range(0, len(z), BATCH):
            part = slice(first, first + BATCH)
            # Few lengths are compiled: short ones are filled up with their last point.
            count = len(z[part])
            filled = np.minimum(np.arange(_length(count)), count - 1)
            values = {name: array[part][filled] for name, array in parameters.items()}
            states = np.stack(setting.launch(np, z[part][filled]))
            end = _program(setting.system)(states, h, steps, {**setting.parameters, **values})  # type: ignore[arg-type]
            end = np.asarray(end)[:, :count]
            with np.errstate(invalid="ignore"):
                kept = np.abs(end).max(axis=0) < ESCAPED
            found[part] = np.where(kept, end[setting.reading], np.nan)
    return found


def enough_steps(
    setting: Setting,
    z: Float64[np.ndarray, " points"],
    parameters: Mapping[str, Float64[np.ndarray, " points"]],
) -> tuple[int, bool]:
    """How many equal steps resolve these trajectories, so that twice as many change no value.

    **Returns:** the steps, and whether they do; where some never agree, as those of chaos over a long
    time, it is the most that are tried.
    """
    flow = setting.system
    assert isinstance(flow, Flow)
    assert setting.time is not None
    own = max(1.0, setting.time / flow.step)
    factor = FINER
    coarse = read_outs(setting, z, parameters, round(factor * own))
    while factor < FINEST:
        fine = read_outs(setting, z, parameters, round(2 * factor * own))
        known = np.isfinite(fine)
        apart = np.abs(fine - coarse)[known] > AGREEMENT * (1 + np.abs(fine[known]))
        if not apart.any() and np.isfinite(coarse[known]).all():
            return round(factor * own), True
        factor, coarse = 2 * factor, fine
    return round(factor * own), False


def _length(count: int) -> int:
    """The next of 256, 1024, 4096, 16384."""
    length = 256
    while length < count:
        length *= 4
    return length


@lru_cache(maxsize=32)
def _program(system: Flow) -> Callable[..., Any]:
    @jax.jit
    def program(states: Any, h: Any, steps: Any, parameters: Any) -> Any:
        def one(_: Any, carry: Any) -> Any:
            t, states = carry
            return t + h, advance(system, t, h, states, parameters)

        return jax.lax.fori_loop(0, steps, one, (jnp.asarray(0.0), jnp.asarray(states)))[1]

    return program
