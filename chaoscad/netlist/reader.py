"""Netlist text to a `Netlist`, with every complaint about its files collected."""

from __future__ import annotations

import os
from pathlib import Path

from chaoscad.errors import Diagnostic, NetlistError, shown
from chaoscad.files import read_text
from chaoscad.logic.graph import cone
from chaoscad.netlist.complaints import Complaints, in_order
from chaoscad.netlist.configuration import ConfigurationReader
from chaoscad.netlist.controls import LENGTHS
from chaoscad.netlist.elements import check_elements
from chaoscad.netlist.gates import plain_data
from chaoscad.netlist.hardware import check_hardware
from chaoscad.netlist.hierarchy import Flat, flatten
from chaoscad.netlist.kind import refuse_others
from chaoscad.netlist.library import Library
from chaoscad.netlist.model import Netlist
from chaoscad.netlist.source import MappingNode, Scalar, compose, from_data
from chaoscad.netlist.targets import TargetReader, check_rows
from chaoscad.netlist.unrolled import configurations
from chaoscad.systems import Flow


def load(path: str | os.PathLike[str], *, outside: bool = False) -> Netlist:
    """Read a netlist file; `check` gives its warnings too.

    **Arguments:**

    - `outside`: whether circuits, references and curves may come from files outside of its folder.

    **Raises:** `NetlistError` with every error of the file and of those that it names.
    """
    return check(path, outside=outside)[0]


def check(
    path: str | os.PathLike[str], *, outside: bool = False
) -> tuple[Netlist, tuple[Diagnostic, ...]]:
    """Read a netlist file; returns it with the warnings about it.

    **Arguments:**

    - `outside`: whether circuits, references and curves may come from files outside of its folder.

    **Raises:** `NetlistError` with every error and warning of the file and of those that it names.
    """
    name = os.fspath(path)
    refuse_others("netlist", None, name)
    text = read_text(path)
    refuse_others("netlist", text, name)
    return parse(text, name, default_name=_stem(name), outside=outside)


def _stem(name: str) -> str:
    stem = Path(name).name.removesuffix(".yaml").removesuffix(".yml")
    safe = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in stem)
    return safe[:100] or "netlist"


def parse(
    text: str,
    file: str | None = None,
    default_name: str = "netlist",
    *,
    outside: bool = False,
) -> tuple[Netlist, tuple[Diagnostic, ...]]:
    """Read a netlist from text.

    **Arguments:**

    - `file`: the name that diagnostics give; files are looked for in its folder, or in the working
      folder without it.
    - `outside`: whether circuits, references and curves may come from files outside of that folder.

    **Raises:** `NetlistError` with every error and warning.
    """
    found: list[Diagnostic] = []
    return read_tree(compose(text, file, found), file, found, default_name, outside=outside)


def parse_data(data: object, file: str | None = None) -> Netlist:
    """Read a netlist from data such as `to_data` gives.

    **Raises:** `NetlistError` with every error and warning, without places.
    """
    root = from_data(data)
    if not isinstance(root, MappingNode):
        raise NetlistError(Diagnostic("a netlist is a mapping of keys", file))
    return read_tree(root, file, [])[0]


def read_tree(
    root: MappingNode,
    file: str | None,
    found: list[Diagnostic],
    default_name: str = "netlist",
    *,
    outside: bool = False,
) -> tuple[Netlist, tuple[Diagnostic, ...]]:
    """Read a netlist from the tree of its text, which may lose what is wrong in it.

    **Arguments:**

    - `found`: takes every complaint; what is in it already counts.

    **Raises:** `NetlistError` with every error and warning.
    """
    library = Library(root, file, found, outside)
    flat = flatten(library)
    netlist = _netlist(library, flat, default_name)
    hardware = library.top.schema.hardware
    if hardware is not None and netlist is not None:
        check_hardware(hardware, netlist.gates, library.top.own.complaints)
    if netlist is not None:
        _unread_lengths(root, netlist, library.top.own.complaints)
    ordered = in_order(found, library.opened.files)
    if netlist is None or any(item.severity == "error" for item in ordered):
        raise NetlistError(ordered)
    return netlist, ordered


def _unread_lengths(root: MappingNode, netlist: Netlist, complaints: Complaints) -> None:
    """Warn about a time or iterates under `defaults` that no gate has."""
    written = root.get(Scalar("defaults"))
    flows = {isinstance(gate.setting.system, Flow) for gate in netlist.gates}
    for key in written if isinstance(written, MappingNode) else ():
        if str(key) in LENGTHS and flows == {key == "iterates"}:
            kind, other = ("flow", "time") if True in flows else ("map", "iterates")
            message = (
                f"nothing reads this {str(key)!r}: every gate is a {kind}, which has {other!r}"
            )
            complaints.warn(message, key)


def _netlist(library: Library, flat: Flat | None, default_name: str) -> Netlist | None:
    top, schema = library.top, library.top.schema
    reader = TargetReader(library, schema.inputs, schema.outputs)
    given = schema.targets or {}
    before = top.own.complaints.errors
    targets = reader.targets(given)
    if flat is None:
        return None
    netlist = Netlist(
        name=schema.name or default_name,
        description=str(schema.description or ""),
        inputs=tuple(str(name) for name in schema.inputs),
        outputs=tuple(str(name) for name in schema.outputs),
        gates=flat.order,
        targets=targets,
        ties=flat.ties,
        hardware=plain_data(schema.hardware) if schema.hardware else None,
        file=top.file,
        instances=flat.instances,
    )
    complaints = top.own.complaints
    check_elements(netlist, complaints)
    netlist = ConfigurationReader(netlist, complaints, reader).read(schema)
    if complaints.errors == before:
        for name, one in (configurations(netlist) or {"": netlist}).items():
            of = (schema.configurations or {}).get(Scalar(name))
            _check_free_gates(one, library, name)
            check_rows(one, complaints.complain, {**given, **((of and of.targets) or {})})
    return netlist


def _check_free_gates(netlist: Netlist, library: Library, configuration: str) -> None:
    """Complain about gates whose function neither the netlist nor a target says."""
    constrained = cone(netlist.drivers, (target.output for target in netlist.targets))
    complaints = library.top.own.complaints
    for gate in netlist.gates:
        if gate.function is None and gate.name not in constrained:
            message = f"gate {shown(gate.name)} has no function and no path to a target"
            if configuration:
                message += f" in configuration {shown(configuration)}"
            hint = "give it a function, or give a target to an output that it feeds"
            at = Scalar.at(gate.name, gate.line, gate.column, file=gate.file)
            complaints.inside(gate.instance).complain(message, at, hint)
