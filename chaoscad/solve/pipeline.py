"""From a netlist to parameters: known gates, then free gates, then the margin of every gate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from chaoscad.compile import Setpoints, unstack
from chaoscad.errors import ChaoscadError
from chaoscad.family import Family, families
from chaoscad.feasibility import Feasibility
from chaoscad.gate import Setpoint
from chaoscad.netlist import Gate, Netlist, TruthTable
from chaoscad.solve.asked import searched
from chaoscad.solve.certificates import MOST_CERTIFIED, certificates, family_answers
from chaoscad.solve.look_up import looked_up
from chaoscad.solve.model import (
    GATES,
    GateSolution,
    Ranking,
    Search,
    Settings,
    Solution,
    Stage,
    Verdict,
)
from chaoscad.solve.probes import Row
from chaoscad.solve.problem import (
    Problem,
    ProblemSolution,
    components,
    problem,
    solutions,
)
from chaoscad.solve.proven import proven
from chaoscad.solve.variants import promising
from chaoscad.systems import Flow
from chaoscad.tune import Progress

if TYPE_CHECKING:
    from chaoscad.solve.circuit import Found

LOOKED_UP = "cell library"
"""The stage of gates that a library answers."""


@np.errstate(all="ignore")
def solve(
    netlist: Netlist,
    settings: Settings | None = None,
    progress: Progress | None = None,
    *,
    hard_rows: Sequence[Row] = (),
    ranking: Ranking | None = None,
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
    - `ranking`: of the functions that free gates may take, in place of their margins.

    **Raises:** `ChaoscadError` when the bounds of tied gates contradict each other.
    """
    settings = settings or Settings()
    if netlist.sharing:
        _check_ties(netlist)
    classes = components(netlist.gates, netlist.sharing)
    ready = [
        members
        for members in classes
        if all(netlist.gates[index].function is not None for index in members)
    ]
    free = len(ready) < len(classes)
    wanted = {gate.name: gate.function for gate in netlist.gates if gate.function is not None}
    posed = [_problems(netlist, members, wanted) for members in ready]
    ready_made = _ready_made([item for items in posed for item in items], settings)
    # Of a large family the search settles in seconds what proofs, member by member, take longer for.
    later = {
        netlist.gates[index].name for one in ready if len(one) > MOST_CERTIFIED for index in one
    }
    answered = {
        netlist.gates[index].name
        for members, items in zip(ready, posed, strict=True)
        if len(members) > 1 and any(item in ready_made for item in items)
        for index in members
    }
    infeasible = certificates(netlist, ready_made, later | answered) if settings.bounded else {}
    if infeasible:
        return _impossible(netlist, infeasible)
    search = _margins(settings) if free else settings.gates
    known, unsolved, stages = _solve_known(
        netlist, ready, posed, ready_made, search, settings, progress, polish=settings.polish
    )
    proofs: list[Feasibility] = []
    if settings.bounded and unsolved:
        if later.intersection(unsolved):
            others = {gate.name for gate in netlist.gates} - later
            infeasible = certificates(netlist, ready_made, others, together=False)
            if infeasible:
                return _impossible(netlist, infeasible)
        proofs = family_answers(netlist, unsolved)
    if not free:
        against = [one for one in proofs if one.verdict == "infeasible"]
        verdict = Verdict.INFEASIBLE if against else Verdict.GATES if unsolved else Verdict.SOLVED
        return Solution(
            verdict,
            _ordered(netlist, known),
            tuple(unsolved),
            tuple(stages),
            {name: one for one in against for name in one.family},
            tuple(one for one in proofs if one not in against),
        )
    if unsolved:
        # Training on top of gates that fail would only hide which ones they are.
        blank = {gate.name: known.get(gate.name) or _nothing(gate) for gate in netlist.gates}
        return Solution(Verdict.GATES, blank, tuple(unsolved), tuple(stages))
    # What trains is loaded where something is trained: a look-up needs no JAX.
    from chaoscad.solve.free import find_functions

    outcome = find_functions(
        netlist, known, settings, hard_rows=hard_rows, ranking=ranking, progress=progress
    )
    stages += outcome.stages
    if not outcome.candidates or (not settings.polish and outcome.found is not None):
        trained = _as_trained(netlist, outcome.found, known)
        return Solution(outcome.verdict, trained, (), tuple(stages))
    left = [members for members in classes if members not in ready]
    chosen, failed, more = _best_margins(
        netlist, left, outcome.candidates, settings, ranking, progress
    )
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
    found = Stage(LOOKED_UP, different, 0, different, 0, 0, "Every cell was looked up.")
    return [found, *stages]


