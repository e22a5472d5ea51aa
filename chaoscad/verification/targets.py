"""The targets of a circuit: every row, a proof, or a sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from chaoscad.errors import counted
from chaoscad.logic import Logic, LogicNode, TruthTable
from chaoscad.logic.graph import cone
from chaoscad.logic.rows import random_rows, unpacked
from chaoscad.netlist import Netlist, Target
from chaoscad.netlist.connect import MOST_INPUTS, enumerated
from chaoscad.netlist.reference import Reference
from chaoscad.verification.equivalence import equivalent
from chaoscad.verification.gates import GateRows
from chaoscad.verification.logic import LogicReport, Node, WrongRow, enumerate_rows

ENUMERATED = 18
"""Most inputs of a target with a reference whose rows are enumerated: a proof is faster beyond."""


SAMPLED_WORDS = 1024
"""Words of 64 random rows that are compared where no proof is decided."""


def compared(
    netlist: Netlist, rows: Mapping[str, GateRows]
) -> tuple[list[LogicReport], Proof | None]:
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
class Proof:
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


def _prove(netlist: Netlist, nodes: Sequence[Node], targets: Sequence[Target]) -> Proof:
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
    return Proof(outputs, method, True, 0, examples, needed)


def _sample(one: Logic, other: Logic, attempt: str, cone: frozenset[str]) -> Proof:
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
    return Proof(one.outputs, method, False, rows, tuple(examples), cone)
