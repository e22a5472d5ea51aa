"""From a netlist to parameters: known gates, then free gates, then the margin of every gate."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import replace

import numpy as np

from chaoscad.compile import Setpoints, unstack
from chaoscad.errors import ChaoscadError
from chaoscad.feasibility import Feasibility, best_found, feasibility, with_remedies
from chaoscad.gate import Setpoint
from chaoscad.netlist import Gate, Netlist, TruthTable
from chaoscad.solve.circuit import Found
from chaoscad.solve.free import find_functions
from chaoscad.solve.gates import (
    Problem,
    ProblemSolution,
    components,
    problem,
    solutions,
    solve_problems,
)
from chaoscad.solve.look_up import looked_up
from chaoscad.solve.model import GATES, GateSolution, Search, Settings, Solution, Stage, Verdict
from chaoscad.solve.probes import Row
from chaoscad.solve.proven import proven
from chaoscad.solve.slots import build_space, value_range
from chaoscad.systems import Flow
from chaoscad.tune import Progress


@np.errstate(all="ignore")
def solve(
    netlist: Netlist,
    settings: Settings | None = None,
    progress: Progress | None = None,
    *,
    hard_rows: Sequence[Row] = (),
) -> Solution:
    """Parameters for every gate of a circuit.

    Gates of one-dimensional maps whose function is proven impossible are reported with the proof,
    and nothing is trained. Gates with a function are solved one by one, or together where they are
    tied. The functions of free gates are found from the targets, with the others standing as solved.
    Then every gate's function is known, and its margin is maximised. Among the solutions found, the
    one whose gates have the best margins is taken.

    **Arguments:**

    - `hard_rows`: rows of the circuit's inputs that a sample must contain: those that verification
      found wrong.

    **Raises:** `ChaoscadError` when the bounds of tied gates contradict each other.
    """
    settings = settings or Settings()
    if netlist.ties:
        _check_ties(netlist)
    classes = components(netlist.gates, netlist.ties)
    ready = [
        members
        for members in classes
        if all(netlist.gates[index].function is not None for index in members)
    ]
    free = len(ready) < len(classes)
    wanted = {gate.name: gate.function for gate in netlist.gates if gate.function is not None}
    ready_made = _ready_made([_problem(netlist, members, wanted) for members in ready], settings)
    infeasible = certificates(netlist, ready_made) if settings.bounded else {}
    if infeasible:
        blank = {gate.name: _nothing(gate) for gate in netlist.gates}
        return Solution(Verdict.INFEASIBLE, blank, tuple(infeasible), infeasible=infeasible)
    search = _margins(settings) if free else settings.gates
    known, unsolved, stages = _solve_known(
        netlist, ready, wanted, ready_made, search, settings, progress, polish=settings.polish
    )
    if not free:
        verdict = Verdict.GATES if unsolved else Verdict.SOLVED
        return Solution(verdict, _ordered(netlist, known), tuple(unsolved), tuple(stages))
    if unsolved:
        # Training on top of gates that fail would only hide which ones they are.
        blank = {gate.name: known.get(gate.name) or _nothing(gate) for gate in netlist.gates}
        return Solution(Verdict.GATES, blank, tuple(unsolved), tuple(stages))
    outcome = find_functions(netlist, known, settings, hard_rows=hard_rows, progress=progress)
    stages += outcome.stages
    if not outcome.candidates or (not settings.polish and outcome.found is not None):
        trained = _as_trained(netlist, outcome.found, known)
        return Solution(outcome.verdict, trained, (), tuple(stages))
    left = [members for members in classes if members not in ready]
    chosen, failed, more = _best_margins(netlist, left, outcome.candidates, settings, progress)
    verdict = Verdict.GATES if failed else Verdict.SOLVED
    solution = _ordered(netlist, {**known, **chosen})
    return Solution(verdict, solution, tuple(failed), (*stages, *more))


def _ready_made(posed: Sequence[Problem], settings: Settings) -> dict[Problem, ProblemSolution]:
    """Answers from cell libraries, unless a search of one's own was asked for."""
    usual = settings.look_up and settings.bounded and settings.polish and settings.gates == GATES
    return looked_up(posed) if usual else {}


def _with_look_ups(
    stages: Sequence[Stage], posed: Sequence[Problem], ready_made: Mapping[Problem, ProblemSolution]
) -> list[Stage]:
    """The stages, with one for the problems that were looked up."""
    different = len({item for item in posed if item in ready_made})
    if not different:
        return list(stages)
    found = Stage("cell library", different, 0, different, 0, 0, "Every cell was looked up.")
    return [found, *stages]


def _margins(settings: Settings) -> Search:
    """The search for the best margins, with the restarts that were asked for."""
    asked = settings.gates
    return replace(GATES, restarts=asked.restarts, flow_restarts=asked.flow_restarts)


PROOF_BOXES = 50_000
"""Boxes that the search for a proof of infeasibility may examine before a gate is trained."""

PROOF_EPSILON = 1e-4
"""The margin that counts as none in that search, as a share of the range of the gate's values."""


def certificates(netlist: Netlist, ready_made: Container[Problem] = ()) -> dict[str, Feasibility]:
    """The gates whose function is proven impossible within their bounds, with what would help.

    **Arguments:**

    - `ready_made`: problems that have an answer, about which nothing is asked.
    """
    found: dict[str, Feasibility] = {}
    answers: dict[Problem, Feasibility] = {}
    for gate in netlist.gates:
        if gate.function is None:
            continue
        posed = problem([gate], [gate.function], ())
        if posed in ready_made:
            continue
        flow = gate.setting.system
        if isinstance(flow, Flow):
            if flow.linear and np.isfinite(gate.bounds.state).all():
                answer = best_found(gate)
                if answer.verdict == "infeasible":
                    found[gate.name] = answer
            continue
        low, high, scale = value_range(gate)
        if not np.isfinite(high - low):
            continue
        if not np.isfinite(gate.bounds.state).all() or not gate.setting.one_dimensional:
            continue
        if posed not in answers:
            answer = feasibility(
                gate, epsilon=PROOF_EPSILON * scale, boxes=PROOF_BOXES, decide=True
            )
            answers[posed] = with_remedies(gate, gate.function, answer)
        if answers[posed].verdict == "infeasible":
            found[gate.name] = answers[posed]
    return found


