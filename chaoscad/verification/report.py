"""Verification: a design is evaluated again from nothing, in float64, on every row."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Bool

from chaoscad.design.model import Design, DesignGate, VerificationSummary
from chaoscad.errors import counted
from chaoscad.gate import Solved
from chaoscad.logic import Logic, LogicNode, TruthTable
from chaoscad.logic.graph import cone
from chaoscad.logic.rows import random_rows, unpacked
from chaoscad.netlist import Gate, Netlist, Target
from chaoscad.netlist.connect import MOST_INPUTS, enumerated
from chaoscad.netlist.reference import Reference
from chaoscad.systems.convergence import METHOD
from chaoscad.verification.constraints import broken
from chaoscad.verification.equivalence import equivalent
from chaoscad.verification.gates import GateRows, every_gate
from chaoscad.verification.logic import LogicReport, Node, WrongRow, enumerate_rows
from chaoscad.verification.reach import Reach, end_of_curve


@dataclass(frozen=True)
class GateVerdict:
    """One gate's verification.

    **Arguments:**

    - `rows`: its local rows, evaluated.
    - `margin`: least distance on the right side over the rows that matter; negative when one of
      them is wrong, minus infinity when a value is not finite.
    - `wrong`, `at_threshold`, `out_of_range`: local rows with a wrong bit, with a value exactly at
      the threshold, with a state outside the declared range.
    - `unsure`: local rows whose bit rounding decides.
    - `unconverged`: local rows of a flow that integrators disagree about.
    - `reach`: how far its states may move.
    """

    name: str
    rows: GateRows
    margin: float
    wrong: tuple[int, ...]
    at_threshold: tuple[int, ...]
    out_of_range: tuple[int, ...]
    unsure: tuple[int, ...]
    unconverged: tuple[int, ...]
    reach: Reach

    @property
    def room(self) -> float:
        """The least distance of a state from the end of its range, in the unit of the state."""
        return self.reach.room

    @property
    def input_margin(self) -> float:
        """The least move of a state that changes an output, in the unit of the state."""
        return self.reach.input_margin


@dataclass(frozen=True)
class Verification:
    """What verification found.

    **Arguments:**

    - `rows`, `wrong_rows`: compared, and wrong.
    - `gates`: every gate's verdict, in topological order.
    - `wrong_by_output`: wrong rows of every output that has a target.
    - `examples`: the first few wrong rows of the circuit.
    - `broken`: constraints of the netlist that the parameters break.
    - `method`: how it was done, in words.
    - `exhaustive`: false when some outputs were compared on random rows only.
    - `proven`: outputs over too many inputs to enumerate, compared by a proof for every row.
    """

    rows: int
    wrong_rows: int
    gates: tuple[GateVerdict, ...]
    wrong_by_output: Mapping[str, int]
    examples: tuple[WrongRow, ...]
    broken: tuple[str, ...]
    method: str
    exhaustive: bool = True
    proven: tuple[str, ...] = ()

    @property
    def worst_margin(self) -> float:
        """The least margin of any gate."""
        return min(gate.margin for gate in self.gates)

    @property
    def least_room(self) -> float:
        """The least distance of any gate's state from the end of its range."""
        return min(gate.room for gate in self.gates)

    @property
    def passed(self) -> bool:
        """Every row right, every margin positive, every state and parameter in range."""
        return (
            self.wrong_rows == 0
            and self.worst_margin > 0
            and not self.broken
            and not any(
                gate.out_of_range or gate.wrong or gate.unsure or gate.unconverged
                for gate in self.gates
            )
        )

    def summary(self) -> VerificationSummary:
        """The part that a design file keeps."""
        return VerificationSummary(
            self.rows, self.exhaustive, self.wrong_rows, self.worst_margin, self.method
        )

    def design(
        self, netlist: Netlist, found: Mapping[str, Solved], provenance: Mapping[str, Any]
    ) -> Design:
        """The design of what was verified, with the margins and the status found here."""
        gates = tuple(
            DesignGate(gate, found[gate.name].setpoint, found[gate.name].function, verdict.margin)
            for gate, verdict in zip(netlist.gates, self.gates, strict=True)
        )
        status = "solved" if self.passed else "unsolved"
        return Design(netlist, gates, status, self.summary(), provenance)

    def warnings(self) -> list[str]:
        """What a bench could not hold though it passed: margins that end with a measured curve."""
        return [
            sentence for gate in self.gates if (sentence := end_of_curve(gate.name, gate.reach))
        ]

    def findings(self) -> list[str]:
        """What is wrong, one sentence each; empty when the design passed."""
        found = list(self.broken)
        for gate in self.gates:
            what = f"gate {gate.name!r}"
            if gate.out_of_range:
                worst = ", ".join(
                    f"{_bits(row, gate)} -> {gate.rows.states[row]:.6g}"
                    for row in gate.out_of_range[:4]
                )
                found.append(f"{what}: states out of range in rows {worst}")
            if gate.wrong:
                rows = ", ".join(_bits(row, gate) for row in gate.wrong[:4])
                found.append(f"{what}: wrong in rows {rows} of its function")
            if gate.at_threshold:
                rows = ", ".join(_bits(row, gate) for row in gate.at_threshold[:4])
                found.append(f"{what}: its value equals the threshold in rows {rows}")
            if gate.unsure and not gate.at_threshold:
                rows = ", ".join(_bits(row, gate) for row in gate.unsure[:4])
                found.append(f"{what}: rounding decides rows {rows}; take fewer iterates")
            found += _disagreements(gate)
        for output, count in self.wrong_by_output.items():
            if count:
                how = "a row" if output in self.proven else f"{count} of {self.rows} rows"
                found.append(f"output {output!r}: wrong in {how}")
        return found


