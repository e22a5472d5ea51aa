"""Medians, intervals and tests of scores, with failures kept.

A failed run counts as the worst score, which may be infinite, so everything here works on order:
quantiles are order statistics, never interpolated, and two failures are a tie.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from chaoscad.errors import ChaoscadError, Diagnostic

RESAMPLES = 9999
"""Resamples of a bootstrap. One less than a round number puts the quantiles on order statistics."""

CONFIDENCE = 0.95

Statistic = Callable[..., np.ndarray]
"""Arrays of shape (..., n), one per sample, to their statistic of shape (...)."""

# Numbers drawn at once by a bootstrap.
_CHUNK = 2**21


@dataclass(frozen=True)
class Interval:
    """An estimate with its interval, at a confidence between 0 and 1."""

    value: float
    low: float
    high: float
    confidence: float = CONFIDENCE


def median(values: np.ndarray) -> np.ndarray:
    """Medians along the last axis; of an even number, the mean of the middle two.

    It is 0 where these are opposite infinities: half of the pairs failed in one arm, half in the
    other.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        found = np.median(values, axis=-1)
    return np.where(np.isnan(found), 0.0, found)


def mean(values: np.ndarray) -> np.ndarray:
    """Means along the last axis."""
    with np.errstate(over="ignore"):
        return np.mean(values, axis=-1)


