"""One gate, row by row, in float64: values, bits, margins, and whether its states are in range."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from jaxtyping import Bool, Float64

from chaoscad.gate import Setpoint, Solved, margins
from chaoscad.netlist import Netlist, TruthTable
from chaoscad.systems import Flow, Interval
from chaoscad.systems.convergence import AGREEMENT, Convergence, converge


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
    """The rows of every gate; gates with the same numbers are evaluated once."""
    known: dict[Hashable, GateRows] = {}
    rows: dict[str, GateRows] = {}
    for gate in netlist.gates:
        setpoint, state = found[gate.name].setpoint, gate.bounds.state
        # Numbers by their text: 0.0 and -0.0 are equal.
        key = (setpoint, repr(setpoint.to_data()), state)
        if key not in known:
            known[key] = gate_rows(setpoint, state)
        rows[gate.name] = known[key]
    return MappingProxyType(rows)


def gate_rows(setpoint: Setpoint, state: Interval) -> GateRows:
    """Evaluate a gate at every local row; `state` is the range of its states."""
    states = setpoint.states()
    setting = setpoint.setting
    unsure = np.zeros(states.shape)
    convergence = None
    with np.errstate(all="ignore"):
        if isinstance(setting.system, Flow):
            convergence = converge(setting, states)
            values = convergence.values
        else:
            values = setpoint.values()
            nudge = 4 * np.finfo(np.float64).eps * np.abs(states).max()
            for shifted in (states - nudge, states + nudge):
                moved = setting.value(shifted, setpoint.iterates)
                unsure = np.fmax(unsure, np.abs(moved - values))
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
