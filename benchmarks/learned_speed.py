"""How fast metalearning and batched training are.

python benchmarks/learned_speed.py

H = 100 hidden units, 40 inputs, 10 classes, batches of 100; K = 2 activations of 20 units each.
One outer step has 100 inner steps; its time is the median of 7 after compilation.
"""

from __future__ import annotations

import time
from dataclasses import replace

import equinox as eqx
import jax
import numpy as np

from neural.activations import fixed, learned_set
from neural.diverse import trainable
from neural.metalearn import metalearn
from neural.recipes import recipe
from neural.tasks import task as make_task
from neural.training import Data, State, Training, batches, descent, fit


class Clock:
    """Listens to a run, and keeps the time of every step."""

    def __init__(self) -> None:
        self.at: list[float] = []

    def start(self, steps: int, trials: int) -> None:
        pass

    def advance(self, taken: int, solved: int, retired: int) -> None:
        self.at.append(time.perf_counter())

    def finish(self) -> None:
        pass


def loop(shape, activations, task, training: Training, seed: int) -> float:
    """One seed in a Python loop around a compiled step, as notebooks do it; seconds."""
    data = Data(jax.numpy.asarray(task.train.inputs), jax.numpy.asarray(task.train.targets))
    model = shape.build(jax.random.key(seed), activations)
    weights, held = eqx.partition(model, trainable(model))
    transformation = training.optimizer.build(training.steps)
    step = jax.jit(descent(held, task.kind, training, transformation, data))
    order = batches(jax.random.key(seed), len(data.inputs), training.batch, training.steps)
    key = jax.random.key(0)
    state = State(weights, transformation.init(weights))
    step(state, (order[0], key))
    begun = time.perf_counter()
    for indices in order:
        state, value = step(state, (indices, key))
        float(value)
    return time.perf_counter() - begun


def main() -> None:
    task = make_task("mnist1d")
    chosen = recipe(task)
    shape = chosen.shape(task)
    print("| one outer step | seconds |\n|---|---:|")
    for gradient in ("unrolled", "first_order"):
        for meta_seeds in (1, 3):
            clock = Clock()
            settings = replace(chosen.settings, gradient=gradient, outer_steps=8)
            metalearn(shape, task, settings, meta_seeds=meta_seeds, progress=clock)
            print(f"| {gradient}, {meta_seeds} meta-seeds | {np.median(np.diff(clock.at)):.3f} |")

    print("\n| 16 seeds, 500 steps | batched | one after another | a loop of steps | ratios |")
    print("|---|---:|---:|---:|---:|")
    training = Training(steps=500)
    pair = learned_set(jax.random.key(0), 2, scale=0.2)
    for name, activations in (("sin", (fixed("sin"),)), ("a1 and a2", pair)):
        fit(shape, activations, task, training, seeds=16)
        fit(shape, activations, task, training, seeds=1)
        rows = []
        for _ in range(3):
            begun = time.perf_counter()
            fit(shape, activations, task, training, seeds=16)
            batched = time.perf_counter() - begun
            begun = time.perf_counter()
            for seed in range(16):
                fit(shape, activations, task, training, seeds=[seed])
            alone = time.perf_counter() - begun
            looped = 16 * np.median([loop(shape, activations, task, training, s) for s in range(2)])
            rows.append((batched, alone, looped))
        batched, alone, looped = np.median(rows, axis=0)
        print(
            f"| {name} | {batched:.2f} s | {alone:.2f} s | {looped:.2f} s "
            f"| {alone / batched:.1f}, {looped / batched:.1f} |"
        )


if __name__ == "__main__":
    main()
