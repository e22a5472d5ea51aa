"""Logic to a netlist of gates with those functions, and back."""

from __future__ import annotations

from collections.abc import Callable

from chaoscad.errors import Diagnostic, NetlistError, shown
from chaoscad.logic import Logic, LogicNode, TruthTable, by_level
from chaoscad.netlist.model import Bounds, Gate, Netlist
from chaoscad.systems import Flow, Setting, setting
from chaoscad.systems.model import MOST_ITERATES

Iterates = int | Callable[[TruthTable], int]
"""How many iterates a gate gets: the same number for all, or a choice by the gate's function."""


def from_logic(
    logic: Logic, *, system: str | Setting = "logistic", iterates: Iterates = 1
) -> Netlist:
    """The circuit as a netlist: every node becomes a gate with its function.

    A gate reads at least one net, so a constant becomes a gate that reads the first input and
    ignores it.

    **Arguments:**

    - `system`: of every gate, with its parameters at their defaults where it is a name.
    - `iterates`: of every gate, at least 1, or what chooses them by function; flows take 1.

    **Raises:** `NetlistError` for an unknown system, a number of iterates that it does not take, a
    circuit without gates, and a constant in a circuit without inputs.
    """
    chosen = _setting(system)
    if not logic.nodes:
        message = f"the circuit {shown(logic.name)} has no gate: its outputs are inputs"
        raise NetlistError(Diagnostic(message, logic.file))
    constants = [node for node in logic.nodes if not node.inputs]
    if constants and not logic.inputs:
        message = f"{shown(constants[0].name)} is a constant, and the circuit has no input"
        hint = "a gate reads at least one net; add an input"
        at = constants[0]
        raise NetlistError(Diagnostic(message, logic.file, at.line, at.column, hint))
    return Netlist(
        name=file_name(logic.name),
        description="",
        inputs=logic.inputs,
        outputs=logic.outputs,
        gates=tuple(_gate(node, logic, chosen, iterates) for node in by_level(logic.nodes)),
        file=logic.file,
    )


def to_logic(netlist: Netlist) -> Logic:
    """The functions of a netlist's gates as a circuit.

    **Raises:** `NetlistError` naming every gate that has no function, or one with don't-cares.
    """
    found: list[Diagnostic] = []
    nodes: list[LogicNode] = []
    for gate in netlist.gates:
        if gate.function is None or "-" in gate.function.rows:
            why = "has no function" if gate.function is None else "has rows that do not matter"
            message = f"gate {shown(gate.name)} {why}: what it computes is not known"
            hint = "chaoscad optimize finds it; or give it a complete function"
            found.append(Diagnostic(message, netlist.file, gate.line, gate.column, hint))
        else:
            nodes.append(LogicNode(gate.name, gate.inputs, gate.function, gate.line, gate.column))
    if found:
        raise NetlistError(found)
    return Logic(netlist.name, netlist.inputs, netlist.outputs, tuple(nodes), netlist.file)


def file_name(name: str) -> str:
    """The name as a netlist takes it: letters, digits, `_`, `.` and `-`, at most 100 of them."""
    safe = "".join(
        letter if letter.isascii() and (letter.isalnum() or letter in "_.-") else "_"
        for letter in name
    )
    return safe.lstrip(".-")[:100] or "netlist"


def _setting(system: str | Setting) -> Setting:
    return system if isinstance(system, Setting) else setting(system)


def _gate(node: LogicNode, logic: Logic, chosen: Setting, iterates: Iterates) -> Gate:
    inputs, function = node.inputs, node.function
    if not inputs:
        inputs, function = logic.inputs[:1], TruthTable(function.rows * 2)
    count = iterates if isinstance(iterates, int) else iterates(function)
    flow = isinstance(chosen.system, Flow)
    if not 1 <= count <= (1 if flow else MOST_ITERATES):
        allowed = "takes 1 iterate: it is a flow" if flow else f"takes 1 to {MOST_ITERATES}"
        message = (
            f"gate {shown(node.name)} gets {count} iterates, and {chosen.system.name} {allowed}"
        )
        raise NetlistError(Diagnostic(message, logic.file, node.line, node.column))
    return Gate(
        name=node.name,
        inputs=inputs,
        function=function,
        setting=chosen,
        iterates=count,
        weights="independent",
        compare=">",
        bounds=Bounds(state=chosen.system.state),
        line=node.line,
        column=node.column,
    )
