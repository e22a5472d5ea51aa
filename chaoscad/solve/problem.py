"""What is asked of gates of known function, and the answer: no more than a look-up needs.

Gates joined by a tie are one problem; equal problems are solved once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from chaoscad.compile import Setpoints, unstack
from chaoscad.logic.graph import classes
from chaoscad.netlist import Gate, Tie, TruthTable
from chaoscad.netlist.model import Choices
from chaoscad.solve.model import GateSolution


@dataclass(frozen=True)
class Problem:
    """Gates that are solved together, each with its wanted table.

    Gates have canonical names here, so that problems that ask the same are equal.
    """

    gates: tuple[Gate, ...]
    wanted: tuple[TruthTable, ...]
    ties: tuple[Tie, ...] = ()

    def __hash__(self) -> int:
        # A gate's own hash leaves out what it fixes, by which thousands of problems may differ.
        fixed = tuple(tuple(gate.fixed.items()) for gate in self.gates)
        return hash((self.gates, self.wanted, self.ties, fixed))


def problem(gates: Sequence[Gate], wanted: Sequence[TruthTable], ties: Sequence[Tie]) -> Problem:
    """The problem that `gates` pose, with names and places taken away."""
    names = {gate.name: f"g{index}" for index, gate in enumerate(gates)}
    return Problem(
        tuple(
            replace(
                gate,
                name=names[gate.name],
                inputs=tuple(f"i{k}" for k in range(gate.arity)),
                function=None,
                choices=Choices(),
            )
            for gate in gates
        ),
        tuple(wanted),
        tuple(Tie(tie.parameter, tuple(names[name] for name in tie.gates)) for tie in ties),
    )


def components(gates: Sequence[Gate], ties: Sequence[Tie]) -> list[tuple[int, ...]]:
    """The gates as classes that no tie joins, in the order of their first members."""
    place = {gate.name: index for index, gate in enumerate(gates)}
    links = [(place[tie.gates[0]], place[name]) for tie in ties for name in tie.gates[1:]]
    members: dict[int, list[int]] = {}
    for index, number in classes(range(len(gates)), links).items():
        members.setdefault(number, []).append(index)
    return [tuple(found) for found in members.values()]


@dataclass(frozen=True)
class ProblemSolution:
    """The best setpoints of a problem.

    **Arguments:**

    - `margin`: of every gate, in the unit of its values.
    - `score`: the least margin relative to the size of the gates' values; positive when solved.
    - `bound`: of a single gate, the margin that no setting exceeds; infinite where none is proven.
    """

    setpoints: Setpoints
    margin: np.ndarray
    score: float
    bound: float = np.inf


def solutions(
    item: Problem, answer: ProblemSolution, functions: Sequence[TruthTable]
) -> list[GateSolution]:
    """The answer as one solution per gate of the problem."""
    # A design holds only numbers: 0 where training left none.
    finite = Setpoints(*(np.where(np.isfinite(leaf), leaf, 0.0) for leaf in answer.setpoints))
    return [
        GateSolution(setpoint, function, answer.bound)
        for setpoint, function in zip(unstack(finite, item.gates), functions, strict=True)
    ]
