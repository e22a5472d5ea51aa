"""Gates of known function without training: from a cell library, or as their netlist fixes them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from chaoscad.cells import library_for, shipped_elements
from chaoscad.compile import stack
from chaoscad.family import Family
from chaoscad.gate import Setpoint
from chaoscad.netlist import Gate, TruthTable
from chaoscad.solve.problem import Problem, ProblemSolution
from chaoscad.solve.ranges import value_range
from chaoscad.systems import Flow

FIXED = {"x0", "delta", "threshold"}
"""What a netlist can fix of a gate."""


def looked_up(posed: Sequence[Problem]) -> dict[Problem, ProblemSolution]:
    """The answers to the problems that need no search.

    A library has a gate's function for its declaration, or the netlist fixes all of its parameters, as
    a circuit mapped by yield does, and they compute the function. A family of all functions that an
    element can have is that of the library of universal elements.
    """
    found: dict[Problem, ProblemSolution] = {}
    for item in dict.fromkeys(posed):
        if len(item.gates) > 1 and (element := _as_element(item)) is not None:
            found[item] = element
        if len(item.gates) != 1 or item.ties:
            continue
        (gate,), (wanted,) = item.gates, item.wanted
        settled = _as_fixed(gate, wanted)
        if settled is not None:
            found[item] = settled
            continue
        library = library_for(gate)
        if library is None:
            continue
        cell = library.look_up(wanted, gate.iterates, gate.compare)
        if cell is not None:
            found[item] = ProblemSolution(
                stack([cell.setpoint]), np.array([cell.margin]), cell.margin
            )
    return found


def _as_element(item: Problem) -> ProblemSolution | None:
    """The answer that a universal element is, or `None` where there is none for the family."""
    family = Family.of(item.gates, item.wanted, item.ties)
    element = None if family is None else shipped_elements().of_family(family)
    if element is None:
        return None
    points = [
        element.setpoint(wanted.rows, gate.compare)
        for gate, wanted in zip(item.gates, item.wanted, strict=True)
    ]
    margins = [point.margin(wanted) for point, wanted in zip(points, item.wanted, strict=True)]
    scale = value_range(item.gates[0])[2]
    return ProblemSolution(stack(points), np.array(margins), min(margins) / scale)


def _as_fixed(gate: Gate, wanted: TruthTable) -> ProblemSolution | None:
    """The answer that a gate of fixed parameters is, or `None` where it is left to the search."""
    found = as_fixed(gate, wanted)
    return found if found is not None and found.score > 0 else None


def as_fixed(gate: Gate, wanted: TruthTable) -> ProblemSolution | None:
    """A map's gate as its netlist fixes it, or `None` where that leaves something open.

    The score is the margin, minus infinity where a state is out of range or no margin is finite.
    """
    if gate.train or set(gate.fixed) != FIXED or isinstance(gate.setting.system, Flow):
        return None
    (x0,), (threshold,) = gate.fixed["x0"], gate.fixed["threshold"]
    weights = gate.fixed["delta"]
    delta = weights * gate.arity if len(weights) == 1 else weights
    point = Setpoint.of(gate, x0, delta, threshold)
    states, (low, high) = point.states(), gate.bounds.state
    margin = point.margin(wanted)
    sound = states.min() >= low and states.max() <= high and margin < np.inf
    return ProblemSolution(stack([point]), np.array([margin]), margin if sound else -np.inf)
