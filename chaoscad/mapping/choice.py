"""Logic as chaogates: which cell each function becomes, with its iterates and its comparator."""

from __future__ import annotations

from dataclasses import replace

from chaoscad.cells import Library
from chaoscad.cells import library as shelf
from chaoscad.errors import ChaoscadError, Diagnostic, shown
from chaoscad.logic import Logic, title
from chaoscad.mapping.cover import cover
from chaoscad.netlist import Gate, Netlist, from_logic

MARGIN = 0.1
"""The margin that a cell must have, in the unit of the system's values."""

SHOWN = 8
"""How many missing functions are named."""


def with_cells(
    netlist: Netlist, library: Library, *, margin: float = MARGIN, strict: bool = True
) -> Netlist:
    """The circuit with the fewest iterates, and the better comparator, for every gate's function.

    Fewer iterates tolerate more noise, so a cell of few iterates is preferred as soon as its margin
    reaches `margin`.

    **Arguments:**

    - `strict`: when false, gates whose function the library lacks stay as they are.

    **Raises:** `ChaoscadError` naming the functions that the library lacks.
    """
    missing: dict[str, Gate] = {}

    def choose(gate: Gate) -> Gate:
        if gate.function is None:
            return gate
        cell = library.fewest(gate.function, margin)
        if cell is None:
            missing.setdefault(gate.function.rows, gate)
            return gate
        at = cell.setpoint
        return replace(gate, iterates=at.iterates, compare=at.compare)

    chosen = netlist.map_gates(choose)
    if missing and strict:
        raise ChaoscadError(_lacking(netlist, list(missing.values()), margin))
    return chosen


def map_logic(
    logic: Logic, inputs: int = 4, *, library: Library | None = None, margin: float = MARGIN
) -> Netlist:
    """Any logic as a circuit of chaogates with functions of at most `inputs` inputs.

    **Arguments:**

    - `inputs`: 2 to 6. Shipped libraries hold all functions of up to 4.
    - `library`: of the cells; by default that of the logistic map with a = 4.
    - `margin`: that every gate must have, in the unit of the system's values.

    **Raises:** `ChaoscadError` when no tool covers the logic, or naming the functions that the library
    lacks.
    """
    cells = library or shelf()
    if cells is None:
        raise ChaoscadError("there is no cell library; chaoscad cells --build makes one")
    covered = cover(logic, inputs)
    netlist = with_cells(from_logic(covered, system=cells.setting), cells, margin=margin)
    description = f"Mapped from a circuit of {len(logic.nodes)} gates, k = {inputs}."
    return replace(netlist, description=description)


def _lacking(netlist: Netlist, gates: list[Gate], margin: float) -> list[Diagnostic]:
    found: list[Diagnostic] = []
    for gate in gates[:SHOWN]:
        assert gate.function is not None
        message = (
            f"the cell library has no {gate.arity}-input cell of margin {margin:g} for "
            f"{shown(title(gate.function))}, the function of gate {shown(gate.name)}"
        )
        hint = None
        if gate is gates[min(len(gates), SHOWN) - 1]:
            rest = f" ({len(gates) - SHOWN} more are missing)" if len(gates) > SHOWN else ""
            needed = " ".join(title(gate.function) for gate in gates[:SHOWN] if gate.function)
            hint = (
                f"'chaoscad cells --add --margin {margin:g} -- {needed}' searches and keeps them, "
                f"or ask for a smaller margin or fewer inputs{rest}"
            )
        found.append(Diagnostic(message, netlist.file, gate.line, gate.column, hint))
    return found
