"""The density of pre-activations, as weights on a grid."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Array, Float64, Real

from chaoscad.arguments import reals
from chaoscad.errors import ChaoscadError

POINTS = 401
"""Bins of a histogram."""


@dataclass(frozen=True)
class Density:
    """Weights on a rising grid of pre-activations z; they sum to 1. `sampled_density` makes it."""

    grid: Float64[np.ndarray, " points"]
    weights: Float64[np.ndarray, " points"]

    @property
    def mean(self) -> float:
        """The mean of z."""
        return float(self.weights @ self.grid)

    @property
    def deviation(self) -> float:
        """The standard deviation of z."""
        offset = self.grid - self.mean
        size = float(np.abs(offset).max())
        return size * math.sqrt(float(self.weights @ (offset / size) ** 2))


def sampled_density(samples: Real[Array | np.ndarray, ...]) -> Density:
    """The density of pre-activations that a network had: a histogram between the extreme ones.

    **Arguments:**

    - `samples`: any shape; the grid has the centres of 401 bins.

    **Raises:** `ChaoscadError` for samples that are not finite or fill fewer than 3 bins.
    """
    values = reals("the samples", np.ravel(np.asarray(samples)), "samples")
    low, high = float(values.min()), float(values.max())
    filled = 1
    # numpy needs room for the edges between the extreme values.
    least = 4 * np.finfo(np.float64).eps * max(abs(low), abs(high))
    if math.isinf(high - low):
        raise ChaoscadError(f"the samples go from {low:g} to {high:g}, too far for a histogram")
    if (high - low) / POINTS > least:
        counts, edges = np.histogram(values, POINTS)
        filled = int((counts > 0).sum())
        if filled >= 3:
            return Density((edges[:-1] + edges[1:]) / 2, counts / counts.sum())
    raise ChaoscadError(
        f"the samples fill {filled} of {POINTS} bins, and 3 are needed; give more samples that differ"
    )
