"""Growing with an auxiliary weight against the same network started at its final size.

Every trial has its own weights from U(-1, 1) and its own 32 training and 8 test points of J0 on
[0.1, 0.2]; both arms of a trial share them. The test loss is the task's alone, the mean squared error.
The ratios "with penalty" add lambda (N - target)^2 to it. They are what the source's ratios at small
lambda contain: at lambda = 0.02 the penalty of a layer that has not yet grown is most of the loss.
The ratio of means is decided by the few failed runs (test loss above 0.1), so medians, failures and
bootstrap intervals stand beside it.

Parts: `penalties` (J0 at five penalties), `conventions` (of the loss and of the data), `scale` (how
strongly neurons see the size), `flow` (equal tau = eta * epochs at several rates), `law` (the size
against its closed form), `rates` (larger rates at equal epochs and equal growth) and `classes` (a
square wave, logistic).
"""

from __future__ import annotations

import argparse
import csv
import io
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest

from chaoscad.errors import ChaoscadError
from chaoscad.files import check_writable, write_text
from chaoscad.tune import optimizer
from neural.architecture import Architecture
from neural.compare.statistics import (
    Interval,
    bootstrap,
    ratio_of_medians,
    share,
)
from neural.growing import Grown, Growth, grow
from neural.tasks import task

SLOTS, TARGET, FAILED = 9, 5.0, 0.1
RESAMPLES = 2000

Row = dict[str, str | float | Interval]


@dataclass(frozen=True)
class Size:
    """How large the runs are."""

    trials: int
    epochs: int
    seed: int


Points = tuple[np.ndarray, np.ndarray]


def points(name: str, trials: int, seed: int, same: bool = False) -> tuple[Points, Points]:
    """Training and test points of every trial, or the first one's for all."""
    count = 1 if same else trials
    tasks = [task(name, seed=seed + trial, validation=0) for trial in range(count)]
    if same:
        tasks *= trials
    train_points, test_points = (
        (
            np.stack([one.part(part).inputs for one in tasks]),
            np.stack([one.part(part).targets for one in tasks]),
        )
        for part in ("train", "test")
    )
    return train_points, test_points


