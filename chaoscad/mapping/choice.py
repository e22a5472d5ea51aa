"""Logic as chaogates: which cell each function becomes, with its iterates and its comparator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chaoscad.cells import Cell, Library, yield_libraries
from chaoscad.cells import library as shelf
from chaoscad.errors import ChaoscadError, Diagnostic, shown
from chaoscad.logic import Logic, title
from chaoscad.mapping.by_yield import LeastFailing
from chaoscad.mapping.cover import SECONDS, Effort, cover
from chaoscad.netlist import Gate, Netlist, from_logic
from chaoscad.netlist.deviations import Deviations

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


def with_least_failing(
    netlist: Netlist, libraries: Sequence[Library], tolerance: Deviations, *, margin: float = 0.0
) -> Netlist:
    """The circuit with the cell that fails least for every gate's function, its parameters fixed.

    The circuit says the tolerance under `hardware`. Gates with the same function get the same cell.

    **Arguments:**

    - `libraries`: whose cells are compared, of one system and range of states.
    - `margin`: that every cell must have besides.

    **Raises:** `ChaoscadError` naming the functions that the libraries lack.
    """
    choice = LeastFailing(libraries, tolerance, margin)
    missing: dict[str, Gate] = {}

    def choose(gate: Gate) -> Gate:
        if gate.function is None:
            return gate
        cell = choice.cell(gate.function)
        if cell is None:
            missing.setdefault(gate.function.rows, gate)
            return gate
        return replace(
            gate, iterates=cell.setpoint.iterates, compare=cell.setpoint.compare, fixed=_fixed(cell)
        )

    chosen = netlist.map_gates(choose)
    if missing:
        raise ChaoscadError(_lacking(netlist, list(missing.values()), margin))
    return replace(chosen, hardware={**(netlist.hardware or {}), **tolerance.to_data()})


def _fixed(cell: Cell) -> dict[str, tuple[float, ...]]:
    found = {
        "x0": (cell.setpoint.x0,),
        "delta": cell.setpoint.delta,
        "threshold": (cell.setpoint.threshold,),
    }
    # A constant has no weights.
    return {name: values for name, values in found.items() if values}


def map_logic(
    logic: Logic,
    inputs: int = 4,
    *,
    effort: Effort = "depth",
    library: Library | None = None,
    margin: float | None = None,
    tolerance: Deviations | None = None,
    time_limit: float = SECONDS,
) -> Netlist:
    """Any logic as a circuit of chaogates with functions of at most `inputs` inputs.

    **Arguments:**

    - `inputs`: 2 to 6. Shipped libraries hold all functions of up to 4.
    - `effort`: `depth` for few levels, `area` for few gates, which takes longer.
    - `library`: of the cells; by default that of the logistic map with a = 4.
    - `margin`: that every gate must have, in the unit of the system's values; `MARGIN` by default, and
      none with a tolerance.
    - `tolerance`: choose the cells that fail least under it (`with_least_failing`), among those of the
      library, or by default among the shipped ones of the best margin and of the greatest reach.
    - `time_limit`: of the tool that covers the logic, in seconds.

    **Raises:** `ChaoscadError` when no tool covers the logic, or naming the functions that the library
    lacks.
    """
    cells = library or shelf()
    if cells is None:
        raise ChaoscadError("there is no cell library; chaoscad cells --build makes one")
    covered = cover(logic, inputs, effort=effort, timeout=time_limit)
    netlist = from_logic(covered, system=cells.setting)
    if tolerance is None:
        netlist = with_cells(netlist, cells, margin=MARGIN if margin is None else margin)
    else:
        others = () if library is not None else yield_libraries(cells.setting, cells.state)
        netlist = with_least_failing(netlist, (cells, *others), tolerance, margin=margin or 0.0)
    description = f"Mapped from a circuit of {len(logic.nodes)} gates, k = {inputs}."
    return replace(netlist, description=description)


def _lacking(netlist: Netlist, gates: list[Gate], margin: float) -> list[Diagnostic]:
    found: list[Diagnostic] = []
    for gate in gates[:SHOWN]:
        assert gate.function is not None
        of = f" of margin {margin:g}" if margin else ""
        message = (
            f"the cell library has no {gate.arity}-input cell{of} for "
            f"{shown(title(gate.function))}, the function of gate {shown(gate.name)}"
        )
        hint = None
        if gate is gates[min(len(gates), SHOWN) - 1]:
            rest = f" ({len(gates) - SHOWN} more are missing)" if len(gates) > SHOWN else ""
            needed = " ".join(title(gate.function) for gate in gates[:SHOWN] if gate.function)
            hint = (
                f"'chaoscad cells --add --margin {margin or MARGIN:g} -- {needed}' searches and keeps "
                f"them, or ask for {'a smaller margin or ' if margin else ''}fewer inputs{rest}"
            )
        found.append(Diagnostic(message, netlist.file, gate.line, gate.column, hint))
    return found
