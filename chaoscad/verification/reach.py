"""How far a gate's states may move: until an output changes, and until what is known of F ends.

A margin is a distance of values. A bench sets states, and they are off by something. So beside the
margin stands what it is worth at the input, and how near the states are to the end of their range. A
measured curve ends hard: beyond its last point nothing is known, and no margin helps. A formula goes
on beyond a range that is merely declared.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float64

from chaoscad.design.model import Design
from chaoscad.gate import Setpoint
from chaoscad.logic import TruthTable
from chaoscad.systems import Flow, Interval, Map
from chaoscad.systems.convergence import Convergence

STEPS = 400
"""Distances at which F is sampled on either side of a state, in geometric progression."""

MOST_SAMPLES = 2**18
"""Samples on one side of all states of a gate; wide gates get fewer of them each."""

NEAREST = 1e-9
"""The least distance that is sampled, as a share of the states' range."""

HALVINGS = 40

Test = Callable[[Float64[np.ndarray, "..."]], Bool[np.ndarray, "..."]]


ROUNDING = 8 * np.finfo(np.float64).eps
"""The part of the ends of a range by which rounding may move a state at one of them."""


@dataclass(frozen=True)
class Reach:
    """How far the states of a gate may move, in the unit of the state; arrays have its local rows.

    `room`, `measured_room` and `input_margin` are the least of the rows that its function says.

    **Arguments:**

    - `state`: the declared range of the states.
    - `convergence`: of a flow, where it was integrated.
    """

    setpoint: Setpoint
    function: TruthTable
    state: Interval
    convergence: Convergence | None = None

    @property
    def room(self) -> float:
        """Until a state leaves the declared range, or the curve that was measured."""
        return self._least(np.minimum(self.declared, self.measured))

    @property
    def measured_room(self) -> float:
        """Until a measured curve ends; infinite for formulas."""
        return self._least(self.measured)

    @property
    def input_margin(self) -> float:
        """Until an output changes; 0 where one is wrong already."""
        return self._least(self.crossing)

    @property
    def cut_short(self) -> bool:
        """Whether a measured curve ends before the margin is used up, which some move would do."""
        return self.measured_room < self.input_margin < np.inf

    def _least(self, distances: Float64[np.ndarray, " rows"]) -> float:
        matters = np.array([want != "-" for want in self.function.rows])
        # What is not known of a flow is left out.
        return float(np.fmin.reduce(np.where(matters, distances, np.inf)))

    @cached_property
    def declared(self) -> Float64[np.ndarray, " rows"]:
        """Distance from the nearer end of the declared range; negative outside of it."""
        return _room(self.setpoint.states(), self.state)

    @cached_property
    def measured(self) -> Float64[np.ndarray, " rows"]:
        """Distance from the nearer end of a measured curve; infinite for formulas.

        Netlists allow iterates of a curve only where its values stay on it, so they never leave it.
        """
        states = self.setpoint.states()
        curve = getattr(self.setpoint.setting.system, "curve", None)
        if curve is None:
            return np.full(states.shape, np.inf)
        return np.maximum(_room(states, curve.domain), 0.0)

    @cached_property
    def crossing(self) -> Float64[np.ndarray, " rows"]:
        """The input-referred margin: the least move of the state that changes the output.

        Of a map, the nearest change of sign of F(z) - threshold among `STEPS` distances in geometric
        progression, up to the span of the range, inside of it and beyond; infinite where there is
        none. Of a flow, to first order: the distance from the threshold over |dv/dz|, not a number
        where it was not integrated. 0 in a row that is wrong already.
        """
        setpoint = self.setpoint
        # +1 where the value must lie above the threshold, -1 where below.
        sides = np.array([{"1": 1, "0": -1, "-": 0}[want] for want in self.function.rows])
        sides = sides if setpoint.compare == ">" else -sides
        system = setpoint.setting.system
        if isinstance(system, Flow):
            if self.convergence is None:
                return np.full(sides.shape, np.nan)
            with np.errstate(all="ignore"):
                gaps = sides * (self.convergence.values - setpoint.threshold)
                return np.where(sides == 0, np.inf, np.maximum(gaps, 0.0)) / np.abs(
                    self.convergence.slopes
                )

        def lost(z: Float64[np.ndarray, ...]) -> Bool[np.ndarray, ...]:
            with np.errstate(all="ignore"):
                values = setpoint.setting.value(z, setpoint.iterates)
            turned = sides.reshape(sides.shape + (1,) * (z.ndim - 1))
            wrong = turned * (values - setpoint.threshold) <= 0
            # Where a curve has ended there is no output to change; a formula that escapes has lost it.
            return wrong if system.curve is not None else wrong | ~np.isfinite(values)

        return np.where(sides == 0, np.inf, self._nearest(lost))

    def _nearest(self, test: Test) -> Float64[np.ndarray, " rows"]:
        """The least distance from every state, on either side, at which `test` holds."""
        states = self.setpoint.states()
        span = self.state[1] - self.state[0]
        if not np.isfinite(span):
            span = 2.0 * max(1.0, float(np.abs(states).max()))
        steps = int(np.clip(MOST_SAMPLES // len(states), 16, STEPS))
        distances = np.append(0.0, span * np.geomspace(NEAREST, 1.0, steps))
        found = np.full(states.shape, np.inf)
        for side in (-1.0, 1.0):
            holds = test(states[:, None] + side * distances)
            first = np.argmax(holds, axis=1)
            near, far = distances[np.maximum(first - 1, 0)], distances[first]
            for _ in range(HALVINGS):
                middle = (near + far) / 2
                inside = test(states + side * middle)
                near, far = np.where(inside, near, middle), np.where(inside, middle, far)
            found = np.where(holds.any(axis=1), np.minimum(found, near), found)
        return found


def reaches(design: Design) -> dict[str, Reach]:
    """The reach of every gate of a design, flows not integrated; equal gates share theirs."""
    known: dict[Reach, Reach] = {}
    found: dict[str, Reach] = {}
    for gate in design.gates:
        reach = Reach(gate.setpoint, gate.function, gate.source.bounds.state)
        found[gate.name] = known.setdefault(reach, reach)
    return found


def end_of_curve(name: str, reach: Reach) -> str | None:
    """The warning about the gate `name` where a measured curve ends before its margin does."""
    if not reach.cut_short:
        return None
    system = reach.setpoint.setting.system
    assert isinstance(system, Map)
    assert system.curve is not None
    unit = "" if system.unit == "1" else f" {system.unit}"
    row = int(np.argmin(np.where(np.isfinite(reach.crossing), reach.measured, np.inf)))
    state, room, keep = reach.setpoint.states()[row], reach.measured_room, reach.input_margin
    low, high = system.curve.domain
    # Rounded up, so that what is proposed keeps the distance.
    step = 10.0 ** (np.floor(np.log10(keep)) - 1)
    keep_off = float(np.ceil(keep / step) * step)
    advice = "measure further"
    if high - low > 4 * keep_off:
        advice += (
            f", or keep away by 'state: [{low + keep_off:.6g}, {high - keep_off:.6g}]' "
            "under its 'bounds'"
        )
    return (
        f"gate {name!r} works only within {room:.3g}{unit} of its states, less than the "
        f"{keep:.3g}{unit} that its margin allows: the measured curve ends {room:.3g}{unit} from the state "
        f"{state:.6g}{unit} of row {format(row, f'0{reach.function.arity}b')}; {advice}"
    )


def _room(states: Float64[np.ndarray, " rows"], ends: Interval) -> Float64[np.ndarray, " rows"]:
    """Distance from the nearer end of a range; 0 at the end up to rounding, negative outside."""
    room = np.minimum(states - ends[0], ends[1] - states)
    size = max((abs(end) for end in ends if np.isfinite(end)), default=0.0)
    return np.where(np.abs(room) <= ROUNDING * size, 0.0, room)
