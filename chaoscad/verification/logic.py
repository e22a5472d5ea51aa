"""The circuit on every row of its inputs, 64 rows to a word."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, UInt64

from chaoscad.logic.rows import ONES, rows_of
from chaoscad.netlist import Target

BLOCK_WORDS = 2048
"""Words per net that are evaluated at a time: they stay in the processor's cache."""

SHOWN = 8
"""How many wrong rows are kept as examples."""


@dataclass(frozen=True)
class Node:
    """A gate as logic: its inputs, and its output bit at every local row."""

    name: str
    inputs: tuple[str, ...]
    bits: tuple[bool, ...]


@dataclass(frozen=True)
class WrongRow:
    """One row that came out wrong: the circuit's inputs, and (got, wanted) of the wrong outputs."""

    inputs: Mapping[str, int]
    outputs: Mapping[str, tuple[int, int]]


@dataclass(frozen=True)
class LogicReport:
    """What an enumeration found.

    **Arguments:**

    - `rows`: how many rows were enumerated.
    - `wrong`: rows in which some target is missed.
    - `wrong_by_output`: the same for each target.
    - `examples`: the first few of them.
    - `reached`: for every gate, the local rows that occur in some row that matters.
    """

    rows: int
    wrong: int
    wrong_by_output: Mapping[str, int]
    examples: tuple[WrongRow, ...]
    reached: Mapping[str, Bool[np.ndarray, " rows"]]


def enumerate_rows(
    inputs: Sequence[str], nodes: Sequence[Node], targets: Sequence[Target]
) -> LogicReport:
    """Compare the circuit with its targets on every row of `inputs`.

    **Arguments:**

    - `inputs`: the inputs that are enumerated, at most 24; the first is the most significant bit of
      the row number.
    - `nodes`: gates in topological order, over these inputs.
    - `targets`: what is wanted of some of the nets.
    """
    reached = {node.name: np.zeros(len(node.bits), bool) for node in nodes}
    by_output = dict.fromkeys((target.output for target in targets), 0)
    examples: list[WrongRow] = []
    wrong = 0
    for first, columns, valid in blocks(inputs):
        zero = np.zeros_like(valid)
        wanted: dict[str, tuple[UInt64[np.ndarray, " words"], UInt64[np.ndarray, " words"]]] = {}
        matters = zero
        for target in targets:
            ones, care = target.evaluate(columns, zero)
            wanted[target.output] = (ones, care & valid)
            matters = matters | wanted[target.output][1]
        nets = dict(columns)
        for node in nodes:
            nets[node.name] = _evaluate(node, nets, matters, reached[node.name])
        missed = zero
        for target in targets:
            ones, care = wanted[target.output]
            off = (nets[target.output] ^ ones) & care
            by_output[target.output] += int(np.bitwise_count(off).sum())
            missed = missed | off
        wrong += int(np.bitwise_count(missed).sum())
        for word in np.flatnonzero(missed):
            if len(examples) >= SHOWN:
                break
            for bit in range(64):
                if len(examples) < SHOWN and int(missed[word]) >> bit & 1:
                    row = first + 64 * int(word) + bit
                    examples.append(_example(row, inputs, nets, wanted, int(word), bit))
    return LogicReport(1 << len(inputs), wrong, by_output, tuple(examples), reached)


def _evaluate(
    node: Node,
    nets: Mapping[str, UInt64[np.ndarray, " words"]],
    matters: UInt64[np.ndarray, " words"],
    reached: Bool[np.ndarray, " rows"],
) -> UInt64[np.ndarray, " words"]:
    """The node's output: the union of the minterms whose bit is 1."""
    minterms = [np.full_like(matters, ONES)]
    for name in node.inputs:
        column = nets[name]
        minterms = [part for term in minterms for part in (term & ~column, term & column)]
    output = np.zeros_like(matters)
    for row, (term, bit) in enumerate(zip(minterms, node.bits, strict=True)):
        if bit:
            output |= term
        if not reached[row]:
            reached[row] = bool((term & matters).any())
    return output


def blocks(
    inputs: Sequence[str], most: int = BLOCK_WORDS
) -> Iterator[tuple[int, dict[str, UInt64[np.ndarray, " words"]], UInt64[np.ndarray, " words"]]]:
    """Every row of `inputs`, `most` words at a time.

    **Returns:** (first row, words of every input, words with ones where a row exists) of each block.
    """
    width = len(inputs)
    total = max(1, (1 << width) >> 6)
    for start in range(0, total, most):
        words = np.arange(start, min(start + most, total), dtype=np.uint64)
        columns = dict(zip(inputs, rows_of(width, words), strict=True))
        valid = np.full_like(words, ONES)
        if width < 6:
            valid[:] = np.uint64((1 << (1 << width)) - 1)
        yield 64 * start, columns, valid


def _example(
    row: int,
    inputs: Sequence[str],
    nets: Mapping[str, UInt64[np.ndarray, " words"]],
    wanted: Mapping[str, tuple[UInt64[np.ndarray, " words"], UInt64[np.ndarray, " words"]]],
    word: int,
    bit: int,
) -> WrongRow:
    width = len(inputs)

    def at(words: UInt64[np.ndarray, " words"]) -> int:
        return int(words[word]) >> bit & 1

    return WrongRow(
        inputs={name: row >> (width - 1 - index) & 1 for index, name in enumerate(inputs)},
        outputs={
            name: (at(nets[name]), at(ones))
            for name, (ones, care) in wanted.items()
            if at(care) and at(nets[name]) != at(ones)
        },
    )
