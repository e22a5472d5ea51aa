"""Choosing a learning rate by the validation score, on seeds that are used for nothing else."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chaoscad.errors import ChaoscadError, Diagnostic, shown
from neural.compare.arms import Arm
from neural.compare.metrics import Metric
from neural.compare.scores import check_scores

EXTENSIONS = 4
"""How often a grid is extended, at most, while the best rate lies at its edge."""


@dataclass(frozen=True)
class Tried:
    """A learning rate, the median of its validation scores, and how many of its runs failed."""

    rate: float
    score: float
    failures: int


@dataclass(frozen=True)
class Tuned:
    """The rate that was chosen, all that were tried in increasing order, and whether it is an edge.

    With one rate given nothing is tried: `tried` is empty.
    """

    rate: float
    tried: tuple[Tried, ...]
    at_edge: bool


def tune(
    arm: Arm, metric: Metric, seeds: np.ndarray, steps: int, extensions: int = EXTENSIONS
) -> Tuned:
    """The rate with the best median validation score; test scores are not looked at.

    Runs that failed count as the worst score. Among equal medians the rate with fewer failures is
    taken, then one inside the grid, then the smaller one. While the best rate is the smallest or
    the largest of the grid, the grid is extended there by the ratio of its last two rates; when no
    rate gives a finite score, it is extended downwards.

    **Raises:** `ChaoscadError` when no rate gives a finite validation score.
    """
    if len(arm.rates) == 1:
        return Tuned(arm.rates[0], (), False)
    tried = [_try(arm, rate, metric, seeds, steps) for rate in arm.rates]
    best = _best(tried, metric)
    for _ in range(extensions):
        if best not in (0, len(tried) - 1):
            break
        end, inner = (tried[0], tried[1]) if best == 0 else (tried[-1], tried[-2])
        rate = float(f"{end.rate * (end.rate / inner.rate):.3g}")
        # No floating-point number lies beyond the smallest and the largest one.
        if rate == end.rate or not 0 < rate < np.inf:
            break
        tried.insert(0 if best == 0 else len(tried), _try(arm, rate, metric, seeds, steps))
        best = _best(tried, metric)
    if tried[best].failures == len(seeds):
        message = (
            f"arm {shown(arm.name)}: all {len(seeds)} tuning seeds ({', '.join(map(str, seeds))}) are "
            f"non-finite at every learning rate from {tried[0].rate:g} to {tried[-1].rate:g}"
        )
        hint = f"try rates below {tried[0].rate:g}, and check that its task has a validation part"
        raise ChaoscadError(Diagnostic(message, hint=hint))
    return Tuned(tried[best].rate, tuple(tried), best in (0, len(tried) - 1))


def _try(arm: Arm, rate: float, metric: Metric, seeds: np.ndarray, steps: int) -> Tried:
    scores = check_scores(arm.run(seeds, rate, steps), seeds, metric, arm.name)
    failures = int((scores.failed | ~np.isfinite(scores.validation)).sum())
    return Tried(rate, float(np.median(scores.validated(metric))), failures)


def _best(tried: list[Tried], metric: Metric) -> int:
    if all(item.score == metric.worst for item in tried):
        # Nothing to choose by but the failures; where those are equal, smaller rates come next.
        return min(range(len(tried)), key=lambda index: (tried[index].failures, index))

    def order(index: int) -> tuple[float, int, bool, int]:
        item = tried[index]
        loss = -item.score if metric.higher_is_better else item.score
        return loss, item.failures, index in (0, len(tried) - 1), index

    return min(range(len(tried)), key=order)
