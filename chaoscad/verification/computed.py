"""What a design computes: the Boolean function that each gate has in float64."""

from __future__ import annotations

from chaoscad.design.model import Design
from chaoscad.logic import Logic, LogicNode, TruthTable
from chaoscad.verification.gates import GateRows, every_gate
from chaoscad.verification.report import Verification


def design_logic(design: Design, verification: Verification | None = None) -> Logic:
    """A design as logic: the function that every gate really computes, not the declared one.

    **Arguments:**

    - `verification`: of this design, when there is one, so that no gate is evaluated again.
    """
    if verification is None:
        rows = every_gate(design)
    else:
        rows = {verdict.name: verdict.rows for verdict in verification.gates}
    nodes = tuple(
        LogicNode(gate.name, gate.inputs, TruthTable(_table(rows[gate.name])))
        for gate in design.gates
    )
    return Logic(design.name, design.netlist.inputs, design.netlist.outputs, nodes)


def _table(rows: GateRows) -> str:
    return "".join("1" if bit else "0" for bit in rows.bits)
