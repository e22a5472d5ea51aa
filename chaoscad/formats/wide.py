"""Functions of more inputs than a gate can have, as trees of smaller ones."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import pairwise

from chaoscad.formats.draft import Draft, Place
from chaoscad.logic.truth import NAMED, WIDEST_GATE, TruthTable

_REDUCTIONS = {"NAND": "AND", "NOR": "OR", "XNOR": "XOR"}


@cache
def table(name: str, arity: int) -> TruthTable:
    """The truth table of a named function; of one input, it or its complement."""
    if arity == 1:
        return NAMED["NOT" if name in ("NOT", *_REDUCTIONS) else "BUF"].table(1)
    return NAMED[name].table(arity)


def reduction(draft: Draft, net: str, name: str, inputs: Sequence[str], at: Place) -> None:
    """Drive `net` by AND, OR, XOR or a complement of them, over any number of inputs.

    Above `WIDEST_GATE` inputs the function becomes a tree, whose inner nets are called `NET_part1`,
    `NET_part2` ...
    """
    if not draft.free(net, at):
        return
    parts = list(inputs)
    inner = _REDUCTIONS.get(name, name)
    while len(parts) > WIDEST_GATE:
        groups = -(-len(parts) // WIDEST_GATE)
        bounds = [len(parts) * index // groups for index in range(groups + 1)]
        chunks = [parts[low:high] for low, high in pairwise(bounds)]
        parts = [part(draft, net, inner, chunk, at) for chunk in chunks]
    draft.node(net, parts, table(name, len(parts)), at)


def part(draft: Draft, net: str, name: str, inputs: Sequence[str], at: Place) -> str:
    """A new net for a part of the function of `net`; returns its name."""
    made = part_name(draft, net)
    draft.node(made, inputs, table(name, len(inputs)), at)
    return made


def part_name(draft: Draft, net: str) -> str:
    """A name for an inner net of the function of `net`."""
    count = draft.parts.get(net, 0) + 1
    while draft.taken(f"{net}_part{count}") or f"{net}_part{count}" in draft.reserved:
        count += 1
    draft.parts[net] = count
    return f"{net}_part{count}"
