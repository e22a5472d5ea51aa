"""Results of sweeps read: what holds none, and what is damaged, is told as that."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from traceback import walk_tb
from typing import TYPE_CHECKING, Any

import numpy as np

from chaoscad.errors import ChaoscadError, Diagnostic, ToolMissing
from chaoscad.sweeps.measures import MEASURES

if TYPE_CHECKING:
    from xarray import Dataset

FORMAT, VERSION = "chaoscad-sweep", 1
OTHER_NAME = "-o chooses another name"
AGAIN = "remove it, and chaoscad sweep makes it again"

READERS = {"zarr", "numcodecs", "h5netcdf", "h5py"}
"""Packages that read results; what they raise about them is no fault of the program."""


def needs_zarr() -> None:
    """Refuse to go on without the packages that results are written by.

    **Raises:** `ToolMissing`.
    """
    try:
        import xarray  # noqa: F401
        import zarr  # noqa: F401
    except ImportError:
        message = "a sweep needs xarray and Zarr, which are not installed"
        raise ToolMissing(Diagnostic(message, hint="pip install 'chaoscad[sweep]'")) from None


def needs_netcdf() -> None:
    """Refuse to go on without the package that netCDF files are written and read by.

    **Raises:** `ToolMissing`.
    """
    try:
        import h5netcdf  # noqa: F401
    except ImportError:
        message = "netCDF needs h5netcdf, which is not installed"
        hint = "pip install 'chaoscad[sweep]', or take a folder NAME.zarr"
        raise ToolMissing(Diagnostic(message, hint=hint)) from None


def attributes(path: Path, name: str, hint: str | None = None) -> dict[str, Any]:
    """What a folder of results says about its sweep.

    **Raises:** `ChaoscadError` for what is no folder of results, with the hint.
    """
    try:
        found = json.loads((path / "zarr.json").read_text())["attributes"]
        if found["format"] == FORMAT and isinstance(found["sweep"], dict):
            return found
    except (OSError, ValueError, KeyError, TypeError):
        pass
    message = "this is not a folder of results of chaoscad sweep"
    raise ChaoscadError(Diagnostic(message, name, hint=hint))


def opened(path: str | os.PathLike[str]) -> Dataset:
    """The results of a sweep as an xarray Dataset, whose values are read when they are used.

    **Raises:** `ChaoscadError` for what holds no results of a sweep, or damaged ones.
    """
    needs_zarr()
    import xarray

    # Registers what results can do by themselves.
    from chaoscad.sweeps import accessor  # noqa: F401

    name = os.fspath(path)
    if not Path(path).exists():
        raise ChaoscadError(Diagnostic("cannot read the results: they do not exist", name))
    if Path(path).is_dir():
        attributes(Path(path), name)
        with reading(name):
            found = xarray.open_zarr(path, consolidated=False, chunks=None)
        check_whole(found, name)
        return found
    needs_netcdf()
    try:
        found = xarray.open_dataset(path, engine="h5netcdf")
    except (OSError, ValueError):
        found = xarray.Dataset()
    if found.attrs.get("format") != FORMAT:
        raise ChaoscadError(Diagnostic("this holds no results of chaoscad sweep", name))
    check_whole(found, name)
    if "solved" in found:
        # netCDF has no truth values.
        found["solved"] = found["solved"].astype(bool)
    return found


def sweep_of(results: Dataset) -> dict[str, Any]:
    """What the results say about their sweep; netCDF holds it as text, and numbers as arrays have them."""
    found = {
        str(name): value.item() if isinstance(value, np.generic) else value
        for name, value in results.attrs.items()
    }
    sweep = found.get("sweep")
    return {**found, "sweep": json.loads(sweep) if isinstance(sweep, str) else sweep}


def check_whole(results: Dataset, name: str) -> None:
    """Refuse results that lack an array of their sweep.

    **Raises:** `ChaoscadError`.
    """
    told = sweep_of(results)
    if told.get("version") != VERSION:
        message = f"version {told.get('version')} of results is not known"
        hint = f"this program reads version {VERSION}"
        raise ChaoscadError(Diagnostic(message, name, hint=hint))
    try:
        sweep = told["sweep"]
        axes, measures = [*sweep["axes"]], [MEASURES[one] for one in sweep["measures"]]
        lengths = {axis: len(sweep["axes"][axis]["values"]) for axis in axes}
    except (KeyError, TypeError, ValueError):
        message = "the results are damaged: they do not say what their sweep was"
        raise ChaoscadError(Diagnostic(message, name, hint=AGAIN)) from None
    variables = [variable.name for measure in measures for variable in measure.variables]
    for array in (*axes, *variables, "method", "status", "reason"):
        dims = [array] if array in axes else axes
        if array not in results.variables:
            fault = f"they have no array {array!r}"
        elif results[array].shape != tuple(lengths[axis] for axis in dims):
            fault = f"the array {array!r} has another shape than its sweep"
        else:
            continue
        raise ChaoscadError(Diagnostic(f"the results are damaged: {fault}", name, hint=AGAIN))


@contextmanager
def reading(name: str) -> Iterator[None]:
    """What goes wrong where values are read, by the packages that read them, told as damage.

    **Raises:** `ChaoscadError`.
    """
    try:
        yield
    except ChaoscadError:
        raise
    except Exception as error:
        # The packages have no common error, and most of theirs are Python's.
        packages = {
            str(frame.f_globals.get("__name__")).partition(".")[0]
            for frame, _ in walk_tb(error.__traceback__)
        }
        if not packages & READERS:
            raise
        reason = str(error).partition("\n")[0].rstrip(".") or type(error).__name__
        message = f"the results are damaged: {reason}"
        raise ChaoscadError(Diagnostic(message, name, hint=AGAIN)) from None
