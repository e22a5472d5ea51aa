"""Growing from a tenth to full width, all slots masked against buckets: FLOPs and seconds.

The two take turns in one process, so that a busy machine is busy for both. Both do the same steps of
the same training (sum of Bessel functions, full batch), so their losses are equal up to rounding;
the size moves linearly over the whole run. Two layers: --layers 2 --samples 160 --steps 100.
"""

import argparse
import csv
import time
from pathlib import Path

import numpy as np

from chaoscad.tune import optimizer
from neural.architecture import Architecture
from neural.growing import Grown, Growth, grow
from neural.tasks import task


def run(slots: tuple[int, ...], buckets: int, settings: argparse.Namespace) -> tuple[Grown, float]:
    data = task("bessel", samples=settings.samples, validation=0).train
    growth = Growth("schedule", start=tuple(0.1 * units for units in slots))
    start = time.perf_counter()
    grown = grow(
        Architecture(1, slots, 1, form="mask"),
        data.inputs,
        data.targets,
        growth=growth,
        optimizer=optimizer("adam", 1e-4),
        steps=settings.steps,
        record=max(1, settings.steps // 10),
        buckets=buckets,
    )
    return grown, time.perf_counter() - start


def compare(layers: int, settings: argparse.Namespace) -> dict[str, object]:
    slots = (settings.units,) * layers
    # The first run of each compiles its programs.
    whole, first_masked = run(slots, 1, settings)
    parts, first_bucketed = run(slots, settings.buckets, settings)
    masked, bucketed = [], []
    for _ in range(settings.repeats):
        masked.append(run(slots, 1, settings)[1])
        bucketed.append(run(slots, settings.buckets, settings)[1])
    return {
        "hidden layers": layers,
        "units": settings.units,
        "steps": settings.steps,
        "FLOPs masked": f"{whole.flops:.3g}",
        "FLOPs buckets": f"{parts.flops:.3g}",
        "FLOPs ratio": f"{parts.flops / whole.flops:.3f}",
        "seconds masked": f"{np.median(masked):.2f}",
        "seconds buckets": f"{np.median(bucketed):.2f}",
        "seconds ratio": f"{np.median(bucketed) / np.median(masked):.3f}",
        "first masked": f"{first_masked:.2f}",
        "first buckets": f"{first_bucketed:.2f}",
        "loss masked": f"{whole.history.task_loss[-1, 0]:.4g}",
        "loss buckets": f"{parts.history.task_loss[-1, 0]:.4g}",
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--units", type=int, default=1024)
    parser.add_argument("--layers", type=int, nargs="+", default=[1])
    parser.add_argument("--buckets", type=int, default=8)
    parser.add_argument("--samples", type=int, default=1024)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("-o", "--output", type=Path, help="write the table as CSV, too")
    settings = parser.parse_args()
    rows = [compare(layers, settings) for layers in settings.layers]
    print("| " + " | ".join(rows[0]) + " |\n|" + " --- |" * len(rows[0]))
    for row in rows:
        print("| " + " | ".join(map(str, row.values())) + " |")
    if settings.output is not None:
        with settings.output.open("w", newline="") as stream:
            writer = csv.DictWriter(stream, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)


if __name__ == "__main__":
    main()
