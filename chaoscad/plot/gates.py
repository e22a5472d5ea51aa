"""Gates: their value curves, and their regions of operation."""

from __future__ import annotations

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, TwoSlopeNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, Ellipse, Patch

from chaoscad.analysis.region import Region
from chaoscad.analysis.table import heading
from chaoscad.design import DesignGate
from chaoscad.feasibility import tabulate
from chaoscad.netlist import title as function_title
from chaoscad.plot.style import COLOURS, COLUMN, FAINT, INK, head, styled, title
from chaoscad.plot.text import wrapped
from chaoscad.schematic.text import length
from chaoscad.systems import Flow, Interval

POINTS = 1201

MOST_LABELLED = 4
"""Inputs of the largest gate whose rows have their names."""

LABEL = 6.5
"""The size of these names, in points."""

MOST_UNEQUAL = 3.0
"""By how much the sides of a window may differ if a circle is to look like one."""


def draw_gate(gate: DesignGate, state: Interval) -> Figure:
    """The value curve F(z), the states of the rows on it, and the threshold with its margin.

    **Arguments:**

    - `state`: the range of the states; where it has no end, the curve ends beyond the outer rows.
    """
    states, values = gate.setpoint.states(), gate.setpoint.values()
    z, curve = value_curve(gate, state)
    unit = gate.setting.system.unit
    with styled():
        figure = Figure(figsize=(COLUMN, 2.9), layout="constrained")
        axes = figure.add_subplot()
        axes.plot(z, curve, color=COLOURS[0], linewidth=1.0)
        axes.axhline(gate.threshold, color=COLOURS[1], linewidth=1.0, label="threshold")
        if gate.margin > 0 and np.isfinite(gate.margin):
            axes.axhspan(
                gate.threshold - gate.margin,
                gate.threshold + gate.margin,
                color=COLOURS[1],
                alpha=0.15,
                linewidth=0,
                label="its margin",
            )
        above = values > gate.threshold if gate.compare == ">" else values < gate.threshold
        for rows, fill, label in ((above, INK, "output 1"), (~above, "white", "output 0")):
            axes.plot(
                *(states[rows], values[rows], "o"),
                color=INK,
                markerfacecolor=fill,
                markersize=4.5,
                zorder=3,
                label=label,
            )
        axes.set_xlabel(heading("state z", unit))
        axes.set_ylabel(heading(f"{gate.setting.read} after {_run(gate)}", unit))
        axes.margins(y=0.14)
        name = f"{gate.name}: {function_title(gate.function)}, margin {gate.margin:.4g}"
        head(figure, f"{name}{'' if unit == '1' else f' {unit}'}\n{title(gate.setting)}")
        figure.legend(loc="outside lower center", ncols=4, columnspacing=1.2, handlelength=1.4)
        if gate.arity <= MOST_LABELLED:
            figure.draw_without_rendering()
            _label_rows(axes, gate, states, values)
        return figure


def value_curve(gate: DesignGate, state: Interval) -> tuple[np.ndarray, np.ndarray]:
    """States of a range, and the gate's values there.

    **Arguments:**

    - `state`: as for `draw_gate`.
    """
    states = gate.setpoint.states()
    room = 0.15 * (np.ptp(states) or 1.0)
    low = state[0] if np.isfinite(state[0]) else states.min() - room
    high = state[1] if np.isfinite(state[1]) else states.max() + room
    if isinstance(gate.setting.system, Flow):
        return tabulate(gate.setting, (float(low), float(high)))
    z = np.linspace(low, high, POINTS)
    return z, gate.setting.value(z, gate.iterates)


def _label_rows(axes: Axes, gate: DesignGate, states: np.ndarray, values: np.ndarray) -> None:
    """The rows of every state above it, one higher than the other where they would overlap."""
    places = axes.transData.transform(np.stack([states, values], axis=1)) * 72 / axes.figure.dpi
    right = axes.get_window_extent().x1 * 72 / axes.figure.dpi
    shared: list[tuple[np.ndarray, list[str], int]] = []
    for row, place in enumerate(places):
        name = format(row, f"0{gate.arity}b")
        # States that differ by less than half a point are one.
        near = next((known for known in shared if np.hypot(*(known[0] - place)) < 0.5), None)
        if near is None:
            shared.append((place, [name], row))
        else:
            near[1].append(name)
    taken: list[tuple[float, float, float]] = []
    for place, names, row in sorted(shared, key=lambda item: float(item[0][0])):
        texts = [", ".join(names[first : first + 4]) for first in range(0, len(names), 4)]
        for text in texts[::-1]:
            half = 36 * length(text, LABEL) + 1
            middle = min(float(place[0]), float(right) - half)
            height = float(place[1]) + 4.0
            while any(
                abs(middle - other) < half + width and abs(height - level) < LABEL
                for other, width, level in taken
            ):
                height += 1.0
            taken.append((middle, half, height))
            axes.annotate(
                text,
                (states[row], values[row]),
                xytext=(middle - float(place[0]), height - float(place[1])),
                textcoords="offset points",
                ha="center",
                fontsize=LABEL,
                zorder=4,
            )


