"""Verification: a design is evaluated again from nothing, in float64, on every row."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Bool

from chaoscad.design.model import Design, DesignGate, VerificationSummary
from chaoscad.gate import Solved
from chaoscad.netlist import Gate, Netlist
from chaoscad.systems.convergence import METHOD
from chaoscad.verification.constraints import broken
from chaoscad.verification.gates import GateRows, every_gate
from chaoscad.verification.logic import WrongRow
from chaoscad.verification.reach import Reach, end_of_curve
from chaoscad.verification.targets import compared


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
    reports, proof = compared(netlist, rows)
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