def _check_ties(netlist: Netlist) -> None:
    """Refuse ties that leave no common value, with the gates' own names and the file's."""
    try:
        build_space(netlist.gates, netlist.ties)
    except ChaoscadError as error:
        raise error.about(netlist.file) from None


def _solve_known(
    netlist: Netlist,
    classes: Sequence[tuple[int, ...]],
    wanted: dict[str, TruthTable],
    ready_made: Mapping[Problem, ProblemSolution],
    search: Search,
    settings: Settings,
    progress: Progress | None,
    *,
    polish: bool,
) -> tuple[dict[str, GateSolution], list[str], list[Stage]]:
    posed = [_problem(netlist, members, wanted) for members in classes]
    if not posed:
        return {}, [], []
    asked = [item for item in posed if item not in ready_made]
    answers, stages = solve_problems(
        asked,
        search,
        seed=settings.seed,
        bounded=settings.bounded,
        polish=polish,
        progress=progress,
    )
    if polish and search.loss is not None:
        sharper, more = solve_problems(
            asked, GATES, seed=settings.seed, bounded=settings.bounded, progress=progress
        )
        stages += more
        answers = {item: max(answers[item], sharper[item], key=_score) for item in answers}
    answers |= ready_made
    if settings.bounded:
        answers = proven(posed, answers, ready_made, improve=polish)
    stages = _with_look_ups(stages, posed, ready_made)
    known: dict[str, GateSolution] = {}
    unsolved: list[str] = []
    for members, item in zip(classes, posed, strict=True):
        gates = [netlist.gates[index] for index in members]
        functions = [wanted[gate.name] for gate in gates]
        found = solutions(item, answers[item], functions)
        known |= {gate.name: one for gate, one in zip(gates, found, strict=True)}
        if not answers[item].score > 0:
            unsolved += [gate.name for gate in gates]
    return known, unsolved, stages


def _score(answer: ProblemSolution) -> float:
    return answer.score


def _problem(
    netlist: Netlist, members: tuple[int, ...], wanted: Mapping[str, TruthTable]
) -> Problem:
    gates = [netlist.gates[index] for index in members]
    names = {gate.name for gate in gates}
    ties = [tie for tie in netlist.ties if names.issuperset(tie.gates)]
    return problem(gates, [wanted[gate.name] for gate in gates], ties)


def _best_margins(
    netlist: Netlist,
    classes: Sequence[tuple[int, ...]],
    candidates: Sequence[Mapping[str, TruthTable]],
    settings: Settings,
    progress: Progress | None,
) -> tuple[dict[str, GateSolution], list[str], list[Stage]]:
    """The candidate whose gates have the best margins, and those margins' settings."""
    posed = [[_problem(netlist, members, tables) for members in classes] for tables in candidates]
    every = [item for items in posed for item in items]
    ready_made = _ready_made(every, settings)
    answers, stages = solve_problems(
        [item for item in every if item not in ready_made],
        _margins(settings),
        seed=settings.seed,
        bounded=settings.bounded,
        progress=progress,
    )

    answers |= ready_made
    stages = _with_look_ups(stages, every, ready_made)

    def merit(items: list[Problem]) -> tuple[float, float]:
        scores = [answers[item].score for item in items]
        return round(min(scores), 9), round(float(np.mean(scores)), 9)

    best = max(range(len(posed)), key=lambda index: (merit(posed[index]), -index))
    if settings.bounded:
        answers = proven(posed[best], answers, ready_made)
    chosen: dict[str, GateSolution] = {}
    failed: list[str] = []
    for members, item in zip(classes, posed[best], strict=True):
        gates = [netlist.gates[index] for index in members]
        functions = [candidates[best][gate.name] for gate in gates]
        found_here = solutions(item, answers[item], functions)
        chosen |= {gate.name: one for gate, one in zip(gates, found_here, strict=True)}
        if not answers[item].score > 0:
            failed += [gate.name for gate in gates]
    return chosen, failed, stages


def _as_trained(
    netlist: Netlist, found: Found | None, known: Mapping[str, GateSolution]
) -> dict[str, GateSolution]:
    """The parameters that training left, a stand-in where there was none."""
    if found is None:
        return {gate.name: known.get(gate.name) or _nothing(gate) for gate in netlist.gates}
    best = unstack(Setpoints(*(leaf[..., 0] for leaf in found.parameters)), netlist.gates)
    return {
        gate.name: known.get(gate.name) or GateSolution(setpoint, gate.function or TruthTable(rows))
        for gate, setpoint, rows in zip(netlist.gates, best, found.bits[0], strict=True)
    }


def _nothing(gate: Gate) -> GateSolution:
    """A stand-in for a free gate that was never trained: it gives 0 everywhere it can."""
    low, high = gate.bounds.state
    middle = (low + high) / 2 if np.isfinite(low + high) else 0.0
    function = gate.function or TruthTable("-" * (1 << gate.arity))
    return GateSolution(Setpoint.of(gate, middle, (0.0,) * gate.arity, 0.0), function)


def _ordered(netlist: Netlist, found: dict[str, GateSolution]) -> dict[str, GateSolution]:
    return {gate.name: found[gate.name] for gate in netlist.gates}
