"""Gates that stand alone."""

from __future__ import annotations

from chaoscad.gate import Setpoint
from chaoscad.netlist.model import Compare
from chaoscad.systems import Setting


def alone(
    setting: Setting,
    iterates: int = 1,
    x0: float = 0.325,
    delta: tuple[float, ...] = (0.25, 0.25),
    threshold: float = 0.75,
    compare: Compare = ">",
) -> Setpoint:
    """A gate of no design; by default one of the published family of x0 = .325."""
    return Setpoint(setting, iterates, x0, delta, threshold, compare)
