"""Functions of gates, ranked by how well devices can be made to compute them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from chaoscad.netlist import Gate
from chaoscad.netlist.deviations import Deviations
from chaoscad.robustness.climb import SHORT, Effort, Objective, climb
from chaoscad.solve.problem import Problem, problem

LEAST = 1e-6
"""Failures that are rarer are not told apart."""


@dataclass(frozen=True)
class ByDevices:
    """Ranks functions by the yield that a short centring reaches, or by the worst-case distance.

    It is a `chaoscad.solve.Ranking`: of a yield Y it gives minus the logarithm of 1 - Y, so that what
    the failures of a circuit are made of decides.
    """

    deviations: Deviations
    objective: Objective = "yield"
    seed: int = 0
    effort: Effort = SHORT

    def __call__(self, gates: Sequence[Gate], /) -> list[float]:
        """The rank of every gate with its function, the best of its variants."""
        posed: list[list[Problem]] = []
        for gate in gates:
            assert gate.function is not None
            posed.append([problem([one], [gate.function], ()) for one in gate.variants])
        different = {item: () for items in posed for item in items}
        found = climb(
            different,
            self.deviations,
            objective=self.objective,
            seed=self.seed,
            effort=self.effort,
        )
        merits = {
            item: self._rank(tops[0].merit) if tops else -math.inf for item, tops in found.items()
        }
        return [max(merits[item] for item in items) for items in posed]

    def _rank(self, merit: float) -> float:
        return merit if self.objective == "tolerance" else -math.log(max(1 - merit, LEAST))
