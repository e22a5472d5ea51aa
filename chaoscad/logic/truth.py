"""Truth tables and the named Boolean functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from chaoscad.errors import counted

WIDEST_GATE = 12
"""Most inputs of one gate: its truth table has 4096 rows."""


@dataclass(frozen=True, slots=True)
class TruthTable:
    """The wanted output of every input row.

    `rows` holds `0`, `1` or `-` (don't care), in lexicographic order with the first input most
    significant: `"0001"` is the AND of two inputs. A constant has no input and one row.

    **Raises:** `ValueError` when the length is not a power of two or a character is not one of
    `0 1 -`.
    """

    rows: str

    def __post_init__(self) -> None:
        length = len(self.rows)
        if length == 0 or length & (length - 1):
            raise ValueError(f"a truth table has 2^k rows, not {length}")
        if set(self.rows) - set("01-"):
            raise ValueError("a truth table holds only 0, 1 and -")

    def __str__(self) -> str:
        return self.rows

    @property
    def arity(self) -> int:
        """Number of inputs."""
        return len(self.rows).bit_length() - 1

    def complement(self) -> TruthTable:
        """The table with 0 and 1 exchanged; don't-cares stay."""
        return TruthTable(self.rows.translate(str.maketrans("01", "10")))

    def agrees(self, bits: str) -> bool:
        """Whether the complete table `bits` has the wanted bit in every row that matters."""
        return all(want in ("-", bit) for want, bit in zip(self.rows, bits, strict=True))


def input_column(index: int, arity: int) -> int:
    """Input `index` of `arity` over all rows, as an integer whose bit r is the input at row r.

    The first input is the most significant bit of the row number.
    """
    block = 1 << (arity - 1 - index)
    ones = ((1 << block) - 1) << block
    repeats = 1 << index
    pattern = 0
    for _ in range(repeats):
        pattern = (pattern << (2 * block)) | ones
    return pattern


def from_column(column: int, arity: int) -> TruthTable:
    """The table whose row r is bit r of `column`."""
    return TruthTable(format(column & ((1 << (1 << arity)) - 1), f"0{1 << arity}b")[::-1])


@dataclass(frozen=True)
class NamedFunction:
    """A Boolean function that netlists may call by name.

    `evaluate` uses only `~ & ^ |`, so it works on bits, words and arrays. `most` is the largest
    arity, or `None` for any; `odd` restricts it to odd arities.
    """

    name: str
    evaluate: Callable[[Sequence[Any]], Any]
    least: int
    most: int | None
    meaning: str
    odd: bool = False

    def accepts(self, arity: int) -> bool:
        """Whether the function exists for `arity` inputs."""
        if arity < self.least or (self.most is not None and arity > self.most):
            return False
        return arity % 2 == 1 if self.odd else True

    def arities(self) -> str:
        """The accepted arities in words."""
        if self.most == self.least:
            return f"exactly {counted(self.least, 'input')}"
        if self.odd:
            return f"an odd number of inputs, at least {self.least}"
        return f"at least {self.least} inputs"

    def table(self, arity: int) -> TruthTable:
        """The truth table for `arity` inputs, at most `WIDEST_GATE`."""
        columns = [input_column(index, arity) for index in range(arity)]
        return from_column(self.evaluate(columns), arity)


def _and(bits: Sequence[Any]) -> Any:
    return reduce(lambda left, right: left & right, bits)


def _or(bits: Sequence[Any]) -> Any:
    return reduce(lambda left, right: left | right, bits)


def _xor(bits: Sequence[Any]) -> Any:
    return reduce(lambda left, right: left ^ right, bits)


def _majority(bits: Sequence[Any]) -> Any:
    """Sort the bits by a network of half-sorters; the middle one is the majority."""
    wires = list(bits)
    for end in range(len(wires) - 1, 0, -1):
        for low in range(end):
            high = low + 1
            wires[low], wires[high] = wires[low] & wires[high], wires[low] | wires[high]
    return wires[len(wires) // 2]


def _multiplexer(bits: Sequence[Any]) -> Any:
    select, low, high = bits
    return (~select & low) | (select & high)


NAMED: dict[str, NamedFunction] = {
    function.name: function
    for function in (
        NamedFunction("AND", _and, 2, None, "1 when every input is 1"),
        NamedFunction("OR", _or, 2, None, "1 when any input is 1"),
        NamedFunction("NAND", lambda bits: ~_and(bits), 2, None, "0 when every input is 1"),
        NamedFunction("NOR", lambda bits: ~_or(bits), 2, None, "0 when any input is 1"),
        NamedFunction("XOR", _xor, 2, None, "1 when an odd number of inputs is 1 (parity)"),
        NamedFunction("XNOR", lambda bits: ~_xor(bits), 2, None, "0 when an odd number is 1"),
        NamedFunction("NOT", lambda bits: ~bits[0], 1, 1, "the complement of the input"),
        NamedFunction("BUF", lambda bits: bits[0], 1, 1, "the input"),
        NamedFunction("MAJ", _majority, 3, None, "1 when most inputs are 1", odd=True),
        NamedFunction("MUX", _multiplexer, 3, 3, "the second input, or the third when the first"),
    )
}
"""The functions that `function:` and `targets:` take by name."""


_TITLES = {
    NAMED[name].table(arity).rows: name + (str(arity) if arity > 2 else "")
    for name in ("AND", "OR", "NAND", "NOR", "XOR", "XNOR", "NOT", "BUF", "MAJ", "MUX")
    for arity in range(1, WIDEST_GATE + 1)
    if NAMED[name].accepts(arity)
}


def title(table: TruthTable) -> str:
    """The usual name of a complete table (`XOR`, `MAJ3`, `FALSE`), or its rows where it has none."""
    if set(table.rows) == {"0"}:
        return "FALSE"
    if set(table.rows) == {"1"}:
        return "TRUE"
    return _TITLES.get(table.rows, table.rows)
