"""Figures of learned activations: the functions themselves, how they were learned, forecasts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from textwrap import fill
from typing import Any

import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

from chaoscad.arguments import finite, function, instance, named, real_array, reals, whole
from chaoscad.errors import ChaoscadError, shown, told
from neural.compare.figures import FAINT, legend_below, line, plain, small
from neural.metalearn import MetaLearned

PAGE = 6.69
"""The width of a page in inches, 17 cm; a single panel fits a column, half of it."""

Curve = Callable[[Any], Any]


def draw_activations(
    sets: Mapping[str, Sequence[Curve]],
    *,
    base: Curve | None = None,
    low: float = -5.0,
    high: float = 5.0,
) -> Figure:
    """One panel for every set of activations, all on the same axes' range.

    **Arguments:**

    - `sets`: titles to activations; learned ones are called a1, a2, .. in the legend, others
      by their `label`.
    - `base`: drawn grey in every panel.

    **Raises:** `ChaoscadError` for no sets, what is not a function, and an empty range.
    """
    sets = {title: _functions(title, one) for title, one in named("activations", sets).items()}
    if base is not None:
        function("the base", base)
    low, high = finite("low", low), finite("high", high)
    if not low < high:
        raise ChaoscadError(f"axes from {low:g} to {high:g} were asked for; low must be below high")
    z = np.linspace(low, high, 401)
    across = max(1.35, min(2.2, PAGE / len(sets)))
    figure = Figure(figsize=(max(3.35, across * len(sets)), 2.7), layout="constrained")
    panels = figure.subplots(1, len(sets), sharex=True, sharey=True, squeeze=False)[0]
    for axes, (title, activations) in zip(panels, sets.items(), strict=True):
        if base is not None:
            axes.plot(z, np.asarray(base(jnp.asarray(z))), color=FAINT, label="base")
        for index, one in enumerate(activations):
            label = getattr(one, "label", "learned")
            label = f"a{index + 1}" if label == "learned" else label
            axes.plot(z, np.asarray(one(jnp.asarray(z))), **line(index), label=label)
        # About 15 letters of this size are an inch wide.
        plain(axes.set_title(fill(title, int(15 * across) - 2), fontsize=8))
        axes.set_xlabel("pre-activation z")
        small(axes)
    panels[0].set_ylabel("activity")
    panels[0].set_xlim(low, high)
    legend_below(figure, panels[0].get_legend_handles_labels()[1])
    return figure


def draw_learning(
    learned: MetaLearned, *, distances: np.ndarray | None = None, smooth: int = 10
) -> Figure:
    """The outer loss of every meta-seed over the outer steps, and how far activations have parted.

    **Arguments:**

    - `distances`: (meta_seeds, snapshots), drawn over the snapshots' steps in a second panel.
    - `smooth`: outer steps in the running mean.

    **Raises:** `ChaoscadError` for what `metalearn` did not return, and distances of another shape.
    """
    instance("what was learned", learned, MetaLearned, "metalearn(shape, task, settings)")
    smooth = whole("smooth", smooth)
    if distances is not None:
        distances = reals("the distances", distances, "meta_seeds snapshots")
        expected = (len(learned.losses), len(learned.snapshot_steps))
        if distances.shape != expected:
            raise ChaoscadError(
                f"the distances have shape {distances.shape}, and must have shape {expected}"
            )
    count = 1 if distances is None else 2
    figure = Figure(figsize=(PAGE / 2 * count, 2.9), layout="constrained")
    panels = figure.subplots(1, count, squeeze=False)[0]
    width = max(1, min(smooth, learned.losses.shape[1]))
    for index, losses in enumerate(learned.losses):
        mean = np.convolve(losses, np.full(width, 1 / width), "valid")
        steps = np.arange(width, len(losses) + 1)
        name = f"meta-seed {learned.meta_seeds[index]}"
        panels[0].plot(steps, mean, **line(index), linewidth=1, label=name)
        if distances is not None:
            steps, style = learned.snapshot_steps, line(index)
            panels[1].plot(steps, distances[index], marker="o", markersize=3, **style)
    panels[0].set(xlabel="outer step", ylabel="outer loss")
    legend_below(figure, panels[0].get_legend_handles_labels()[1])
    if distances is not None:
        panels[1].set(xlabel="outer step", ylabel="distance between activations")
        panels[1].set_ylim(bottom=0)
    for axes in panels:
        small(axes)
    return figure


def draw_curves(
    curves: Mapping[str, tuple[np.ndarray, np.ndarray]],
    *,
    xlabel: str,
    ylabel: str,
    log: bool = False,
    title: str = "",
) -> Figure:
    """Curves with their names: forecast errors over time, densities of eigenvalues.

    **Arguments:**

    - `curves`: names to (x, y); y of several rows is drawn as its median with the quartiles shaded.

    **Raises:** `ChaoscadError` for no curves, and for y that is not one row or several as long as x.
    """
    curves = {
        name: _pair(f"the curve {shown(str(name))}", pair)
        for name, pair in named("curves", curves).items()
    }
    figure = Figure(figsize=(PAGE / 2, 2.6 + 0.13 * len(curves)), layout="constrained")
    axes = figure.subplots()
    for index, (name, (x, y)) in enumerate(curves.items()):
        style = line(index)
        rows = np.atleast_2d(y)
        axes.plot(x, np.median(rows, axis=0), **style, linewidth=1, label=name)
        if len(rows) > 2:
            low, high = np.percentile(rows, [25, 75], axis=0)
            axes.fill_between(x, low, high, color=style["color"], alpha=0.2, lw=0)
    if log:
        axes.set_yscale("log")
    plain(axes.set_xlabel(xlabel))
    plain(axes.set_ylabel(ylabel))
    if title:
        plain(figure.suptitle(fill(title, 50), fontsize=8))
    legend_below(figure, list(curves))
    small(axes)
    return figure


def _functions(title: str, activations: Any) -> Sequence[Curve]:
    if not isinstance(activations, list | tuple) or not activations:
        raise ChaoscadError(
            f"the activations of {shown(str(title))} are {told(activations)}, and must be a list of "
            "functions"
        )
    for one in activations:
        function(f"one of the activations of {shown(str(title))}", one)
    return activations


def _pair(name: str, given: Any) -> tuple[np.ndarray, np.ndarray]:
    if not isinstance(given, list | tuple | np.ndarray) or len(given) != 2:
        raise ChaoscadError(f"{name} is {told(given)}, and must be a pair, x and y")
    first, second = (real_array(f"the numbers of {name}", part) for part in given)
    if first.ndim != 1 or not first.size or second.shape[-1:] != first.shape or second.ndim > 2:
        raise ChaoscadError(
            f"{name} has shapes {first.shape} and {second.shape}, and must have one of shape (n,) and "
            "one as long"
        )
    return first, second
