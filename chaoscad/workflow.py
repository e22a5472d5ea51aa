"""The main job: solve a netlist, verify the result, and make a design of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from chaoscad.design import Design
from chaoscad.errors import Diagnostic, NotSolved
from chaoscad.gate import Solved
from chaoscad.netlist import Gate, Netlist
from chaoscad.netlist.data import dump
from chaoscad.solve import Ranking, Settings, Solution, solve
from chaoscad.tune import Progress
from chaoscad.verification import Verification, judged

HARD_ROUNDS = 6
"""How often a circuit is solved again with the rows that verification found wrong."""


@dataclass(frozen=True)
class Optimized:
    """A design with what led to it."""

    design: Design
    solution: Solution
    verification: Verification


def optimize(
    netlist: Netlist,
    *,
    seed: int = 0,
    settings: Settings | None = None,
    progress: Progress | None = None,
    command: str | None = None,
    require_solved: bool = False,
) -> Design:
    """Find parameters for every gate of a netlist, and verify them.

    **Arguments:**

    - `seed`: of the random starts; the same seed gives the same design.
    - `settings`: every other choice; its own seed is replaced by `seed`.
    - `progress`: listens to the training runs.
    - `command`: kept in the design's provenance.
    - `require_solved`: whether a design that does not verify is an error.

    **Returns:** the design; `design.solved` says whether verification passed.

    **Raises:** `NetlistError` when the netlist's bounds contradict each other; `NotSolved`, with what
    verification found, when it is asked for.
    """
    found = run(netlist, seed=seed, settings=settings, progress=progress, command=command)
    if require_solved and not found.design.solved:
        raise NotSolved(Diagnostic(item, netlist.file) for item in found.verification.findings())
    return found.design


def run(
    netlist: Netlist,
    *,
    seed: int = 0,
    settings: Settings | None = None,
    progress: Progress | None = None,
    command: str | None = None,
    ranking: Ranking | None = None,
) -> Optimized:
    """`optimize`, with the record of the search and the full verification.

    **Arguments:**

    - `ranking`: of the functions that free gates may take, in place of their margins.
    """
    chosen = replace(settings or Settings(), seed=seed)
    solution = solve(netlist, chosen, progress, ranking=ranking)
    design, verification = _verified(netlist, chosen, solution, command)
    hard_rows: list[dict[str, int]] = []
    for _ in range(HARD_ROUNDS):
        missed = [
            {**dict.fromkeys(netlist.inputs, 0), **row.inputs} for row in verification.examples
        ]
        if not solution.solved or all(row in hard_rows for row in missed):
            break
        # The search saw a sample of the rows: those that came out wrong join it.
        hard_rows += missed
        solution = solve(netlist, chosen, progress, hard_rows=hard_rows, ranking=ranking)
        design, verification = _verified(netlist, chosen, solution, command)
    return Optimized(design, solution, verification)


def _verified(
    netlist: Netlist, settings: Settings, solution: Solution, command: str | None
) -> tuple[Design, Verification]:
    verification = judged(netlist, solution.gates)
    provenance = _provenance(netlist, settings, solution, command)
    chosen = with_chosen(netlist, solution.gates)
    return verification.design(chosen, solution.gates, provenance), verification


def with_chosen(netlist: Netlist, found: Mapping[str, Solved]) -> Netlist:
    """The netlist with the iterates and comparators of the setpoints that were found."""

    def chosen(gate: Gate) -> Gate:
        setpoint = found[gate.name].setpoint
        return gate.chosen(setpoint.iterates, setpoint.compare)

    return netlist.map_gates(chosen)


def _provenance(
    netlist: Netlist, settings: Settings, solution: Solution, command: str | None
) -> dict[str, Any]:
    return {
        "chaoscad": _version("chaoscad"),
        "jax": _version("jax"),
        "seed": settings.seed,
        "netlist_sha256": hashlib.sha256(dump(netlist).encode()).hexdigest(),
        "command": command or "chaoscad.optimize",
        "settings": settings.to_data(),
        "stages": [stage.to_data() for stage in solution.stages],
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"
