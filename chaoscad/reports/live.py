"""What the live gate of a page computes with: every gate of every configuration as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from chaoscad.design import Design, DesignGate
from chaoscad.documents import known
from chaoscad.evidence import Evidence
from chaoscad.logic import TruthTable, title
from chaoscad.reports.curve import Curve, window
from chaoscad.reports.javascript import Equations
from chaoscad.systems import Flow, Interval
from chaoscad.systems.model import MOST_ITERATES, Parameter
from chaoscad.verification import GateRows

MOST_LIVE = 1500
"""Gates of the largest circuit whose gates can all be chosen; of a larger one those of least margin."""

LONGEST_LIST = 3
"""Inputs of the largest gate whose functions are called by their names."""


def configuration(
    name: str,
    evidence: Evidence,
    curves: Mapping[str, Curve],
    steps: Mapping[str, int],
    equations: Equations,
) -> dict[str, Any]:
    """One configuration, or a design that has one: its nets and gates.

    **Arguments:**

    - `curves`: of every gate.
    - `steps`: of the gates on flows.
    - `equations`: of the page, to which those of the gates are added.
    """
    design = evidence.design
    chosen = least(design, MOST_LIVE)
    return {
        "name": name,
        "inputs": list(design.netlist.inputs),
        "outputs": list(design.netlist.outputs),
        "gates": [
            {
                "name": gate.name,
                "inputs": list(gate.inputs),
                "bits": _bits(evidence.rows[gate.name]),
                **(
                    _gate(gate, evidence.rows[gate.name], curves[gate.name], steps, equations)
                    if gate.name in chosen
                    else {}
                ),
            }
            for gate in design.gates
        ],
    }


def least(design: Design, count: int) -> frozenset[str]:
    """The gates of the least margins, so many of them."""
    return frozenset(
        gate.name for gate in sorted(design.gates, key=lambda gate: gate.margin)[:count]
    )


def _gate(
    gate: DesignGate,
    rows: GateRows,
    curve: Curve,
    steps: Mapping[str, int],
    equations: Equations,
) -> dict[str, Any]:
    setting = gate.setting
    system = setting.system
    flow = isinstance(system, Flow)
    return {
        "system": equations.place(setting),
        "title": system.title,
        "unit": "" if system.unit == "1" else system.unit,
        "parameters": [_parameter(item) for item in system.parameters],
        "p": list(setting.values),
        "encode": [int(name in setting.encode) for name in system.coordinates],
        "start": list(setting.start),
        "read": setting.reading,
        "iterates": gate.iterates,
        "time": setting.time if flow else None,
        "steps": steps[gate.name] if flow else None,
        "x0": gate.x0,
        "delta": list(gate.delta),
        "threshold": gate.threshold,
        "compare": gate.compare,
        "function": gate.function.rows,
        "window": list(window(gate, rows)),
        "up": list(curve.up),
        "ranges": _ranges(gate, rows, curve),
    }


def _parameter(item: Parameter) -> dict[str, Any]:
    return {
        "name": item.name,
        "meaning": item.meaning,
        "unit": "" if item.unit == "1" else item.unit,
        "whole": item.whole,
    }


def _ranges(gate: DesignGate, rows: GateRows, curve: Curve) -> dict[str, Any]:
    """How far the sliders go: the bounds of the netlist where they have ends, and always the design."""
    low, high = window(gate, rows)
    width = high - low
    bounds = gate.source.bounds
    deltas = [_around(bounds.delta or (-width, width), value, width) for value in gate.delta]
    return {
        "x0": _around(bounds.x0 or (low, high), gate.x0, width),
        "delta": deltas,
        "threshold": _around(bounds.threshold or curve.up, gate.threshold, width),
        "p": [
            _around((item.low, item.high), value, abs(value) or 1.0)
            for item, value in zip(gate.setting.system.parameters, gate.setting.values, strict=True)
        ],
        "iterates": [1, min(MOST_ITERATES, max(12, 2 * gate.iterates))],
        "time": [0.0, 2.0 * gate.setting.time] if gate.setting.time is not None else None,
        "state_noise": [0.0, 0.1 * width],
        "comparator_noise": [0.0, 0.25 * float(np.ptp(curve.up))],
    }


def _around(ends: Interval, value: float, width: float) -> list[float]:
    """A range with ends that holds a value."""
    low = ends[0] if math.isfinite(ends[0]) else value - width
    high = ends[1] if math.isfinite(ends[1]) else value + width
    low, high = min(low, value), max(high, value)
    return [low, high] if high > low else [value - width, value + width]


def _bits(rows: GateRows) -> str:
    return "".join("1" if bit else "0" for bit in rows.bits)


def names_of(designs: list[Design]) -> dict[str, str]:
    """The usual names of functions, by their tables, as wide as the gates."""
    found: dict[str, str] = {}
    widest = max((gate.arity for design in designs for gate in design.gates), default=0)
    for arity in range(1, min(widest, LONGEST_LIST) + 1):
        for number in range(1 << (1 << arity)):
            rows = format(number, f"0{1 << arity}b")
            named = title(TruthTable(rows))
            if named != rows:
                found[rows] = named
    return found


def as_script(data: Any) -> str:
    """JSON that may stand in a page: nothing in it ends the element; what is not finite is `null`."""
    text = json.dumps(_known(data), ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _known(data: Any) -> Any:
    if isinstance(data, dict):
        return {name: _known(item) for name, item in data.items()}
    if isinstance(data, list):
        return [_known(item) for item in data]
    return known(data) if isinstance(data, float) else data
