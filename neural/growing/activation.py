"""Activations of growing layers: what they must be."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from chaoscad.errors import ChaoscadError

Activation = Callable[[Array], Array]
"""(..., units) -> (..., units), element by element. It may be a module with parameters.

An activation that treats units differently (a slope per unit, blocks of units) may offer
`take(units)`, which gives the activation of the units with these indices; `to_dense` needs it.
"""


def name_of(activation: Activation) -> str:
    """The name of an activation for messages."""
    return getattr(activation, "__name__", None) or type(activation).__name__


def treats_units_alike(activation: Activation, units: int, layer: int) -> bool:
    """Whether an activation does the same to every unit, whatever their number.

    It is tried on one row of values, and on the row turned round and on its first unit alone.

    **Raises:** `ChaoscadError` when it fails on shape (1, units) or returns another shape.
    """
    what = f"the activation {name_of(activation)!r} of hidden layer {layer}"
    try:
        shape = jax.eval_shape(lambda z: activation(z), _row(units))
    except Exception as error:
        message = f"{what} fails on an array of shape (1, {units}): {_first_line(error)}"
        raise ChaoscadError(message) from None
    found = getattr(shape, "shape", type(shape).__name__)
    if found != (1, units):
        message = (
            f"{what} turns an array of shape (1, {units}) into {found}; it must keep the shape"
        )
        raise ChaoscadError(message)
    try:
        if jax.eval_shape(lambda z: activation(z), _row(1)).shape != (1, 1):
            return False
    except Exception:
        return False
    return bool(_alike(activation, np.linspace(-2, 2, units, dtype=np.float32)[None]))


@eqx.filter_jit
def _alike(activation: Activation, row: Any) -> Array:
    values, turned, alone = activation(row), activation(row[:, ::-1]), activation(row[:, :1])
    same = jnp.isclose(turned[:, ::-1], values, rtol=1e-5, atol=1e-6, equal_nan=True).all()
    return same & jnp.isclose(alone, values[:, :1], rtol=1e-5, atol=1e-6, equal_nan=True).all()


def _row(units: int) -> jax.ShapeDtypeStruct:
    return jax.ShapeDtypeStruct((1, units), jnp.float32)


def take_units(activation: Activation, units: np.ndarray, alike: bool, layer: int) -> Activation:
    """The activation of the units with the given indices.

    **Raises:** `ChaoscadError` when units are treated differently and there is no `take`.
    """
    if alike:
        return activation
    take = getattr(activation, "take", None)
    if take is None:
        raise ChaoscadError(
            f"the activation {name_of(activation)!r} of hidden layer {layer} treats units differently,"
            " so a part of its units cannot be cut out; give it a method take(units) that returns the"
            " activation of the units with these indices"
        )
    return take(units)


def fingerprint(activation: Activation) -> str:
    """The name and a hash of what an activation computes, equal from run to run.

    The hash is over the traced program and its constants, so two lambdas differ when they compute
    different things.
    """
    arrays, rest = eqx.partition(activation, eqx.is_array)
    traced = jax.make_jaxpr(lambda z: eqx.combine(arrays, rest)(z))(jnp.zeros((1, 1), jnp.float32))
    digest = hashlib.sha256(re.sub(r" at 0x[0-9a-f]+", "", str(traced.jaxpr)).encode())
    constants: list[Any] = list(traced.consts)
    for constant in constants:
        digest.update(np.asarray(constant).tobytes())
    return f"{name_of(activation)} {digest.hexdigest()[:12]}"


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
