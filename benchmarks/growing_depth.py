"""Sizes that are learned in several layers, and a depth that is learned.

python benchmarks/growing_depth.py depth layers

`depth`: iterates 1 to 3 of the map x -> 1 - 2 x^2 on [-1, 1], each of twice as many oscillations as the one
before; residual networks of 1 to 4 layers of 6 units, and networks of 4 layers whose sizes, that of a
layer that nothing needs being 0, are learned at a price for every unit. `layers`: a Bessel sum by two
layers of 12 slots, whose two sizes are masks with controllers or auxiliary weights, at two prices.

All arms take the same steps of Adam, rate 1e-2 falling to 0 by a cosine, on the whole training part. Losses
are medians of the mean squared error on the test part, ratios are to the first arm, with 95 % intervals over
seeds; sizes, layers and parameters are medians of what is left.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator

import numpy as np

from chaoscad.errors import ChaoscadError
from chaoscad.tune import optimizer
from neural.architecture import Architecture
from neural.compare.statistics import Interval, bootstrap, median, ratio_of_medians
from neural.growing import Grown, Growth, grow
from neural.tasks import task

Points = tuple[np.ndarray, np.ndarray]
Arms = dict[str, tuple[Architecture, Growth | None]]

RESAMPLES = 4999
LAYERS, UNITS = 4, 6
HEAD = (
    "| arm | median mse | ratio | units left, layer by layer | layers | parameters | MFLOPs |\n"
    "|---|---:|---:|---|---:|---:|---:|"
)


def iterates(count: int, samples: int = 200) -> tuple[Points, Points]:
    """Every second of evenly spaced points for training, the others for the test."""
    x = np.linspace(-1, 1, samples)[:, None]
    y = x
    for _ in range(count):
        y = 1 - 2 * y**2
    return (x[::2], y[::2]), (x[1::2], y[1::2])


def free(price: float, start: tuple[float, ...]) -> Growth:
    return Growth("free", start=start, weight=price, edge=3, pace=0.3)


def depth() -> Iterator[tuple[str, Arms, Points, Points]]:
    arms: Arms = {
        f"{count} layers" if count > 1 else "1 layer": (
            Architecture(1, [UNITS] * count, 1, residual=count > 1),
            None,
        )
        for count in (1, 2, 3, LAYERS)
    }
    shape = Architecture(1, [UNITS] * LAYERS, 1, form="mask", residual=True)
    for price in (1e-5, 1e-4, 3e-4):
        arms[f"learned, price {price:g}"] = (shape, free(price, (4, *(2,) * (LAYERS - 1))))
    for count in (1, 2, 3):
        yield f"iterate {count}", arms, *iterates(count)


def layers() -> Iterator[tuple[str, Arms, Points, Points]]:
    bessel = task("bessel", samples=200, validation=0)
    arms: Arms = {"12 and 12": (Architecture(1, [12, 12], 1), None)}
    arms["4 and 4"] = (Architecture(1, [4, 4], 1), None)
    for price in (1e-5, 1e-4):
        for form in ("mask", "auxiliary"):
            shape = Architecture(1, [12, 12], 1, form=form)  # type: ignore[arg-type]
            arms[f"{form}, price {price:g}"] = (shape, free(price, (2.5, 2.5)))
    train, test = bessel.train, bessel.test
    yield "Bessel", arms, (train.inputs, train.targets), (test.inputs, test.targets)


PARTS = {one.__name__: one for one in (depth, layers)}


def row(name: str, run: Grown, losses: np.ndarray, first: np.ndarray) -> str:
    """The line of an arm; a layer is left when it has a tenth of a unit."""

    def cell(found: Interval) -> str:
        return f"{found.value:.2g} [{found.low:.2g}, {found.high:.2g}]"

    sizes = run.history.sizes[-1]
    cells = [name, cell(bootstrap(median, losses, resamples=RESAMPLES))]
    ratio = bootstrap(ratio_of_medians, losses, first, resamples=RESAMPLES)
    cells.append("" if losses is first else cell(ratio))
    cells.append(" ".join(f"{size:.1f}" for size in np.median(sizes, axis=0)))
    cells.append(f"{np.median((sizes >= 0.1).sum(-1)):g}")
    cells.append(f"{np.median(run.history.parameters[-1]):g}")
    return f"| {' | '.join(cells)} | {run.flops / 1e6:.3g} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; all of them by default")
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--steps", type=int, default=2000)
    given = parser.parse_args()
    for name in given.parts:
        if name not in PARTS:
            parser.error(f"unknown part {name!r}; the parts are {', '.join(PARTS)}")
    if given.seeds < 2:
        parser.error("--seeds must be at least 2")
    adam = optimizer("adam", 1e-2, schedule="cosine")
    try:
        for part in given.parts or PARTS:
            for title, arms, train, test in PARTS[part]():
                begun = time.perf_counter()
                print(f"\n{title}: {given.seeds} seeds, {given.steps} steps\n\n{HEAD}", flush=True)
                first = None
                for name, (shape, growth) in arms.items():
                    run = grow(
                        shape,
                        *train,
                        test=test,
                        growth=growth,
                        optimizer=adam,
                        steps=given.steps,
                        seeds=given.seeds,
                        record=given.steps,
                        all_may_diverge=True,
                    )
                    losses = np.where(run.retired_at >= 0, np.inf, run.history.test_loss[-1])
                    first = losses if first is None else first
                    print(row(name, run, losses, first), flush=True)
                print(f"\n{time.perf_counter() - begun:.0f} s", flush=True)
    except ChaoscadError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
