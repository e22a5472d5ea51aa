"""Dimension and curvature: base, homogeneous and diverse networks at equal training loss.

python benchmarks/learned_geometry.py --folder results

It takes the activations that `learned_activations.py mnist1d` has learned (or learns them), trains
every arm until the mean batch loss over the seeds is the same, and measures the participation ratio
of the hidden activities (corrected for the number of samples) and the Hessian of the training loss.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import equinox as eqx
import jax
import numpy as np

from neural import objective
from neural.activations import by_role, fixed
from neural.analysis import extreme_eigenvalues, hessian_trace, participation_ratio
from neural.metalearn import metalearn
from neural.perceptron import trainable
from neural.recipes import recipe
from neural.tasks import task as make_task
from neural.training import Training, fit


def train_loss(weights, held, inputs, targets):
    """The mean cross-entropy of a whole part, as a function of the weights."""
    return objective.loss("classification", eqx.combine(weights, held)(inputs), targets)


def reached(losses: np.ndarray, level: float, width: int = 50) -> int:
    """The first step at which the running mean of the seeds' mean loss is below the level."""
    mean = np.convolve(losses.mean(0), np.full(width, 1 / width), "valid")
    below = np.flatnonzero(mean <= level)
    return int(below[0]) + width if len(below) else 0


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--base", default="sin")
    parser.add_argument("--seeds", type=int, default=16)
    parser.add_argument("--meta-seeds", type=int, default=3)
    parser.add_argument("--loss", type=float, default=0.7)
    parser.add_argument("--most", type=int, default=3000)
    parser.add_argument("--curved", type=int, default=4, help="seeds whose Hessian is measured")
    parser.add_argument("--folder", type=Path, default=Path("results"))
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    task = make_task("mnist1d")
    chosen = recipe(task).with_settings(base=given.base)
    shape = chosen.shape(task)
    learned = metalearn(
        shape,
        task,
        chosen.settings,
        meta_seeds=given.meta_seeds,
        checkpoint=given.folder / f"mnist1d-{given.base}-2.npz",
        snapshot_every=50,
    )
    arms = {given.base: (fixed(given.base),)}
    for index in range(given.meta_seeds):
        even, odd = by_role(learned.of(index))
        arms |= {
            f"only even, {index}": (even,),
            f"only odd, {index}": (odd,),
            f"even and odd, {index}": (even, odd),
        }
    print(
        f"MNIST-1D, H = 100, {given.seeds} seeds, training loss {given.loss:g} nats; medians "
        "[quartiles]\n"
    )
    print(
        "| activations, meta-seed | steps | train loss | test accuracy | PR / H | largest | trace |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|")
    part = task.train
    for name, activations in arms.items():
        long = fit(shape, activations, task, Training(steps=given.most), seeds=given.seeds)
        steps = reached(long.losses, given.loss)
        if not steps:
            print(f"| {name} | not reached in {given.most} | | | | | |", flush=True)
            continue
        fitted = fit(shape, activations, task, Training(steps=steps), seeds=given.seeds)
        ratios, losses, largest, traces = [], [], [], []
        for index in range(given.seeds):
            model = fitted.network(index)
            found = participation_ratio(np.asarray(model.hidden(task.test.inputs)[0]))
            ratios.append(found.normalised_corrected)
            weights, held = eqx.partition(model, trainable(model))
            loss = jax.tree_util.Partial(
                train_loss, held=held, inputs=part.inputs[:1000], targets=part.targets[:1000]
            )
            losses.append(float(train_loss(weights, held, part.inputs, part.targets)))
            if index < given.curved:
                key = jax.random.key(index)
                largest.append(extreme_eigenvalues(loss, weights, key, steps=30).largest)
                traces.append(hessian_trace(loss, weights, key, probes=16).value)
        cells = [
            f"{np.median(values):.3g} [{np.percentile(values, 25):.3g}, {np.percentile(values, 75):.3g}]"
            for values in (losses, fitted.scores["test"][:, -1], ratios, largest, traces)
        ]
        print(f"| {name} | {steps} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
