"""What results of a sweep can do by themselves: `results.chaoscad.draw(...)`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray

from chaoscad.sweeps.measures import MEASURES
from chaoscad.sweeps.points import FAILED

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from xarray import DataArray, Dataset


@xarray.register_dataset_accessor("chaoscad")
class Results:
    """Methods of the Dataset that `chaoscad.sweep` gives."""

    def __init__(self, results: Dataset) -> None:
        self._results = results

    def draw(
        self,
        measure: str | None = None,
        *,
        x: str | None = None,
        y: str | None = None,
        line: str | None = None,
        panels: str | None = None,
        at: Mapping[str, Any] | None = None,
    ) -> Figure:
        """A figure of a measure against the axes; see `chaoscad.plot.sweeps.draw_sweep`."""
        from chaoscad.plot.sweeps import draw_sweep

        return draw_sweep(self._results, measure, x=x, y=y, line=line, panels=panels, at=at)

    def success(self, *over: str, confidence: float = 0.95) -> Dataset:
        """The share of the points that are solved over some axes, with its exact binomial interval.

        **Returns:** a Dataset of `success`, `success_low` and `success_high`.
        """
        from chaoscad.arguments import choice
        from chaoscad.plot.sweeps import success

        results = self._results
        dims = [str(name) for name in results.dims]
        names = [choice("axis", name, dims) for name in over]
        solved: DataArray = results["solved"].where(results["status"] != FAILED)
        kept = [name for name in dims if name not in names]
        numbers = solved.transpose(*kept, *names).values.astype(float)
        shape = numbers.shape[: len(kept)]
        found = success(numbers.reshape(int(np.prod(shape)), -1), confidence)
        return xarray.Dataset(
            {
                name: (kept, values.reshape(shape))
                for name, values in zip(
                    ("success", "success_low", "success_high"), found, strict=True
                )
            },
            coords={name: results[name] for name in kept},
        )

    def columns(self) -> dict[str, np.ndarray]:
        """A row for every point: its values on the axes, what was measured, and what failed."""
        results = self._results
        dims = [str(name) for name in results.dims]
        where = np.indices([results.sizes[name] for name in dims]).reshape(len(dims), -1)
        table = {name: results[name].values[place] for name, place in zip(dims, where, strict=True)}
        order = [one.name for item in MEASURES.values() for one in item.variables]
        for name in (*order, "method", "status", "reason"):
            if name in results:
                table[name] = results[name].transpose(*dims).values.ravel()
        for name in ("method", "status"):
            meanings = np.array(str(results[name].attrs["flag_meanings"]).split())
            table[name] = meanings[table[name].astype(int)]
        return table

    def to_csv(self) -> str:
        """`columns` as CSV text."""
        from chaoscad.analysis.table import to_csv

        return to_csv(self.columns())
