"""Values of gates as their comparators see them: one that is no number is never a 1.

Errors carry states out of the domain of a formula (a root, a logarithm), and a single such device would
make the mean over all devices, and its slope, no number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool

from chaoscad.compile import CircuitPlan, Tables, values_at
from chaoscad.netlist import Gate

FAR = 1e9
"""Beyond every threshold. Infinities would make slopes that are no numbers."""

Straight = Mapping[int, Bool[Array, "gates trials"]]
"""Of every arity, whether a gate's bit is 1 above its threshold."""


def straight_gates(
    plan: CircuitPlan, gates: Sequence[Gate]
) -> dict[int, Bool[np.ndarray, " gates"]]:
    """Whether the bit of a gate is 1 above its threshold, by arity."""
    return {
        arity: np.array([gates[index].compare == ">" for index in plan.members(arity)])
        for arity in plan.arities
    }


def comparable_values(plan: CircuitPlan, at: Tables, system: Array, straight: Straight) -> Tables:
    """F at states of local rows, finite, with finite slopes.

    **Arguments:**

    - `at`: states, the last axis trials times devices; `straight`: of every trial.
    """
    at = {arity: _finite_slope(z) for arity, z in at.items()}
    found = values_at(plan, at, _finite_slope(system))

    def settled(arity: int, table: Array) -> Array:
        up = jnp.repeat(straight[arity], table.shape[-1] // straight[arity].shape[-1], axis=-1)
        never = jnp.where(up, -FAR, FAR)[:, None]
        return jnp.where(jnp.isnan(table), never, jnp.clip(table, -FAR, FAR))

    return {arity: settled(arity, table) for arity, table in found.items()}


@jax.custom_vjp
def _finite_slope(value: Array) -> Array:
    """The value itself; a slope through it that is no number counts as none."""
    return value


def _forward(value: Array) -> tuple[Array, None]:
    return value, None


def _backward(_: None, slope: Array) -> tuple[Array]:
    return (jnp.where(jnp.isfinite(slope), slope, 0.0),)


_finite_slope.defvjp(_forward, _backward)
