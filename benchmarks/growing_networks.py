"""Growing networks against static ones of their final size, task by task.

python benchmarks/growing_networks.py bessel spirals -o results.csv

Every arm takes the same steps of Adam on the whole training part, over the same seeds; `size_only`
growth from 0 to all slots, as in the authors' code, where nothing else is said. "tuned" chooses every
arm's rate by the validation score on other seeds. Intervals are 95 %, over seeds.

Parts: `bessel` (10 units, two fixed rates and tuned ones; static, gate, mask), `spirals` (3 to 9
classes, 10 units, a small fixed rate and tuned ones), `mixture` (1024 units, early and late; the
reference finds growing the worse there), `free` (sizes found on three tasks of rising difficulty, and
the least static width that reaches the same test loss) and `widths` (how the loss falls with the
width, at a rate of 3e-4).
"""

from __future__ import annotations

import argparse
import csv
import io
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chaoscad.errors import ChaoscadError
from chaoscad.files import check_writable, write_text
from chaoscad.tune import optimizer
from neural.architecture import Architecture
from neural.compare import Comparison, compare, summarise
from neural.compare.statistics import Interval, bootstrap, median
from neural.growing import Growth
from neural.growing.arms import growing_arm
from neural.tasks import Task, task

RESAMPLES = 4999
TUNED = (0.3, 1.0, 3.0)

Row = dict[str, str | float | Interval]


@dataclass(frozen=True)
class Size:
    """How large the runs are; `steps` is `None` where a part's own number holds."""

    seeds: int
    steps: int | None
    samples: int
    widest: int

    def taken(self, steps: int) -> int:
        return self.steps or steps


CONTROLS: dict[str, tuple[str, dict[str, Any], bool]] = {
    "static": ("static", {}, False),
    "gate": ("gate", {}, True),
    "mask": ("mask", {}, True),
    "full mask, no growth": ("mask", {"start": 10.0}, True),
    "mask, no size input": ("mask", {}, False),
    "gate, no size input": ("gate", {}, False),
}
"""Arms by name: the form, what is special in its growth of 10 units, and whether layers see their size.

The last three take growing apart: a mask that is whole from the start has only the size input, which
is then a second bias; one without that input has only the growth."""


def against(
    data: Task,
    slots: int,
    names: Sequence[str],
    rate: float,
    size: Size,
    steps: int,
    factors: Sequence[float] = (1.0,),
) -> Comparison:
    """Arms of `CONTROLS` on one task, the first of them the reference."""
    arms = [
        growing_arm(
            name,
            Architecture(
                data.features,
                (slots,),
                data.outputs,
                form=CONTROLS[name][0],  # type: ignore[arg-type]
                size_input=CONTROLS[name][2],
            ),
            Growth("size_only", **CONTROLS[name][1]),
            data,
            optimizer=optimizer("adam", rate),
            factors=factors,
        )
        for name in names
    ]
    # As many tuning seeds as seeds, so that both use one compiled program.
    return compare(
        arms,
        seeds=size.seeds,
        tune_seeds=size.seeds,
        steps=steps,
        metric=data.metric,
        trivial=data.trivial,
        trivial_predictor=data.trivial_predictor,
        report=lambda line: print(line, file=sys.stderr, flush=True),
    )


def rows_of(part: str, setting: str, result: Comparison) -> Iterator[Row]:
    """A row for every arm: its scores, and against the first arm."""
    relative = result.metric.name == "mse"
    for row in summarise(result, resamples=RESAMPLES).rows:
        found: Row = {"part": part, "setting": setting, "arm": row.arm.name}
        found |= {"rate": row.arm.tuned.rate, "seeds": row.seeds, "non-finite": row.diverged}
        found |= {f"median {result.metric.name}": row.median}
        found |= {"mean": "" if row.mean is None else row.mean}
        name = "ratio of medians" if relative else "median difference"
        found |= {name: "", "p (Holm)": ""}
        if row.contrast is not None:
            of = row.contrast.ratio_of_medians if relative else row.contrast.difference
            found |= {name: of, "p (Holm)": row.contrast.p_holm}
        yield found | {"effective size": row.extra["effective size"]}


