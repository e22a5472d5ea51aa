"""The numbers of a comparison's table: every arm by itself, and against another arm."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any

import numpy as np

from neural.compare.comparison import ArmResult, Comparison
from neural.compare.statistics import (
    CONFIDENCE,
    RESAMPLES,
    Interval,
    bootstrap,
    holm,
    mean,
    median,
    median_of_differences,
    ratio_of_medians,
    share,
    wilcoxon,
)
from neural.packages import frame


@dataclass(frozen=True)
class Contrast:
    """One arm against another one, seed by seed.

    **Arguments:**

    - `difference`: the median over seeds of arm - reference.
    - `ratio_of_medians`: of the arm's median and the reference's.
    - `p`: of the Wilcoxon signed-rank test; `p_holm`: corrected for all contrasts of the table.
    - `effect`: its rank-biserial correlation, above 0 where the arm's scores are the larger ones.
    """

    arm: str
    reference: str
    difference: Interval
    ratio_of_medians: Interval
    p: float
    p_holm: float
    effect: float


@dataclass(frozen=True)
class Row:
    """One arm by itself, and against the reference unless it is the reference.

    **Arguments:**

    - `diverged`: seeds that are non-finite; `failures`: these and those beyond the threshold.
    - `median`: of all seeds, the non-finite ones as the worst score.
    - `mean`: of the finite seeds.
    - `extra`: medians of the extra columns over the finite seeds.
    """

    arm: ArmResult
    seeds: int
    diverged: int
    failures: int
    failure_share: Interval
    median: Interval
    mean: Interval | None
    extra: dict[str, float]
    contrast: Contrast | None


@dataclass(frozen=True)
class Summary:
    """The rows of a table, in the order of the arms, and how they were computed."""

    rows: tuple[Row, ...]
    reference: str
    confidence: float
    resamples: int

    def frame(self) -> Any:
        """A data frame of pandas: a row for every arm; its `to_csv` writes all digits.

        An interval has the columns `NAME`, `NAME_low` and `NAME_high`; an extra column is called
        `median_NAME`. What there is not is NaN.

        **Raises:** `ToolMissing` without pandas.
        """
        return frame([_flat(row) for row in self.rows])


Draw = Callable[..., Interval]
"""`bootstrap` with its options: a statistic and samples to an interval."""


def summarise(
    comparison: Comparison,
    *,
    reference: str | None = None,
    confidence: float = CONFIDENCE,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Summary:
    """Every arm by itself and against a reference arm, by default the first.

    **Arguments:**

    - `confidence`, `resamples`, `seed`: of the bootstrap; see `statistics.bootstrap`.

    **Raises:** `ChaoscadError` for an unknown reference and bad options.
    """
    base = comparison.arms[0] if reference is None else comparison[reference]
    draw: Draw = partial(bootstrap, confidence=confidence, resamples=resamples, seed=seed)
    others = [arm for arm in comparison.arms if arm is not base]
    found = [_contrast(comparison, arm, base, draw) for arm in others]
    corrected = holm([one.p for one in found]).tolist()
    contrasts = {one.arm: replace(one, p_holm=p) for one, p in zip(found, corrected, strict=True)}
    rows = tuple(
        _row(comparison, arm, contrasts.get(arm.name), draw, confidence) for arm in comparison.arms
    )
    return Summary(rows, base.name, confidence, resamples)


def _flat(row: Row) -> dict[str, Any]:
    """One line of a frame."""
    found: dict[str, Any] = {"arm": row.arm.name}
    for part in (row, row.contrast):
        for one in () if part is None else fields(part):
            value = getattr(part, one.name)
            if isinstance(value, Interval):
                ends = {"": value.value, "_low": value.low, "_high": value.high}
                found |= {f"{one.name}{end}": number for end, number in ends.items()}
            elif isinstance(value, int | float | str) and one.name != "arm":
                found[one.name] = value
    tuned = row.arm.tuned
    found |= {"learning_rate": tuned.rate, "rates_tried": len(tuned.tried)}
    found |= {"rate_at_edge": tuned.at_edge, "steps": row.arm.steps, "flops": row.arm.flops}
    found["setup_flops"] = row.arm.setup_flops
    return found | {f"median_{name}": value for name, value in row.extra.items()}


def _row(
    comparison: Comparison,
    arm: ArmResult,
    contrast: Contrast | None,
    draw: Draw,
    confidence: float,
) -> Row:
    scores, of = arm.scores, comparison.metric
    failures, alive = int(arm.failures(of, comparison.failure).sum()), ~scores.failed
    return Row(
        arm=arm,
        seeds=len(scores.test),
        diverged=int(scores.failed.sum()),
        failures=failures,
        failure_share=share(failures, len(scores.test), confidence),
        median=draw(median, scores.ranked(of)),
        mean=draw(mean, scores.finite) if alive.sum() > 1 else None,
        extra={
            name: float(np.median(values[alive]))
            for name, values in scores.extra.items()
            if alive.any()
        },
        contrast=contrast,
    )


def _contrast(comparison: Comparison, arm: ArmResult, base: ArmResult, draw: Draw) -> Contrast:
    of = comparison.metric
    ours, theirs = arm.scores.ranked(of), base.scores.ranked(of)
    test = wilcoxon(ours, theirs)
    return Contrast(
        arm=arm.name,
        reference=base.name,
        difference=draw(median_of_differences, ours, theirs),
        ratio_of_medians=draw(ratio_of_medians, ours, theirs),
        p=test.p,
        p_holm=test.p,
        effect=test.effect,
    )
