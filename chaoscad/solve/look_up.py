"""Gates of known function from a cell library, where one fits: no training."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from chaoscad.cells import library_for
from chaoscad.compile import stack
from chaoscad.solve.gates import Problem, ProblemSolution


def looked_up(posed: Sequence[Problem]) -> dict[Problem, ProblemSolution]:
    """The answers to the problems of one gate whose function a library has for its declaration."""
    found: dict[Problem, ProblemSolution] = {}
    for item in dict.fromkeys(posed):
        if len(item.gates) != 1 or item.ties:
            continue
        (gate,), (wanted,) = item.gates, item.wanted
        library = library_for(gate)
        if library is None:
            continue
        cell = library.look_up(wanted, gate.iterates, gate.compare)
        if cell is not None:
            found[item] = ProblemSolution(
                stack([cell.setpoint]), np.array([cell.margin]), cell.margin
            )
    return found
