"""Checks of what users give to the networks with an auxiliary size."""

from __future__ import annotations

from typing import Any

import numpy as np

from chaoscad.arguments import real_array
from chaoscad.errors import ChaoscadError, Diagnostic

MOST = 2**20
"""Most units, trials, and epochs of a chunk."""

LOSSES = ("squared", "cross_entropy")
"""Losses by name: mean squared error of values, mean cross-entropy of class labels from logits."""


def refuse(message: str, hint: str | None = None) -> ChaoscadError:
    """The error about an argument."""
    return ChaoscadError(Diagnostic(message, hint=hint))


def check_arrays(starts: Any) -> None:
    """Refuse an `AuxiliaryNetwork` without a trials axis or with arrays that are wrong.

    **Raises:** `ChaoscadError`.
    """
    trials = np.shape(starts.size)
    if len(trials) != 1 or trials[0] < 1:
        raise refuse(
            f"the sizes of the starts have the shape {trials}; they must have one axis, the trials",
            "init(..., trials=1) makes one network with that axis",
        )
    slots, features = (
        np.shape(starts.input_weight)[-2:] if np.ndim(starts.input_weight) > 1 else (1, 1)
    )
    outputs = np.shape(starts.output_bias)[-1] if np.ndim(starts.output_bias) else 1
    expected = {
        "hidden_bias": (slots,),
        "size_weight": (slots,),
        "input_weight": (slots, features),
        "output_weight": (outputs, slots),
        "output_bias": (outputs,),
        "size": (),
    }
    for name, shape in expected.items():
        value = getattr(starts, name)
        if np.shape(value) != trials + shape:
            raise refuse(
                f"{name} of the starts has the shape {np.shape(value)}; "
                f"the other arrays need {trials + shape}"
            )
        if value.dtype != starts.size.dtype or value.dtype not in (np.float32, np.float64):
            raise refuse(
                f"{name} of the starts has the type {value.dtype}; "
                "all arrays must be float32, or all float64"
            )
        if not np.isfinite(np.asarray(value)).all():
            raise refuse(f"{name} of the starts has values that are not finite")


def checked_points(
    which: str, x: Any, y: Any, *, loss: str, trials: int, features: int, outputs: int, dtype: Any
) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and targets as arrays of the network's type, or labels as int32.

    **Arguments:**

    - `which`: "training" or "test", for the messages.
    - `x`: shape (n, features), or (trials, n, features) where every trial has its own points.
    - `y`: values of shape (n, outputs), or labels of shape (n,); with a trials axis where x has one.

    **Raises:** `ChaoscadError` for wrong types and shapes, and for values that are not finite or
    labels out of range, with the first place.
    """
    x = _numbers(f"the {which} inputs", x, dtype)
    own = x.ndim == 3
    expected = f"(n, {features}) or ({trials}, n, {features})"
    if x.ndim not in (2, 3) or x.shape[-1] != features or (own and x.shape[0] != trials):
        raise refuse(
            f"the {which} inputs have the shape {x.shape}; the starts need {expected}",
            _column_hint(x, features),
        )
    points = x.shape[:-1]
    if x.shape[-2] == 0:
        raise refuse(f"the {which} inputs have no points; give at least one")
    _finite(f"the {which} inputs", x)
    if loss == "cross_entropy":
        return x, _labels(f"the {which} labels", y, points, max(outputs, 2))
    y = _numbers(f"the {which} targets", y, dtype)
    shape = (*points, outputs)
    if y.shape != shape:
        raise refuse(
            f"the {which} targets have the shape {y.shape}; the inputs need {shape}",
            _column_hint(y, outputs),
        )
    _finite(f"the {which} targets", y)
    return x, y


def _column_hint(values: np.ndarray, columns: int) -> str | None:
    return "add the last axis with [..., None]" if columns == 1 and values.ndim == 1 else None


def _numbers(what: str, values: Any, dtype: Any) -> np.ndarray:
    found = real_array(what, values)
    with np.errstate(over="ignore"):
        return found.astype(dtype)


def _finite(what: str, values: np.ndarray) -> None:
    wrong = np.argwhere(~np.isfinite(values))
    if len(wrong):
        place = tuple(int(index) for index in wrong[0])
        raise refuse(
            f"{what} have {len(wrong)} values that are not finite, the first one at index {place}",
            "remove or replace these points",
        )


def _labels(what: str, values: Any, shape: tuple[int, ...], classes: int) -> np.ndarray:
    values = real_array(what, values)
    if values.dtype.kind not in "iu":
        raise refuse(
            f"{what} have the type {values.dtype}; they must be integers, the classes from 0",
            "convert them with .astype(np.int32)",
        )
    if values.shape != shape:
        raise refuse(f"{what} have the shape {values.shape}; the inputs need {shape}")
    wrong = np.argwhere((values < 0) | (values >= classes))
    if len(wrong):
        place = tuple(int(index) for index in wrong[0])
        raise refuse(
            f"{what} have {values[place]} at index {place}; "
            f"the outputs of the starts allow 0 to {classes - 1}",
            "one output serves two classes, k outputs serve k classes",
        )
    return values.astype(np.int32)
