"""How far a parameter of a device may move before one of its gates fails."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chaoscad.robustness.trim_gate import GateOfDevice, TrimmedGate
from chaoscad.systems import Flow

STEPS = 257
"""Moves of a parameter that are tried on each side; between two of them the margin is taken as linear."""

STEPS_OF_FLOWS = 17

FARTHEST = 1.0
"""The largest move that is tried, as a part of the range of the states or of the parameter's value."""


@dataclass(frozen=True)
class Drift:
    """How far a parameter may move, in every device that works, until the first of them fails.

    **Arguments:**

    - `parameter`: `x0`, `threshold`, `delta` (one weight), `gain` (the outputs of the system, times 1
      plus the move), or one of the system's.
    - `down`, `up`: the moves; infinite where none that was tried matters.
    - `down_at`, `up_at`: the device and the gate that fail first.
    - `relative`: whether the moves are parts of the parameter.
    """

    parameter: str
    down: float
    down_at: tuple[str, str]
    up: float
    up_at: tuple[str, str]
    relative: bool = False

    def to_data(self) -> dict[str, Any]:
        """As JSON-ready data."""
        return {
            "parameter": self.parameter,
            "relative": self.relative,
            "down": self.down if math.isfinite(self.down) else None,
            "down_at": list(self.down_at),
            "up": self.up if math.isfinite(self.up) else None,
            "up_at": list(self.up_at),
        }


def drift_of(working: Sequence[tuple[str, GateOfDevice, TrimmedGate]]) -> tuple[Drift, ...]:
    """The drift that devices which work bear in their setting.

    **Arguments:**

    - `working`: the name of each device with each of its gates.
    """
    found: dict[str, dict[int, tuple[float, tuple[str, str]]]] = {}
    for device, part, gate in working:
        at = device, gate.gate
        for name, side, move in _moves(part, gate):
            sides = found.setdefault(name, {})
            if side not in sides or move < sides[side][0]:
                sides[side] = move, at
    return tuple(
        Drift(name, *sides[-1], *sides[1], relative=name == "gain") for name, sides in found.items()
    )


def _moves(part: GateOfDevice, gate: TrimmedGate) -> Iterator[tuple[str, int, float]]:
    """By parameter and side, the least move at which the gate fails."""
    x0, threshold = gate.x0, part.side * gate.threshold
    values = part.values(part.states(np.array([x0])))
    low, high = (float(end[0]) for end in part.gap(values))
    # The threshold itself moves the other way for a 1 below it.
    yield "threshold", int(part.side), high - threshold
    yield "threshold", -int(part.side), threshold - low
    flow = isinstance(part.setting.system, Flow)
    states = part.gate.source.bounds.state
    size = states[1] - states[0]
    far = FARTHEST * (size if math.isfinite(size) else max(1.0, abs(x0)))
    grid = np.linspace(0.0, 1.0, STEPS_OF_FLOWS if flow else STEPS)

    def margins(values: np.ndarray) -> np.ndarray:
        below, above = part.gap(values)
        with np.errstate(invalid="ignore"):
            found = np.minimum(above - threshold, threshold - below)
        return np.nan_to_num(found, nan=-np.inf)

    for side in (-1, 1):
        moves = side * far * grid
        yield "x0", side, _first(far * grid, margins(part.values(part.states(x0 + moves))))
        for place in range(part.gate.arity):
            moved = part.states(np.full(len(grid), x0), {place: moves})
            yield "delta", side, _first(far * grid, margins(part.values(moved)))
        scaled = values * (1 + side * grid)[:, None]
        yield "gain", side, _first(grid, margins(scaled))
        for name, value in part.setting.parameters.items():
            item = part.setting.system.parameter(name)
            if item is None or item.whole:
                continue
            end = item.low if side < 0 else item.high
            reach = FARTHEST * max(abs(value), 1e-3)
            reach = min(reach, abs(end - value)) if math.isfinite(end) else reach
            moved = part.states(np.full(len(grid), x0))
            given = part.values(moved, {name: value + side * reach * grid})
            yield name, side, _first(reach * grid, margins(given))


def _first(moves: np.ndarray, margins: np.ndarray) -> float:
    """The move at which the margin first is 0, linearly between the two beside it."""
    bad = np.flatnonzero(margins <= 0)
    if not len(bad):
        return math.inf
    place = int(bad[0])
    if place == 0:
        return 0.0
    before, after = margins[place - 1], margins[place]
    part = before / (before - after) if np.isfinite(after) else 0.0
    return float(moves[place - 1] + part * (moves[place] - moves[place - 1]))
