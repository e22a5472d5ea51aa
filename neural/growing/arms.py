"""Growing networks as arms of a comparison: what trains them, at which rates, at which cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Float

from chaoscad.arguments import instance, whole
from chaoscad.errors import ChaoscadError, Diagnostic, shown
from chaoscad.tune import Optimizer
from neural.activations import Activation, activations_of
from neural.architecture import Architecture
from neural.compare import Arm, Scores, rates_around
from neural.compare.arms import FACTORS
from neural.growing.buckets import bucket_widths
from neural.growing.fit import VANISHED, Grown, grow
from neural.growing.growth import Growth
from neural.masks import BY_UNIT
from neural.operations import network_flops
from neural.tasks import Task

RECORDS = 100
"""Records of a run in several buckets, after which alone a layer moves to a smaller one."""


def growing_arm(
    name: str,
    architecture: Architecture,
    growth: Growth | None,
    task: Task,
    *,
    optimizer: Optimizer,
    activations: Any = "tanh",
    batch: int | None = None,
    factors: Sequence[float] = FACTORS,
    buckets: int = 1,
) -> Arm:
    """An arm that trains fresh networks with `grow`; a `static` architecture is the rival.

    Scores are in the task's metric. Where the task has no validation part, the rate is chosen by the
    score on the training part. `train` is the final loss, without the size loss; `flops` are those
    that were spent. Extra columns: "effective size", the sum of all masks, and "parameters" of the
    dense network that the masks leave. A trial that was retired is a failure, and keeps its place.

    With one seed, gated and masked networks of equal slots start from the same weights; a static one
    has no size inputs, so its weights are others. Batches are the same in every arm.

    The cost that decides the steps of a comparison at equal FLOPs is that of `planned_flops`. An arm
    can spend less, and the table then says what.

    **Arguments:**

    - `growth`: how the sizes move; not used by a `static` architecture, where it may be `None`.
    - `optimizer`: its rate is the middle of the grid of rates, which `factors` span.
    - `activations`, `batch`, `buckets`: as those of `grow`.

    **Raises:** `ChaoscadError` for an architecture that does not fit the task, and for bad options.
    """
    growth = Growth() if growth is None else growth
    instance(f"the growth of arm {shown(str(name))}", growth, Growth, "Growth('joint')")
    trainer = Trainer(name, task, optimizer, activations, batch, factors)
    functions, samples = trainer.fitting(architecture), trainer.samples

    def run(seeds: np.ndarray, learning_rate: float, steps: int) -> Scores:
        return trainer.scores(
            trainer.train(
                architecture,
                seeds,
                learning_rate,
                steps,
                growth=None if architecture.form == "static" else growth,
                buckets=buckets,
                record=steps if buckets == 1 else max(1, steps // RECORDS),
            )
        )

    cost = planned_flops(architecture, growth, samples, buckets, activations=functions)
    return Arm(name, run, trainer.rates, flops_per_step=cost)


class Trainer:
    """What the arms of one task share: checks, training with `grow`, scores.

    **Raises:** `ChaoscadError` for bad options, with the arm's name.
    """

    def __init__(
        self,
        name: str,
        task: Task,
        optimizer: Optimizer,
        activations: Any,
        batch: int | None,
        factors: Sequence[float],
    ) -> None:
        self.what = f"arm {shown(str(name))}"
        instance(f"the task of {self.what}", task, Task, "task('bessel')")
        example = "optimizer('adam', 0.001)"
        instance(f"the optimizer of {self.what}", optimizer, Optimizer, example)
        if batch is not None:
            why = "the number of training samples"
            batch = whole(f"the batch of {self.what}", batch, 1, len(task.train), why=why)
        self.task, self.optimizer, self.batch = task, optimizer, batch
        self.activations = activations_of(activations)
        self.samples = batch or len(task.train)
        self.rates = rates_around(optimizer.learning_rate, factors)

    def fitting(self, architecture: Any) -> tuple[Activation, ...]:
        """The activations of a network that fits the task.

        **Raises:** `ChaoscadError` for one that does not.
        """
        example = "Architecture(1, [10], 1, form='mask')"
        instance(f"the architecture of {self.what}", architecture, Architecture, example)
        ends = (architecture.inputs, architecture.outputs)
        wanted = (self.task.features, self.task.outputs)
        if ends != wanted:
            raise ChaoscadError(
                Diagnostic(
                    f"the network of {self.what} has {ends[0]} inputs and {ends[1]} outputs; "
                    f"the task {self.task.name} has {wanted[0]} and {wanted[1]}",
                    hint=f"Architecture({wanted[0]}, {architecture.hidden}, {wanted[1]}, "
                    f"form={architecture.form!r}) fits",
                )
            )
        architecture.assigned(len(self.activations))
        return self.activations

    def train(
        self,
        architecture: Architecture,
        seeds: np.ndarray,
        learning_rate: float,
        steps: int,
        *,
        record: int | None = None,
        **options: Any,
    ) -> Grown:
        """A run of `grow` with the arm's settings."""
        return grow(
            architecture,
            self.task.train.inputs,
            self.task.train.targets,
            activations=self.activations,
            optimizer=replace(self.optimizer, learning_rate=float(learning_rate)),
            steps=steps,
            seeds=np.asarray(seeds).tolist(),
            loss="cross-entropy" if self.task.metric == "accuracy" else "mse",
            batch=self.batch,
            all_may_diverge=True,
            record=record or steps,
            **options,
        )

    def scores(self, grown: Grown) -> Scores:
        """What the networks of a run score."""
        retired, history = grown.retired_at >= 0, grown.history
        extra = {
            "effective size": history.sizes[-1].sum(-1),
            "parameters": history.parameters[-1],
        }
        if grown.networks.branch_weights:
            extra["hidden layers"] = np.where(
                retired, np.nan, (history.sizes[-1] >= VANISHED).sum(-1)
            )
        part = "validation" if len(self.task.validation) else "train"
        return Scores(
            test=_scores(grown, self.task, "test"),
            validation=_scores(grown, self.task, part),
            diverged=retired,
            train=history.task_loss[-1],
            flops=np.full(len(retired), grown.flops),
            extra=extra,
        )


