"""The design file, version 2: JSON that is read back bit by bit."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from chaoscad.documents import word
from chaoscad.files import write_text
from chaoscad.netlist import Gate, Netlist, to_data
from chaoscad.netlist.unrolled import controls_of

if TYPE_CHECKING:
    from chaoscad.design.model import Design, DesignGate
    from chaoscad.design.reconfigurable import Reconfigurable

FORMAT = "chaoscad-design"
VERSION = 2

ALWAYS = frozenset({"function", "margin"})
"""What of a gate is another thing in every configuration, whatever its controls are."""


def moving(netlist: Netlist, gate: Gate) -> frozenset[str]:
    """What of a gate may differ between configurations, by the keys of the design file."""
    controls = controls_of(netlist, gate)
    trained = {"parameters"} if set(controls) & set(gate.train) else set()
    return ALWAYS | set(controls) | trained


def default_path(design: Design | Reconfigurable) -> str:
    """`NAME.design.json`."""
    return f"{design.name}.design.json"


def save(design: Design | Reconfigurable, path: str | os.PathLike[str] | None = None) -> str:
    """Write a design file, whole or not at all; returns its path.

    **Raises:** `ChaoscadError` when it cannot be written.
    """
    target = os.fspath(path) if path is not None else default_path(design)
    write_text(target, dumps(design))
    return target


def dumps(design: Design | Reconfigurable) -> str:
    """The design file's text: the same for the same design, whatever machine writes it."""
    return json.dumps(to_json(design), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def to_json(design: Design | Reconfigurable) -> dict[str, Any]:
    """The design as JSON-ready data."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "status": design.status,
        **design.found(),
        "netlist": to_data(design.netlist),
        "provenance": dict(design.provenance),
    }


def found_once(design: Design) -> dict[str, Any]:
    """What was found for the gates of one configuration, and its verification."""
    verification = asdict(design.verification)
    verification["worst_margin"] = word(verification["worst_margin"])
    gates = {gate.name: _gate_data(gate) for gate in design.gates}
    return {"gates": gates, "verification": verification}


def found_of_all(netlist: Netlist, designs: Mapping[str, Design]) -> dict[str, Any]:
    """What all configurations share, and of each what differs."""
    every = {name: found_once(one) for name, one in designs.items()}
    differing = {gate.name: moving(netlist, gate) for gate in netlist.gates}

    def part(gates: dict[str, dict[str, Any]], differs: bool) -> dict[str, Any]:
        return {
            name: {key: value for key, value in gate.items() if (key in differing[name]) == differs}
            for name, gate in gates.items()
        }

    first = next(iter(every.values()))
    return {
        "gates": part(first["gates"], False),
        "configurations": {
            name: {
                "status": one.status,
                "gates": part(every[name]["gates"], True),
                "verification": every[name]["verification"],
            }
            for name, one in designs.items()
        },
    }


def _gate_data(gate: DesignGate) -> dict[str, Any]:
    declared = gate.source.setting.parameters
    tuned = {
        name: value
        for name, value in gate.setting.parameters.items()
        if name in gate.source.train or value != declared[name]
    }
    return {
        **gate.setpoint.to_data(),
        **({"time": gate.setting.time} if gate.source.choices.time else {}),
        **({"parameters": tuned} if tuned else {}),
        "function": gate.function.rows,
        "margin": word(gate.margin),
    }
