"""Reading and writing circuits, the format chosen by the file's name."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from chaoscad.errors import ChaoscadError, Diagnostic, nearest, shown
from chaoscad.files import read_bytes, read_text, write_text
from chaoscad.formats import aiger, bench, blif
from chaoscad.formats.bench import MuxOrder
from chaoscad.formats.liberty import Cells
from chaoscad.formats.liberty import load as load_cells
from chaoscad.logic import Logic


@dataclass(frozen=True)
class Format:
    """A file format: what its files end in, whether circuits can be written in it.

    `options` are the arguments of `read` that it has a use for.
    """

    name: str
    suffixes: tuple[str, ...]
    title: str
    writable: bool = False
    options: tuple[str, ...] = ()


FORMATS: Mapping[str, Format] = {
    item.name: item
    for item in (
        Format("bench", (".bench",), "ISCAS netlist", True, ("mux_order",)),
        Format("blif", (".blif",), "Berkeley logic interchange format", True, ("top", "liberty")),
        Format("verilog", (".v",), "Verilog, through yosys", options=("top", "liberty")),
        Format(
            "systemverilog", (".sv",), "SystemVerilog, through yosys", options=("top", "liberty")
        ),
        Format("aiger", (".aag", ".aig"), "and-inverter graph, ASCII or binary"),
    )
}
"""The formats by name."""


def read(
    path: str | os.PathLike[str],
    *,
    top: str | None = None,
    format: str | None = None,
    mux_order: MuxOrder | None = None,
    liberty: Sequence[str | os.PathLike[str]] = (),
    outside: bool = False,
) -> Logic:
    """Read a combinational circuit.

    **Arguments:**

    - `top`: the module of a Verilog file or the model of a BLIF file that is the circuit.
    - `format`: a key of `FORMATS`; by default the file's name says it.
    - `mux_order`: which input of a `.bench` file's MUX is chosen by 0, `low-first` or `high-first`.
      Without it, a file with a MUX is read `low-first` and has a warning.
    - `liberty`: the libraries of the cells in a Verilog or BLIF file.
    - `outside`: whether Verilog may include files that lie outside of its own folder.

    **Raises:** `ChaoscadError` with every error of the file.
    """
    name = os.fspath(path)
    chosen = _chosen(name, format)
    given = {"top": top, "mux_order": mux_order, "liberty": liberty or None}
    _check_options(chosen, given, name)
    if chosen.name == "aiger":
        return aiger.loads(read_bytes(path), name, stem(name))
    return loads(
        read_text(path),
        chosen.name,
        file=name,
        name=stem(name),
        top=top,
        mux_order=mux_order,
        cells=load_cells(liberty) if liberty else None,
        folder=Path(path).parent,
        outside=outside,
    )


def loads(
    text: str,
    format: str,
    *,
    file: str | None = None,
    name: str = "circuit",
    top: str | None = None,
    mux_order: MuxOrder | None = None,
    cells: Cells | None = None,
    folder: Path | None = None,
    outside: bool = False,
) -> Logic:
    """Read a circuit from text in a format of `FORMATS`.

    **Arguments:**

    - `file`: its name in diagnostics.
    - `name`: of the circuit, where the text gives none.
    - `cells`: those of the libraries that `read` takes as `liberty`.
    - `folder`: of the files that Verilog includes; without it none is read.

    The others are those of `read`.

    **Raises:** `ChaoscadError` with every error of the text.
    """
    if format == "bench":
        return bench.loads(text, file, name, mux_order)
    if format == "blif":
        return blif.loads(text, file, name, top, cells)
    if format == "aiger":
        return aiger.loads(text, file, name)
    if format in ("verilog", "systemverilog"):
        from chaoscad.formats import verilog

        system = format == "systemverilog"
        return verilog.loads(text, file, top, system, cells=cells, folder=folder, outside=outside)
    raise ChaoscadError(_unknown(format))


def _check_options(chosen: Format, given: Mapping[str, object], file: str) -> None:
    """Refuse what a format has no use for.

    **Raises:** `ChaoscadError`.
    """
    for option, lacking in (
        ("top", "modules to choose from"),
        ("mux_order", "MUX whose order may be told"),
        ("liberty", "cells of a library"),
    ):
        value = given[option]
        if value is not None and option not in chosen.options:
            shown_value = ", ".join(shown(str(item)) for item in _listed(value))
            message = f"{chosen.name} files have no {lacking}, and {shown_value} was given"
            raise ChaoscadError(Diagnostic(message, file))
    order = given["mux_order"]
    if order is not None and order not in bench.MUX_ORDERS:
        message = f"there is no MUX order {shown(str(order))}"
        hint = "the orders are " + ", ".join(bench.MUX_ORDERS)
        raise ChaoscadError(Diagnostic(message, file, hint=hint))


def _listed(value: object) -> Sequence[object]:
    return value if isinstance(value, list | tuple) else [value]


def dumps(logic: Logic, format: str) -> str:
    """The circuit as text in a format of `FORMATS` that is writable.

    **Raises:** `ChaoscadError` for any other.
    """
    if format == "bench":
        return bench.dumps(logic)
    if format == "blif":
        return blif.dumps(logic)
    if format not in FORMATS:
        raise ChaoscadError(_unknown(format))
    writable = ", ".join(item.name for item in FORMATS.values() if item.writable)
    message = f"circuits are not written in the format {shown(format)}"
    raise ChaoscadError(Diagnostic(message, hint=f"those written are {writable}"))


def write(logic: Logic, path: str | os.PathLike[str], *, format: str | None = None) -> None:
    """Write a circuit as `.bench` or BLIF, whole or not at all.

    **Raises:** `ChaoscadError` for another format, or a file that cannot be written.
    """
    write_text(path, dumps(logic, _chosen(os.fspath(path), format).name))


def format_of(path: str) -> str | None:
    """The format that a file's name ends in, or `None`."""
    suffix = Path(path).suffix.lower()
    return next((item.name for item in FORMATS.values() if suffix in item.suffixes), None)


def stem(path: str) -> str:
    """The name of a circuit whose file gives none."""
    return Path(path).stem or "circuit"


def _chosen(path: str, format: str | None) -> Format:
    if format is not None:
        if format not in FORMATS:
            raise ChaoscadError(_unknown(format))
        return FORMATS[format]
    found = format_of(path)
    if found is None:
        suffixes = ", ".join(suffix for item in FORMATS.values() for suffix in item.suffixes)
        message = f"the file's name does not say its format; names end in {suffixes}"
        hint = "rename it, or say the format: " + ", ".join(FORMATS)
        raise ChaoscadError(Diagnostic(message, path, hint=hint))
    return FORMATS[found]


def _unknown(format: str) -> Diagnostic:
    hint = nearest(format, FORMATS) or "the formats are " + ", ".join(FORMATS)
    return Diagnostic(f"there is no format {shown(format)}", hint=hint)