def planned_flops(
    architecture: Architecture,
    growth: Growth | None,
    batch: int,
    buckets: int = 1,
    *,
    activations: Any = "tanh",
) -> Callable[[int], float]:
    """The cost of a run of so many steps of one trial, by the account of `neural.operations`.

    **Arguments:**

    - `batch`: samples of a step.

    **Returns:** a function of the steps. It is exact for one bucket and for the mode `schedule` when
    no layer shrinks, up to a step at each change of bucket; else it is the cost of all slots, which no
    run exceeds.
    """
    growth = growth or Growth()
    slots = tuple(architecture.hidden)
    widths = bucket_widths(slots, buckets)
    cost = network_flops(architecture, activations_of(activations), batch)
    start, target = (np.asarray(sizes) for sizes in growth.sizes(slots))
    ramped = growth.mode == "schedule" and bool((start <= target).all())
    if buckets == 1 or architecture.form not in BY_UNIT or not ramped:
        most = cost(slots)
        return lambda steps: float(most * steps)

    def total(steps: int) -> float:
        # A layer's extent is linear in the step, so the steps in a bucket are counted, not taken.
        changes = {0, steps}
        length = max(growth.ramp * steps, 1.0)
        first = start / slots * (np.asarray(slots) - 1 + growth.edge)
        last = target / slots * (np.asarray(slots) - 1 + growth.edge)
        for layer, allowed in enumerate(widths):
            for width in allowed[:-1]:
                if first[layer] <= width < last[layer]:
                    part = (width - first[layer]) / (last[layer] - first[layer])
                    changes.add(min(steps, int(part * length) + 1))
        found = 0.0
        edges = sorted(changes)
        for begin, end in pairwise(edges):
            extent = first + (last - first) * min(begin / length, 1.0)
            now = [
                next((width for width in allowed if size <= width), allowed[-1])
                for size, allowed in zip(extent, widths, strict=True)
            ]
            found += (end - begin) * cost(now)
        return found

    return total


def _scores(grown: Grown, task: Task, part: Any) -> Float[np.ndarray, " trials"]:
    """Every trial's score on a part of the task; NaN for one that was retired."""
    predictions = np.asarray(_outputs(grown.networks, task.part(part).inputs))
    found = np.full(len(grown.seeds), np.nan)
    for trial in np.flatnonzero(grown.retired_at < 0):
        # A network may overflow on other samples than those that it was trained on.
        if np.isfinite(predictions[trial]).all():
            found[trial] = task.score(predictions[trial], part)
    return found


@eqx.filter_jit
def _outputs(networks: Any, inputs: Any) -> Any:
    """(trials, samples, outputs); trial after trial, to save memory."""
    arrays, rest = eqx.partition(networks, eqx.is_array)
    return jax.lax.map(lambda one: eqx.combine(one, rest)(inputs), arrays)
