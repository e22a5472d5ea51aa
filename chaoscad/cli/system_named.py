"""The systems that an argument names: a built-in one, a file of systems, or a system's own text."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from chaoscad.systems import Setting

SUFFIXES = (".yaml", ".yml")
"""Of files that hold systems."""


def systems_named(text: str) -> dict[str, Setting]:
    """Every system that `text` names, by its name; warnings about a file go to stderr.

    A text is the name of a built-in system, a file of one, a netlist (`FILE:NAME` for one of its systems),
    or what stands behind `system:` there, in braces.

    **Raises:** `ChaoscadError` for what is no system, and for every error of a file.
    """
    from chaoscad.errors import ChaoscadError, Diagnostic, listed, nearest, shown
    from chaoscad.netlist.system_text import system_of_text, systems_of_file
    from chaoscad.systems import SYSTEMS, setting

    if text.lstrip().startswith("{"):
        found = system_of_text(text)
        return {found.system.name: found}
    file, _, which = text.rpartition(":") if _file_and_name(text) else (text, "", "")
    if file in SYSTEMS or not (Path(file).is_file() or Path(file).suffix in SUFFIXES):
        return {text: setting(text)}
    systems, warnings = systems_of_file(file)
    for item in warnings:
        click.echo(item, err=True)
    if not which:
        return systems
    if which not in systems:
        hint = nearest(which, systems) or f"there are {listed(systems)}"
        raise ChaoscadError(Diagnostic(f"there is no system {shown(which)}", file, hint=hint))
    return {which: systems[which]}


def system_named(text: str, settings: Mapping[str, float]) -> Setting:
    """The one system that `text` names, with some parameters set.

    **Raises:** `ChaoscadError` as above, and where there are several and none is chosen.
    """
    from chaoscad.errors import ChaoscadError, Diagnostic, listed
    from chaoscad.systems.registry import changed

    found = systems_named(text)
    if len(found) > 1:
        first = next(iter(found))
        message = f"there are {len(found)} systems: {listed(found)}"
        raise ChaoscadError(Diagnostic(message, text, hint=f"name one of them: {text}:{first}"))
    (one,) = found.values()
    return changed(one, settings)


def stem_of(text: str) -> str:
    """What files are called that are made of the systems that `text` names."""
    if text.lstrip().startswith("{"):
        return next(iter(systems_named(text)))
    file, _, which = text.rpartition(":") if _file_and_name(text) else (text, "", "")
    path = Path(file)
    stem = path.stem if path.suffix in SUFFIXES else path.name
    return f"{stem}_{which}" if which else stem


def _file_and_name(text: str) -> bool:
    return ":" in text and Path(text.rpartition(":")[0]).is_file() and not Path(text).is_file()
