"""Free gates by exact search: a SAT solver chooses every gate's function.

The unknowns are the truth tables of the free gates; every row of the circuit's inputs that is
looked at says what they must give together. Few rows decide: the search starts with some, and rows
that a solution gets wrong join (counterexample-guided inductive synthesis; Solar-Lezama et al.,
ASPLOS 2006). When a handful of rows has no solution, no choice of functions computes the targets:
that is a proof.

Each function has the margin that its gate can give it. The search asks for the best worst margin
first, so no other truth tables are better than those found at a level above which all are refuted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from pysat.solvers import Solver

from chaoscad.logic import TruthTable
from chaoscad.netlist import Netlist
from chaoscad.solve.probes import Probe

Menu = Mapping[str, float]
"""Complete tables that a gate can compute, with the best margin found for each."""

FIRST_ROWS = 16
"""Random rows that the search starts with."""

JOINING = 6
"""Wrong rows that join at a time."""

CONFLICTS = 20_000
"""Conflicts after which a level of margins is given up, but for the last one."""

MOST_CONFLICTS = 200_000
"""Conflicts after which the search for any solution is given up: some tens of seconds."""

LEVELS = 6
"""Most levels of margins that are tried."""

SAME = 1e-9
"""Margins that differ by less are one level."""

SOLVER = "glucose4"


@dataclass(frozen=True)
class Synthesis:
    """What the search found.

    **Arguments:**

    - `tables`: a complete table for every free gate, or `None`.
    - `impossible`: no functions of the menus compute the targets: proven by the rows looked at.
    - `margin`: the least margin by the menus, infinite where no gate has one.
    - `best`: whether a better least margin is proven impossible within the menus. They hold complete
      tables; a gate whose rows do not all occur may yet do better than its table.
    - `rows`, `conflicts`: how many rows were looked at, and the solver's conflicts.
    """

    tables: Mapping[str, TruthTable] | None
    impossible: bool = False
    margin: float = np.inf
    best: bool = False
    rows: int = 0
    conflicts: int = 0


def synthesise(
    netlist: Netlist,
    known: Mapping[str, TruthTable],
    menus: Mapping[str, Menu | None],
    checked: Sequence[Probe],
    *,
    barred: Mapping[str, Collection[str]] | None = None,
    seed: int = 0,
    conflicts: int = MOST_CONFLICTS,
) -> Synthesis:
    """Functions of the free gates by which every target is right on the rows of `checked`.

    **Arguments:**

    - `known`: complete tables of the gates that are settled.
    - `menus`: for every free gate, the functions that it may take; `None` where any may be tried.
    - `barred`: tables that a gate may not take.
    - `conflicts`: the effort after which the search gives up, undecided.
    """
    random = np.random.default_rng(seed)
    rows = first_rows(checked, random)
    values = sorted({value for menu in menus.values() if menu for value in menu.values()})
    values = [b for a, b in pairwise([-np.inf, *values]) if b - a > SAME]
    levels = _levels(values)
    spent = 0
    found: dict[str, TruthTable] | None = None
    margin, refuted_from = np.inf, np.inf

    def attempt(level: float, budget: int) -> bool | None:
        """Whether tables have at least a margin; `None` where it is given up."""
        nonlocal found, margin, refuted_from, spent
        allowed = {
            name: None
            if menu is None
            else {rows for rows, value in menu.items() if value > level - SAME}
            for name, menu in menus.items()
        }
        tried = Attempt(netlist, known, allowed, barred or {}, checked, random)
        tables, refuted = tried.run(rows, budget)
        spent += tried.conflicts
        if tables is not None:
            found = tables
            margin = min(
                (menu[tables[name].rows] for name, menu in menus.items() if menu), default=np.inf
            )
            return True
        if refuted:
            refuted_from = level
        return False if refuted else None

    for level in levels:
        last = level == levels[-1]
        answer = attempt(level, conflicts if last else min(CONFLICTS, conflicts))
        if answer:
            break
        if last:
            return Synthesis(None, answer is False, rows=len(rows), conflicts=spent)
    # The levels that were passed over, halved until none is left between what is found and refuted.
    while between := [value for value in values if margin + SAME < value < refuted_from]:
        if attempt(between[len(between) // 2], min(CONFLICTS, conflicts)) is None:
            break
    best = not any(value > margin + SAME for value in values if value < refuted_from)
    free_choice = not any((barred or {}).values())
    return Synthesis(found, False, margin, best and free_choice, len(rows), spent)


def _levels(values: Sequence[float]) -> list[float]:
    """Least margins to ask for, from the best down to any."""
    if not values:
        return [-np.inf]
    asked = list(values)
    if len(values) > LEVELS:
        places = np.linspace(0, len(values) - 1, LEVELS).round().astype(int)
        asked = [values[place] for place in places]
    return sorted(asked, reverse=True)


Row = tuple[Mapping[str, int], Mapping[str, int | None]]
"""A row of the circuit's inputs, and what the targets of its probe want there."""


def first_rows(checked: Sequence[Probe], random: np.random.Generator) -> list[Row]:
    """Random rows of every probe, that a search starts with."""
    rows: list[Row] = []
    for probe in checked:
        count = 64 * len(probe.wanted[0].ones)
        for index in random.integers(0, count, FIRST_ROWS):
            rows.append((probe.row(int(index)), probe.bits(int(index))))
    return rows


