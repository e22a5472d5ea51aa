"""Exact binomial intervals of many counts at once."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int


def clopper_pearson(
    counts: Int[np.ndarray, " items"], of: int, confidence: float
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
