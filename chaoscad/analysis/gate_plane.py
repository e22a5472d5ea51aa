"""A gate over the plane of two of its parameters: its states, the ranges around them, its margin."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64

from chaoscad.analysis.read_outs import enough_steps, read_outs
from chaoscad.design import DesignGate
from chaoscad.errors import ChaoscadError, nearest, shown
from chaoscad.netlist import Bounds
from chaoscad.systems import Flow, Interval

MOST_STATES = 5_000_000
"""States that are evaluated together."""


@dataclass(frozen=True)
class Wall:
    """Where a setting stops to be one that works.

    **Arguments:**

    - `distance`: from the design point, both parameters in their own units.
    - `point`: the values of the two parameters.
    - `reason`: in words, such as `a reaches the end of its range [0, 4]`.
    """

    distance: float
    point: tuple[float, float]
    reason: str


def parameters_of(gate: DesignGate) -> dict[str, float]:
    """The parameters by which a region can be drawn: x0, delta (of all inputs), delta0 ...,
    threshold and the system's own."""
    found = {"x0": gate.x0, "delta": gate.delta[0]}
    found |= {f"delta{index}": weight for index, weight in enumerate(gate.delta)}
    found["threshold"] = gate.threshold
    # Duffing's damping is called delta as well; here delta is the gate's weight.
    return {**gate.setting.parameters, **found}


