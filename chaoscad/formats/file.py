"""Reading and writing circuits, the format chosen by the file's name."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chaoscad.errors import ChaoscadError, Diagnostic, nearest, shown
from chaoscad.files import LARGEST_FILE, read_text, write_text
from chaoscad.formats import aiger, bench, blif
from chaoscad.logic import Logic


@dataclass(frozen=True)
class Format:
    """A file format: what its files end in, and whether circuits can be written in it."""

    name: str
    suffixes: tuple[str, ...]
    title: str
    writable: bool = False
    modules: bool = False


FORMATS: Mapping[str, Format] = {
    item.name: item
    for item in (
        Format("bench", (".bench",), "ISCAS netlist", writable=True),
        Format(
            "blif", (".blif",), "Berkeley logic interchange format", writable=True, modules=True
        ),
        Format("verilog", (".v",), "Verilog, through yosys", modules=True),
        Format("systemverilog", (".sv",), "SystemVerilog, through yosys", modules=True),
        Format("aiger", (".aag", ".aig"), "and-inverter graph, ASCII or binary"),
    )
}
"""The formats by name."""


def read(
    path: str | os.PathLike[str], *, top: str | None = None, format: str | None = None
) -> Logic:
    """Read a combinational circuit.

    **Arguments:**

    - `top`: the module of a Verilog file or the model of a BLIF file that is the circuit.
    - `format`: a key of `FORMATS`; by default the file's name says it.

    **Raises:** `ChaoscadError` with every error of the file.
    """
    name = os.fspath(path)
    chosen = _chosen(name, format)
    if top is not None and not chosen.modules:
        message = f"{chosen.name} files have no modules to choose from, and {shown(top)} was given"
        raise ChaoscadError(Diagnostic(message, name))
    if chosen.name == "aiger":
        return aiger.loads(_read_bytes(path), name, stem(name))
    return loads(read_text(path), chosen.name, file=name, name=stem(name), top=top)


def loads(
    text: str,
    format: str,
    *,
    file: str | None = None,
    name: str = "circuit",
    top: str | None = None,
) -> Logic:
    """Read a circuit from text in a format of `FORMATS`.

    **Arguments:**

    - `file`: its name in diagnostics.
    - `name`: of the circuit, where the text gives none.

    **Raises:** `ChaoscadError` with every error of the text.
    """
    if format == "bench":
        return bench.loads(text, file, name)
    if format == "blif":
        return blif.loads(text, file, name, top)
    if format == "aiger":
        return aiger.loads(text, file, name)
    if format in ("verilog", "systemverilog"):
        from chaoscad.formats import verilog

        return verilog.loads(text, file, top, system=format == "systemverilog")
    raise ChaoscadError(_unknown(format))


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


def _read_bytes(path: str | os.PathLike[str]) -> bytes:
    """The bytes of a file of at most `LARGEST_FILE`; text is read by `read_text`."""
    name = os.fspath(path)
    try:
        if Path(path).is_file() and Path(path).stat().st_size > LARGEST_FILE:
            message = f"the file is larger than {LARGEST_FILE // 2**20} MiB"
            raise ChaoscadError(Diagnostic(message, name))
        return Path(path).read_bytes()
    except FileNotFoundError:
        message = "cannot read the file: it does not exist"
    except OSError as error:
        message = f"cannot read the file: {(error.strerror or str(error)).lower()}"
    except ValueError as error:
        message = f"cannot read the file: {error}"
    raise ChaoscadError(Diagnostic(message, name))
