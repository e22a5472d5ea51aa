"""Classes of Boolean functions that one chaogate serves, up to the order and the sense of its inputs.

Permuting the inputs of a chaogate permutes its weights. Complementing input k exchanges two halves
of its states: x0 becomes x0 + delta_k, and delta_k changes its sign. An input that does not matter
has weight 0. So one setting serves every function of its class under these changes (NP equivalence).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations
from typing import Any

import numpy as np
from jaxtyping import Int64, UInt8, UInt16, UInt64

from chaoscad.logic.truth import TruthTable

WIDEST_CELL = 6
"""Most inputs of a class; 2^6 6! = 46,080 changes of the inputs are tried to find it."""

WIDEST_TABLE = 4
"""Most inputs of which all functions are tabulated at once: there are 65,536 of four."""


@dataclass(frozen=True)
class Transform:
    """How a function takes its inputs from those of its class: f(I) = g(J), J_j = I_i, or ~I_i.

    **Arguments:**

    - `arity`: the number of inputs of f; those that are not in `places` do not matter to f.
    - `places`: for every input j of g, the place i of that input in f.
    - `flipped`: for every input j of g, whether it is the complement.
    """

    arity: int
    places: tuple[int, ...]
    flipped: tuple[bool, ...]

    def apply(self, x0: float, delta: Sequence[float]) -> tuple[float, tuple[float, ...]]:
        """The offset and the weights with which a setting of g computes f.

        The states are the same ones. Where the parameters lie on a grid that float64 resolves, the
        sums are exact, and so are the states.
        """
        weights = [0.0] * self.arity
        for weight, place, flip in zip(delta, self.places, self.flipped, strict=True):
            weights[place] = -weight if flip else weight
            x0 = x0 + weight if flip else x0
        # No weight is -0.0.
        return x0, tuple(weight + 0.0 for weight in weights)

    def undo(self, x0: float, delta: Sequence[float]) -> tuple[float, tuple[float, ...]]:
        """The offset and the weights of g that `apply` turns into those of f."""
        weights: list[float] = []
        for place, flip in zip(self.places, self.flipped, strict=True):
            weight = delta[place]
            weights.append((-weight if flip else weight) + 0.0)
            x0 = x0 + weight if flip else x0
        return x0, tuple(weights)


def support(table: TruthTable) -> tuple[int, ...]:
    """The places of the inputs on which a complete table depends."""
    rows = table.rows
    arity = table.arity
    found: list[int] = []
    for place in range(arity):
        block = 1 << (arity - 1 - place)
        if any(
            rows[first : first + block] != rows[first + block : first + 2 * block]
            for first in range(0, len(rows), 2 * block)
        ):
            found.append(place)
    return tuple(found)


def canonical(table: TruthTable) -> tuple[TruthTable, Transform]:
    """The representative of a function's class, and how the function takes its inputs from it.

    The representative depends on all its inputs, and is the first such table of the class in
    alphabetical order. It has one row for a constant.

    **Arguments:**

    - `table`: a complete table; at most `WIDEST_CELL` of its inputs matter.

    **Raises:** `ValueError` when a row is `-`, or too many inputs matter.
    """
    if "-" in table.rows:
        raise ValueError("only a complete truth table has a class")
    needed = support(table)
    arity = len(needed)
    if arity > WIDEST_CELL:
        raise ValueError(f"the function depends on {arity} inputs; classes have at most 6")
    reduced = _restrict(table, needed)
    changes = _changes(arity)
    if arity <= WIDEST_TABLE:
        index = int(_tabulated(int(reduced, 2), arity).argmin())
    else:
        bits = np.frombuffer(reduced.encode(), np.uint8) - ord("0")
        index = int(_words(bits[changes.rows]).argmin())
    rows = "".join([reduced[row] for row in changes.rows[index].tolist()])
    places = tuple([needed[place] for place in changes.order[index].tolist()])
    flipped = tuple([flip == 1 for flip in changes.flips[index].tolist()])
    return TruthTable(rows), Transform(table.arity, places, flipped)


def _restrict(table: TruthTable, needed: Sequence[int]) -> str:
    """The rows in which all inputs that do not matter are 0."""
    if len(needed) == table.arity:
        return table.rows
    rows = [0]
    for place in needed:
        rows = [row | bit for row in rows for bit in (0, 1 << (table.arity - 1 - place))]
    return "".join(table.rows[row] for row in rows)


def _words(bits: UInt8[np.ndarray, "words bits"]) -> UInt64[np.ndarray, " words"]:
    """Rows of up to 64 bits as integers, the first bit most significant."""
    wide = np.zeros((len(bits), 64), np.uint8)
    wide[:, 64 - bits.shape[1] :] = bits
    return np.packbits(wide, axis=1).view(">u8")[:, 0]


@dataclass(frozen=True)
class _Changes:
    """Every permutation and complement of `arity` inputs.

    **Arguments:**

    - `rows`: the row of f in which row J of g stands.
    - `order`, `flips`: the place in f of every input of g, and whether it is
      complemented.
    """

    rows: UInt8[np.ndarray, "changes rows"]
    order: Int64[np.ndarray, "changes arity"]
    flips: Int64[np.ndarray, "changes arity"]


@lru_cache(maxsize=WIDEST_CELL + 1)
def _changes(arity: int) -> _Changes:
    every = list(permutations(range(arity)))
    orders = np.array(every, np.int64).reshape(len(every), arity)
    masks = (np.arange(1 << arity)[:, None] >> np.arange(arity - 1, -1, -1)) & 1
    order = np.repeat(orders, len(masks), axis=0)
    flips = np.tile(masks, (len(orders), 1))
    rows = np.zeros((len(order), 1 << arity), np.int64)
    numbers = np.arange(1 << arity)
    for j in range(arity):
        bit = ((numbers >> (arity - 1 - j)) & 1)[None, :] ^ flips[:, j, None]
        rows |= bit << (arity - 1 - order[:, j, None])
    return _Changes(rows.astype(np.uint8), order, flips)


@lru_cache(maxsize=WIDEST_TABLE + 1)
def _images(arity: int) -> UInt16[np.ndarray, "pieces patterns changes"]:
    """What every change makes of 8 rows: `[pieces, 256, changes]`, pieces of 8 rows in order.

    The image of a function is the union of those of its pieces.
    """
    length = 1 << arity
    piece = min(length, 8)
    patterns = np.arange(1 << piece, dtype=np.uint32)
    rows = _changes(arity).rows
    found = np.zeros((length // piece, len(rows), len(patterns)), np.uint32)
    for position in range(length):
        pieces, places = np.divmod(rows[:, position], piece)
        bits = (patterns >> (piece - 1 - places.astype(np.uint32))[:, None]) & 1
        found[pieces, np.arange(len(rows))] |= bits << np.uint32(length - 1 - position)
    return np.ascontiguousarray(found.astype(np.uint16).transpose(0, 2, 1))


def _tabulated(functions: int | np.ndarray, arity: int, changes: int | slice = slice(None)) -> Any:
    """The images of functions, as integers, under one change or under all."""
    piece = min(1 << arity, 8)
    images = _images(arity)
    found: Any = 0
    for index in range(len(images)):
        shift = piece * (len(images) - 1 - index)
        found = found | images[index, (functions >> shift) & ((1 << piece) - 1), changes]
    return found


@lru_cache(maxsize=WIDEST_TABLE + 1)
def representatives(arity: int) -> UInt16[np.ndarray, " functions"]:
    """The first member, in alphabetical order, of the class of every function of `arity` inputs.

    **Arguments:**

    - `arity`: at most `WIDEST_TABLE`.

    **Returns:** `[2^2^arity]` integers. A function is the integer of its rows, the first row most
    significant. Classes are under permutation and complement of all `arity` inputs.
    """
    functions = np.arange(1 << (1 << arity))
    least = functions.astype(np.uint16)
    for change in range(len(_changes(arity).rows)):
        np.minimum(least, _tabulated(functions, arity, change), out=least)
    return least


def number(table: TruthTable) -> int:
    """A complete table as an integer, the first row most significant."""
    return int(table.rows, 2)


def table_of(function: int, arity: int) -> TruthTable:
    """The table of an integer, the first row most significant."""
    return TruthTable(format(function, f"0{1 << arity}b"))


def orbits(arity: int) -> list[tuple[TruthTable, int]]:
    """Every class of functions of `arity` inputs, at most four: a member, and how many it has."""
    found, counts = np.unique(representatives(arity), return_counts=True)
    return [
        (table_of(int(function), arity), int(count))
        for function, count in zip(found, counts, strict=True)
    ]
