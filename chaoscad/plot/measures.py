"""Figures of what is measured on orbits: exponents, bifurcations, recurrences."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from chaoscad.analysis import (
    Bifurcation,
    Continuation,
    Doublings,
    FiniteTime,
    Recurrence,
    Spectrum,
    SpectrumOver,
)
from chaoscad.analysis.arguments import place
from chaoscad.analysis.lyapunov import exponent_unit
from chaoscad.analysis.table import heading, state_headings, time_heading
from chaoscad.errors import ChaoscadError
from chaoscad.plot.style import (
    COLOURS,
    COLUMN,
    FAINT,
    MAP_OF_COLOURS,
    MOST_VECTORS,
    PAGE,
    figure,
    styled,
)
from chaoscad.plot.text import decimal

UNSETTLED = COLOURS[4]
"""The colour of points whose transient has not decayed."""

CROWD = 30_000
"""Points of a diagram above which they are drawn ever fainter."""


def draw_lyapunov(spectrum: Spectrum) -> Figure:
    """How the exponents converge along the run."""
    setting = spectrum.setting
    with styled():
        made = figure(setting, f"Lyapunov spectrum, {spectrum.starts} starts", (COLUMN, 3.0))
        axes = made.subplots()
        axes.axhline(0, color=FAINT, linewidth=0.8)
        for index, (value, error) in enumerate(
            zip(spectrum.exponents, spectrum.errors, strict=True)
        ):
            axes.plot(
                spectrum.times,
                spectrum.history[:, index],
                color=COLOURS[index % len(COLOURS)],
                label=f"{decimal(value, 4)} ± {error:.2g}",
            )
        made.legend(title=f"exponents ({spectrum.unit})", loc="outside lower center", ncols=2)
        axes.set(xlabel=time_heading(setting), ylabel=heading("exponent", spectrum.unit))
    return made


def draw_lyapunov_over(spectra: SpectrumOver) -> Figure:
    """Every exponent over the parameter; gaps where the orbit escapes."""
    setting, item = spectra.setting, spectra.parameter
    with styled():
        what = f"Lyapunov exponents over {item.name}"
        made = figure(setting, what, (PAGE, 3.4), varied=item.name)
        axes = made.subplots()
        axes.axhline(0, color=FAINT, linewidth=0.8)
        for index, column in enumerate(spectra.exponents.T):
            axes.plot(
                spectra.at,
                column,
                color=COLOURS[index % len(COLOURS)],
                linewidth=0.7,
                label=f"exponent {index + 1}",
            )
        axes.set(
            xlabel=heading(item.name, item.unit),
            ylabel=heading("exponent", spectra.unit),
            xlim=(spectra.at[0], spectra.at[-1]),
        )
        made.legend(loc="outside lower center", ncols=4)
    return made


def draw_bifurcation(bifurcation: Bifurcation, doublings: Doublings | None = None) -> Figure:
    """Every point of the diagram; lines where periods double."""
    setting, item = bifurcation.setting, bifurcation.parameter
    with styled():
        what = f"bifurcation diagram over {item.name}{_strobes(bifurcation)}"
        made = figure(setting, what, (PAGE, 4.0), varied=item.name)
        axes = made.subplots()
        if doublings is not None:
            for index, value in enumerate(doublings.values):
                label = "a cycle doubles its period" if index == 0 else None
                axes.axvline(float(value), color=COLOURS[1], linewidth=0.5, alpha=0.7, label=label)
        alpha = max(0.1, min(0.8, CROWD / max(len(bifurcation.at), 1)))
        _dots(axes, bifurcation, bifurcation.settled, "black", alpha=alpha)
        if len(bifurcation.unsettled):
            _dots(axes, bifurcation, ~bifurcation.settled, UNSETTLED, label="not settled")
        if doublings is not None or len(bifurcation.unsettled):
            axes.legend(loc="upper left", frameon=True, framealpha=0.9)
        axes.set(
            xlabel=heading(item.name, item.unit),
            ylabel=heading(bifurcation.reads, setting.system.unit),
            xlim=(bifurcation.low, bifurcation.high),
        )
    return made


def _strobes(part: Bifurcation) -> str:
    """How often a driven flow is read."""
    if part.periods is None:
        return ""
    low, high = part.periods
    return f", once per period {low:.6g}" + (f" to {high:.6g}" if high > low else "")


def _dots(axes: Any, part: Bifurcation, which: np.ndarray, colour: str, **look: Any) -> None:
    many = len(part.at) > MOST_VECTORS
    axes.plot(
        *(part.at[which], part.values[which], "."),
        color=colour,
        markersize=1.0 if many else 2.0,
        markeredgewidth=0,
        rasterized=many,
        **look,
    )


def draw_continuation(found: Continuation) -> Figure:
    """The points of both ways in two colours; behind them, where attractors coexist."""
    setting, item = found.up.setting, found.up.parameter
    with styled():
        what = f"bifurcation diagram over {item.name}{_strobes(found.up)}, followed up and down"
        made = figure(setting, what, (PAGE, 4.0), varied=item.name)
        axes = made.subplots()
        step = float(found.at[1] - found.at[0]) if len(found.at) > 1 else 0.0
        for index, value in enumerate(found.at[found.differ]):
            label = "the two ways differ" if index == 0 else None
            axes.axvspan(
                value - step / 2, value + step / 2, color=FAINT, alpha=0.4, lw=0, label=label
            )
        for part, colour, label in (
            (found.up, COLOURS[0], "upwards"),
            (found.down, COLOURS[1], "downwards"),
        ):
            _dots(axes, part, part.settled, colour, label=label)
        open_ways = [part for part in (found.up, found.down) if len(part.unsettled)]
        for part, label in zip(open_ways, ("not settled", None), strict=False):
            _dots(axes, part, ~part.settled, UNSETTLED, label=label)
        axes.set(
            xlabel=heading(item.name, item.unit),
            ylabel=heading(found.up.reads, setting.system.unit),
            xlim=(found.up.low, found.up.high),
        )
        made.legend(loc="outside lower center", ncols=3, markerscale=8)
    return made


def draw_recurrence(recurrence: Recurrence) -> Figure:
    """A dot for every pair of times at which the states are close."""
    setting, times = recurrence.setting, recurrence.times
    with styled():
        made = figure(
            setting,
            f"recurrence plot: rate {recurrence.rate:.3f}, determinism "
            f"{recurrence.determinism:.3f}, threshold {recurrence.threshold:g} of the diameter",
            (COLUMN, 3.8),
        )
        axes = made.subplots()
        axes.imshow(
            recurrence.matrix,
            cmap="gray_r",
            origin="lower",
            interpolation="nearest",
            extent=(times[0], times[-1], times[0], times[-1]),
        )
        axes.set(xlabel=time_heading(setting), ylabel=time_heading(setting))
    return made


def draw_finite_time(result: FiniteTime) -> Figure:
    """The exponent over the initial state: a line, or colours in the plane of the grid.

    **Raises:** `ChaoscadError` when the initial states are not a grid.
    """
    setting, grid = result.setting, result.grid
    if grid is None:
        raise ChaoscadError("only exponents on a grid are drawn; give finite_time a grid")
    unit = exponent_unit(setting.system)
    places = [place(setting, name) for name in grid.coordinates]
    names = [f"initial {state_headings(setting)[index]}" for index in places]
    label = heading("finite-time exponent", unit)
    lasts = time_heading(setting) + f" {result.length:g}"
    with styled():
        lost = int((~np.isfinite(result.exponents)).sum())
        what = f"finite-time Lyapunov exponent to {lasts}"
        made = figure(setting, what + ("; grey where it escapes" if lost else ""), (COLUMN, 3.0))
        axes = made.subplots()
        if len(grid.axes) == 1:
            shown = np.where(np.isfinite(result.exponents), result.exponents, np.nan)
            axes.plot(grid.axes[0], shown, color=COLOURS[0], linewidth=0.8)
            axes.set(xlabel=names[0], ylabel=label)
            for low, high in _gaps(grid.axes[0], shown):
                axes.axvspan(low, high, color=FAINT, alpha=0.5, linewidth=0)
            return made
        axes.set_facecolor(FAINT)
        image = axes.pcolormesh(
            *grid.axes,
            result.exponents.reshape(grid.shape),
            cmap=MAP_OF_COLOURS,
            shading="nearest",
            rasterized=True,
        )
        made.colorbar(image, ax=axes, label=label)
        axes.set(xlabel=names[0], ylabel=names[1])
    return made


def _gaps(x: np.ndarray, y: np.ndarray) -> list[tuple[float, float]]:
    """Where a curve has no values, up to those beside."""
    lost = np.flatnonzero(np.diff(np.r_[0, np.isnan(y).astype(int), 0]))
    ends = zip(lost[::2], lost[1::2], strict=True)
    return [(float(x[max(a - 1, 0)]), float(x[min(b, len(x) - 1)])) for a, b in ends]
