"""Which units of a layer are there: the mask that a controller makes, unit by unit.

A layer of n slots has the mask m_i = clip(s n - i, 0, 1), s = sin^2(pi c / 2), of its controller c: the
units below s n are there, the next one is there in part, the rest are absent. Source: Algorithm 2 of
Radhakrishnan, Lindner, Miller, Sinha, Ditto, Proc R Soc A 481 (2025), doi 10.1098/rspa.2025.0222.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

Form = Literal["static", "mask", "gate"]
"""`mask`: a mask value per neuron; `gate`: one scalar per layer; `static`: neither, nor a size input."""

ROUNDING = 1e-6
"""What the share of a layer's slots, a float32, can be wrong by."""


def share(control: Float[Array, ...]) -> Float[Array, ...]:
    """s = sin^2(pi c / 2), the share of a layer's slots that a controller c makes present."""
    return jnp.square(jnp.sin(0.5 * jnp.pi * control))


def control_of(sizes: Sequence[float], slots: Sequence[int]) -> np.ndarray:
    """The controllers in [0, 1] whose shares are sizes / slots, in float32."""
    part = np.asarray(sizes, np.float64) / np.asarray(slots, np.float64)
    return (2 / np.pi * np.arcsin(np.sqrt(part))).astype(np.float32)


def extent(control: Float[Array, ...], slots: Any, edge: float) -> Float[Array, ...]:
    """s (n - 1 + edge): units with an index below it have a mask above 0.

    It is moved to a whole number that is within rounding of it, so that a layer of 3 units has 3,
    and not a fourth one with a mask of 1e-7.
    """
    most = jnp.asarray(slots, jnp.float32)
    exact = share(control) * (most - 1.0 + edge)
    away = jax.lax.stop_gradient(jnp.round(exact) - exact)
    return exact + jnp.where(jnp.abs(away) < ROUNDING * most, away, 0.0)


def mask(
    control: Float[Array, ""], slots: int, edge: float = 1.0, units: int | None = None
) -> Float[Array, " units"]:
    """m_i = clip((s (n - 1 + edge) - i) / edge, 0, 1) for i = 0 .. units - 1, n slots.

    The slope is 1 / edge also where the mask has just reached 1, and 0 where it is 0: a layer of
    whole units can still feel that its last unit is not worth its price, and units that are absent
    do not count at all.
    """
    distance = (extent(control, slots, edge) - jnp.arange(units or slots)) / edge
    return jnp.where(distance <= 0, 0.0, jnp.where(distance <= 1, distance, 1.0))
