"""Systems by themselves: of a text as the value of `system`, and of a file."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from chaoscad.errors import ChaoscadError, Diagnostic, NetlistError
from chaoscad.files import read_text
from chaoscad.netlist.library import Library
from chaoscad.netlist.opened import Opened, folder_of, resolved
from chaoscad.netlist.reader import check, parse
from chaoscad.netlist.source import Scalar, compose
from chaoscad.netlist.systems import system_of_file
from chaoscad.systems import Setting

_OF_NETLISTS = ("gates", "instances", "inputs", "systems")


def system_of_text(text: str) -> Setting:
    """The system that a text stands for; files are looked for in the working folder.

    **Raises:** `ChaoscadError` with what a netlist would be told about it.
    """
    body = " ".join(text.split())
    gate = "gates: {y: {inputs: [a], function: NOT}}"
    try:
        netlist, _ = parse(f"chaoscad: 1\ninputs: [a]\noutputs: [y]\n{gate}\nsystem: {body}\n")
    except NetlistError as error:
        raise ChaoscadError(
            replace(item, line=0, column=0)
            for item in error.diagnostics
            if item.severity == "error"
        ) from None
    return netlist.gates[0].setting


def systems_of_file(
    path: str | os.PathLike[str], *, outside: bool = False
) -> tuple[dict[str, Setting], tuple[Diagnostic, ...]]:
    """The system of a file of one, or those of a netlist, and the warnings about them.

    Of a netlist: what stands under `systems` by its name, and every other system of a gate by the name of
    the first gate that has it.

    **Raises:** `NetlistError` with every error of the file and of those that it names.
    """
    file = os.fspath(path)
    found: list[Diagnostic] = []
    text = read_text(file)
    tree = compose(text, file, found)
    if not any(Scalar(key) in tree for key in _OF_NETLISTS):
        folder = folder_of(file)
        opened = Opened(resolved(folder), found, outside, [file])
        setting = system_of_file(opened, tree, Path(file))
        if setting is None or any(item.severity == "error" for item in found):
            raise NetlistError(found)
        return {setting.system.name: setting}, tuple(found)
    netlist, warnings = check(file, outside=outside)
    named = Library(tree, file, found, outside).top.systems
    systems = {name: item for name, item in named.found.items() if item is not None}
    for gate in netlist.gates:
        if gate.setting not in systems.values():
            systems[gate.name] = gate.setting
    return systems, warnings