def _margins(settings: Settings) -> Search:
    """The search for the best margins, with the restarts that were asked for."""
    asked = settings.gates
    return replace(GATES, restarts=asked.restarts, flow_restarts=asked.flow_restarts)


FIGURES = 9
"""Decimals to which relative margins are compared."""


def _impossible(netlist: Netlist, infeasible: dict[str, Feasibility]) -> Solution:
    """No setting, with the proofs; of families what most of their members can be together."""
    found = {gate.name: _nothing(gate) for gate in netlist.gates}
    missing = list(infeasible)
    for family in families(netlist.gates, netlist.sharing):
        proof = infeasible.get(family.gates[0].name)
        if proof is None or not proof.family or len(infeasible) > len(family.gates):
            continue
        item = Problem(family.gates, family.wanted)
        if (part := _part(family)) is not None:
            names = [gate.name for gate in family.gates]
            found |= zip(names, solutions(item, part, family.wanted), strict=True)
            missing = _wrong(family.gates, part)
    return Solution(Verdict.INFEASIBLE, found, tuple(missing), infeasible=infeasible)


def _part(family: Family) -> ProblemSolution | None:
    """A setting that does as many members as any that the search sees."""
    from chaoscad.solve.families import searched

    if isinstance(family.gates[0].setting.system, Flow):
        return None
    found = searched(family, np.random.default_rng(0))
    if found is None:
        return None
    points = unstack(found.setpoints, family.gates)
    margins = [point.margin(wanted) for point, wanted in zip(points, family.wanted, strict=True)]
    return ProblemSolution(found.setpoints, np.array(margins), min(margins))


def _check_ties(netlist: Netlist) -> None:
    """Refuse ties that leave no common value, with the gates' own names and the file's."""
    from chaoscad.solve.slots import build_space

    try:
        build_space(netlist.gates, netlist.sharing)
    except ChaoscadError as error:
        raise error.about(netlist.file) from None


def _solve_known(
    netlist: Netlist,
    classes: Sequence[tuple[int, ...]],
    posed: Sequence[Sequence[Problem]],
    ready_made: Mapping[Problem, ProblemSolution],
    search: Search,
    settings: Settings,
    progress: Progress | None,
    *,
    polish: bool,
) -> tuple[dict[str, GateSolution], list[str], list[Stage]]:
    if not posed:
        return {}, [], []
    every = [item for items in posed for item in items]
    asked = [item for item in every if item not in ready_made]
    answers, stages = searched(
        asked,
        search,
        seed=settings.seed,
        bounded=settings.bounded,
        polish=polish,
        progress=progress,
    )
    if polish and search.loss is not None:
        sharper, more = searched(
            asked, GATES, seed=settings.seed, bounded=settings.bounded, progress=progress
        )
        stages += more
        answers = {item: max(answers[item], sharper[item], key=_score) for item in answers}
    answers |= ready_made
    best = [_highest(items, answers) for items in posed]
    if settings.bounded:
        answers = proven(best, answers, ready_made, improve=polish)
    stages = _with_look_ups(stages, every, ready_made)
    known: dict[str, GateSolution] = {}
    unsolved: list[str] = []
    for members, item in zip(classes, best, strict=True):
        gates = [netlist.gates[index] for index in members]
        found = solutions(item, answers[item], item.wanted)
        known |= {gate.name: one for gate, one in zip(gates, found, strict=True)}
        unsolved += _wrong(gates, answers[item])
    return known, unsolved, stages


def _wrong(gates: Sequence[Gate], answer: ProblemSolution) -> list[str]:
    """The gates without a margin; of flows all, where integrators do not agree on one."""
    if answer.score > 0:
        return []
    own = [gate.name for gate, one in zip(gates, answer.margin, strict=True) if not one > 0]
    return own or [gate.name for gate in gates]


