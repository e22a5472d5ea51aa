"""YAML text to a tree of scalars, mappings and sequences that know their line and column.

Scalars stay text: what a value means is decided where it is read, never by YAML's own rules, which
take `0110` for 72 and `on` for true.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NoReturn

import yaml

from chaoscad.errors import Diagnostic, NetlistError, shown
from chaoscad.files import lines_of

DEEPEST = 32
"""Deepest nesting of mappings and sequences that is accepted."""

LARGEST = 5_000_000
"""Most values that a file may have once its aliases are expanded."""


class Scalar(str):
    """A scalar's text with its place; `plain` is true for one written without quotes."""

    file: str | None = None
    line: int
    column: int
    plain: bool

    @staticmethod
    def at(
        text: str, line: int, column: int, plain: bool = True, file: str | None = None
    ) -> Scalar:
        """A scalar placed at `line` and `column` of `file`, both counted from 1."""
        scalar = Scalar(text)
        scalar.line, scalar.column, scalar.plain = line, column, plain
        scalar.file = file
        return scalar

    def __hash__(self) -> int:
        return str.__hash__(self)

    def __eq__(self, other: object) -> bool:
        return str.__eq__(self, other)


class MappingNode(dict[Scalar, "Node"]):
    """A mapping; its keys are scalars and keep their own places."""

    file: str | None = None
    line: int = 0
    column: int = 0


class SequenceNode(list["Node"]):
    """A sequence."""

    file: str | None = None
    line: int = 0
    column: int = 0


Node = Scalar | MappingNode | SequenceNode

_EVENT_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def compose(text: str, file: str | None, diagnostics: list[Diagnostic]) -> MappingNode:
    """The tree of a document whose top is a mapping.

    Duplicate keys are added to `diagnostics`, the later value being dropped.

    **Raises:** `NetlistError` when the text is not one YAML document of the kind that a netlist is:
    bad syntax, nesting deeper than `DEEPEST`, aliases that expand to more than `LARGEST` values or
    contain themselves, more than one document, or a top that is not a mapping.
    """
    stand_ins = _stand_ins(text)
    composer = _Composer(file, diagnostics, {ord(new): old for old, new in stand_ins.items()})
    try:
        told = text.translate(str.maketrans(stand_ins)) if stand_ins else text
        root = composer.document(yaml.parse(told, Loader=_EVENT_LOADER))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        reason = error.problem or error.context or "bad syntax"
        message = f"this is not valid YAML: {reason}"
        hint = None
        if "nesting depth" in reason:
            message = f"values are nested deeper than {DEEPEST} levels"
        elif _at(text, line, column) == "\t":
            message = "a tab stands where YAML takes only spaces"
            hint = "indent with spaces in place of the tab"
        raise NetlistError(Diagnostic(message, file, line, column, hint)) from None
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        column = error.start - text.rfind("\n", 0, error.start)
        message = f"{shown(text[error.start])} is half of a character, which no file can hold"
        raise NetlistError(Diagnostic(message, file, line, column)) from None
    except yaml.YAMLError as error:
        reason = lines_of(str(error))[0]
        raise NetlistError(Diagnostic(f"this is not valid YAML: {reason}", file)) from None
    if root is None:
        raise NetlistError(
            Diagnostic("the file is empty", file, hint="a netlist starts with 'chaoscad: 1'")
        )
    if not isinstance(root, MappingNode):
        message = f"a netlist is a mapping of keys, not {describe(root)}"
        hint = "a netlist starts with 'chaoscad: 1'"
        raise NetlistError(Diagnostic(message, file, root.line, root.column, hint))
    return root


def _stand_ins(text: str) -> dict[str, str]:
    """For the characters of `text` that end a line in YAML 1.1 only, others that it does not hold.

    An editor and YAML 1.2 go on in the same line there, and so does a comment.
    """
    found = [letter for letter in "\x85\u2028\u2029" if letter in text]
    escapes = text.lower() if found else ""
    private = range(0xE000, 0xF900)
    unused = (chr(code) for code in private if chr(code) not in text and f"{code:x}" not in escapes)
    return dict(zip(found, unused, strict=False))


def _at(text: str, line: int, column: int) -> str:
    """The character at a place, or nothing."""
    return "".join(lines_of(text)[line - 1 : line])[column - 1 : column]


def from_data(data: object) -> Node:
    """JSON-like data as a tree without places; strings are quoted scalars, numbers plain ones.

    **Raises:** `NetlistError` when it nests deeper than `DEEPEST`.
    """
    return _node(data, 0)


