"""Files that hold a circuit, whatever their format: designs, netlists, and standard netlists."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from chaoscad.files import read_text

if TYPE_CHECKING:
    from chaoscad.design import Design
    from chaoscad.logic import Logic
    from chaoscad.netlist import Netlist


def is_design(text: str) -> bool:
    """Whether the text of a file is meant as a design."""
    return '"chaoscad-design"' in text and text.lstrip().startswith("{")


def load_circuit(path: str, outside: bool = False) -> Design | Netlist:
    """Read a design or a netlist; warnings about a netlist go to stderr."""
    if is_design(read_text(path)):
        from chaoscad.design import load

        return load(path)
    from chaoscad.netlist import check

    netlist, warnings = check(path, outside=outside)
    for warning in warnings:
        click.echo(str(warning), err=True)
    return netlist


def load_logic(path: str, outside: bool = False) -> Logic:
    """Read a circuit as logic: a design, a netlist with functions, or a standard netlist file.

    **Raises:** `ChaoscadError` with every error of the file, or every gate without a function.
    """
    from dataclasses import replace

    from chaoscad.formats import format_of, read
    from chaoscad.netlist import Netlist, to_logic

    if format_of(path) is not None:
        return read(path)
    circuit = load_circuit(path, outside)
    if isinstance(circuit, Netlist):
        return replace(to_logic(circuit), file=path)
    from chaoscad.verification import design_logic

    return replace(design_logic(circuit), file=path)
