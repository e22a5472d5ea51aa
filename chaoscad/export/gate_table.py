"""The numbers of the tables: every gate in every row, exact, by a DAC, and by rounded resistors."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float64, Int

from chaoscad.design import Design, DesignGate, Element
from chaoscad.errors import Diagnostic, counted, shown
from chaoscad.evidence import Evidence
from chaoscad.export.digits import decimals_of
from chaoscad.export.resistors import Divider, Resistor, divider, network, summed
from chaoscad.hardware import OHMS, Hardware
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
    - `threshold_code`, `x0_code`: of the threshold and of x0.
    - `delta_steps`: every delta in steps of the DAC, negative for a negative one.
    - `added`: the gate where the code of a state is `x0_code` plus the steps of the inputs that are 1.
    """

    codes: Int[np.ndarray, " rows"]
    errors: Float64[np.ndarray, " rows"]
    threshold_code: int
    x0_code: int
    delta_steps: tuple[int, ...]
    realised: Realised
    added: Realised


@dataclass(frozen=True)
class GateTable:
    """Everything about one gate.

    **Arguments:**

    - `element`: that it is a reading of. The network, x0 and the weights are its element's.
    - `decimals`: of its numbers where they are printed.
    - `margins`: of the design, in volts.
    - `summed`: by the resistors, and the divider where there is one.
    - `dac`: `None` where the hardware has none.
    """

    gate: DesignGate
    element: Element
    decimals: int
    rows: GateRows
    margins: Float64[np.ndarray, " rows"]
    resistors: tuple[Resistor, ...]
    divider: Divider | None
    summed: Realised
    dac: Converted | None

    @property
    def first(self) -> bool:
        """Whether it is the gate with which its element is counted."""
        return self.gate.name == self.element.key

    @property
    def matters(self) -> Bool[np.ndarray, " rows"]:
        """The rows that count: all, where the function leaves every row open."""
        found = np.array([want != "-" for want in self.gate.function.rows])
        return found if found.any() else ~found


def gate_tables(evidence: Evidence, hardware: Hardware) -> tuple[GateTable, ...]:
    """The numbers of every gate."""
    of = {gate.name: item for item in evidence.design.elements for gate in item.readings}
    places = decimals_of(evidence.design)
    return tuple(
        _gate_table(gate, of[gate.name], places[gate.name], evidence.rows[gate.name], hardware)
        for gate in evidence.design.gates
    )


def _gate_table(
    gate: DesignGate, element: Element, places: int, rows: GateRows, hardware: Hardware
) -> GateTable:
    resistors = tuple(network(gate, hardware))
    halves = divider(hardware.volts(gate.threshold), hardware)
    threshold = gate.threshold if halves is None else hardware.state(halves.volts)
    states = _state(summed(resistors, hardware), hardware)
    by_resistors = _realised(gate, rows, states, threshold, hardware)
    exact = np.abs(rows.distances) * abs(hardware.volts_per_unit)
    dac = _converted(gate, rows, hardware)
    return GateTable(gate, element, places, rows, exact, resistors, halves, by_resistors, dac)


def _converted(gate: DesignGate, rows: GateRows, hardware: Hardware) -> Converted | None:
    if hardware.dac_bits is None or hardware.dac_range is None:
        return None
    low, lsb = hardware.dac_range[0], hardware.dac_step
    volts = _volts(rows.states, hardware)
    codes = np.rint((volts - low) / lsb).astype(np.int64)
    settled = low + codes * lsb
    threshold_code = round((hardware.volts(gate.threshold) - low) / lsb)
    threshold = hardware.state(low + threshold_code * lsb)
    realised = _realised(gate, rows, _state(settled, hardware), threshold, hardware)
    x0_code = round((hardware.volts(gate.x0) - low) / lsb)
    steps = tuple(round(hardware.volts_per_unit * item / lsb) for item in gate.delta)
    sums = np.array([x0_code])
    for item in steps:
        sums = np.stack([sums, sums + item], axis=-1).reshape(-1)
    added = _realised(gate, rows, _state(low + sums * lsb, hardware), threshold, hardware)
    return Converted(codes, settled - volts, threshold_code, x0_code, steps, realised, added)


def wrong_by_dac(tables: Sequence[GateTable], hardware: Hardware) -> list[Diagnostic]:
    """Every row that matters and that the codes of the DAC get wrong."""
    if hardware.dac_bits is None:
        return []
    how = f"a DAC of {counted(hardware.dac_bits, 'bit')}"
    hint = "give more --dac-bits, a narrower --dac-range, or a design with larger margins"
    found = [(table, table.dac.realised) for table in tables if table.dac is not None]
    return [item for table, by in found for item in _wrong(table, by, how, hint, hardware)]


def wrong_by_sums(tables: Sequence[GateTable], hardware: Hardware) -> list[Diagnostic]:
    """The warnings of rows that come out wrong where codes of x0 and deltas are added up."""
    how = "codes of x0 and deltas that add up"
    hint = "set every state by its own code, dac_code of rows.csv, or give more --dac-bits"
    found = [(table, table.dac.added) for table in tables if table.dac is not None]
    wrong = [item for table, by in found for item in _wrong(table, by, how, hint, hardware)]
    return [replace(item, severity="warning") for item in wrong]


def unusual(tables: Sequence[GateTable], hardware: Hardware) -> list[Diagnostic]:
    """The warning of resistors that cannot be bought."""
    least, most = OHMS
    found = [
        (table.gate.name, item.rounded)
        for table in tables
        if table.first
        for item in table.resistors
        if item.rounded is not None and not least <= item.rounded <= most
    ]
    if not found:
        return []
    name, ohms = max(found, key=lambda item: abs(math.log(item[1] / hardware.reference_ohms)))
    more = "" if len(found) == 1 else f", and {len(found) - 1} more like it"
    message = (
        f"gate {shown(name)}: the summing network has a resistor of {ohms:.3g} ohms{more}; they are made "
        f"from {least:g} to {most:g} ohms"
    )
    hint = (
        "give another --reference-ohms, --volts-per-unit or --logic-levels; a resistor far larger than "
        "all others may be left out"
    )
    return [Diagnostic(message, hint=hint, severity="warning")]


def wrong_by_resistors(tables: Sequence[GateTable], hardware: Hardware) -> list[Diagnostic]:
    """Every row that matters and that the rounded resistors get wrong."""
    series = hardware.resistors
    how = "ideal resistors" if series == "ideal" else f"resistors of the {series} series"
    hint = (
        "choose a finer series or ideal (trimmed) resistors with --resistors, another --reference-ohms, "
        "or a design with room: keep its states off the ends (bounds: {state: ...})"
    )
    return [item for table in tables for item in _wrong(table, table.summed, how, hint, hardware)]


def _wrong(
    table: GateTable, realised: Realised, how: str, hint: str, hardware: Hardware
) -> Iterator[Diagnostic]:
    gate = table.gate
    for row in np.flatnonzero(table.matters & ~realised.right).tolist():
        where = f"gate {shown(gate.name)}, row {row:0{gate.arity}b}: with {how} "
        margin = float(realised.margins[row])
        state = f"the state is {hardware.volts(float(realised.states[row])):.6g} V"
        what = f"{state}, where the system has no value"
        if margin == 0:
            what = f"{state}, and the value is at the threshold"
        elif np.isfinite(margin):
            what = f"{state}, and the value is {-margin:.6g} V on the wrong side of the threshold"
        yield Diagnostic(where + what, hint=hint)


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
        volts = _volts(gate.setpoint.states(), hardware)
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
