"""Many netlists at once: what their gates ask is asked together, each different question once.

Every gate of known function is a problem of its own. A cell library answers it, or the netlist fixes
it, or the value curve of a flow is searched in a table that all functions share, or a search without
gradients that takes all gates of one structure in one program. Training is for what is left.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from chaoscad.compile import stack
from chaoscad.feasibility import best_found
from chaoscad.feasibility.flows import WORTH
from chaoscad.gate import Setpoint
from chaoscad.netlist import Gate, Netlist
from chaoscad.solve.look_up import as_fixed, looked_up
from chaoscad.solve.model import GateSolution, Settings, Solution, Verdict
from chaoscad.solve.pipeline import FIGURES
from chaoscad.solve.problem import Problem, ProblemSolution, problem, solutions
from chaoscad.solve.proven import proven
from chaoscad.solve.ranges import value_range
from chaoscad.systems import Flow

METHODS = ("not found", "look-up", "value table", "search", "training")
"""How the settings of a netlist's gates were found; of several ways, the last of these."""

NOT_FOUND, LOOK_UP, *_, TRAINING = METHODS


@dataclass(frozen=True)
class Found:
    """A solution, and which of `METHODS` led to it."""

    solution: Solution
    method: int


def separable(netlist: Netlist, settings: Settings) -> bool:
    """Whether every gate of a netlist is a problem of its own, and asked for its greatest margin."""
    plain = Settings(seed=settings.seed, method=settings.method)
    return (
        settings == plain
        and not netlist.sharing
        and not netlist.configurations
        and all(gate.function is not None for gate in netlist.gates)
    )


@np.errstate(all="ignore")
def solve_many(
    netlists: Sequence[Netlist], settings: Settings | None = None, *, proofs: bool = False
) -> list[Found]:
    """A solution of every netlist; all of them must be `separable`.

    The answers do not depend on which netlists are asked about together, but for gates that are trained.

    **Arguments:**

    - `proofs`: whether the margin that no setting exceeds is proven for every gate, where it can be; it
      takes longer than finding the setting.
    """
    settings = settings or Settings()
    posed = [[_variants(gate) for gate in netlist.gates] for netlist in netlists]
    every = [item for gates in posed for items in gates for item in items]
    answers = _answers(list(dict.fromkeys(every)), settings)
    best = [[_best(items, answers) for items in gates] for gates in posed]
    if proofs:
        # One at a time: the budget of a proof depends on how many are asked for.
        for item in dict.fromkeys(item for gates in best for item in gates):
            answer, way = answers[item]
            known = {item} if way == 1 else set()
            answers[item] = (proven([item], {item: answer}, known)[item], way)
    return [
        _solution(netlist, items, answers) for netlist, items in zip(netlists, best, strict=True)
    ]


def _best(
    items: Sequence[Problem], answers: Mapping[Problem, tuple[ProblemSolution, int]]
) -> Problem:
    """The variant of the best relative margin; of equal ones the first."""
    return max(items, key=lambda item: round(answers[item][0].score, FIGURES))


def _variants(gate: Gate) -> list[Problem]:
    assert gate.function is not None
    return [problem([one], [gate.function], ()) for one in gate.variants]


def _answers(
    asked: Sequence[Problem], settings: Settings
) -> dict[Problem, tuple[ProblemSolution, int]]:
    """An answer to every problem, by the fastest way that there is, with the number of the way."""
    found = {item: (answer, 1) for item, answer in looked_up(asked).items()}
    for item in asked:
        settled = None if item in found else as_fixed(item.gates[0], item.wanted[0])
        if settled is not None:
            found[item] = (settled, 1)
    for item in asked:
        table = None if item in found else _tabulated(item)
        if table is not None:
            found[item] = (table, 2)
    left = [item for item in asked if item not in found]
    if left:
        # Loaded here, because look-ups and tables need no JAX.
        from chaoscad.solve.screened import screened

        found |= {item: (answer, 3) for item, answer in screened(left, settings.seed).items()}
    left = [item for item in left if item not in found]
    if left:
        from chaoscad.solve.gates import solve_problems

        trained, _ = solve_problems(left, settings.gates, seed=settings.seed)
        found |= {item: (answer, 4) for item, answer in trained.items()}
    return found


def _tabulated(item: Problem) -> ProblemSolution | None:
    """The best setting in the table of a flow's values on which integrators agree."""
    gate = item.gates[0]
    plain = isinstance(gate.setting.system, Flow) and not gate.train
    if not plain or not np.isfinite(gate.bounds.state).all():
        return None
    found = best_found(gate, item.wanted[0], fine=WORTH)
    if found.setpoint is None:
        low, high = gate.bounds.state
        nothing = Setpoint.of(gate, (low + high) / 2, (0.0,) * gate.arity, 0.0)
        return ProblemSolution(stack([nothing]), np.array([-np.inf]), -np.inf)
    score = found.lower / value_range(gate)[2]
    return ProblemSolution(stack([found.setpoint]), np.array([found.lower]), score)


def _solution(
    netlist: Netlist,
    best: Iterable[Problem],
    answers: Mapping[Problem, tuple[ProblemSolution, int]],
) -> Found:
    gates: dict[str, GateSolution] = {}
    unsolved: list[str] = []
    method = 0
    for gate, item in zip(netlist.gates, best, strict=True):
        answer, way = answers[item]
        assert gate.function is not None
        (gates[gate.name],) = solutions(item, answer, [gate.function])
        method = max(method, way)
        if not answer.score > 0:
            unsolved.append(gate.name)
    verdict = Verdict.GATES if unsolved else Verdict.SOLVED
    return Found(Solution(verdict, gates, tuple(unsolved)), 0 if unsolved else method)