def _node(data: object, depth: int) -> Node:
    if depth > DEEPEST:
        raise NetlistError(f"values are nested deeper than {DEEPEST} levels")
    if isinstance(data, dict):
        return MappingNode(
            (Scalar.at(str(key), 0, 0, plain=False), _node(value, depth + 1))
            for key, value in data.items()
        )
    if isinstance(data, list):
        return SequenceNode(_node(value, depth + 1) for value in data)
    if isinstance(data, str):
        return Scalar.at(data, 0, 0, plain=False)
    return Scalar.at("" if data is None else repr(data), 0, 0)


def describe(node: object) -> str:
    """A node in a few words, for messages."""
    if isinstance(node, dict):
        return "a mapping"
    if isinstance(node, list):
        return "a list"
    if isinstance(node, str) and not node and getattr(node, "plain", False):
        return "nothing"
    return shown(str(node))


def place(node: Node) -> Scalar:
    """A scalar that stands where `node` stands."""
    if isinstance(node, Scalar):
        return node
    return Scalar.at("", node.line, node.column, file=node.file)


class _Composer:
    """Builds the tree from parser events with an explicit stack, so that depth is bounded by us."""

    def __init__(
        self, file: str | None, diagnostics: list[Diagnostic], stood_for: dict[int, str]
    ) -> None:
        self.file, self.diagnostics, self.stood_for = file, diagnostics, stood_for
        self.anchors: dict[str, tuple[Node, int]] = {}
        self.open_anchors: set[str] = set()

    def document(self, events: Iterator[Any]) -> Node | None:
        root: Node | None = None
        # One entry per open collection: node, pending key, size so far, anchor.
        stack: list[tuple[MappingNode | SequenceNode, list[Scalar], list[int], str | None]] = []
        for event in events:
            line, column = event.start_mark.line + 1, event.start_mark.column + 1
            if isinstance(event, yaml.DocumentStartEvent) and root is not None:
                self.fail("a netlist file holds one document, not several", line, column)
            anchor = getattr(event, "anchor", None)
            if isinstance(event, yaml.AliasEvent):
                if anchor in self.open_anchors:
                    self.fail(f"the alias *{anchor} contains itself", line, column)
                if anchor not in self.anchors:
                    self.fail(f"the alias *{anchor} has no anchor before it", line, column)
                node, size = self.anchors[str(anchor)]
            elif isinstance(event, yaml.ScalarEvent):
                value = event.value.translate(self.stood_for) if self.stood_for else event.value
                node = Scalar.at(value, line, column, not event.style, self.file)
                size = 1
                if anchor:
                    self.anchors[anchor] = (node, 1)
            elif isinstance(event, yaml.CollectionStartEvent):
                opened = (
                    MappingNode() if isinstance(event, yaml.MappingStartEvent) else SequenceNode()
                )
                opened.file, opened.line, opened.column = self.file, line, column
                if len(stack) >= DEEPEST:
                    self.fail(f"values are nested deeper than {DEEPEST} levels", line, column)
                if anchor:
                    self.open_anchors.add(anchor)
                stack.append((opened, [], [1], anchor))
                continue
            elif isinstance(event, yaml.CollectionEndEvent):
                node, _, sizes, anchor = stack.pop()
                size = sizes[0]
                line, column = node.line, node.column
                if anchor:
                    self.open_anchors.discard(anchor)
                    self.anchors[anchor] = (node, size)
            else:
                continue
            if stack:
                self.attach(stack[-1], node, size, line, column)
            else:
                root = node
        return root

    def attach(
        self,
        entry: tuple[MappingNode | SequenceNode, list[Scalar], list[int], str | None],
        node: Node,
        size: int,
        line: int,
        column: int,
    ) -> None:
        parent, pending, sizes, _ = entry
        sizes[0] += size
        if sizes[0] > LARGEST:
            self.fail(f"aliases expand to more than {LARGEST} values", line, column)
        if isinstance(parent, SequenceNode):
            parent.append(node)
        elif not pending:
            if not isinstance(node, Scalar):
                self.fail(f"a key is a single word, not {describe(node)}", line, column)
            pending.append(node)
        else:
            key = pending.pop()
            if key in parent:
                first = next(seen for seen in parent if seen == key)
                self.diagnostics.append(
                    Diagnostic(
                        f"duplicate key {shown(key)}",
                        self.file,
                        key.line,
                        key.column,
                        hint=f"it stands already at line {first.line}",
                    )
                )
            else:
                parent[key] = node

    def fail(self, message: str, line: int, column: int) -> NoReturn:
        raise NetlistError(Diagnostic(message, self.file, line, column))
