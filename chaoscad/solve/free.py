"""Functions for the free gates of a circuit, by exact search, by training, or by one after the other.

What trains is loaded where something is trained: a search among functions of a library needs no JAX.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from chaoscad.family import Family
from chaoscad.logic import TruthTable
from chaoscad.netlist import Gate, Netlist, Tie
from chaoscad.solve.asked import searched
from chaoscad.solve.greatest import greatest_sum
from chaoscad.solve.menu import at_once, kind, menus
from chaoscad.solve.model import CIRCUIT, GATES, GateSolution, Ranking, Settings, Stage, Verdict
from chaoscad.solve.probes import Probe, Row, probes, reached_rows
from chaoscad.solve.problem import components, problem
from chaoscad.solve.synthesis import Menu, synthesise
from chaoscad.tune import Progress

if TYPE_CHECKING:
    from chaoscad.solve.circuit import Found

FEW_FREE = 10
"""Free gates up to which a circuit can be trained whole."""

MOST_BARRED = 20
"""How often functions that a gate turns out unable to compute are barred and others looked for."""


@dataclass(frozen=True)
class FreeGates:
    """What was found for the free gates.

    **Arguments:**

    - `candidates`: sets of tables, one for every gate of the circuit, with `-` at local rows that
      never occur; empty when nothing was found.
    - `found`: what training the circuit whole left, its parameters included.
    """

    verdict: Verdict
    candidates: tuple[Mapping[str, TruthTable], ...] = ()
    stages: tuple[Stage, ...] = ()
    found: Found | None = None


def find_functions(
    netlist: Netlist,
    known: Mapping[str, GateSolution],
    settings: Settings,
    *,
    hard_rows: Sequence[Row] = (),
    ranking: Ranking | None = None,
    progress: Progress | None = None,
) -> FreeGates:
    """Functions by which the circuit reaches its targets.

    Gates in `known` stand as they are. Tied free gates share parameters, not functions: they are
    trained whole, unless they are families (one element in several configurations), whose functions
    are searched for and whose hardware is found afterwards.
    """
    free = [gate for gate in netlist.gates if gate.name not in known]
    tied = any(name not in known for tie in netlist.sharing for name in tie.gates)
    declared = any(gate.function is not None for gate in free)
    families = tied and _are_families(netlist, free)
    whole_only = ((tied or declared) and not families) or not settings.bounded
    method = settings.method
    stages: list[Stage] = []
    left: FreeGates | None = None
    # The exact search finds the best margins. Training goes before it where margins take training, or
    # where a training of one's own is asked for.
    usual = settings.polish and settings.circuit == CIRCUIT and all(map(at_once, free))
    exact_first = usual or families or ranking is not None
    first = method == "gradient" or (method == "auto" and not exact_first)
    if whole_only or (first and len(free) <= FEW_FREE):
        left = _whole(netlist, known, settings, progress)
        if left.candidates or whole_only:
            return left
        stages += left.stages
    tables = {gate.name: bits_of(known[gate.name]) for gate in netlist.gates if gate.name in known}
    checked = probes(netlist, settings.seed, hard_rows)
    # Nothing trained is right where a proof needs no abilities of the gates, or has been tried before.
    retried = method == "auto" and not first and len(free) <= FEW_FREE
    exact: FreeGates | None = None
    if method != "gradient":
        exact = _exact(netlist, tables, free, checked, settings, ranking, progress)
        stages += exact.stages
        impossible = exact.verdict is Verdict.IMPOSSIBLE and not retried
        if exact.candidates or impossible or exact.verdict is Verdict.WIRING or method == "sat":
            found = left.found if left is not None else None
            return replace(exact, stages=tuple(stages), found=None if exact.candidates else found)
    if retried:
        left = _whole(netlist, known, settings, progress)
        stages += left.stages
        if left.candidates:
            return replace(left, stages=tuple(stages))
        if exact is not None and exact.verdict is Verdict.IMPOSSIBLE:
            return replace(exact, stages=tuple(stages), found=left.found)
    if len(netlist.targets) > 1 or len(free) > FEW_FREE:
        from chaoscad.solve.staged import search_staged

        staged = search_staged(
            netlist, tables, checked, settings.circuit, seed=settings.seed, progress=progress
        )
        stages += staged.stages
        if staged.tables is not None:
            chosen = open_rows(netlist, staged.tables, checked)
            return FreeGates(Verdict.SOLVED, (chosen,), tuple(stages))
    found = left.found if left is not None else None
    return FreeGates(Verdict.TARGETS, (), tuple(stages), found)


def _are_families(netlist: Netlist, free: Sequence[Gate]) -> bool:
    """Whether all free gates that are tied are families."""
    ties = netlist.sharing
    joined = [
        [free[index] for index in members]
        for members in components(free, _among(free, ties))
        if len(members) > 1
    ]
    return all(
        Family.of(gates, [TruthTable("-" * (1 << gate.arity)) for gate in gates], ties) is not None
        for gates in joined
    )


def _among(gates: Sequence[Gate], ties: Sequence[Tie]) -> list[Tie]:
    """The ties between some gates."""
    names = {gate.name for gate in gates}
    return [tie for tie in ties if names.issuperset(tie.gates)]


def _allowed(gate: Gate, menu: Menu | None) -> Menu | None:
    """What is left of a gate's menu by the function that is declared for it."""
    if gate.function is None:
        return menu
    wanted = gate.function.rows
    if menu is None:
        return {wanted.replace("-", "0"): 0.0}
    return {
        rows: margin
        for rows, margin in menu.items()
        if all(want in ("-", bit) for want, bit in zip(wanted, rows, strict=True))
    }


