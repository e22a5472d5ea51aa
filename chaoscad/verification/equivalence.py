"""Whether two combinational circuits are equal: on every row of their inputs, or by a proof."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NoReturn

from chaoscad.errors import ChaoscadError, Diagnostic, Refused, ToolMissing, counted, nearest, shown
from chaoscad.logic import Logic
from chaoscad.netlist.connect import MOST_INPUTS
from chaoscad.toolchain import TOOLS, available
from chaoscad.verification import cec, sat
from chaoscad.verification.enumeration import first_difference, planned
from chaoscad.verification.sweep import sweep
from chaoscad.verification.xag import Xag

Verdict = Literal["equal", "different", "undecided"]

Method = Literal["auto", "exhaustive", "sat", "abc"]
"""`auto` enumerates where it is cheap, and proves the rest by what is installed."""


@dataclass(frozen=True)
class Counterexample:
    """Values of every input, and of every output on both sides, the first circuit's first."""

    inputs: Mapping[str, int]
    outputs: Mapping[str, tuple[int, int]]

    @property
    def differing(self) -> tuple[str, ...]:
        """The outputs that differ."""
        return tuple(name for name, (one, other) in self.outputs.items() if one != other)


@dataclass(frozen=True)
class Equivalence:
    """The answer to whether two circuits are equal.

    **Arguments:**

    - `method`: how it was found, in words.
    - `rows`: input rows that were enumerated.
    - `merged`, `proofs`: inner nodes that were proven equal, and calls of the SAT solver.
    - `counterexample`: when they are different.
    - `open`: the outputs that were not decided in time.
    """

    verdict: Verdict
    method: str
    rows: int = 0
    merged: int = 0
    proofs: int = 0
    counterexample: Counterexample | None = None
    open: tuple[str, ...] = ()

    @property
    def equal(self) -> bool:
        """Whether they are proven equal."""
        return self.verdict == "equal"


class PortsDiffer(Refused):
    """The circuits have not the same inputs and outputs, so they are not equal."""


def equivalent(
    one: Logic,
    other: Logic,
    *,
    seed: int = 0,
    time_limit: float = 300.0,
    method: Method = "auto",
) -> Equivalence:
    """Decide whether two circuits give the same outputs for every input.

    Ports are matched by their names, in any order. Outputs that depend on at most 24 inputs are
    enumerated; the others are proven equal by SAT sweeping, or by ABC where python-sat is missing.
    A counterexample has been evaluated again on both circuits.

    **Arguments:**

    - `seed`: of the random patterns of the proof.
    - `time_limit`: of the proof, in seconds; after it the answer is `undecided`.

    **Raises:** `PortsDiffer` listing every port that only one side has; `ToolMissing` saying what to
    install.
    """
    if not (time_limit > 0 and math.isfinite(time_limit)):
        raise ChaoscadError(f"the time limit is {time_limit:g} s; it is a positive number")
    _match_ports(one, other)
    if method in ("sat", "abc"):
        groups, rest = [], list(one.outputs)
    else:
        provable = method == "auto" and (sat.installed() or available("yosys-abc") is not None)
        groups, rest = planned(one, other, provable)
    if rest and method == "exhaustive":
        message = f"output {shown(rest[0])} depends on more than {MOST_INPUTS} inputs"
        raise Refused(Diagnostic(message, hint="rows of so many are not enumerated"))
    rows = sum(1 << len(inputs) for inputs, _ in groups)
    enumerated = [f"exhaustive enumeration, {counted(rows, 'row')}"] if groups else []
    for inputs, outputs in groups:
        row = first_difference(one, other, inputs, outputs)
        if row is not None:
            return _different(one, other, row, enumerated[0], rows=rows)
    if not rest:
        return Equivalence("equal", enumerated[0], rows)
    solver = method
    if method == "auto":
        solver = "sat" if sat.installed() else "abc"
    if solver == "sat":
        found = _by_sat(one, other, rest, seed, time_limit)
    else:
        found = _by_abc(one, other, rest, time_limit)
    words = " and ".join([*enumerated, found.method])
    return replace(found, method=words, rows=rows)


