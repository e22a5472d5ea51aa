"""The chapter of a sweep: its measures over its axes, as tables and figures."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from chaoscad.design import Design
from chaoscad.errors import counted
from chaoscad.reports.chart import text_of
from chaoscad.reports.dynamics import Fact
from chaoscad.reports.robustness import Table
from chaoscad.reports.sweep_figures import Picture, measures, pictures

if TYPE_CHECKING:
    from xarray import Dataset

MOST_POINTS = 1000
"""Points in the table."""

MOST_READ = 100_000
"""Points whose measures are read; of a larger sweep only every few values of the long axes are."""

MOST_VALUES = 12
"""Values of an axis that are listed."""


@dataclass(frozen=True)
class SweepChapter:
    """A sweep of the report; `axes` has every axis, its unit and its values."""

    template: ClassVar[str] = "sweep.html"
    kind: ClassVar[str] = "sweep"
    live: ClassVar[Mapping[str, Any] | None] = None
    designs: ClassVar[tuple[Design, ...]] = ()
    solved: ClassVar[bool] = True

    anchor: str
    name: str
    source: str
    status: str
    facts: tuple[Fact, ...]
    axes: tuple[tuple[str, str, str], ...]
    pictures: tuple[Picture, ...]
    points: Table
    hidden: int
    thinned: str
    spec: str
    netlist: str
    provenance: tuple[Fact, ...]


def is_sweep(path: Path) -> bool:
    """Whether a path is that of a sweep's results: a Zarr folder, or a netCDF file."""
    if path.is_dir():
        return (path / "zarr.json").is_file()
    return path.suffix.lower() == ".nc" and path.is_file()


def sweep_chapter(path: Path, anchor: str) -> SweepChapter:
    """The chapter of a sweep's results.

    **Raises:** `ToolMissing` without xarray and Zarr; `ChaoscadError` for what holds no sweep.
    """
    # Sweeps load what solves, which a report of designs can do without.
    from chaoscad.sweeps.results import opened, reading

    results = opened(path)
    with reading(os.fspath(path)):
        return _chapter(path, anchor, results)


def _chapter(path: Path, anchor: str, results: Dataset) -> SweepChapter:
    from chaoscad.sweeps.results import sweep_of
    from chaoscad.sweeps.store import STATUS

    told = sweep_of(results)["sweep"]
    dims = [str(name) for name in results["status"].dims]
    status = results["status"].transpose(*dims).values.reshape(-1)
    counts = [int((status == place).sum()) for place in range(len(STATUS))]
    facts = [
        Fact("points", str(status.size)),
        Fact("computed", str(counts[1])),
        Fact("failed", str(counts[2])),
    ]
    if "solved" in results and counts[1]:
        solved = results["solved"].transpose(*dims).values.reshape(-1)[status == 1]
        facts.append(Fact("solved", f"{100 * float(solved.mean()):.4g} %"))
    facts.append(Fact("axes", str(len(dims))))
    open_ = counts[0]
    steps = _steps(results, dims)
    shown = results.isel({name: slice(None, None, step) for name, step in steps.items()}).load()
    kept = shown["status"].transpose(*dims).values.reshape(-1)
    return SweepChapter(
        anchor=anchor,
        name=path.name.removesuffix(".zarr").removesuffix(".nc"),
        source=path.name,
        status=f"{counted(open_, 'point')} not computed" if open_ else "Complete",
        facts=tuple(facts),
        axes=tuple(_axis(results, name) for name in dims),
        pictures=pictures(shown),
        points=_points(shown, dims, kept),
        hidden=max(0, status.size - min(kept.size, MOST_POINTS)),
        thinned=_thinned(steps, kept.size, status.size),
        spec=_text({name: item for name, item in told.items() if name != "netlist"}),
        netlist=str(told.get("netlist", "")),
        provenance=tuple(
            Fact(name, str(results.attrs[name]))
            for name in ("chaoscad", "jax", "numpy")
            if name in results.attrs
        ),
    )


def _steps(results: Dataset, dims: Sequence[str]) -> dict[str, int]:
    """For each axis, how far apart the values are that are read: the longest is thinned first."""
    steps = dict.fromkeys(dims, 1)
    while True:
        sizes = {name: -(-results.sizes[name] // step) for name, step in steps.items()}
        if math.prod(sizes.values()) <= MOST_READ:
            return steps
        steps[max(sizes, key=sizes.__getitem__)] += 1


def _thinned(steps: Mapping[str, int], shown: int, points: int) -> str:
    """What of a large sweep the figures and the table are of; empty where it is all of it."""
    left = [f"one in {step} values of {name}" for name, step in steps.items() if step > 1]
    if not left:
        return ""
    return f"Figures and points are of {shown} of the {points} points: {', '.join(left)}."


def _axis(results: Dataset, name: str) -> tuple[str, str, str]:
    unit = str(results[name].attrs.get("units", "1")) if name in results.coords else "1"
    values = [_word(value) for value in results[name].values.tolist()]
    if len(values) > MOST_VALUES:
        values = [*values[:3], "\u2026", *values[-3:]]
    told = f"{', '.join(values)} ({results.sizes[name]})"
    return name, "" if unit == "1" else unit, told


def _word(value: Any) -> str:
    return text_of(value) if isinstance(value, float) else str(value)


def _points(results: Dataset, dims: Sequence[str], status: np.ndarray) -> Table:
    from chaoscad.sweeps.store import STATUS

    names = [name for name in measures(results) if set(results[name].dims) == set(dims)]
    columns = {name: results[name].transpose(*dims).values.reshape(-1) for name in names}
    reasons = np.array([""] * status.size, object)
    if "reason" in results:
        reasons = results["reason"].transpose(*dims).values.reshape(-1)
    shape = [results.sizes[name] for name in dims]
    rows: list[tuple[str | float, ...]] = []
    for point in range(min(status.size, MOST_POINTS)):
        places = np.unravel_index(point, shape)
        row: list[str | float] = [
            _cell(results[name].values[place]) for name, place in zip(dims, places, strict=True)
        ]
        row += [_cell(columns[name][point]) if status[point] == 1 else "" for name in names]
        failed = f": {reasons[point]}" if str(reasons[point]) else ""
        row.append(f"{STATUS[int(status[point])]}{failed}")
        rows.append(tuple(row))
    return Table("Points", (*dims, *names, "status"), tuple(rows))


def _cell(value: Any) -> str | float:
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, int | float | np.integer | np.floating):
        return float(value) if np.isfinite(value) else "none"
    return str(value)


def _text(data: Mapping[str, Any]) -> str:
    return json.dumps(data, indent=1, ensure_ascii=False)
