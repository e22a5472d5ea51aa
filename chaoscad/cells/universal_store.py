"""Files of universal elements, version 1: JSON, one element to a line, and the one that ships."""

from __future__ import annotations

import json
import math
import os
from functools import lru_cache
from typing import Any

from pydantic import BaseModel, ConfigDict

from chaoscad.cells.shelf import SHIPPED
from chaoscad.cells.universal import NAMES, Elements, Universal
from chaoscad.documents import read_document, validated
from chaoscad.errors import ChaoscadError, Diagnostic
from chaoscad.files import read_text, write_text
from chaoscad.netlist.kind import refuse_others
from chaoscad.netlist.model import Weights
from chaoscad.netlist.system_text import system_of_text
from chaoscad.systems import Flow, Setting
from chaoscad.systems.model import MOST_ITERATES

FORMAT = "chaoscad-elements"
VERSION = 1

PATH = SHIPPED / "elements" / "universal.json"
"""The file that ships with the package."""


class _Element(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    system: str
    state: list[float]
    weights: Weights
    iterates: int
    delta: list[float]
    threshold: float
    margin: float
    x0: dict[str, float]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    format: str
    version: int
    systems: dict[str, dict[str, Any]]
    elements: list[_Element]
    provenance: dict[str, Any]


@lru_cache(maxsize=1)
def shipped_elements() -> Elements:
    """The universal elements that ship with the package."""
    return load_elements(PATH)


def load_elements(path: str | os.PathLike[str]) -> Elements:
    """Read a file of universal elements; whether they are as they claim is left to `found_wrong`.

    **Raises:** `ChaoscadError` when it is missing, damaged or of another version.
    """
    file = os.fspath(path)
    text = read_text(path)
    refuse_others("element library", text, file)
    writer = "chaoscad elements --build writes element libraries"
    data = read_document(
        text, file, "element library", format=FORMAT, version=VERSION, writer=writer
    )
    content = validated(_File, (_Element,), data, file)
    found: list[Diagnostic] = []
    systems: dict[str, Setting] = {}
    for name, own in content.systems.items():
        try:
            systems[name] = system_of_text(json.dumps(own))
        except ChaoscadError as error:
            found += [
                Diagnostic(f"'systems.{name}': {one.message}", file) for one in error.diagnostics
            ]
    for number, item in enumerate(content.elements):
        if fault := _fault(item, systems):
            found.append(Diagnostic(f"'elements.{number}': {fault}", file))
    if found:
        raise ChaoscadError(found)
    return Elements(
        tuple(
            Universal(
                systems[item.system],
                (item.state[0], item.state[1]),
                item.weights,
                item.iterates,
                tuple(item.delta),
                item.threshold,
                item.x0,
                item.margin,
            )
            for item in content.elements
        ),
        content.provenance,
    )


def _fault(item: _Element, systems: dict[str, Setting]) -> str | None:
    """What is wrong with an element before anything is evaluated."""
    if item.system not in systems:
        return f"there is no system {item.system!r} under 'systems'"
    if isinstance(systems[item.system].system, Flow):
        return "its system is a flow; elements are made of maps"
    if not 1 <= item.iterates <= MOST_ITERATES:
        return f"iterates is {item.iterates}; it is from 1 to {MOST_ITERATES}"
    if not 1 <= len(item.delta) <= len(NAMES):
        return f"it has {len(item.delta)} weights; it has from 1 to {len(NAMES)}"
    if len(item.state) != 2 or not item.state[0] < item.state[1]:
        return "'state' is not a range [low, high]"
    numbers = [*item.state, *item.delta, item.threshold, item.margin, *item.x0.values()]
    if not all(map(math.isfinite, numbers)):
        return "a number is not finite"
    rows = 1 << len(item.delta)
    if not item.x0 or any(len(key) != rows or set(key) - {"0", "1"} for key in item.x0):
        return f"'x0' has truth tables of {rows} rows for keys"
    return None


def save_elements(library: Elements, path: str | os.PathLike[str]) -> None:
    """Write a file of universal elements, whole or not at all.

    **Raises:** `ChaoscadError` when it cannot be written.
    """
    write_text(path, dumps_elements(library))


def dumps_elements(library: Elements) -> str:
    """The file's text: the same for the same library."""
    systems: dict[str, Any] = {}
    lines: list[str] = []
    for one in library.elements:
        own = one.setting.to_data()
        name = one.name
        # Two systems of one name differ in their parameters.
        while systems.setdefault(name, own) != own:
            name += "_"
        entry = {
            "system": name,
            "state": list(one.state),
            "weights": one.weights,
            "iterates": one.iterates,
            "delta": list(one.delta),
            "threshold": one.threshold,
            "margin": one.margin,
            "x0": dict(sorted(one.x0.items())),
        }
        lines.append("  " + _json(entry))
    head = [
        f' "format": {_json(FORMAT)},',
        f' "version": {VERSION},',
        ' "systems": {',
        ",\n".join(f"  {_json(name)}: {_json(own)}" for name, own in systems.items()),
        " },",
        ' "elements": [',
        ",\n".join(lines),
        " ],",
        f' "provenance": {_json(dict(library.provenance))}',
    ]
    return "{\n" + "\n".join(head) + "\n}\n"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
