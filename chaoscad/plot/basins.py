"""The figure of basins of attraction."""

from __future__ import annotations

import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from chaoscad.analysis.arguments import place
from chaoscad.analysis.basins import ESCAPES, OPEN, Attractor, Basins
from chaoscad.analysis.table import state_headings, time_heading
from chaoscad.plot.style import COLOURS, FAINT, INK, PAGE, figure, styled
from chaoscad.systems import Flow, Setting

AREAS = (*COLOURS, "#f0e442")
"""Colours of the basins of most initial states: the scheme's last one, yellow, is for areas only."""

OTHERS = "#e4e4e4"
"""The colour of all other basins."""


def told(setting: Setting, attractor: Attractor) -> str:
    """What an attractor is, in words."""
    system, states = setting.system, attractor.states
    driven = isinstance(system, Flow) and system.period is not None
    point = "(" + ", ".join(f"{value:z.6g}" for value in np.round(states[0], 9)) + ")"
    if attractor.period == 1 and driven:
        return f"cycle of one period of the drive through {point}"
    if attractor.period == 1:
        return f"{'equilibrium' if isinstance(system, Flow) else 'fixed point'} {point}"
    if attractor.period is not None:
        unit = "periods of the drive" if driven else "states"
        return f"cycle of {attractor.period} {unit} through {point}"
    ends = zip(system.coordinates, states.min(axis=0), states.max(axis=0), strict=True)
    return ", ".join(f"{name} from {low:.6g} to {high:.6g}" for name, low, high in ends)


def draw_basins(found: Basins) -> Figure:
    """A colour for every attractor, over the initial states; dots where the attractors are."""
    setting, grid = found.setting, found.grid
    places = [place(setting, name) for name in grid.coordinates]
    headings = [f"initial {state_headings(setting)[index]}" for index in places]
    kinds = [
        (label, AREAS[label - 1] if label <= len(AREAS) else OTHERS)
        for label in range(1, len(found.attractors) + 1)
    ]
    kinds += [(ESCAPES, "white"), (OPEN, FAINT)]
    shown = np.zeros(len(found.labels))
    for index, (label, _) in enumerate(kinds):
        shown[found.labels == label] = index
    with styled():
        plane = len(grid.axes) == 2
        what = (
            f"basins of attraction, followed for at least {time_heading(setting)} {found.length:g}"
        )
        made = figure(setting, what, (PAGE, 4.6 if plane else 1.9))
        axes = made.subplots()
        strip = (grid.axes[0], grid.axes[1] if plane else np.arange(2.0))
        image = shown.reshape(grid.shape) if plane else np.tile(shown, (2, 1))
        axes.pcolormesh(
            *strip,
            image,
            cmap=ListedColormap([colour for _, colour in kinds]),
            vmin=-0.5,
            vmax=len(kinds) - 0.5,
            shading="nearest",
            rasterized=True,
        )
        for attractor in found.attractors:
            x = attractor.states[:, places[0]]
            y = attractor.states[:, places[1]] if plane else np.full(len(x), 0.5)
            few = len(x) <= 64
            axes.plot(
                *(x, y, "o" if few else "."),
                color=INK,
                markeredgecolor="white" if few else "none",
                markersize=4 if few else 1.5,
                rasterized=not few,
            )
        ends = [(axis[0], axis[-1]) for axis in strip]
        axes.set(xlabel=headings[0], xlim=ends[0], ylim=ends[1])
        if plane:
            axes.set_ylabel(headings[1])
        else:
            axes.set_yticks([])
        made.legend(
            handles=_legend(found, kinds), loc="outside lower center", ncols=4, handlelength=1.2
        )
    return made


def _legend(found: Basins, kinds: list[tuple[int, str]]) -> list[Patch | Line2D]:
    handles: list[Patch | Line2D] = []
    for label, colour in kinds:
        share = found.share(label)
        name = {ESCAPES: "escapes", OPEN: "none found"}.get(label, f"attractor {label}")
        if colour == OTHERS:
            share = sum(found.share(other) for other, its in kinds if its == OTHERS)
            name = "other attractors"
        if share and not any(name in str(handle.get_label()) for handle in handles):
            text = f"{name}, {100 * share:.3g} %"
            handles.append(Patch(facecolor=colour, edgecolor=INK, linewidth=0.5, label=text))
    if found.attractors:
        look = {"color": INK, "markersize": 4, "linestyle": "none"}
        handles.append(Line2D([], [], marker="o", label="states of attractors", **look))
    return handles
