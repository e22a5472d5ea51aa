"""Cycles that orbits come to so slowly that they cannot be read off them: found by Newton's method."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import jax
import numpy as np
from jaxtyping import Float64

from chaoscad.analysis.stepping import Clock, stretch
from chaoscad.compile.precision import double
from chaoscad.systems import Setting, System

ROUNDING = 1e-9
"""A multiplier that is greater than 1 by less than this is 1, as it is where a cycle doubles."""

MOST = 30
"""Most steps of Newton's method."""


def attracting_cycle(
    setting: Setting, clock: Clock, guess: Float64[np.ndarray, " coordinates"], period: int
) -> Float64[np.ndarray, "period coordinates"] | None:
    """The states of a cycle near a guess, where it is one whose multipliers are at most 1 in size.

    Newton's method for F(x) = x, F being `period` looks: x - (J - 1)^-1 (F(x) - x) with the Jacobian J of
    F, whose eigenvalues are the multipliers. Beside a doubling one is nearly -1, so J - 1 is regular there,
    while orbits hardly come nearer.
    """
    image = _image(setting.system, clock.strobes)
    h, values = np.float64(np.max(clock.h)), setting.parameters
    x, unit = guess, np.eye(len(guess))
    with double(), np.errstate(all="ignore"):
        for _ in range(MOST):
            found, slopes = (
                np.asarray(item) for item in image(x, h, values, period * clock.stride)
            )
            if not (np.isfinite(found).all() and np.isfinite(slopes).all()):
                return None
            try:
                moved = np.linalg.solve(slopes - unit, found - x)
            except np.linalg.LinAlgError:
                return None
            x = x - moved
            if (np.abs(moved) <= 1e-12 * (1 + np.abs(x))).all():
                break
        else:
            return None
        if np.abs(np.linalg.eigvals(slopes)).max() > 1 + ROUNDING:
            return None
        states = [x]
        for _ in range(period - 1):
            states.append(np.asarray(image(states[-1], h, values, clock.stride)[0]))
    return np.array(states)


@lru_cache(maxsize=32)
def _image(system: System, strobes: bool) -> Callable[..., Any]:
    """A state after some steps, and the derivative by the state."""

    @jax.jit
    def image(x: Any, h: Any, values: Any, steps: Any) -> Any:
        def after(x: Any) -> Any:
            return stretch(system, (0.0, x[:, None]), h, values, steps, strobes)[1][:, 0]

        return after(x), jax.jacfwd(after)(x)

    return image
