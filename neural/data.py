"""Samples that networks are trained on, as they are checked before."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np

from chaoscad.arguments import real_array
from chaoscad.errors import ChaoscadError, Diagnostic, told

Kind = Literal["classification", "regression", "hamiltonian"]
"""What a task asks of a network: a class, numbers, or the rates of an energy."""

Metric = Literal["accuracy", "mse"]


def metric(kind: Kind) -> Metric:
    """The score of a kind of task: accuracy of classes, mean squared error of numbers."""
    return "accuracy" if kind == "classification" else "mse"


class Data(NamedTuple):
    """Samples, in arrays of NumPy or JAX.

    **Arguments:**

    - `inputs`: (samples, features).
    - `targets`: (samples, outputs), or whole-number labels (samples,).

    Where every trial has samples of its own, both have the trials in front.
    """

    inputs: Any
    targets: Any


def checked_data(
    part: str,
    given: Any,
    kind: Kind,
    features: int,
    outputs: int,
    *,
    trials: int | None = None,
    dtype: Any = np.float32,
) -> Data:
    """The samples in one type, labels as int32.

    **Arguments:**

    - `part`: of the data, for the messages: "training" or "test".
    - `given`: a pair (inputs, targets).
    - `trials`: how many trials may have samples of their own; `None` for none.

    **Raises:** `ChaoscadError` for wrong types and shapes, no samples, numbers that are not finite and
    labels that are no class, with the first place.
    """
    try:
        inputs, targets = given
    except (TypeError, ValueError):
        raise ChaoscadError(
            f"the {part} samples are {told(given)}, and must be a pair (inputs, targets)"
        ) from None
    x = real_array(f"the {part} inputs", inputs)
    own = trials is not None and x.ndim == 3
    if x.ndim != 2 + own or x.shape[-1] != features or (own and len(x) != trials):
        either = f" or ({trials}, samples, {features})" if trials is not None else ""
        _wrong_shape(f"the {part} inputs", x, f"(samples, {features}){either}", features)
    if not x.shape[-2]:
        raise ChaoscadError(f"there are no {part} samples; give at least one")
    x = _finite(f"the {part} inputs", x, dtype)
    if kind == "classification":
        return Data(x, _labels(f"the {part} labels", targets, x.shape[:-1], outputs))
    y = real_array(f"the {part} targets", targets)
    if y.shape != (*x.shape[:-1], outputs):
        _wrong_shape(f"the {part} targets", y, str((*x.shape[:-1], outputs)), outputs)
    return Data(x, _finite(f"the {part} targets", y, dtype))


def _wrong_shape(name: str, values: np.ndarray, wanted: str, columns: int) -> None:
    hint = "add the last axis with [..., None]" if (columns, values.ndim) == (1, 1) else None
    message = f"{name} have the shape {values.shape}, and must have {wanted}"
    raise ChaoscadError(Diagnostic(message, hint=hint))


def _finite(name: str, values: np.ndarray, dtype: Any) -> np.ndarray:
    with np.errstate(over="ignore"):
        found = values.astype(dtype)
    wrong = np.argwhere(~np.isfinite(found))
    if len(wrong):
        raise ChaoscadError(
            f"{len(wrong)} of {name} {'are' if len(wrong) > 1 else 'is'} not finite in "
            f"{found.dtype}, the first at {tuple(wrong[0].tolist())}; remove or replace these samples"
        )
    return found


def _labels(name: str, given: Any, shape: tuple[int, ...], outputs: int) -> np.ndarray:
    values = real_array(name, given)
    if values.shape != shape:
        _wrong_shape(name, values, str(shape), 0)
    if values.dtype.kind not in "iu":
        raise ChaoscadError(
            f"{name} are {values.dtype}, and must be whole numbers, the classes from 0; "
            "labels.astype(np.int32) makes them so"
        )
    classes = max(outputs, 2)
    wrong = np.argwhere((values < 0) | (values >= classes))
    if len(wrong):
        place = tuple(wrong[0].tolist())
        raise ChaoscadError(
            f"{len(wrong)} of {name} {'are' if len(wrong) > 1 else 'is'} out of range, the first is "
            f"{values[place]} at {place}; {outputs} output{'s serve' if outputs > 1 else ' serves'} "
            f"the classes 0 to {classes - 1}"
        )
    return values.astype(np.int32)