@dataclass
class Attempt:
    """One search with given menus: a solver that rows are added to.

    **Arguments:**

    - `allowed`, `barred`: the tables that a gate may take, `None` for any, and those it may not.
    - `either`: whether one of every pair of complementary nets is enough, where menus allow it.
    """

    netlist: Netlist
    known: Mapping[str, TruthTable]
    allowed: Mapping[str, set[str] | None]
    barred: Mapping[str, Collection[str]]
    checked: Sequence[Probe]
    random: np.random.Generator
    either: bool = True
    conflicts: int = 0
    variables: int = 1
    tables: dict[str, list[int]] = field(default_factory=dict)

    def run(self, rows: list[Row], budget: int) -> tuple[dict[str, TruthTable] | None, bool]:
        """The tables, or `None` and whether that is proven; wrong rows are appended to `rows`."""
        with Solver(name=SOLVER) as solver:
            self.begin(solver, rows)
            while True:
                solver.conf_budget(max(1, budget - self.conflicts))
                answer = solver.solve_limited()
                self.conflicts = (solver.accum_stats() or {}).get("conflicts", 0)
                if answer is False:
                    return None, True
                if answer is None or self.conflicts >= budget:
                    return None, False
                found = self.read(set(solver.get_model() or ()))
                wrong = self.wrong(found)
                if not wrong:
                    return found, True
                for row in wrong:
                    rows.append(row)
                    self.add(row)

    def begin(self, solver: Any, rows: Sequence[Row]) -> None:
        """Give a solver the tables and the rows that are looked at from the start."""
        self.solver = solver
        solver.add_clause([1])
        self.declare()
        for row in rows:
            self.add(row)

    def new(self) -> int:
        self.variables += 1
        return self.variables

    def declare(self) -> None:
        """A variable for every entry of every free table, and clauses against what is not allowed."""
        outputs = {target.output for target in self.netlist.targets}
        settled_readers = {
            name for gate in self.netlist.gates if gate.name in self.known for name in gate.inputs
        }
        polarised = (
            self.either
            and not any(self.barred.values())
            and all(
                map(_closed, {frozenset(one) for one in self.allowed.values() if one is not None})
            )
        )
        for gate in self.netlist.gates:
            if gate.name in self.known:
                self.tables[gate.name] = [
                    1 if bit == "1" else -1 for bit in self.known[gate.name].rows
                ]
                continue
            entries = [self.new() for _ in range(1 << gate.arity)]
            self.tables[gate.name] = entries
            allowed = self.allowed[gate.name]
            if allowed is not None:
                for rows in every_table(len(entries)):
                    if rows not in allowed:
                        self.solver.add_clause(against(entries, rows))
            for rows in sorted(self.barred.get(gate.name, ())):
                self.solver.add_clause(against(entries, rows))
            if polarised and gate.name not in outputs | settled_readers:
                # What reads a net can undo its complement by that of its input, so one of the two is enough.
                self.solver.add_clause([-entries[0]])

    def add(self, row: Row) -> None:
        """The circuit on one row of its inputs."""
        inputs, known = row
        literal = {name: 1 if inputs[name] else -1 for name in self.netlist.inputs}
        wanted: dict[str, int] = {}
        bits = {name: -inputs[name] for name in self.netlist.inputs}
        for target in self.netlist.targets:
            if target.output in known:
                bit = known[target.output]
            else:
                ones, care = target.evaluate(bits, 0)
                bit = ones & 1 if care & 1 else None
            if bit is not None:
                wanted[target.output] = 1 if bit else -1
        for name, value in wanted.items():
            if name in literal and literal[name] != value:
                self.solver.add_clause([])
        for gate in self.netlist.gates:
            out = wanted.get(gate.name) or self.new()
            literal[gate.name] = out
            read = [literal[name] for name in gate.inputs]
            for local, entry in enumerate(self.tables[gate.name]):
                clause = _unless(read, local)
                if clause is not None:
                    self.clause([*clause, -entry, out])
                    self.clause([*clause, entry, -out])

    def clause(self, literals: list[int]) -> None:
        """Add a clause, without literals that are constant."""
        if 1 in literals:
            return
        self.solver.add_clause([literal for literal in literals if literal != -1])

    def read(self, model: set[int]) -> dict[str, TruthTable]:
        return {
            gate.name: TruthTable(
                "".join("1" if entry in model else "0" for entry in self.tables[gate.name])
            )
            for gate in self.netlist.gates
        }

    def wrong(self, tables: Mapping[str, TruthTable]) -> list[Row]:
        """Some rows in which a target is missed."""
        found: list[Row] = []
        for probe in self.checked:
            places = np.flatnonzero(probe.wrong(probe.nets(tables)))
            chosen = self.random.choice(places, min(JOINING, len(places)), replace=False)
            found += [(probe.row(int(place)), probe.bits(int(place))) for place in np.sort(chosen)]
        return found[: 4 * JOINING]


def every_table(rows: int) -> list[str]:
    """Every complete table of so many rows."""
    return [format(number, f"0{rows}b") for number in range(1 << rows)]


def against(entries: Sequence[int], rows: str) -> list[int]:
    """The clause that excludes one table."""
    return [-entry if bit == "1" else entry for entry, bit in zip(entries, rows, strict=True)]


def _closed(allowed: Collection[str]) -> bool:
    """Whether tables stay among those allowed when the output or any input is complemented."""

    def turned(rows: str) -> Iterator[str]:
        yield TruthTable(rows).complement().rows
        for bit in (1 << place for place in range(len(rows).bit_length() - 1)):
            yield "".join(rows[place ^ bit] for place in range(len(rows)))

    return all(one in allowed for rows in allowed for one in turned(rows))


def _unless(inputs: Sequence[int], local: int) -> list[int] | None:
    """Literals that hold unless the inputs are at a local row; `None` when they never are."""
    clause: list[int] = []
    for position, literal in enumerate(inputs):
        bit = local >> (len(inputs) - 1 - position) & 1
        if literal in (1, -1):
            if (literal == 1) != bool(bit):
                return None
        else:
            clause.append(-literal if bit else literal)
    return clause
