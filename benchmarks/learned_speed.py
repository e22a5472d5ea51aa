"""How fast metalearning and batched training are.

python benchmarks/learned_speed.py

H = 100 hidden units, 40 inputs, 10 classes, batches of 100; K = 2 activations of 20 units each.
One outer step has 100 inner steps; its time is the median of 7 after compilation. Sixteen seeds are
trained in one program, and one after another: by the same compiled program, by a Python loop around a
compiled step (two seeds, times eight), and by a script for each (the median of three, times sixteen).
"""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace

import equinox as eqx
import jax
import numpy as np

from chaoscad.tune import Silent
from neural.activations import fixed, learned_set
from neural.batches import batches
from neural.data import Data
from neural.metalearn import metalearn
from neural.perceptron import trainable
from neural.programs import State, descent
from neural.recipes import recipe
from neural.settings import Training
from neural.tasks import task as make_task
from neural.training import fit


class Clock(Silent):
    """Listens to a run, and keeps the time of every step."""

    def __init__(self) -> None:
        self.at: list[float] = []

    def advance(self, *_: int) -> None:
        """Note the time."""
        self.at.append(time.perf_counter())


def script(name: str) -> float:
    """One seed in a process of its own, as a script a seed would do it; seconds."""
    code = (
        "from neural.activations import fixed, learned_set\n"
        "from neural.recipes import recipe\n"
        "from neural.tasks import task\n"
        "from neural.training import Training, fit\n"
        "import jax\n"
        "one = task('mnist1d')\n"
        f"name = {name!r}\n"
        "pair = learned_set(jax.random.key(0), 2, scale=0.2)\n"
        "ones = (fixed('sin'),) if name == 'sin' else pair\n"
        "fit(recipe(one).shape(one), ones, one, Training(steps=500), seeds=[0])\n"
    )
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - begun


def loop(shape, activations, task, training: Training, seed: int) -> float:
    """One seed in a Python loop around a compiled step, as notebooks do it; seconds."""
    data = Data(jax.numpy.asarray(task.train.inputs), jax.numpy.asarray(task.train.targets))
    model = shape.build(jax.random.key(seed), activations)
    weights, held = eqx.partition(model, trainable(model))
    transformation = training.optimizer.build(training.steps)
    step = jax.jit(descent(held, task.kind, transformation, data))
    order = batches(jax.random.key(seed), len(data.inputs), training.batch, training.steps)
    state = State(weights, transformation.init(weights))
    step(state, order[0])
    begun = time.perf_counter()
    for indices in order:
        state, value = step(state, indices)
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

    print("\n| 16 seeds, 500 steps | batched | compiled runs | loops of steps | scripts | ratios |")
    print("|---|---:|---:|---:|---:|---:|")
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
        scripts = 16 * np.median([script(name) for _ in range(3)])
        print(
            f"| {name} | {batched:.2f} s | {alone:.2f} s | {looped:.2f} s | {scripts:.0f} s "
            f"| {alone / batched:.1f}, {looped / batched:.1f}, {scripts / batched:.0f} |"
        )

    print("\n| 16 seeds, 500 steps, one function, compiled | CPU, s | accuracy |\n|---|---:|---:|")
    for name in ("sin", "fast_sin", "tanh"):
        fit(shape, name, task, training, seeds=16)
        used = []
        for _ in range(5):
            begun = time.process_time()
            found = fit(shape, name, task, training, seeds=16)
            used.append(time.process_time() - begun)
        print(f"| {name} | {np.median(used):.2f} | {np.median(found.scores['test'][:, -1]):.3f} |")


if __name__ == "__main__":
    main()
