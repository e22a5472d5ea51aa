"""Box plots of a comparison, with every seed as a dot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cbook import boxplot_stats
from matplotlib.figure import Figure

from chaoscad.arguments import instance
from chaoscad.errors import ChaoscadError, Diagnostic, shown
from neural.compare.comparison import Comparison

# The colours of M. Okabe, K. Ito (2008), which the colour-blind can tell apart.
INK = "#333333"
FAINT = "#b0b0b0"
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
FAILED = "#c00000"

LONGEST_NAME = 40
"""Letters of the longest name that is drawn whole."""


def draw_boxes(comparison: Comparison, *, log: bool = False) -> Figure:
    """A box for every arm, a dot for every seed, and a line at the trivial predictor's score.

    A seed has the same place across every box, so that pairs can be followed. Boxes span the
    quartiles, whiskers reach the last score within 1.5 times that from the box,
    on the axis as it is drawn. Non-finite
    runs are crosses at the edge on the bad side and count in the box as scores there.

    **Arguments:**

    - `log`: a logarithmic axis, for errors that differ by factors.

    **Raises:** `ChaoscadError` for a logarithmic axis with scores that are not positive.
    """
    instance("the comparison", comparison, Comparison, "compare(arms, seeds=8, steps=100)")
    drawn, edge = _placed(comparison, log)
    count = len(comparison.arms)
    made = Figure(figsize=(max(3.35, 1.2 + 1.0 * count), 3.4), layout="constrained")
    axes = made.subplots()
    if log:
        axes.set_yscale("log")
    for index, (arm, values) in enumerate(zip(comparison.arms, drawn, strict=True)):
        colour = COLOURS[index % len(COLOURS)]
        _box(axes, index, values, colour, log)
        at = index + np.linspace(-0.22, 0.22, len(values))
        failed = arm.scores.failed
        axes.plot(at[~failed], values[~failed], ".", color=colour, markersize=4, zorder=3)
        if failed.any():
            axes.plot(at[failed], values[failed], "x", color=FAILED, markersize=5, zorder=3)
            note = f"{failed.sum()} of {len(failed)} non-finite"
            beside = (0, -11 if comparison.metric.higher_is_better else 6)
            _note(axes, note, (index, edge), beside, FAILED, ha="center")
    if comparison.trivial is not None and (comparison.trivial > 0 or not log):
        axes.axhline(comparison.trivial, color=INK, linewidth=0.8, linestyle="--", zorder=1)
        name, place = comparison.trivial_predictor or "trivial predictor", (1, comparison.trivial)
        frame = ("axes fraction", "data")
        _note(axes, _short(name), place, (-2, 2), INK, ha="right", xycoords=frame)
    axes.set_xticks(range(count), [_short(arm.name) for arm in comparison.arms])
    for label in axes.get_xticklabels():
        plain(label)
        if max(len(arm.name) for arm in comparison.arms) > 10:
            label.set(rotation=30, ha="right", rotation_mode="anchor")
    axes.margins(y=0.1)
    axes.set_xlim(-0.6, count - 0.4)
    axes.spines[["top", "right"]].set_visible(False)
    of = comparison.metric
    plain(axes.set_ylabel(f"test {_short(of.name)} ({of.direction})"))
    steps = sorted({arm.steps for arm in comparison.arms})
    span = f"{steps[0]} steps" if len(steps) == 1 else f"{steps[0]} to {steps[-1]} steps"
    budget = "equal FLOPs" if comparison.equal == "flops" else "equal steps"
    heading = f"{budget}: {span}, {len(comparison.seeds)} seeds"
    lead = f"{_short(comparison.title, 80)}\n" if comparison.title else ""
    plain(axes.set_title(lead + heading, fontsize=9))
    return made


def _placed(comparison: Comparison, log: bool) -> tuple[list[np.ndarray], float]:
    """The scores as they are drawn, failed ones at an edge beyond all the others, and that edge."""
    of = comparison.metric
    finite = np.concatenate([arm.scores.finite for arm in comparison.arms])
    for arm in comparison.arms if log else ():
        for at in np.flatnonzero((arm.scores.test <= 0) & ~arm.scores.failed):
            message = (
                f"a logarithmic axis cannot show arm {shown(arm.name)}: seed "
                f"{comparison.seeds[at]} scores {arm.scores.test[at]:g}"
            )
            raise ChaoscadError(Diagnostic(message, hint="draw it with log=False"))
    if not len(finite):
        raise ChaoscadError("there is nothing to draw: every run is non-finite")
    if comparison.trivial is not None and (comparison.trivial > 0 or not log):
        finite = np.append(finite, comparison.trivial)
    low, high = float(finite.min()), float(finite.max())
    if np.isfinite(of.worst) and not log:
        edge = of.worst
    elif log:
        factor = max(high / low, 4.0) ** 0.15
        edge = low / factor if of.higher_is_better else high * factor
    else:
        step = 0.15 * (high - low or abs(high) or 1.0)
        edge = low - step if of.higher_is_better else high + step
    edge = float(np.clip(edge, -1e300, 1e300))
    return [np.where(arm.scores.failed, edge, arm.scores.test) for arm in comparison.arms], edge


def _box(axes: Axes, place: int, values: np.ndarray, colour: str, log: bool) -> None:
    # Whiskers are as long as the axis shows them.
    found = boxplot_stats(np.log10(values) if log else values)
    if log:
        found = [{key: 10.0 ** np.clip(value, -300, 300) for key, value in found[0].items()}]
    line: dict[str, Any] = {"color": INK, "linewidth": 0.8}
    shape: dict[str, Any] = {"positions": [place], "widths": [0.6], "manage_ticks": False}
    axes.bxp(
        found,
        **shape,
        showfliers=False,
        patch_artist=True,
        boxprops={"facecolor": colour, "edgecolor": INK, "alpha": 0.25, "linewidth": 0.8},
        medianprops={"color": INK, "linewidth": 1.6},
        whiskerprops=line,
        capprops=line,
    )


def _note(
    axes: Axes, text: str, at: Any, shift: tuple[int, int], colour: str, **options: Any
) -> None:
    where: dict[str, Any] = {"xytext": shift, "textcoords": "offset points", **options}
    plain(axes.annotate(text, at, fontsize=7, color=colour, **where))


def _short(text: str, limit: int = LONGEST_NAME) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "\u2026"


def plain(text: Any) -> None:
    """Draw a text as it is: a dollar sign in a name is no formula."""
    text.set_parse_math(False)


def line(index: int) -> dict[str, Any]:
    """How the curve of this number looks; those that share a colour have another pattern."""
    patterns = ("-", "--", ":", "-.")
    return {
        "color": COLOURS[index % len(COLOURS)],
        "linestyle": patterns[index // len(COLOURS) % len(patterns)],
    }


def small(axes: Axes) -> None:
    """Two spines; labels and ticks of a size that can be read where the figure is a column wide."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=INK, labelsize=7)
    for axis in (axes.xaxis, axes.yaxis):
        axis.get_label().set_fontsize(8)


def legend_below(figure: Figure, names: Sequence[str]) -> None:
    """The legend of the first panel under the figure, where it covers no curve."""
    width = figure.get_size_inches()[0]
    longest = max(len(name) for name in names)
    # A letter of size 7 is about .06 inches wide, and the line beside a name .5 inches.
    columns = max(1, int(width / (0.06 * longest + 0.5)))
    handles, labels = figure.axes[0].get_legend_handles_labels()
    made = figure.legend(
        *(handles, labels),
        loc="outside lower center",
        ncols=min(columns, len(labels)),
        fontsize=7,
        frameon=False,
    )
    for text in made.get_texts():
        plain(text)
