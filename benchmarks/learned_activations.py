"""Learned activation functions against their base and the simple rivals, task by task.

python benchmarks/learned_activations.py mnist1d --base sin --meta-seeds 8 --folder results
python benchmarks/learned_activations.py claims --folder results

Activations are learned from several meta-seeds (kept in the folder, and taken up again after an
interruption); then every arm is trained from scratch over seeds, other ones under every meta-seed,
each at the learning rate that its validation score likes best. It writes the table and the raw scores
of every meta-seed, and a table over all of them. `claims` reads what a folder holds and prints what is
claimed of pairs in all of its tables, with Holm's correction over them.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Collection, Mapping
from dataclasses import replace
from math import ceil
from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from chaoscad.files import write_text
from neural.activations import (
    Activation,
    activations_of,
    by_role,
    fixed,
    function,
    save_activations,
)
from neural.arms import network_arm, rivals
from neural.compare import (
    Arm,
    Comparison,
    Metric,
    against_best,
    compare,
    draw_boxes,
    holm,
    load,
    metric,
    pool,
    save,
    to_markdown,
    tune,
)
from neural.compare.comparison import Equal
from neural.compare.tables import pooled_table
from neural.compiled import keep_compiled
from neural.figures import draw_activations, draw_learning
from neural.forecasts import forecast
from neural.metalearn import MetaLearned, metalearn
from neural.recipes import RECIPES, Recipe, recipe
from neural.tasks import Task
from neural.tasks import task as make_task
from neural.training import Fitted

SEEDS, TUNING = 16, np.arange(10_000, 10_005)
"""Seeds under every meta-seed, and those on which rates, gains and frequencies are chosen."""

PAIR, ALONE = "even and odd", "one learned alone"
MEMBERS = ("only even", "only odd")
WAVES = ("gain and frequency", "A sin wz and A cos wz")
STATIC = ("sin + az, a trained", "tanh + az, a trained", "PReLU", "sin and tanh", "GELU")
GRID = (1.0, 2.0, 4.0)
"""Gains A and frequencies w that are tried; two numbers, of nine pairs."""


class Wave(eqx.Module):
    """A f(w z): a named function with a gain and a frequency."""

    gain: jax.Array
    frequency: jax.Array
    name: str = eqx.field(static=True)

    def __call__(self, z: jax.Array) -> jax.Array:
        return self.gain * function(self.name).evaluate(self.frequency * z)


def waves(names: tuple[str, ...], gain: float, frequency: float) -> tuple[Activation, ...]:
    """The functions with one gain and frequency, which do not train: one program serves all pairs."""
    made = activations_of([Wave(jnp.array(gain), jnp.array(frequency), name) for name in names])
    return tuple(replace(one, trained=False) for one in made)  # type: ignore[call-arg]


def remembered(arm: Arm) -> Arm:
    """The arm, but a run that was done once is not done again."""
    done: dict[tuple, object] = {}

    def run(seeds: np.ndarray, rate: float, steps: int):
        key = (tuple(seeds.tolist()), rate, steps)
        if key not in done:
            done[key] = arm.run(seeds, rate, steps)
        return done[key]

    return replace(arm, run=run)


class Experiment:
    """One task and base: what is learned for it, and the arms that are trained on it."""

    def __init__(self, given: argparse.Namespace):
        options: dict[str, Any] = {"scaling": "none"} if given.task == "pendulum" else {}
        self.given = given
        self.task: Task = make_task(given.task, **options)
        self.recipe: Recipe = recipe(self.task).with_settings(base=given.base)
        if given.outer_steps:
            self.recipe = self.recipe.with_settings(outer_steps=given.outer_steps)
        self.shape = self.recipe.shape(self.task)
        self.stem = f"{given.task}-{given.base}"
        self.metric: Metric = metric(self.task.metric)
        rolls = self.task.dynamics is not None and not self.task.dynamics.driven
        self.common: dict[str, Any] = {
            "factors": (1.0,) if given.fixed_rate else (0.3, 1.0, 3.0),
            "measure": self.measure if rolls else None,
        }

    def learned(self, count: int) -> MetaLearned:
        """`count` activations of every meta-seed."""
        return metalearn(
            self.shape,
            self.task,
            replace(self.recipe.settings, count=count),
            meta_seeds=self.given.meta_seeds,
            checkpoint=self.given.folder / f"{self.stem}-{count}.npz",
            stop_after=self.given.stop_after,
            snapshot_every=50,
        )

    def measure(self, fitted: Fitted) -> Mapping[str, np.ndarray]:
        rolled = forecast(fitted, self.task)
        found = {"forecast error": rolled.root_mean_square}
        if np.isfinite(rolled.drift).any():
            found["energy drift"] = rolled.drift
        return found

    def arm(self, name: str, ones: tuple[Activation, ...]) -> Arm:
        return network_arm(
            name, self.shape, ones, self.task, self.recipe.settings.inner, **self.common
        )

    def tuned_waves(self, names: tuple[str, ...], steps: int) -> tuple[Activation, ...]:
        """The gain and the frequency of the best validation score, each pair at its best rate."""
        scores = {}
        for pair in itertools.product(GRID, GRID):
            arm = self.arm("wave", waves(names, *pair))
            if len(arm.rates) == 1:
                run = arm.run(TUNING, arm.rates[0], steps)
                found = [float(np.median(run.validated(self.metric)))]
            else:
                found = [one.score for one in tune(arm, self.metric, TUNING, steps, 0).tried]
            scores[pair] = max(found) if self.metric.higher_is_better else -min(found)
        best = max(scores, key=lambda pair: scores[pair])
        say(f"{' and '.join(names)}, {steps} steps: gain {best[0]:g}, frequency {best[1]:g}")
        return waves(names, *best)

    def simple(self, steps: int, have: Collection[str]) -> list[Arm]:
        """The base, and those rivals that nothing was learned for and that are not there yet."""
        base = self.given.base
        sets = {base: (fixed(base),), **rivals(base)}
        if self.shape.hamiltonian:
            sets = {name: ones for name, ones in sets.items() if all(one.smooth for one in ones)}
        sets = {name: ones for name, ones in sets.items() if name == base or name not in have}
        for name, functions in zip(WAVES, ((base,), ("sin", "cos")), strict=True):
            if name not in have:
                sets[name] = self.tuned_waves(functions, steps)
        return [remembered(self.arm(name, ones)) for name, ones in sets.items()]

    def learned_arms(self, sets: dict[int, MetaLearned], index: int) -> list[Arm]:
        """The pair of a meta-seed, its members, and what was learned alone."""
        even, odd = by_role(sets[2].of(index))
        found = {MEMBERS[0]: (even,), MEMBERS[1]: (odd,), PAIR: (even, odd)}
        if 1 in sets:
            found[ALONE] = sets[1].of(index)
        return [self.arm(name, ones) for name, ones in found.items()]

    def compare_at(
        self, steps: int, equal: Equal, sets: dict[int, MetaLearned]
    ) -> list[Comparison]:
        """A comparison for every meta-seed; arms that the folder has already are not trained again."""
        results: list[Comparison] = []
        simple: dict[bool, list[Arm]] = {}
        for index in range(self.given.meta_seeds):
            file = self.given.folder / f"{self.stem}-{steps}-{equal}-{index}.json"
            kept = load(file) if file.exists() else None
            have = [] if kept is None else [arm.name for arm in kept.arms]
            mine = self.learned_arms(sets, index)
            if kept is not None and {arm.name for arm in mine} <= set(have):
                results.append(kept)
                continue
            if (new := kept is None) not in simple:
                simple[new] = self.simple(steps, have)
            budget = steps
            if equal == "flops":
                pair = next(arm for arm in mine if arm.name == PAIR)
                # The pair has exactly the steps.
                budget = ceil(
                    steps * (pair.flops(steps) or 0.0) / (simple[new][0].flops(steps) or 1.0)
                )
            result = compare(
                [*simple[new], *(arm for arm in mine if arm.name not in have)],
                seeds=range(SEEDS * index, SEEDS * (index + 1)),
                tune_seeds=TUNING.tolist(),
                steps=budget,
                equal=equal,
                metric=self.metric,
                trivial=self.task.trivial,
                trivial_predictor=self.task.trivial_predictor,
                title=f"{self.given.task}, base {self.given.base}, meta-seed {index}",
                report=say,
            )
            if kept is not None:
                result = replace(result, arms=(*kept.arms, *result.arms[1:]))
            results.append(result)
            write_text(file.with_suffix(".md"), to_markdown(result))
            figure = draw_boxes(result, log=self.task.metric == "mse")
            figure.savefig(file.with_suffix(".png"), dpi=150)
            save(result, file)
        return results


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def show(results: list[Comparison]) -> None:
    """The table over all meta-seeds."""
    print(pooled_table(pool(results), results[0].metric), flush=True)
    for column in sorted(results[0].arms[0].scores.extra):
        medians = {
            arm.name: np.median([np.median(one[arm.name].scores.extra[column]) for one in results])
            for arm in results[0].arms
        }
        print(f"median {column}:", "; ".join(f"{name} {v:.3g}" for name, v in medians.items()))


def claims(folder: Path) -> None:
    """What is claimed of pairs: every claim over all tables of the folder, corrected after Holm."""
    tables: dict[str, list[Comparison]] = {}
    for path in sorted(folder.glob("*-*-*-*-*.json")):
        tables.setdefault(path.stem.rpartition("-")[0], []).append(load(path))
    tables = {name: results for name, results in tables.items() if len(results) > 1}
    for name, results in tables.items():
        steps = " ".join(
            f"{arm.name} {arm.steps}" for arm in (results[0].arms[0], results[0][PAIR])
        )
        print(f"\n## {name} (steps: {steps})\n")
        show(results)
    print("\n## A pair's median less that of the best of others, which validation chooses\n")
    print("| table | meta-seeds | others | difference or ratio | p | p (Holm) |")
    print("|---|---:|---|---:|---:|---:|")
    for title, others in (
        ("the base", None),
        ("its members", MEMBERS),
        ("one learned alone", (ALONE,)),
        ("gain and frequency", WAVES),
        ("simple rivals", STATIC),
    ):
        found = {}
        for name, results in tables.items():
            there = [arm.name for arm in results[0].arms]
            chosen = [one for one in others or there[:1] if one in there]
            if chosen:
                found[name] = against_best(results, PAIR, chosen)
        corrected = holm([one.p for one in found.values()])
        for (name, one), p in zip(found.items(), corrected, strict=True):
            print(
                f"| {name} | {len(tables[name])} | {title} | {one.value:.4f} [{one.low:.4f}, "
                f"{one.high:.4f}] | {one.p:.2g} | {p:.2g} |"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("task", choices=(*RECIPES, "claims"))
    parser.add_argument("--base", default="sin")
    parser.add_argument("--meta-seeds", type=int, default=8)
    parser.add_argument("--outer-steps", type=int)
    parser.add_argument("--stop-after", type=int, help="take what this many outer steps have found")
    parser.add_argument("--no-alone", action="store_true", help="learn no activation by itself")
    parser.add_argument("--steps", type=int, nargs="*", help="training steps to compare at")
    parser.add_argument("--epochs", type=int, help="epochs to compare at, in place of steps")
    parser.add_argument(
        "--equal-flops", action="store_true", help="as many FLOPs as the pair spends in the steps"
    )
    parser.add_argument("--fixed-rate", action="store_true", help="the recipe's rate for every arm")
    parser.add_argument("--folder", type=Path, default=Path("results"))
    given = parser.parse_args()
    keep_compiled()
    given.folder.mkdir(parents=True, exist_ok=True)
    if given.task == "claims":
        claims(given.folder)
        return
    own = Experiment(given)
    sets = {count: own.learned(count) for count in ((2,) if given.no_alone else (2, 1))}
    pairs = {f"meta-seed {index}": sets[2].of(index) for index in range(given.meta_seeds)}
    for index, ones in enumerate(pairs.values()):
        save_activations(given.folder / f"{own.stem}-a{index}.npz", ones)
    figures = {
        "activations": draw_activations(pairs, base=fixed(given.base)),
        "learning": draw_learning(sets[2]),
    }
    for name, figure in figures.items():
        figure.savefig(given.folder / f"{own.stem}-{name}.png", dpi=150)
    inner = own.recipe.settings.inner
    lengths = given.steps or (inner.steps, 10 * inner.steps)
    if given.epochs:
        lengths = (given.epochs * (len(own.task.train.inputs) // inner.batch),)
    equal: Equal = "flops" if given.equal_flops else "steps"
    for steps in lengths:
        results = own.compare_at(steps, equal, sets)
        print(f"\n{own.stem}, {steps} steps, equal {equal}, width {own.shape.hidden}\n")
        if len(results) > 1:
            show(results)


if __name__ == "__main__":
    main()
