"""The sweep itself: batches to the engine, results to the store."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chaoscad.engine import Lost, engine
from chaoscad.errors import ChaoscadError, Diagnostic
from chaoscad.sweeps.blocks import Block, blocks_of
from chaoscad.sweeps.points import FAILED, computed
from chaoscad.sweeps.results import OTHER_NAME, needs_netcdf, needs_zarr, opened, sweep_of
from chaoscad.sweeps.spec import Spec, load, of_data
from chaoscad.sweeps.store import Store, check_same, to_netcdf

if TYPE_CHECKING:
    from xarray import Dataset

NETCDF = (".nc", ".nc4")


@dataclass
class Listener:
    """What is told while a sweep runs; every call does nothing here.

    **Arguments:**

    - `points`, `batches`: of the whole sweep.
    - `done`: points that were written before it started.
    - `failed`: points that failed in this run.
    """

    points: int = 0
    batches: int = 0
    done: int = 0
    failed: int = 0
    warnings: tuple[Diagnostic, ...] = field(default_factory=tuple)

    def planned(self) -> None:
        """The sizes are known, and nothing was computed yet."""

    def started(self, workers: int, dashboard: str | None) -> None:
        """The workers are there."""

    def advanced(self, points: int) -> None:
        """So many points more are written."""


def sweep(
    spec: Mapping[str, Any] | str | os.PathLike[str] | Spec,
    output: str | os.PathLike[str] | None = None,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    outside: bool = False,
    listener: Listener | None = None,
) -> Dataset:
    """Measure a netlist over a grid of changes to it.

    A folder of results that exists is gone on with: what it holds is not computed again. The same sweep
    gives the same bytes, whoever computes it, but for the measure `run_time`.

    **Arguments:**

    - `spec`: a YAML file, or a mapping with the same keys.
    - `output`: a folder `NAME.zarr`, or a file `NAME.nc` in netCDF; left out, the results are in memory
      only.
    - `workers`: processes on this machine, one for each core by default; 0 computes in this process.
      Processes start this program's main module again: put the call under `if __name__ == "__main__":`.
    - `scheduler`: the address of a Dask scheduler, `tcp://HOST:PORT`, whose workers are used instead.
    - `outside`: whether the netlist may name files outside of its folder.

    **Returns:** an `xarray.Dataset` with one dimension an axis.

    **Raises:** `ChaoscadError` for a spec that is wrong, results of another spec, a scheduler that does
    not answer, and a disk that is full.
    """
    needs_zarr()
    if isinstance(spec, Mapping):
        spec = of_data(spec, outside=outside)
    elif not isinstance(spec, Spec):
        spec = load(spec, outside=outside)
    if output is None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "results.zarr"
            _run(spec, path, os.fspath(path), workers, scheduler, listener)
            return opened(path).load()
    path = Path(output)
    check_output(path)
    if path.suffix not in NETCDF:
        _run(spec, path, os.fspath(output), workers, scheduler, listener)
        return opened(path)
    needs_netcdf()
    if path.exists():
        return _written(spec, path, listener or Listener())
    folder_path = path.with_name(f"{path.name}.zarr")
    _run(spec, folder_path, os.fspath(folder_path), workers, scheduler, listener)
    to_netcdf(folder_path, path)
    shutil.rmtree(folder_path)
    return opened(path)


def _written(spec: Spec, path: Path, listener: Listener) -> Dataset:
    """The results in a netCDF file that exists: it is written when a sweep has ended.

    **Raises:** `Refused` for those of another sweep, `ChaoscadError` for what is none.
    """
    try:
        found = opened(path)
    except ChaoscadError as error:
        first = error.diagnostics[0]
        raise ChaoscadError(replace(first, hint=first.hint or OTHER_NAME)) from None
    check_same(sweep_of(found), spec, os.fspath(path), "file")
    blocks, _, listener.warnings = blocks_of(spec)
    listener.points = listener.done = spec.points
    listener.batches = len(blocks)
    listener.planned()
    return found


def check_output(path: Path) -> None:
    """Refuse a name that says no format, and a folder that does not exist.

    **Raises:** `ChaoscadError`.
    """
    if path.suffix not in (".zarr", *NETCDF):
        message = f"results are a folder NAME.zarr or a file NAME.nc, and this is {path.name!r}"
        raise ChaoscadError(Diagnostic(message, os.fspath(path)))
    if not path.parent.is_dir():
        message = f"cannot write the results: the folder {str(path.parent)!r} does not exist"
        raise ChaoscadError(Diagnostic(message, os.fspath(path), hint="create it"))


def _run(
    spec: Spec,
    path: Path,
    name: str,
    workers: int | None,
    scheduler: str | None,
    listener: Listener | None,
) -> None:
    listen = listener or Listener()
    blocks, netlist, listen.warnings = blocks_of(spec)
    store = Store.at(path, spec, blocks, netlist, name)
    left, points = 0, 0
    for block in store.missing():
        left, points = left + 1, points + block.size
    listen.points, listen.batches = spec.points, len(blocks)
    listen.done = spec.points - points
    listen.planned()
    if not left:
        return
    # More processes than batches would only wait for each other's imports.
    if scheduler is None and workers is None and left == 1:
        workers = 0
    away: dict[int, Block] = {}

    def batches() -> Iterator[Block]:
        """The blocks that are missing, each kept while it is on its way."""
        for number, block in enumerate(store.missing()):
            away[number] = block
            yield block

    with engine(workers, scheduler) as workshop:
        listen.started(workshop.workers, workshop.dashboard)
        for number, columns in workshop.run(partial(computed, spec), batches()):
            store.write(away.pop(number), columns)
            listen.failed += int((columns["status"] == FAILED).sum())
            listen.advanced(columns["status"].size)
    if away:
        points = sum(block.size for block in away.values())
        message = f"{points} points have no result: every worker that had them died"
        hint = "perhaps for memory; all others are written, and the same command goes on"
        raise Lost(Diagnostic(message, name, hint=hint))