def bits_of(solution: GateSolution) -> TruthTable:
    """What a solved gate computes at every local row, those that its function leaves open included."""
    # Where the function says something, the solution was made to say the same.
    return TruthTable(
        "".join(
            ("1" if bit else "0") if want == "-" else want
            for want, bit in zip(solution.function.rows, solution.setpoint.bits(), strict=True)
        )
    )


def open_rows(
    netlist: Netlist, tables: Mapping[str, TruthTable], checked: Sequence[Probe]
) -> dict[str, TruthTable]:
    """The tables, with `-` at the local rows of free gates that never occur.

    Rows that are only a sample say nothing about what never occurs: then the tables stay complete.
    """
    if not all(probe.exact for probe in checked):
        return {gate.name: gate.function or tables[gate.name] for gate in netlist.gates}
    reached = reached_rows(netlist, tables, checked)
    chosen: dict[str, TruthTable] = {}
    for gate in netlist.gates:
        rows = zip(tables[gate.name].rows, reached[gate.name], strict=True)
        chosen[gate.name] = gate.function or TruthTable(
            "".join(bit if seen == "1" else "-" for bit, seen in rows)
        )
    return chosen


def _whole(
    netlist: Netlist,
    known: Mapping[str, GateSolution],
    settings: Settings,
    progress: Progress | None,
) -> FreeGates:
    """Every free gate trained at once."""
    from chaoscad.solve.circuit import search_circuit

    found, stages = search_circuit(
        netlist,
        known,
        settings.circuit,
        seed=settings.seed,
        bounded=settings.bounded,
        progress=progress,
    )
    if not found.solved:
        return FreeGates(Verdict.TARGETS, (), tuple(stages), found)
    candidates: list[Mapping[str, TruthTable]] = []
    for bits, reached in zip(found.bits, found.reached, strict=True):
        tables: dict[str, TruthTable] = {}
        for index, gate in enumerate(netlist.gates):
            if gate.function is not None:
                tables[gate.name] = gate.function
            elif found.exhaustive:
                # Rows that never occur are free, which leaves more room for the others.
                rows = zip(bits[index], reached[index], strict=True)
                tables[gate.name] = TruthTable(
                    "".join(bit if seen == "1" else "-" for bit, seen in rows)
                )
            else:
                tables[gate.name] = TruthTable(bits[index])
        if tables not in candidates:
            candidates.append(tables)
    return FreeGates(Verdict.SOLVED, tuple(candidates), tuple(stages), found)


