"""From a netlist to parameters: known gates, then free gates, then the margin of every gate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from chaoscad.compile import Parameters
from chaoscad.errors import ChaoscadError
from chaoscad.feasibility import Feasibility, best_found, feasibility, with_remedies
from chaoscad.netlist import Gate, Netlist, TruthTable
from chaoscad.solve.circuit import Found, search_circuit
from chaoscad.solve.gates import (
    Answer,
    Problem,
    components,
    problem,
    solutions,
    solve_problems,
)
from chaoscad.solve.model import GATES, GateSolution, Search, Settings, Solution, Stage, Verdict
from chaoscad.solve.slots import build_space, value_range
from chaoscad.systems import Flow
from chaoscad.tune import Progress


@np.errstate(all="ignore")
def solve(
    netlist: Netlist, settings: Settings | None = None, progress: Progress | None = None
) -> Solution:
    """Parameters for every gate of a circuit.

    Gates of one-dimensional maps whose function is proven impossible are reported with the proof,
    and nothing is trained. Gates with a function are solved one by one, or together where they are
    tied. Free gates are trained together from the targets, with the others standing as solved. Then
    every gate's function is known, and its margin is maximised. Among the trials that reached the
    targets, the one whose gates have the best margins is taken.

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
    infeasible = certificates(netlist) if settings.bounded else {}
    if infeasible:
        blank = {gate.name: _nothing(gate) for gate in netlist.gates}
        return Solution(Verdict.INFEASIBLE, blank, tuple(infeasible), infeasible=infeasible)
    search = _margins(settings) if free else settings.gates
    wanted = {gate.name: gate.function for gate in netlist.gates if gate.function is not None}
    known, unsolved, stages = _solve_known(
        netlist, ready, wanted, search, settings, progress, polish=settings.polish
    )
    if not free:
        verdict = Verdict.GATES if unsolved else Verdict.SOLVED
        return Solution(verdict, _ordered(netlist, known), tuple(unsolved), tuple(stages))
    if unsolved:
        # Training on top of gates that fail would only hide which ones they are.
        blank = {gate.name: known.get(gate.name) or _nothing(gate) for gate in netlist.gates}
        return Solution(Verdict.GATES, blank, tuple(unsolved), tuple(stages))
    found, more = search_circuit(
        netlist,
        known,
        settings.circuit,
        seed=settings.seed,
        bounded=settings.bounded,
        progress=progress,
    )
    stages += more
    if not found.solved or not settings.polish:
        trained = _as_trained(netlist, found, known)
        verdict = Verdict.SOLVED if found.solved else Verdict.TARGETS
        return Solution(verdict, trained, (), tuple(stages))
    left = [members for members in classes if members not in ready]
    chosen, stage = _best_margins(netlist, left, found, settings, progress)
    return Solution(Verdict.SOLVED, _ordered(netlist, {**known, **chosen}), (), (*stages, *stage))


def _margins(settings: Settings) -> Search:
    """The search for the best margins, with the restarts that were asked for."""
    asked = settings.gates
    return replace(GATES, restarts=asked.restarts, flow_restarts=asked.flow_restarts)


PROOF_BOXES = 50_000
"""Boxes that the search for a proof of infeasibility may examine before a gate is trained."""

PROOF_EPSILON = 1e-4
"""The margin that counts as none in that search, as a share of the range of the gate's values."""


def certificates(netlist: Netlist) -> dict[str, Feasibility]:
    """The gates whose function is proven impossible within their bounds, with what would help."""
    found: dict[str, Feasibility] = {}
    answers: dict[Problem, Feasibility] = {}
    for gate in netlist.gates:
        if gate.function is None:
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
        posed = problem([gate], [gate.function], ())
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
        raise ChaoscadError(
            [replace(item, file=netlist.file) for item in error.diagnostics]
        ) from None


