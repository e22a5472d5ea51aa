"""One gate, row by row, in float64: values, bits, margins, and whether its states are in range."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from jaxtyping import Bool, Float64

from chaoscad.gate import Setpoint, Solved, margins
from chaoscad.netlist import Netlist, TruthTable
from chaoscad.systems import Flow, Interval
from chaoscad.systems.convergence import AGREEMENT, Convergence, converge_readings
from chaoscad.systems.evaluate import iterated_readings


@dataclass(frozen=True)
class GateRows:
    """A gate's local rows, lexicographic with the first input most significant.

    **Arguments:**

    - `states`: z = x0 + sum(delta_k I_k).
    - `values`: F(z); not finite where the orbit escapes.
    - `distances`: value minus threshold, the sign turned for the comparator `<`: the output is 1
      where it is positive. At a distance of 0 the value equals the
      threshold, which is never a 1.
    - `bits`: the output.
    - `in_range`: whether the state is in the declared range.
    - `unsure`: whether a shift of the state by rounding moves the value by more than a tenth of its
      distance from the threshold: then rounding decides the bit, as after many chaotic iterates.
    - `convergence`: of a flow, the values by every integrator.
    """

    states: Float64[np.ndarray, " rows"]
    values: Float64[np.ndarray, " rows"]
    distances: Float64[np.ndarray, " rows"]
    bits: Bool[np.ndarray, " rows"]
    in_range: Bool[np.ndarray, " rows"]
    unsure: Bool[np.ndarray, " rows"]
    convergence: Convergence | None = None

    def margins(self, function: TruthTable) -> Float64[np.ndarray, " rows"]:
        """The distance on the wanted side; see `chaoscad.gate.margins`."""
        return margins(self.distances, function)

    def unconverged(self, matters: Bool[np.ndarray, " rows"]) -> Bool[np.ndarray, " rows"]:
        """The rows of a flow whose value depends on the integrator.

        Those in which some integrator's value is on the other side of the threshold, or off by more
        than a tenth of the gate's least distance in the rows that `matters`.
        """
        if self.convergence is None:
            return np.zeros(self.states.shape, bool)
        allowed = AGREEMENT * np.abs(self.distances[matters]).min(initial=np.inf)
        return matters & self.convergence.moved(allowed)


@np.errstate(all="ignore")
def every_gate(netlist: Netlist, found: Mapping[str, Solved]) -> Mapping[str, GateRows]:
    """The rows of every gate: an orbit is evaluated once, whatever gates are readings of it."""
    orbits: dict[Hashable, dict[Hashable, tuple[Setpoint, Interval]]] = {}
    asked: dict[str, tuple[Hashable, Hashable]] = {}
    for gate in netlist.gates:
        setpoint, state = found[gate.name].setpoint, gate.bounds.state
        # Numbers by their text: 0.0 and -0.0 are equal.
        orbit = (setpoint.setting.element, repr((setpoint.x0, setpoint.delta)))
        reading = (setpoint, repr(setpoint.to_data()), state)
        orbits.setdefault(orbit, {})[reading] = setpoint, state
        asked[gate.name] = orbit, reading
    known: dict[Hashable, dict[Hashable, GateRows]] = {}
    for orbit, readings in orbits.items():
        rows = orbit_rows(list(readings.values()))
        known[orbit] = dict(zip(readings, rows, strict=True))
    return MappingProxyType({name: known[orbit][own] for name, (orbit, own) in asked.items()})


def gate_rows(setpoint: Setpoint, state: Interval) -> GateRows:
    """Evaluate a gate at every local row; `state` is the range of its states."""
    return orbit_rows([(setpoint, state)])[0]


def orbit_rows(readings: Sequence[tuple[Setpoint, Interval]]) -> list[GateRows]:
    """The rows of setpoints that start from the same states and are read of one orbit."""
    points = [setpoint for setpoint, _ in readings]
    first, states = points[0], points[0].states()
    settings = [point.setting for point in points]
    if isinstance(first.setting.system, Flow):
        found = converge_readings(settings, states)
        return [
            _rows(point, state, states, one.values, np.zeros(states.shape), one)
            for (point, state), one in zip(readings, found, strict=True)
        ]
    counts = [point.iterates for point in points]
    nudge = 4 * np.finfo(np.float64).eps * np.abs(states).max()
    every = iterated_readings(settings, states, counts)
    unsure = [np.zeros(states.shape) for _ in points]
    with np.errstate(all="ignore"):
        for shifted in (states - nudge, states + nudge):
            moved = iterated_readings(settings, shifted, counts)
            for place, (one, values) in enumerate(zip(moved, every, strict=True)):
                unsure[place] = np.fmax(unsure[place], np.abs(one - values))
    return [
        _rows(point, state, states, values, own, None)
        for (point, state), values, own in zip(readings, every, unsure, strict=True)
    ]


def _rows(
    setpoint: Setpoint,
    state: Interval,
    states: Float64[np.ndarray, " rows"],
    values: Float64[np.ndarray, " rows"],
    unsure: Float64[np.ndarray, " rows"],
    convergence: Convergence | None,
) -> GateRows:
    """What is known of a gate whose values are; `unsure` is by how much rounding moves them."""
    distances = setpoint.distances(values)
    # Whoever asks for a gate's rows may share them with others.
    for shared in (states, values, distances):
        shared.flags.writeable = False
    return GateRows(
        states=states,
        values=values,
        distances=distances,
        bits=distances > 0,
        in_range=(states >= state[0]) & (states <= state[1]),
        unsure=unsure > 0.1 * np.abs(distances),
        convergence=convergence,
    )
