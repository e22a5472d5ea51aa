"""Figures of orbits, series, portraits and sections: states in a plane or over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from chaoscad.analysis import FixedPoint, Orbit, Portrait, Section, Series
from chaoscad.analysis.arguments import place, plane
from chaoscad.analysis.table import state_headings, time_heading
from chaoscad.plot.style import COLOURS, COLUMN, FAINT, INK, MOST_VECTORS, PAGE, figure, styled
from chaoscad.systems import Flow, Setting

SHOWN = 120
"""Iterates drawn over time; more are a grey band."""

WEBS = 60
"""Steps of a cobweb."""


def draw_orbit(orbit: Orbit, coordinates: Sequence[str] | None = None) -> Figure:
    """The first iterates over time; beside them a cobweb, or the plane of two coordinates."""
    setting = orbit.setting
    with styled():
        made = figure(setting, _steps(orbit), (PAGE, 3.0))
        left, right = made.subplots(1, 2, width_ratios=(1.5, 1))
        read = setting.reading
        left.plot(
            orbit.iterates[:SHOWN],
            orbit.states[:SHOWN, read],
            ".-",
            color=COLOURS[0],
            linewidth=0.6,
            markersize=2.5,
        )
        left.set(xlabel=time_heading(setting), ylabel=state_headings(setting)[read])
        if len(setting.system.coordinates) == 1:
            _cobweb(right, orbit)
        else:
            x, y = _places(setting, coordinates)
            _cloud(right, orbit.states[:, x], orbit.states[:, y])
            if orbit.iterates[0] == 0:
                _start(right, orbit.states[0, x], orbit.states[0, y])
            right.set(xlabel=state_headings(setting)[x], ylabel=state_headings(setting)[y])
    return made


def _places(setting: Setting, coordinates: Sequence[str] | None) -> tuple[int, int]:
    x, y = (place(setting, name) for name in plane(setting, coordinates))
    return x, y


def _steps(orbit: Orbit) -> str:
    first, last = int(orbit.iterates[0]), int(orbit.iterates[-1])
    return f"orbit, iterates {first} to {last}"


def _cobweb(axes: Any, orbit: Orbit) -> None:
    setting = orbit.setting
    x = orbit.states[:, 0]
    low, high = min(x.min(), setting.system.state[0]), max(x.max(), setting.system.state[1])
    line = np.linspace(low, high, 1000)
    axes.plot([low, high], [low, high], color=FAINT, linewidth=0.8)
    axes.plot(line, setting.value(line), color=INK)
    web = np.repeat(x[: WEBS + 1], 2)
    axes.plot(web[:-1], np.r_[web[0], web[2:]], color=COLOURS[0], linewidth=0.5)
    name = state_headings(setting)[0]
    axes.set(xlabel=name, ylabel=f"next {name}")


def _start(axes: Any, x: float, y: float) -> None:
    """Mark where an orbit starts: from there it runs to the attractor, and is not yet on it."""
    axes.plot(x, y, "o", color=INK, markerfacecolor="white", markersize=4, label="start", zorder=5)
    # Above the plane, where it covers nothing.
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 0.98), handletextpad=0.2, borderpad=0.2)


def _cloud(axes: Any, x: np.ndarray, y: np.ndarray, size: float = 2.0) -> None:
    axes.plot(
        x,
        y,
        ".",
        color=COLOURS[0],
        markersize=size,
        markeredgewidth=0,
        rasterized=len(x) > MOST_VECTORS,
    )


def draw_series(series: Series, coordinates: Sequence[str] | None = None) -> Figure:
    """Every coordinate over time; beside them the trajectory in the plane of two of them."""
    setting = series.setting
    names = state_headings(setting)
    x, y = _places(setting, coordinates)
    with styled():
        what = f"series, {time_heading(setting)} {series.times[0]:g} to {series.times[-1]:g}"
        # Few coordinates need less height.
        made = figure(setting, what, (PAGE, max(2.8, 0.9 + 0.9 * len(names))))
        parts: Any = made.subfigures(1, 2, width_ratios=(1.4, 1))
        left, right = parts
        rows = np.atleast_1d(left.subplots(len(names), 1, sharex=True))
        for index, (axes, name) in enumerate(zip(rows, names, strict=True)):
            axes.plot(
                series.times,
                series.states[:, index],
                color=COLOURS[index % len(COLOURS)],
                linewidth=0.8,
            )
            axes.set_ylabel(name)
        rows[-1].set_xlabel(time_heading(setting))
        axes = right.subplots()
        axes.plot(series.states[:, x], series.states[:, y], color=COLOURS[0], linewidth=0.4)
        if series.times[0] == 0:
            _start(axes, series.states[0, x], series.states[0, y])
        axes.set(xlabel=names[x], ylabel=names[y])
    return made


def draw_portrait(portrait: Portrait) -> Figure:
    """Arrows of one length in the direction of motion, orbits, and the states at rest."""
    setting, grid = portrait.setting, portrait.grid
    x, y = (place(setting, name) for name in grid.coordinates)
    names = state_headings(setting)
    with styled():
        driven = isinstance(setting.system, Flow) and setting.system.driven
        what = "phase portrait" + (", arrows at time 0" if driven else "")
        made = figure(setting, what, (PAGE, 4.8))
        axes = made.subplots()
        across = float(grid.axes[0][-1] - grid.axes[0][0])
        up = float(grid.axes[1][-1] - grid.axes[1][0])
        u, v = portrait.arrows[:, x] / across, portrait.arrows[:, y] / up
        length = np.hypot(u, v)
        finite = np.isfinite(length)
        scale = np.where(finite & (length > 0), length, 1.0)
        axes.quiver(
            grid.points[finite, x],
            grid.points[finite, y],
            (u / scale)[finite],
            (v / scale)[finite],
            color=FAINT,
            pivot="mid",
            scale=1.3 * len(grid.axes[0]),
            width=0.0025,
        )
        for index, states in enumerate(portrait.orbits):
            style = "-" if portrait.times[-1] != len(portrait.times) - 1 else "."
            axes.plot(
                states[:, x],
                states[:, y],
                style,
                color=COLOURS[index % len(COLOURS)],
                linewidth=0.4,
                markersize=1.5,
                rasterized=True,
            )
            axes.plot(
                *(states[0, x], states[0, y], "o"),
                color=COLOURS[index % len(COLOURS)],
                markeredgecolor="white",
                markersize=4,
                zorder=4,
                label="start of an orbit" if index == 0 else None,
            )
        _mark(axes, portrait.fixed_points, x, y)
        axes.set(
            xlabel=names[x],
            ylabel=names[y],
            xlim=(grid.axes[0][0], grid.axes[0][-1]),
            ylim=(grid.axes[1][0], grid.axes[1][-1]),
        )
    return made


def _mark(axes: Any, points: tuple[FixedPoint, ...], x: int, y: int) -> None:
    """Fixed points by their class; filled ones attract."""
    marks = dict(zip(sorted({point.kind for point in points}), "osD^vP*Xhd", strict=False))
    for kind, mark in marks.items():
        states = np.array([point.state for point in points if point.kind == kind])
        attracts = kind.startswith(("stable", "attracting"))
        axes.plot(
            states[:, x],
            states[:, y],
            mark,
            color=INK,
            markerfacecolor=INK if attracts else "white",
            markersize=6,
            zorder=5,
            label=kind,
        )
    axes.legend(loc="upper right", frameon=True, framealpha=0.9)


def draw_section(section: Section, coordinates: Sequence[str] | None = None) -> Figure:
    """The section in the plane of two coordinates: of those that vary in it, the first two."""
    setting = section.setting
    system, names = setting.system, state_headings(setting)
    if coordinates is None:
        free = [name for name in system.coordinates if name != section.coordinate]
        coordinates = free[:2] if len(free) > 1 else None
    x, y = _places(setting, coordinates)
    if section.period is not None:
        at = f" at {section.phase:g} of it" if section.phase else ""
        what = f"stroboscopic section, once per period {section.period:.6g}{at}"
    else:
        way = "up" if section.direction == 1 else "down"
        what = f"Poincaré section {section.coordinate} = {section.level:.6g}, on the way {way}"
    with styled():
        made = figure(setting, f"{what}: {len(section.times)} crossings", (COLUMN, 3.1))
        axes = made.subplots()
        _cloud(axes, section.states[:, x], section.states[:, y], 2.5)
        axes.set(xlabel=names[x], ylabel=names[y])
    return made
