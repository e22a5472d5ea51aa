"""Orders that contradict each other: what no values can be, whatever the system.

Members that share x0 and the weights, and are read alike, have the same values. A member wants each
of the values of its 1s above each of those of its 0s. Where two members (or more, in a ring) want
opposite orders, no system, curve or flow can give them.
"""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

import numpy as np

from chaoscad.errors import counted
from chaoscad.family import Family
from chaoscad.feasibility.counting import overcrowded
from chaoscad.feasibility.members import Members
from chaoscad.feasibility.model import Feasibility
from chaoscad.feasibility.searched import EQUAL_STATES, Conflict
from chaoscad.netlist import title

NOTHING_COMMON = "the bounds of the gates have no value in common"


def refuted(family: Family, epsilon: float = 0.0) -> Feasibility | None:
    """The proof that a family cannot be, from what its members want of equal states and values, or how many.

    `None` where they do not contradict each other; nothing is evaluated. The orders cover any system.
    """
    try:
        members = Members(family)
    except Conflict:
        why = EQUAL_STATES
    else:
        why = NOTHING_COMMON if members.empty else contradiction(members) or overcrowded(members)
    if why is None:
        return None
    names = tuple(gate.name for gate in family.gates)
    return Feasibility("infeasible", -np.inf, 0.0, epsilon, 0, why, family=names)


def contradiction(members: Members) -> str | None:
    """Why one value would have to lie above another and below it; `None` where no order says so."""
    family = members.family
    pairs = dict.fromkeys(zip(family.x0, members.reading.tolist(), strict=True))
    for place, reading in pairs:
        wants: dict[tuple[int, int], str] = {}
        for group in members.groups:
            if group.x0 == place:
                for high in np.flatnonzero(group.above[reading]):
                    for low in np.flatnonzero(group.below[reading]):
                        names = _asking(family, members, place, reading, group.threshold)
                        wants.setdefault((int(high), int(low)), names)
        ring = _ring(wants)
        if ring:
            return _told(members, ring, wants)
    return None


def _ring(wants: dict[tuple[int, int], str]) -> list[int]:
    """Rows that would have to lie above each other in turn, the first of them last again."""
    for high, low in wants:
        if (low, high) in wants:
            return [high, low, high]
    sorter: TopologicalSorter[int] = TopologicalSorter()
    for high, low in wants:
        sorter.add(low, high)
    try:
        sorter.prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def _asking(family: Family, members: Members, place: int, reading: int, threshold: int) -> str:
    return " and ".join(
        f"{gate.name!r} ({title(wanted)})"
        for index, (gate, wanted) in enumerate(zip(family.gates, family.wanted, strict=True))
        if family.x0[index] == place
        and members.reading[index] == reading
        and family.threshold[index] == threshold
    )


def _told(members: Members, ring: list[int], wants: dict[tuple[int, int], str]) -> str:
    gate = members.family.gates[0]
    ones = members.uses[:, 0].astype(int)

    def row(number: int) -> str:
        if members.uses.shape[1] == gate.arity:
            return "row " + "".join(str(int(bit)) for bit in members.uses[number])
        return "rows with " + counted(int(ones[number]), "one")

    parts = [
        f"{wants[pair]} needs the value of {row(pair[0])} above that of {row(pair[1])}"
        for pair in pairwise(ring)
    ]
    return ", ".join(parts) + "; with one x0 and one delta they have the same values, on any system"