def _solve_known(
    netlist: Netlist,
    classes: Sequence[tuple[int, ...]],
    wanted: dict[str, TruthTable],
    search: Search,
    settings: Settings,
    progress: Progress | None,
    *,
    polish: bool,
) -> tuple[dict[str, GateSolution], list[str], list[Stage]]:
    posed = [_problem(netlist, members, wanted) for members in classes]
    if not posed:
        return {}, [], []
    answers, stages = solve_problems(
        posed,
        search,
        seed=settings.seed,
        bounded=settings.bounded,
        polish=polish,
        progress=progress,
    )
    if polish and search.loss is not None:
        sharper, more = solve_problems(
            posed, GATES, seed=settings.seed, bounded=settings.bounded, progress=progress
        )
        stages += more
        answers = {item: max(answers[item], sharper[item], key=_score) for item in answers}
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


def _score(answer: Answer) -> float:
    return answer.score


def _problem(netlist: Netlist, members: tuple[int, ...], wanted: dict[str, TruthTable]) -> Problem:
    gates = [netlist.gates[index] for index in members]
    names = {gate.name for gate in gates}
    ties = [tie for tie in netlist.ties if names.issuperset(tie.gates)]
    return problem(gates, [wanted[gate.name] for gate in gates], ties)


def _best_margins(
    netlist: Netlist,
    classes: Sequence[tuple[int, ...]],
    found: Found,
    settings: Settings,
    progress: Progress | None,
) -> tuple[dict[str, GateSolution], list[Stage]]:
    """The functions of the trial whose gates have the best margins, and those margins' settings."""
    candidates: list[dict[str, TruthTable]] = []
    for bits, reached in zip(found.bits, found.reached, strict=True):
        tables: dict[str, TruthTable] = {}
        for index, gate in enumerate(netlist.gates):
            if gate.function is not None:
                tables[gate.name] = gate.function
            elif found.exhaustive:
                # Rows that never occur are free, which leaves more room for the others.
                tables[gate.name] = TruthTable(
                    "".join(
                        bit if seen == "1" else "-"
                        for bit, seen in zip(bits[index], reached[index], strict=True)
                    )
                )
            else:
                tables[gate.name] = TruthTable(bits[index])
        if tables not in candidates:
            candidates.append(tables)
    posed = [[_problem(netlist, members, tables) for members in classes] for tables in candidates]
    answers, stages = solve_problems(
        [item for items in posed for item in items],
        _margins(settings),
        seed=settings.seed,
        bounded=settings.bounded,
        progress=progress,
    )

    def merit(items: list[Problem]) -> tuple[float, float]:
        scores = [answers[item].score for item in items]
        return round(min(scores), 9), round(float(np.mean(scores)), 9)

    best = max(range(len(posed)), key=lambda index: (merit(posed[index]), -index))
    chosen: dict[str, GateSolution] = {}
    for members, item in zip(classes, posed[best], strict=True):
        gates = [netlist.gates[index] for index in members]
        functions = [candidates[best][gate.name] for gate in gates]
        found_here = solutions(item, answers[item], functions)
        chosen |= {gate.name: one for gate, one in zip(gates, found_here, strict=True)}
    return chosen, stages


def _as_trained(
    netlist: Netlist, found: Found, known: dict[str, GateSolution]
) -> dict[str, GateSolution]:
    parameters = Parameters(*(leaf[..., 0] for leaf in found.parameters))
    trained: dict[str, GateSolution] = {}
    for index, gate in enumerate(netlist.gates):
        trained[gate.name] = known.get(gate.name) or GateSolution(
            x0=float(parameters.x0[index]),
            delta=tuple(float(weight) for weight in parameters.delta[index, : gate.arity]),
            threshold=float(parameters.threshold[index]),
            system=tuple(
                float(value) for value in parameters.system[index, : len(gate.setting.values)]
            ),
            function=gate.function or TruthTable(found.bits[0][index]),
        )
    return trained


def _nothing(gate: Gate) -> GateSolution:
    """A stand-in for a free gate that was never trained: it gives 0 everywhere it can."""
    low, high = gate.bounds.state
    middle = (low + high) / 2 if np.isfinite(low + high) else 0.0
    return GateSolution(
        middle,
        (0.0,) * gate.arity,
        0.0,
        gate.setting.values,
        gate.function or TruthTable("-" * (1 << gate.arity)),
    )


def _ordered(netlist: Netlist, found: dict[str, GateSolution]) -> dict[str, GateSolution]:
    return {gate.name: found[gate.name] for gate in netlist.gates}
