"""Looking at grown networks: where they decide what, where they err, and how they scale.

Small functions of arrays and callables; nothing here trains. Source of the questions: Radhakrishnan
et al., Proc R Soc A 481 (2025), doi 10.1098/rspa.2025.0222. The intervals are not in the paper.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from chaoscad.arguments import plain_scalar, real_array, whole, within
from chaoscad.errors import ChaoscadError, Diagnostic, shown, told
from neural.compare.statistics import (
    CONFIDENCE,
    RESAMPLES,
    Interval,
    bootstrap,
    median,
    ratio_of_medians,
    share,
)

Model = Callable[[Any], Any]
"""(samples, features) to (samples, outputs): a network, of one trial."""


@dataclass(frozen=True, eq=False)
class Regions:
    """The class that a network gives to every point of a grid.

    **Arguments:**

    - `x`, `y`: the grid's coordinates, (points,) each.
    - `classes`: the class at (x[j], y[i]), of shape (points, points), in row i and column j.
    - `margin`: the largest logit less the next one, likewise; small where the network hesitates.
    """

    x: Float[np.ndarray, " points"]
    y: Float[np.ndarray, " points"]
    classes: Int[np.ndarray, "points points"]
    margin: Float[np.ndarray, "points points"]


def decision_regions(
    model: Model, *, low: float = -1.0, high: float = 1.0, points: int = 200
) -> Regions:
    """The classes of a network of two inputs on an even grid over a square, both ends included.

    **Arguments:**

    - `model`: its outputs are one number per class, of which the largest decides.

    **Raises:** `ChaoscadError` for an empty square, fewer than 2 points, a network of one output, and
    outputs that are not finite.
    """
    points = whole("the number of points", points, 2, 4096)
    if not (np.isfinite([low, high]).all() and low < high):
        raise ChaoscadError(f"the grid must go from a number to a larger one, not {low} to {high}")
    line = np.linspace(low, high, points, dtype=np.float32)
    grid = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    outputs = _outputs(model, grid)
    if outputs.ndim != 2 or outputs.shape[1] < 2:
        raise ChaoscadError(
            f"the outputs have the shape {outputs.shape}; regions need one column for each of 2 or "
            "more classes"
        )
    ordered = np.sort(outputs, axis=1)
    shape = (points, points)
    return Regions(
        line,
        line,
        outputs.argmax(1).astype(np.int32).reshape(shape),
        (ordered[:, -1] - ordered[:, -2]).reshape(shape),
    )


def confusion(
    model: Model, inputs: Any, labels: Any, classes: int | None = None
) -> Int[np.ndarray, "classes classes"]:
    """How many samples of each class (rows) were given which class (columns).

    **Arguments:**

    - `inputs`: (n, features); `labels`: (n,), whole numbers from 0.
    - `classes`: their number; by default the number of the network's outputs, or 2 of a single one.

    **Raises:** `ChaoscadError` for labels that do not fit, and outputs that are not finite.
    """
    outputs = _outputs(model, inputs)
    given = np.asarray(labels)
    if given.dtype.kind not in "iu" or given.shape != outputs.shape[:1] or outputs.ndim != 2:
        raise ChaoscadError(
            f"the labels are {given.dtype} of shape {given.shape}; outputs of shape {outputs.shape} "
            "need one whole number per sample"
        )
    if outputs.shape[1] == 1:
        outputs = np.concatenate([np.zeros_like(outputs), outputs], axis=1)
    count = outputs.shape[1] if classes is None else whole("the number of classes", classes)
    count = max(count, outputs.shape[1])
    if given.size and not 0 <= given.min() <= given.max() < count:
        wrong = given[(given < 0) | (given >= count)][0]
        raise ChaoscadError(f"there is a label {wrong}; the labels are 0 to {count - 1}")
    places = given.astype(np.int64) * count + outputs.argmax(1)
    return np.bincount(places, minlength=count**2).reshape(count, count)


@dataclass(frozen=True)
class ScanRow:
    """What an experiment gave at one lambda.

    **Arguments:**

    - `weight`: lambda.
    - `trials`: how many.
    - `median`: of the losses, trials that are not finite counted as infinite.
    - `failures`: the share of trials that are not finite or above the threshold.
    - `reference`, `reference_failures`: the same of the trials to compare with, if there are any.
    - `ratio`: of the medians, the experiment's over the reference's.
    """

    weight: float
    trials: int
    median: Interval
    failures: Interval
    reference: Interval | None = None
    reference_failures: Interval | None = None
    ratio: Interval | None = None


Experiment = Callable[[float], Any]
"""Lambda to the losses of all trials, (trials,), in the same order at every lambda."""


def scan(
    experiment: Experiment,
    weights: Sequence[float],
    *,
    reference: Experiment | None = None,
    failure: float = np.inf,
    confidence: float = CONFIDENCE,
    resamples: int = RESAMPLES,
) -> tuple[ScanRow, ...]:
    """Run an experiment at several weights of the size loss.

    Medians and failures, not means: a few failed trials decide a mean.

    **Arguments:**

    - `experiment`, `reference`: the growing arm and the one that it is compared with, trial by trial.
    - `failure`: a trial with a larger loss has failed.
    - `confidence`, `resamples`: of the intervals; see `neural.compare.bootstrap` and `share`.

    **Raises:** `ChaoscadError` for no weights, weights below 0, and losses that are not one number
    for each of 2 or more trials.
    """
    values = [within("lambda", value, 0, math.inf) for value in weights]
    if not values:
        raise ChaoscadError("there are no weights to scan; give at least one lambda")
    _check_failure(failure)
    options: dict[str, Any] = {"confidence": confidence, "resamples": resamples}

    def failed(losses: np.ndarray) -> Interval:
        count = int((np.isinf(losses) | (losses > failure)).sum())
        return share(count, len(losses), confidence)

    rows = []
    for weight in values:
        ours = _losses("the experiment", experiment(weight), weight)
        row = ScanRow(weight, len(ours), bootstrap(median, ours, **options), failed(ours))
        if reference is not None:
            theirs = _losses("the reference", reference(weight), weight)
            ratio = bootstrap(ratio_of_medians, ours, theirs, **options)
            middle = bootstrap(median, theirs, **options)
            row = ScanRow(
                weight, len(ours), row.median, row.failures, middle, failed(theirs), ratio
            )
        rows.append(row)
    return tuple(rows)


def _outputs(model: Model, inputs: Any) -> np.ndarray:
    """A network's outputs in float64, if they are finite."""
    if not callable(model):
        raise ChaoscadError(f"a network is a function of its inputs, not {shown(repr(model))}")
    given = np.asarray(inputs)
    try:
        outputs = np.asarray(model(given), np.float64)
    except (TypeError, ValueError) as error:
        reason = str(error).split("\n", 1)[0]
        message = f"the network cannot take inputs of shape {given.shape}: {reason[:120]}"
        raise ChaoscadError(message) from None
    bad = ~np.isfinite(outputs)
    if bad.any():
        message = f"{int(bad.sum())} of {bad.size} outputs of the network are not finite"
        raise ChaoscadError(Diagnostic(message, hint="take a trial that was not retired"))
    return outputs


def _losses(what: str, given: Any, weight: float) -> np.ndarray:
    found = _numbers(f"the losses of {what}", given)
    if found.ndim != 1 or len(found) < 2:
        message = f"{what} gave losses of shape {found.shape} at lambda {weight:g}"
        raise ChaoscadError(f"{message}; it must give one number for each of 2 or more trials")
    return np.where(np.isfinite(found), found, np.inf)


def _numbers(what: str, given: Any) -> np.ndarray:
    return real_array(what, given).astype(np.float64)


def _check_failure(threshold: Any) -> None:
    plain = plain_scalar(threshold)
    if isinstance(plain, bool) or not isinstance(plain, int | float) or math.isnan(plain):
        raise ChaoscadError(f"the failure threshold is {told(plain)}, and must be a number")