def arm(
    size: Size,
    start: float,
    penalty: float,
    *,
    rate: float = 1e-3,
    scale: float = 1.0,
    epochs: int | None = None,
    name: str = "small_bessel",
    loss: str = "mse",
    same: bool = False,
) -> Grown:
    """All trials from one start size."""
    data, test = points(name, size.trials, size.seed, same)
    count = epochs or size.epochs
    return grow(
        Architecture(1, [SLOTS], 1, form="auxiliary", size_input=scale, init="unit"),
        *data,
        test=test,
        growth=Growth("joint", start=start, target=TARGET, weight=penalty),
        optimizer=optimizer("sgd", rate),
        steps=count,
        seeds=range(size.seed, size.seed + size.trials),
        loss=loss,
        record=max(1, -(-count // 10)),
    )


def last(result: Grown) -> np.ndarray:
    """The test losses at the end, infinite for retired trials."""
    return np.where(result.retired_at >= 0, np.inf, result.history.test_loss[-1])


def ratio_of_means(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Our mean over theirs; a single bad run can decide it."""
    return ours.mean(-1) / theirs.mean(-1)


def compared(part: str, setting: str, growing: np.ndarray, grown: np.ndarray) -> Row:
    """Both arms' losses, and the ratios of their means and medians with 95 % intervals."""
    row: Row = {"part": part, "setting": setting, "trials": len(growing)}
    row |= {"mean growing": growing.mean(), "mean grown": grown.mean()}
    for name, statistic in (("means", ratio_of_means), ("medians", ratio_of_medians)):
        row[f"ratio of {name}"] = bootstrap(statistic, growing, grown, resamples=RESAMPLES)
    return row


def equally_often(ours: np.ndarray, theirs: np.ndarray) -> float:
    """The exact two-sided p-value that paired trials fail equally often.

    Q. McNemar, Psychometrika 12, 153 (1947): the trials at which only one of the two failed.
    """
    only, lone = int((ours & ~theirs).sum()), int((theirs & ~ours).sum())
    return float(binomtest(only, only + lone).pvalue) if only + lone else 1.0


def failures(growing: np.ndarray, grown: np.ndarray) -> Row:
    """The shares of failed trials with 95 % intervals, and the p-value that they are equal."""
    one, other = growing > FAILED, grown > FAILED
    return {
        "failed growing": share(int(one.sum()), len(one)),
        "failed grown": share(int(other.sum()), len(other)),
        "p of equal failures": equally_often(one, other),
    }


def pair(part: str, setting: str, size: Size, penalty: float, **options: float) -> Row:
    """One comparison, with the seconds that it took."""
    begun = time.perf_counter()
    arms = [arm(size, start, penalty, **options) for start in (0.0, TARGET)]  # type: ignore[arg-type]
    seconds = time.perf_counter() - begun
    growing, grown = (last(one) for one in arms)
    row = compared(part, setting, growing, grown) | failures(growing, grown)
    totals = [last(one) + np.nan_to_num(one.history.size_loss[-1]) for one in arms]
    return row | {
        "means with penalty": float(ratio_of_means(*totals)),
        "medians with penalty": float(ratio_of_medians(*totals)),
        "seconds": seconds,
    }


def penalties(size: Size) -> Iterator[Row]:
    for penalty in (0.02, 0.1, 0.2, 1.0, 10.0):
        yield pair("penalties", f"lambda {penalty:g}", size, penalty)


def conventions(size: Size) -> Iterator[Row]:
    # A factor of the task's loss is the same descent as that factor of the rate with lambda divided
    # by it.
    for title, factor in (("the mean square", 1.0), ("half of it", 0.5), ("twice it", 2.0)):
        yield pair("conventions", title, size, 0.2 / factor, rate=1e-3 * factor)
    yield pair("conventions", "the mean square, one data set", size, 0.2, same=True)


def scale(size: Size) -> Iterator[Row]:
    for factor in (1.0, 0.2, 0.0):
        yield pair("scale", f"c {factor:g}", size, 0.2, scale=factor)


def rates(size: Size) -> Iterator[Row]:
    for rate in (1e-3, 3e-3, 1e-2, 3e-2, 1e-1):
        yield pair("rates", f"eta {rate:g}", size, 2e-4 / rate, rate=rate)


def flow(size: Size) -> Iterator[Row]:
    found: dict[float, Grown] = {}
    for rate, factor in ((5e-4, 2.0), (1e-3, 1.0), (2e-3, 0.5)):
        epochs = max(1, round(size.epochs * factor))
        found[rate] = arm(size, 0.0, 0.2, rate=rate, epochs=epochs)
    middle = found[1e-3]
    for rate, result in found.items():
        change = np.abs(np.log(last(result) / last(middle)))
        yield {
            "part": "flow",
            "setting": f"eta {rate:g}, epochs {result.steps}",
            "trials": size.trials,
            "mean growing": last(result).mean(),
            "median growing": np.median(last(result)),
            "mean size": result.history.sizes[-1].mean(),
            "median abs log ratio to 0.001": np.median(change),
            "largest abs log ratio": change.max(),
        }


def law(size: Size) -> Iterator[Row]:
    for penalty in (0.02, 0.1, 0.2, 1.0, 10.0):
        result = arm(size, 0.0, penalty)
        expected = TARGET * (1 - np.exp(-2e-3 * penalty * result.history.step))
        away = np.abs(result.history.sizes[:, :, 0] - expected[:, None])
        yield {
            "part": "law",
            "setting": f"lambda {penalty:g}",
            "trials": size.trials,
            "size by the law": expected[-1],
            "mean size": result.history.sizes[-1].mean(),
            "mean distance over the run": away.mean(),
            "largest distance": away.max(),
        }


def classes(size: Size) -> Iterator[Row]:
    _, test = points("steps", size.trials, size.seed)
    losses, accuracies = [], []
    begun = time.perf_counter()
    for start in (0.0, TARGET):
        result = arm(size, start, 0.01, rate=0.08, name="steps", loss="cross-entropy")
        losses.append(last(result))
        outputs = [result.network(trial)(x)[:, 0] for trial, x in enumerate(test[0])]
        accuracies.append(((np.stack(outputs) > 0) == test[1]).mean())
    row = compared("classes", "eta 0.08, lambda 0.01", *losses)
    yield row | {
        "accuracy growing": float(accuracies[0]),
        "accuracy grown": float(accuracies[1]),
        "seconds": time.perf_counter() - begun,
    }


PARTS = {one.__name__: one for one in (penalties, conventions, scale, flow, law, rates, classes)}


def markdown(row: Row) -> tuple[str, str]:
    """The head and the line of a row in a Markdown table."""

    def cell(value: str | float | Interval) -> str:
        if isinstance(value, Interval):
            return f"{value.value:.3g} [{value.low:.3g}, {value.high:.3g}]"
        return value if isinstance(value, str) else f"{value:.4g}"

    names = [name for name in row if name != "part"]
    head = "| " + " | ".join(names) + " |\n" + "|---" * len(names) + "|"
    return head, "| " + " | ".join(cell(row[name]) for name in names) + " |"


def table(rows: list[Row]) -> str:
    """All quantities as CSV, one to a line; low and high are empty without an interval."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["part", "setting", "quantity", "value", "low", "high"])
    for row in rows:
        for name, value in row.items():
            if name in ("part", "setting"):
                continue
            ends = (value.low, value.high) if isinstance(value, Interval) else ("", "")
            shown = value.value if isinstance(value, Interval) else value
            writer.writerow([row["part"], row["setting"], name, shown, *ends])
    return text.getvalue()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; all of them by default")
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--epochs", type=int, default=17783)
    parser.add_argument("--seed", type=int, default=0, help="of the weights and the points")
    parser.add_argument("-o", "--output", help="a CSV file")
    given = parser.parse_args()
    for name in given.parts:
        if name not in PARTS:
            parser.error(f"unknown part {name!r}; the parts are {', '.join(PARTS)}")
    if min(given.trials - 1, given.epochs, given.seed + 1) < 1:
        parser.error("--trials must be at least 2, --epochs at least 1 and --seed at least 0")
    try:
        if given.output:
            check_writable(given.output)
        rows: list[Row] = []
        for name in given.parts or PARTS:
            print(f"\n{name}: {given.epochs} epochs\n")
            for index, row in enumerate(PARTS[name](Size(given.trials, given.epochs, given.seed))):
                head, line = markdown(row)
                print(line if index else f"{head}\n{line}", flush=True)
                rows.append(row)
        if given.output:
            write_text(given.output, table(rows))
    except ChaoscadError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
