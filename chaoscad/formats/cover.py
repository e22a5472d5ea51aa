"""Covers: a function as cubes over its inputs, `1-0`, as BLIF writes it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache

from chaoscad.formats.draft import Draft, Place
from chaoscad.formats.wide import part, part_name, reduction
from chaoscad.logic import TruthTable, from_column, input_column
from chaoscad.logic.truth import WIDEST_GATE


@cache
def cover_table(cubes: tuple[str, ...], arity: int, value: str) -> TruthTable:
    """The complete table that is `value` (0 or 1) on the cubes and its opposite elsewhere."""
    ones = (1 << (1 << arity)) - 1
    columns = [input_column(index, arity) for index in range(arity)]
    found = 0
    for cube in cubes:
        rows = ones
        for letter, column in zip(cube, columns, strict=True):
            if letter != "-":
                rows &= column if letter == "1" else ~column
        found |= rows
    return from_column(found if value == "1" else ~found, arity)


def wide_cover(
    draft: Draft, net: str, inputs: Sequence[str], cubes: Sequence[str], value: str, at: Place
) -> None:
    """Drive `net` by a cover of more than `WIDEST_GATE` inputs: an OR of ANDs, with inner nets."""
    terms: list[str] = []
    for cube in cubes:
        literals = [
            (name, letter) for name, letter in zip(inputs, cube, strict=True) if letter != "-"
        ]
        parts = []
        for low in range(0, len(literals), WIDEST_GATE):
            chunk = literals[low : low + WIDEST_GATE]
            made = part_name(draft, net)
            only = "".join(letter for _, letter in chunk)
            names = [name for name, _ in chunk]
            draft.node(made, names, cover_table((only,), len(chunk), "1"), at)
            parts.append(made)
        while len(parts) > WIDEST_GATE:
            parts = [
                part(draft, net, "AND", parts[low : low + WIDEST_GATE], at)
                for low in range(0, len(parts), WIDEST_GATE)
            ]
        if not parts:
            # A cube of don't-cares covers every row.
            draft.node(net, (), TruthTable(value), at)
            return
        terms.append(parts[0] if len(parts) == 1 else part(draft, net, "AND", parts, at))
    reduction(draft, net, "OR" if value == "1" else "NOR", terms, at)


@lru_cache(maxsize=2**16)
def cover(function: TruthTable) -> tuple[tuple[str, ...], str]:
    """An irredundant cover of a complete table.

    **Returns:** the cubes, and the value (0 or 1) that the function has on them; whichever of the two
    sides takes fewer cubes.
    """
    arity = function.arity
    column = int(function.rows[::-1], 2)
    ones = (1 << (1 << arity)) - 1
    on, off = (
        _irredundant(column, column, arity)[0],
        _irredundant(~column & ones, ~column & ones, arity)[0],
    )
    return (tuple(on), "1") if len(on) <= len(off) else (tuple(off), "0")


def _irredundant(lower: int, upper: int, arity: int) -> tuple[list[str], int]:
    """Cubes that cover the rows of `lower` within those of `upper`, and the rows they cover.

    S. Minato, Fast generation of prime-irredundant covers from binary decision diagrams, IEICE Trans.
    Fundamentals E76-A, 967 (1993), on columns of bits.
    """
    if lower == 0:
        return [], 0
    if arity == 0:
        return [""], 1
    half = 1 << (arity - 1)
    mask = (1 << half) - 1
    # The first input is the most significant bit of a row's number.
    lower0, lower1, upper0, upper1 = lower & mask, lower >> half, upper & mask, upper >> half
    if lower0 == lower1 and upper0 == upper1:
        cubes, rows = _irredundant(lower0, upper0, arity - 1)
        return ["-" + cube for cube in cubes], rows | rows << half
    zeros, rows0 = _irredundant(lower0 & ~upper1, upper0, arity - 1)
    ones, rows1 = _irredundant(lower1 & ~upper0, upper1, arity - 1)
    both, rows = _irredundant(lower0 & ~rows0 | lower1 & ~rows1, upper0 & upper1, arity - 1)
    cubes = ["0" + cube for cube in zeros] + ["1" + cube for cube in ones]
    return cubes + ["-" + cube for cube in both], (rows0 | rows) | (rows1 | rows) << half