class Plane:
    """Settings of a gate that differ from its design in two parameters.

    **Arguments:**

    - `bounds`: the ranges that the netlist declares; by default that of the system's states.

    **Raises:** `ChaoscadError` for a parameter that the gate does not have or that takes whole numbers
    only, the same one twice, and a design point outside the ranges.
    """

    def __init__(self, gate: DesignGate, axes: tuple[str, str], bounds: Bounds | None) -> None:
        self.gate, self.axes = gate, axes
        self.bounds = bounds or Bounds(gate.setting.system.state)
        known = parameters_of(gate)
        for name in axes:
            if name not in known:
                hint = nearest(name, known) or "it has " + ", ".join(known)
                raise ChaoscadError(
                    f"gate {shown(gate.name)} has no parameter {shown(name)}; {hint}"
                )
        if axes[0] == axes[1]:
            raise ChaoscadError(f"a region needs two different parameters, not {axes[0]} twice")
        self.centre = known[axes[0]], known[axes[1]]
        own = [None if name in _of_gate(gate) else name for name in axes]
        self.system_axes = {name: axis for axis, name in enumerate(own) if name is not None}
        for name in self.system_axes:
            item = gate.setting.system.parameter(name)
            if item is not None and item.whole:
                raise ChaoscadError(
                    f"{name} of {gate.setting.system.name} takes whole numbers only, and a region "
                    "needs parameters that vary continuously"
                )
        self.ranges = self._range(axes[0]), self._range(axes[1])
        self.states = gate.setpoint.states()
        self.slopes = np.stack([self._slope(name) for name in axes])
        self._steps, self.settled = 1, True
        outside = [wall for wall in self.walls() if wall.distance < 0]
        if outside:
            reason = min(outside, key=lambda wall: wall.distance).reason
            raise ChaoscadError(
                f"gate {shown(gate.name)} is outside its ranges at its design point: "
                + reason.replace(" reaches the end of", " is outside")
            )

    def _range(self, name: str) -> Interval:
        declared = {"x0": self.bounds.x0, "threshold": self.bounds.threshold}
        if name in self.system_axes:
            item = self.gate.setting.system.parameter(name)
            assert item is not None
            return item.low, item.high
        return declared.get(name, self.bounds.delta) or (-math.inf, math.inf)

    def _slope(self, name: str) -> Float64[np.ndarray, " rows"]:
        """How fast the state of every row moves with a parameter."""
        arity = self.gate.arity
        rows = np.arange(1 << arity)
        bits = (rows[:, None] >> np.arange(arity)[::-1]) & 1
        if name == "x0":
            return np.ones(len(rows))
        if name == "delta":
            return bits.sum(axis=1).astype(np.float64)
        if name == "threshold" or name in self.system_axes:
            return np.zeros(len(rows))
        return bits[:, int(name.removeprefix("delta"))].astype(np.float64)

    def walls(self) -> Iterator[Wall]:
        """The ends of the declared ranges; the distance is negative where the design is outside."""
        for axis, (name, ends) in enumerate(zip(self.axes, self.ranges, strict=True)):
            direction = np.eye(2)[axis]
            yield from self._ends(self.centre[axis], direction, ends, name, "its range")
        for row, (state, slope) in enumerate(zip(self.states, self.slopes.T, strict=True)):
            if slope.any():
                what = f"the state of row {row:0{self.gate.arity}b}"
                yield from self._ends(float(state), slope, self.bounds.state, what, "the range")

    def _ends(
        self, value: float, slope: np.ndarray, ends: Interval, what: str, whose: str
    ) -> Iterator[Wall]:
        size = float(np.hypot(*slope))
        reason = f"{what} reaches the end of {whose} [{ends[0]:g}, {ends[1]:g}]"
        for end, room in zip(ends, (value - ends[0], ends[1] - value), strict=True):
            if math.isfinite(end):
                step = (end - value) * slope / size**2
                at = self.centre[0] + float(step[0]), self.centre[1] + float(step[1])
                yield Wall(room / size, at, reason)

    def unit(self, axis: int) -> str:
        """The unit of a parameter, `"1"` where it has none."""
        system = self.gate.setting.system
        item = system.parameter(self.axes[axis]) if self.axes[axis] in self.system_axes else None
        return system.unit if item is None else item.unit

    def limits(self, axis: int) -> Interval:
        """The range of a parameter; that of x0 and of a weight follows from the states."""
        name, (low, high) = self.axes[axis], self.bounds.state
        if name in self.system_axes or name == "threshold":
            return self.ranges[axis]
        own = (low, high) if name == "x0" else (low - high, high - low)
        return max(own[0], self.ranges[axis][0]), min(own[1], self.ranges[axis][1])

    def inside(
        self, first: Float64[np.ndarray, " points"], second: Float64[np.ndarray, " points"]
    ) -> Bool[np.ndarray, " points"]:
        """Whether the parameters and all states are in their ranges."""
        low, high = self.bounds.state
        found = self.allowed(first, second)
        for part in self._parts(first.size):
            states = self._states(first[part], second[part])
            found[part] &= ((states >= low) & (states <= high)).all(axis=0)
        return found

    def allowed(
        self, first: Float64[np.ndarray, " points"], second: Float64[np.ndarray, " points"]
    ) -> Bool[np.ndarray, " points"]:
        """Whether the two parameters are in their ranges, wherever the states are."""
        found = np.ones(first.shape, bool)
        for values, (low, high) in zip((first, second), self.ranges, strict=True):
            found &= (values >= low) & (values <= high)
        return found

    def _states(self, first: np.ndarray, second: np.ndarray) -> Float64[np.ndarray, "rows points"]:
        moved = (first - self.centre[0], second - self.centre[1])
        return (
            self.states[:, None]
            + self.slopes[0][:, None] * moved[0]
            + self.slopes[1][:, None] * moved[1]
        )

    def margins(
        self, first: Float64[np.ndarray, " points"], second: Float64[np.ndarray, " points"]
    ) -> Float64[np.ndarray, " points"]:
        """The gate's margin at every pair of values, also where a state is outside its range.

        It is NaN where a parameter is outside its range, where an orbit escapes, and where a measured
        curve ends.
        """
        parts = self._parts(first.size)
        return np.concatenate([self._margins(first[part], second[part]) for part in parts])

    def _parts(self, count: int) -> list[slice]:
        """Parts of so many points whose states fit the memory."""
        size = max(1, MOST_STATES // len(self.states))
        return [slice(begin, begin + size) for begin in range(0, max(count, 1), size)]

    def _margins(
        self, first: Float64[np.ndarray, " points"], second: Float64[np.ndarray, " points"]
    ) -> Float64[np.ndarray, " points"]:
        found = np.full(first.shape, np.nan)
        here = self.allowed(first, second)
        if not here.any():
            return found
        both = first[here], second[here]
        threshold = self.gate.threshold
        for name, values in zip(self.axes, both, strict=True):
            threshold = values if name == "threshold" else threshold
        value = self._values(*both)
        distance = value - threshold if self.gate.compare == ">" else threshold - value
        margin = np.full(both[0].shape, np.inf)
        for row, want in enumerate(self.gate.function.rows):
            if want != "-":
                margin = np.minimum(margin, distance[row] if want == "1" else -distance[row])
        found[here] = np.where(np.isfinite(margin), margin, np.nan)
        return found

    def resolve(
        self, first: Float64[np.ndarray, " points"], second: Float64[np.ndarray, " points"]
    ) -> None:
        """Follow a flow finely enough for these settings; before this no margin of it is right."""
        here = self.allowed(first, second)
        if isinstance(self.gate.setting.system, Flow) and here.any():
            z, values, _ = self._distinct(first[here], second[here])
            steps, agree = enough_steps(self.gate.setting, z, values)
            self._steps, self.settled = max(self._steps, steps), self.settled and agree

    def _values(self, first: np.ndarray, second: np.ndarray) -> Float64[np.ndarray, "rows points"]:
        setting = self.gate.setting
        if not isinstance(setting.system, Flow):
            both = first, second
            parameters = {name: both[axis] for name, axis in self.system_axes.items()}
            return setting.value(self._states(first, second), self.gate.iterates, parameters)
        z, values, where = self._distinct(first, second)
        return read_outs(setting, z, values, self._steps)[where]

    def _distinct(
        self, first: np.ndarray, second: np.ndarray
    ) -> tuple[np.ndarray, dict[str, np.ndarray], np.ndarray]:
        """States and parameters without repetition, and where those of `[rows, points]` are in them.

        Rows share states, and settings that differ in the threshold only share all of them.
        """
        states, both = self._states(first, second), (first, second)
        every = [
            states,
            *(np.broadcast_to(both[axis], states.shape) for axis in self.system_axes.values()),
        ]
        found, where = np.unique(
            np.stack([item.reshape(-1) for item in every]), axis=1, return_inverse=True
        )
        parameters = dict(zip(self.system_axes, found[1:], strict=True))
        return found[0], parameters, where.reshape(states.shape)


def _of_gate(gate: DesignGate) -> set[str]:
    return {"x0", "delta", "threshold", *(f"delta{index}" for index in range(gate.arity))}
