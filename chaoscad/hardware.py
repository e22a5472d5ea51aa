"""The hardware that a design is for: the scale of a realisation, its converters and its words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from chaoscad.errors import ChaoscadError, Diagnostic

if TYPE_CHECKING:
    from chaoscad.design.model import Design
    from chaoscad.systems import Interval

Rounding = Literal["truncate", "nearest"]
"""How an iterate is rounded to the grid of a fixed-point word; `truncate` is towards minus infinity."""

Series = Literal["E24", "E48", "E96", "E192", "ideal"]
"""The series (IEC 60063) of a summing network's resistors; `ideal` ones are trimmed to their values."""

SERIES: tuple[Series, ...] = ("E24", "E48", "E96", "E192", "ideal")


@dataclass(frozen=True)
class Hardware:
    """The scale of a realisation and the words of its converters.

    **Arguments:**

    - `volts_per_unit`, `offset_volts`: a state x stands as offset_volts + volts_per_unit * x volts.
    - `dac_bits`, `dac_range`: of the converter that sets the gates' voltages, in volts; `None` where
      there is none.
    - `integer_bits`, `fraction_bits`: of the signed word of a digital realisation, without its sign
      bit; `None` leaves the choice to the exporter.
    - `rounding`: of a fixed-point iterate; `None` is as the design was tuned for, else truncation.
    - `reference_ohms`: the resistor of the summing network that all others are relative to.
    - `resistors`: the series of those resistors.
    - `logic_levels`: the voltages of an input or output that is 0, and of one that is 1.
    - `supply`: the voltages between which the circuit runs; `None` where that is not known.
    - `seconds_per_unit`: how long one unit of a flow's time takes.
    """

    volts_per_unit: float = 1.0
    offset_volts: float = 0.0
    dac_bits: int | None = None
    dac_range: Interval | None = None
    integer_bits: int | None = None
    fraction_bits: int | None = None
    rounding: Rounding | None = None
    reference_ohms: float = 10_000.0
    resistors: Series = "E96"
    logic_levels: Interval = (0.0, 1.0)
    supply: Interval | None = None
    seconds_per_unit: float = 1.0

    def volts(self, state: float) -> float:
        """The voltage of a state or a value of the system."""
        return self.offset_volts + self.volts_per_unit * state

    def state(self, volts: float) -> float:
        """The state or value of a voltage."""
        return (volts - self.offset_volts) / self.volts_per_unit

    @property
    def dac_step(self) -> float:
        """The least step of the DAC in volts: its range over 2^bits - 1."""
        assert self.dac_bits is not None
        assert self.dac_range is not None
        low, high = self.dac_range
        return (high - low) / (2**self.dac_bits - 1)


def hardware_of(design: Design, **given: float | str | Interval | None) -> Hardware:
    """The hardware of a design's netlist, with what is `given` (and not `None`) in its place.

    **Raises:** `ChaoscadError` for a scale of zero, a range of no width, bits without a range.
    """
    data = dict(design.netlist.hardware or {})
    dac = data.get("dac") or {}
    word = data.get("fixed_point") or {}
    found = {
        "volts_per_unit": data.get("volts_per_unit"),
        "offset_volts": data.get("offset_volts"),
        "dac_bits": dac.get("bits"),
        "dac_range": _ends(dac.get("range")),
        "integer_bits": word.get("integer_bits"),
        "fraction_bits": word.get("fraction_bits"),
        "logic_levels": _ends(data.get("logic_levels")),
        "supply": _ends(data.get("supply")),
    }
    found |= {name: value for name, value in given.items() if value is not None}
    hardware = Hardware(**{name: value for name, value in found.items() if value is not None})
    complaints = list(_complaints(hardware))
    if complaints:
        raise ChaoscadError(complaints)
    return hardware


def _ends(given: Sequence[float] | None) -> Interval | None:
    return None if given is None else (given[0], given[1])


OHMS: Interval = (1.0, 22e6)
"""The least and the largest resistor that can be bought."""

FINEST = 1e-6
"""The part of a margin that the spacing of float64 voltages may be at most."""


def swamped(design: Design, hardware: Hardware) -> list[Diagnostic]:
    """The complaint about a scale in which voltages cannot hold the margins."""
    scale, offset = abs(hardware.volts_per_unit), abs(hardware.offset_volts)
    margin = min((gate.margin for gate in design.gates), default=math.inf) * scale
    states = [abs(state) for gate in design.gates for state in gate.setpoint.states().tolist()]
    largest = offset + scale * max([*states, *(abs(gate.threshold) for gate in design.gates)])
    if math.isfinite(largest) and 0 < math.ulp(largest) <= FINEST * margin:
        return []
    message = (
        f"voltages of up to {largest:.3g} V cannot hold a margin of {margin:.3g} V: "
        "their last digits are coarser than a millionth of it"
    )
    hint = "give an offset_volts and a volts_per_unit of one size"
    return [Diagnostic(message, hint=hint)]


def _complaints(hardware: Hardware) -> list[Diagnostic]:
    found: list[Diagnostic] = []
    for name in ("volts_per_unit", "offset_volts", "reference_ohms", "seconds_per_unit"):
        value = getattr(hardware, name)
        if not math.isfinite(value):
            found.append(Diagnostic(f"{name} is {value:g}; it is a finite number"))
        elif name == "volts_per_unit" and value == 0:
            message = "volts_per_unit is 0, and all states would have one voltage"
            found.append(Diagnostic(message, hint="give the volts that stand for a state of 1"))
        elif name in ("reference_ohms", "seconds_per_unit") and value <= 0:
            found.append(Diagnostic(f"{name} is {value:g}; it is positive"))
        elif name == "reference_ohms" and not OHMS[0] <= value <= OHMS[1]:
            message = f"reference_ohms is {value:g}; it is from {OHMS[0]:g} to {OHMS[1]:g}"
            found.append(Diagnostic(message))
    bits, limits = hardware.dac_bits, hardware.dac_range
    if (bits is None) != (limits is None):
        given, missing = ("bits", "range") if limits is None else ("range", "bits")
        message = f"the DAC has {given} and no {missing}"
        found.append(Diagnostic(message, hint=f"give its {missing} too, or neither"))
    if bits is not None and not 1 <= bits <= 32:
        found.append(Diagnostic(f"the DAC has {bits} bits; 1 to 32 are allowed"))
    ranges = {"range of the DAC": limits, "supply": hardware.supply}
    ranges["range of the logic levels"] = hardware.logic_levels
    for what, ends in ranges.items():
        if ends is not None and not (all(map(math.isfinite, ends)) and ends[0] < ends[1]):
            low, high = ends
            message = f"the {what} is [{low:g}, {high:g}]; its first end is below its second"
            found.append(Diagnostic(message, hint="both are finite, in volts"))
        elif ends is not None and (max(map(abs, ends)) > 1e6 or ends[1] - ends[0] < 1e-6):
            low, high = ends
            message = f"the {what} is [{low:g}, {high:g}]; no circuit has such voltages"
            hint = "its ends are within 1e6 V and at least 1e-6 V apart"
            found.append(Diagnostic(message, hint=hint))
    return found
