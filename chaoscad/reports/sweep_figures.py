"""Figures of a sweep: curves with their intervals, and maps over two axes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from chaoscad.reports.chart import Chart, text_of
from chaoscad.robustness.interval import clopper_pearson

if TYPE_CHECKING:
    from xarray import DataArray, Dataset

MOST_LINES = 6
"""Lines of a figure; an axis with more values is averaged over, or goes along y of a map."""

FEWEST_ROWS = 4
"""Values of the shortest axis along y of a map."""

MOST_CELLS = 4000
"""Cells of the largest map."""

CONFIDENCE = 0.95

BAND = (0.1, 0.9)
"""The quantiles between which a band of values lies."""

AUXILIARY = ("_low", "_high", "_error")
"""What ends so belongs to another variable."""


@dataclass(frozen=True)
class Picture:
    """A figure with its heading; `lines` are the names of its curves, in the order of their colours."""

    title: str
    note: str
    lines: tuple[str, ...]
    svg: str


def pictures(results: Dataset) -> tuple[Picture, ...]:
    """Every measure along the longest axis, a line for each value of a short one, and as maps."""
    dims = sorted(map(str, results["status"].dims), key=lambda name: -_rank(results, name))
    along = dims[0]
    found: list[Picture] = []
    for measure in measures(results):
        item = results[measure]
        if item.dtype.kind not in "fb" or measure.endswith(AUXILIARY):
            continue
        known = item.where(results["status"] == 1)
        rest = dims[1:]
        # Curves for each of some words say more than for each of some numbers.
        short = [one for one in rest if 1 < results.sizes[one] <= MOST_LINES]
        line = min(short, key=lambda one: results[one].dtype.kind in "if", default=None)
        found.append(_curves(results, known, measure, along, line))
        up = next((one for one in rest if results.sizes[one] >= FEWEST_ROWS), None)
        if up is not None and results.sizes[along] * results.sizes[up] <= MOST_CELLS:
            found.append(_map(results, known, measure, along, up))
    return tuple(found)


def measures(results: Dataset) -> list[str]:
    """What was measured, whatever the order in which a disk lists it."""
    names = (str(name) for name in results.data_vars)
    first = ("solved", "margin")
    known = {name for name in names if name not in ("status", "reason", "method")}
    return [*(name for name in first if name in known), *sorted(known - set(first))]


def _rank(results: Dataset, name: str) -> float:
    """Long axes of numbers first."""
    return results.sizes[name] + (1e6 if results[name].dtype.kind in "if" else 0.0)


def _curves(
    results: Dataset, item: DataArray, measure: str, along: str, line: str | None
) -> Picture:
    truth = results[measure].dtype.kind == "b"
    parts = [item.isel({line: place}) for place in range(results.sizes[line])] if line else [item]
    ends = [_middle(part, along, truth) for part in parts]
    every = np.concatenate([np.ravel(one) for one in ends])
    finite = every[np.isfinite(every)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
    room = 0.04 * (high - low)
    up = (-0.02, 1.02) if truth else (low - room, high + room)
    at, words = places(results, along)
    chart = Chart(_ends(at), up, (_heading(results, along), _heading(results, measure)), words)
    for place, (_, under, over) in enumerate(ends):
        chart.band(at, under.tolist(), over.tolist(), f"series s{place}")
    for place, (middle, _, __) in enumerate(ends):
        chart.line(at, middle.tolist(), f"series s{place}")
        chart.dots(at, middle.tolist(), f"series-dots s{place}")
    over = [name for name in map(str, item.dims) if name not in (along, line)]
    note = str(results[measure].attrs.get("long_name", ""))
    if truth:
        note += f"; the share of points, with its exact {100 * CONFIDENCE:g} % interval"
    elif over:
        note += "; the median, with the band of 80 % of the values"
    if over:
        note += f", over {', '.join(over)}"
    names = [f"{line} {_value(value)}" for value in results[line].values.tolist()] if line else []
    told = f"{measure} against {along}" + (f" for {', '.join(names)}" if names else "")
    return Picture(f"{measure} against {along}", note.lstrip("; "), tuple(names), chart.svg(told))


def _middle(part: DataArray, along: str, truth: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The middle at every value of an axis, and the ends of its interval; NaN where there is none."""
    rest = [str(name) for name in part.dims if name != along]
    numbers = part.transpose(along, *rest).values.astype(float).reshape(part.sizes[along], -1)
    if truth:
        of = np.isfinite(numbers).sum(1)
        count = np.nansum(numbers, axis=1)
        low, high = clopper_pearson(count, of, CONFIDENCE)
        with np.errstate(all="ignore"):
            return tuple(np.where(of > 0, one, np.nan) for one in (count / of, low, high))  # type: ignore[return-value]
    empty = np.asarray(np.isnan(numbers).all(axis=1))
    filled = np.where(empty[:, None], 0.0, np.where(np.isfinite(numbers), numbers, np.nan))
    with np.errstate(all="ignore"):
        middle, low, high = np.nanquantile(filled, (0.5, *BAND), axis=1)
    return tuple(np.where(empty, np.nan, one) for one in (middle, low, high))  # type: ignore[return-value]


def _map(results: Dataset, item: DataArray, measure: str, along: str, up: str) -> Picture:
    rest = [name for name in map(str, item.dims) if name not in (along, up)]
    numbers = item.transpose(along, up, *rest).values.astype(float)
    numbers = numbers.reshape(results.sizes[along], results.sizes[up], -1)
    empty = np.asarray(np.isnan(numbers).all(axis=2))
    with np.errstate(all="ignore"):
        means = np.nanmean(np.where(empty[..., None], 0.0, numbers), axis=2)
    means = np.where(empty, np.nan, means)
    finite = means[np.isfinite(means)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 0.0)
    across, words = places(results, along)
    heights, names = places(results, up)
    chart = Chart(
        _edges(across),
        _edges(heights),
        (_heading(results, along), _heading(results, up)),
        words,
        names,
    )
    chart.cells(across, heights, means.tolist(), (low, high))
    note = f"from {text_of(low)} (pale) to {text_of(high)} (deep), grey where there is none"
    if rest:
        note += f", the mean over {', '.join(rest)}"
    title = f"{measure} over {along} and {up}"
    return Picture(title, note, (), chart.svg(f"Map of {title}: {note}"))


def places(results: Dataset, name: str) -> tuple[list[float], list[str] | None]:
    """Where the values of an axis stand: at themselves, or in a row with their names."""
    values = results[name].values
    if values.dtype.kind in "if" and len(values) > 1:
        steps = np.diff(values.astype(float))
        even = np.allclose(steps, steps[0], rtol=1e-6) and steps[0] > 0
        if even:
            return values.astype(float).tolist(), None
    return list(map(float, range(len(values)))), [_value(value) for value in values.tolist()]


def _value(value: object) -> str:
    return text_of(value) if isinstance(value, float) else str(value)


def _heading(results: Dataset, name: str) -> str:
    unit = str(results[name].attrs.get("units", "1"))
    return name if unit == "1" else f"{name} ({unit})"


def _ends(at: list[float]) -> tuple[float, float]:
    room = 0.02 * (max(at) - min(at))
    return min(at) - room, max(at) + room


def _edges(at: list[float]) -> tuple[float, float]:
    half = (at[1] - at[0]) / 2 if len(at) > 1 else 0.5
    return at[0] - half, at[-1] + half
