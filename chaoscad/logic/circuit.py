"""A combinational circuit as named Boolean functions of named nets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from chaoscad.errors import Diagnostic
from chaoscad.logic.graph import Drivers, cone, digraph, levels
from chaoscad.logic.truth import TruthTable

if TYPE_CHECKING:
    from networkx import DiGraph


@dataclass(frozen=True)
class LogicNode:
    """A net and the function that drives it.

    **Arguments:**

    - `inputs`: the nets it reads, the most significant first; none for a constant.
    - `function`: a complete truth table over them.
    - `line`, `column`: the place in the file it came from, 0 where there is none.
    """

    name: str
    inputs: tuple[str, ...]
    function: TruthTable
    line: int = field(default=0, compare=False)
    column: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Logic:
    """A combinational circuit: what files describe and what a design computes.

    **Arguments:**

    - `inputs`, `outputs`: names of nets; an output is an input or the net of a node.
    - `nodes`: in topological order.
    - `file`: where it was read, for diagnostics.
    - `warnings`: what that file leaves open, and how it was read.
    """

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    nodes: tuple[LogicNode, ...]
    file: str | None = field(default=None, compare=False)
    warnings: tuple[Diagnostic, ...] = field(default=(), compare=False)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {node.name: index for index, node in enumerate(self.nodes)}

    def node(self, name: str) -> LogicNode:
        """The node that drives the net `name`; raises `KeyError` when none does."""
        return self.nodes[self._places[name]]

    @cached_property
    def drivers(self) -> Drivers:
        """For every node's net, in topological order, the nets that it reads."""
        return {node.name: node.inputs for node in self.nodes}

    def graph(self) -> DiGraph[str]:
        """The circuit for networkx, as `Netlist.graph`; the attribute `gate` is a `LogicNode`."""
        return digraph(self.inputs, self.outputs, self.nodes)

    @property
    def depth(self) -> int:
        """The largest number of nodes on a path; constants stand at its start, as inputs do."""
        level = levels({net: sources for net, sources in self.drivers.items() if sources})
        return max((level.get(name, 0) for name in self.outputs), default=0)

    def cone(self, outputs: Iterable[str]) -> Logic:
        """The part of the circuit that some of its nets depend on; its inputs stay."""
        wanted = tuple(outputs)
        # Many cones are asked of a large circuit, and most are small.
        places = sorted(self._places[name] for name in cone(self.drivers, wanted))
        nodes = tuple(self.nodes[place] for place in places)
        return replace(self, outputs=wanted, nodes=nodes)

    def numbered(self, inputs: Sequence[str], outputs: Sequence[str]) -> Logic:
        """The circuit with the ports i0, i1, ..., o0, o1, ... in the given order, and nets n0, n1, ...

        Every output gets a node of its own, so that none is an input or stands twice. A constant has
        no inputs: ABC takes none that has.
        """
        names = {name: f"i{index}" for index, name in enumerate(inputs)}
        names |= {node.name: f"n{index}" for index, node in enumerate(self.nodes)}
        nodes: list[LogicNode] = []
        for node in self.nodes:
            reads, function = tuple(names[name] for name in node.inputs), node.function
            if len(set(function.rows)) == 1:
                reads, function = (), TruthTable(function.rows[0])
            nodes.append(LogicNode(names[node.name], reads, function))
        ports = tuple(f"o{index}" for index in range(len(outputs)))
        nodes += [
            LogicNode(port, (names[name],), TruthTable("01"))
            for port, name in zip(ports, outputs, strict=True)
        ]
        return Logic("circuit", tuple(names[name] for name in inputs), ports, tuple(nodes))

    def evaluate(self, columns: Mapping[str, Any], zero: Any) -> dict[str, Any]:
        """Every net on many rows at once.

        **Arguments:**

        - `columns`: a word, or an array of words, for every circuit input.
        - `zero`: the all-zero word.
        """
        nets = {name: columns[name] for name in self.inputs}
        for node in self.nodes:
            nets[node.name] = evaluate_table(
                node.function, [nets[name] for name in node.inputs], zero
            )
        return nets


def evaluate_table(function: TruthTable, columns: Sequence[Any], zero: Any) -> Any:
    """The words of a complete table over the words of its inputs, by Shannon expansion."""
    return select(columns, [row == "1" for row in function.rows], zero)


def select(columns: Sequence[Any], leaves: Sequence[bool], zero: Any) -> Any:
    """The word whose bit at every row is the leaf that the columns address."""
    ones = ~zero
    level: list[Any] = [ones if leaf else zero for leaf in leaves]
    for column in reversed(columns):
        level = [
            _choose(column, low, high, zero, ones)
            for low, high in zip(level[::2], level[1::2], strict=True)
        ]
    return level[0]


def _choose(column: Any, low: Any, high: Any, zero: Any, ones: Any) -> Any:
    """`high` where the column is 1, `low` elsewhere; constants are recognised by identity."""
    if low is high:
        return low
    if low is zero:
        return column if high is ones else high & column
    if low is ones:
        return ~column if high is zero else high | ~column
    if high is zero:
        return low & ~column
    if high is ones:
        return low | column
    return low ^ ((low ^ high) & column)