def bessel(size: Size) -> Iterator[Row]:
    data = task("bessel", samples=size.samples)
    steps = size.taken(5000)
    for setting, rate, factors in (
        ("rate 1e-3", 1e-3, (1.0,)),
        ("rate 1e-2", 1e-2, (1.0,)),
        ("tuned", 1e-2, TUNED),
    ):
        result = against(data, 10, tuple(CONTROLS), rate, size, steps, factors)
        yield from rows_of("bessel", f"{setting}, {steps} steps", result)


def spirals(size: Size) -> Iterator[Row]:
    steps = size.taken(5000)
    for classes in (3, 5, 7, 9):
        data = task("spirals", classes=classes, samples=size.samples)
        for setting, rate, factors in (("rate 1e-3", 1e-3, (1.0,)), ("tuned", 1e-2, TUNED)):
            result = against(data, 10, ("static", "mask"), rate, size, steps, factors)
            yield from rows_of("spirals", f"{classes} classes, {setting}, {steps} steps", result)


def mixture(size: Size) -> Iterator[Row]:
    data = task("gaussian_mixture", samples=size.samples, noise=0.1)
    most = size.taken(1000)
    for steps in (max(1, most // 4), most):
        result = against(data, 1024, ("static", "gate", "mask"), 1e-3, size, steps)
        yield from rows_of("mixture", f"1024 units, rate 1e-3, {steps} steps", result)


def free(size: Size) -> Iterator[Row]:
    steps = size.taken(5000)
    adam = optimizer("adam", 1e-2)
    of: tuple[tuple[str, dict[str, Any]], ...] = (
        ("small_quadratic", {"validation": 0.0}),
        ("gaussian_mixture", {"samples": size.samples, "noise": 0.01}),
        ("bessel", {"samples": size.samples}),
    )
    for name, options in of:
        data = task(name, **options)

        def scored(arm: str, slots: int, growth: Growth | None, data: Task = data) -> Any:
            form = "static" if growth is None else "mask"
            shape = Architecture(1, (slots,), 1, form=form)
            made = growing_arm(arm, shape, growth, data, optimizer=adam, factors=(1.0,))
            return made.run(np.arange(size.seeds), 1e-2, steps)

        static = {width: scored("static", width, None) for width in (1, 2, 3, 4, 6, 8, 12, 16)}
        losses = {
            width: float(median(np.where(scores.failed, np.inf, scores.test)))
            for width, scores in static.items()
        }
        for weight in (1e-5, 1e-4, 1e-3):
            growth = Growth("free", start=1.5, weight=weight, edge=3.0, pace=0.1)
            scores = scored("free", 16, growth)
            test = np.where(scores.failed, np.inf, scores.test)
            loss = float(median(test))
            alike = [width for width in losses if losses[width] <= loss]
            left = scores.extra["parameters"][~scores.failed]
            yield {
                "part": "free",
                "setting": f"{name}, lambda {weight:g}, {steps} steps",
                "seeds": size.seeds,
                "non-finite": int(scores.failed.sum()),
                "size": bootstrap(
                    median, scores.extra["effective size"][~scores.failed], resamples=RESAMPLES
                ),
                "median mse": bootstrap(median, test, resamples=RESAMPLES),
                "parameters": float(np.median(left)),
                "least static width as good": min(alike) if alike else "none up to 16",
                "its parameters": 3 * min(alike) + 1 if alike else "",
                "its median mse": losses[min(alike)] if alike else "",
            }
        best = min(losses, key=lambda width: losses[width])
        yield {
            "part": "free",
            "setting": f"{name}, the best static width, {steps} steps",
            "seeds": size.seeds,
            "non-finite": int(static[best].failed.sum()),
            "size": float(best),
            "median mse": bootstrap(
                median,
                np.where(static[best].failed, np.inf, static[best].test),
                resamples=RESAMPLES,
            ),
            "parameters": 3.0 * best + 1,
            "least static width as good": best,
            "its parameters": 3.0 * best + 1,
            "its median mse": losses[best],
        }


def widths(size: Size) -> Iterator[Row]:
    data = task("bessel", samples=size.samples)
    steps = size.taken(5000)
    across = [2**power for power in range(2, 11) if 2**power <= size.widest]
    results = [
        against(data, width, ("static", "gate", "mask"), 3e-4, size, steps) for width in across
    ]
    for place, arm in enumerate(results[0].arms):
        found = np.stack(
            [
                np.where(one.arms[place].scores.failed, np.nan, one.arms[place].scores.test)
                for one in results
            ]
        )
        medians = median(np.where(np.isnan(found), np.inf, found))
        row: Row = {
            "part": "widths",
            "setting": f"{arm.name}, rate 3e-4, {steps} steps",
            "seeds": size.seeds,
            "slope": slope(across, found),
        }
        row |= {f"median at {width}": value for width, value in zip(across, medians, strict=True)}
        last = np.diff(np.log(medians[-2:])) / np.diff(np.log(across[-2:]))
        yield row | {"last local slope": float(last[0])}


def slope(across: list[int], losses: np.ndarray) -> Interval:
    """The slope of log loss over log width, by least squares; failed trials are left out.

    A resample draws seeds, each with its losses at all widths, (widths, seeds).
    """

    def fitted(chosen: np.ndarray) -> np.ndarray:
        means = np.nanmean(np.log(losses)[:, chosen.astype(int)], axis=-1)
        flat = np.polyfit(np.log(across), means.reshape(len(across), -1), 1)[0]
        return flat.reshape(means.shape[1:])

    return bootstrap(fitted, np.arange(losses.shape[1]), resamples=RESAMPLES)


PARTS = {one.__name__: one for one in (bessel, spirals, mixture, free, widths)}


def markdown(row: Row) -> tuple[str, str]:
    """The head and the line of a row in a Markdown table."""

    def cell(value: str | float | Interval) -> str:
        if isinstance(value, Interval):
            return f"{value.value:.3g} [{value.low:.3g}, {value.high:.3g}]"
        return value if isinstance(value, str) else f"{value:.4g}"

    names = [name for name in row if name != "part"]
    head = "| " + " | ".join(names) + " |\n" + "|---" * len(names) + "|"
    return head, "| " + " | ".join(cell(row[name]) for name in names) + " |"


def table(rows: Sequence[Row]) -> str:
    """All quantities as CSV, one to a line; low and high are empty without an interval."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["part", "setting", "arm", "quantity", "value", "low", "high"])
    for row in rows:
        for name, value in row.items():
            if name in ("part", "setting", "arm"):
                continue
            ends = (value.low, value.high) if isinstance(value, Interval) else ("", "")
            shown = value.value if isinstance(value, Interval) else value
            writer.writerow([row["part"], row["setting"], row.get("arm", ""), name, shown, *ends])
    return text.getvalue()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; all of them by default")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--steps", type=int, help="by default 5000; mixture 1000")
    parser.add_argument("--samples", type=int, default=1024, help="of all three parts of the data")
    parser.add_argument(
        "--widest", type=int, default=256, help="units of the part widths, 8 to 1024"
    )
    parser.add_argument("-o", "--output", help="a CSV file")
    given = parser.parse_args()
    for name in given.parts:
        if name not in PARTS:
            parser.error(f"unknown part {name!r}; the parts are {', '.join(PARTS)}")
    if given.seeds < 2 or (given.steps is not None and given.steps < 1) or given.samples < 100:
        parser.error("--seeds must be at least 2, --steps at least 1 and --samples at least 100")
    if not 8 <= given.widest <= 1024:
        parser.error("--widest must be from 8 to 1024")
    size = Size(given.seeds, given.steps, given.samples, given.widest)
    try:
        if given.output:
            check_writable(given.output)
        rows: list[Row] = []
        for name in given.parts or PARTS:
            begun = time.perf_counter()
            print(f"\n{name}: {given.seeds} seeds, {given.samples} samples\n", flush=True)
            for index, row in enumerate(PARTS[name](size)):
                head, line = markdown(row)
                print(line if index else f"{head}\n{line}", flush=True)
                rows.append(row)
            print(f"\n{time.perf_counter() - begun:.0f} s", flush=True)
        if given.output:
            write_text(given.output, table(rows))
    except ChaoscadError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