def _score(answer: ProblemSolution) -> float:
    return answer.score


def _problems(
    netlist: Netlist, members: tuple[int, ...], wanted: Mapping[str, TruthTable]
) -> list[Problem]:
    """What gates that are solved together pose: one problem for each of a gate's variants."""
    gates = [netlist.gates[index] for index in members]
    tables = [wanted[gate.name] for gate in gates]
    if len(gates) == 1:
        return [problem([one], tables, ()) for one in gates[0].variants]
    names = {gate.name for gate in gates}
    ties = [tie for tie in netlist.sharing if names.issuperset(tie.gates)]
    return [problem(made, tables, ties) for made in promising(netlist, gates, tables, ties)]


def _highest(items: Sequence[Problem], answers: Mapping[Problem, ProblemSolution]) -> Problem:
    """The variant of the best relative margin; of equal ones the first."""
    return max(items, key=lambda item: round(answers[item].score, FIGURES))


def _best_margins(
    netlist: Netlist,
    classes: Sequence[tuple[int, ...]],
    candidates: Sequence[Mapping[str, TruthTable]],
    settings: Settings,
    ranking: Ranking | None,
    progress: Progress | None,
) -> tuple[dict[str, GateSolution], list[str], list[Stage]]:
    """The candidate whose gates have the best margins, and those margins' settings."""
    offered = [
        [_problems(netlist, members, tables) for members in classes] for tables in candidates
    ]
    every = [item for several in offered for items in several for item in items]
    ready_made = _ready_made(every, settings)
    answers, stages = searched(
        [item for item in every if item not in ready_made],
        _margins(settings),
        seed=settings.seed,
        bounded=settings.bounded,
        progress=progress,
    )

    answers |= ready_made
    stages = _with_look_ups(stages, every, ready_made)
    posed = [[_highest(items, answers) for items in several] for several in offered]

    ranked: dict[tuple[Gate, ...], float] = {}
    if ranking is not None and len(posed) > 1:
        ranked = _ranked(netlist, classes, candidates, ranking)

    def merit(number: int) -> tuple[float, float]:
        scores = [answers[item].score for item in posed[number]]
        if ranked and min(scores) > 0:
            scores = [ranked[one] for one in _posers(netlist, classes, candidates[number])]
        return round(min(scores), FIGURES), round(float(np.mean(scores)), FIGURES)

    best = max(range(len(posed)), key=lambda index: (merit(index), -index))
    if settings.bounded:
        answers = proven(posed[best], answers, ready_made)
    chosen: dict[str, GateSolution] = {}
    failed: list[str] = []
    for members, item in zip(classes, posed[best], strict=True):
        gates = [netlist.gates[index] for index in members]
        functions = [candidates[best][gate.name] for gate in gates]
        found_here = solutions(item, answers[item], functions)
        chosen |= {gate.name: one for gate, one in zip(gates, found_here, strict=True)}
        failed += _wrong(gates, answers[item])
    return chosen, failed, stages


def _posers(
    netlist: Netlist, classes: Sequence[tuple[int, ...]], tables: Mapping[str, TruthTable]
) -> list[tuple[Gate, ...]]:
    """The gates that are solved together, nameless, with their functions."""
    return [
        tuple(
            replace(gate, name="", inputs=("",) * gate.arity, function=tables[gate.name])
            for gate in (netlist.gates[index] for index in members)
        )
        for members in classes
    ]


def _ranked(
    netlist: Netlist,
    classes: Sequence[tuple[int, ...]],
    candidates: Sequence[Mapping[str, TruthTable]],
    ranking: Ranking,
) -> dict[tuple[Gate, ...], float]:
    """How good every set of gates that are solved together is: as its worst gate alone."""
    posers = dict.fromkeys(
        one for tables in candidates for one in _posers(netlist, classes, tables)
    )
    different = list(dict.fromkeys(gate for one in posers for gate in one))
    merits = dict(zip(different, ranking(different), strict=True))
    return {one: min(merits[gate] for gate in one) for one in posers}


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
