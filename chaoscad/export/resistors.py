"""The summing network of a gate, and the divider of its threshold, in resistors of a series.

    inputs of positive weight --R_k--+--Rf--+          inputs of negative weight --R_k--+--Rf--+
                                     |      |                                           |      |
                                  (-) op-amp 1 --------------------Rf---------------(-) op-amp 2 -- state

Both op-amps invert, their other input is at 0 V. An input is at one of the two logic levels, and x0 is
an input that is always at the level farther from 0 V, U. So the state's voltage is Rf * (sum of V_k / R_k
over the positive ones, minus that over the negative ones): an input of weight w, in volts, has
R_k = Rf * (high - low) / |w|. What inputs at a low level other than 0 V add is taken off the offset.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from chaoscad.design.model import DesignGate
from chaoscad.hardware import Hardware, Series

E24 = (
    *(1.0, 1.1, 1.2, 1.3, 1.5, 1.6, 1.8, 2.0, 2.2, 2.4, 2.7, 3.0),
    *(3.3, 3.6, 3.9, 4.3, 4.7, 5.1, 5.6, 6.2, 6.8, 7.5, 8.2, 9.1),
)
E96 = tuple(round(10 ** (step / 96), 2) for step in range(96))
# The one value of the finer series that is not the rounded power.
E192 = tuple(9.2 if step == 185 else round(10 ** (step / 192), 2) for step in range(192))

VALUES: Mapping[Series, tuple[float, ...]] = {
    "E24": E24,
    "E48": E96[::2],
    "E96": E96,
    "E192": E192,
    "ideal": (),
}
"""The values of a decade of every series (IEC 60063)."""

NETWORK = (
    "The state's voltage is summed by two inverting op-amps with feedback resistors of "
    "{ohms:.12g} ohms. Op-amp 1 sums the inputs of positive weight; its output goes through "
    "another {ohms:.12g} ohms to op-amp 2, which sums those of negative weight with it. An input is "
    "{low:.12g} V or {high:.12g} V; the offset is an input that is always {reference:.12g} V."
)


@dataclass(frozen=True)
class Resistor:
    """One input of the network.

    **Arguments:**

    - `volts`: what the input adds to the state when it is 1, or the offset to every state.
    - `ohms`, `rounded`: of its resistor, exact and in the series; `None` where it adds nothing.
    - `opamp`: 1 for a positive weight, 2 for a negative one.
    - `gain`: of the input through the rounded resistor, negative for op-amp 2.
    - `rounded_volts`: what it adds through the rounded resistor.
    """

    volts: float
    ohms: float | None
    rounded: float | None
    opamp: int
    gain: float
    rounded_volts: float


@dataclass(frozen=True)
class Divider:
    """Two resistors from the upper end of the supply to the lower, and the voltage between them."""

    top: float
    bottom: float
    volts: float


def reference_volts(hardware: Hardware) -> float:
    """The logic level that is farther from 0 V, which feeds the offset."""
    low, high = hardware.logic_levels
    return high if abs(high) >= abs(low) else low


def network(gate: DesignGate, hardware: Hardware) -> list[Resistor]:
    """The resistors of a gate: of the offset, and of every input."""
    low, high = hardware.logic_levels
    weights = [hardware.volts_per_unit * item for item in gate.delta]
    inputs = [_resistor(weight, high - low, hardware) for weight in weights]
    offset = hardware.volts(gate.x0)
    if low:
        offset -= sum(item.gain * low for item in inputs)
    return [_resistor(offset, reference_volts(hardware), hardware), *inputs]


def summed(resistors: Sequence[Resistor], hardware: Hardware) -> Float64[np.ndarray, " rows"]:
    """The state's voltage in every row, through the rounded resistors of `network`."""
    offset, *inputs = resistors
    start = offset.rounded_volts
    if hardware.logic_levels[0]:
        start += sum(item.gain * hardware.logic_levels[0] for item in inputs)
    volts = np.array([start])
    for item in inputs:
        volts = np.stack([volts, volts + item.rounded_volts], axis=-1).reshape(-1)
    return volts


def _resistor(volts: float, source: float, hardware: Hardware) -> Resistor:
    """The resistor through which a source of so many volts adds so many to the state."""
    reference = hardware.reference_ohms
    gain = volts / source
    opamp = 1 if gain >= 0 else 2
    ohms = reference / abs(gain) if gain else math.inf
    if not math.isfinite(ohms):
        return Resistor(volts, None, None, opamp, 0.0, 0.0)
    rounded = preferred(ohms, hardware.resistors)
    kept = math.copysign(reference / rounded, gain)
    return Resistor(volts, ohms, rounded, opamp, kept, kept * source)


def divider(volts: float, hardware: Hardware) -> Divider | None:
    """The divider that gives a voltage: of all pairs with the lower resistor in the decade of
    `reference_ohms`, the nearest. `None` without a supply, or beyond it."""
    if hardware.supply is None:
        return None
    low, high = hardware.supply
    share = (volts - low) / (high - low)
    if not 0 < share < 1:
        return None
    decade = math.floor(math.log10(hardware.reference_ohms))
    bottoms = [float(f"{value}e{decade}") for value in VALUES[hardware.resistors]]
    pairs: list[Divider] = []
    for bottom in bottoms or [hardware.reference_ohms]:
        top = preferred(bottom * (1 - share) / share, hardware.resistors)
        pairs.append(Divider(top, bottom, low + (high - low) * bottom / (top + bottom)))
    return min(pairs, key=lambda pair: abs(pair.volts - volts))


def preferred(ohms: float, series: Series) -> float:
    """The value of a series that is nearest as a ratio; `ohms` itself without a series."""
    if series == "ideal":
        return ohms
    decade = math.floor(math.log10(ohms))
    # Through the text, so that 1.21e4 is 12100 and not a neighbour of it.
    near = [
        float(f"{value}e{power}")
        for power in (decade - 1, decade, decade + 1)
        for value in VALUES[series]
    ]
    return min(near, key=lambda value: abs(math.log(value / ohms)))
