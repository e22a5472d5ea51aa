"""A comparison as a table in Markdown. Equal input gives equal bytes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from neural.compare.comparison import Comparison
from neural.compare.meta import Pooled, relative
from neural.compare.metrics import Metric
from neural.compare.statistics import Interval
from neural.compare.summary import Contrast, Summary, summarise

# What Markdown takes for markup inside a table's cell.
_MARKUP = re.compile(r"([\\`*_\[\]<>|~$&])")

_OFF_PLAN = 0.05
"""Share by which measured FLOPs may differ from the planned ones before a note says so."""


def to_markdown(comparison: Comparison, **options: Any) -> str:
    """A heading, the table, and notes on everything that a reader must know to read it right.

    **Arguments:**

    - `options`: those of `summarise`.
    """
    summary = summarise(comparison, **options)
    of = comparison.metric
    ratio = relative(of)
    reference = escaped(summary.reference)
    # Of any arm, in the order in which they first appear.
    extra = list(dict.fromkeys(name for row in summary.rows for name in row.extra))
    against = f"{'ratio to' if ratio else 'difference from'} {reference}"
    headings = ["arm", "n", "non-finite", "failures", f"median {escaped(of.name)}", "mean"]
    headings += [against, "p (Holm)", "verdict", "learning rate", "steps", "FLOPs"]
    headings += [f"median {escaped(name)}" for name in extra]
    if comparison.failure is None:
        headings.remove("failures")
    lines = [f"**{escaped(comparison.title)}**", ""] if comparison.title else []
    lines += [_introduction(comparison, summary), ""]
    body = []
    for row in summary.rows:
        cells = [escaped(row.arm.name), str(row.seeds), str(row.diverged)]
        if comparison.failure is not None:
            cells.append(f"{row.failures}: {_bracketed(row.failure_share)}")
        cells.append(_bracketed(row.median))
        cells.append("" if row.mean is None else _number(row.mean.value))
        cells += ["", "", ""]
        if row.contrast is not None:
            against = row.contrast.ratio_of_medians if ratio else row.contrast.difference
            told = verdict(row.contrast, of, summary.confidence)
            cells[-3:] = [_bracketed(against), _number(row.contrast.p_holm), told]
        cells += [f"{row.arm.tuned.rate:g}", str(row.arm.steps)]
        cells.append("" if row.arm.flops is None else f"{row.arm.flops:.4g}")
        cells += [_number(row.extra[name]) if name in row.extra else "" for name in extra]
        body.append(cells)
    lines += [*_table(headings, body), "", *(f"- {note}" for note in notes(comparison, summary))]
    return "\n".join(lines).rstrip("\n") + "\n"


def notes(comparison: Comparison, summary: Summary) -> Iterator[str]:
    """What qualifies the numbers: the budget, failures, rates at an edge, too few seeds."""
    first = comparison.arms[0]
    if comparison.equal == "flops" and first.planned_flops is not None:
        yield (
            f"Equal FLOPs: no arm may spend more than {first.planned_flops:.4g} per seed, which is "
            f"what {escaped(first.name)} spends in {first.steps} steps. Steps are whole."
        )
    for row in summary.rows:
        name, arm = escaped(row.arm.name), row.arm
        if row.diverged:
            failed = ", ".join(str(seed) for seed in comparison.seeds[arm.scores.failed])
            yield (
                f"{name}: {row.diverged} of {row.seeds} seeds non-finite ({failed}); each counts "
                f"as {comparison.metric.worst:g} in medians and ranks, and is left out of means."
            )
        if not arm.tuned.tried:
            yield f"{name}: the learning rate was given, not tuned."
        elif arm.tuned.at_edge:
            tried = arm.tuned.tried
            yield (
                f"{name}: the learning rate lies at the edge of those tried "
                f"({tried[0].rate:g} to {tried[-1].rate:g}); a better one may lie beyond."
            )
        if arm.setup_flops:
            yield f"{name}: {arm.setup_flops:.4g} FLOPs were spent once before, and are not counted."
        plan, spent = arm.planned_flops, arm.flops
        if plan is not None and spent is not None and abs(spent / plan - 1) > _OFF_PLAN:
            yield f"{name}: spent {spent:.4g} FLOPs per seed, {plan:.4g} were planned."
    count = len(comparison.seeds)
    if 2.0 ** (1 - count) > 1 - summary.confidence + 1e-12:
        yield (
            f"{count} seeds are too few: no interval of a median can reach "
            f"{100 * summary.confidence:g} %, and no p-value can be below {2.0 ** (1 - count):.3g}."
        )


def escaped(text: str) -> str:
    """Text that Markdown shows as it is, also inside a table."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))


