"""The circuits that a netlist is made of, and the files that they are read from, each once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from chaoscad.errors import ChaoscadError, Diagnostic, NetlistError, nearest, shown
from chaoscad.files import read_text
from chaoscad.netlist.complaints import Complaints
from chaoscad.netlist.schema import (
    CircuitSchema,
    GateSchema,
    InstanceSchema,
    NetlistSchema,
    OptionsSchema,
    TieSchema,
)
from chaoscad.netlist.source import MappingNode, Node, Scalar, compose
from chaoscad.netlist.validity import Damage, Valid, valid

OUTSIDE_HINT = "move it there, or allow it: --allow-outside, or outside=True in Python"


@dataclass(frozen=True, eq=False)
class Circuit:
    """A circuit as it is written: the netlist itself, a part of `circuits`, or a file of one.

    **Arguments:**

    - `name`: what paths of circuits call it: its name, or that of its file.
    - `complaints`: takes what is said about it.
    - `damage`: what of it was refused already.
    """

    name: str
    document: Document
    complaints: Complaints
    damage: Damage
    inputs: tuple[Scalar, ...]
    outputs: tuple[Scalar, ...]
    gates: Mapping[Scalar, GateSchema]
    instances: Mapping[Scalar, InstanceSchema]
    system: Node | None
    defaults: OptionsSchema | None
    tie: tuple[TieSchema, ...]


@dataclass(eq=False)
class Document:
    """A file that was read.

    **Arguments:**

    - `folder`: where the files that it names are looked for.
    - `own`: the file's own circuit.
    - `parts`: the circuits written in it, by name.
    """

    file: str | None
    folder: Path
    valid: Valid
    own: Circuit = field(init=False)
    parts: dict[str, Circuit] = field(default_factory=dict)

    @property
    def schema(self) -> NetlistSchema:
        """The whole file."""
        return self.valid.schema


class Library:
    """Finds circuits by name, and reads the files that they are in.

    **Arguments:**

    - `found`: takes every complaint.
    - `outside`: whether files outside of the netlist's own folder may be read.
    """

    def __init__(
        self, tree: MappingNode, file: str | None, found: list[Diagnostic], outside: bool
    ) -> None:
        self.found, self.outside = found, outside
        folder = folder_of(file)
        self.root = resolved(folder)
        self.files: list[str | None] = [file]
        self.documents: dict[Path, Document | None] = {}
        top = self._document(tree, file, folder, "the netlist" if file is None else base(file))
        if top is None:
            raise NetlistError(tuple(found))
        if file is not None and (place := resolved(Path(file))) is not None:
            self.documents[place] = top
        self.top = top

    def circuit(self, document: Document, name: Scalar) -> Circuit | None:
        """The circuit that `name` stands for in a file, or `None` when it was refused."""
        circuits = document.schema.circuits or {}
        damage = document.valid.damage
        if name not in circuits:
            if str(name) not in damage.circuits and "circuits" not in damage.names:
                hint = nearest(name, circuits)
                if hint is None:
                    known = ", ".join(list(circuits)[:12])
                    hint = f"the circuits are {known}" if known else "define it under 'circuits'"
                complaints = document.own.complaints
                complaints.complain(f"there is no circuit {shown(name)}", name, hint)
            return None
        schema: CircuitSchema = circuits[name]
        if schema.file is None:
            return document.parts[str(name)]
        opened = self.open(schema.file, document)
        return None if opened is None else opened.own

    def open(self, name: Scalar, owner: Document) -> Document | None:
        """The circuit file `name`, as `owner` names it, or `None` when it was refused."""
        complain = owner.own.complaints.complain
        path = self.path(owner, name, "circuit")
        if path is None:
            return None
        place = resolved(path)
        if place is None:
            complain(f"the circuit file {shown(name)} cannot be read", name)
            return None
        if place in self.documents:
            return self.documents[place]
        self.documents[place] = None
        try:
            text = read_text(path)
        except ChaoscadError as error:
            for item in error.diagnostics:
                where = f" in line {item.line}" if item.line else ""
                message = f"the circuit file {shown(name)}{where}: {item.message}"
                complain(message, name, item.hint)
            return None
        file = os.fspath(path)
        self.files.append(file)
        try:
            tree = compose(text, file, self.found)
        except ChaoscadError as error:
            self.found.extend(error.diagnostics)
            return None
        self.documents[place] = self._document(tree, file, path.parent, base(file))
        return self.documents[place]

    def path(self, owner: Document, name: Scalar, what: str) -> Path | None:
        """Where a file lies that `owner` names, or `None` when it may not be read."""
        complain = owner.own.complaints.complain
        if not name:
            complain(f"the {what} file has no name", name)
            return None
        path = owner.folder / str(name)
        place = resolved(path)
        inside = (
            not Path(name).is_absolute()
            and place is not None
            and self.root is not None
            and place.is_relative_to(self.root)
        )
        if place is None or (path.exists() and not (path.is_file() or path.is_dir())):
            complain(f"the {what} file {shown(name)} is not a regular file", name)
            return None
        if not inside and not self.outside:
            message = f"the {what} file {shown(name)} lies outside of the netlist's folder"
            complain(message, name, OUTSIDE_HINT)
            return None
        return path

    def written(self) -> list[Circuit]:
        """Every circuit of every file that was read or is named, in the order of the files."""
        found: dict[Circuit, None] = {}
        documents = [self.top]
        for document in documents:
            found[document.own] = None
            for name in document.schema.circuits or {}:
                circuit = self.circuit(document, name)
                if circuit is None:
                    continue
                found[circuit] = None
                if circuit.document not in documents:
                    documents.append(circuit.document)
        return list(found)

    def _document(
        self, tree: MappingNode, file: str | None, folder: Path, name: str
    ) -> Document | None:
        found = valid(tree, file, self.found)
        if found is None:
            return None
        document = Document(file, folder, found)
        schema = found.schema
        own = Complaints(file, self.found)
        document.own = _circuit(name, document, own, found.damage, schema)
        for key, part in (schema.circuits or {}).items():
            if part.file is None:
                complaints = Complaints(file, self.found, owner=key)
                damage = found.parts.get(str(key), Damage())
                document.parts[str(key)] = _circuit(str(key), document, complaints, damage, part)
        return document


def _circuit(
    name: str,
    document: Document,
    complaints: Complaints,
    damage: Damage,
    schema: NetlistSchema | CircuitSchema,
) -> Circuit:
    return Circuit(
        name=name,
        document=document,
        complaints=complaints,
        damage=damage,
        inputs=tuple(schema.inputs),
        outputs=tuple(schema.outputs),
        gates=schema.gates or {},
        instances=schema.instances or {},
        system=schema.system,
        defaults=schema.defaults,
        tie=tuple(schema.tie or ()),
    )


def folder_of(file: str | None) -> Path:
    """Where the files that a netlist names are looked for."""
    return Path(file).parent if file is not None else Path()


def base(file: str) -> str:
    """A file's name without its folders."""
    return Path(file).name


def resolved(path: Path) -> Path | None:
    """The path with every link followed, or `None` where that is impossible."""
    try:
        return path.resolve()
    except (OSError, ValueError, RuntimeError):
        return None
