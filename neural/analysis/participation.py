"""How many directions the activities of a layer fill: the participation ratio.

K. Rajan, L. F. Abbott, H. Sompolinsky, Inferring stimulus selectivity from the spatial structure of
neural network dynamics, NIPS 2010; P. Gao et al., A theory of multineuronal dimensionality, dynamics
and measurement, bioRxiv 214262 (2017).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Array, Float64, Real

from chaoscad.arguments import reals
from chaoscad.errors import ChaoscadError


@dataclass(frozen=True)
class Participation:
    """The participation ratio of activities, PR = (tr C)^2 / tr C^2 of their covariance C.

    PR is 1 when one direction has all the variance, and the number of units when all directions have
    the same.

    **Arguments:**

    - `ratio`: of the sample covariance. It is at most samples - 1 and biased low.
    - `corrected`: the ratio of unbiased estimates of numerator and denominator. With few samples it
      scatters, may exceed the number of units, and is NaN where the estimate of the denominator is
      not positive. NaN for fewer than 4 samples.
    """

    ratio: float
    corrected: float
    samples: int
    units: int

    @property
    def normalised_corrected(self) -> float:
        """The corrected PR / H."""
        return self.corrected / self.units


def participation_ratio(activities: Real[Array | np.ndarray, "samples units"]) -> Participation:
    """The participation ratio of activities, plain and corrected for the number of samples.

    The samples are taken to be independent draws; nothing is assumed about their distribution.

    **Arguments:**

    - `activities`: shape (samples, units); units that never change count among the units.

    **Raises:** `ChaoscadError` for another shape, fewer than 2 samples, numbers that are not finite,
    and activities of which no unit ever changes.
    """
    values = reals("the activities", activities, "samples units")
    samples, units = values.shape
    if samples < 2:
        raise ChaoscadError("a covariance needs 2 samples or more, and 1 is given")
    with np.errstate(over="ignore"):
        constant = np.ptp(values, axis=0) == 0
    if constant.all():
        raise ChaoscadError(
            f"none of the {units} units ever changes over the {samples} samples, so there is no "
            "covariance"
        )
    # The ratio does not depend on the scale, and squares of the largest numbers overflow.
    values = values / np.abs(values[:, ~constant]).max()
    centred = np.where(constant, 0.0, values - values.mean(axis=0))
    centred /= np.abs(centred).max()
    # (tr S)^2 and tr S^2 of the sample covariance S, through the smaller Gram matrix.
    gram = (centred.T @ centred if units < samples else centred @ centred.T) / (samples - 1)
    square_of_trace, trace_of_square = float(np.trace(gram)) ** 2, float(np.sum(gram**2))
    corrected = math.nan
    if samples >= 4:
        numerator, denominator = _unbiased(centred, square_of_trace, trace_of_square)
        corrected = numerator / denominator if denominator > 0 else math.nan
    ratio = square_of_trace / trace_of_square
    return Participation(ratio, corrected, samples, units)


def _unbiased(
    centred: Float64[np.ndarray, "samples units"], square_of_trace: float, trace_of_square: float
) -> tuple[float, float]:
    """Unbiased estimates of (tr C)^2 and tr C^2 for independent samples of any distribution.

    With four different samples a, b, c, d, the mean of ((a-b).(c-d))^2 / 4 is tr C^2, and that of
    |a-b|^2 |c-d|^2 / 4 is (tr C)^2. Averaged over all choices of four (the U-statistics), both are
    linear in (tr S)^2, tr S^2 and Q = sum |x - mean|^4 / (n - 1): the formulas of T. Himeno,
    T. Yamada, J. Multivariate Anal. 130, 27 (2014).
    """
    n = len(centred)
    fourth = float(np.sum(np.sum(centred**2, axis=1) ** 2)) / (n - 1)
    factor = (n - 1) / (n * (n - 2) * (n - 3))
    numerator = 2 * trace_of_square + (n * n - 3 * n + 1) * square_of_trace - n * fourth
    denominator = (n - 1) * (n - 2) * trace_of_square + square_of_trace - n * fourth
    return factor * numerator, factor * denominator
