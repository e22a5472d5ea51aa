"""Gates: their value curves, and their regions of operation."""

from __future__ import annotations

import numpy as np
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from chaoscad.analysis.region import Region
from chaoscad.design import DesignGate
from chaoscad.feasibility import tabulate
from chaoscad.netlist import title as function_title
from chaoscad.plot.style import COLOURS, FAINT, INK, styled, title
from chaoscad.systems import Flow, Interval

POINTS = 1201


def draw_gate(gate: DesignGate, state: Interval) -> Figure:
    """The value curve F(z), the states of the rows on it, and the threshold with its margin.

    **Arguments:**

    - `state`: the range of the states; where it has no end, the curve ends beyond the outer rows.
    """
    states = gate.states()
    values = gate.setting.value(states, gate.iterates)
    room = 0.15 * (np.ptp(states) or 1.0)
    low = state[0] if np.isfinite(state[0]) else states.min() - room
    high = state[1] if np.isfinite(state[1]) else states.max() + room
    if isinstance(gate.setting.system, Flow):
        z, curve = tabulate(gate.setting, (float(low), float(high)))
    else:
        z = np.linspace(low, high, POINTS)
        curve = gate.setting.value(z, gate.iterates)
    unit = gate.setting.system.unit
    with styled():
        figure = Figure(figsize=(5.2, 3.8), layout="constrained")
        axes = figure.add_subplot()
        axes.plot(z, curve, color=COLOURS[0], linewidth=1.0)
        axes.axhline(gate.threshold, color=COLOURS[1], linewidth=1.0)
        if gate.margin > 0 and np.isfinite(gate.margin):
            axes.axhspan(
                gate.threshold - gate.margin,
                gate.threshold + gate.margin,
                color=COLOURS[1],
                alpha=0.15,
                linewidth=0,
            )
        drawn: dict[float, list[str]] = {}
        for row, (z_row, value) in enumerate(zip(states, values, strict=True)):
            above = value > gate.threshold
            one = above if gate.compare == ">" else value < gate.threshold
            axes.plot(
                *(z_row, value, "o"),
                color=INK,
                markerfacecolor=INK if one else "white",
                markersize=6,
                zorder=3,
            )
            drawn.setdefault(float(z_row), []).append(format(row, f"0{gate.arity}b"))
        if gate.arity <= 4:
            for z_row, names in drawn.items():
                height = values[int(np.argmin(np.abs(states - z_row)))]
                axes.annotate(
                    ", ".join(names),
                    (z_row, height),
                    xytext=(0, 7),
                    textcoords="offset points",
                    ha="center",
                    fontsize=7,
                )
        suffix = "" if unit == "1" else f" ({unit})"
        axes.set_xlabel(f"state z{suffix}")
        axes.set_ylabel(f"value after {_run(gate)}")
        axes.margins(y=0.12)
        name = f"{gate.name}: {function_title(gate.function)}, margin {gate.margin:.4g}"
        figure.suptitle(f"{name}\n{title(gate.setting)}", fontsize=9)
        return figure


def _run(gate: DesignGate) -> str:
    if gate.setting.time is not None:
        return f"a time of {gate.setting.time:g}"
    return "one iterate" if gate.iterates == 1 else f"{gate.iterates} iterates"


def draw_region(gate: DesignGate, found: Region) -> Figure:
    """The margin over two parameters, the design point, and the circle around it that works."""
    with styled():
        figure = Figure(figsize=(5.0, 4.4), layout="constrained")
        axes = figure.add_subplot()
        size = float(np.nanmax(np.abs(found.margin)))
        image = axes.pcolormesh(
            found.first,
            found.second,
            found.margin.T,
            cmap="RdBu",
            norm=TwoSlopeNorm(0.0, -size, size),
            shading="nearest",
            rasterized=True,
        )
        figure.colorbar(image, ax=axes, label="margin")
        axes.set_facecolor(FAINT)
        if (found.margin > 0).any() and (found.margin < 0).any():
            axes.contour(
                found.first, found.second, found.margin.T, levels=[0.0], colors=INK, linewidths=0.8
            )
        axes.add_patch(Circle(found.point, found.radius, fill=False, color=INK, linewidth=1.0))
        axes.plot(*found.point, "o", color=INK, markersize=5)
        if found.wall is not None:
            axes.plot(*found.wall, "x", color=INK, markersize=6)
        axes.set_aspect("equal", adjustable="box")
        axes.set_xlabel(found.axes[0])
        axes.set_ylabel(found.axes[1])
        name = f"{gate.name}: {function_title(gate.function)}"
        figure.suptitle(f"{name}, works within {found.radius:.4g} of the design point", fontsize=9)
        return figure
