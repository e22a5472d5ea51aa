"""Errors under noise against the number of iterates, or the time."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from chaoscad.analysis.table import heading, time_heading
from chaoscad.plot.style import COLOURS, FAINT, PAGE, figure, styled
from chaoscad.robustness.growth import ErrorGrowth


def draw_error_growth(growth: ErrorGrowth) -> Figure:
    """The errors of every row, and beside them how far noise spreads its value, both logarithmic.

    The dashed line grows at the largest Lyapunov exponent, from the first point.
    """
    setting, noise = growth.setting, growth.deviations
    sizes = {"state": noise.state_noise, "comparator": noise.comparator_noise}
    told = ", ".join(f"{name} {size:.4g}" for name, size in sizes.items() if size)
    rows = growth.rates.shape[1]
    arity = rows.bit_length() - 1
    with styled():
        made = figure(setting, f"errors under noise ({told}), {growth.trials} trials", (PAGE, 3.2))
        left, right = made.subplots(1, 2)
        for row in range(rows):
            colour = COLOURS[row % len(COLOURS)]
            seen = growth.rates[:, row] > 0
            at, rates = growth.at[seen], growth.rates[seen, row]
            ends = np.stack([rates - growth.low[seen, row], growth.high[seen, row] - rates])
            name = format(row, f"0{arity}b")
            left.errorbar(at, rates, ends, color=colour, marker=".", capsize=2, label=name)
            right.plot(growth.at, growth.spread[:, row], color=colour, marker=".")
        left.axhline(0.5, color=FAINT, linewidth=0.8)
        left.set(xlabel=time_heading(setting), ylabel="bit error rate", yscale="log")
        if rows <= 8:
            left.legend(title="inputs", loc="lower right")
        if growth.exponent is not None and (growth.spread > 0).any():
            first = float(growth.spread[growth.spread.max(1) > 0][0].max())
            line = first * np.exp(growth.exponent * (growth.at - growth.at[0]))
            shown = line <= 10 * growth.spread.max()
            right.plot(growth.at[shown], line[shown], "--", color="black", linewidth=0.8)
            right.set_title(f"Lyapunov exponent {growth.exponent:.4g} {growth.unit}")
        right.set(
            xlabel=time_heading(setting), ylabel=heading("spread of the value", setting.system.unit)
        )
        if (growth.spread > 0).any():
            right.set_yscale("log")
    return made
