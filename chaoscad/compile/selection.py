"""Reading an array at places that are known when the program is traced."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Shaped

FEW = 8
"""Most places that are read as slices."""

SMALL = 2**16
"""Most elements of an array that is read as slices; the gradient of many large slices is slow."""


def take(
    array: Shaped[Array, " items *rest"], places: Sequence[int]
) -> Shaped[Array, " places *rest"]:
    """`array[places]` along the first axis.

    A gather, and the scatter that is its gradient, do not fuse with what surrounds them, which is
    what a program over small arrays spends its time on. So the whole array is returned as it is,
    one element is broadcast, and a few of a small array are slices.
    """
    places = tuple(places)
    if places == tuple(range(array.shape[0])):
        return array
    if len(set(places)) == 1:
        return jnp.broadcast_to(array[places[0] : places[0] + 1], (len(places), *array.shape[1:]))
    if len(places) <= FEW and array.size <= SMALL:
        return jnp.concatenate([array[place : place + 1] for place in places])
    return array.at[np.array(places)].get(mode="promise_in_bounds")


def columns(array: Shaped[Array, "items columns *rest"]) -> list[Array]:
    """The parts of an array along its second axis.

    A slice's gradient is padded to the whole array, which does not vectorise; that of a split is a
    concatenation, which does.
    """
    parts = jax.lax.split(array, [1] * array.shape[1], axis=1)
    return [part.reshape(part.shape[0], *part.shape[2:]) for part in parts]


def lowest_of(
    values: Float[Array, " items *rest"], classes: Sequence[int]
) -> Float[Array, " classes *rest"]:
    """The minimum of `values` over each class, numbered from 0."""
    classes = tuple(classes)
    if classes == tuple(range(values.shape[0])):
        return values
    if max(classes) == 0:
        return values.min(0, keepdims=True)
    return jax.ops.segment_min(values, np.array(classes), max(classes) + 1)
