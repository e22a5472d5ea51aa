"""What every generator does with the gates that it has made: a netlist of them, given or free."""

from __future__ import annotations

from dataclasses import replace
from typing import TypedDict, Unpack

from chaoscad.errors import ChaoscadError, Diagnostic, shown
from chaoscad.logic.circuit import Logic, LogicNode
from chaoscad.logic.truth import NAMED, TruthTable
from chaoscad.netlist.from_logic import from_logic
from chaoscad.netlist.model import Netlist, Weights
from chaoscad.netlist.targets import from_reference
from chaoscad.systems import Setting

AND_NOT = "0010"
"""The first input and not the second."""


class Options(TypedDict, total=False):
    """What every generator takes beside its own arguments.

    **Arguments:**

    - `free`: leave the gates' functions out and give the outputs a reference circuit as target.
    - `system`: of every gate, as a setting or by its name; the logistic map by default.
    - `iterates`: of every gate; 1 by default.
    - `weights`: `independent` (the default) or `shared`.
    """

    free: bool
    system: str | Setting
    iterates: int
    weights: Weights


class Build:
    """Gates of one or two inputs, added one after another.

    **Arguments:**

    - `name`: of the circuit.
    - `description`: what it computes, for its readers.
    - `inputs`: its inputs.
    """

    def __init__(self, name: str, description: str, inputs: list[str]) -> None:
        self.name, self.description, self.inputs = name, description, inputs
        self.nodes: list[LogicNode] = []

    def gate(self, name: str, function: str, *inputs: str) -> str:
        """Add a gate; `function` is a name or a truth table. Returns the net that it drives."""
        table = NAMED[function].table(len(inputs)) if function in NAMED else TruthTable(function)
        self.nodes.append(LogicNode(name, inputs, table))
        return name

    def multiplexer(self, name: str, select: str, low: str, high: str) -> str:
        """Add three gates that choose `high` where `select` is 1, `low` elsewhere."""
        chosen_low = self.gate(f"{name}_l", AND_NOT, low, select)
        chosen_high = self.gate(f"{name}_h", "AND", high, select)
        return self.gate(name, "OR", chosen_low, chosen_high)

    def reduce(self, name: str, function: str, nets: list[str], last: str | None = None) -> str:
        """Add a balanced tree of gates whose root is called `name`.

        **Arguments:**

        - `last`: the function of the root, where it is another one (`NOR` over a tree of `OR`).
        """
        row, level = list(nets), 0
        if len(row) == 1:
            alone = {"NOR": "NOT", "NAND": "NOT", "XNOR": "NOT"}
            return self.gate(name, alone.get(last or function, "BUF"), row[0])
        while len(row) > 2:
            level += 1
            paired = [
                self.gate(f"{name}_{level}_{index // 2}", function, row[index], row[index + 1])
                for index in range(0, len(row) - 1, 2)
            ]
            row = paired + row[len(row) - len(row) % 2 :]
        return self.gate(name, last or function, *row)

    def netlist(self, outputs: list[str], **options: Unpack[Options]) -> Netlist:
        """The netlist of the gates.

        **Raises:** `ChaoscadError` for iterates that the system does not have.
        """
        logic = Logic(self.name, tuple(self.inputs), tuple(outputs), tuple(self.nodes))
        free = options.get("free", False)
        weights = options.get("weights", "independent")
        if weights not in ("independent", "shared"):
            message = f"there are no {shown(str(weights))} weights"
            raise ChaoscadError(Diagnostic(message, hint="they are independent or shared"))
        targets = from_reference(logic, logic.inputs) if free else ()
        netlist = from_logic(
            logic,
            system=options.get("system", "logistic"),
            iterates=options.get("iterates", 1),
        )
        netlist = netlist.map_gates(
            lambda gate: replace(gate, function=None if free else gate.function, weights=weights)
        )
        return replace(netlist, description=self.description, targets=targets)


def bus(name: str, width: int) -> list[str]:
    """The nets of a bus, the least significant bit first."""
    return [f"{name}{index}" for index in range(width)]
