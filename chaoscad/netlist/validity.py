"""A file's tree as schemas, without the parts that are wrong, so that the rest is checked too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chaoscad.errors import Diagnostic
from chaoscad.netlist.schema import NetlistSchema, validate
from chaoscad.netlist.source import MappingNode, Scalar


@dataclass(frozen=True)
class Damage:
    """What was left out of a circuit because it was refused.

    **Arguments:**

    - `names`: gates, and keys of the circuit itself.
    - `instances`, `circuits`, `systems`: by name.
    """

    names: frozenset[str] = frozenset()
    instances: frozenset[str] = frozenset()
    circuits: frozenset[str] = frozenset()
    systems: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.names or self.instances or self.circuits or self.systems)

    @property
    def blind(self) -> bool:
        """Whether nets may have drivers that were left out."""
        return bool(self.instances or self.names & {"instances", "circuits", "gates"})


_NEEDED = frozenset({"inputs", "outputs", "gates", "instances"})
"""Keys without which nothing is known about a circuit."""


@dataclass(frozen=True)
class Valid:
    """A file as schemas, and what was left out of it and of its circuits."""

    schema: NetlistSchema
    damage: Damage = field(default_factory=Damage)
    parts: Mapping[str, Damage] = field(default_factory=dict)


def valid(tree: MappingNode, file: str | None, found: list[Diagnostic]) -> Valid | None:
    """The file as schemas; `None` when too much of it is wrong to go on."""
    before = len(found)
    schema = validate(tree, file, found)
    if schema is not None:
        return Valid(schema)
    damage, parts = prune(tree, found[before:])
    schema = validate(tree, file, [])
    return None if schema is None else Valid(schema, damage, parts)


def prune(tree: MappingNode, diagnostics: list[Diagnostic]) -> tuple[Damage, dict[str, Damage]]:
    """Drop the gates, instances, circuits and top-level values in which an error lies."""
    places = {(item.line, item.column) for item in diagnostics}

    def touched(node: object) -> bool:
        if isinstance(node, Scalar | MappingNode | list) and (
            (getattr(node, "line", 0), getattr(node, "column", 0)) in places
        ):
            return True
        if isinstance(node, MappingNode):
            return any(touched(key) or touched(value) for key, value in node.items())
        return isinstance(node, list) and any(touched(value) for value in node)

    def drop(owner: object) -> frozenset[str]:
        if not isinstance(owner, MappingNode):
            return frozenset()
        wrong = [key for key, value in owner.items() if touched(key) or touched(value)]
        for key in wrong:
            del owner[key]
        return frozenset(str(key) for key in wrong)

    parts: dict[str, Damage] = {}
    circuits = tree.get(Scalar("circuits"))
    for name, body in circuits.items() if isinstance(circuits, MappingNode) else ():
        if isinstance(body, MappingNode):
            gates = drop(body.get(Scalar("gates")))
            instances = drop(body.get(Scalar("instances")))
            parts[str(name)] = Damage(gates | drop(body), instances)
    lost = drop(circuits) | {name for name, part in parts.items() if part.names & _NEEDED}
    for name in lost:
        if isinstance(circuits, MappingNode):
            circuits.pop(Scalar(name), None)
    gates = drop(tree.get(Scalar("gates")))
    instances = drop(tree.get(Scalar("instances")))
    systems = drop(tree.get(Scalar("systems")))
    return Damage(gates | drop(tree), instances, lost, systems), parts
