"""Single values of a mapping whose keys depend on what it stands for: each taken, or complained about."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic_core import PydanticCustomError

from chaoscad.errors import nearest, shown
from chaoscad.netlist.complaints import Complain
from chaoscad.netlist.scalars import finite, interval
from chaoscad.netlist.source import MappingNode, Node, Scalar, describe, place
from chaoscad.systems import Interval

Value = TypeVar("Value")


@dataclass(frozen=True)
class Values:
    """Takes values of nodes; what is refused is complained about, and `None`."""

    complain: Complain

    def taken(self, read: Callable[[object], Value], key: Scalar, node: Node) -> Value | None:
        """What a reader of `netlist.scalars` makes of a value."""
        try:
            return read(node)
        except PydanticCustomError as error:
            context: dict[str, Any] = error.context or {}
            self.complain(f"{shown(key)}: {context['message']}", place(node), context["hint"])
            return None

    def number(self, key: Scalar, node: Node) -> float | None:
        """A finite number."""
        return self.taken(finite, key, node)

    def interval(self, key: Scalar, node: Node) -> Interval | None:
        """A range [low, high]."""
        return self.taken(interval, key, node)

    def mapping(self, key: Scalar, node: Node, example: str) -> MappingNode | None:
        """A mapping, such as `example`."""
        if isinstance(node, MappingNode):
            return node
        self.complain(f"{shown(key)} is a mapping, not {describe(node)}", place(node), example)
        return None

    def only(self, node: MappingNode, allowed: Iterable[str]) -> bool:
        """Whether all keys of a mapping are known."""
        known = tuple(allowed)
        for key in node:
            if key not in known:
                hint = nearest(key, known) or "the keys here are " + ", ".join(known)
                self.complain(f"unknown key {shown(key)}", key, hint)
                return False
        return True
