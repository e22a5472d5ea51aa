"""What a control makes of one gate: the functions along x0, and how many there are by iterates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from chaoscad.analysis.reachable import Reached, exponent
from chaoscad.plot.style import COLOURS, COLUMN, FAINT, INK, head, styled, title
from chaoscad.systems import Setting


def draw_growth(found: Sequence[Reached], setting: Setting, inputs: int, controls: str) -> Figure:
    """The number of functions over the iterates, with the line of the computing exponent."""
    iterates = np.array([one.iterates for one in found])
    counts = np.array([one.count for one in found])
    slope = exponent(found, inputs)
    every = 2 ** (2**inputs)
    with styled():
        figure = Figure(figsize=(COLUMN, 2.7), layout="constrained")
        axes = figure.add_subplot()
        axes.axhline(every, color=FAINT, linewidth=1.0, label=f"all {every}")
        axes.plot(iterates, counts, "o", color=INK, markersize=4.5, label=f"by {controls}")
        if slope is not None:
            full = iterates[counts == every]
            used = (counts > 0) & (iterates <= (full.min() if len(full) else iterates.max()))
            middle = np.log(counts[used]).mean() - slope * iterates[used].mean()
            ends = np.array([iterates[used].min(), iterates[used].max()])
            axes.plot(
                *(ends, np.exp(middle + slope * ends)),
                color=COLOURS[1],
                label=f"slope {slope:.3g} per iterate",
            )
        axes.set_yscale("log", base=2)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set(xlabel="iterates", ylabel="functions reached")
        axes.legend(loc="lower right")
        head(figure, f"Functions of {inputs} inputs reached by {controls}\n{title(setting)}")
        return figure
