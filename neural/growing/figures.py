"""Figures of growing networks: a run over time, decision regions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.figure import Figure

from chaoscad.arguments import instance, named
from chaoscad.errors import ChaoscadError
from neural.compare.figures import COLOURS, FAILED, FAINT, INK, legend_below, plain, small
from neural.growing.analyses import Regions
from neural.growing.history import History


def draw_growth(histories: History | Mapping[str, History], *, title: str = "") -> Figure:
    """Effective size, task loss, size loss and FLOPs over the steps of one run, or of several.

    Lines are medians over the trials, bands go from the lower to the upper quartile; trials that were
    retired are left out from then on, and the title says how many. A layer's size has a line of its
    own, the deeper ones dashed.

    **Arguments:**

    - `histories`: of `Grown.history`, or names to such histories.

    **Raises:** `ChaoscadError` for no histories, and for one in which no trial is left.
    """
    runs = {"": histories} if isinstance(histories, History) else named("histories", histories)
    for history in runs.values():
        instance("one of the histories", history, History, "grow(...).history")
    figure = Figure(figsize=(6.69, 4.4), layout="constrained")
    sizes, task, size, cost = figure.subplots(2, 2, sharex=True).flat
    retired, trials = 0, 0
    for index, (name, history) in enumerate(runs.items()):
        if not np.isfinite(history.task_loss).all(0).any():
            raise ChaoscadError("there is nothing to draw: every trial was retired")
        colour = COLOURS[index % len(COLOURS)]
        retired += int(np.isnan(history.task_loss[-1]).sum())
        trials += history.task_loss.shape[1]
        for layer in range(history.sizes.shape[2]):
            style = ("-", "--", ":", "-.")[layer % 4]
            label = name if layer == 0 else ""
            _band(sizes, history.step, history.sizes[:, :, layer], colour, label, style)
        _band(task, history.step, history.task_loss, colour, name)
        if np.nanmax(history.size_loss) > 0:
            _band(size, history.step, history.size_loss, colour, name)
        cost.plot(history.step, history.flops, color=colour, label=name)
    for axes, what in ((sizes, "effective size"), (task, "task loss"), (size, "size loss")):
        axes.set_ylabel(what)
    cost.set_ylabel("FLOPs of a trial")
    for axes in (size, cost):
        axes.set_xlabel("step")
    sizes.set_ylim(bottom=0)
    task.set_yscale("log")
    if size.lines:
        # A size at its target has no loss, which has no place on a logarithmic axis.
        least = min(float(np.min(line.get_ydata())) for line in size.lines)  # type: ignore[arg-type]
        if least > 0:
            size.set_yscale("log")
        else:
            size.set_yscale("symlog", linthresh=1e-6)
            size.set_ylim(bottom=0)
    else:
        note = {"transform": size.transAxes, "ha": "center", "fontsize": 8, "color": FAINT}
        size.text(0.5, 0.5, "there is none", **note)
    for axes in (sizes, task, size, cost):
        small(axes)
    if "" not in runs:
        legend_below(figure, list(runs))
    parts = [title] if title else []
    if retired:
        parts.append(f"{retired} of {trials} trials retired")
    if parts:
        plain(figure.suptitle(", ".join(parts), fontsize=9, color=FAILED if retired else INK))
    return figure


def draw_regions(
    regions: Regions, inputs: Any = None, labels: Any = None, *, title: str = ""
) -> Figure:
    """The classes over the plane, paler where the network hesitates, with samples as dots.

    **Arguments:**

    - `inputs`: (n, 2), and `labels`: (n,), of samples to show; dots of wrong classes stand out by
      their colour.

    **Raises:** `ChaoscadError` for samples of another shape, or inputs without labels.
    """
    instance("the regions", regions, Regions, "decision_regions(network)")
    count = int(regions.classes.max()) + 1
    points, classes = None, None
    if (inputs is None) != (labels is None):
        raise ChaoscadError("samples need both their inputs and their labels")
    if inputs is not None:
        points, classes = np.asarray(inputs), np.asarray(labels)
        if points.ndim != 2 or points.shape[1] != 2 or classes.shape != points.shape[:1]:
            raise ChaoscadError(
                f"the inputs have the shape {points.shape} and the labels {classes.shape}; samples of "
                "the plane have (n, 2) and (n,)"
            )
        if len(classes):
            count = max(count, int(classes.max()) + 1)
    palette = ListedColormap([COLOURS[index % len(COLOURS)] for index in range(count)])
    norm = BoundaryNorm(np.arange(count + 1) - 0.5, max(count, 1))
    figure = Figure(figsize=(3.35, 3.35), layout="constrained")
    axes = figure.subplots()
    sure = 1 - np.exp(-np.asarray(regions.margin, np.float64))
    axes.imshow(
        regions.classes,
        cmap=palette,
        norm=norm,
        alpha=0.12 + 0.38 * sure,
        origin="lower",
        extent=(regions.x[0], regions.x[-1], regions.y[0], regions.y[-1]),
        interpolation="nearest",
    )
    if points is not None:
        axes.scatter(points[:, 0], points[:, 1], s=4, c=classes, cmap=palette, norm=norm, lw=0)
    axes.set(xlabel="x", ylabel="y")
    axes.set_aspect("equal")
    small(axes)
    if title:
        axes.set_title(title, fontsize=9).set_parse_math(False)
    return figure


def _band(
    axes: Axes, step: np.ndarray, values: np.ndarray, colour: str, label: str, style: str = "-"
) -> None:
    # A retired trial is NaN from its end on, so quantiles are of those that are left.
    left = np.isfinite(values).any(1)
    low, middle, high = np.nanpercentile(values[left], [25, 50, 75], axis=1)
    axes.plot(step[left], middle, style, color=colour, label=label or None)
    if values.shape[1] > 2:
        axes.fill_between(step[left], low, high, color=colour, alpha=0.2, lw=0)
