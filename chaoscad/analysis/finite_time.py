"""The finite-time Lyapunov exponent as a function of the initial state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float64

from chaoscad.analysis.arguments import Real, lasting, room
from chaoscad.analysis.bounded import elsewhere
from chaoscad.analysis.grid import Grid
from chaoscad.analysis.lyapunov import exponent_unit
from chaoscad.analysis.table import Table, heading, state_headings
from chaoscad.analysis.tangent import advance_tangents
from chaoscad.compile.precision import double
from chaoscad.errors import ChaoscadError
from chaoscad.systems import Flow, Setting, System
from chaoscad.systems.evaluate import ESCAPED

MOST_WORK = 2_000_000_000
"""Most steps times points, several minutes' work."""

BATCH = 16_384
"""Points that are followed together."""


@dataclass(frozen=True)
class FiniteTime:
    """The largest finite-time exponent at every initial state, NaN where the orbit escapes.

    **Arguments:**

    - `length`: iterates or time.
    - `grid`: the grid that the points are, if they are one.
    """

    setting: Setting
    points: Float64[np.ndarray, "points coordinates"]
    exponents: Float64[np.ndarray, " points"]
    length: float
    grid: Grid | None

    def columns(self) -> Table:
        """Every coordinate of the initial state, and the exponent."""
        names = state_headings(self.setting)
        unit = exponent_unit(self.setting.system)
        return {
            **dict(zip(names, self.points.T, strict=True)),
            heading("exponent", unit): self.exponents,
        }


def finite_time(
    setting: Setting, points: Grid | Float64[np.ndarray, ...], length: Real
) -> FiniteTime:
    """ln(s) / length, with s the largest singular value of the derivative of the flow over `length`.

    S. C. Shadden, F. Lekien, J. E. Marsden, Physica D 212, 271 (2005).

    **Arguments:**

    - `points`: a grid, or initial states `[points, coordinates]`.
    - `length`: iterates of a map, or time of a flow.

    **Raises:** `ChaoscadError` for a bad argument, and when every orbit escapes.
    """
    system = setting.system
    where = points if isinstance(points, Grid) else None
    states = where.points if where is not None else np.asarray(points, np.float64)
    if states.ndim != 2 or states.shape[1] != len(system.coordinates) or not states.size:
        raise ChaoscadError(
            f"initial states are an array [points, {len(system.coordinates)}], and its shape is "
            f"{list(states.shape)}"
        )
    length = lasting(setting, length)
    room("the derivatives", len(states), states.shape[1] ** 2)
    steps, h = round(length), 0.0
    if isinstance(system, Flow):
        steps = max(1, round(length / (system.step / 2)))
        h = length / steps
    if steps * len(states) > MOST_WORK:
        raise ChaoscadError(
            f"{len(states)} points for {steps} steps are too much work; ask for fewer points or less"
        )
    found: list[np.ndarray] = []
    with double():
        for first in range(0, len(states), BATCH):
            batch = jnp.asarray(states[first : first + BATCH].T)
            end, matrices, logarithms = _program(system)(batch, h, steps, setting.parameters)
            matrix = np.moveaxis(np.asarray(matrices), 2, 0)
            settled = np.abs(np.asarray(end)).max(axis=0) < ESCAPED
            safe = np.logical_and(np.isfinite(matrix).all(axis=(1, 2)), settled)
            largest = np.linalg.svd(np.where(safe[:, None, None], matrix, 0.0), compute_uv=False)
            with np.errstate(divide="ignore"):
                total = np.asarray(logarithms) + np.log(largest[:, 0])
            found.append(np.where(safe, total / length, np.nan))
    exponents = np.concatenate(found)
    if np.isnan(exponents).all():
        raise ChaoscadError(
            f"every orbit of {system.name} escapes within {length:g}; {elsewhere(setting)}"
        )
    return FiniteTime(setting, states, exponents, length, where)


@lru_cache(maxsize=32)
def _program(system: System) -> Callable[..., Any]:
    """The final states, the derivatives divided by their size, and the logarithm of the size."""

    @jax.jit
    def program(states: Any, h: Any, steps: Any, parameters: Any) -> Any:
        width, count = states.shape

        def one(_: Any, carry: Any) -> Any:
            t, states, vectors, total = carry
            states, vectors = advance_tangents(system, t, h, states, vectors, parameters)
            # D = s_1 s_2 ... s_n M with M of size 1, so that neither overflows: ln |D| = ln |M| + the sum of
            # ln s_i.
            size = jnp.sqrt(jnp.sum(vectors * vectors, axis=(0, 1)))
            vectors = vectors / jnp.where(size > 0, size, 1)
            return t + h, states, vectors, total + jnp.log(size)

        eye = jnp.broadcast_to(jnp.eye(width)[:, :, None], (width, width, count))
        begin = (jnp.asarray(0.0), states, eye, jnp.zeros(count))
        _, states, vectors, total = jax.lax.fori_loop(0, steps, one, begin)
        return states, vectors, total

    return program
