"""What a control makes of one gate: the functions along x0, and how many there are by iterates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from chaoscad.analysis.reachable import Reached, exponent
from chaoscad.analysis.table import heading
from chaoscad.design import Reconfigurable
from chaoscad.errors import ChaoscadError, Diagnostic
from chaoscad.feasibility import tabulate
from chaoscad.gate import Setpoint
from chaoscad.logic.truth import TruthTable
from chaoscad.logic.truth import title as function_title
from chaoscad.plot.style import COLOURS, COLUMN, FAINT, INK, PAGE, head, styled, title
from chaoscad.schematic.text import length
from chaoscad.systems import Flow, Interval, Setting

POINTS = 4001
"""Values of x0 in a figure."""

LABEL = 6.5
"""The size of functions' names, in points."""


def draw_control(design: Reconfigurable | Sequence[Setpoint], gate: str | None = None) -> Figure:
    """F of every row along x0, the function over each interval, and the x0 that were chosen.

    The band around the threshold is as wide as the margin that the function has at that x0.

    **Arguments:**

    - `design`: of several configurations, or setpoints that differ in x0 alone.
    - `gate`: of the design; the setpoints need none.

    **Raises:** `ChaoscadError` where they differ in more than x0, or the gate is not the design's.
    """
    if isinstance(design, Reconfigurable):
        name = design.netlist.gates[0].name if gate is None else gate
        known = design.netlist.gate(name)
        points = [one.gate(name).setpoint for one in design.configurations.values()]
        state, heading_of = known.bounds.state, f"{name}: "
    else:
        points, heading_of = list(design), ""
        if not points:
            raise ChaoscadError("a figure along x0 needs at least one setpoint, and there is none")
        state = points[0].setting.system.state
    first = points[0]
    alike = {(one.setting, one.iterates, one.delta, one.threshold, one.compare) for one in points}
    if len(alike) > 1:
        message = "the settings differ in more than x0, and a figure along x0 is of one element"
        raise ChaoscadError(Diagnostic(message, hint="draw each by itself: explore DESIGN curve"))
    shift = first.states() - first.x0
    x0 = np.linspace(*_range(points, shift, state), POINTS)
    values = _values(first, x0[:, None] + shift)
    distances = values - first.threshold
    ones = distances > 0 if first.compare == ">" else distances < 0
    margin = np.abs(distances).min(1)
    unit = first.setting.system.unit
    with styled():
        figure = Figure(figsize=(PAGE, 3.6), layout="constrained")
        axes = figure.add_subplot()
        for row, line in enumerate(values.T):
            label = f"row {row:0{len(first.delta)}b}"
            colour = COLOURS[row % len(COLOURS)]
            axes.plot(x0, line, color=colour, linewidth=0.8, label=label)
        axes.axhline(first.threshold, color=INK, linewidth=0.8, label="threshold")
        band = first.threshold - margin, first.threshold + margin
        axes.fill_between(x0, *band, color=INK, alpha=0.15, linewidth=0, label="margin")
        for place, one in enumerate(points):
            label = "chosen x0" if place == 0 else None
            axes.axvline(one.x0, color=INK, linewidth=0.8, linestyle=":", label=label)
        axes.set(
            xlabel=heading("x0", unit),
            ylabel=heading(f"{first.setting.read} of every row", unit),
            xlim=(x0[0], x0[-1]),
        )
        iterates = "" if isinstance(first.setting.system, Flow) else f", n = {first.iterates}"
        head(figure, f"{heading_of}functions along x0{iterates}\n{title(first.setting)}")
        figure.legend(loc="outside lower center", ncols=7, columnspacing=1.2, handlelength=1.4)
        for low, high, rows in _intervals(x0, ones, np.isfinite(margin)):
            axes.axvline(low, color=FAINT, linewidth=0.4, zorder=0)
            name = function_title(TruthTable(rows))
            room = (high - low) / (x0[-1] - x0[0]) * PAGE * 0.85
            if room < LABEL / 72:
                continue
            upright = length(name, LABEL) > room
            axes.annotate(
                *(name, ((low + high) / 2, 1.0)),
                xycoords=("data", "axes fraction"),
                xytext=(0, 2),
                textcoords="offset points",
                ha="center",
                va="bottom",
                rotation=90 if upright else 0,
                fontsize=LABEL,
            )
        return figure


def _range(points: Sequence[Setpoint], shift: np.ndarray, state: Interval) -> tuple[float, float]:
    """Where x0 keeps all states in their range; beyond the chosen ones where that has no end."""
    chosen = [one.x0 for one in points]
    room = 0.5 * (np.ptp([*chosen, *(chosen + np.ptp(shift))]) or 1.0)
    low, high = state[0] - shift.min(), state[1] - shift.max()
    low = low if np.isfinite(low) else min(chosen) - room
    high = high if np.isfinite(high) else max(chosen) + room
    return float(min([low, *chosen])), float(max([high, *chosen]))


def _values(point: Setpoint, states: np.ndarray) -> np.ndarray:
    if not isinstance(point.setting.system, Flow):
        with np.errstate(all="ignore"):
            return point.setting.value(states, point.iterates)
    z, curve = tabulate(point.setting, (float(states.min()), float(states.max())))
    return np.interp(states, z, curve)


def _intervals(
    x0: np.ndarray, ones: np.ndarray, finite: np.ndarray
) -> list[tuple[float, float, str]]:
    """The intervals of x0 with one function each, and its rows."""
    change = (ones[1:] != ones[:-1]).any(1) | (finite[1:] != finite[:-1])
    starts = np.concatenate([[0], np.flatnonzero(change) + 1])
    ends = np.append(starts[1:], len(x0) - 1)
    return [
        (float(x0[start]), float(x0[end]), "".join("1" if bit else "0" for bit in ones[start]))
        for start, end in zip(starts, ends, strict=True)
        if finite[start]
    ]


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
        levels = np.unique([*counts[counts > 0], every])
        axes.set_yticks(levels, [str(level) for level in levels])
        axes.minorticks_off()
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set(xlabel="iterates", ylabel="functions reached")
        axes.legend(loc="lower right")
        head(figure, f"Functions of {inputs} inputs reached by {controls}\n{title(setting)}")
        return figure
