"""The main job: solve a netlist, verify the result, and make a design of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from typing import Any, TypeVar

from chaoscad.cells import Universal
from chaoscad.design import Design, Reconfigurable
from chaoscad.errors import ChaoscadError, Diagnostic, NotSolved
from chaoscad.gate import Solved
from chaoscad.netlist import Gate, Netlist, configurations, unrolled
from chaoscad.netlist.data import dump
from chaoscad.netlist.unrolled import place
from chaoscad.solve import Ranking, Settings, Solution, Verdict, solve
from chaoscad.solve.probes import Row
from chaoscad.tune import Progress
from chaoscad.verification import Verification, judged

Found = TypeVar("Found", "Optimized", "Reconfigured")

HARD_ROUNDS = 6
"""How often a circuit is solved again with the rows that verification found wrong."""


@dataclass(frozen=True)
class Optimized:
    """A design with what led to it."""

    design: Design
    solution: Solution
    verification: Verification


@dataclass(frozen=True)
class Reconfigured:
    """A design of several configurations with what led to it.

    **Arguments:**

    - `solution`: of the circuit of all configurations, whose gates are called as `place` says.
    - `verification`: of every configuration.
    """

    design: Reconfigurable
    solution: Solution
    verification: Mapping[str, Verification]

    def findings(self) -> list[str]:
        """What is wrong, one sentence each; empty when every configuration passed."""
        found = list(self.design.differences)
        for name, one in self.verification.items():
            found += [f"in configuration {name!r}: {item}" for item in one.findings()]
        return found


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
    if netlist.configurations:
        message = f"{netlist.name} has {len(netlist.configurations)} configurations"
        hint = "reconfigure(netlist) finds one hardware for all of them"
        raise ChaoscadError(Diagnostic(message, netlist.file, hint=hint))
    chosen = replace(settings or Settings(), seed=seed)

    def attempt(hard_rows: Sequence[Row]) -> Optimized:
        solution = solve(netlist, chosen, progress, hard_rows=hard_rows, ranking=ranking)
        design, verification = _verified(netlist, chosen, solution, command)
        return Optimized(design, solution, verification)

    return _until_right(netlist, attempt, lambda found: [found.verification])


def reconfigure(
    netlist: Netlist,
    *,
    seed: int = 0,
    settings: Settings | None = None,
    progress: Progress | None = None,
    command: str | None = None,
    require_solved: bool = False,
) -> Reconfigurable:
    """Find hardware for a netlist of several configurations, and the controls of each; verify them.

    What is no control has one value in all configurations, and the least margin over all of them is
    what is made great.

    **Arguments:** as for `optimize`.

    **Raises:** `NetlistError` when the netlist's bounds contradict each other; `NotSolved`, with what
    verification found, when it is asked for; `ChaoscadError` for a netlist without configurations.
    """
    found = run_configurations(
        netlist, seed=seed, settings=settings, progress=progress, command=command
    )
    if require_solved and not found.design.solved:
        raise NotSolved(Diagnostic(item, netlist.file) for item in found.findings())
    return found.design


def run_configurations(
    netlist: Netlist,
    *,
    seed: int = 0,
    settings: Settings | None = None,
    progress: Progress | None = None,
    command: str | None = None,
) -> Reconfigured:
    """`reconfigure`, with the record of the search and the full verification."""
    if not netlist.configurations:
        hint = "optimize(netlist) is for circuits of one"
        message = f"{netlist.name} has no configurations"
        raise ChaoscadError(Diagnostic(message, netlist.file, hint=hint))
    chosen = replace(settings or Settings(), seed=seed)
    whole = unrolled(netlist)

    def attempt(hard_rows: Sequence[Row]) -> Reconfigured:
        solution = solve(whole, chosen, progress, hard_rows=hard_rows)
        return _configurations(netlist, chosen, solution, command)

    return _until_right(netlist, attempt, lambda found: found.verification.values())


def of_element(element: Universal) -> Reconfigurable:
    """A universal element as a verified design, one configuration for each of its functions."""
    from chaoscad.solve.model import GateSolution

    netlist = element.netlist()
    whole = {
        place(gate.name, name): GateSolution(element.setpoint(gate.function.rows), gate.function)
        for name, one in configurations(netlist).items()
        for gate in one.gates
        if gate.function is not None
    }
    solution = Solution(Verdict.SOLVED, whole)
    return _configurations(netlist, Settings(), solution, "chaoscad elements").design


def side_by_side(design: Reconfigurable) -> Design:
    """The circuit of all configurations at once, verified: gates are called as `place` says.

    What is no control is tied there, so that it has one error in all of them.
    """
    netlist = unrolled(design.netlist)
    found: dict[str, Solved] = {
        place(gate.name, name): gate
        for name, one in design.configurations.items()
        for gate in one.gates
    }
    found = {gate.name: found[gate.name] for gate in netlist.gates}
    chosen = with_chosen(netlist, found)
    return judged(chosen, found).design(chosen, found, design.provenance)


def apart(design: Reconfigurable, whole: Design) -> Reconfigurable:
    """The design with the settings that `side_by_side` of it has been given, verified."""
    designs: dict[str, Design] = {}
    for name, one in configurations(design.netlist).items():
        found: dict[str, Solved] = {
            gate.name: whole.gate(place(gate.name, name)) for gate in one.gates
        }
        chosen = with_chosen(one, found)
        designs[name] = judged(chosen, found).design(chosen, found, {})
    return Reconfigurable(design.netlist, designs, whole.provenance)


def _until_right(
    netlist: Netlist,
    attempt: Callable[[Sequence[Row]], Found],
    verified: Callable[[Found], Iterable[Verification]],
) -> Found:
    """The circuit solved, again with the rows that came out wrong: the search saw a sample of them."""
    found = attempt(())
    hard_rows: list[Row] = []
    for _ in range(HARD_ROUNDS):
        missed = _missed(netlist, verified(found))
        if not found.solution.solved or all(row in hard_rows for row in missed):
            break
        hard_rows += missed
        found = attempt(hard_rows)
    return found


def _configurations(
    netlist: Netlist, settings: Settings, solution: Solution, command: str | None
) -> Reconfigured:
    designs: dict[str, Design] = {}
    verifications: dict[str, Verification] = {}
    for name, one in configurations(netlist).items():
        gates = {gate.name: solution.gates[place(gate.name, name)] for gate in one.gates}
        verifications[name] = judged(one, gates)
        designs[name] = verifications[name].design(with_chosen(one, gates), gates, {})
    record = provenance(netlist, settings, solution, command)
    return Reconfigured(Reconfigurable(netlist, designs, record), solution, verifications)


def _missed(netlist: Netlist, found: Iterable[Verification]) -> list[Row]:
    """Rows of the circuit's inputs that verification found wrong."""
    none = dict.fromkeys(netlist.inputs, 0)
    return [{**none, **row.inputs} for one in found for row in one.examples]


def _verified(
    netlist: Netlist, settings: Settings, solution: Solution, command: str | None
) -> tuple[Design, Verification]:
    verification = judged(netlist, solution.gates)
    record = provenance(netlist, settings, solution, command)
    chosen = with_chosen(netlist, solution.gates)
    return verification.design(chosen, solution.gates, record), verification


def with_chosen(netlist: Netlist, found: Mapping[str, Solved]) -> Netlist:
    """The netlist with the iterates, comparators and times of the setpoints that were found."""

    def chosen(gate: Gate) -> Gate:
        setpoint = found[gate.name].setpoint
        return gate.chosen(setpoint.iterates, setpoint.compare, setpoint.setting.time)

    return netlist.map_gates(chosen)


def provenance(
    netlist: Netlist, settings: Settings, solution: Solution, command: str | None
) -> dict[str, Any]:
    """What a design was made of and by, as its file keeps it."""
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