def _introduction(comparison: Comparison, summary: Summary) -> str:
    of = comparison.metric
    several = len(summary.rows) - 1
    parts = [
        f"Test {escaped(of.name)} ({of.direction}) over {len(comparison.seeds)} seeds, the same in "
        f"every arm, at equal {'FLOPs' if comparison.equal == 'flops' else 'steps'}."
    ]
    if any(row.arm.tuned.tried for row in summary.rows):
        parts.append(
            "Learning rates have the best median validation score over "
            f"{len(comparison.tune_seeds)} other seeds."
        )
    parts.append(
        f"Brackets are {100 * summary.confidence:g} % intervals: bootstrap (percentile, "
        f"{summary.resamples} resamples, in pairs of a seed)"
        + (", Wilson for shares of failures." if comparison.failure is not None else ".")
    )
    if comparison.failure is not None:
        side = "below" if of.higher_is_better else "above"
        parts.append(
            f"Failures are runs {side} {comparison.failure:g} and non-finite ones: their number and "
            "their share."
        )
    if several > 0:
        ratio, difference = (
            "ratio is that of the medians",
            "difference is the median over the seeds",
        )
        arms = "1 arm" if several == 1 else f"{several} arms"
        parts.append(
            f"The {ratio if relative(of) else difference}. p: Wilcoxon signed-rank test, corrected "
            f"after Holm for {arms}; the verdict is at p < {1 - summary.confidence:.3g}."
        )
    if comparison.trivial is not None:
        name = escaped(comparison.trivial_predictor)
        named = f"predictor ({name})" if name else "predictor"
        parts.append(f"The trivial {named} scores {_number(comparison.trivial)}.")
    return " ".join(parts)


def verdict(contrast: Contrast, of: Metric, confidence: float) -> str:
    """`better` or `worse` where the corrected p-value shows it, else `not shown`.

    The side is that of the signed ranks, which the p-value is about.
    """
    if contrast.p_holm >= 1 - confidence or contrast.effect == 0:
        return "not shown"
    return "better" if (contrast.effect > 0) == of.higher_is_better else "worse"


def _table(headings: list[str], body: list[list[str]]) -> list[str]:
    rule = ["---", *["---:"] * (len(headings) - 1)]
    return [f"| {' | '.join(cells)} |" for cells in (headings, rule, *body)]


def _bracketed(interval: Interval) -> str:
    return f"{_number(interval.value)} [{_number(interval.low)}, {_number(interval.high)}]"


def _number(value: float) -> str:
    return f"{value:.3g}"


def pooled_table(pooled: Sequence[Pooled], of: Metric) -> str:
    """The arms of `pool` as Markdown."""
    first = pooled[0]
    against = "ratio of medians" if relative(of) else "difference"
    headings = ["arm", "runs", "failures", f"median {escaped(of.name)}", "medians by meta-seed"]
    percent = "" if first.median is None else f" {100 * first.median.confidence:g} %"
    introduction = (
        f"{escaped(of.name)} ({of.direction}) over {first.meta_seeds} meta-seeds with {first.seeds} "
        f"seeds each: means of the meta-seeds' medians, with Student's{percent} intervals."
    )
    body = [
        [
            *(escaped(item.arm), str(item.meta_seeds * item.seeds), str(item.failures)),
            "no mean" if item.median is None else _bracketed(item.median),
            ", ".join(map(_number, item.medians)),
            "" if item.against is None else _bracketed(item.against),
        ]
        for item in pooled
    ]
    return "\n".join([introduction, "", *_table([*headings, against], body)]) + "\n"
