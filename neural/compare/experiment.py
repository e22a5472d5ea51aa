"""Paired experiments: every arm on the same seeds, at its own best learning rate."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

import numpy as np

from chaoscad.arguments import instance, whole
from chaoscad.engine import engine
from chaoscad.errors import ChaoscadError, Diagnostic, shown, told
from neural.compare.arms import Arm, steps_within
from neural.compare.comparison import ArmResult, Comparison, Equal, check_plan
from neural.compare.metrics import Metric, metric
from neural.compare.scores import check_scores
from neural.compare.tuning import EXTENSIONS, tune
from neural.seeds import seeds_of

TUNE_SEEDS = 5
"""Tuning seeds, where none are given."""


def compare(
    arms: Sequence[Arm],
    *,
    seeds: int | Sequence[int],
    steps: int,
    metric: str | Metric,
    tune_seeds: int | Sequence[int] = TUNE_SEEDS,
    equal: Equal = "steps",
    extensions: int = EXTENSIONS,
    failure: float | None = None,
    trivial: float | None = None,
    trivial_predictor: str = "",
    title: str = "",
    report: Callable[[str], None] | None = None,
    workers: int | None = 0,
    scheduler: str | None = None,
) -> Comparison:
    """Train every arm on the same seeds, each at the learning rate that its validation score likes.

    **Arguments:**

    - `arms`: the first is the reference of the tables.
    - `seeds`: the seeds, or how many: 0, 1, 2, ...
    - `steps`: training steps of the first arm.
    - `metric`: `accuracy`, `mse`, or a `Metric`.
    - `tune_seeds`: other seeds, on which the rates are chosen, or how many; those follow the
      largest of `seeds`.
    - `equal`: `steps` gives every arm as many steps; `flops` gives every arm the most whole steps
      that cost no more than those of the first arm. Rates are tuned at the arm's own steps.
    - `extensions`: how often the grid of rates is extended while its best lies at an edge.
    - `failure`: a score beyond which a run counts as failed.
    - `trivial`, `trivial_predictor`: what a predictor that learns nothing scores, and its name.
    - `report`: is told in a sentence of every arm that is done.
    - `workers`: processes that share out the arms, `None` for one for each core; 0 trains here. An arm
      trains all its seeds in one program, wherever it does, so that the scores are the same.
    - `scheduler`: the address of a Dask scheduler whose workers do; `workers` is then `None`.

    A seed whose run fails keeps its place: it counts as the worst score in medians and ranks, and
    is left out of means, where the tables say so.

    **Raises:** `ChaoscadError` for bad arguments, before anything is trained; and for an arm of
    which every seed is non-finite.
    """
    of = _metric(metric)
    if not isinstance(arms, Iterable):
        raise ChaoscadError(f"the arms are {told(arms)}; they must be a list of Arm")
    arms = tuple(arms)
    for arm in arms:
        instance("one of the arms", arm, Arm, "Arm('adam', run, rates=(0.01,))")
    chosen = seeds_of("seeds", seeds)
    tuning = seeds_of("tuning seeds", tune_seeds, int(chosen.max()) + 1, least=0)
    check_plan(
        *([arm.name for arm in arms], of, chosen, tuning, equal),
        {"failure threshold": failure, "trivial score": trivial},
        {"title": title, "trivial_predictor": trivial_predictor},
    )
    if not len(tuning) and any(len(arm.rates) > 1 for arm in arms):
        hint = "give tune_seeds, or a single rate to every arm"
        raise ChaoscadError(Diagnostic("there are no tuning seeds to choose rates by", hint=hint))
    steps = whole("steps", steps, 1, None)
    extensions = whole("extensions", extensions, 0, None)
    budgets = [steps if equal == "steps" else _steps(arm, arms[0], steps) for arm in arms]
    results = []
    measured = partial(_measure, of=of, seeds=chosen, tuning=tuning, extensions=extensions)
    with engine(workers, scheduler) as workshop:
        for result in workshop.in_order(measured, zip(arms, budgets, strict=True)):
            results.append(result)
            if report is not None:
                report(_sentence(result, of))
    return Comparison(
        metric=of,
        seeds=chosen,
        tune_seeds=tuning,
        equal=equal,
        arms=tuple(results),
        failure=failure,
        trivial=trivial,
        trivial_predictor=trivial_predictor,
        title=title,
    )


# The argument of `compare` hides the function.
_metric = metric


def _steps(arm: Arm, reference: Arm, steps: int) -> int:
    budget = reference.flops(steps)
    if arm is reference and budget is not None:
        return steps
    # Without a budget, the reference is the arm to complain about.
    return steps_within(reference if budget is None else arm, budget or 1.0)


def _measure(
    planned: tuple[Arm, int], of: Metric, seeds: np.ndarray, tuning: np.ndarray, extensions: int
) -> ArmResult:
    arm, steps = planned
    tuned = tune(arm, of, tuning, steps, extensions)
    scores = check_scores(arm.run(seeds, tuned.rate, steps), seeds, of, arm.name)
    if scores.failed.all():
        message = (
            f"arm {shown(arm.name)}: all {len(seeds)} seeds ({', '.join(map(str, seeds))}) are "
            f"non-finite at the learning rate {tuned.rate:g}"
        )
        raise ChaoscadError(Diagnostic(message, hint=f"try a rate below {tuned.rate:g}"))
    return ArmResult(arm.name, scores, tuned, steps, arm.flops(steps), arm.setup_flops)


def _sentence(result: ArmResult, of: Metric) -> str:
    score = float(np.median(result.scores.ranked(of)))
    failed = int(result.scores.failed.sum())
    tail = f", {failed} of {len(result.scores.test)} seeds non-finite" if failed else ""
    rate = f"learning rate {result.tuned.rate:g}"
    return f"{result.name}: median {of.name} {score:.4g} at {rate}, {result.steps} steps{tail}"
