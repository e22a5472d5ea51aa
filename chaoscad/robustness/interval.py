"""Shares of samples, with exact binomial intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int


def clopper_pearson(
    counts: Int[np.ndarray, " items"], of: int | Int[np.ndarray, " items"], confidence: float
) -> tuple[Float[np.ndarray, " items"], Float[np.ndarray, " items"]]:
    """The ends of the exact intervals, whose coverage is at least `confidence`.

    C. J. Clopper and E. S. Pearson, Biometrika 26, 404 (1934): the ends are quantiles of beta
    distributions.
    """
    from scipy.special import betaincinv

    counts = np.asarray(counts, float)
    tail = (1 - confidence) / 2
    with np.errstate(all="ignore"):
        low = np.where(counts > 0, betaincinv(counts, of - counts + 1, tail), 0.0)
        high = np.where(counts < of, betaincinv(counts + 1, of - counts, 1 - tail), 1.0)
    return low, high


@dataclass(frozen=True)
class Share:
    """A part of a sample, with its exact binomial interval.

    **Arguments:**

    - `count`, `of`: so many of so many.
    - `interval`: of C. J. Clopper and E. S. Pearson, Biometrika 26, 404 (1934): its coverage is at
      least `confidence`.
    """

    count: int
    of: int
    interval: tuple[float, float]
    confidence: float

    @property
    def value(self) -> float:
        """The part."""
        return self.count / self.of

    def to_data(self) -> dict[str, Any]:
        """As JSON-ready data."""
        return {
            "value": self.value,
            "count": self.count,
            "of": self.of,
            "interval": list(self.interval),
        }


def share(count: int, of: int, confidence: float = 0.99, *, most: int | None = None) -> Share:
    """`count` of `of` samples; with `most`, up to so many, as some were not decided."""
    ends = clopper_pearson(np.array([count, count if most is None else most]), of, confidence)
    return Share(count, of, (float(ends[0][0]), float(ends[1][1])), confidence)
