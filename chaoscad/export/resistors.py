"""The summing network of a gate in resistors of the E96 series.

    inputs of positive weight --R_k--+--Rf--+          inputs of negative weight --R_k--+--Rf--+
                                     |      |                                           |      |
                                  (-) op-amp 1 --------------------Rf---------------(-) op-amp 2 -- state

Both op-amps invert, their other input is at 0 V. An input is 0 V or 1 V, and x0 is an input that is
always 1 V. So the state's voltage is Rf * (sum of V_k / R_k over the positive ones, minus that over the
negative ones), and R_k = Rf * 1 V / (the weight in volts).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from chaoscad.design.model import DesignGate
from chaoscad.export.model import Hardware

E96 = tuple(round(10 ** (step / 96), 2) for step in range(96))
"""The values of a decade (IEC 60063)."""

NETWORK = (
    "The state's voltage is summed by two inverting op-amps with feedback resistors of "
    "{reference:.12g} ohms. Op-amp 1 sums the inputs of positive weight; its output goes through "
    "another {reference:.12g} ohms to op-amp 2, which sums those of negative weight with it. An input is 0 V "
    "or 1 V; the offset is an input that is always 1 V."
)


@dataclass(frozen=True)
class Resistor:
    """One input of the network.

    **Arguments:**

    - `volts`: what the input adds to the state when it is 1.
    - `ohms`, `rounded`: of its resistor, exact and in the E96 series; `None` where it adds nothing.
    - `opamp`: 1 for a positive weight, 2 for a negative one.
    - `rounded_volts`: what it adds through the rounded resistor.
    """

    volts: float
    ohms: float | None
    rounded: float | None
    opamp: int
    rounded_volts: float


def network(gate: DesignGate, hardware: Hardware) -> list[Resistor]:
    """The resistors of a gate: of the offset, and of every input."""
    weights = [hardware.volts(gate.x0), *(hardware.volts_per_unit * item for item in gate.delta)]
    return [_resistor(weight, hardware.reference_ohms) for weight in weights]


def _resistor(volts: float, reference: float) -> Resistor:
    opamp = 1 if volts >= 0 else 2
    ohms = reference / abs(volts) if volts else math.inf
    if not math.isfinite(ohms):
        return Resistor(volts, None, None, opamp, 0.0)
    rounded = e96(ohms)
    return Resistor(volts, ohms, rounded, opamp, math.copysign(reference / rounded, volts))


def e96(ohms: float) -> float:
    """The value of the series that is nearest as a ratio."""
    decade = math.floor(math.log10(ohms))
    # Through the text, so that 1.21e4 is 12100 and not a neighbour of it.
    near = [
        float(f"{value}e{power}") for power in (decade - 1, decade, decade + 1) for value in E96
    ]
    return min(near, key=lambda value: abs(math.log(value / ohms)))
