"""Comparisons that were repeated under several meta-seeds, taken together.

What is learned before the runs, such as an activation function, depends on a seed of its own: the
meta-seed. Runs that share it are not independent, so every meta-seed counts as one number, its median,
and the intervals are Student's over these. Under three meta-seeds a bootstrap that draws meta-seeds,
then seeds, covered .81 to .94 of the truth where it said .95; this covers .94 to .96.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from chaoscad.arguments import several
from chaoscad.errors import ChaoscadError, Diagnostic, shown
from neural.compare.comparison import Comparison
from neural.compare.metrics import Metric
from neural.compare.statistics import (
    CONFIDENCE,
    TInterval,
    differences,
    median,
    t_interval,
)


@dataclass(frozen=True)
class Pooled:
    """One arm over all meta-seeds, and against the reference unless it is the reference.

    **Arguments:**

    - `failures`: runs that are non-finite or beyond the threshold, of `meta_seeds` times `seeds`.
    - `medians`: the arm's median under every meta-seed, in the order of the comparisons.
    - `median`: their mean; the geometric one where the metric is an error without an upper end.
    - `against`: the arm's median less the reference's, or the ratio of the two where the metric is an
      error without an upper end.

    An interval is `None` where a median is infinite, or an error is 0.
    """

    arm: str
    meta_seeds: int
    seeds: int
    failures: int
    medians: tuple[float, ...]
    median: TInterval | None
    against: TInterval | None


def pool(
    comparisons: Sequence[Comparison],
    *,
    reference: str | None = None,
    confidence: float = CONFIDENCE,
) -> tuple[Pooled, ...]:
    """Every arm over comparisons that differ in the meta-seed, and in the seeds under it.

    Give every meta-seed other seeds than the others: what the reference owes to its seeds is then
    in the intervals, too.

    **Arguments:**

    - `reference`: an arm's name; by default that of the first arm.

    **Raises:** `ChaoscadError` for fewer than 2 comparisons, and for comparisons of other arms,
    metrics, thresholds, budgets or numbers of seeds.
    """
    comparisons = tuple(comparisons)
    if len(comparisons) < 2:
        message = f"pooling needs comparisons of at least 2 meta-seeds, not {len(comparisons)}"
        raise ChaoscadError(message)
    first = comparisons[0]
    for index, other in enumerate(comparisons[1:], start=2):
        _check_alike(first, other, index)
    base = first.arms[0].name if reference is None else first[reference].name
    of = first.metric
    beside = _countable([_median(item, base) for item in comparisons], of)
    found = []
    for name in (arm.name for arm in first.arms):
        medians = [_median(item, name) for item in comparisons]
        failed = [item[name].failures(of, item.failure).sum() for item in comparisons]
        counted = _countable(medians, of)
        compared = counted and beside and name != base
        found.append(
            Pooled(
                arm=name,
                meta_seeds=len(comparisons),
                seeds=len(first.seeds),
                failures=int(sum(failed)),
                medians=tuple(medians),
                median=_mean(medians, of, confidence) if counted else None,
                against=_contrast(comparisons, name, lambda _: base, confidence)
                if compared
                else None,
            )
        )
    return tuple(found)


def against_best(
    comparisons: Sequence[Comparison],
    arm: str,
    members: Sequence[str],
    *,
    confidence: float = CONFIDENCE,
) -> TInterval:
    """The arm's median less that of its best member, meta-seed by meta-seed, and their mean.

    This is what a diverse network claims: to be better than each of its functions alone. Under every
    meta-seed the best member is that of the best median validation score; test scores do not choose.
    Of errors without an upper end the ratio is taken, and the geometric mean.

    **Arguments:**

    - `comparisons`: one for each meta-seed, as `pool` takes them.
    - `members`: arms that have one of the functions each, or one learned alone.

    **Raises:** `ChaoscadError` for fewer than 2 comparisons, an unknown arm, no members, and medians
    that are infinite.
    """
    members = several("members", members)

    def best(one: Comparison) -> str:
        of = one.metric
        validated = [float(median(one[name].scores.validated(of))) for name in members]
        return members[int(np.argmax(validated) if of.higher_is_better else np.argmin(validated))]

    return _contrast(tuple(comparisons), arm, best, confidence)


def relative(of: Metric) -> bool:
    """Whether ratios say more than differences: scores from 0 on that have no upper end."""
    return of.low == 0 and np.isinf(of.high)


def _contrast(
    comparisons: Sequence[Comparison],
    arm: str,
    other: Callable[[Comparison], str],
    confidence: float,
) -> TInterval:
    """The arm against another one, which may differ from meta-seed to meta-seed."""
    ours = np.array([_median(one, arm) for one in comparisons])
    theirs = np.array([_median(one, other(one)) for one in comparisons])
    if not (len(comparisons) and relative(comparisons[0].metric)):
        return t_interval(differences(ours, theirs), confidence)
    with np.errstate(divide="ignore", invalid="ignore"):
        return _mean(ours / theirs, comparisons[0].metric, confidence)


def _mean(values: Any, of: Metric, confidence: float) -> TInterval:
    """The mean; of errors the geometric one, whose p-value is that it is 1."""
    if not relative(of):
        return t_interval(values, confidence)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = t_interval(np.log(values), confidence)
    value, low, high = np.exp([found.value, found.low, found.high]).tolist()
    return replace(found, value=value, low=low, high=high)


def _countable(medians: Sequence[float], of: Metric) -> bool:
    return bool(np.isfinite(medians).all() and not (relative(of) and min(medians) <= 0))


def _median(comparison: Comparison, arm: str) -> float:
    return float(median(comparison[arm].scores.ranked(comparison.metric)))


def _check_alike(first: Comparison, other: Comparison, index: int) -> None:
    def about(one: Comparison) -> dict[str, object]:
        return {
            "the arms": ", ".join(arm.name for arm in one.arms),
            "the number of seeds": len(one.seeds),
            "the metric": one.metric.name,
            "the failure threshold": one.failure,
            "equal": one.equal,
            **{f"the steps of arm {shown(arm.name)}": arm.steps for arm in one.arms},
        }

    theirs = about(other)
    for what, value in about(first).items():
        if theirs[what] != value:
            message = f"comparison {index} has {what} {shown(str(theirs[what]))}, the first one "
            hint = "only comparisons that differ in the meta-seed and its seeds are pooled"
            raise ChaoscadError(Diagnostic(message + shown(str(value)), hint=hint))
