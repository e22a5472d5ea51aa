"""Yields: against the size of the tolerance, and the margins of rows over devices."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, PercentFormatter, ScalarFormatter

from chaoscad.plot.style import COLOURS, FAINT, INK, PAGE, head, styled
from chaoscad.robustness.curves import RowMargins, YieldCurve

MOST_ROWS = 6
"""Rows whose margins are drawn."""

BINS = 50


def draw_yield(name: str, curve: YieldCurve, rows: Sequence[RowMargins]) -> Figure:
    """Two panels: the yield at multiples of the tolerance with its interval, and the margins of the
    rows that fail most.
    """
    with styled():
        made = Figure(figsize=(PAGE, 2.9), layout="constrained")
        left, right = made.subplots(1, 2)
        _curve(left, curve)
        _margins(right, rows[:MOST_ROWS])
        spreads = curve.deviations.to_data()
        told = "; ".join(
            f"{key} " + ", ".join(f"{one} {size}" for one, size in sizes.items())
            for key, sizes in spreads.items()
            if key != "noise" and isinstance(sizes, dict)
        )
        head(made, f"{name}: {curve.estimates[0].devices} devices at each size\n{told}")
        return made


def _curve(axes: Axes, curve: YieldCurve) -> None:
    table = curve.columns()
    axes.fill_between(
        *(table["factor"], table["low"], table["high"]), color=COLOURS[0], alpha=0.25, linewidth=0
    )
    axes.plot(table["factor"], table["yield"], "o-", color=COLOURS[0], markersize=3)
    axes.axvline(1.0, color=FAINT, linewidth=0.8, zorder=0)
    axes.set_xscale("log")
    axes.set_xticks([one for one in curve.factors if one in (0.25, 0.5, 1.0, 2.0, 4.0)] or [1.0])
    axes.xaxis.set_major_formatter(ScalarFormatter())
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    confidence = curve.estimates[0].yield_.confidence
    axes.set(xlabel="multiple of the tolerance", ylabel="yield", ylim=(-0.02, 1.02))
    axes.set_title(f"Yield, with its {100 * confidence:g} % interval")


def _margins(axes: Axes, rows: Sequence[RowMargins]) -> None:
    shown = [row.margins[np.isfinite(row.margins)] for row in rows]
    whole = np.concatenate(shown)
    low, high = np.percentile(whole, [0.05, 99.95])
    for colour, row, margins in zip(COLOURS, rows, shown, strict=False):
        wrong = float((row.margins <= 0).mean())
        axes.hist(
            margins,
            bins=np.linspace(min(low, 0.0), high, BINS).tolist(),
            histtype="step",
            color=colour,
            label=f"{row.gate} {row.inputs}: {100 * wrong:.2g} % wrong",
        )
    axes.axvline(0.0, color=INK, linewidth=0.8)
    axes.set(xlabel="margin", ylabel="devices")
    axes.set_title("Margins of the rows that fail most")
    axes.legend(loc="best")
