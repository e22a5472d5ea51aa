"""Free gates found output by output, each stage on the gates that are new to it.

A stage sees a small circuit: the gates that only its output needs, fed by nets that are settled.
However many rows the whole circuit has, those nets take few patterns of bits, and every pattern is
one training row. Where two rows with one pattern want different outputs, the settled gates have
lost what the output needs: the stage is impossible, and another solution of an earlier one is taken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from jaxtyping import Bool

from chaoscad.compile import compile_circuit
from chaoscad.logic import TruthTable
from chaoscad.logic.circuit import evaluate_table
from chaoscad.logic.graph import cone
from chaoscad.logic.rows import ONES, packed, unpacked
from chaoscad.netlist import Gate, Netlist, Target
from chaoscad.solve.circuit import train_circuit
from chaoscad.solve.model import Search, Stage
from chaoscad.solve.probes import Probe, Wanted
from chaoscad.solve.rows import TrainingRows
from chaoscad.solve.synthesis import Menu, synthesise
from chaoscad.tune import Progress

MOST_PATTERNS = 512
"""Most patterns that a stage is trained on; the others are checked, and join where they fail."""

HARD_ROUNDS = 6
"""How often patterns that came out wrong join the training rows of a stage."""

ATTEMPTS = 3
"""Starts of a stage's exact search; different solutions are what going back chooses from."""

STAGE_CONFLICTS = 100_000
"""Conflicts after which a stage's exact search is given up."""

MOST_ATTEMPTS = 400
"""Stages that are trained in all, those repeated after going back included."""


@dataclass(frozen=True)
class Staged:
    """What the stages found: a complete truth table for every gate, `None` when the search failed.

    `failed` is the output at which it gave up.
    """

    tables: Mapping[str, TruthTable] | None
    stages: tuple[Stage, ...]
    failed: str | None = None


@dataclass
class _Level:
    """An output with the solutions found for its new gates, of which `chosen` stands."""

    target: Target
    new: tuple[Gate, ...]
    solutions: list[dict[str, TruthTable]]
    chosen: int = 0


@dataclass
class _Problem:
    """One stage: which patterns the settled nets take, and what is wanted at each."""

    boundary: tuple[str, ...]
    patterns: Bool[np.ndarray, "nets patterns"]
    wanted: Bool[np.ndarray, " patterns"]
    impossible: bool = False


def search_staged(
    netlist: Netlist,
    known: Mapping[str, TruthTable],
    checked: Sequence[Probe],
    search: Search,
    *,
    seed: int,
    menus: Mapping[str, Menu | None] | None = None,
    bounded: bool = True,
    progress: Progress | None = None,
) -> Staged:
    """Functions for the free gates of a circuit, from its targets.

    **Arguments:**

    - `known`: the complete tables of the gates that are settled from the start.
    - `checked`: the rows on which targets are compared.
    - `search`: how a stage is trained.
    - `menus`: the functions that every free gate may take; with them a stage is an exact search
      instead.
    """
    return _Search(
        netlist, dict(known), list(checked), search, seed, menus, bounded, progress
    ).run()