def _run(gate: DesignGate) -> str:
    system = gate.setting.system
    if isinstance(system, Flow):
        return heading(f"a time of {gate.setting.time:g}", system.time_unit)
    return "one iterate" if gate.iterates == 1 else f"{gate.iterates} iterates"


def draw_region(
    gate: DesignGate, found: Region, sizes: tuple[float, float] | None = None
) -> Figure:
    """The margin over two parameters, the design point, and the circle around it that works.

    **Arguments:**

    - `sizes`: of a tolerance along the axes, drawn as ellipses at one, two and three times it, with
      the nearest failing point in its units.
    """
    unit = gate.setting.system.unit
    with styled():
        figure = Figure(figsize=(COLUMN, 3.6), layout="constrained")
        axes = figure.add_subplot()
        size = float(np.nanmax(np.abs(found.margin))) or 1.0
        image = axes.pcolormesh(
            found.first,
            found.second,
            found.margin.T,
            cmap="RdBu",
            norm=TwoSlopeNorm(0.0, -size, size),
            shading="nearest",
            rasterized=True,
        )
        figure.colorbar(image, ax=axes, label=heading("margin", unit))
        axes.set_facecolor(FAINT)
        shown: list[Artist] = []
        if (found.margin > 0).any() and (found.margin < 0).any():
            axes.contour(
                found.first, found.second, found.margin.T, levels=[0.0], colors=INK, linewidths=0.8
            )
            shown.append(Line2D([], [], color=INK, linewidth=0.8, label="margin 0"))
        if not found.inside.all():
            outside = np.where(found.inside, np.nan, 1.0)
            axes.pcolormesh(
                found.first,
                found.second,
                outside.T,
                cmap=ListedColormap([FAINT]),
                alpha=0.75,
                shading="nearest",
                rasterized=True,
                linewidth=0,
            )
            shown.append(Patch(color=FAINT, label="outside the declared ranges"))
        shown += axes.plot(
            *(*found.point, "o"), color=INK, markersize=4, linestyle="none", label="design point"
        )
        if found.wall is not None:
            circle = Circle(found.point, found.radius, fill=False, color=INK, linewidth=1.0)
            axes.add_patch(circle)
            if found.radius > 0:
                label = f"works within {found.radius:.4g}"
                ring = Line2D([], [], color=INK, marker="o", linestyle="none", markersize=7)
                ring.set(markerfacecolor="none", label=label)
                shown.append(ring)
            reason = wrapped(found.wall.reason, 7, 2.2)
            shown += axes.plot(
                *(*found.wall.point, "x"), color=INK, markersize=6, linestyle="none", label=reason
            )
        if sizes is not None:
            shown += _tolerance(axes, found, sizes)
        axes.set(
            xlabel=heading(found.axes[0], found.units[0]),
            ylabel=heading(found.axes[1], found.units[1]),
            xlim=(found.first[0], found.first[-1]),
            ylim=(found.second[0], found.second[-1]),
        )
        across, up = np.ptp(found.first), np.ptp(found.second)
        if max(across, up) <= MOST_UNEQUAL * min(across, up):
            axes.set_aspect("equal", adjustable="box")
        figure.legend(handles=shown, loc="outside lower left", ncols=1, alignment="left")
        name = f"{gate.name}: {function_title(gate.function)}, region of operation"
        head(figure, f"{name}\n{title(gate.setting)}")
        return figure


def _tolerance(axes: Axes, found: Region, sizes: tuple[float, float]) -> list[Artist]:
    """Ellipses of one, two and three times the tolerance, and the nearest failing point."""
    colour = COLOURS[1]
    for times in (1, 2, 3):
        width, height = (2 * times * size for size in sizes)
        shape = Ellipse(found.point, width, height, fill=False, color=colour, linewidth=0.8)
        axes.add_patch(shape)
    ring = Line2D([], [], color=colour, marker="o", linestyle="none", markersize=7)
    ring.set(markerfacecolor="none", label="1, 2 and 3 times the tolerance")
    worst = found.scaled_failure(sizes)
    if worst is None:
        return [ring]
    label = f"nearest failure, {worst[2]:.3g} times the tolerance away"
    style = {"color": colour, "markersize": 6, "linestyle": "none", "label": label}
    return [ring, *axes.plot(worst[0], worst[1], "+", **style)]