def _disagreements(gate: GateVerdict) -> list[str]:
    """What integrators disagree about, with both answers."""
    convergence = gate.rows.convergence
    if convergence is None:
        return []
    what = f"gate {gate.name!r}"
    found = [
        f"{what}, row {_bits(row, gate)}: {reason}"
        for row, reason in sorted(convergence.failures.items())
    ]
    for row in gate.unconverged[:4]:
        answer = convergence.farthest(row)
        first, other = convergence.answers[0], answer
        before, after = first.values[row], other.values[row]
        threshold = gate.reach.setpoint.threshold
        sides = ["above" if value > threshold else "not above" for value in (before, after)]
        found.append(
            f"{what}: not converged in row {_bits(row, gate)}: {first.how} gives {before:.6g} "
            f"({sides[0]} the threshold {threshold:.6g}), {other.how} gives {after:.6g} "
            f"({sides[1]})"
        )
    return found


def _bits(row: int, gate: GateVerdict) -> str:
    return format(row, f"0{len(gate.rows.bits).bit_length() - 1}b")


def verify(design: Design) -> Verification:
    """Evaluate every gate and every row of a design again.

    Gates are evaluated by NumPy in float64 at each of their local rows; the circuit is enumerated
    as logic with the bits that they give. Nothing is taken from training.
    """
    return judged(design.netlist, design.by_name)


