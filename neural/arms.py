"""Networks as arms of a comparison: what trains them, at which rates, at which cost."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np

from neural.activations import Activation, Learned, fixed, function, parametric
from neural.activations.modules import check_activations
from neural.arguments import instance
from neural.compare import Arm, Scores, rates_around
from neural.compare.arms import FACTORS
from neural.diverse import Architecture
from neural.tasks import Task
from neural.training import Fitted, Training, check_fit, fit

TRANSCENDENTAL = 10.0
"""Floating-point operations that one sin, tanh or exp is counted as."""


def network_arm(
    name: str,
    shape: Architecture,
    activations: Sequence[Activation],
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
    check_fit(shape, task, training.noise)
    check_activations(activations)
    shape.assigned(len(activations))

    def run(seeds: np.ndarray, learning_rate: float, steps: int) -> Scores:
        chosen = replace(training, steps=steps).at_rate(learning_rate)
        fitted = fit(shape, activations, task, chosen, seeds=seeds.tolist(), all_may_diverge=True)
        nothing = np.full(len(seeds), np.nan)
        last = min(steps, max(1, len(task.train.inputs) // chosen.batch))
        return Scores(
            test=fitted.scores["test"][:, -1],
            validation=fitted.scores["validation"][:, -1]
            if "validation" in fitted.scores
            else nothing,
            train=fitted.losses[:, -last:].mean(1),
            diverged=fitted.diverged,
            extra={} if measure is None else dict(measure(fitted)),
        )

    return Arm(
        name,
        run,
        rates_around(training.optimizer.learning_rate, factors),
        flops_per_step=step_flops(shape, activations, training.batch),
        setup_flops=setup_flops,
    )


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


def step_flops(shape: Architecture, activations: Sequence[Activation], batch: int) -> float:
    """Floating-point operations of one training step: three times those of the forward pass.

    A product and its sum are two operations, a transcendental function `TRANSCENDENTAL`. A
    Hamiltonian network is differentiated twice, which again trebles the cost.
    """
    outputs = 1 if shape.hamiltonian else shape.outputs
    sizes = (shape.inputs, *shape.hidden, outputs)
    products = sum(2 * one * other for one, other in itertools.pairwise(sizes))
    costs = [activation_flops(activation) for activation in activations]
    units = sum(costs[number] for layer in shape.assigned(len(activations)) for number in layer)
    return batch * (products + units) * (9 if shape.hamiltonian else 3)


def activation_flops(activation: Activation) -> float:
    """Floating-point operations of one value of an activation."""
    if isinstance(activation, Learned):
        hidden = np.shape(activation.in_weight)[-1]
        return TRANSCENDENTAL + 2 + hidden * (4 + TRANSCENDENTAL)
    # What XLA would execute, so that any other kind of activation counts, too.
    cost = jax.jit(lambda z: activation(z)).lower(jnp.zeros(1)).compile().cost_analysis() or {}
    return float(cost.get("flops", 0.0)) + TRANSCENDENTAL * float(cost.get("transcendentals", 0.0))
