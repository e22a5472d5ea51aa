"""How long a gate takes, and the slowest path that leads to it, as far as a design knows."""

from __future__ import annotations

from dataclasses import dataclass

from chaoscad.design.model import Design
from chaoscad.hardware import Hardware
from chaoscad.systems import Flow


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
    found: dict[str, Delay] = {}
    for gate in design.gates:
        time = gate.setting.time
        flows = isinstance(gate.setting.system, Flow)
        iterates = 0 if flows else gate.iterates
        seconds = time * hardware.seconds_per_unit if flows and time is not None else 0.0
        before = [found[name] for name in gate.inputs if name in found]
        found[gate.name] = Delay(
            iterates,
            seconds,
            iterates + max((item.path_iterates for item in before), default=0),
            seconds + max((item.path_seconds for item in before), default=0.0),
        )
    return found
