"""An auxiliary weight as the size of a layer: growing from nothing against a start at full size.

Run it with `python examples/13_auxiliary_weight.py`; it prints, for three weights lambda of the size
loss, both medians, their ratio and the failures, and leaves them as `auxiliary_weight.md` with the
growth in `auxiliary_weight.png`. Then two layers learn a size each, on a Bessel sum, at a price for every
unit, with nothing that pulls to a target (`auxiliary_layers.png`). It is a small version, in seconds;
`benchmarks/growing_auxiliary.py` is the long one.
"""

from pathlib import Path

import numpy as np

from chaoscad.tune import optimizer
from neural.architecture import Architecture
from neural.compare.statistics import Interval, bootstrap, median, ratio_of_medians, share
from neural.figures import draw_curves
from neural.growing import Grown, Growth, grow
from neural.growing.figures import draw_growth
from neural.tasks import task

TRIALS, EPOCHS, TARGET = 24, 6000, 5.0
LAYER = Architecture(1, [9], 1, form="auxiliary", init="unit")


def points(part: str) -> tuple[np.ndarray, np.ndarray]:
    tasks = [task("small_bessel", seed=trial, validation=0).part(part) for trial in range(TRIALS)]
    return np.stack([one.inputs for one in tasks]), np.stack([one.targets for one in tasks])


def run(start: float, penalty: float) -> Grown:
    return grow(
        LAYER,
        *points("train"),
        test=points("test"),
        growth=Growth("joint", start=start, target=TARGET, weight=penalty),
        optimizer=optimizer("sgd", 1e-3),
        steps=EPOCHS,
        seeds=TRIALS,
        record=200,
    )


def cell(found: Interval) -> str:
    return f"{found.value:.3g} [{found.low:.3g}, {found.high:.3g}]"


def main() -> None:
    grown = {penalty: run(0.0, penalty) for penalty in (0.1, 0.6, 3.0)}
    lines = [
        "| lambda | growing, median test loss | from full size | ratio | failed | from full size |"
    ]
    lines += ["|---:|---:|---:|---:|---:|---:|"]
    for penalty, growing in grown.items():
        ends = [one.history.test_loss[-1] for one in (growing, run(TARGET, penalty))]
        cells = [bootstrap(median, losses, resamples=1999) for losses in ends]
        cells += [bootstrap(ratio_of_medians, *ends, resamples=1999)]
        cells += [share(int((losses > 0.1).sum()), TRIALS) for losses in ends]
        lines.append(f"| {penalty:g} | " + " | ".join(map(cell, cells)) + " |")
    table = "\n".join(lines) + "\n"
    print(table)
    print(f"{TRIALS} trials of {EPOCHS} epochs, 95 % intervals; failed: a test loss above 0.1")
    Path("auxiliary_weight.md").write_text(table)
    draw_curves(
        {
            f"lambda {weight:g}": (one.history.step, one.history.sizes[:, :, 0].T)
            for weight, one in grown.items()
        },
        xlabel="epoch",
        ylabel="size N",
        title="the size approaches its target as 1 - exp(-2 eta lambda epochs)",
    ).savefig("auxiliary_weight.png", dpi=150)

    shape = Architecture(1, [9, 9], 1, form="auxiliary")
    bessel = task("bessel", samples=200, validation=0)
    layers = {}
    for price in (1e-5, 1e-3):
        found = grow(
            shape,
            bessel.train.inputs,
            bessel.train.targets,
            test=(bessel.test.inputs, bessel.test.targets),
            growth=Growth("free", start=2.5, weight=price, edge=3),
            optimizer=optimizer("adam", 1e-2),
            steps=2000,
            seeds=8,
        )
        layers[f"price {price:g}"] = found.history
        first, second = np.median(found.history.sizes[-1], axis=0)
        error = np.median(found.history.test_loss[-1])
        print(f"price {price:g}: {first:.1f} and {second:.1f} units, median test loss {error:.2g}")
    draw_growth(layers, title="a Bessel sum by two layers of 9 slots").savefig(
        "auxiliary_layers.png", dpi=150
    )


if __name__ == "__main__":
    main()
