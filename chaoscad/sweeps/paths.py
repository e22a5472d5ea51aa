"""A value put at the path of a key in the tree of a netlist."""

from __future__ import annotations

from collections.abc import Iterable

from chaoscad.errors import Diagnostic, NetlistError, nearest, shown
from chaoscad.netlist.source import MappingNode, Node, Scalar, SequenceNode

FAR = 10_000_000
"""What is added to the lines of keys and values that come from the spec: a complaint about one of them
is then told from those about the netlist's own file."""

NAMED = {
    "gates": "gate",
    "circuits": "circuit",
    "instances": "instance",
    "configurations": "configuration",
}
"""Mappings whose keys are names; an axis adds none."""


def copied(node: Node) -> Node:
    """The tree with containers of its own."""
    if isinstance(node, Scalar):
        return node
    if isinstance(node, MappingNode):
        made: MappingNode | SequenceNode = MappingNode(
            (key, copied(value)) for key, value in node.items()
        )
    else:
        made = SequenceNode(copied(value) for value in node)
    made.file, made.line, made.column = node.file, node.line, node.column
    return made


def far(node: Node, file: str | None) -> Node:
    """The tree of a value with its lines moved by `FAR`."""
    if isinstance(node, Scalar):
        return Scalar.at(str(node), node.line + FAR, node.column, node.plain, file)
    made = copied(node)
    assert not isinstance(made, Scalar)
    made.line += FAR
    made.file = file
    if isinstance(made, MappingNode):
        items = [(far(key, file), far(value, file)) for key, value in made.items()]
        made.clear()
        made.update(items)  # type: ignore[arg-type]
    else:
        made[:] = [far(value, file) for value in made]
    return made


def near(found: Iterable[Diagnostic], file: str | None) -> tuple[Diagnostic, ...]:
    """Diagnostics with the places of the spec where they are about its keys and values."""
    return tuple(
        Diagnostic(item.message, file, item.line - FAR, item.column, item.hint, item.severity)
        if item.line > FAR
        else item
        for item in found
    )


def put(root: MappingNode, path: Scalar, value: Node, file: str | None) -> None:
    """Set the key at a path of a tree that is the caller's own; mappings on the way are made.

    **Raises:** `NetlistError` for a gate, a circuit, an instance or a configuration that there is not,
    and for a path through what is no mapping.
    """
    node, left, above = root, str(path), ""
    while True:
        key = _key(node, left)
        if above in NAMED and key not in node:
            what = NAMED[above]
            names = list(node)
            hint = nearest(key, names) or f"it has {', '.join(names[:12])}"
            message = f"the netlist has no {what} {shown(key)}, which the axis {shown(path)} names"
            raise NetlistError(Diagnostic(message, file, path.line, path.column, hint))
        placed = next((own for own in node if own == key), None)
        if placed is None:
            placed = Scalar.at(key, path.line + FAR, path.column, file=file)
        if key == left:
            node[placed] = value
            return
        following = node.get(placed)
        if following is None or (isinstance(following, Scalar) and key == "system"):
            following = _opened(root, key, following, path)
            node[placed] = following
        if not isinstance(following, MappingNode):
            message = f"the axis {shown(path)} leads through {shown(key)}, which is no mapping"
            raise NetlistError(Diagnostic(message, file, path.line, path.column))
        node, left, above = following, left[len(key) + 1 :], key


def _key(node: MappingNode, left: str) -> str:
    """The first key of a path: the longest that the mapping has, since names may hold dots."""
    known = [str(key) for key in node if left == key or left.startswith(f"{key}.")]
    return max(known, key=len) if known else left.partition(".")[0]


def _opened(root: MappingNode, key: str, name: Node | None, path: Scalar) -> MappingNode:
    """A mapping in the place of nothing, or of the name of a system."""
    made = MappingNode()
    made.line, made.column = path.line + FAR, path.column
    if key == "system":
        whole = root.get(Scalar("system"))
        if name is None and isinstance(whole, MappingNode):
            inner = copied(whole)
            assert isinstance(inner, MappingNode)
            return inner
        name = name or whole or Scalar.at("logistic", path.line + FAR, path.column)
        made[Scalar.at("name", path.line + FAR, path.column)] = name
    return made
