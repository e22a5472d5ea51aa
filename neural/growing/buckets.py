"""Compute that follows the size: a few compiled widths, and moving a network between them.

Absent units cost time like any other. So a network is trained as a part of itself, as wide as the
smallest bucket that holds its present units, and moves to another bucket when it outgrows this one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

import jax
import numpy as np

from chaoscad.arguments import whole
from neural.perceptron import Linear, Perceptron, of_networks

Tree = TypeVar("Tree")

SLACK = 0.25
"""A layer moves to a smaller bucket when its size is below that by this part of the step between
them, so that a size that trembles about a bucket's width does not move to and fro."""


def bucket_widths(slots: Sequence[int], buckets: int) -> tuple[tuple[int, ...], ...]:
    """The widths that each layer can have: equal steps up to its slots, rounded up.

    **Arguments:**

    - `buckets`: how many widths, 1 or more; 1 is the whole layer alone. A layer with fewer slots
      than that has one width for each size.

    **Raises:** `ChaoscadError` when `buckets` is no whole number of 1 or more.
    """
    count = whole("the number of buckets", buckets)
    return tuple(
        tuple(sorted({-(-most * step // count) for step in range(1, count + 1)})) for most in slots
    )


class Bucket(NamedTuple):
    """The widths that a run has now, and the extents of the masks that its next step needs."""

    widths: tuple[int, ...]
    needed: tuple[float, ...]


def fitting(
    needed: Sequence[float], widths: Sequence[Sequence[int]], now: Sequence[int] | None = None
) -> tuple[int, ...]:
    """The bucket that each layer should have.

    **Arguments:**

    - `needed`: largest extent of the masks in each layer: units with an index below it are present.
    - `widths`: from `bucket_widths`.
    - `now`: the present buckets; a layer leaves its bucket for a smaller one only with some slack.
    """
    found = []
    for layer, allowed in enumerate(widths):
        # Rounding may carry an extent a little above the slots; there are no units there.
        best = next((width for width in allowed if needed[layer] <= width), allowed[-1])
        if now is not None and best < now[layer]:
            above = allowed[allowed.index(best) + 1]
            if needed[layer] > best - SLACK * (above - best):
                best = above
        found.append(best)
    return tuple(found)


def narrow(tree: Tree, widths: tuple[int, ...]) -> Tree:
    """Every masked network in a tree (parameters, moments) cut to the first units of its layers.

    Leading axes (trials) stay.
    """
    return of_networks(lambda network: _cut(network, widths), tree)


def insert(whole: Tree, part: Tree) -> Tree:
    """`whole` with the units that `part` holds put back; everything else is taken from `part`.

    Arrays come back as NumPy arrays, so that a change of bucket compiles nothing.
    """

    def put(old: Any, new: Any) -> Any:
        new = np.asarray(new)
        if old.shape == new.shape:
            return new
        filled = np.array(old)
        filled[tuple(slice(length) for length in new.shape)] = new
        return filled

    return jax.tree.map(put, whole, part)


def _cut(network: Perceptron, widths: tuple[int, ...]) -> Perceptron:
    residual = bool(network.branch_weights)
    before: tuple[int | None, ...] = (None, *(widths[:1] * len(widths) if residual else widths))
    after = (*widths, None)

    def cut(array: Any, *lengths: int | None) -> Any:
        return array[(..., *(slice(length) for length in lengths))]

    return replace(
        network,
        layers=tuple(
            Linear(cut(layer.weight, above, below), cut(layer.bias, below))
            for layer, above, below in zip(network.layers, before, after, strict=True)
        ),
        size_weights=tuple(map(cut, network.size_weights, widths)),
        branch_weights=tuple(
            cut(weight, units, widths[0])
            for weight, units in zip(network.branch_weights, widths[1:], strict=False)
        ),
    )
