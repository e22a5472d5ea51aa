"""Many states of one system and the tangent vectors at them, one step at a time, in JAX.

States are `[coordinates, starts]` and tangent vectors `[coordinates, vectors, starts]`: the long
axis is last, where the processor wants it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from chaoscad.systems import Flow, System
from chaoscad.systems.model import State


def rates(
    system: Flow,
    t: Array | float,
    states: Float[Array, "coordinates starts"],
    parameters: Mapping[str, Any],
) -> Float[Array, "coordinates starts"]:
    """The flow's vector field."""
    return _stacked(system.field(jnp, t, tuple(states), parameters), states)


def _stacked(found: State, states: Float[Array, "coordinates starts"]) -> Array:
    """What an equation gives; a constant coordinate comes without the axis of the starts."""
    return jnp.stack([jnp.broadcast_to(item, states.shape[1:]) for item in found])


def advance(
    system: System,
    t: Array | float,
    h: Array | float,
    states: Float[Array, "coordinates starts"],
    parameters: Mapping[str, Any],
) -> Float[Array, "coordinates starts"]:
    """One iterate of a map, or one step `h` of a flow by the classical fourth-order method."""
    if not isinstance(system, Flow):
        return _stacked(system.step(jnp, tuple(states), parameters), states)
    a = rates(system, t, states, parameters)
    b = rates(system, t + h / 2, states + h / 2 * a, parameters)
    c = rates(system, t + h / 2, states + h / 2 * b, parameters)
    d = rates(system, t + h, states + h * c, parameters)
    return states + h / 6 * (a + 2 * b + 2 * c + d)


def advance_tangents(
    system: System,
    t: Array | float,
    h: Array | float,
    states: Float[Array, "coordinates starts"],
    vectors: Float[Array, "coordinates vectors starts"],
    parameters: Mapping[str, Any],
) -> tuple[Float[Array, "coordinates starts"], Float[Array, "coordinates vectors starts"]]:
    """One step of the states and of the vectors at them: exactly the derivative of that step."""

    def step(given: Array) -> Array:
        return advance(system, t, h, given, parameters)

    moved, linear = jax.linearize(step, states)
    columns = [linear(vectors[:, index]) for index in range(vectors.shape[1])]
    return moved, jnp.stack(columns, axis=1)


def orthonormal(
    vectors: Float[Array, "coordinates vectors starts"],
) -> tuple[Float[Array, "coordinates vectors starts"], Float[Array, "vectors starts"]]:
    """The factors of QR by modified Gram-Schmidt: Q, and the logarithms of R's diagonal."""
    done: list[Array] = []
    logarithms: list[Array] = []
    for index in range(vectors.shape[1]):
        rest = vectors[:, index]
        for unit in done:
            rest = rest - unit * jnp.sum(unit * rest, axis=0)
        length = jnp.sqrt(jnp.sum(rest * rest, axis=0))
        logarithms.append(jnp.log(length))
        done.append(rest / jnp.where(length > 0, length, 1))
    return jnp.stack(done, axis=1), jnp.stack(logarithms)


def divergence(
    system: Flow,
    t: Array | float,
    states: Float[Array, "coordinates starts"],
    parameters: Mapping[str, Any],
) -> Float[Array, " starts"]:
    """The trace of the field's Jacobian: the rate at which volumes grow."""
    _, linear = jax.linearize(lambda given: rates(system, t, given, parameters), states)
    total = jnp.zeros(states.shape[1:], states.dtype)
    for index in range(states.shape[0]):
        total = total + linear(jnp.zeros_like(states).at[index].set(1))[index]
    return total
