"""Which units of a layer are there: the mask that a controller makes, unit by unit.

A layer of n slots has the mask m_i = clip(s n - i, 0, 1), s = sin^2(pi c / 2), of its controller c: the
units below s n are there, the next one is there in part, the rest are absent (Algorithm 2). With an
auxiliary weight (Algorithm 1) the controller c is the size itself, s = c / n, and the one that is there
in part has sin^2(pi / 2 (s n - i)). Source: Radhakrishnan, Lindner, Miller, Sinha, Ditto, Proc R Soc A
481 (2025), doi 10.1098/rspa.2025.0222.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

Form = Literal["static", "mask", "gate", "auxiliary"]
"""`mask`: a mask value per neuron; `auxiliary`: likewise, and the controller is the number of neurons;
`gate`: one scalar per layer; `static`: none, nor a size input."""

BY_UNIT: tuple[Form, ...] = ("mask", "auxiliary")
"""Forms in which units are absent one by one."""

ROUNDING = 1e-6
"""What the share of a layer's slots, a float32, can be wrong by."""


def share(control: Float[Array, ...], form: Form = "mask", slots: Any = 1.0) -> Float[Array, ...]:
    """The share s of a layer's slots that a controller c makes present: sin^2(pi c / 2), or c / n."""
    return control / slots if form == "auxiliary" else jnp.square(jnp.sin(0.5 * jnp.pi * control))


def control_of(sizes: Sequence[float], slots: Sequence[int], form: Form = "mask") -> np.ndarray:
    """The controllers whose shares are sizes / slots, in float32: in [0, 1], or the sizes."""
    if form == "auxiliary":
        return np.asarray(sizes, np.float32)
    part = np.asarray(sizes, np.float64) / np.asarray(slots, np.float64)
    return (2 / np.pi * np.arcsin(np.sqrt(part))).astype(np.float32)


def extent(
    control: Float[Array, ...], slots: Any, edge: float, form: Form = "mask"
) -> Float[Array, ...]:
    """s (n - 1 + edge): units with an index below it have a mask above 0.

    It is moved to a whole number that is within rounding of it, so that a layer of 3 units has 3,
    and not a fourth one with a mask of 1e-7.
    """
    most = jnp.asarray(slots, jnp.float32)
    exact = share(control, form, most) * (most - 1.0 + edge)
    away = jax.lax.stop_gradient(jnp.round(exact) - exact)
    return exact + jnp.where(jnp.abs(away) < ROUNDING * most, away, 0.0)


def mask(
    control: Float[Array, ""],
    slots: int,
    edge: float = 1.0,
    units: int | None = None,
    form: Form = "mask",
) -> Float[Array, " units"]:
    """m_i = clip((s (n - 1 + edge) - i) / edge, 0, 1) for i = 0 .. units - 1, n slots.

    The slope is 1 / edge also where the mask has just reached 1, and 0 where it is 0: a layer of
    whole units can still feel that its last unit is not worth its price, and units that are absent
    do not count at all. With an auxiliary weight it is sin^2(pi / 2 m_i), whose slope is 0 at both
    ends: an absent unit and a whole one do not pull at the size.
    """
    distance = (extent(control, slots, edge, form) - jnp.arange(units or slots)) / edge
    found = jnp.where(distance <= 0, 0.0, jnp.where(distance <= 1, distance, 1.0))
    return share(found) if form == "auxiliary" else found
