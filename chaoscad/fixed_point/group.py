"""Gates that are tuned on a grid together: their free parameters as integers, and what they are worth."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64, Shaped

from chaoscad.design.model import DesignGate
from chaoscad.fixed_point.form import Form, to_grid
from chaoscad.fixed_point.orbits import ESCAPED, iterated_arrays
from chaoscad.logic.graph import classes
from chaoscad.netlist.bounds import room
from chaoscad.systems import Interval

Variable = tuple[str, ...]
"""A parameter by the gate and the place that it was first seen at; tied ones are one variable."""


@dataclass(frozen=True)
class Member:
    """One gate of a group.

    **Arguments:**

    - `wanted`: its truth table, `-` where a row is left open.
    - `x0`, `delta`: places among the group's variables; `threshold` among its thresholds.
    - `form`: its map's step in integers.
    """

    gate: DesignGate
    wanted: str
    x0: int
    delta: tuple[int, ...]
    threshold: int
    form: Form


@dataclass(frozen=True)
class Group:
    """Gates that ties connect.

    **Arguments:**

    - `start`: of every variable (offsets and weights), in steps of the grid, not rounded.
    - `ranges`: of every variable, in steps; upside down where the grid has no point in it.
    - `thresholds`: their starts, in steps; `threshold_ranges`: where they may lie.
    """

    members: tuple[Member, ...]
    start: tuple[float, ...]
    ranges: tuple[tuple[int, int], ...]
    thresholds: tuple[float, ...]
    threshold_ranges: tuple[tuple[float, float], ...]
    fraction_bits: int

    def worth(
        self, points: Int64[np.ndarray, "points variables"]
    ) -> tuple[Float64[np.ndarray, " points"], Int64[np.ndarray, "points thresholds"]]:
        """The least margin in steps of the grid, in fixed point and in float64, at the best thresholds.

        **Returns:** the margins, minus infinity where a state is out of range, and the thresholds.
        """
        count, width = len(points), len(self.thresholds)
        up, down = np.full((count, width), np.inf), np.full((count, width), -np.inf)
        legal = np.ones(count, bool)
        for member in self.members:
            states = _states(points, member)
            low, high = _steps(member.gate.source.bounds.state, self.fraction_bits)
            legal &= ((states >= low) & (states <= high)).all(1)
            sides = _sides(member)
            # Of integers the comparator's edge lies half a step beyond t, towards its 1s: the first 1
            # of `v > t` is at t + 1, its last 0 at t.
            offset = -0.5 if member.gate.compare == "<" else 0.5
            for values, shift in (
                (_fixed(states, member), offset),
                (_float(states, member, self.fraction_bits), 0.0),
            ):
                near = np.abs(values) < ESCAPED
                legal &= near[:, sides != 0].all(1)
                shifted = np.where(near, values - shift, 0.0)
                above = np.where(sides > 0, shifted, np.inf).min(1)
                below = np.where(sides < 0, shifted, -np.inf).max(1)
                place = member.threshold
                up[:, place] = np.minimum(up[:, place], above)
                down[:, place] = np.maximum(down[:, place], below)
        # At given states the best threshold has a closed form: only x0 and delta need a search.
        chosen = _thresholds(up, down, self.thresholds, self.threshold_ranges)
        margins = np.minimum(up - chosen, chosen - down).min(1)
        return np.where(legal, margins, -np.inf), chosen.astype(np.int64)

    def smooth(self, point: Sequence[float]) -> float:
        """The least margin in float64 anywhere between the points of the grid, in its steps."""
        up, down = [math.inf] * len(self.thresholds), [-math.inf] * len(self.thresholds)
        array = np.asarray([point], np.float64)
        for member in self.members:
            states = _states(array, member)
            low, high = member.gate.source.bounds.state
            scale = 1 << self.fraction_bits
            if states.min() < low * scale or states.max() > high * scale:
                return -math.inf
            values = _float(states, member, self.fraction_bits)[0]
            sides = _sides(member)
            if not (np.abs(values[sides != 0]) < ESCAPED).all():
                return -math.inf
            place = member.threshold
            up[place] = min(up[place], values[sides > 0].min(initial=math.inf))
            down[place] = max(down[place], values[sides < 0].max(initial=-math.inf))
        # A threshold midway leaves half of the gap on either side.
        gaps = [above - below for above, below in zip(up, down, strict=True)]
        return min(gaps) / 2


def _states(
    points: Shaped[np.ndarray, "points variables"], member: Member
) -> Shaped[np.ndarray, "points rows"]:
    """The states of every local row: whole numbers of steps, or any."""
    # In the order of the truth table: the last input changes fastest.
    found = points[:, member.x0, None]
    for place in member.delta:
        weight = points[:, place, None]
        found = np.stack([found, found + weight], axis=-1).reshape(len(points), -1)
    return found


def _sides(member: Member) -> Float64[np.ndarray, " rows"]:
    """1 where the value must be above the threshold, -1 where below, 0 where it does not matter."""
    turn = -1.0 if member.gate.compare == "<" else 1.0
    return np.array([{"1": turn, "0": -turn, "-": 0.0}[want] for want in member.wanted])


def _fixed(
    states: Int64[np.ndarray, "points rows"], member: Member
) -> Float64[np.ndarray, "points rows"]:
    setting = member.gate.setting
    bits = member.form.fraction_bits
    flat = states.reshape(-1)
    start = [
        flat if name in setting.encode else np.full_like(flat, to_grid(value, bits))
        for name, value in zip(setting.system.coordinates, setting.start, strict=True)
    ]
    orbit = iterated_arrays(start, member.gate.iterates, member.form)
    return orbit[-1][setting.reading].astype(np.float64).reshape(states.shape)


def _float(
    states: Shaped[np.ndarray, "points rows"], member: Member, fraction_bits: int
) -> Float64[np.ndarray, "points rows"]:
    scale = float(1 << fraction_bits)
    values = member.gate.setting.value(states / scale, member.gate.iterates)
    return np.where(np.abs(values) < ESCAPED, values, np.inf) * scale


def _thresholds(
    up: Float64[np.ndarray, "points thresholds"],
    down: Float64[np.ndarray, "points thresholds"],
    starts: Sequence[float],
    ranges: Sequence[tuple[float, float]],
) -> Float64[np.ndarray, "points thresholds"]:
    """Midway between the values on both sides, on the grid; where there is one side, the start."""
    both = np.isfinite(up) & np.isfinite(down)
    middle = (np.where(both, up, 0.0) + np.where(both, down, 0.0)) / 2
    rounded = np.rint(np.where(both, middle, np.asarray(starts)))
    low, high = (np.asarray([item[end] for item in ranges]) for end in (0, 1))
    return np.clip(rounded, low, high)


def _steps(interval: Interval, fraction_bits: int) -> tuple[float, float]:
    """The points of the grid in an interval: the first and the last."""
    scale = 1 << fraction_bits
    low, high = interval
    return (
        math.ceil(low * scale) if math.isfinite(low) else low,
        math.floor(high * scale) if math.isfinite(high) else high,
    )


def grouped(
    gates: Sequence[DesignGate],
    ties: Sequence[tuple[str, tuple[str, ...]]],
    forms: Mapping[str, Form],
    wanted: Mapping[str, str],
    fraction_bits: int,
) -> list[Group]:
    """The gates in groups that ties in x0, delta or threshold connect.

    **Arguments:**

    - `ties`: a parameter and the gates that share it.
    - `forms`, `wanted`: of every gate.
    """
    tied = [(kind, names) for kind, names in ties if kind in ("x0", "delta", "threshold")]
    first: dict[tuple[str, str], str] = {}
    for parameter, names in tied:
        leader = first.get((parameter, names[0]), names[0])
        first |= {(parameter, name): leader for name in names}
    owner = classes(
        (gate.name for gate in gates),
        ((names[0], name) for _, names in tied for name in names[1:]),
    )
    members: dict[int, list[DesignGate]] = {}
    for gate in gates:
        members.setdefault(owner[gate.name], []).append(gate)
    return [_group(found, first, forms, wanted, fraction_bits) for found in members.values()]


def _group(
    gates: Sequence[DesignGate],
    first: Mapping[tuple[str, str], str],
    forms: Mapping[str, Form],
    wanted: Mapping[str, str],
    fraction_bits: int,
) -> Group:
    scale = 1 << fraction_bits
    places: dict[Variable, int] = {}
    start: list[float] = []
    ranges: list[tuple[int, int]] = []
    thresholds: dict[str, int] = {}
    levels: list[float] = []
    limits: list[tuple[float, float]] = []

    def variable(key: Variable, value: float, allowed: Interval) -> int:
        low, high = _steps(allowed, fraction_bits)
        reach = 64 * scale
        whole = (int(max(low, -reach)), int(min(high, reach)))
        if key not in places:
            places[key] = len(places)
            start.append(value * scale)
            ranges.append(whole)
        place = places[key]
        before = ranges[place]
        ranges[place] = (max(before[0], whole[0]), min(before[1], whole[1]))
        return place

    found: list[Member] = []
    for gate in gates:
        space = room(gate.source)
        x0 = variable(("x0", first.get(("x0", gate.name), gate.name)), gate.x0, space.x0)
        leader = first.get(("delta", gate.name), gate.name)
        shared = gate.source.weights == "shared"
        delta = tuple(
            variable(("delta", leader, "" if shared else str(index)), weight, allowed)
            for index, (weight, allowed) in enumerate(zip(gate.delta, space.delta, strict=True))
        )
        leader = first.get(("threshold", gate.name), gate.name)
        low, high = _steps(space.threshold or (-math.inf, math.inf), fraction_bits)
        if leader not in thresholds:
            thresholds[leader] = len(thresholds)
            levels.append(gate.threshold * scale)
            limits.append((low, high))
        place = thresholds[leader]
        limits[place] = (max(limits[place][0], low), min(limits[place][1], high))
        wants = wanted[gate.name]
        found.append(Member(gate, wants, x0, delta, place, forms[gate.name]))
    return Group(
        tuple(found), tuple(start), tuple(ranges), tuple(levels), tuple(limits), fraction_bits
    )
