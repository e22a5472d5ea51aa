"""How raw data become what a network sees, and back."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float

from chaoscad.errors import ChaoscadError, Diagnostic

ScalingName = Literal["none", "range", "columns", "standard", "dynamics", "canonical"]


@dataclass(frozen=True, eq=False)
class Linear:
    """scaled = (raw - offset) / scale, column by column.

    **Arguments:**

    - `offset`, `scale`: of shape `(columns,)`, float64, in the raw data's units; scales are positive.
    """

    offset: Float[np.ndarray, " columns"]
    scale: Float[np.ndarray, " columns"]

    def apply(self, raw: Float[np.ndarray, "... columns"]) -> Float[np.ndarray, "... columns"]:
        """Scaled data, float32, of raw ones; infinite where they are too large for that."""
        with np.errstate(over="ignore"):
            return ((np.asarray(raw, np.float64) - self.offset) / self.scale).astype(np.float32)

    def undo(self, scaled: Float[np.ndarray, "... columns"]) -> Float[np.ndarray, "... columns"]:
        """Raw data, float64, of scaled ones."""
        return np.asarray(scaled, np.float64) * self.scale + self.offset


@dataclass(frozen=True, eq=False)
class Scaling:
    """The scaling of a task. Where it is fitted, it is fitted on the training part alone.

    - `none`: raw data.
    - `range`: every column of inputs and targets to [-1, 1].
    - `columns`: every column of inputs and targets to mean 0 and variance 1.
    - `standard`: one offset and one scale for all inputs, to mean 0 and variance 1. Pixels of one
      picture keep their proportions.
    - `dynamics`: u = (x - mean) / sd for every coordinate, and t = `time` * tau. The targets are
      du/dtau = x' * `time` / sd, so the scaled data are a flow in scaled units, whose roll-outs need
      no unscaling; `time` is such that the targets' mean square is 1.
    - `canonical`: as `dynamics`, but with one scale s_q for all q and one scale s_p for all p. Then
      dq/dtau = dK/dp and dp/dtau = -dK/dq with K = H * `time` / (s_q s_p): Hamilton's equations
      hold in the scaled units as they do in the raw ones (a scale transformation: H. Goldstein et al.,
      Classical Mechanics, 3rd ed., section 9.1; here the unit of time changes, too). Targets that
      are scaled on their own have no Hamiltonian.

    **Arguments:**

    - `targets`: `None` for class labels.
    - `time`: raw time units per scaled one.
    """

    name: ScalingName
    inputs: Linear
    targets: Linear | None
    time: float = 1.0


def unit_range(train: Float[np.ndarray, "n columns"]) -> Linear:
    """Each column's least and greatest training value to -1 and 1; other values may lie beyond."""
    low, high = train.min(axis=0), train.max(axis=0)
    half = (high - low) / 2
    return Linear((low + high) / 2, np.where(half > 0, half, 1.0))


def column_standard(train: Float[np.ndarray, "n columns"]) -> Linear:
    """Mean 0 and variance 1 in every column; a constant column keeps its scale."""
    variances = _variances(train)
    return Linear(train.mean(axis=0), np.sqrt(np.where(variances > 0, variances, 1)))


def common_standard(train: Float[np.ndarray, "n columns"]) -> Linear:
    """Mean 0 and variance 1 over all values of the training part together."""
    columns = train.shape[1]
    # Rounding gives the equal numbers of a constant a deviation that is not quite zero.
    deviation = float(train.std()) if np.ptp(train) > 0 else 1.0
    return Linear(np.full(columns, train.mean()), np.full(columns, deviation))


_FITS: dict[str, Callable[[np.ndarray], Linear]] = {
    "none": lambda train: Linear(np.zeros(train.shape[1]), np.ones(train.shape[1])),
    "range": unit_range,
    "columns": column_standard,
    "standard": common_standard,
}


def fitted(
    name: ScalingName,
    inputs: Float[np.ndarray, "n features"],
    targets: Float[np.ndarray, "n outputs"] | None = None,
) -> Scaling:
    """A scaling that does not know of time, fitted to training data; labels are no targets here."""
    fit = _FITS[name]
    return Scaling(name, fit(inputs), None if targets is None else fit(targets))


def of_flow(
    name: ScalingName,
    states: Float[np.ndarray, "n d"],
    rates: Float[np.ndarray, "n d"],
    names: tuple[str, ...],
) -> Scaling:
    """The scaling of this name, fitted to training states, called `names`, and their rates.

    **Raises:** `ChaoscadError` for a coordinate that is constant; of the scaling `canonical`, where all
    q or all p are.
    """
    if name == "none":
        return fitted(name, states, rates)
    variances = _variances(states)
    if name == "canonical":
        q, p = np.split(variances, 2)
        variances = np.repeat([q.mean(), p.mean()], len(q))
    scale = np.sqrt(variances)
    for column, value in zip(names, scale, strict=True):
        if not value > 0:
            message = f"{column} does not change in the training part; it has no scale"
            raise ChaoscadError(Diagnostic(message, hint="scaling='none' takes the raw data"))
    with np.errstate(over="ignore"):
        size = float(np.sqrt(np.square(rates / scale).mean()))
    if not 0 < size < math.inf:
        what = "zero" if size == 0 else "too large"
        message = f"the rates of the training part are {what}; there is no unit of time"
        raise ChaoscadError(Diagnostic(message, hint="scaling='none' takes the raw data"))
    inputs, targets = Linear(states.mean(axis=0), scale), Linear(np.zeros_like(scale), scale * size)
    return Scaling(name, inputs, targets, 1 / size)


def _variances(states: np.ndarray) -> np.ndarray:
    return np.where(np.ptp(states, axis=0) > 0, states.var(axis=0), 0.0)
