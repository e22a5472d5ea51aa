"""What a `system` value stands for: a name, equations of one's own, a measured curve, or a file of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from chaoscad.errors import nearest, shown
from chaoscad.logic.graph import arrows
from chaoscad.netlist.complaints import Complain, Complaints
from chaoscad.netlist.curves import KEYS, measured_curve
from chaoscad.netlist.equations import OwnReader
from chaoscad.netlist.opened import Opened, base
from chaoscad.netlist.ports import OF_FLOWS, PORTS, Ports
from chaoscad.netlist.source import MappingNode, Node, Scalar, place
from chaoscad.systems import SYSTEMS, Flow, Setting, curve_setting
from chaoscad.systems.equations import NAME, system_name_refusal
from chaoscad.systems.registry import out_of_range

EXAMPLE = "for example {name: logistic, a: 3.9}"


@dataclass(eq=False)
class NamedSystems:
    """What stands under `systems` of a file; each is read, and refused, once.

    **Arguments:**

    - `nodes`: their values by name.
    - `refused`: names of which the value was refused already, or `None` for all that are not there.
    """

    nodes: Mapping[Scalar, Node]
    complaints: Complaints
    opened: Opened
    folder: Path
    refused: frozenset[str] | None = frozenset()
    found: dict[str, Setting | None] = field(default_factory=dict)
    path: list[str] = field(default_factory=list)

    def setting(self, name: Scalar) -> Setting | None:
        """The system of one of the names, or `None` when it was refused."""
        key = next(item for item in self.nodes if item == name)
        if key in self.path:
            ring = [*self.path[self.path.index(str(key)) :], str(key)]
            message = f"a system stands for itself: {arrows(ring)}"
            self.complaints.complain(message, name, "give one of them its equations")
            self.found |= dict.fromkeys(ring)
            return None
        if key not in self.found:
            self.path.append(str(key))
            reader = SystemReader(self.complaints.complain, self.opened, self.folder, self)
            made = reader.read(self.nodes[key], str(key))
            self.path.pop()
            self.found.setdefault(str(key), made)
        return self.found[str(key)]

    def check(self) -> None:
        """Read all of them, those too that no gate has."""
        for name in self.nodes:
            why = system_name_refusal(name)
            if why is not None:
                self.complaints.complain(why, name, "rename it")
            self.setting(name)


class SystemReader:
    """Reads `system` values; each is read, and refused, once.

    **Arguments:**

    - `folder`: where the files are looked for that a system names.
    - `named`: the systems that the file defines.
    """

    def __init__(
        self, complain: Complain, opened: Opened, folder: Path, named: NamedSystems | None
    ) -> None:
        self.complain, self.opened, self.folder, self.named = complain, opened, folder, named
        self.ports = Ports(complain)
        self.settings: dict[int, Setting | None] = {}

    def setting(self, node: Node) -> Setting | None:
        """The system that a value stands for, or `None` when it was refused."""
        key = id(node)
        if key not in self.settings:
            self.settings[key] = self.read(node)
        return self.settings[key]

    def number(self, key: Scalar, node: Node) -> float | None:
        """A finite number, or a complaint and `None`."""
        return self.ports.number(key, node)

    def read(self, node: Node, name: str = NAME) -> Setting | None:
        """The system of a value.

        **Arguments:**

        - `name`: what a system of one's own is called that does not say so itself.
        """
        if isinstance(node, Scalar):
            return self._named(node, MappingNode())
        assert isinstance(node, MappingNode)
        if Scalar("flow") in node or Scalar("map") in node:
            return OwnReader(self.complain).setting(node, name)
        if Scalar("curve") in node:
            if not self.ports.only(node, KEYS):
                return None
            curve = measured_curve(node, self._locate, self.complain, self.number)
            return None if curve is None else curve_setting(curve)
        if Scalar("file") in node:
            return self._from_file(node)
        subject = node.get(Scalar("name"))
        if not isinstance(subject, Scalar):
            here = subject or next(iter(node), Scalar.at("", node.line, node.column))
            at = Scalar.at("", here.line, here.column, file=here.file)
            message = "a system is a name, or a mapping with the key 'name', 'map', 'flow', 'curve' or 'file'"
            self.complain(message, at, EXAMPLE)
            return None
        return self._named(subject, _without(node, "name"))

    def _locate(self, name: Scalar, what: str) -> Path | None:
        return self.opened.path(self.folder, name, what, self.complain)

    def _named(self, name: Scalar, values: MappingNode) -> Setting | None:
        own = {} if self.named is None else self.named.nodes
        if name in own:
            assert self.named is not None
            setting = self.named.setting(name)
        elif name in SYSTEMS:
            system = SYSTEMS[str(name)]
            setting = Setting(system, tuple(system.defaults().values()))
        else:
            lost = frozenset() if self.named is None else self.named.refused
            if lost is None or str(name) in lost:
                return None
            known = [*own, *SYSTEMS]
            hint = nearest(name, known) or "the systems are " + ", ".join(known)
            if not name.line:
                # No one has typed it: a program wrote this.
                hint = "chaoscad.systems.register makes one known that a program defines"
            self.complain(f"unknown system {shown(name)}", name, hint)
            return None
        return None if setting is None else self._changed(setting, str(name), values)

    def _changed(self, setting: Setting, name: str, values: MappingNode) -> Setting | None:
        """A system with some of its parameters and ports changed."""
        given = values.get(Scalar("parameters"))
        numbers = MappingNode()
        if given is not None:
            found = self.ports.mapping(Scalar("parameters"), given, "such as {a: 3.9}")
            if found is None:
                return None
            numbers = found
        beside = _without(values, "parameters")
        ports = (*PORTS, *OF_FLOWS)
        for key, node in beside.items():
            if key in ports:
                continue
            if key in numbers:
                self.complain(f"{shown(key)} is given twice", key, "give it once")
                return None
            numbers = MappingNode({**numbers, key: node})
        merged = self._parameters(setting, name, numbers)
        sound = merged is not None
        found_setting = setting.with_values(merged or {})
        for key, node in beside.items():
            if key in ports:
                changed = self.ports.change(found_setting, key, node)
                sound = sound and changed is not None
                found_setting = changed or found_setting
        return found_setting if sound else None

    def _parameters(
        self, setting: Setting, name: str, numbers: MappingNode
    ) -> dict[str, float] | None:
        system, merged = setting.system, dict[str, float]()
        sound = True
        for key, node in numbers.items():
            parameter = system.parameter(key)
            value = self.number(key, node)
            if parameter is None:
                allowed = [item.name for item in system.parameters]
                keys = [*allowed, *PORTS, *(OF_FLOWS if isinstance(system, Flow) else ())]
                hint = nearest(key, keys) or "it has " + (", ".join(allowed) or "none")
                self.complain(f"{name} has no parameter {shown(key)}", key, hint)
                sound = False
            elif value is None:
                sound = False
            elif not parameter.accepts(value):
                self.complain(out_of_range(name, parameter, value), place(node))
                sound = False
            else:
                merged[str(key)] = value
        return merged if sound else None

    def _from_file(self, node: MappingNode) -> Setting | None:
        name = node[Scalar("file")]
        if not isinstance(name, Scalar):
            message = "'file' is the name of a system's file"
            self.complain(message, place(name), "such as {file: colpitts.yaml}")
            return None
        path = self._locate(name, "system")
        if path is None:
            return None
        found = self.opened.system(path, name, self.complain, system_of_file)
        if found is None:
            return None
        return self._changed(found, found.system.name, _without(node, "file"))


def system_of_file(opened: Opened, tree: MappingNode, file: Path) -> Setting | None:
    """The system that a file holds: the keys of one `system` value, and the language's version."""
    name = base(str(file)).rpartition(".")[0]
    complain = Complaints(str(file), opened.found).complain
    if Scalar("gates") in tree or Scalar("circuits") in tree or Scalar("systems") in tree:
        key = next(item for item in tree if item in ("gates", "circuits", "systems"))
        message = f"a system's file has no {shown(key)}"
        complain(message, key, "it holds the keys of one system: 'flow' or 'map', and the others")
        return None
    version = tree.get(Scalar("chaoscad"))
    if version is not None and version != "1":
        complain("a system's file is of version 1", place(version), "write 'chaoscad: 1'")
        return None
    reader = SystemReader(complain, opened, file.parent, None)
    return reader.read(
        _without(tree, "chaoscad"), name if system_name_refusal(name) is None else NAME
    )


def _without(node: MappingNode, key: str) -> MappingNode:
    """A mapping without one of its keys, at the same place."""
    found = MappingNode((name, value) for name, value in node.items() if name != key)
    found.file, found.line, found.column = node.file, node.line, node.column
    return found
