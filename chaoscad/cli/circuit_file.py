"""Files that hold a circuit, whatever their format: designs, netlists, and standard netlists."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from chaoscad.files import read_text

if TYPE_CHECKING:
    from chaoscad.design import Design
    from chaoscad.logic import Logic
    from chaoscad.netlist import Netlist


_Command = TypeVar("_Command", bound=Callable[..., Any])

_OPTIONS = (
    click.option("--top", help="The module or model that is the circuit."),
    click.option(
        "--mux-order",
        # Those of `chaoscad.formats`, which `--help` does not load.
        type=click.Choice(("low-first", "high-first")),
        help="Which input of MUX(s, a, b) in a .bench file is chosen by s = 0: a (low-first, as "
        "logic-locking tools write it) or b (high-first, as ABC reads it).",
    ),
    click.option(
        "--liberty",
        multiple=True,
        type=click.Path(),
        metavar="FILE",
        help="The library (Liberty) of the cells in a Verilog or BLIF file; may be given again.",
    ),
)


def standard_options(command: _Command) -> _Command:
    """The options that say how a standard netlist is read: `top`, `mux_order` and `liberty`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def is_design(text: str) -> bool:
    """Whether the text of a file is meant as a design."""
    return '"chaoscad-design"' in text and text.lstrip().startswith("{")


def load_circuit(
    path: str, outside: bool = False, configuration: str | None = None
) -> Design | Netlist:
    """Read a design or a netlist; warnings about a netlist go to stderr.

    **Arguments:**

    - `configuration`: of a design that has several.
    """
    if is_design(read_text(path)):
        from chaoscad.design import load

        return load(path, configuration)
    from chaoscad.netlist import check

    netlist, warnings = check(path, outside=outside)
    for warning in warnings:
        click.echo(str(warning), err=True)
    return netlist


def read_standard(
    path: str, outside: bool, options: Mapping[str, Any], format: str | None = None
) -> Logic:
    """Read a standard netlist; what it leaves open goes to stderr.

    **Arguments:**

    - `options`: what `standard_options` give to a command.
    """
    from chaoscad.formats import read

    logic = read(path, format=format, outside=outside, **options)
    for warning in logic.warnings:
        click.echo(str(warning), err=True)
    return logic


def is_standard(path: str, options: Mapping[str, Any], format: str | None = None) -> bool:
    """Whether a file's name, or the format that was given for it, is that of a standard netlist.

    **Raises:** `click.UsageError` for options of `standard_options` where it is none.
    """
    from chaoscad.formats import format_of

    if format is not None or format_of(path) is not None:
        return True
    for option, value in options.items():
        if value:
            name = option.replace("_", "-")
            what = f"--{name} is for .bench, BLIF, AIGER and Verilog files"
            raise click.UsageError(f"{what}, and the name of {path} is none of theirs")
    return False


def load_logic(path: str, outside: bool = False, options: Mapping[str, Any] | None = None) -> Logic:
    """Read a circuit as logic: a design, a netlist with functions, or a standard netlist file.

    **Arguments:**

    - `options`: what `standard_options` give to a command.

    **Raises:** `ChaoscadError` with every error of the file, or every gate without a function.
    """
    from dataclasses import replace

    from chaoscad.netlist import Netlist, to_logic

    if is_standard(path, options or {}):
        return read_standard(path, outside, options or {})
    circuit = load_circuit(path, outside)
    if isinstance(circuit, Netlist):
        return replace(to_logic(circuit), file=path)
    from chaoscad.verification import design_logic

    return replace(design_logic(circuit), file=path)


def output_kind(output: str | None) -> str:
    """What a circuit is written as: `yaml`, or the format that the output's name says.

    **Raises:** `ChaoscadError` for a name of another kind of file.
    """
    from chaoscad.errors import ChaoscadError, Diagnostic
    from chaoscad.formats import FORMATS, format_of

    if output in (None, "-") or Path(output).suffix.lower() in (".yaml", ".yml"):
        return "yaml"
    named = format_of(output)
    if named is not None and FORMATS[named].writable:
        return named
    what = f"{named} files are not written" if named else "its name does not say its format"
    hint = "the names of files that are written end in .yaml, .bench or .blif"
    raise ChaoscadError(Diagnostic(f"cannot write the file: {what}", output, hint=hint))
