"""Gates of known function without training: from a cell library, or as their netlist fixes them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from chaoscad.cells import library_for
from chaoscad.compile import row_bits
from chaoscad.feasibility import Setpoint
from chaoscad.netlist import Gate, TruthTable
from chaoscad.solve.gates import Answer, Problem
from chaoscad.solve.refine import point_of
from chaoscad.systems import Flow

FIXED = {"x0", "delta", "threshold"}
"""What a netlist can fix of a gate."""


def looked_up(posed: Sequence[Problem]) -> dict[Problem, Answer]:
    """The answers to the problems of one gate that needs no search.

    A library has its function for its declaration, or the netlist fixes all of its parameters, as a
    circuit mapped by yield does, and they compute the function.
    """
    found: dict[Problem, Answer] = {}
    for item in dict.fromkeys(posed):
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
            found[item] = Answer(point_of(gate, cell), np.array([cell.margin]), cell.margin)
    return found


def _as_fixed(gate: Gate, wanted: TruthTable) -> Answer | None:
    """The answer that a gate of fixed parameters is, or `None` where it is left to the search."""
    if gate.train or set(gate.fixed) != FIXED or isinstance(gate.setting.system, Flow):
        return None
    (x0,), (threshold,) = gate.fixed["x0"], gate.fixed["threshold"]
    weights = gate.fixed["delta"]
    delta = weights * gate.arity if len(weights) == 1 else weights
    states = x0 + row_bits(gate.arity) @ np.array(delta)
    low, high = gate.bounds.state
    sides = np.array([{"1": 1.0, "0": -1.0, "-": np.nan}[row] for row in wanted.rows])
    distance = gate.setting.value(states, gate.iterates) - threshold
    margins = (distance if gate.compare == ">" else -distance) * sides
    if np.isnan(margins).all() or states.min() < low or states.max() > high:
        return None
    margin = float(np.nanmin(margins))
    if not 0 < margin < np.inf:
        return None
    point = Setpoint(x0, delta, threshold)
    return Answer(point_of(gate, point), np.array([margin]), margin)
