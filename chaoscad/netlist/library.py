"""The circuits that a netlist is made of, and the files that they are read from, each once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from chaoscad.errors import Diagnostic, NetlistError, nearest, shown
from chaoscad.netlist.complaints import Complaints
from chaoscad.netlist.opened import Opened, base, folder_of, resolved
from chaoscad.netlist.schema import (
    CircuitSchema,
    GateSchema,
    InstanceSchema,
    NetlistSchema,
    OptionsSchema,
    TieSchema,
)
from chaoscad.netlist.source import MappingNode, Node, Scalar
from chaoscad.netlist.systems import NamedSystems
from chaoscad.netlist.validity import Damage, Valid, valid


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
    - `systems`: those that the file defines.
    - `parts`: the circuits written in it, by name.
    """

    file: str | None
    folder: Path
    valid: Valid
    own: Circuit = field(init=False)
    systems: NamedSystems = field(init=False)
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
        self.opened = Opened(resolved(folder), found, outside, [file])
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
        path = self.opened.path(owner.folder, name, "circuit", complain)
        if path is None:
            return None
        place = resolved(path)
        if place is None:
            complain(f"the circuit file {shown(name)} cannot be read", name)
            return None
        if place in self.documents:
            return self.documents[place]
        self.documents[place] = None
        tree = self.opened.tree(path, name, "circuit", complain)
        if tree is None:
            return None
        file = os.fspath(path)
        self.documents[place] = self._document(tree, file, path.parent, base(file))
        return self.documents[place]

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
        lost = None if "systems" in found.damage.names else found.damage.systems
        document.systems = NamedSystems(schema.systems or {}, own, self.opened, folder, lost)
        document.systems.check()
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
