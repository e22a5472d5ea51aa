"""Two circuits on every row of the inputs that their outputs depend on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from chaoscad.logic import Logic
from chaoscad.logic.graph import members, supports
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
    masks = [supports(circuit.drivers, one.inputs) for circuit in (one, other)]
    support = {name: masks[0][name] | masks[1][name] for name in one.outputs}
    shared: list[tuple[int, list[str]]] = []
    rest: list[str] = []
    for name in one.outputs:
        mask = support[name]
        if mask.bit_count() > MOST_INPUTS:
            rest.append(name)
            continue
        for index, (known, names) in enumerate(shared):
            if (known | mask).bit_count() <= max(TOGETHER, known.bit_count(), mask.bit_count()):
                shared[index] = (known | mask, [*names, name])
                break
        else:
            shared.append((mask, [name]))
    groups: list[Group] = []
    work = 0
    for mask, names in shared:
        gates = sum(
            1 << node.function.arity
            for circuit in (one, other)
            for node in circuit.cone(names).nodes
        )
        work += gates << mask.bit_count()
        if work > MOST_WORK and provable:
            rest += names
        else:
            groups.append((members(mask, one.inputs), tuple(names)))
    return groups, [name for name in one.outputs if name in set(rest)]


def first_difference(
    one: Logic, other: Logic, inputs: Sequence[str], outputs: Sequence[str]
) -> dict[str, int] | None:
    """The values of `inputs` in the first row that tells the circuits apart, or `None`."""
    cones = [replace(circuit.cone(outputs), inputs=tuple(inputs)) for circuit in (one, other)]
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