@np.errstate(all="ignore")
def judged(
    netlist: Netlist, found: Mapping[str, Solved], rows: Mapping[str, GateRows] | None = None
) -> Verification:
    """The verification of what was found for every gate of a netlist.

    **Arguments:**

    - `rows`: of every gate, where they are known, so that none is evaluated again.
    """
    if rows is None:
        rows = every_gate(netlist, found)
    reports, proof = _targets(netlist, rows)
    blind = frozenset() if proof is None else proof.gates
    reached = {
        gate.name: np.full(
            1 << gate.arity, gate.name in blind if reports or proof is not None else True
        )
        for gate in netlist.gates
    }
    for report in reports:
        for name, seen in report.reached.items():
            reached[name] = reached[name] | seen
    known: dict[Hashable, GateVerdict] = {}
    verdicts: list[GateVerdict] = []
    for gate in netlist.gates:
        # Gates with the same numbers share their rows; most circuits have few that differ.
        one = found[gate.name]
        key = (id(rows[gate.name]), one.function.rows, reached[gate.name].tobytes())
        if key not in known:
            known[key] = _verdict(gate, one, rows[gate.name], reached[gate.name])
        verdicts.append(replace(known[key], name=gate.name))
    method = "NumPy float64, every local row of every gate"
    if any(item.convergence is not None for item in rows.values()):
        method += f"; {METHOD}"
    if reports:
        total = sum(report.rows for report in reports)
        method += "; bit-parallel enumeration of every input row against the targets"
    elif proof is not None:
        total = 0
    else:
        total = sum(1 << gate.arity for gate in netlist.gates)
    by_output: dict[str, int] = {}
    for report in reports:
        by_output |= report.wrong_by_output
    examples = [example for report in reports for example in report.examples]
    wrong = sum(report.wrong for report in reports)
    if proof is not None:
        method += f"; {proof.method}"
        total += proof.rows
        wrong += len(proof.examples)
        examples += proof.examples
        by_output |= {
            name: sum(name in example.outputs for example in proof.examples)
            for name in proof.outputs
        }
    elif not reports:
        wrong = sum(len(verdict.wrong) + len(verdict.at_threshold) for verdict in verdicts)
    return Verification(
        rows=total,
        wrong_rows=wrong,
        gates=tuple(verdicts),
        wrong_by_output=by_output,
        examples=tuple(examples)[:8],
        broken=tuple(broken(netlist, found)),
        method=method,
        exhaustive=proof is None or proof.exhaustive,
        proven=() if proof is None or not proof.exhaustive else proof.outputs,
    )


def _verdict(
    gate: Gate, solved: Solved, found: GateRows, reached: Bool[np.ndarray, " rows"]
) -> GateVerdict:
    """One gate's verdict; `reached` says which local rows occur in the circuit."""
    margins = found.margins(solved.function)
    # A row that the function leaves open but the circuit reaches must still not be at the threshold.
    open_rows = np.array([want == "-" for want in solved.function.rows]) & reached
    margins = np.where(open_rows, np.abs(found.distances), margins)
    margins = np.where(open_rows & ~np.isfinite(found.distances), -np.inf, margins)
    matters = margins < np.inf
    return GateVerdict(
        name=gate.name,
        rows=found,
        margin=float(margins.min()) + 0.0,
        wrong=_numbers(margins < 0),
        at_threshold=_numbers(margins == 0),
        out_of_range=_numbers(~found.in_range),
        unsure=_numbers(found.unsure & np.isfinite(margins)),
        unconverged=_numbers(found.unconverged(matters)),
        reach=Reach(solved.setpoint, solved.function, gate.bounds.state, found.convergence),
    )


def _numbers(rows: Bool[np.ndarray, " rows"]) -> tuple[int, ...]:
    return tuple(int(row) for row in np.flatnonzero(rows))


def _targets(
    netlist: Netlist, rows: Mapping[str, GateRows]
) -> tuple[list[LogicReport], _Proof | None]:
    """One enumeration for all targets, or one per target where the inputs are too many for one.

    Targets of a reference that are over too many inputs even so are compared by proof.
    """
    if not netlist.targets:
        return [], None
    nodes = [
        Node(gate.name, gate.inputs, tuple(bool(bit) for bit in rows[gate.name].bits))
        for gate in netlist.gates
    ]
    reference = all(isinstance(target.function, Reference) for target in netlist.targets)
    most = ENUMERATED if reference else MOST_INPUTS
    if len(netlist.inputs) <= most:
        return [enumerate_rows(netlist.inputs, nodes, netlist.targets)], None
    over = enumerated(netlist)
    reports: list[LogicReport] = []
    wide: list[Target] = []
    for target in netlist.targets:
        inputs = over[target.output]
        if len(inputs) > most:
            wide.append(target)
            continue
        needed = cone(netlist.drivers, [target.output])
        reports.append(
            enumerate_rows(inputs, [node for node in nodes if node.name in needed], [target])
        )
    return reports, _prove(netlist, nodes, wide) if wide else None


@dataclass(frozen=True)
class _Proof:
    """The comparison of outputs over many inputs with their reference.

    **Arguments:**

    - `rows`: random rows that were compared where the proof was not decided.
    - `gates`: those that the outputs depend on; which of their local rows occur is not known.
    """

    outputs: tuple[str, ...]
    method: str
    exhaustive: bool
    rows: int
    examples: tuple[WrongRow, ...]
    gates: frozenset[str]


