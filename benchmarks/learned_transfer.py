"""Whether learned activations serve other tasks and other widths than those they were learned for.

python benchmarks/learned_transfer.py tasks widths --folder results

It reads the pairs that `learned_activations.py` left in the folder. `tasks`: networks of every task's recipe
with the pair that was learned there, with those of the other tasks, and with the sine. `widths`: MNIST-1D
with 25 to 400 units and the pair that was learned with 100. Every arm takes the recipe's steps at the
rate that the validation scores of five other seeds like best; every meta-seed has other seeds.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from learned_activations import SEEDS, TUNING, remembered, say

from neural.activations import Activation, fixed, load_activations
from neural.architecture import Architecture
from neural.arms import network_arm
from neural.compare import Comparison, compare, metric, pool
from neural.compare.tables import pooled_table
from neural.compiled import keep_compiled
from neural.recipes import recipe
from neural.tasks import Task, task

TASKS = ("mnist1d", "van_der_pol", "henon_heiles", "pendulum")
WIDTHS = (25, 50, 100, 200, 400)


def pairs(folder: Path, name: str) -> list[tuple[Activation, ...]]:
    """The pairs of every meta-seed that were learned on a task from the sine."""
    files = [folder / f"{name}-sin-a{index}.npz" for index in range(100)]
    return [load_activations(file) for file in files if file.exists()]


def compared(
    data: Task, shape: Architecture, learned: Mapping[str, Sequence[tuple[Activation, ...]]]
) -> list[Comparison]:
    """A comparison for every meta-seed: the sine, and each of the pairs."""
    training = recipe(data).settings.inner
    results, base = [], remembered(network_arm("sin", shape, (fixed("sin"),), data, training))
    for index in range(min(len(ones) for ones in learned.values())):
        arms = [
            network_arm(name, shape, ones[index], data, training) for name, ones in learned.items()
        ]
        results.append(
            compare(
                [base, *arms],
                seeds=range(SEEDS * index, SEEDS * (index + 1)),
                tune_seeds=TUNING.tolist(),
                steps=training.steps,
                metric=metric(data.metric),
                trivial=data.trivial,
                trivial_predictor=data.trivial_predictor,
                report=say,
            )
        )
    return results


def show(title: str, results: list[Comparison]) -> None:
    print(f"\n## {title}\n\n{pooled_table(pool(results), results[0].metric)}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", nargs="+", choices=("tasks", "widths"))
    parser.add_argument("--folder", type=Path, default=Path("results"))
    given = parser.parse_args()
    keep_compiled()
    learned = {name: pairs(given.folder, name) for name in TASKS}
    missing = [name for name, ones in learned.items() if not ones]
    if missing:
        sys.exit(
            f"{given.folder} has no pairs of {', '.join(missing)}; learned_activations.py makes them"
        )
    if "tasks" in given.what:
        for name in TASKS:
            options: dict[str, Any] = {"scaling": "none"} if name == "pendulum" else {}
            data = task(name, **options)
            sets = {
                "learned here" if other == name else f"learned on {other}": ones
                for other, ones in learned.items()
            }
            show(f"{name}: pairs of other tasks", compared(data, recipe(data).shape(data), sets))
    if "widths" in given.what:
        data = task("mnist1d")
        for width in WIDTHS:
            shape = replace(recipe(data).shape(data), hidden=(width,))
            results = compared(data, shape, {"learned with 100 units": learned["mnist1d"]})
            show(f"mnist1d: {width} units", results)


if __name__ == "__main__":
    main()
