"""The density of pre-activations, as weights on a grid."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Array, Float64, Real

from chaoscad.arguments import finite, positive, reals, whole
from chaoscad.errors import ChaoscadError

POINTS = 401
"""Points of a grid, unless others are asked for."""


@dataclass(frozen=True)
class Density:
    """Weights on a rising grid of pre-activations z; they sum to 1.

    Make it with `gaussian_density` or `sampled_density`, which check it.
    """

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


def gaussian_density(
    mean: float = 0.0, deviation: float = 1.0, points: int = POINTS, reach: float = 8.0
) -> Density:
    """A normal density, on a grid that reaches some standard deviations to both sides.

    On equal distances the weighted sum of a smooth function converges to its mean faster than any
    power of the distance.

    **Raises:** `ChaoscadError` for a bad argument.
    """
    finite("the mean", mean)
    positive("the deviation", deviation)
    positive("the reach", reach)
    points = whole("points", points, 3, 1_000_000)
    units = np.linspace(-reach, reach, points)
    weights = np.exp(-(units**2) / 2)
    return Density(mean + deviation * units, weights / weights.sum())


def sampled_density(samples: Real[Array | np.ndarray, ...], points: int = POINTS) -> Density:
    """The density of pre-activations that a network had: a histogram between the extreme ones.

    **Arguments:**

    - `samples`: any shape.
    - `points`: bins; the grid has their centres.

    **Raises:** `ChaoscadError` for samples that are not finite or fill fewer than 3 bins.
    """
    points = whole("points", points, 3, 1_000_000)
    values = reals("the samples", np.ravel(np.asarray(samples)), "samples")
    low, high = float(values.min()), float(values.max())
    filled = 1
    # numpy needs room for the edges between the extreme values.
    least = 4 * np.finfo(np.float64).eps * max(abs(low), abs(high))
    if math.isinf(high - low):
        raise ChaoscadError(f"the samples go from {low:g} to {high:g}, too far for a histogram")
    if (high - low) / points > least:
        counts, edges = np.histogram(values, points)
        filled = int((counts > 0).sum())
        if filled >= 3:
            return Density((edges[:-1] + edges[1:]) / 2, counts / counts.sum())
    raise ChaoscadError(
        f"the samples fill {filled} of {points} bins, and 3 are needed; give more samples that differ"
    )
