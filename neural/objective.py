"""What networks are trained for and judged by: losses and scores of the kinds of task."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import jax.numpy as jnp
import optax
from jaxtyping import Array, Float

from neural.data import Kind

LOSSES: dict[str, Kind] = {"mse": "regression", "cross-entropy": "classification"}
"""Losses by name, where samples come without a task: the kind whose loss it is."""

Loss: TypeAlias = Callable[[Array, Array], Array]
"""A user's own loss: (outputs, targets) of a batch to one number."""


def loss(
    kind: Kind | Loss, outputs: Float[Array, "*batch outputs"], targets: Array
) -> Float[Array, ""]:
    """Mean cross-entropy of `logits` (nats), or mean squared error over samples and columns.

    A function in place of the kind is the loss.
    """
    if callable(kind):
        return kind(outputs, targets)
    if kind == "classification":
        return optax.softmax_cross_entropy_with_integer_labels(logits(outputs), targets).mean()
    return jnp.square(outputs - targets).mean()


def score(kind: Kind, outputs: Float[Array, "*batch outputs"], targets: Array) -> Float[Array, ""]:
    """The share of right classes, or the mean squared error."""
    if kind == "classification":
        return (logits(outputs).argmax(-1) == targets).mean()
    return loss(kind, outputs, targets)


def logits(outputs: Float[Array, "*batch outputs"]) -> Float[Array, "*batch classes"]:
    """One logit a class: the outputs, or (0, z) of a single output z, which decides between two."""
    if outputs.shape[-1] > 1:
        return outputs
    return jnp.concatenate([jnp.zeros_like(outputs), outputs], axis=-1)
