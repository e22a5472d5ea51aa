"""Trees whose arrays hold one entry for every trial: which are finite, and choosing between two."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool

Tree = Any
"""A pytree of arrays."""


def finite(tree: Tree, axis: int | None = None) -> Bool[Array, ...]:
    """Which trials have only finite numbers.

    **Arguments:**

    - `axis`: that of the trials in every array; `None` for a tree of one trial, whose answer is one.
    """
    found = jnp.asarray(True)
    for leaf in jax.tree.leaves(tree):
        axes = None if axis is None else tuple(set(range(leaf.ndim)) - {axis % leaf.ndim})
        # A sum is not finite when a term is not; it is cheaper than testing every term.
        found = found & jnp.isfinite(jnp.abs(leaf).sum(axes))
    return found


def where(mask: Bool[Array, ...], new: Tree, old: Tree, axis: int = 0) -> Tree:
    """`new` in the trials of `mask`, `old` in the others.

    **Arguments:**

    - `mask`: of shape (trials,), or one answer for a tree of one trial.
    - `axis`: that of the trials in every array.
    """

    def choose(one: Array, other: Array) -> Array:
        shape = [1] * jnp.ndim(one)
        if jnp.ndim(mask):
            shape[axis] = -1
        return jnp.where(mask.reshape(shape), one, other)

    return jax.tree.map(choose, new, old)
