"""Maps as circuits of analog multipliers of the AD633's kind.

Its output is W = (X1 - X2)(Y1 - Y2) / 10 V + Z (Analog Devices, AD633 data sheet). A map of degree two
takes one, a cubic one two, each with an op-amp that makes the gain up. A state x stands as
V = offset + scale * x.
"""

from __future__ import annotations

from dataclasses import dataclass

from chaoscad.export.resistors import preferred
from chaoscad.hardware import Hardware
from chaoscad.systems import Flow, Setting
from chaoscad.systems.maps import MAPS

PART = "AD633"

FULL_SCALE = 10.0
"""Volts that an input of the multiplier may have; also what it divides by."""

ERROR = 0.02
"""Its total error, at most, as a part of the full scale (AD633J, data sheet)."""

SETTLING = 2e-6
"""Seconds in which its output settles to 1 % of a step of 20 V (data sheet)."""

MOST_GAIN = 1000.0
"""Beyond this gain, of which a map at a small scale needs much, the circuit is of no use."""

TRANSFER = "W = (X1 - X2)(Y1 - Y2) / 10 V + Z (Analog Devices, AD633 data sheet)"


@dataclass(frozen=True)
class Realisation:
    """One iterate of a map as a circuit.

    **Arguments:**

    - `multipliers`: how many there are.
    - `wiring`: what is at their pins, in words.
    - `gain`: of the op-amp behind them.
    - `lower`, `upper`: the resistors that set it, in ohms. From a gain of 1 on the op-amp is a
      non-inverting one, with `upper` from its output to its inverting input and `lower` from there
      to 0 V; below, the two divide the voltage in front of a follower, `upper` first.
    """

    multipliers: int
    wiring: str
    gain: float
    lower: float
    upper: float

    @property
    def realised_gain(self) -> float:
        """The gain with these resistors."""
        if self.gain >= 1:
            return 1 + self.upper / self.lower
        return self.lower / (self.lower + self.upper)

    def said(self) -> str:
        """The circuit in a paragraph."""
        amplifier = "no more: the gain is 1"
        if self.gain != 1:
            kind = (
                "a non-inverting op-amp: R from its output to its inverting input"
                if self.gain > 1
                else "a divider and a follower: R from the multiplier to the follower"
            )
            amplifier = (
                f"{kind} {self.upper:.12g} ohms, from there to 0 V {self.lower:.12g} ohms "
                f"(gain {self.gain:.6g}, with these {self.realised_gain:.6g})"
            )
        error = ERROR * FULL_SCALE * self.gain
        return (
            f"{self.multipliers} {PART}, {TRANSFER}: {self.wiring}. Then {amplifier}. The multiplier's "
            f"error of up to {ERROR:.0%} of {FULL_SCALE:g} V becomes up to {error:.3g} V: compare that "
            "with the margins."
        )


def realisation(setting: Setting, hardware: Hardware) -> Realisation | None:
    """The circuit of a map; `None` where there is no standard one of multipliers at this scale."""
    system = setting.system
    if isinstance(system, Flow) or system not in MAPS:
        return None
    numbers = setting.parameters
    scale, offset = hardware.volts_per_unit, hardware.offset_volts
    one, zero = _volts(offset + scale), _volts(offset)
    # At a negative scale the product has the other sign, which the second pair of pins turns.
    first, second = ("Y1", "Y2") if scale > 0 else ("Y2", "Y1")
    match system.name:
        case "logistic":
            gain = FULL_SCALE * numbers["a"] / abs(scale)
            wiring = f"X1 = V, X2 = {zero}, {first} = {one}, {second} = V"
            return _made(1, wiring, gain, offset, hardware)
        case "quadratic":
            gain = FULL_SCALE / abs(scale)
            wiring = f"X1 = V, X2 = {zero}, {first} = V, {second} = {zero}"
            return _made(1, wiring, gain, offset + scale * numbers["c"], hardware)
        case "cubic":
            gain = FULL_SCALE**2 * numbers["r"] / scale**2
            square = _volts(scale**2 / FULL_SCALE)
            wiring = (
                f"the first X1 = Y1 = V, X2 = Y2 = {zero}, Z = 0 V; the second X1 = V, X2 = {zero}, "
                f"Y1 = {square}, Y2 = W of the first"
            )
            return _made(2, wiring, gain, offset, hardware)
    return None


def _made(
    count: int, wiring: str, gain: float, added: float, hardware: Hardware
) -> Realisation | None:
    """`added`: volts behind the gain, which Z brings in before it."""
    if not 1 / MOST_GAIN <= gain <= MOST_GAIN:
        return None
    lower = preferred(hardware.reference_ohms, hardware.resistors)
    upper = lower * (gain - 1 if gain >= 1 else 1 / gain - 1)
    upper = preferred(upper, hardware.resistors) if upper > 0 else 0.0
    last = "Z" if count == 1 else "its Z"
    return Realisation(count, f"{wiring}, {last} = {_volts(added / gain)}", gain, lower, upper)


def _volts(value: float) -> str:
    return f"{value + 0.0:.6g} V"
