"""Checks of what users give to the networks with an auxiliary size."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from chaoscad.errors import ChaoscadError, Diagnostic, nearest, shown

LOSSES = ("squared", "cross_entropy")
"""Losses by name: mean squared error of values, mean cross-entropy of class labels from logits."""


def refuse(message: str, hint: str | None = None) -> ChaoscadError:
    """The error about an argument."""
    return ChaoscadError(Diagnostic(message, hint=hint))


def check_key(key: Any) -> None:
    """Refuse what is not one PRNG key, of the new style or the old.

    **Raises:** `ChaoscadError`.
    """
    if isinstance(key, (jax.Array, np.ndarray)):
        typed = jnp.issubdtype(key.dtype, jax.dtypes.prng_key) and key.shape == ()
        if typed or (key.dtype == np.uint32 and key.shape == (2,)):
            return
    what = f"of shape {key.shape}" if hasattr(key, "shape") else shown(repr(key))
    raise refuse(f"the key {what} is not a PRNG key", "jax.random.key(0) makes one")


def check_count(what: str, value: Any, most: int = 2**20) -> int:
    """An integer from 1 to `most`.

    **Raises:** `ChaoscadError` for anything else.
    """
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not whole or not 1 <= value <= most:
        raise refuse(f"{what} is {_told(value)}; it must be an integer from 1 to {most}")
    return int(value)


def check_number(what: str, value: Any, low: float, high: float, note: str = "") -> float:
    """A number from `low` to `high`.

    **Raises:** `ChaoscadError` for anything else; `note` says what the range is.
    """
    if isinstance(value, (jax.Array, np.ndarray)) and value.ndim == 0:
        value = value.item()
    if not isinstance(value, (int, float, np.integer, np.floating)) or isinstance(value, bool):
        raise refuse(f"{what} is {_told(value)}; it must be a number")
    if not low <= value <= high:
        raise refuse(f"{what} is {_told(value)}; it must be from {low:g} to {high:g}{note}")
    return float(value)


def _told(value: Any) -> str:
    if isinstance(value, (float, np.floating)):
        return f"{value:g}"
    if isinstance(value, (int, np.integer)) and not -(10**20) < value < 10**20:
        return "an integer of more than 20 digits"
    return shown(value) if isinstance(value, str) else str(value)[:60]


def check_loss(name: Any) -> None:
    """Refuse a loss that is not one of `LOSSES`.

    **Raises:** `ChaoscadError` with the nearest one.
    """
    if name not in LOSSES:
        hint = nearest(str(name), LOSSES) or "the losses are " + ", ".join(LOSSES)
        raise refuse(f"unknown loss {shown(str(name))}", hint)


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
    values = _array(what, values)
    if values.dtype.kind not in "fiu":
        raise refuse(f"{what} have the type {values.dtype}; they must be real numbers")
    with np.errstate(over="ignore"):
        return values.astype(dtype)


def _array(what: str, values: Any) -> np.ndarray:
    try:
        return np.asarray(values)
    except (ValueError, TypeError):
        raise refuse(f"{what} are not an array of numbers", "are all rows equally long?") from None


def _finite(what: str, values: np.ndarray) -> None:
    wrong = np.argwhere(~np.isfinite(values))
    if len(wrong):
        place = tuple(int(index) for index in wrong[0])
        raise refuse(
            f"{what} have {len(wrong)} values that are not finite, the first one at index {place}",
            "remove or replace these points",
        )


def _labels(what: str, values: Any, shape: tuple[int, ...], classes: int) -> np.ndarray:
    values = _array(what, values)
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
