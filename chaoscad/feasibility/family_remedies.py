"""What would make an infeasible family possible: other controls, iterates or weights, each proven."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from chaoscad.family import Family, numbered
from chaoscad.feasibility.families import family_feasibility
from chaoscad.feasibility.flows import family_best_found
from chaoscad.feasibility.members import Members
from chaoscad.feasibility.model import Feasibility
from chaoscad.feasibility.remedies import ITERATES, MOST_ITERATES, iterable
from chaoscad.feasibility.searched import Conflict, distinct_rows
from chaoscad.logic.graph import classes
from chaoscad.netlist import Gate
from chaoscad.netlist.unrolled import AT
from chaoscad.systems import Flow

MOST_BOXES = 100_000
"""Budget of each proposal, in intervals of x0."""

CONTROLS = (("x0",), ("threshold",), ("x0", "threshold"))
"""Controls that are proposed, fewest first."""

DRAWN = 40_000
"""Settings of an element that are tried where the iterates are the control."""

LEVELS = 33
"""Thresholds that are tried for each."""


def with_family_remedies(family: Family, found: Feasibility) -> Feasibility:
    """The answer with the changes to the family that are found to make it possible.

    For maps each is proven by a setting with a rigorous margin, for flows certified by integration.
    """
    if found.verdict != "infeasible":
        return found
    remedies: dict[str, str] = {}
    for kind, words, changed in _changes(family):
        # The fewest controls and iterates come first: one proposal of a kind is enough.
        if kind not in remedies:
            answer = feasible_family(changed, boxes=MOST_BOXES, decide=True)
            if answer.verdict == "feasible":
                remedies[kind] = words
    return replace(found, remedies=tuple(remedies.values()))


def feasible_family(
    family: Family,
    *,
    epsilon: float | None = None,
    boxes: int | None = None,
    decide: bool = False,
    accuracy: float | None = None,
) -> Feasibility:
    """`family_feasibility` for maps, `family_best_found` for flows."""
    if isinstance(family.gates[0].setting.system, Flow):
        return family_best_found(family)
    options = {"boxes": boxes, "accuracy": accuracy}
    given = {name: value for name, value in options.items() if value is not None}
    return family_feasibility(family, epsilon=epsilon, decide=decide, **given)  # type: ignore[arg-type]


def _changes(family: Family) -> Iterator[tuple[str, str, Family]]:
    for controls in CONTROLS:
        changed = replace(
            family,
            **{
                name: _moving(family, name) if name in controls else _held(family, name)
                for name in ("x0", "threshold")
            },
        )
        if not set(controls) <= set(family.controls) and changed != family:
            yield "controls", f"controls: [{', '.join(controls)}]", changed
    if read := _read_in_turn(family):
        counts = ", ".join(f"{gate.name} {gate.iterates}" for gate in read.gates)
        yield "reading", f"controls: [iterates] ({counts})", read
    first = family.gates[0]
    if iterable(first) and len({gate.iterates for gate in family.gates}) == 1:
        for iterates in range(1, MOST_ITERATES + 1):
            if iterates != first.iterates:
                made = tuple(replace(gate, iterates=iterates) for gate in family.gates)
                yield ITERATES, f"{ITERATES}: {iterates}", replace(family, gates=made)
    if first.weights == "shared" and not any("delta" in gate.fixed for gate in family.gates):
        made = tuple(replace(gate, weights="independent") for gate in family.gates)
        yield "weights", "weights: independent", replace(family, gates=made)


def _moving(family: Family, parameter: str) -> tuple[int, ...]:
    """The classes of a parameter that is a control: ties and elements hold inside a configuration."""
    places = getattr(family, parameter)
    owners = [gate.name.partition(AT)[2] or gate.name for gate in family.gates]
    return numbered(list(zip(owners, places, strict=True)))


def _held(family: Family, parameter: str) -> tuple[int, ...]:
    """The classes of a parameter that is no control: a gate has one value in all configurations."""
    owners = [gate.name.partition(AT)[0] if AT in gate.name else "" for gate in family.gates]
    links = [
        (place, owner) for place, owner in zip(getattr(family, parameter), owners, strict=True)
    ]
    joined = classes([*dict.fromkeys(getattr(family, parameter)), *dict.fromkeys(owners)], links)
    return numbered([joined[owner] for owner in owners])


def _read_in_turn(family: Family) -> Family | None:
    """One element that is read after the iterates that suit each member best, if one is found."""
    first = family.gates[0]
    if not iterable(first) or len(set(_fixed(family.gates))) > 1:
        return None
    none = (0,) * len(family.gates)
    counts = range(1, MOST_ITERATES + 1)
    try:
        members = Members(replace(family, x0=none, threshold=none))
    except Conflict:
        return None
    if members.empty:
        return None
    random = np.random.default_rng(0)
    low, high = members.delta[:, :, None]
    delta = random.uniform(low, high, (len(low), DRAWN)) * 10.0 ** random.uniform(-1.5, 0.0, DRAWN)
    start, end = members.x0[:, 0]
    z = random.uniform(start, end, DRAWN) + members.uses @ np.clip(delta, low, high)
    z = z[:, ((z >= members.state[0, 0]) & (z <= members.state[1, 0])).all(0)]
    if not z.size:
        return None
    with np.errstate(all="ignore"):
        value = np.stack([first.setting.value(z, count) for count in counts])
    least, most = members.levels((float(np.nanmin(value)), float(np.nanmax(value))))[:, 0]
    best, chosen = 0.0, None
    sides = [_sides(members, place) for place in range(len(family.gates))]
    tops = [np.where(above[:, None], value, np.inf).min(1) for above, _ in sides]
    bottoms = [np.where(below[:, None], value, -np.inf).max(1) for _, below in sides]
    for level in np.linspace(least, most, LEVELS):
        own = [np.minimum(t - level, level - b) for t, b in zip(tops, bottoms, strict=True)]
        worst = np.nan_to_num(np.stack([one.max(0) for one in own]), nan=-np.inf).min(0)
        place = int(np.argmax(worst))
        if worst[place] > best:
            best, chosen = worst[place], [counts[int(one[:, place].argmax())] for one in own]
    if chosen is None:
        return None
    gates = tuple(
        replace(gate, iterates=count) for gate, count in zip(family.gates, chosen, strict=True)
    )
    return replace(family, gates=gates, x0=none, threshold=none)


def _sides(members: Members, place: int) -> tuple[np.ndarray, np.ndarray]:
    rows = distinct_rows(members.family.gates[place], members.family.wanted[place])
    return rows.above, rows.below


def _fixed(gates: Sequence[Gate]) -> list[tuple[object, ...]]:
    """What binds the offset and the threshold of every gate."""
    return [(gate.bounds, gate.fixed.get("x0"), gate.fixed.get("threshold")) for gate in gates]
