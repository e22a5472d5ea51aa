"""The numbers of the tables: every gate in every row, exact, by a DAC, and by rounded resistors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int

from chaoscad.design.model import Design, DesignGate
from chaoscad.errors import Diagnostic, shown
from chaoscad.export.model import Hardware
from chaoscad.export.resistors import Resistor, network
from chaoscad.verification.gates import GateRows


@dataclass(frozen=True)
class Realised:
    """A gate with the states and the threshold that hardware gives it.

    **Arguments:**

    - `states`, `values`: in the system's units; a value is not finite where the system has none.
    - `margins`: the distance from the threshold in volts, negative where the bit is not the design's.
    """

    states: Float64[np.ndarray, " rows"]
    values: Float64[np.ndarray, " rows"]
    margins: Float64[np.ndarray, " rows"]
    threshold: float

    @property
    def right(self) -> Bool[np.ndarray, " rows"]:
        """Where the bit is that of the design."""
        return self.margins > 0


@dataclass(frozen=True)
class Converted:
    """A gate whose voltages a DAC sets.

    **Arguments:**

    - `codes`: of the state, in every row.
    - `errors`: what the rounding adds to the state, in volts.
    - `threshold_code`: of the threshold.
    """

    codes: Int[np.ndarray, " rows"]
    errors: Float64[np.ndarray, " rows"]
    threshold_code: int
    realised: Realised


@dataclass(frozen=True)
class GateTable:
    """Everything about one gate; `dac` is `None` where the hardware has none."""

    gate: DesignGate
    rows: GateRows
    margins: Float64[np.ndarray, " rows"]
    resistors: tuple[Resistor, ...]
    summed: Realised
    dac: Converted | None


def gate_table(gate: DesignGate, rows: GateRows, hardware: Hardware) -> GateTable:
    """The numbers of one gate."""
    resistors = tuple(network(gate, hardware))
    volts = np.array([resistors[0].rounded_volts])
    for item in resistors[1:]:
        volts = np.stack([volts, volts + item.rounded_volts], axis=-1).reshape(-1)
    summed = _realised(gate, rows, _state(volts, hardware), gate.threshold, hardware)
    exact = np.abs(rows.distances) * abs(hardware.volts_per_unit)
    return GateTable(gate, rows, exact, resistors, summed, _converted(gate, rows, hardware))


def _converted(gate: DesignGate, rows: GateRows, hardware: Hardware) -> Converted | None:
    if hardware.dac_bits is None or hardware.dac_range is None:
        return None
    low, lsb = hardware.dac_range[0], step(hardware)
    volts = _volts(rows.states, hardware)
    codes = np.rint((volts - low) / lsb).astype(np.int64)
    settled = low + codes * lsb
    threshold_code = round((hardware.volts(gate.threshold) - low) / lsb)
    threshold = hardware.state(low + threshold_code * lsb)
    realised = _realised(gate, rows, _state(settled, hardware), threshold, hardware)
    return Converted(codes, settled - volts, threshold_code, realised)


def step(hardware: Hardware) -> float:
    """The least step of the DAC in volts: its range over 2^bits - 1."""
    assert hardware.dac_bits is not None
    assert hardware.dac_range is not None
    low, high = hardware.dac_range
    return (high - low) / (2**hardware.dac_bits - 1)


@np.errstate(all="ignore")
def _realised(
    gate: DesignGate,
    rows: GateRows,
    states: Float64[np.ndarray, " rows"],
    threshold: float,
    hardware: Hardware,
) -> Realised:
    values = np.asarray(gate.setting.value(states, gate.iterates))
    sides = np.where(rows.bits == (gate.compare == ">"), 1.0, -1.0)
    margins = sides * (values - threshold) * abs(hardware.volts_per_unit)
    return Realised(states, values, margins, threshold)


def _volts(states: Float64[np.ndarray, " rows"], hardware: Hardware) -> np.ndarray:
    return hardware.offset_volts + hardware.volts_per_unit * states


def _state(volts: Float64[np.ndarray, " rows"], hardware: Hardware) -> np.ndarray:
    return (volts - hardware.offset_volts) / hardware.volts_per_unit


def outside(design: Design, hardware: Hardware) -> list[Diagnostic]:
    """The gates whose states or thresholds the DAC cannot set."""
    if hardware.dac_range is None:
        return []
    low, high = hardware.dac_range
    found: list[Diagnostic] = []
    # The last bit of a number that was computed in another order is no reason.
    slack = 1e-9 * (high - low)
    for gate in design.gates:
        volts = _volts(gate.states(), hardware)
        wanted = [(f"row {row:0{gate.arity}b}", float(item)) for row, item in enumerate(volts)]
        wanted.append(("the threshold", hardware.volts(gate.threshold)))
        missed = [item for item in wanted if not low - slack <= item[1] <= high + slack]
        if missed:
            where, worst = max(missed, key=lambda item: abs(item[1] - (low + high) / 2))
            message = (
                f"gate {shown(gate.name)}: the DAC, with range [{low:g}, {high:g}] V, cannot set "
                f"{worst:.6g} V ({where})"
            )
            found.append(
                Diagnostic(
                    message, hint="widen dac range, or change volts_per_unit or offset_volts"
                )
            )
    return found
