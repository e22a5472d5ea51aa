"""Rivals of growing: wide networks that are pruned, and a search over widths.

Both end, like growing, with a network whose width was not known before, or is smaller than what was
trained; both cost more than training that network once. As arms of a comparison at equal operations they
say whether growing is the better way to get there. All training is by `grow`, of static networks, and
counted by `neural.operations`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from chaoscad.arguments import within
from chaoscad.errors import ChaoscadError
from chaoscad.tune import Optimizer
from neural.architecture import Architecture
from neural.compare import Arm, Scores
from neural.compare.arms import FACTORS
from neural.growing.arms import Trainer
from neural.operations import network_flops
from neural.perceptron import Assignment, Linear, Perceptron
from neural.tasks import Task


def pruning_arm(
    name: str,
    architecture: Architecture,
    task: Task,
    *,
    wide: int | Sequence[int],
    first: float = 0.5,
    optimizer: Optimizer,
    activations: Any = "tanh",
    batch: int | None = None,
    factors: Sequence[float] = FACTORS,
) -> Arm:
    """An arm that trains wide networks, prunes them by magnitude, and trains on what is left.

    Units are pruned, not single weights: a dense product with zeros in it costs as much as without.
    Scores and extra columns are those of `growing_arm`. Both parts of a run begin the optimizer, its
    schedule and the order of the batches anew.

    **Arguments:**

    - `architecture`: static, of the widths that are left.
    - `wide`: units at first, in every hidden layer or one number for each.
    - `first`: share of the steps, in (0, 1), before the pruning.

    **Raises:** `ChaoscadError` as `growing_arm`, for wide layers that are narrower than what is to be
    left of them, and, when it runs, for fewer than 2 steps.
    """
    trainer = Trainer(name, task, optimizer, activations, batch, factors)
    _check_static(architecture, trainer)
    widths = [wide] * len(architecture.hidden) if np.ndim(wide) == 0 else list(wide)  # type: ignore[arg-type]
    whole = replace(architecture, hidden=widths, assignments=None)
    count = len(trainer.fitting(architecture))
    left, there = architecture.assigned(count), whole.assigned(count)
    if len(there) != len(left):
        message = f"{trainer.what}: {len(there)} wide layers are to become {len(left)}"
        raise ChaoscadError(f"{message}; give one width, or one for each")
    for index, (few, many) in enumerate(zip(left, there, strict=True), start=1):
        for one in range(count):
            if many.count(one) < few.count(one):
                raise ChaoscadError(
                    f"{trainer.what}: hidden layer {index} has {many.count(one)} units of activation "
                    f"{one} of which {few.count(one)} are to be left; give a larger `wide`"
                )
    if architecture.residual:
        raise ChaoscadError(f"{trainer.what}: units of residual blocks are not pruned")
    share = within(f"{trainer.what}: the first share", first, 0.0, 1.0, above=True)
    costs = [
        network_flops(one, trainer.activations, trainer.samples)(one.hidden)
        for one in (whole, architecture)
    ]

    def before(steps: int) -> int:
        return max(1, min(steps - 1, round(share * steps)))

    def run(seeds: np.ndarray, learning_rate: float, steps: int) -> Scores:
        if steps < 2:
            raise ChaoscadError(f"{trainer.what} has {steps} step; pruning needs at least 2")
        taken = before(steps)
        trained = trainer.train(whole, seeds, learning_rate, taken)
        pruned = prune(trained.networks, left)
        found = trainer.train(architecture, seeds, learning_rate, steps - taken, networks=pruned)
        scores = trainer.scores(found)
        lost = trained.retired_at >= 0
        return replace(
            scores,
            test=np.where(lost, np.nan, scores.test),
            validation=np.where(lost, np.nan, scores.validation),
            diverged=scores.diverged | lost,
            flops=np.full(len(lost), trained.flops + found.flops),
        )

    def cost(steps: int) -> float:
        return before(steps) * costs[0] + (steps - before(steps)) * costs[1]

    return Arm(name, run, trainer.rates, flops_per_step=cost)


def width_search_arm(
    name: str,
    architectures: Sequence[Architecture],
    task: Task,
    *,
    optimizer: Optimizer,
    activations: Any = "tanh",
    batch: int | None = None,
    factors: Sequence[float] = FACTORS,
) -> Arm:
    """An arm that trains a network of every width, and takes the one with the best validation score.

    Every seed makes its own search, and its cost is that of all widths together, so that at equal
    operations each of them has few steps. Where the task has no validation part, the score on the
    training part decides. Scores and extra columns are those of the chosen networks.

    **Arguments:**

    - `architectures`: static, 2 or more.

    **Raises:** `ChaoscadError` as `growing_arm`, and for fewer than 2 architectures.
    """
    trainer = Trainer(name, task, optimizer, activations, batch, factors)
    shapes = list(architectures) if isinstance(architectures, Sequence) else [architectures]
    for one in shapes:
        _check_static(one, trainer)
    if len(shapes) < 2:
        raise ChaoscadError(f"{trainer.what} needs 2 or more architectures to choose from")
    step = sum(
        network_flops(one, trainer.fitting(one), trainer.samples)(one.hidden) for one in shapes
    )
    better = np.argmax if task.metric == "accuracy" else np.argmin
    worst = -np.inf if task.metric == "accuracy" else np.inf

    def run(seeds: np.ndarray, learning_rate: float, steps: int) -> Scores:
        found = [trainer.scores(trainer.train(one, seeds, learning_rate, steps)) for one in shapes]
        # A width that failed cannot win, unless all have.
        judged = np.stack([np.where(one.failed, worst, one.validation) for one in found])
        chosen = better(judged, axis=0)

        def of(values: Sequence[Any]) -> np.ndarray:
            return np.take_along_axis(np.stack(values), chosen[None], axis=0)[0]

        own = ("test", "validation", "diverged", "train")
        return Scores(
            **{name: of([getattr(one, name) for one in found]) for name in own},
            flops=np.sum([np.asarray(one.flops) for one in found], axis=0),
            extra={key: of([one.extra[key] for one in found]) for key in found[0].extra},
        )

    return Arm(name, run, trainer.rates, flops_per_step=step)


def prune(networks: Perceptron, left: Sequence[Assignment]) -> Perceptron:
    """Networks of many trials, each cut to the units of the largest magnitude.

    A unit's magnitude is the norm of its incoming weights times that of its outgoing ones. All layers
    are judged before any is cut.

    **Arguments:**

    - `networks`: static, the trials in front.
    - `left`: the activation of every unit that is left. Units compete with those of their activation.
    """
    cut = [
        _largest(_magnitudes(networks, index), networks.assignments[index], one)
        for index, one in enumerate(left)
    ]
    layers = []
    for index, layer in enumerate(networks.layers):
        weight, bias = np.asarray(layer.weight), np.asarray(layer.bias)
        if index:
            weight = np.take_along_axis(weight, cut[index - 1][:, :, None], axis=1)
        if index < len(cut):
            weight = np.take_along_axis(weight, cut[index][:, None], axis=2)
            bias = np.take_along_axis(bias, cut[index], axis=1)
        layers.append(Linear(weight, bias))  # type: ignore[arg-type]
    return replace(networks, layers=tuple(layers), assignments=tuple(left), control=None)


def _magnitudes(networks: Perceptron, index: int) -> Float[np.ndarray, "trials units"]:
    before, after = (np.asarray(layer.weight) for layer in networks.layers[index : index + 2])
    # A trial that was retired may have weights whose squares are infinite.
    with np.errstate(over="ignore", invalid="ignore"):
        return np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=2)


def _largest(
    magnitudes: np.ndarray, have: Assignment, left: Assignment
) -> Int[np.ndarray, "trials units"]:
    """Which units each trial keeps, in their order."""
    chosen = np.empty((len(magnitudes), len(left)), np.int64)
    for one in set(left):
        places, units = np.flatnonzero(np.equal(left, one)), np.flatnonzero(np.equal(have, one))
        ranks = np.argsort(-magnitudes[:, units], axis=1, kind="stable")[:, : len(places)]
        chosen[:, places] = units[np.sort(ranks, axis=1)]
    return chosen


def _check_static(architecture: Any, trainer: Trainer) -> None:
    trainer.fitting(architecture)
    if architecture.form != "static":
        raise ChaoscadError(
            f"{trainer.what}: its network has the form {architecture.form!r}; the widths of this arm "
            "do not move, so it must be 'static'"
        )
