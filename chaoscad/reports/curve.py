"""The value curve of a gate: F(z) over the range of its states."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from chaoscad.design import DesignGate
from chaoscad.design.elements import elements_of
from chaoscad.evidence import Evidence, once
from chaoscad.export.c.flows import runge_kutta, steps_of
from chaoscad.logic import TruthTable, title
from chaoscad.reports.chart import Chart, text_of
from chaoscad.systems import Flow, Interval
from chaoscad.verification import GateRows

POINTS = 241
"""Points of a curve; an iterated map folds more often and has more."""

FARTHEST = 1e12
"""A value beyond it is not drawn: that of an orbit that escapes, or a threshold that is none."""

FINE = 1e-3
"""To what share of its margin the page's values of a flow agree with those of the certification."""

MOST_STEPS = 1000
"""Most steps for that: the page integrates hundreds of trajectories whenever a slider moves."""

MOST_NAMED = 3
"""Inputs of the largest gate whose rows have their names."""


@dataclass(frozen=True)
class Curve:
    """The curve of a gate.

    **Arguments:**

    - `z`, `values`: not finite where the orbit escapes.
    - `up`: the range of the values that is worth showing, with the threshold and the rows in it.
    """

    z: Float64[np.ndarray, " points"]
    values: Float64[np.ndarray, " points"]
    up: Interval

    @property
    def across(self) -> Interval:
        """The range of the states."""
        return float(self.z[0]), float(self.z[-1])


@once
def integration(evidence: Evidence) -> Mapping[str, int]:
    """The steps of the Runge-Kutta method with which the page integrates every gate on a flow."""
    found: dict[str, int] = {}
    for gate in evidence.design.gates:
        if isinstance(gate.setting.system, Flow):
            (alone,) = elements_of([gate])
            fine = steps_of(alone, evidence.rows, FINE)
            if fine.refusal is not None or fine.counts[0] > MOST_STEPS:
                fine = steps_of(alone, evidence.rows)
            found[gate.name] = fine.counts[0]
    return found


@np.errstate(all="ignore")
def curve_of(gate: DesignGate, rows: GateRows, steps: int | None) -> Curve:
    """The value curve over the declared range of the states; a free end lies beyond the outer rows.

    **Arguments:**

    - `steps`: of the Runge-Kutta method, for a flow.
    """
    low, high = window(gate, rows)
    if isinstance(gate.setting.system, Flow):
        z = np.linspace(low, high, POINTS)
        (values,) = runge_kutta(elements_of([gate])[0], z, [steps or 1])
    else:
        z = np.linspace(low, high, POINTS * min(gate.iterates, 5) - min(gate.iterates, 5) + 1)
        values = gate.setting.value(z, gate.iterates)
    return Curve(z, values, _heights(gate, rows, values))


def window(gate: DesignGate, rows: GateRows) -> Interval:
    """The range of the states that is shown: the declared one, and all states."""
    low, high = gate.source.bounds.state
    states = rows.states
    room = 0.15 * float(np.ptp(states) or 1.0)
    low = low if math.isfinite(low) else float(states.min()) - room
    high = high if math.isfinite(high) else float(states.max()) + room
    return min(low, float(states.min())), max(high, float(states.max()))


def _heights(gate: DesignGate, rows: GateRows, values: Float64[np.ndarray, " points"]) -> Interval:
    """All rows and the threshold, and as much of the curve as leaves them apart."""
    held = np.append(rows.values, gate.threshold)
    held = held[np.abs(held) < FARTHEST]
    low, high = (float(held.min()), float(held.max())) if len(held) else (0.0, 1.0)
    finite = values[np.isfinite(values)]
    size = (high - low) or 1.0
    if len(finite):
        low = min(low, max(float(finite.min()), low - 4 * size))
        high = max(high, min(float(finite.max()), high + 4 * size))
    room = 0.06 * ((high - low) or 1.0)
    return low - room, high + room


def draw(gate: DesignGate, rows: GateRows, curve: Curve) -> str:
    """The curve with the rows on it, the threshold and its margin, as SVG."""
    unit = "" if gate.setting.system.unit == "1" else f" ({gate.setting.system.unit})"
    chart = Chart(curve.across, curve.up, (f"state z{unit}", f"value F(z){unit}"))
    chart.level(gate.threshold, gate.margin)
    chart.line(curve.z.tolist(), curve.values.tolist(), "curve")
    kinds = ["one" if bit else "zero" for bit in rows.bits]
    named = gate.arity <= MOST_NAMED
    names = [format(row, f"0{gate.arity}b") if named else "" for row in range(len(kinds))]
    chart.rows(rows.states.tolist(), rows.values.tolist(), kinds, names)
    return chart.svg(told(gate, rows))


def told(gate: DesignGate, rows: GateRows) -> str:
    """The curve in words."""
    table = TruthTable("".join("1" if bit else "0" for bit in rows.bits))
    return (
        f"Value curve of gate {gate.name}: it computes {title(table)}; threshold "
        f"{text_of(gate.threshold)}, least margin {text_of(gate.margin)}"
    )
