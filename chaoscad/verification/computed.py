"""What a design computes: the Boolean function that each gate has in float64."""

from __future__ import annotations

from collections.abc import Mapping

from chaoscad.design.model import Design
from chaoscad.logic import Logic, LogicNode, TruthTable
from chaoscad.verification.gates import GateRows, every_gate


def design_logic(design: Design, rows: Mapping[str, GateRows] | None = None) -> Logic:
    """A design as logic: the function that every gate really computes, not the declared one.

    **Arguments:**

    - `rows`: of every gate, where they are known, so that none is evaluated again.
    """
    if rows is None:
        rows = every_gate(design.netlist, design.by_name)
    nodes = tuple(
        LogicNode(gate.name, gate.inputs, TruthTable(_table(rows[gate.name])))
        for gate in design.gates
    )
    return Logic(design.name, design.netlist.inputs, design.netlist.outputs, nodes)


def _table(rows: GateRows) -> str:
    return "".join("1" if bit else "0" for bit in rows.bits)
