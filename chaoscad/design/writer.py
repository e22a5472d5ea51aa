"""The design file, version 2: JSON that is read back bit by bit."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from chaoscad.documents import word
from chaoscad.files import write_text
from chaoscad.netlist import to_data

if TYPE_CHECKING:
    from chaoscad.design.model import Design, DesignGate

FORMAT = "chaoscad-design"
VERSION = 2


def default_path(design: Design) -> str:
    """`NAME.design.json`."""
    return f"{design.name}.design.json"


def save(design: Design, path: str | os.PathLike[str] | None = None) -> str:
    """Write a design file, whole or not at all; returns its path.

    **Raises:** `ChaoscadError` when it cannot be written.
    """
    target = os.fspath(path) if path is not None else default_path(design)
    write_text(target, dumps(design))
    return target


def dumps(design: Design) -> str:
    """The design file's text: the same for the same design, whatever machine writes it."""
    return json.dumps(to_json(design), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def to_json(design: Design) -> dict[str, Any]:
    """The design as JSON-ready data."""
    verification = asdict(design.verification)
    verification["worst_margin"] = word(verification["worst_margin"])
    return {
        "format": FORMAT,
        "version": VERSION,
        "status": design.status,
        "gates": {gate.name: _gate_data(gate) for gate in design.gates},
        "verification": verification,
        "netlist": to_data(design.netlist),
        "provenance": dict(design.provenance),
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
        **({"parameters": tuned} if tuned else {}),
        "function": gate.function.rows,
        "margin": word(gate.margin),
    }
