"""Building a parameter space: bounds, fixed values and ties of gates become slots with ranges."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from chaoscad.errors import Diagnostic, NetlistError
from chaoscad.logic.graph import classes
from chaoscad.netlist import Gate, Tie
from chaoscad.netlist.bounds import Room, room
from chaoscad.solve.ranges import value_range
from chaoscad.solve.space import Space, Structure
from chaoscad.tune import box

SHARE = (-0.02, 1.02)
"""A trained threshold as a share of the range of its gate's own values: nearly every start is a gate
that depends on its inputs, and a constant gate is still in reach."""


def build_space(
    gates: Sequence[Gate], ties: Sequence[Tie], *, bounded: bool = True, projected: bool = False
) -> Space:
    """The space of `gates` with their bounds, fixed values and ties.

    **Arguments:**

    - `bounded`: when false, every bound is dropped and only fixed values stay.
    - `projected`: the threshold is not a raw value but found by `gap`; its box is then in units of
      the value for every gate.

    **Raises:** `ChaoscadError` when tied gates have no value in common.
    """
    place = {gate.name: index for index, gate in enumerate(gates)}
    rooms = [room(gate) for gate in gates]
    if not bounded:
        rooms = [_unbounded(gate, space) for gate, space in zip(gates, rooms, strict=True)]

    def tied(parameter: str) -> list[tuple[int, ...]]:
        return [
            tuple(place[name] for name in tie.gates) for tie in ties if tie.parameter == parameter
        ]

    inputs = max(gate.arity for gate in gates)
    delta_items = [(index, k) for index, gate in enumerate(gates) for k in range(gate.arity)]
    delta_links = [
        ((index, 0), (index, k))
        for index, gate in enumerate(gates)
        if gate.weights == "shared"
        for k in range(1, gate.arity)
    ]
    for members in tied("delta"):
        for other in members[1:]:
            common = min(gates[members[0]].arity, gates[other].arity)
            delta_links += [((members[0], k), (other, k)) for k in range(common)]
    delta_slot = classes(delta_items, delta_links)
    delta_box = _intersect(
        delta_slot, {(index, k): rooms[index].delta[k] for index, k in delta_items}, gates, "delta"
    )
    rest = np.clip(0.0, delta_box[0], delta_box[1])
    everyone = range(len(gates))
    together = classes(everyone, _links(tied("delta")))
    x0_slot = classes(everyone, _links(tied("x0")))
    offsets: dict[Any, tuple[float, float]] = {}
    for index, gate in enumerate(gates):
        weights = [rest[delta_slot[index, k]] for k in range(gate.arity)]
        low, high = rooms[index].x0
        own = rooms[index].rest
        # The gate's own room was computed at its own rest; a tie may have moved the rest outwards.
        shift_low = sum(max(-w, 0.0) for w in weights) - sum(max(-w, 0.0) for w in own)
        shift_high = sum(max(w, 0.0) for w in weights) - sum(max(w, 0.0) for w in own)
        offsets[index] = (low + max(shift_low, 0.0), high - max(shift_high, 0.0))
    x0_box = _intersect(x0_slot, offsets, gates, "x0")

    scale = np.array([value_range(gate)[2] for gate in gates])
    threshold_slot = classes(everyone, _links(tied("threshold")))
    threshold_tied = {index for members in tied("threshold") for index in members}
    thresholds: dict[Any, tuple[float, float]] = {}
    relative: list[bool] = []
    for index, gate in enumerate(gates):
        given = rooms[index].threshold
        own_range = given is None and index not in threshold_tied and bounded
        relative.append(own_range and not projected)
        if given is not None:
            thresholds[index] = given
        elif own_range and not projected:
            thresholds[index] = SHARE
        else:
            reach = value_range(gate)
            thresholds[index] = (reach[0], reach[1]) if bounded else (-np.inf, np.inf)
    threshold_box = _intersect(threshold_slot, thresholds, gates, "threshold")

    system_items: dict[Any, tuple[float, float]] = {}
    widest = max(len(gate.setting.values) for gate in gates) or 1
    for index, gate in enumerate(gates):
        for position, (name, value) in enumerate(gate.setting.parameters.items()):
            system_items[index, position] = gate.train.get(name, (value, value))
    system_links = [
        (
            (first, list(gates[first].setting.parameters).index(tie.parameter)),
            (other, list(gates[other].setting.parameters).index(tie.parameter)),
        )
        for tie in ties
        if tie.parameter not in ("x0", "delta", "threshold")
        for first, other in _links([tuple(place[name] for name in tie.gates)])
    ]
    system_slot = classes(system_items, system_links)
    system_box = _intersect(system_slot, system_items, gates, "a system parameter")

    def table(slots: dict[Any, int], index: int, width: int) -> tuple[int, ...]:
        return tuple(slots.get((index, position), -1) for position in range(width))

    return Space(
        structure=Structure(
            x0=tuple(x0_slot[index] for index in everyone),
            delta=tuple(table(delta_slot, index, inputs) for index in everyone),
            threshold=tuple(threshold_slot[index] for index in everyone),
            system=tuple(table(system_slot, index, widest) for index in everyone),
            scaled_together=tuple(together[index] for index in everyone),
        ),
        x0=box(*x0_box),
        delta=box(*delta_box),
        rest=_array(rest),
        threshold=box(*threshold_box),
        system=box(*(system_box if system_items else (np.zeros(1), np.zeros(1)))),
        low=_array([space.state[0] for space in rooms]),
        high=_array([space.state[1] for space in rooms]),
        relative=np.asarray(relative),
        scale=_array(scale),
        sign=_array([1.0 if gate.compare == ">" else -1.0 for gate in gates]),
    )


def _unbounded(gate: Gate, space: Room) -> Room:
    free = (-np.inf, np.inf)

    def kept(name: str, values: tuple[float, float]) -> tuple[float, float]:
        return values if name in gate.fixed else free

    return Room(
        x0=(gate.fixed["x0"][0], gate.fixed["x0"][0]) if "x0" in gate.fixed else free,
        delta=tuple(kept("delta", values) for values in space.delta),
        rest=tuple(w if "delta" in gate.fixed else 0.0 for w in space.rest),
        threshold=space.threshold if "threshold" in gate.fixed else None,
        state=free,
    )


def _links(groups: Iterable[tuple[int, ...]]) -> list[tuple[int, int]]:
    return [(members[0], other) for members in groups for other in members[1:]]


def _intersect(
    slots: dict[Any, int],
    ranges: dict[Any, tuple[float, float]],
    gates: Sequence[Gate],
    parameter: str,
) -> tuple[np.ndarray, np.ndarray]:
    count = max(slots.values(), default=-1) + 1
    low, high = np.full(count, -np.inf), np.full(count, np.inf)
    for item, slot in slots.items():
        low[slot] = max(low[slot], ranges[item][0])
        high[slot] = min(high[slot], ranges[item][1])
        if low[slot] > high[slot]:
            members = {
                other if isinstance(other, int) else other[0]
                for other, place in slots.items()
                if place == slot
            }
            names = ", ".join(repr(gates[index].name) for index in sorted(members))
            message = f"the gates tied in {parameter} ({names}) have no value of it in common"
            gate = gates[item if isinstance(item, int) else item[0]]
            raise NetlistError(
                Diagnostic(message, None, gate.line, gate.column, "widen their bounds")
            )
    return low, high


def _array(items: Any) -> np.ndarray:
    return np.asarray(items, np.float64)
