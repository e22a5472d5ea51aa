"""Flows in C: how many steps of the Runge-Kutta method give the design's own values."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from chaoscad.design.model import DesignGate
from chaoscad.errors import Diagnostic, shown
from chaoscad.systems import Flow, Setting
from chaoscad.systems.convergence import AGREEMENT
from chaoscad.systems.evaluate import equations
from chaoscad.verification.gates import GateRows

HALVINGS = 6
"""How often the step of training is halved at most."""


@dataclass(frozen=True)
class Steps:
    """The number of equal steps of a gate, or why none is good enough."""

    count: int
    refusal: Diagnostic | None = None


def runge_kutta(
    setting: Setting, z: Float64[np.ndarray, " rows"], steps: int
) -> Float64[np.ndarray, " rows"]:
    """F(z) by the classical Runge-Kutta method of order 4, as the C code computes it."""
    (last,) = deque(trajectory(setting, z, steps), maxlen=1)
    return last[setting.reading]


def trajectory(
    setting: Setting, z: Float64[np.ndarray, " rows"], steps: int
) -> Iterator[Float64[np.ndarray, "coordinates rows"]]:
    """The coordinates at the start and after every step of that method."""
    derivative, y = equations(setting, z, setting.parameters)
    assert setting.time is not None
    h = setting.time / steps
    yield y.reshape(-1, len(z))
    with np.errstate(all="ignore"):
        for step in range(steps):
            t = step * h
            a = derivative(t, y)
            b = derivative(t + 0.5 * h, y + 0.5 * h * a)
            c = derivative(t + 0.5 * h, y + 0.5 * h * b)
            d = derivative(t + h, y + h * c)
            y = y + h / 6.0 * (a + 2.0 * b + 2.0 * c + d)
            yield y.reshape(-1, len(z))


def steps_of(gate: DesignGate, rows: GateRows, share: float = AGREEMENT) -> Steps:
    """The design's own fixed step, halved until the values agree with those of the certification.

    They agree when they differ by less than a `share` of the gate's least distance from the threshold.
    """
    setting, system = gate.setting, gate.setting.system
    assert isinstance(system, Flow)
    assert setting.solver is not None
    assert setting.time is not None
    if setting.solver.step is not None:
        count = setting.solver.steps(setting.time)
    else:
        count = max(1, math.ceil(setting.time / system.step - 1e-9))
    matters = np.array([want != "-" for want in gate.function.rows])
    allowed = share * np.abs(rows.distances[matters]).min(initial=np.inf)
    off = np.zeros(rows.states.shape)
    for _ in range(HALVINGS + 1):
        found = runge_kutta(setting, rows.states, count)
        off = np.where(matters, np.abs(found - rows.values), 0.0)
        if (off <= allowed).all():
            return Steps(count)
        count *= 2
    row = int(np.nanargmax(np.nan_to_num(off, nan=np.inf)))
    return Steps(
        count // 2,
        Diagnostic(
            f"gate {shown(gate.name)}, row {format(row, f'0{gate.arity}b')}: the Runge-Kutta method with "
            f"{count // 2} steps is off the design's value by {off[row]:.3g}, more than {100 * share:g} % of "
            f"the margin ({allowed:.3g})",
            hint="give the flow a shorter time, or the gate a larger margin",
        ),
    )
