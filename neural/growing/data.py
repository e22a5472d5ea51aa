"""Checked training data, the losses, and the schedule of batches."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from chaoscad.arguments import choice, real_array
from chaoscad.errors import ChaoscadError
from neural import objective, storage

LossName = Literal["mse", "cross-entropy"]

LOSSES: tuple[LossName, ...] = ("mse", "cross-entropy")
"""Mean squared error over samples and outputs; softmax cross-entropy, the mean over samples."""


class Data(NamedTuple):
    """Samples: inputs (n, features) float32, targets (n, outputs) float32 or (n,) int32 labels."""

    inputs: np.ndarray
    targets: np.ndarray


def checked_data(
    inputs: Any, targets: Any, features: int, outputs: int, loss: LossName, what: str
) -> Data:
    """The samples as float32 (and int32 labels), or an error that says what is wrong with them.

    **Arguments:**

    - `what`: the part's name in messages, for example "training".

    **Raises:** `ChaoscadError` for wrong shapes, no samples, numbers that are not finite, and labels
    that are not whole numbers from 0 to outputs - 1.
    """
    x = real_array(f"the {what} inputs", inputs)
    if x.ndim != 2 or x.shape[1] != features:
        message = f"the {what} inputs have shape {x.shape}; the network wants (samples, {features})"
        raise ChaoscadError(message)
    if not len(x):
        raise ChaoscadError(f"there are no {what} samples")
    _finite(x, f"the {what} inputs")
    y = real_array(f"the {what} targets", targets)
    if loss == "cross-entropy":
        if y.shape != (len(x),):
            message = f"the {what} labels have shape {y.shape}; they must have ({len(x)},)"
            raise ChaoscadError(message)
        if not np.issubdtype(y.dtype, np.integer):
            raise ChaoscadError(
                f"the {what} labels are {y.dtype}; cross-entropy wants whole numbers, for example"
                " labels.astype(np.int32)"
            )
        wrong = np.flatnonzero((y < 0) | (y >= outputs))
        if len(wrong):
            raise ChaoscadError(
                f"{len(wrong)} {what} label{'s are' if len(wrong) > 1 else ' is'} out of range, the"
                f" first is {y[wrong[0]]} in row {wrong[0]}; a network of {outputs} outputs has the"
                f" classes 0 to {outputs - 1}"
            )
        return Data(x.astype(np.float32), y.astype(np.int32))
    if y.shape != (len(x), outputs):
        message = f"the {what} targets have shape {y.shape}; they must have ({len(x)}, {outputs})"
        raise ChaoscadError(message)
    _finite(y, f"the {what} targets")
    return Data(x.astype(np.float32), y.astype(np.float32))


def checked_loss(loss: str | None, targets: Any) -> LossName:
    """The loss by name; by default cross-entropy for whole-number labels, and mse otherwise.

    **Raises:** `ChaoscadError` for an unknown name, with the nearest one.
    """
    if loss is None:
        dtype = getattr(targets, "dtype", None)
        whole = dtype is not None and np.issubdtype(dtype, np.integer)
        return "cross-entropy" if whole and np.ndim(targets) == 1 else "mse"
    return choice("loss", loss, LOSSES)  # type: ignore[return-value]


def task_loss(outputs: Array, targets: Array, loss: LossName) -> Float[Array, ""]:
    """The mean loss of a batch's outputs (logits for cross-entropy)."""
    return objective.loss("regression" if loss == "mse" else "classification", outputs, targets)


def accuracy(outputs: Array, targets: Array) -> Float[Array, ""]:
    """The share of samples whose largest logit is that of their class."""
    return objective.score("classification", outputs, targets)


def digest(data: Data | None) -> str:
    """A short hash of the samples, or "none"."""
    return "none" if data is None else storage.digest(data)


def reshuffle(keys: Array, epoch: Array, samples: int) -> Array:
    """The order of the samples in an epoch, one for each trial: (trials, samples) int32."""

    def one(key: Array) -> Array:
        return jax.random.permutation(jax.random.fold_in(key, epoch), samples).astype(jnp.int32)

    return jax.vmap(one)(keys)


def _finite(values: np.ndarray, what: str) -> None:
    with np.errstate(over="ignore"):
        wrong = np.argwhere(~np.isfinite(values.astype(np.float32)))
    if len(wrong):
        row, column = wrong[0]
        raise ChaoscadError(
            f"{what} are not finite (in float32) in {len(wrong)} place{'s' if len(wrong) > 1 else ''},"
            f" the first in row {row}, column {column}"
        )
