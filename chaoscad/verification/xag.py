"""Two circuits in one graph of ANDs and XORs, where equal structure is one node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
from jaxtyping import UInt64

from chaoscad.logic import Logic
from chaoscad.logic.rows import ONES

FALSE = 0
TRUE = 1


class Xag:
    """A growing graph of two-input ANDs and XORs with complemented edges.

    A *literal* is twice a node's number, plus 1 for its complement. Node 0 is the constant 0, nodes 1
    to `width` are the inputs, and the others follow in topological order. `exclusive` says which
    nodes are XORs; `first` and `second` are the literals that a node reads, 0 for inputs.
    """

    def __init__(self, width: int) -> None:
        self.width = width
        self.first = [0] * (width + 1)
        self.second = [0] * (width + 1)
        self.exclusive = [False] * (width + 1)
        self._known: dict[tuple[int, int, bool], int] = {}

    def __len__(self) -> int:
        return len(self.first)

    def conjunction(self, one: int, other: int) -> int:
        """The literal of `one & other`."""
        if one > other:
            one, other = other, one
        if one == FALSE or one ^ other == 1:
            return FALSE
        if one in (TRUE, other):
            return other
        return self._node(one, other, False)

    def exclusion(self, one: int, other: int) -> int:
        """The literal of `one ^ other`; complements move to the output."""
        sign = (one ^ other) & 1
        one, other = one & ~1, other & ~1
        if one > other:
            one, other = other, one
        if one == other:
            return sign
        if one == FALSE:
            return other ^ sign
        return self._node(one, other, True) ^ sign

    def choice(self, select: int, low: int, high: int) -> int:
        """The literal of `high` where `select` is 1, `low` elsewhere."""
        if low == high:
            return low
        if low == high ^ 1:
            return self.exclusion(select, low)
        if low == FALSE:
            return self.conjunction(select, high)
        if high == FALSE:
            return self.conjunction(select ^ 1, low)
        if low == TRUE:
            return self.conjunction(select, high ^ 1) ^ 1
        if high == TRUE:
            return self.conjunction(select ^ 1, low ^ 1) ^ 1
        taken = self.conjunction(select, high)
        return self.conjunction(taken ^ 1, self.conjunction(select ^ 1, low) ^ 1) ^ 1

    def _node(self, one: int, other: int, exclusive: bool) -> int:
        key = (one, other, exclusive)
        found = self._known.get(key)
        if found is None:
            found = len(self.first)
            self._known[key] = found
            self.first.append(one)
            self.second.append(other)
            self.exclusive.append(exclusive)
        return 2 * found

    def add(self, circuit: Logic, literals: Mapping[str, int]) -> dict[str, int]:
        """Add a circuit; `literals` are those of its inputs. Returns the literal of every net."""
        nets = dict(literals)
        for node in circuit.nodes:
            nets[node.name] = self.table(node.function.rows, [nets[name] for name in node.inputs])
        return nets

    def table(self, rows: str, inputs: Sequence[int]) -> int:
        """The literal of a complete truth table over literals, the first most significant."""
        steps, output = _decomposed(rows)
        found = [FALSE, *inputs]
        for one, other, exclusive in steps:
            left, right = found[one >> 1] ^ (one & 1), found[other >> 1] ^ (other & 1)
            join = self.exclusion if exclusive else self.conjunction
            found.append(join(left, right))
        return found[output >> 1] ^ (output & 1)

    def cone(self, literals: Sequence[int]) -> list[bool]:
        """Whether each node is needed by any of `literals`."""
        needed = [False] * len(self)
        for literal in literals:
            needed[literal >> 1] = True
        for node in range(len(self) - 1, self.width, -1):
            if needed[node]:
                needed[self.first[node] >> 1] = True
                needed[self.second[node] >> 1] = True
        return needed


@lru_cache(maxsize=4096)
def _decomposed(rows: str) -> tuple[tuple[tuple[int, int, bool], ...], int]:
    """A table as steps over its inputs (nodes 1, 2, ...), and the literal of its output."""
    arity = len(rows).bit_length() - 1
    graph = Xag(arity)
    output = _split(graph, rows, tuple(2 * (index + 1) for index in range(arity)))
    kept = range(arity + 1, len(graph))
    steps = tuple((graph.first[node], graph.second[node], graph.exclusive[node]) for node in kept)
    return steps, output


def _split(graph: Xag, rows: str, literals: tuple[int, ...]) -> int:
    """Shannon expansion; an input that splits off as one AND, OR or XOR goes first."""
    if "1" not in rows:
        return FALSE
    if "0" not in rows:
        return TRUE
    chosen = 0
    for index in range(len(literals)):
        low, high = _cofactors(rows, index)
        if low == high:
            return _split(graph, low, literals[:index] + literals[index + 1 :])
        if "1" not in low or "0" not in low or "1" not in high or "0" not in high:
            chosen = index
            break
        if high == low.translate(_COMPLEMENT):
            rest = _split(graph, low, literals[:index] + literals[index + 1 :])
            return graph.exclusion(literals[index], rest)
    low, high = _cofactors(rows, chosen)
    rest = literals[:chosen] + literals[chosen + 1 :]
    return graph.choice(literals[chosen], _split(graph, low, rest), _split(graph, high, rest))


_COMPLEMENT = str.maketrans("01", "10")


def _cofactors(rows: str, index: int) -> tuple[str, str]:
    """The table with input `index` at 0, and at 1."""
    size = len(rows) >> (index + 1)
    pieces = [rows[start : start + size] for start in range(0, len(rows), size)]
    return "".join(pieces[::2]), "".join(pieces[1::2])


class Simulator:
    """The nodes of a finished graph on many patterns at once, level by level."""

    def __init__(self, graph: Xag) -> None:
        self.width, self.size = graph.width, len(graph)
        level = [0] * len(graph)
        for node in range(graph.width + 1, len(graph)):
            level[node] = 1 + max(level[graph.first[node] >> 1], level[graph.second[node] >> 1])
        first, second = np.array(graph.first), np.array(graph.second)
        # Nodes of one kind and level are evaluated together: level 0 holds constant and inputs.
        key = 2 * np.array(level) + np.array(graph.exclusive)
        order = np.argsort(key, kind="stable")
        bounds = np.flatnonzero(np.diff(key[order])) + 1
        groups = np.split(order, bounds)
        self._steps = [
            (
                nodes,
                first[nodes] >> 1,
                second[nodes] >> 1,
                _masks(first[nodes]),
                _masks(second[nodes]),
                bool(graph.exclusive[nodes[0]]),
            )
            for nodes in groups
            if nodes[0] > graph.width
        ]

    def run(
        self, patterns: UInt64[np.ndarray, "inputs words"]
    ) -> UInt64[np.ndarray, "nodes words"]:
        """Every node's value; the arguments are those of the inputs, 64 patterns to a word."""
        values = np.zeros((self.size, patterns.shape[1]), np.uint64)
        values[1 : self.width + 1] = patterns
        for nodes, one, other, flip, turn, exclusive in self._steps:
            if exclusive:
                values[nodes] = values[one] ^ values[other]
            else:
                values[nodes] = (values[one] ^ flip) & (values[other] ^ turn)
        return values


def _masks(literals: np.ndarray) -> UInt64[np.ndarray, "nodes 1"]:
    return np.where(literals & 1, ONES, np.uint64(0))[:, None]
