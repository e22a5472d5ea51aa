"""Numbers as a person takes them over: nine digits, and more only where a row needs them.

A design's numbers carry what a search left in their last digits: 0.5000000002228262 for one half. The
files that people read have them rounded; `design.json` keeps every bit of them.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache

import numpy as np
from jaxtyping import Float64

from chaoscad.design.model import Design, DesignGate
from chaoscad.gate import Setpoint
from chaoscad.hardware import Hardware

DIGITS = 9
"""Digits of the largest number of a gate."""

MOST_DIGITS = 17
"""With so many, a double is what it was."""

SHARE = 1e-6
"""How far rounding may move the value of any row, as a part of the gate's least distance."""

ROUNDED = (
    f"Numbers of gates are rounded to {DIGITS} digits, or to as many as leave the bit of every row, and "
    "every value to a millionth of the gate's margin; `design.json` has them exactly."
)


def tidied(design: Design) -> Design:
    """The design with x0, deltas and thresholds rounded."""
    places = decimals_of(design)
    return replace(
        design, gates=tuple(tidied_gate(gate, places[gate.name]) for gate in design.gates)
    )


def tidied_gate(gate: DesignGate, places: int) -> DesignGate:
    """The gate with x0, deltas and threshold rounded to so many decimals."""
    return replace(gate, setpoint=_rounded(gate.setpoint, places))


def decimals_of(design: Design) -> dict[str, int]:
    """The decimals of every gate's numbers; readings of one element have as many as any of them needs."""
    found: dict[str, int] = {}
    for element in design.elements:
        places = max(decimals(gate.setpoint) for gate in element.readings)
        found |= {gate.name: places for gate in element.readings}
    return found


@lru_cache(maxsize=8192)
def decimals(setpoint: Setpoint) -> int:
    """The decimals of a gate's numbers, in the system's unit; negative before the point.

    They are the least, from `DIGITS` digits of its largest number on, with which every row, whether
    it matters or not, keeps its bit, and its value within `SHARE`.
    """
    size = max(map(abs, (setpoint.x0, *setpoint.delta, setpoint.threshold)))
    ahead = math.floor(math.log10(size)) + 1 if size else 0
    distances = _distances(setpoint)
    finite = np.isfinite(distances)
    allowed = SHARE * np.abs(distances[finite]).min(initial=np.inf)
    for digits in range(DIGITS, MOST_DIGITS):
        found = _rounded(setpoint, digits - ahead)
        if found == setpoint:
            return digits - ahead
        moved = _distances(found)
        same = np.array_equal(np.isfinite(moved), finite)
        # A row at the threshold is a 0: none may leave it, and none come there.
        same = same and np.array_equal(np.sign(moved[finite]), np.sign(distances[finite]))
        if same and (np.abs(moved - distances)[finite] <= allowed).all():
            return digits - ahead
    return MOST_DIGITS - ahead


def decimals_of_volts(places: int, hardware: Hardware) -> int:
    """The decimals of voltages of numbers with so many: as fine as these, or finer."""
    return places - math.floor(math.log10(abs(hardware.volts_per_unit)))


def neat(value: float, digits: int = 15) -> float:
    """A computed number without the dust of its computation: its first digits."""
    return float(f"{value:.{digits}g}")


def _rounded(setpoint: Setpoint, places: int) -> Setpoint:
    # Zero is added so that none becomes -0.0.
    x0, *delta, threshold = (
        round(item, places) + 0.0 for item in (setpoint.x0, *setpoint.delta, setpoint.threshold)
    )
    return replace(setpoint, x0=x0, delta=tuple(delta), threshold=threshold)


def _distances(setpoint: Setpoint) -> Float64[np.ndarray, " rows"]:
    with np.errstate(all="ignore"):
        return setpoint.values() - setpoint.threshold