@dataclass
class _Search:
    netlist: Netlist
    settled: dict[str, TruthTable]
    checked: list[Probe]
    search: Search
    seed: int
    menus: Mapping[str, Menu | None] | None
    bounded: bool
    progress: Progress | None
    stages: list[Stage] = field(default_factory=list)
    attempts: int = 0

    def __post_init__(self) -> None:
        self.cones = {
            target.output: cone(self.netlist.drivers, [target.output])
            for target in self.netlist.targets
        }
        # Small cones first: what a stage settles is then read by the larger ones, and few gates are new
        # to each.
        place = {target.output: index for index, target in enumerate(self.netlist.targets)}
        self.order = sorted(
            self.netlist.targets,
            key=lambda target: (len(self.cones[target.output]), place[target.output]),
        )
        self.probe_of = {
            wanted.target.output: (probe, wanted)
            for probe in self.checked
            for wanted in probe.wanted
        }

    def run(self) -> Staged:
        """Stage after stage; back to an earlier one where a stage fails."""
        done: list[_Level] = []
        furthest = self.order[0].output
        while len(done) < len(self.order):
            target = self.order[len(done)]
            cone = self.cones[target.output]
            new = tuple(
                gate
                for gate in self.netlist.gates
                if gate.name in cone and gate.name not in self.settled
            )
            solutions = self.stage(target, new)
            if solutions:
                done.append(_Level(target, new, solutions))
                self.settled |= solutions[0]
                furthest = self.order[min(len(done), len(self.order) - 1)].output
                continue
            if self.attempts >= MOST_ATTEMPTS or not self.go_back(done, target, new):
                return Staged(None, tuple(self.stages), furthest)
        return Staged(dict(self.settled), tuple(self.stages))

    def go_back(self, done: list[_Level], target: Target, new: Sequence[Gate]) -> bool:
        """Take the next solution of the latest stage that feeds this one; false when none is left."""
        read = {name for gate in new for name in gate.inputs} | {target.output}
        # Another solution of a stage that this one does not read leaves its patterns as they are, and it
        # fails again: so first those that feed it (the backjump of constraint search), then any.
        for only_feeding in (True, False):
            for index in range(len(done) - 1, -1, -1):
                level = done[index]
                if level.chosen + 1 >= len(level.solutions):
                    continue
                if only_feeding and not any(gate.name in read for gate in level.new):
                    continue
                for later in done[index:]:
                    for gate in later.new:
                        del self.settled[gate.name]
                del done[index + 1 :]
                level.chosen += 1
                self.settled |= level.solutions[level.chosen]
                return True
        return False

    def stage(self, target: Target, new: tuple[Gate, ...]) -> list[dict[str, TruthTable]]:
        """The different solutions of one stage, those that most trials found first."""
        posed = self.problem(target, new)
        if posed.impossible:
            return []
        if not new:
            return [{}]
        self.attempts += 1
        sub = _part(new, posed.boundary, target.output)
        if self.menus is not None:
            return self.exact(target, new, posed, sub, self.menus)
        random = np.random.default_rng([self.seed, self.attempts])
        count = posed.patterns.shape[1]
        # Few patterns, and those that came out wrong join them: 2^n rows cost 2^n, and most say the same.
        chosen = random.permutation(count)[:MOST_PATTERNS]
        for hard in range(HARD_ROUNDS):
            found, stages = train_circuit(
                sub,
                *compile_circuit(sub),
                _training_rows(posed, np.sort(chosen)),
                self.search,
                seed=(self.seed, self.attempts, hard),
                bounded=self.bounded,
                name=f"output {target.output}, {len(new)} gates",
                progress=self.progress,
            )
            self.stages += stages
            if not found.solved:
                return []
            candidates = [
                {gate.name: TruthTable(bits) for gate, bits in zip(new, tables, strict=True)}
                for tables in found.bits
            ]
            solutions, wrong = self.sorted_out(target, new, posed, candidates)
            if solutions:
                return solutions
            chosen = np.union1d(chosen, wrong[:MOST_PATTERNS])
        return []

    def exact(
        self,
        target: Target,
        new: tuple[Gate, ...],
        posed: _Problem,
        sub: Netlist,
        menus: Mapping[str, Menu | None],
    ) -> list[dict[str, TruthTable]]:
        """Solutions of a stage by exact search, from different starts."""
        ones = packed(posed.wanted[None])[0]
        inputs = dict(zip(sub.inputs, packed(posed.patterns), strict=True))
        wanted = Wanted(sub.targets[0], ones, np.full_like(ones, ONES))
        probe = Probe(inputs, (wanted,), sub.gates, True)
        offered = {part.name: menus[gate.name] for part, gate in zip(sub.gates, new, strict=True)}
        candidates: list[dict[str, TruthTable]] = []
        for attempt in range(ATTEMPTS):
            seed = self.seed + 1000 * self.attempts + attempt
            found = synthesise(sub, {}, offered, [probe], seed=seed, conflicts=STAGE_CONFLICTS)
            if found.tables is None:
                break
            tables = found.tables
            candidates.append(
                {gate.name: tables[part.name] for part, gate in zip(sub.gates, new, strict=True)}
            )
        name = f"output {target.output}, {len(new)} gates, exact search"
        outcome = "A solution was found." if candidates else "No solution was found."
        self.stages.append(Stage(name, 1, ATTEMPTS, len(candidates), 0, 0, outcome))
        return self.sorted_out(target, new, posed, candidates)[0]

    def sorted_out(
        self,
        target: Target,
        new: tuple[Gate, ...],
        posed: _Problem,
        candidates: Sequence[dict[str, TruthTable]],
    ) -> tuple[list[dict[str, TruthTable]], Any]:
        """The candidates that are right at every pattern, one of each kind; else the wrong patterns.

        Solutions whose nets differ only by complements are of one kind: what reads them can undo it.
        """
        words = packed(posed.patterns)
        wanted = packed(posed.wanted[None])[0]
        zero = np.zeros_like(wanted)
        kinds: dict[bytes, list[dict[str, TruthTable]]] = {}
        wrong: set[int] = set()
        for tables in candidates:
            nets = dict(zip(posed.boundary, words, strict=True))
            signature: list[bytes] = []
            for gate in new:
                column = evaluate_table(
                    tables[gate.name], [nets[name] for name in gate.inputs], zero
                )
                nets[gate.name] = column
                # Normalised to 0 in the first pattern, a net and its complement have one signature.
                first = column[0] & np.uint64(1)
                signature.append((~column if first else column).tobytes())
            missed = nets[target.output] ^ wanted
            if missed.any():
                places = np.flatnonzero(unpacked(missed[None])[0])
                wrong.update(places[places < posed.patterns.shape[1]].tolist())
            else:
                kinds.setdefault(b"".join(signature), []).append(tables)
        ranked = sorted(kinds.values(), key=lambda members: -len(members))
        return [members[0] for members in ranked], np.array(sorted(wrong), int)

    def problem(self, target: Target, new: Sequence[Gate]) -> _Problem:
        """The patterns of the settled nets that the stage reads, and what is wanted at each."""
        probe, wanted = self.probe_of[target.output]
        nets = probe.nets(self.settled)
        names = {gate.name for gate in new}
        read = {name for gate in new for name in gate.inputs} - names
        if not new:
            read = {target.output}
        boundary = tuple(name for name in nets if name in read)
        bits = unpacked(np.stack([*(nets[name] for name in boundary), wanted.ones, wanted.care]))
        bits = bits[:, bits[-1]]
        # Each column of nets as one key of bytes: `unique` then sorts patterns, not rows of a matrix.
        keys = np.ascontiguousarray(np.packbits(bits[:-2], axis=0).T)
        keys = keys.view(np.dtype((np.void, keys.shape[1]))).reshape(-1)
        _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
        total = np.bincount(inverse, minlength=len(first))
        ups = np.bincount(inverse, weights=bits[-2], minlength=len(first))
        # One pattern, both wanted: no function of these nets is the output.
        mixed = bool(((ups > 0) & (ups < total)).any())
        goal = ups > 0
        if not new and not mixed:
            mixed = bool((bits[0, first] != goal).any())
        return _Problem(boundary, bits[:-2, first], goal, mixed)


def _part(new: Sequence[Gate], boundary: Sequence[str], output: str) -> Netlist:
    """The stage as a circuit of its own, with names that do not depend on where it stands.

    Stages of one shape are then one program, which is compiled once.
    """
    names = {name: f"i{index}" for index, name in enumerate(boundary)}
    names |= {gate.name: f"g{index}" for index, gate in enumerate(new)}
    gates = tuple(
        replace(gate, name=names[gate.name], inputs=tuple(names[name] for name in gate.inputs))
        for gate in new
    )
    head = names[output]
    inputs = tuple(names[name] for name in boundary)
    target = Target(head, "", inputs, "AND")
    return Netlist("stage", "", inputs, (head,), gates, (target,))


def _training_rows(posed: _Problem, chosen: np.ndarray) -> TrainingRows:
    """The chosen patterns, padded to a power of two so that few programs serve all stages."""
    count = max(64, 1 << (len(chosen) - 1).bit_length())
    padded = np.resize(chosen, count)
    care = np.arange(count) < len(chosen)
    return TrainingRows(
        posed.patterns[:, padded], posed.wanted[None, padded], care[None], exhaustive=False
    )