ENUMERATED = 18
"""Most inputs of a target with a reference whose rows are enumerated: a proof is faster beyond."""

SAMPLED_WORDS = 1024
"""Words of 64 random rows that are compared where no proof is decided."""


def _prove(netlist: Netlist, nodes: Sequence[Node], targets: Sequence[Target]) -> _Proof:
    outputs = tuple(target.output for target in targets)
    reference = targets[0].function
    assert isinstance(reference, Reference)
    wanted = replace(reference.logic, outputs=outputs)
    computed = Logic(
        netlist.name,
        netlist.inputs,
        outputs,
        tuple(
            LogicNode(
                node.name, node.inputs, TruthTable("".join("1" if b else "0" for b in node.bits))
            )
            for node in nodes
        ),
    )
    needed = frozenset(cone(netlist.drivers, outputs))
    found = equivalent(computed, wanted)
    if found.verdict == "undecided":
        return _sample(computed, wanted, found.method, needed)
    examples: tuple[WrongRow, ...] = ()
    if found.counterexample is not None:
        pairs = found.counterexample.outputs
        wrong = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
        examples = (WrongRow(found.counterexample.inputs, wrong),)
    verb = "compared with the reference" if examples else "proven equal to the reference"
    method = f"{counted(len(outputs), 'output')} {verb} for every row: {found.method}"
    return _Proof(outputs, method, True, 0, examples, needed)


def _sample(one: Logic, other: Logic, attempt: str, cone: frozenset[str]) -> _Proof:
    """Random rows instead of a proof."""
    random = np.random.default_rng(0)
    words = random_rows(len(one.inputs), SAMPLED_WORDS, random)
    columns = dict(zip(one.inputs, words, strict=True))
    zero = np.zeros(SAMPLED_WORDS, np.uint64)
    got, wanted = one.evaluate(columns, zero), other.evaluate(columns, zero)
    missed = zero.copy()
    for name in one.outputs:
        missed |= got[name] ^ wanted[name]
    examples: list[WrongRow] = []
    for place in np.flatnonzero(unpacked(missed[None])[0])[:8]:
        word, bit = divmod(int(place), 64)

        def at(column: np.ndarray, word: int = word, bit: int = bit) -> int:
            return int(column[word]) >> bit & 1

        outputs = {name: (at(got[name]), at(wanted[name])) for name in one.outputs}
        wrong = {name: pair for name, pair in outputs.items() if pair[0] != pair[1]}
        examples.append(WrongRow({name: at(column) for name, column in columns.items()}, wrong))
    rows = 64 * SAMPLED_WORDS
    method = f"{rows} random rows of {len(one.outputs)} outputs, no proof ({attempt})"
    return _Proof(one.outputs, method, False, rows, tuple(examples), cone)


def claims(design: Design, verification: Verification) -> list[str]:
    """Where the design file says something else than verification found, one sentence each."""
    found: list[str] = []
    margins = {verdict.name: verdict.margin for verdict in verification.gates}
    for gate in design.gates:
        if not _close(gate.margin, margins[gate.name]):
            found.append(
                f"gate {gate.name!r}: the file claims margin {gate.margin:.6g}, "
                f"verification finds {margins[gate.name]:.6g}"
            )
    stated = design.verification
    if not _close(stated.worst_margin, verification.worst_margin):
        found.append(
            f"the file claims worst margin {stated.worst_margin:.6g}, "
            f"verification finds {verification.worst_margin:.6g}"
        )
    if (stated.rows, stated.wrong_rows) != (verification.rows, verification.wrong_rows):
        found.append(
            f"the file claims {stated.wrong_rows} wrong of {stated.rows} rows, "
            f"verification finds {verification.wrong_rows} of {verification.rows}"
        )
    if design.solved != verification.passed:
        found.append(f"the file claims to be {design.status}, and verification disagrees")
    return found


def _close(claimed: float, found: float) -> bool:
    return claimed == found or abs(claimed - found) <= 1e-9 * max(1.0, abs(found))
