"""Yosys's cells as Boolean functions of single bits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from chaoscad.formats.liberty import Cells
from chaoscad.formats.wide import table
from chaoscad.logic import NAMED, TruthTable, from_column, input_column
from chaoscad.logic.truth import WIDEST_GATE

Bit = int | str
"""A net's number, or one of the constants `0 1 x z`."""


@dataclass(frozen=True)
class BitGate:
    """One bit that a cell drives: its function over other bits, and the cell's `src` attribute."""

    output: Bit
    inputs: tuple[Bit, ...]
    function: TruthTable
    source: str


def _table(arity: int, evaluate: Callable[..., Any]) -> TruthTable:
    return from_column(evaluate(*(input_column(index, arity) for index in range(arity))), arity)


_MUX = _table(3, lambda s, a, b: (~s & a) | (s & b))

# Per cell type: the ports, each of one bit, and the function over them.
_GATES: dict[str, tuple[tuple[str, ...], TruthTable]] = {
    "$_BUF_": (("A",), NAMED["BUF"].table(1)),
    "$_NOT_": (("A",), NAMED["NOT"].table(1)),
    "$_MUX_": (("S", "A", "B"), _MUX),
    "$_NMUX_": (("S", "A", "B"), _MUX.complement()),
    "$_ANDNOT_": (("A", "B"), _table(2, lambda a, b: a & ~b)),
    "$_ORNOT_": (("A", "B"), _table(2, lambda a, b: a | ~b)),
    "$_AOI3_": (("A", "B", "C"), _table(3, lambda a, b, c: ~((a & b) | c))),
    "$_OAI3_": (("A", "B", "C"), _table(3, lambda a, b, c: ~((a | b) & c))),
    "$_AOI4_": (("A", "B", "C", "D"), _table(4, lambda a, b, c, d: ~((a & b) | (c & d)))),
    "$_OAI4_": (("A", "B", "C", "D"), _table(4, lambda a, b, c, d: ~((a | b) & (c | d)))),
    **{
        f"$_{name}_": (("A", "B"), NAMED[name].table(2))
        for name in ("AND", "NAND", "OR", "NOR", "XOR", "XNOR")
    },
}
# Word by word: every bit of Y from the same bit of the inputs.
_BITWISE = {"$and": "AND", "$or": "OR", "$xor": "XOR", "$xnor": "XNOR"}
_UNARY = {"$not": "NOT", "$pos": "BUF", "$buf": "BUF"}
_REDUCTIONS = {
    "$reduce_and": "AND",
    "$reduce_or": "OR",
    "$reduce_bool": "OR",
    "$reduce_xor": "XOR",
    "$reduce_xnor": "XNOR",
    "$logic_not": "NOR",
}
_LOGIC = {"$logic_and": "AND", "$logic_or": "OR"}


def gates(cell: dict[str, Any], library: Cells) -> list[BitGate] | None:
    """The bits that a cell drives, or `None` when it takes `techmap` to make gates of it.

    **Arguments:**

    - `library`: cells besides those of yosys; this one was found sound if it is of them.
    """
    kind, ports = cell["type"], cell["connections"]
    source = cell["attributes"].get("src", "")
    if kind in library:
        return [
            BitGate(
                ports[pin][0],
                tuple(ports[read][0] for read in function.pins),
                function.table,
                source,
            )
            for pin, function in library[kind].functions.items()
            if function is not None and ports.get(pin)
        ]
    outputs = ports.get("Y", [])
    if kind in _GATES:
        names, function = _GATES[kind]
        inputs = tuple(ports[name][0] for name in names)
        return [BitGate(outputs[0], inputs, function, source)]
    columns: list[Sequence[Bit]]
    if kind in _BITWISE:
        columns, function = [ports["A"], ports["B"]], NAMED[_BITWISE[kind]].table(2)
    elif kind in _UNARY:
        columns, function = [ports["A"]], NAMED[_UNARY[kind]].table(1)
    elif kind == "$mux":
        columns = [[*ports["S"]] * len(outputs), ports["A"], ports["B"]]
        function = _MUX
    elif kind in _LOGIC and len(ports["A"]) == len(ports["B"]) == 1:
        columns, function = [ports["A"], ports["B"]], NAMED[_LOGIC[kind]].table(2)
    elif kind in _REDUCTIONS and 1 <= len(ports["A"]) <= WIDEST_GATE:
        columns = [[bit] for bit in ports["A"]]
        function = table(_REDUCTIONS[kind], len(columns))
    else:
        return None
    if any(len(column) != len(outputs) for column in columns):
        return None
    return [
        BitGate(bit, inputs, function, source)
        for bit, *inputs_ in zip(outputs, *columns, strict=True)
        for inputs in (tuple(inputs_),)
    ]


def storage(kind: str) -> str | None:
    """What a cell that stores bits is in words, or `None` for one that does not."""
    if kind.startswith(("$dlatch", "$adlatch", "$_DLATCH")):
        return "latch"
    if kind.startswith("$mem"):
        return "memory"
    if kind.startswith(
        (
            "$dff",
            "$adff",
            "$sdff",
            "$aldff",
            "$ff",
            "$sr",
            "$_DFF",
            "$_SDFF",
            "$_ALDFF",
            "$_FF",
            "$_SR",
        )
    ):
        return "flip-flop"
    return None
