"""Which cell each gate of known function becomes: its iterates and its comparator."""

from __future__ import annotations

from dataclasses import replace

from chaoscad.cells import Library
from chaoscad.errors import ChaoscadError, Diagnostic, shown
from chaoscad.logic import title
from chaoscad.netlist import Gate, Netlist

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
        return replace(gate, iterates=cell.iterates, compare=cell.compare)

    chosen = netlist.map_gates(choose)
    if missing and strict:
        raise ChaoscadError(_lacking(netlist, list(missing.values()), margin))
    return chosen


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
            hint = (
                "'chaoscad cells --add NETLIST' solves what a netlist needs and keeps it, "
                f"or ask for a smaller margin or fewer inputs{rest}"
            )
        found.append(Diagnostic(message, netlist.file, gate.line, gate.column, hint))
    return found
