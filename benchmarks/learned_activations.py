"""Learned activation functions against their base and the simple rivals, task by task.

python benchmarks/learned_activations.py mnist1d --base sin --folder results

Activations are learned from several meta-seeds (kept in the folder, and taken up again after an
interruption); then every arm is trained from scratch over seeds, each at the learning rate that its
validation score likes best. It writes the table and the raw scores of every meta-seed, and a table
over all of them, with intervals that draw meta-seeds, then seeds.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from neural.activations import by_role, fixed, save_activations
from neural.arms import network_arm, rivals
from neural.compare import Arm, against_best, compare, draw_boxes, pool, save
from neural.compare.tables import pooled_table
from neural.figures import draw_activations, draw_learning
from neural.forecasts import forecast
from neural.metalearn import metalearn
from neural.recipes import RECIPES, recipe
from neural.tasks import task as make_task
from neural.training import Fitted


def remembered(arm: Arm) -> Arm:
    """The arm, but a run that was done once is not done again."""
    done: dict[tuple, object] = {}

    def run(seeds: np.ndarray, rate: float, steps: int):
        key = (tuple(seeds.tolist()), rate, steps)
        if key not in done:
            done[key] = arm.run(seeds, rate, steps)
        return done[key]

    return replace(arm, run=run)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("task", choices=RECIPES)
    parser.add_argument("--base", default="sin")
    parser.add_argument("--meta-seeds", type=int, default=3)
    parser.add_argument("--seeds", type=int, default=16)
    parser.add_argument("--outer-steps", type=int)
    parser.add_argument("--alone", action="store_true", help="also learn one activation by itself")
    parser.add_argument("--steps", type=int, nargs="*", help="training steps to compare at")
    parser.add_argument(
        "--equal-flops", action="store_true", help="as many FLOPs as the pair spends in the steps"
    )
    parser.add_argument("--fixed-rate", action="store_true", help="the recipe's rate for every arm")
    parser.add_argument("--folder", type=Path, default=Path("results"))
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)

    options = {"scaling": "none"} if given.task == "pendulum" else {}
    task = make_task(given.task, **options)
    chosen = recipe(task).with_settings(base=given.base)
    if given.outer_steps:
        chosen = chosen.with_settings(outer_steps=given.outer_steps)
    settings, shape = chosen.settings, chosen.shape(task)
    stem = f"{given.task}-{given.base}"

    started = time.perf_counter()
    sets = {}
    for count in (2, 1) if given.alone else (2,):
        sets[count] = metalearn(
            shape,
            task,
            replace(settings, count=count),
            meta_seeds=given.meta_seeds,
            checkpoint=given.folder / f"{stem}-{count}.npz",
            snapshot_every=50,
        )
    print(f"metalearning: {time.perf_counter() - started:.0f} s", file=sys.stderr)
    pair = sets[2]
    for index in range(given.meta_seeds):
        save_activations(given.folder / f"{stem}-a{index}.npz", pair.of(index))
    draw_activations(
        {f"meta-seed {index}": pair.of(index) for index in range(given.meta_seeds)},
        base=fixed(given.base),
    ).savefig(given.folder / f"{stem}-activations.png", dpi=150)
    draw_learning(pair).savefig(given.folder / f"{stem}-learning.png", dpi=150)

    def measure(fitted: Fitted) -> Mapping[str, np.ndarray]:
        rolled = forecast(fitted, task)
        found = {"forecast error": rolled.root_mean_square}
        if np.isfinite(rolled.drift).any():
            found["energy drift"] = rolled.drift
        return found

    rolls = task.dynamics is not None and not task.dynamics.driven
    common = {
        "factors": (1.0,) if given.fixed_rate else (0.3, 1.0, 3.0),
        "measure": measure if rolls else None,
    }
    simple = {given.base: (fixed(given.base),), **rivals(given.base)}
    if shape.hamiltonian:
        simple = {name: ones for name, ones in simple.items() if all(one.smooth for one in ones)}
    fixed_arms = [
        remembered(network_arm(name, shape, ones, task, settings.inner, **common))
        for name, ones in simple.items()
    ]
    for steps in given.steps or (settings.inner.steps, 10 * settings.inner.steps):
        results = []
        for index in range(given.meta_seeds):
            even, odd = by_role(pair.of(index))
            mine = {"only even": (even,), "only odd": (odd,), "even and odd": (even, odd)}
            if given.alone:
                mine["one learned alone"] = sets[1].of(index)
            arms = [
                network_arm(name, shape, ones, task, settings.inner, **common)
                for name, ones in mine.items()
            ]
            budget = steps
            if given.equal_flops:
                costs = [arm.flops(steps) for arm in (arms[2], fixed_arms[0])]
                budget = round(steps * costs[0] / costs[1])
            result = compare(
                [*fixed_arms, *arms],
                seeds=given.seeds,
                steps=budget,
                equal="flops" if given.equal_flops else "steps",
                metric=task.metric,
                trivial=task.trivial,
                trivial_predictor=task.trivial_predictor,
                title=f"{given.task}, base {given.base}, meta-seed {index}",
                report=lambda line: print(line, file=sys.stderr, flush=True),
            )
            results.append(result)
            name = f"{stem}-{steps}-{index}" + ("-flops" if given.equal_flops else "")
            save(result, given.folder / f"{name}.json")
            (given.folder / f"{name}.md").write_text(result.to_markdown())
            draw_boxes(result, log=task.metric == "mse").savefig(
                given.folder / f"{name}.png", dpi=150
            )
        equal = " at equal FLOPs" if given.equal_flops else ""
        print(f"\n{given.task}, base {given.base}, {steps} steps{equal}, width {shape.hidden}\n")
        if len(results) > 1:
            print(pooled_table(pool(results), results[0].metric), flush=True)
            alone = ["one learned alone"] if given.alone else []
            for members in (["only even", "only odd"], alone):
                if members:
                    gain = against_best(results, "even and odd", members)
                    print(
                        f"even and odd less the best of {' and '.join(members)}: {gain.value:.4g} "
                        f"[{gain.low:.4g}, {gain.high:.4g}], p {gain.p:.2g} (t over meta-seeds)"
                    )
        for column in sorted(results[0].arms[0].scores.extra):
            print(f"median {column}:", end=" ")
            for arm in results[0].arms:
                values = [np.median(one[arm.name].scores.extra[column]) for one in results]
                print(f"{arm.name} {np.median(values):.3g}", end="; ")
            print(flush=True)


if __name__ == "__main__":
    main()