def median_of_differences(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """The median over seeds of ours - theirs."""
    return median(differences(ours, theirs))


def ratio_of_medians(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Our median over theirs; 1 when they are equal, also at 0 or infinity."""
    return _ratio(median(ours), median(theirs))


def differences(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """ours - theirs, and 0 where both are the same infinity."""
    with np.errstate(invalid="ignore", over="ignore"):
        return np.where(ours == theirs, 0.0, np.subtract(ours, theirs))


def _ratio(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        return np.where(ours == theirs, 1.0, np.divide(ours, theirs))


def bootstrap(
    statistic: Statistic,
    *samples: ArrayLike,
    confidence: float = CONFIDENCE,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Interval:
    """The bootstrap interval of a statistic; several samples are resampled together, in pairs.

    B. Efron, R. Tibshirani, *An Introduction to the Bootstrap* (1993), chapter 13 (percentile). The
    same arguments give the same numbers.

    **Arguments:**

    - `samples`: of shape (n,), equally long; infinities are allowed, NaN is not.

    A median's interval ends at the smallest and the largest score at the widest, so its coverage is
    at most 1 - 2^(1-n): fewer than 6 seeds cannot give 95 %.

    **Raises:** `ChaoscadError` for fewer than 2 scores, NaN, different lengths and bad options.
    """
    arrays = _samples(samples)
    _check_options(confidence, resamples)
    count, rng = len(arrays[0]), np.random.default_rng(seed)
    parts = np.diff([*range(0, resamples, max(1, _CHUNK // count)), resamples])
    drawn = (rng.integers(count, size=(part, count)) for part in parts)
    found = np.sort(np.concatenate([statistic(*(one[rows] for one in arrays)) for rows in drawn]))
    # Order statistics, rounded outwards; 1e-9, for .025 * 10000 is 250 but for rounding.
    tail = (1 - confidence) / 2 * (resamples + 1) - 1
    below, above = np.floor(tail + 1e-9), np.ceil(resamples - 1 - tail - 1e-9)
    ends = found[np.clip([below, above], 0, resamples - 1).astype(int)]
    return Interval(float(statistic(*arrays)), float(ends[0]), float(ends[1]), confidence)


@dataclass(frozen=True)
class TInterval(Interval):
    """A mean with Student's interval, and the two-sided p-value that it is 0."""

    p: float = 1.0


def t_interval(values: ArrayLike, confidence: float = CONFIDENCE) -> TInterval:
    """The mean of one number for every meta-seed, with Student's interval.

    Student, *Biometrika* 6, 1 (1908). With few meta-seeds it covers what it says where a bootstrap
    over them is too narrow. Numbers that are all equal have an interval of no width.

    **Arguments:**

    - `values`: (meta_seeds,), finite; for example differences of medians.

    **Raises:** `ChaoscadError` for fewer than 2 numbers, and for some that are not finite.
    """
    _check_options(confidence, RESAMPLES)
    (given,) = _samples((values,))
    if not np.isfinite(given).all():
        hint = "a median is infinite where half of the runs failed"
        raise ChaoscadError(Diagnostic("a mean needs finite numbers", hint=hint))
    if np.ptp(given) == 0:
        value = float(given[0])
        return TInterval(value, value, value, confidence, float(value == 0))
    found: Any = stats.ttest_1samp(given, 0.0)
    ends = found.confidence_interval(confidence)
    return TInterval(
        float(given.mean()), float(ends.low), float(ends.high), confidence, float(found.pvalue)
    )


@dataclass(frozen=True)
class SignedRank:
    """The signed-rank test's two-sided p-value, and the rank-biserial correlation.

    `effect` is the share of the ranks with ours - theirs > 0 less the share of those below 0: from
    -1 to 1, and 0 when all pairs are ties.
    """

    p: float
    effect: float


def wilcoxon(ours: ArrayLike, theirs: ArrayLike) -> SignedRank:
    """The signed-rank test on paired scores; p is 1 when all pairs are ties.

    F. Wilcoxon, *Biometrics Bulletin* 1, 80 (1945); ties of a pair are ranked and then left out,
    after J. Pratt, *J. Am. Stat. Assoc.* 54, 655 (1959). Exact for few seeds or no ties. The least
    p-value that n seeds can give is 2^(1-n). Differences that agree to 5 digits rank alike, since
    rounding splits the ties of scores that are shares.

    **Raises:** `ChaoscadError` as `bootstrap`.
    """
    found = differences(*_samples((ours, theirs)))
    finite = np.abs(found[np.isfinite(found)])
    # Only ranks count: an infinite difference is larger than every other one.
    top = 2 * float(finite.max(initial=0.0)) + 1.0
    found = np.array([float(f"{value:.5g}") for value in np.clip(found, -top, top)])
    if not found.any():
        return SignedRank(1.0, 0.0)
    p: Any = stats.wilcoxon(found, zero_method="pratt")[1]
    ranks = stats.rankdata(np.abs(found)) * np.sign(found)
    return SignedRank(float(p), float(ranks.sum() / np.abs(ranks).sum()))


def holm(p_values: ArrayLike) -> np.ndarray:
    """P-values corrected for being several, in their order.

    S. Holm, *Scand. J. Stat.* 6, 65 (1979): below a level, they are wrong together with at most its
    probability, whatever their dependence.
    """
    given = np.asarray(p_values, np.float64)
    if given.ndim != 1 or not np.all((given >= 0) & (given <= 1)):
        raise ChaoscadError("p-values must be numbers from 0 to 1")
    order = np.argsort(given, kind="stable")
    factors = np.arange(len(given), 0, -1)
    corrected = np.empty(len(given))
    corrected[order] = np.minimum(np.maximum.accumulate(factors * given[order]), 1.0)
    return corrected


def share(count: int, of: int, confidence: float = CONFIDENCE) -> Interval:
    """The share of runs that failed, with E. Wilson's interval (*J. Am. Stat. Assoc.* 22, 209).

    **Raises:** `ChaoscadError` unless 0 <= count <= of and of > 0.
    """
    if not 0 <= count <= of or of < 1:
        raise ChaoscadError(f"{count} of {of} is no share")
    _check_options(confidence, RESAMPLES)
    found = stats.binomtest(int(count), int(of)).proportion_ci(confidence, method="wilson")
    return Interval(count / of, float(found.low), float(found.high), confidence)


def _samples(samples: tuple[ArrayLike, ...]) -> list[np.ndarray]:
    arrays = [np.asarray(sample, np.float64) for sample in samples]
    if not arrays:
        raise ChaoscadError("a bootstrap needs at least one sample")
    if any(array.ndim != 1 for array in arrays):
        raise ChaoscadError(f"scores must have the shape (n,), not {arrays[0].shape}")
    lengths = [len(array) for array in arrays]
    if len(set(lengths)) > 1:
        message = f"paired scores must be equally many, not {' and '.join(map(str, lengths))}"
        raise ChaoscadError(Diagnostic(message, hint="give both arms the same seeds, in one order"))
    if lengths[0] < 2:
        raise ChaoscadError(f"an interval needs at least 2 scores, not {lengths[0]}")
    if any(np.isnan(array).any() for array in arrays):
        hint = "give a failed run the worst score"
        raise ChaoscadError(Diagnostic("scores must not be NaN", hint=hint))
    return arrays


def _check_options(confidence: float, resamples: int) -> None:
    if not 0 < confidence < 1:
        raise ChaoscadError(f"a confidence lies between 0 and 1, not {confidence!r}")
    if isinstance(resamples, bool) or int(resamples) != resamples or resamples < 1:
        raise ChaoscadError(f"a bootstrap needs a positive number of resamples, not {resamples!r}")
