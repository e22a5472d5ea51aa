"""Networks as arms of a comparison: what trains them, at which rates, at which cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from chaoscad.arguments import function as is_function
from chaoscad.arguments import instance
from neural.activations import Activation, activations_of, fixed, function, parametric
from neural.activations.table import as_table
from neural.architecture import Architecture
from neural.compare import Arm, Scores, rates_around
from neural.compare.arms import FACTORS
from neural.operations import network_flops
from neural.tasks import Task
from neural.training import Fitted, Training, check_fit, fit


def network_arm(
    name: str,
    shape: Architecture,
    activations: Any,
    task: Task,
    training: Training,
    *,
    factors: Sequence[float] = FACTORS,
    setup_flops: float = 0.0,
    measure: Callable[[Fitted], Mapping[str, np.ndarray]] | None = None,
) -> Arm:
    """An arm that trains fresh networks with these activations.

    **Arguments:**

    - `training`: its optimizer's rate is the middle of the grid of rates, which `factors` span; its
      steps are replaced by those of the comparison.
    - `measure`: further columns of the scores, (seeds,) each, from the trained networks; a forecast
      error, for example.

    **Raises:** `ChaoscadError` for a network that does not fit the task.
    """
    instance("the training", training, Training, "Training(steps=100)")
    ones = activations_of(activations)
    check_fit(shape, task, ones)
    if measure is not None:
        is_function("measure", measure)

    def run(seeds: np.ndarray, learning_rate: float, steps: int) -> Scores:
        chosen = replace(training, steps=steps).at_rate(learning_rate)
        fitted = fit(shape, ones, task, chosen, seeds=seeds.tolist(), all_may_diverge=True)
        nothing = np.full((len(seeds), 1), np.nan)
        last = min(steps, max(1, len(task.train.inputs) // chosen.batch))
        return Scores(
            test=fitted.scores["test"][:, -1],
            validation=fitted.scores.get("validation", nothing)[:, -1],
            train=fitted.losses[:, -last:].mean(1),
            diverged=fitted.diverged,
            extra={} if measure is None else dict(measure(fitted)),
        )

    cost = network_flops(shape, tuple(map(as_table, ones)), training.batch)(shape.hidden)
    rates = rates_around(training.optimizer.learning_rate, factors)
    return Arm(name, run, rates, flops_per_step=cost, setup_flops=setup_flops)


def rivals(base: str) -> dict[str, tuple[Activation, ...]]:
    """The strong simple rivals of a learned activation, by the names that tables give them.

    The base with a trained straight line (the sine with one, for a base other than sin and tanh),
    PReLU, units divided between sin and tanh, and GELU.

    **Raises:** `ChaoscadError` for an unknown base.
    """
    function(base, "base")
    line = f"{base}+az" if base in ("sin", "tanh") else "sin+az"
    return {
        f"{line.replace('+', ' + ')}, a trained": (parametric(line),),
        "PReLU": (parametric("prelu"),),
        "sin and tanh": (fixed("sin"), fixed("tanh")),
        "GELU": (fixed("gelu"),),
    }
