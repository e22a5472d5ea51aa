"""The room that a gate's parameters have: every bound of a gate made explicit."""

from __future__ import annotations

import math
from dataclasses import dataclass

from chaoscad.netlist.model import Gate
from chaoscad.systems import Interval


@dataclass(frozen=True)
class Room:
    """Ranges within which every choice can be completed to a gate whose states are in range.

    **Arguments:**

    - `x0`: the offsets that leave room for the weights at `rest`.
    - `delta`: one range per input.
    - `rest`: the smallest weight that each range allows, 0 where it holds 0.
    - `threshold`: `None` where the netlist gives no range.
    - `state`: the range of the states.
    """

    x0: Interval
    delta: tuple[Interval, ...]
    rest: tuple[float, ...]
    threshold: Interval | None
    state: Interval


def room(gate: Gate) -> Room:
    """The room of `gate`; its `x0` range is upside down when the bounds contradict each other."""
    low, high = gate.bounds.state
    span = high - low
    fixed = gate.fixed
    if "delta" in fixed:
        values = fixed["delta"] * (gate.arity if len(fixed["delta"]) == 1 else 1)
        delta = tuple((value, value) for value in values)
    else:
        delta = (gate.bounds.delta or (-span, span),) * gate.arity
    rest = tuple(min(max(0.0, bottom), top) for bottom, top in delta)
    x0 = gate.bounds.x0 or (-math.inf, math.inf)
    if "x0" in fixed:
        x0 = (fixed["x0"][0], fixed["x0"][0])
    negative = sum(-weight for weight in rest if weight < 0)
    positive = sum(weight for weight in rest if weight > 0)
    x0 = (max(x0[0], low + negative), min(x0[1], high - positive))
    threshold = gate.bounds.threshold
    if "threshold" in fixed:
        threshold = (fixed["threshold"][0], fixed["threshold"][0])
    return Room(x0, delta, rest, threshold, gate.bounds.state)
