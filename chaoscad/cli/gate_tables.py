"""The gates of designs and netlists as tables: a line each, and one for what readings of an element share."""

from __future__ import annotations

from collections.abc import Container, Sequence

import numpy as np
from rich.table import Table

from chaoscad.cli.render import distance, number, plain, printable, system_text, table
from chaoscad.design import Design, DesignGate, Element
from chaoscad.design.elements import elements_of
from chaoscad.netlist import Netlist, title
from chaoscad.systems import Flow
from chaoscad.verification import reaches

MOST_WEIGHTS = 6
"""Weights that a table lists; of more it gives the range."""


def design_table(design: Design, gates: Sequence[DesignGate] | None = None) -> Table:
    """One line per gate, or for some of them: function, parameters, margin.

    Of an element that several gates read, a line for what they share, and below it one for each.
    """
    made = table(
        "gate",
        "inputs",
        "function",
        "system",
        "n",
        "x0",
        "delta",
        "threshold",
        "margin",
        "room",
        right=("n", "x0", "threshold", "margin", "room"),
    )
    reach = reaches(design)
    for element in elements_of(design.gates if gates is None else gates):
        first = element.readings[0]
        own = [
            plain(" ".join(element.inputs)),
            plain(element_text(element)),
            number(first.x0),
            _deltas(first),
        ]
        if element.shared:
            room = distance(reach[first.name].room)
            made.add_row(plain(element.name), own[0], "", own[1], "", *own[2:], "", "", room)
        for gate in element.readings:
            told = [str(gate.iterates), *own[2:], f"{gate.compare} {number(gate.threshold)}"]
            if element.shared:
                told[1:3] = ["", ""]
            made.add_row(
                plain(f"  {gate.name}" if element.shared else gate.name),
                "" if element.shared else own[0],
                plain(title(gate.function)),
                plain(reading_text(gate)) if element.shared else own[1],
                *told,
                number(gate.margin),
                "" if element.shared else distance(reach[gate.name].room),
            )
    return made


def element_text(element: Element, moving: Container[str] = ()) -> str:
    """The system of an element; what its readings differ in is theirs.

    **Arguments:**

    - `moving`: what differs between configurations, and is told with each.
    """
    text = system_text(element.longest)
    told = not element.shared and "time" not in moving
    if told or not isinstance(element.setting.system, Flow):
        return text
    return text.removesuffix(f"t={number(element.setting.time or 0.0)}").rstrip(", ")


def reading_text(gate: DesignGate, moving: Container[str] = ()) -> str:
    """When a flow is read, and which coordinate, where there are several; `moving` as above."""
    setting, words = gate.setting, list[str]()
    if len(setting.system.coordinates) > 1:
        words.append(setting.read)
    if setting.time is not None and "time" not in moving:
        words.append(f"t={number(setting.time)}")
    return printable(" ".join(words))


def netlist_table(netlist: Netlist) -> Table:
    """One line per gate: inputs and wanted function."""
    elements = ["element"] if netlist.elements else []
    made = table("gate", "inputs", "function", "system", "n", "weights", *elements, right=("n",))
    for gate in netlist.gates:
        made.add_row(
            plain(gate.name),
            plain(" ".join(gate.inputs)),
            plain(title(gate.function)) if gate.function is not None else "free",
            plain(system_text(gate)),
            str(gate.iterates),
            gate.weights,
            *(plain(gate.element) for _ in elements),
        )
    return made


def room_note(design: Design) -> list[str]:
    """What room 0 means where a formula, and no measured curve, goes on beyond the declared range."""
    for reach in reaches(design).values():
        if np.isinf(reach.measured_room) and abs(reach.room) < 1e-9:
            return ["room 0: a state is at the end of its range; the formula goes on beyond it"]
    return []


def _deltas(gate: DesignGate) -> str:
    if len(set(gate.delta)) == 1 and gate.arity > 1:
        return f"{number(gate.delta[0])} (all)"
    if gate.arity > MOST_WEIGHTS:
        return f"{number(min(gate.delta))} to {number(max(gate.delta))}"
    return " ".join(number(weight) for weight in gate.delta)