def _exact(
    netlist: Netlist,
    tables: Mapping[str, TruthTable],
    free: Sequence[Gate],
    checked: Sequence[Probe],
    settings: Settings,
    ranking: Ranking | None,
    progress: Progress | None,
) -> FreeGates:
    """Functions by exact search, of those that each gate is found able to compute."""
    asked = settings.gates
    search = replace(GATES, restarts=asked.restarts, flow_restarts=asked.flow_restarts)
    offered, stages = menus(
        free,
        search,
        seed=settings.seed,
        bounded=settings.bounded,
        look_up=settings.look_up,
        ranking=ranking,
        progress=progress,
    )
    offered = {gate.name: _allowed(gate, offered[gate.name]) for gate in free}
    barred: dict[tuple[object, ...], set[str]] = {}
    able: dict[tuple[object, ...], set[str]] = {}
    for _ in range(MOST_BARRED):
        found = synthesise(
            netlist,
            tables,
            offered,
            checked,
            barred={gate.name: barred.get(kind(gate), set()) for gate in free},
            seed=settings.seed,
        )
        outcome = "A solution was found."
        if found.tables is None:
            outcome = "No functions do it: proven." if found.impossible else "It was given up."
        elif found.best:
            outcome = "A solution was found; no other tables have a better least margin."
        solved = int(found.tables is not None)
        name = f"exact search, {len(free)} gates, {found.rows} rows"
        stages.append(Stage(name, 1, 1, solved, 0, found.conflicts, outcome))
        if found.tables is None and not found.impossible and len(netlist.targets) > 1:
            from chaoscad.solve.staged import search_staged

            staged = search_staged(
                netlist,
                tables,
                checked,
                settings.circuit,
                seed=settings.seed,
                menus=offered,
                progress=progress,
            )
            stages += staged.stages
            found = replace(found, tables=staged.tables)
        if found.tables is None:
            # What a gate could not be trained to do is not proven impossible.
            verdict = Verdict.TARGETS
            if found.impossible and not barred:
                any_function = dict.fromkeys(offered)
                wiring = synthesise(netlist, tables, any_function, checked, seed=settings.seed)
                verdict = Verdict.WIRING if wiring.impossible else Verdict.IMPOSSIBLE
            return FreeGates(verdict, (), tuple(stages))
        greatest = greatest_sum(
            netlist,
            tables,
            offered,
            checked,
            found.margin,
            barred={gate.name: barred.get(kind(gate), set()) for gate in free},
            seed=settings.seed,
        )
        found = replace(found, tables=greatest or found.tables)
        assert found.tables is not None
        chosen = open_rows(netlist, found.tables, checked)
        wide = [
            gate
            for gate in free
            if offered[gate.name] is None
            and chosen[gate.name].rows not in able.setdefault(kind(gate), set())
        ]
        posed = {
            gate.name: [problem([one], [chosen[gate.name]], ()) for one in gate.variants]
            for gate in wide
        }
        asked = [item for items in posed.values() for item in items]
        answers, more = searched(asked, search, seed=settings.seed, polish=False, progress=progress)
        stages += more
        failed = [
            gate for gate in wide if not any(answers[item].score > 0 for item in posed[gate.name])
        ]
        for gate in wide:
            if gate not in failed:
                able[kind(gate)].add(chosen[gate.name].rows)
        if not failed:
            return FreeGates(Verdict.SOLVED, (chosen,), tuple(stages))
        for gate in failed:
            barred.setdefault(kind(gate), set()).add(found.tables[gate.name].rows)
    return FreeGates(Verdict.TARGETS, (), tuple(stages))