def _match_ports(one: Logic, other: Logic) -> None:
    """Refuse ports that only one side has."""
    found: list[Diagnostic] = []
    names = [one.file or "the first circuit", other.file or "the second circuit"]
    for kind in ("input", "output"):
        ports: list[tuple[str, ...]] = [getattr(one, kind + "s"), getattr(other, kind + "s")]
        for side in (0, 1):
            there = set(ports[1 - side])
            unmatched = [name for name in ports[1 - side] if name not in set(ports[side])]
            for name in ports[side]:
                if name not in there:
                    message = (
                        f"{kind} {shown(name)} is in {names[side]} and not in {names[1 - side]}"
                    )
                    hint = nearest(name, unmatched) or "ports are matched by their exact names"
                    found.append(Diagnostic(message, hint=hint))
    if found:
        raise PortsDiffer(found)
    if not one.outputs:
        raise Refused("the circuits have no output to compare")


def _different(
    one: Logic, other: Logic, values: Mapping[str, int], method: str, rows: int = 0
) -> Equivalence:
    """The answer `different`, after both circuits were evaluated; inputs that don't matter are 0."""
    inputs = {name: values.get(name, 0) for name in one.inputs}
    left, right = one.evaluate(inputs, 0), other.evaluate(inputs, 0)
    outputs = {name: (left[name] & 1, right[name] & 1) for name in one.outputs}
    example = Counterexample(inputs, outputs)
    if not example.differing:
        raise ChaoscadError(f"{method}: the counterexample does not tell the circuits apart")
    return Equivalence("different", method, rows, counterexample=example)


def _by_sat(
    one: Logic, other: Logic, outputs: Sequence[str], seed: int, time_limit: float
) -> Equivalence:
    began = time.monotonic()
    graph = Xag(len(one.inputs))
    inputs = {name: 2 * (index + 1) for index, name in enumerate(one.inputs)}
    # The larger first: every node of the second is a question, and of a cover there are fewer. An arbiter
    # of 23,000 gates takes a fifth of the questions that it takes after its cover.
    cones = [circuit.cone(outputs) for circuit in (one, other)]
    cones.sort(key=lambda cone: -len(cone.nodes))
    left, right = (graph.add(cone, inputs) for cone in cones)
    pairs = [(left[name], right[name]) for name in outputs]
    left_over = time_limit - (time.monotonic() - began)
    found = sweep(graph, pairs, seed=seed, time_limit=left_over)
    if found.pattern is not None:
        values = {name: int(bit) for name, bit in zip(one.inputs, found.pattern, strict=True)}
        how = "SAT sweeping" if found.proofs else "random simulation"
        return replace(_different(one, other, values, how), proofs=found.proofs)
    counts = f"{found.merged} of {len(graph)} nodes merged by {found.proofs} proofs"
    open_ = tuple(name for name, equal in zip(outputs, found.equal, strict=True) if not equal)
    if open_:
        method = f"SAT sweeping for {time_limit:g} s, {counts}"
    elif found.proofs:
        method = f"SAT sweeping, {counts}"
    else:
        method = f"structure, {len(graph)} nodes"
    return Equivalence(
        "undecided" if open_ else "equal",
        method,
        merged=found.merged,
        proofs=found.proofs,
        open=open_,
    )


def _by_abc(one: Logic, other: Logic, outputs: Sequence[str], time_limit: float) -> Equivalence:
    tool = available("yosys-abc")
    if tool is None:
        _nothing_proves(outputs[0])
    method = "ABC's combinational equivalence check"
    cones = one.cone(outputs), other.cone(outputs)
    answer = cec.check(tool, *cones, time_limit=time_limit)
    if answer.inputs is not None:
        return _different(one, other, answer.inputs, method)
    if answer.equal:
        return Equivalence("equal", method)
    return Equivalence("undecided", f"{method}, {time_limit:g} s", open=tuple(outputs))


def _nothing_proves(output: str) -> NoReturn:
    message = (
        f"output {shown(output)} takes a proof, and nothing that proves is installed: "
        "neither python-sat nor yosys-abc"
    )
    hint = f"pip install 'chaoscad[sat]', or {TOOLS['yosys-abc'].install}"
    raise ToolMissing(Diagnostic(message, hint=hint))
