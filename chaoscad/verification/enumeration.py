"""Two circuits on every row of the inputs that their outputs depend on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from chaoscad.logic import Logic
from chaoscad.netlist.connect import MOST_INPUTS
from chaoscad.verification.logic import BLOCK_WORDS, blocks

MOST_WORK = 1 << 34
"""Rows of gates, each weighed by its table, up to which an enumeration is cheaper than a proof."""

TOGETHER = 16
"""Inputs up to which outputs are enumerated together, whatever they depend on."""

BLOCK_BYTES = 1 << 26
"""Memory of one block of an enumeration."""

Group = tuple[tuple[str, ...], tuple[str, ...]]
"""Inputs that are enumerated together, and the outputs that are compared then."""


def planned(one: Logic, other: Logic, provable: bool) -> tuple[list[Group], list[str]]:
    """The enumerations, and the outputs that they leave to a proof.

    **Arguments:**

    - `provable`: whether what is expensive to enumerate may be left as well.
    """
    masks = [_supports(circuit, one.inputs) for circuit in (one, other)]
    support = {name: masks[0][name] | masks[1][name] for name in one.outputs}
    shared: list[tuple[int, list[str]]] = []
    rest: list[str] = []
    for name in one.outputs:
        mask = support[name]
        if mask.bit_count() > MOST_INPUTS:
            rest.append(name)
            continue
        for index, (known, members) in enumerate(shared):
            if (known | mask).bit_count() <= max(TOGETHER, known.bit_count(), mask.bit_count()):
                shared[index] = (known | mask, [*members, name])
                break
        else:
            shared.append((mask, [name]))
    groups: list[Group] = []
    work = 0
    for mask, members in shared:
        gates = sum(
            1 << node.function.arity
            for circuit in (one, other)
            for node in cone(circuit, members).nodes
        )
        work += gates << mask.bit_count()
        if work > MOST_WORK and provable:
            rest += members
        else:
            inputs = tuple(name for i, name in enumerate(one.inputs) if mask >> i & 1)
            groups.append((inputs, tuple(members)))
    return groups, [name for name in one.outputs if name in set(rest)]


def _supports(circuit: Logic, inputs: Sequence[str]) -> dict[str, int]:
    """The inputs that every net depends on, as bits of a number."""
    masks = {name: 1 << index for index, name in enumerate(inputs)}
    for node in circuit.nodes:
        mask = 0
        for name in node.inputs:
            mask |= masks[name]
        masks[node.name] = mask
    return masks


def cone(circuit: Logic, outputs: Sequence[str]) -> Logic:
    """The part of a circuit that some outputs depend on; its inputs stay."""
    needed = set(outputs)
    for node in reversed(circuit.nodes):
        if node.name in needed:
            needed.update(node.inputs)
    nodes = tuple(node for node in circuit.nodes if node.name in needed)
    return replace(circuit, outputs=tuple(outputs), nodes=nodes)


def first_difference(
    one: Logic, other: Logic, inputs: Sequence[str], outputs: Sequence[str]
) -> dict[str, int] | None:
    """The values of `inputs` in the first row that tells the circuits apart, or `None`."""
    cones = [replace(cone(circuit, outputs), inputs=tuple(inputs)) for circuit in (one, other)]
    nets = sum(len(part.nodes) for part in cones) + 2 * len(inputs) + 1
    most = max(16, min(BLOCK_WORDS, BLOCK_BYTES // (8 * nets)))
    for first, columns, valid in blocks(inputs, most):
        zero = np.zeros_like(valid)
        left, right = (part.evaluate(columns, zero) for part in cones)
        differ = zero
        for name in outputs:
            differ = differ | (left[name] ^ right[name])
        words = np.flatnonzero(differ & valid)
        if len(words):
            bits = int((differ & valid)[words[0]])
            row = first + 64 * int(words[0]) + (bits & -bits).bit_length() - 1
            return dict(_bits(row, inputs))
    return None


def _bits(row: int, inputs: Sequence[str]) -> Iterator[tuple[str, int]]:
    for index, name in enumerate(inputs):
        yield name, row >> (len(inputs) - 1 - index) & 1
