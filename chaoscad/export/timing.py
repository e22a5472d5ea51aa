"""How long a gate takes, and the slowest path that leads to it, as far as a design knows."""

from __future__ import annotations

from dataclasses import dataclass

from chaoscad.design.model import Design
from chaoscad.hardware import Hardware
from chaoscad.logic.graph import longest


@dataclass(frozen=True)
class Delay:
    """A gate's own delay, and that of the slowest path from the inputs to its output.

    **Arguments:**

    - `iterates`, `path_iterates`: of maps, one after the other.
    - `seconds`, `path_seconds`: that flows run.
    """

    iterates: int
    seconds: float
    path_iterates: int
    path_seconds: float


def delays(design: Design, hardware: Hardware) -> dict[str, Delay]:
    """The delay of every gate. Iterates and seconds have no common unit, so each has its own path."""
    iterates: dict[str, int] = {}
    seconds: dict[str, float] = {}
    for gate in design.gates:
        time = gate.setting.time
        iterates[gate.name] = gate.iterates if time is None else 0
        seconds[gate.name] = 0.0 if time is None else time * hardware.seconds_per_unit
    drivers = {gate.name: gate.inputs for gate in design.gates}
    paths = longest(drivers, iterates), longest(drivers, seconds)
    return {
        name: Delay(iterates[name], seconds[name], paths[0][name], paths[1][name])
        for name in drivers
    }
