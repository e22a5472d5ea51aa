"""Fixed points of maps and equilibria of flows, with the class of their eigenvalues."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Complex128, Float64
from scipy.stats import qmc

from chaoscad.analysis.grid import extent, widened
from chaoscad.analysis.table import Table, state_headings
from chaoscad.analysis.tangent import advance, rates
from chaoscad.arguments import whole
from chaoscad.compile.precision import double
from chaoscad.errors import ChaoscadError
from chaoscad.systems import Flow, Setting, System

STARTS = 512
"""Starts of Newton's method."""

NEWTON = 60
"""Steps of Newton's method from each."""

MARGIN = 3.0
"""By how much the default box is larger than what an orbit visits."""

MOST_POINTS = 100
"""Most fixed points; more of them are a line, a plane, or a very long list."""

ZERO = 1e-7
"""A real part below this share of the largest eigenvalue is zero."""


@dataclass(frozen=True)
class FixedPoint:
    """A fixed point or an equilibrium.

    **Arguments:**

    - `jacobian`: of the map, or of the vector field.
    - `eigenvalues`: of the Jacobian, the largest modulus (map) or real part (flow) first.
    - `kind`: their class in words.
    """

    state: Float64[np.ndarray, " coordinates"]
    jacobian: Float64[np.ndarray, "coordinates coordinates"]
    eigenvalues: Complex128[np.ndarray, " coordinates"]
    kind: str


@dataclass(frozen=True)
class FixedPoints:
    """The fixed points that were found in a box."""

    setting: Setting
    points: tuple[FixedPoint, ...]
    box: Float64[np.ndarray, "coordinates 2"]

    def columns(self) -> Table:
        """Every coordinate, both parts of every eigenvalue, and the class: one row per point."""
        width = len(self.box)
        states = np.array([point.state for point in self.points]).reshape(-1, width)
        values = np.array([point.eigenvalues for point in self.points]).reshape(-1, width)
        table: Table = dict(zip(state_headings(self.setting), states.T, strict=True))
        for index, column in enumerate(values.T, 1):
            table[f"eigenvalue {index}, real"] = np.real(column)
            table[f"eigenvalue {index}, imaginary"] = np.imag(column)
        table["class"] = np.array([point.kind for point in self.points])
        return table


def fixed_points(
    setting: Setting,
    box: Float64[np.ndarray, "coordinates 2"] | None = None,
    starts: int = STARTS,
) -> FixedPoints:
    """Every state at rest that Newton's method finds from many starts in a box.

    A point that no start leads to is missed; more `starts` or a smaller `box` find more.

    **Arguments:**

    - `box`: the least and the greatest value of each coordinate; by default the range of a map of
      one coordinate, else three times what an orbit visits.

    **Raises:** `ChaoscadError` for a driven flow, which has no equilibria, for a bad box, and for more
    than 100 points.
    """
    system = setting.system
    if isinstance(system, Flow) and system.driven:
        raise ChaoscadError(
            f"{system.name} is driven and has no equilibria; its section shows its cycles as points"
        )
    starts = whole("the number of starts", starts, 1, 100_000)
    box = default_box(setting) if box is None else np.asarray(box, np.float64)
    if box.shape != (len(system.coordinates), 2) or not (box[:, 0] < box[:, 1]).all():
        raise ChaoscadError(
            "a box gives the least and the greatest value of each of the coordinates "
            + ", ".join(system.coordinates)
        )
    size = box[:, 1] - box[:, 0]
    # Halton's points fill the box evenly, and are the same every time.
    sample = qmc.Halton(len(box), scramble=False).random(starts + 1)[1:]
    with double():
        newton, derivative = _programs(system)
        found, residuals = (
            np.asarray(part) for part in newton((box[:, 0] + size * sample).T, setting.parameters)
        )
        inside = (np.abs(found.T - box.mean(axis=1)) <= size / 2 * (1 + 1e-9)).all(axis=1)
        candidates = found.T[inside & (residuals <= 1e-9 * (1 + np.abs(found).max(axis=0)))]
        distinct = _distinct(candidates, 1e-6 * size)
        if len(distinct) > MOST_POINTS:
            raise ChaoscadError(
                f"more than {MOST_POINTS} fixed points of {system.name} were found: they fill a line "
                "or are very many; give a smaller box or other parameters"
            )
        jacobians = [
            np.asarray(derivative(jnp.asarray(state), setting.parameters)) for state in distinct
        ]
    points = [_classified(system, *item) for item in zip(distinct, jacobians, strict=True)]
    return FixedPoints(setting, tuple(points), box)


