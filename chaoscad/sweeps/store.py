"""Results as a Zarr folder: written batch by batch, each of them whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np

from chaoscad.errors import ChaoscadError, Diagnostic, Refused, shown
from chaoscad.netlist.model import Netlist
from chaoscad.solve.many import METHODS
from chaoscad.sweeps.axes import Axis
from chaoscad.sweeps.blocks import Block, Blocks
from chaoscad.sweeps.measures import MEASURES, Variable
from chaoscad.sweeps.points import Columns
from chaoscad.sweeps.results import (
    FORMAT,
    OTHER_NAME,
    VERSION,
    attributes,
    check_whole,
    opened,
    reading,
)
from chaoscad.sweeps.spec import Spec, setting_of
from chaoscad.systems import Flow

STATUS = ("not computed", "computed", "failed")

MOST_DIFFERENCES = 6
"""Differences between two sweeps that are told."""


class Store:
    """The results of a sweep in a folder."""

    def __init__(self, path: Path, blocks: Blocks, shown_as: str) -> None:
        import zarr

        self.path, self.blocks, self.name = path, blocks, shown_as
        self.group: Any = zarr.open_group(path, mode="r+")

    @classmethod
    def at(
        cls, path: Path, spec: Spec, blocks: Blocks, netlist: Netlist, shown_as: str | None = None
    ) -> Store:
        """The folder of a sweep, made where there is none.

        **Raises:** `Refused` for a folder of another sweep, with the differences; `ChaoscadError` for
        what is no folder of results, and for a place that cannot be written.
        """
        name = shown_as or os.fspath(path)
        if path.exists():
            with reading(name):
                check_same(attributes(path, name, OTHER_NAME), spec, name)
                check_whole(opened(path), name)
                return cls(path, blocks, name)
        _made(path, name, spec, blocks, netlist)
        return cls(path, blocks, name)

    def missing(self) -> Iterator[Block]:
        """The blocks that are not written yet, looked for as they are asked for."""
        # A chunk of the status is a block, and is written whole and last: that it is there is enough.
        chunks = self.path / "status" / "c"
        for place, block in self.blocks.placed():
            if not chunks.joinpath(*map(str, place)).exists():
                yield block

    def write(self, block: Block, columns: Columns) -> None:
        """Write the values of a block; its status last, so that it counts only when all is there.

        **Raises:** `ChaoscadError` for a disk that takes no more.
        """
        ordered = [name for name in columns if name != "status"]
        try:
            for name in (*ordered, "status"):
                self.group[name][block.slices] = columns[name].reshape(block.shape)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            hint = "what was written is whole; make room, and the same command goes on from there"
            message = f"cannot write the results: {reason}"
            raise ChaoscadError(Diagnostic(message, self.name, hint=hint)) from None


def _attributes(spec: Spec) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": VERSION,
        "chaoscad": _version("chaoscad"),
        "jax": _version("jax"),
        "numpy": _version("numpy"),
        "sweep": spec.to_data(),
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"


def check_same(found: dict[str, Any], spec: Spec, name: str, what: str = "folder") -> None:
    """Refuse the results of another sweep.

    **Raises:** `Refused`, with the differences.
    """
    own = _attributes(spec)
    if found == own:
        return
    differences = list(_differences(found, own, ""))
    told = "; ".join(differences[:MOST_DIFFERENCES])
    if len(differences) > MOST_DIFFERENCES:
        told += f"; and {len(differences) - MOST_DIFFERENCES} more"
    message = f"the {what} holds the results of another sweep: {told}"
    raise Refused(Diagnostic(message, name, hint=f"{OTHER_NAME}, or remove the {what}"))


def _differences(there: Any, here: Any, path: str) -> Iterator[str]:
    """What differs between two documents, each with its path."""
    if isinstance(there, dict) and isinstance(here, dict):
        for key in dict.fromkeys((*there, *here)):
            inner = f"{path}.{key}" if path else key
            if key not in here:
                yield f"{inner.removeprefix('sweep.')} is there and not here"
            elif key not in there:
                yield f"{inner.removeprefix('sweep.')} is here and not there"
            else:
                yield from _differences(there[key], here[key], inner)
    elif there != here:
        name = path.removeprefix("sweep.")
        yield f"{name} is {_told(there, here)} there and {_told(here, there)} here"


def _told(one: Any, other: Any) -> str:
    """A value in few words: of texts of lines the first line that differs, of lists the ends."""
    if isinstance(one, str) and isinstance(other, str) and "\n" in one + other:
        pairs = zip_longest(one.split("\n"), other.split("\n"), fillvalue="")
        return shown(next(mine for mine, its in pairs if mine != its).strip())
    if isinstance(one, list) and len(one) > 4:
        return f"{len(one)} values from {one[0]} to {one[-1]}"
    return shown(one) if isinstance(one, str) else json.dumps(one)


def _made(
    path: Path,
    name: str,
    spec: Spec,
    blocks: Blocks,
    netlist: Netlist,
) -> None:
    """A folder with all arrays and no values, under its name only when it is whole."""
    import zarr

    try:
        made = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name[:64]}."))
        try:
            group = zarr.create_group(
                made, zarr_format=3, attributes=_attributes(spec), overwrite=True
            )
            _arrays(group, spec, blocks, netlist)
            made.chmod(0o777 & ~_umask())
            made.rename(path)
        finally:
            shutil.rmtree(made, ignore_errors=True)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        message = f"cannot write the results: {reason}"
        raise ChaoscadError(Diagnostic(message, name)) from None


def _umask() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return umask


def _arrays(group: Any, spec: Spec, blocks: Blocks, netlist: Netlist) -> None:
    dims = [axis.name for axis in spec.axes]
    for axis in spec.axes:
        values = axis.coordinates()
        text = values.dtype.kind == "U"
        array = group.create_array(
            axis.name,
            shape=values.shape,
            chunks=values.shape,
            dtype=str if text else values.dtype,
            dimension_names=[axis.name],
            attributes={"long_name": axis.name, **_unit(_axis_unit(axis, netlist))},
        )
        array[:] = values.astype(object) if text else values
    units = {"{value}": _value_unit(netlist), "{exponent}": _exponent_unit(netlist)}
    variables = [one for name in spec.measures for one in MEASURES[name].variables]
    layout: dict[str, Any] = {
        "shape": blocks.shape,
        "chunks": blocks.size,
        "dimension_names": dims,
    }
    for variable in variables:
        truth = variable.kind == "truth"
        group.create_array(
            variable.name,
            dtype=bool if truth else np.float64,
            fill_value=False if truth else np.nan,
            attributes=_described(variable, units),
            **layout,
        )
    for name, meanings in (("method", METHODS), ("status", STATUS)):
        attributes = {
            "long_name": {"method": "how the design was found", "status": "of the point"}[name],
            "flag_values": list(range(len(meanings))),
            "flag_meanings": " ".join(meaning.replace(" ", "_") for meaning in meanings),
        }
        group.create_array(name, dtype=np.int8, fill_value=0, attributes=attributes, **layout)
    attributes = {"long_name": "why a point failed"}
    group.create_array("reason", dtype=str, fill_value="", attributes=attributes, **layout)


def _described(variable: Variable, units: dict[str, str]) -> dict[str, str]:
    unit = units.get(variable.unit, variable.unit)
    return {"long_name": variable.meaning, **_unit(unit)}


def _unit(unit: str) -> dict[str, str]:
    return {"units": unit}


def _axis_unit(axis: Axis, netlist: Netlist) -> str:
    """The unit of a system's parameter or time; other keys have that of the value, or none."""
    key = axis.paths[0].rpartition(".")[2]
    if setting_of(axis.paths[0]) is not None:
        return "1"
    for gate in netlist.gates:
        system = gate.setting.system
        parameter = system.parameter(key)
        if "system" in axis.paths[0] and parameter is not None:
            return parameter.unit
        if key == "time" and isinstance(system, Flow):
            return system.time_unit
    return "1"


def _value_unit(netlist: Netlist) -> str:
    units = {gate.setting.system.unit for gate in netlist.gates}
    return units.pop() if len(units) == 1 else "1"


def _exponent_unit(netlist: Netlist) -> str:
    system = netlist.gates[0].setting.system if netlist.gates else None
    if not isinstance(system, Flow):
        return "nats per iterate"
    return "nats per unit of time" if system.time_unit == "1" else f"nats per {system.time_unit}"


def to_netcdf(folder: Path, path: Path) -> None:
    """Write the results of a folder as one netCDF file."""
    found = opened(folder).load()
    found.attrs = {
        key: json.dumps(value) if isinstance(value, dict) else value
        for key, value in found.attrs.items()
    }
    for name, array in found.variables.items():
        if array.dtype.kind == "b":
            found[name] = found[name].astype(np.int8)
        array.encoding.clear()
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:64]}.")
    os.close(handle)
    try:
        found.to_netcdf(temporary, engine="h5netcdf")
        Path(temporary).chmod(0o666 & ~_umask())
        Path(temporary).replace(path)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        message = f"cannot write the results: {reason}"
        raise ChaoscadError(Diagnostic(message, os.fspath(path))) from None
    finally:
        Path(temporary).unlink(missing_ok=True)
