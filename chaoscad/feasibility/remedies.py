"""What would make an infeasible gate possible."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from chaoscad.feasibility.model import Feasibility
from chaoscad.feasibility.search import feasibility
from chaoscad.netlist import Gate, TruthTable
from chaoscad.systems import Flow

MOST_BOXES = 20_000
"""Budget of each proposal."""

ITERATES = "iterates"

MOST_ITERATES = 5
"""Most iterates that are proposed."""


def with_remedies(gate: Gate, wanted: TruthTable, found: Feasibility) -> Feasibility:
    """The answer with every single change to the gate that is proven to make it possible."""
    if found.verdict != "infeasible" or isinstance(gate.setting.system, Flow):
        return found
    remedies: list[str] = []
    for words, changed in _changes(gate):
        if words.startswith(ITERATES) and any(item.startswith(ITERATES) for item in remedies):
            # The fewest iterates are the most robust: one proposal is enough.
            continue
        answer = feasibility(changed, wanted, decide=True, boxes=MOST_BOXES)
        if answer.verdict == "feasible":
            remedies.append(words)
    return replace(found, remedies=tuple(remedies))


def _changes(gate: Gate) -> Iterator[tuple[str, Gate]]:
    if gate.weights == "shared" and "delta" not in gate.fixed:
        yield "weights: independent", replace(gate, weights="independent")
    if iterable(gate):
        for iterates in range(1, MOST_ITERATES + 1):
            if iterates != gate.iterates:
                yield f"{ITERATES}: {iterates}", replace(gate, iterates=iterates)
    other = "<" if gate.compare == ">" else ">"
    yield f'compare: "{other}"', replace(gate, compare=other)


def iterable(gate: Gate) -> bool:
    """Whether the map can be iterated; a measured curve only where its values are among its inputs."""
    if isinstance(gate.setting.system, Flow):
        return False
    curve = gate.setting.system.curve
    return curve is None or (
        curve.domain[0] <= curve.image[0] and curve.image[1] <= curve.domain[1]
    )