def default_box(setting: Setting) -> Float64[np.ndarray, "coordinates 2"]:
    """Where fixed points are looked for unless a box is given."""
    return widened(extent(setting), 1.0 if setting.one_dimensional else MARGIN)


def _distinct(candidates: np.ndarray, close: np.ndarray) -> list[np.ndarray]:
    found: list[np.ndarray] = []
    for state in candidates[np.lexsort(candidates.T[::-1])] if len(candidates) else ():
        if all((np.abs(state - other) > close).any() for other in found):
            found.append(np.where(np.abs(state) < 1e-3 * close, 0.0, state))
            if len(found) > MOST_POINTS:
                break
    return found


def _classified(system: System, state: np.ndarray, jacobian: np.ndarray) -> FixedPoint:
    values = np.linalg.eigvals(jacobian).astype(np.complex128)
    is_flow = isinstance(system, Flow)
    order = np.lexsort((-values.imag, -(values.real if is_flow else np.abs(values))))
    values = values[order]
    kind = kind_of_equilibrium(values) if is_flow else kind_of_fixed_point(values)
    return FixedPoint(state, jacobian, values, kind)


def kind_of_equilibrium(eigenvalues: Complex128[np.ndarray, " coordinates"]) -> str:
    """The class of an equilibrium of a flow, such as `saddle focus`.

    S. H. Strogatz, Nonlinear Dynamics and Chaos, 2nd ed. (2015), sections 5.2 and 9.2. A `centre`
    has imaginary eigenvalues only, a `saddle centre` imaginary ones beside a saddle's, and a
    `degenerate` point some eigenvalue whose real part is zero otherwise.
    """
    scale = max(float(np.abs(eigenvalues).max()), 1e-300)
    growing = np.real(eigenvalues) > ZERO * scale
    decaying = np.real(eigenvalues) < -ZERO * scale
    neutral = ~growing & ~decaying
    turning = np.abs(np.imag(eigenvalues)) > ZERO * scale
    if neutral.any():
        if not turning[neutral].all():
            return "degenerate"
        if neutral.all():
            return "centre"
        return "saddle centre" if growing.any() and decaying.any() else "degenerate"
    shape = "focus" if turning.any() else "node"
    if growing.any() and decaying.any():
        return "saddle focus" if turning.any() else "saddle"
    return f"{'unstable' if growing.any() else 'stable'} {shape}"


def kind_of_fixed_point(multipliers: Complex128[np.ndarray, " coordinates"]) -> str:
    """The class of a fixed point of a map, such as `repelling flip`.

    A `spiral` turns: it has complex multipliers. A `flip` changes sides: the multiplier that leads
    (the largest, and of a saddle the one that expands) is negative.
    """
    size = np.abs(multipliers)
    if (np.abs(size - 1) <= ZERO).any():
        kind = "neutral"
    elif (size < 1).all():
        kind = "attracting"
    elif (size > 1).all():
        kind = "repelling"
    else:
        kind = "saddle"
    leading = multipliers[int(np.argmax(size))]
    if abs(leading.imag) > ZERO * abs(leading):
        return f"{kind} spiral"
    return f"{kind} flip" if leading.real < 0 else kind


@lru_cache(maxsize=32)
def _programs(system: System) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Newton's method from many starts, and the Jacobian that is classified."""

    def one(state: Any, parameters: Any) -> Any:
        """What the state becomes, or how fast it moves."""
        column = state[:, None]
        if isinstance(system, Flow):
            return rates(system, 0.0, column, parameters)[:, 0]
        return advance(system, 0.0, 0.0, column, parameters)[:, 0]

    def distance(state: Any, parameters: Any) -> Any:
        moved = one(state, parameters)
        return moved if isinstance(system, Flow) else moved - state

    def solve(state: Any, parameters: Any) -> Any:
        def step(_: Any, state: Any) -> Any:
            residual = distance(state, parameters)
            matrix = jax.jacfwd(distance)(state, parameters)
            usable = jnp.isfinite(matrix).all() & jnp.isfinite(residual).all()
            # Least squares: at a degenerate point the matrix has no inverse.
            matrix = jnp.where(usable, matrix, jnp.eye(len(state)))
            change = jnp.linalg.lstsq(matrix, residual)[0]
            moved = state - change
            return jnp.where(usable & jnp.isfinite(moved).all(), moved, jnp.nan)

        end = jax.lax.fori_loop(0, NEWTON, step, state)
        return end, jnp.abs(distance(end, parameters)).max()

    newton = jax.jit(jax.vmap(solve, in_axes=(1, None), out_axes=(1, 0)))
    return newton, jax.jit(jax.jacfwd(one))
