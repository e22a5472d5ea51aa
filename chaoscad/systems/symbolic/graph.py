"""The graph of a step or a field, and the walk over it that every target makes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

from chaoscad.systems.curves import Curve

Value = TypeVar("Value")


@dataclass(frozen=True)
class Constant:
    """A number of the equations, or a parameter that stands with its value."""

    value: float


@dataclass(frozen=True)
class Symbol:
    """What has no value yet: a coordinate, a parameter that keeps its name, or the time of a flow."""

    kind: Literal["state", "parameter", "time"]
    name: str


@dataclass(frozen=True)
class Operation:
    """An operator or a function on the values of earlier nodes.

    **Arguments:**

    - `name`: one of `operations.OPERATORS` or `operations.FUNCTIONS`, `where`, or `interpolate`.
    - `operands`: places of nodes in the graph.
    - `curve`: that `interpolate` reads.
    """

    name: str
    operands: tuple[int, ...]
    curve: Curve | None = None


Node = Constant | Symbol | Operation


@dataclass(frozen=True)
class Graph:
    """The nodes in the order in which the equations compute them, and those that are their results.

    What the equations compute once and use twice is one node. What they compute twice stays twice: a C
    compiler and the fixed-point form find that themselves.
    """

    nodes: tuple[Node, ...]
    results: tuple[int, ...]

    def needed(self) -> frozenset[int]:
        """The places of the nodes that some result depends on."""
        found = set(self.results)
        for place in range(len(self.nodes) - 1, -1, -1):
            node = self.nodes[place]
            if place in found and isinstance(node, Operation):
                found.update(node.operands)
        return frozenset(found)


def interpret(
    graph: Graph,
    symbols: Mapping[Symbol, Value],
    apply: Callable[[Operation, list[Value | float]], Value | float],
) -> list[Value | float]:
    """What a target makes of every node: constants are numbers, symbols as given.

    **Arguments:**

    - `apply`: an operation on what was made of its operands.
    """
    made: list[Value | float] = []
    for node in graph.nodes:
        if isinstance(node, Constant):
            made.append(node.value)
        elif isinstance(node, Symbol):
            made.append(symbols[node])
        else:
            made.append(apply(node, [made[place] for place in node.operands]))
    return made
