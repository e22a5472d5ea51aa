"""Growing against what it competes with: a static network, pruning, and a search over widths.

python benchmarks/growing_baselines.py bessel spirals

All arms spend the operations of the first, a run that grows from 1 to 16 units in two buckets; each has
the rate that its validation score likes on other seeds. Pruning trains 32 units for half of its steps and
keeps 16; the search trains 8, 16 and 32 units, every seed its own; `free` growth starts at 2 of 16 slots
and finds its size at a price of 1e-4 a unit. Intervals are 95 %, over seeds.
"""

from __future__ import annotations

import argparse
import sys
import time

from chaoscad.errors import ChaoscadError
from chaoscad.tune import optimizer
from neural.architecture import Architecture
from neural.compare import Arm, Comparison, compare, to_markdown
from neural.growing import Growth
from neural.growing.arms import growing_arm
from neural.growing.baselines import pruning_arm, width_search_arm
from neural.tasks import Task, task

FINAL, WIDE, WIDTHS = 16, 32, (8, 16, 32)
RATE, FACTORS = 1e-2, (0.3, 1.0, 3.0)


def tasks(samples: int) -> dict[str, Task]:
    return {
        "bessel": task("bessel", samples=samples),
        "spirals": task("spirals", classes=5, samples=samples),
        "mixture": task("gaussian_mixture", samples=samples, noise=0.1),
    }


def arms(data: Task) -> list[Arm]:
    adam = optimizer("adam", RATE)

    def shape(width: int, form: str = "static") -> Architecture:
        return Architecture(data.features, [width], data.outputs, form=form)  # type: ignore[arg-type]

    def growing(name: str, width: int, growth: Growth | None, buckets: int = 1) -> Arm:
        made = shape(width, "mask" if growth else "static")
        return growing_arm(
            name, made, growth, data, optimizer=adam, factors=FACTORS, buckets=buckets
        )

    free = Growth("free", start=2, weight=1e-4, edge=3, pace=0.1)
    return [
        growing("growing, 1 to 16", FINAL, Growth("schedule", start=1, ramp=0.8), 2),
        growing("static, 16", FINAL, None),
        pruning_arm(
            "pruned, 32 to 16", shape(FINAL), data, wide=WIDE, optimizer=adam, factors=FACTORS
        ),
        width_search_arm(
            "search, 8 to 32", [shape(one) for one in WIDTHS], data, optimizer=adam, factors=FACTORS
        ),
        growing("free growth in 16", FINAL, free),
    ]


def compared(data: Task, seeds: int, steps: int) -> Comparison:
    return compare(
        arms(data),
        seeds=seeds,
        tune_seeds=seeds,  # as many, so that both are one program
        steps=steps,
        equal="flops",
        metric=data.metric,
        trivial=data.trivial,
        trivial_predictor=data.trivial_predictor,
        title=f"{data.name}, {steps} steps of growing",
        report=lambda line: print(line, file=sys.stderr, flush=True),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("tasks", nargs="*", help=f"of {', '.join(tasks(100))}; all by default")
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--samples", type=int, default=256, help="of all three parts of the data")
    given = parser.parse_args()
    known = tasks(given.samples)
    for name in given.tasks:
        if name not in known:
            parser.error(f"unknown task {name!r}; the tasks are {', '.join(known)}")
    try:
        for name in given.tasks or known:
            begun = time.perf_counter()
            print(to_markdown(compared(known[name], given.seeds, given.steps)))
            print(f"{time.perf_counter() - begun:.0f} s", flush=True)
    except ChaoscadError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
