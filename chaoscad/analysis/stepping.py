"""Many orbits of one system by equal steps, looked at every few of them: one program of XLA.

Looks one step apart show maxima, and looks one period of the drive apart are a stroboscope.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float64

from chaoscad.analysis.tangent import advance
from chaoscad.systems import System

LEAST_STEPS = 16
"""Least steps of a period of the drive, which may be shorter than a step of the system's own."""


@dataclass(frozen=True)
class Clock:
    """When orbits are looked at.

    **Arguments:**

    - `h`: a step of the flow, of each orbit or of all; 1 of a map.
    - `stride`: steps from one look to the next.
    - `strobes`: whether a stride is a period of the drive.
    """

    h: Float64[np.ndarray, " orbits"] | float
    stride: int = 1
    strobes: bool = False

    def of(self, columns: np.ndarray) -> Clock:
        """The clock of some of the orbits."""
        if not isinstance(self.h, np.ndarray):
            return self
        return Clock(self.h[columns], self.stride, self.strobes)


def stroboscope(periods: Float64[np.ndarray, " orbits"], step: float) -> Clock:
    """Looks once per period, in steps that are not longer than `step`.

    All orbits take the same number of steps in a period, so one program follows them.
    """
    stride = max(LEAST_STEPS, int(np.ceil(float(np.max(periods)) / step)))
    return Clock(periods / stride, stride, True)


def stretch(
    system: System, run: tuple[Any, Any], h: Any, values: Any, steps: Any, strobes: bool
) -> tuple[Any, Any]:
    """The times and the states after some steps.

    Whole periods of the drive leave the time as it is: what is added up loses the phase in the end.
    """
    times, states = run

    def one(index: Any, states: Any) -> Any:
        return advance(system, times + index * h, h, states, values)

    states = jax.lax.fori_loop(0, steps, one, states)
    return (times if strobes else times + steps * h), states


@lru_cache(maxsize=64)
def looker(
    system: System, count: int, strobes: bool = False, reading: int | None = None
) -> Callable[..., Any]:
    """`look(run, h, values, skip, stride)`: the run after `skip` steps and `count` strides, and each look.

    **Arguments:**

    - `reading`: the coordinate that is looked at, or `None` for the state.
    """

    @jax.jit
    def look(run: Any, h: Any, values: Any, skip: Any, stride: Any) -> Any:
        def read(run: Any, _: None) -> Any:
            run = stretch(system, run, h, values, stride, strobes)
            return run, run[1] if reading is None else run[1][reading]

        run = jax.tree.map(jnp.asarray, run)
        run = stretch(system, run, h, values, skip, strobes)
        return jax.lax.scan(read, run, None, length=count)

    return look
