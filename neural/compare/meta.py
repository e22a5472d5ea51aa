"""Comparisons that were repeated under several meta-seeds, taken together.

What is learned before the runs, such as an activation function, depends on a seed of its own: the
meta-seed. Runs that share it are not independent, so its comparisons are pooled by a hierarchical
bootstrap, not by counting all of their seeds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from chaoscad.arguments import several
from chaoscad.errors import ChaoscadError, Diagnostic, shown
from neural.compare.comparison import Comparison
from neural.compare.statistics import (
    CONFIDENCE,
    RESAMPLES,
    Design,
    Interval,
    Statistic,
    TInterval,
    difference_of_medians,
    hierarchical_bootstrap,
    median,
    median_of_differences,
    ratio_of_medians,
    t_interval,
)


@dataclass(frozen=True)
class Pooled:
    """One arm over all meta-seeds, and against the reference unless it is the reference.

    **Arguments:**

    - `failures`: runs that are non-finite or beyond the threshold, of `meta_seeds` times `seeds`.
    - `medians`: the arm's median under every meta-seed, in the order of the comparisons.
    - `median`, `difference`, `difference_of_medians`, `ratio_of_medians`: of all runs, with
      intervals over meta-seeds and seeds; `difference` is the median of arm - reference.
    """

    arm: str
    meta_seeds: int
    seeds: int
    failures: int
    medians: tuple[float, ...]
    median: Interval
    difference: Interval | None
    difference_of_medians: Interval | None
    ratio_of_medians: Interval | None


def pool(
    comparisons: Sequence[Comparison],
    *,
    reference: str | None = None,
    design: Design = "crossed",
    confidence: float = CONFIDENCE,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> tuple[Pooled, ...]:
    """Every arm over comparisons that differ in the meta-seed alone.

    **Arguments:**

    - `reference`: an arm's name; by default that of the first arm.
    - `design`, `confidence`, `resamples`, `seed`: as in `hierarchical_bootstrap`. The comparisons
      have their seeds in common, so these are crossed with the meta-seeds.

    **Raises:** `ChaoscadError` for fewer than 2 comparisons, and for comparisons of other arms,
    seeds, metrics, thresholds or budgets.
    """
    comparisons = tuple(comparisons)
    if len(comparisons) < 2:
        message = f"pooling needs comparisons of at least 2 meta-seeds, not {len(comparisons)}"
        raise ChaoscadError(message)
    first = comparisons[0]
    for index, other in enumerate(comparisons[1:], start=2):
        _check_alike(first, other, index)
    base = first.arms[0].name if reference is None else first[reference].name

    def draw(statistic: Statistic, *samples: np.ndarray) -> Interval:
        return hierarchical_bootstrap(
            statistic,
            *samples,
            design=design,
            confidence=confidence,
            resamples=resamples,
            seed=seed,
        )

    theirs = _scores(comparisons, base)
    found = []
    for name in (arm.name for arm in first.arms):
        ours = _scores(comparisons, name)
        failed = [item[name].failures(item.metric, item.failure).sum() for item in comparisons]
        same = name == base
        found.append(
            Pooled(
                arm=name,
                meta_seeds=len(comparisons),
                seeds=ours.shape[1],
                failures=int(sum(failed)),
                medians=tuple(median(ours).tolist()),
                median=draw(median, ours),
                difference=None if same else draw(median_of_differences, ours, theirs),
                difference_of_medians=None if same else draw(difference_of_medians, ours, theirs),
                ratio_of_medians=None if same else draw(ratio_of_medians, ours, theirs),
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

    **Arguments:**

    - `comparisons`: one for each meta-seed, as `pool` takes them.
    - `members`: arms that have one of the functions each, or one learned alone.

    **Raises:** `ChaoscadError` for fewer than 2 comparisons, an unknown arm, no members, and medians
    that are infinite.
    """
    members = several("members", members)
    found = []
    for one in comparisons:
        of = one.metric
        validated = [float(median(one[name].scores.validated(of))) for name in members]
        best = members[int(np.argmax(validated) if of.higher_is_better else np.argmin(validated))]
        ours, theirs = one[arm].scores.ranked(of), one[best].scores.ranked(of)
        found.append(float(difference_of_medians(ours, theirs)))
    return t_interval(found, confidence)


def _scores(comparisons: Sequence[Comparison], arm: str) -> np.ndarray:
    return np.stack([item[arm].scores.ranked(item.metric) for item in comparisons])


def _check_alike(first: Comparison, other: Comparison, index: int) -> None:
    def differ(what: str, one: object, two: object) -> ChaoscadError:
        message = (
            f"comparison {index} has {what} {shown(str(two))}, the first one {shown(str(one))}"
        )
        hint = "only comparisons that differ in the meta-seed alone are pooled"
        return ChaoscadError(Diagnostic(message, hint=hint))

    names = [[arm.name for arm in item.arms] for item in (first, other)]
    if names[0] != names[1]:
        raise differ("the arms", *map(", ".join, names))
    if not np.array_equal(first.seeds, other.seeds):
        raise differ("the seeds", first.seeds.tolist(), other.seeds.tolist())
    if first.metric != other.metric:
        raise differ("the metric", first.metric.name, other.metric.name)
    if first.failure != other.failure:
        raise differ("the failure threshold", first.failure, other.failure)
    if first.equal != other.equal:
        raise differ("equal", first.equal, other.equal)
    for arm in first.arms:
        steps = other[arm.name].steps
        if steps != arm.steps:
            raise differ(f"the steps of arm {shown(arm.name)}", arm.steps, steps)
