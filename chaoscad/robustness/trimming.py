"""Every device set anew: the x0 and thresholds that give it the best margins, weights and wiring as they are.

A design is made for the system that it knows. A device whose curve was measured is another system; what
can still be set in it, by a converter or a trimmer, is chosen for that one.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Shaped

from chaoscad.arguments import within
from chaoscad.design import Design
from chaoscad.errors import ChaoscadError, Diagnostic, listed, nearest, shown
from chaoscad.hardware import Hardware, hardware_of
from chaoscad.robustness.device_files import Device, read_devices
from chaoscad.robustness.drift import Drift, drift_of
from chaoscad.robustness.interval import Share, share
from chaoscad.robustness.trim_gate import CONTROLS, GateOfDevice, TrimmedGate, trim_gate
from chaoscad.systems.sweeps import Sweep

if TYPE_CHECKING:
    from chaoscad.tune import Progress


@dataclass(frozen=True)
class TrimmedDevice:
    """A device with its gates as they are set best."""

    name: str
    gates: tuple[TrimmedGate, ...]

    @property
    def before(self) -> float:
        """The least margin of its gates in the setting of the design."""
        return min((gate.before for gate in self.gates), default=np.inf)

    @property
    def after(self) -> float:
        """The least margin of its gates as they are set anew."""
        return min((gate.after for gate in self.gates), default=np.inf)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it cannot be saved; empty where it works."""
        return tuple(f"gate {gate.gate}: {gate.reason}" for gate in self.gates if gate.reason)


@dataclass(frozen=True)
class Trimmed:
    """Devices of a design, set anew.

    **Arguments:**

    - `before`, `after`: the devices whose gates all give their functions, in the design's setting and
      in their own.
    - `drift`: how far each parameter of the devices that work may move until one of them fails.
    """

    design: str
    devices: tuple[TrimmedDevice, ...]
    before: Share
    after: Share
    drift: tuple[Drift, ...]
    controls: tuple[str, ...] = field(default=CONTROLS)

    @property
    def lost(self) -> tuple[TrimmedDevice, ...]:
        """The devices that cannot be saved."""
        return tuple(device for device in self.devices if device.reasons)

    def columns(self) -> dict[str, Shaped[np.ndarray, " rows"]]:
        """One row a gate of a device, as a table; codes are empty without a converter."""
        found: dict[str, list[Any]] = {}
        for device in self.devices:
            for gate in device.gates:
                row = {"device": device.name, **gate.to_data()}
                for name, value in row.items():
                    found.setdefault(name, []).append("" if value is None else value)
        return {name: np.array(values, dtype=object) for name, values in found.items()}

    def to_data(self) -> dict[str, Any]:
        """As JSON-ready data."""
        return {
            "design": self.design,
            "controls": list(self.controls),
            "confidence": self.before.confidence,
            "before": self.before.to_data(),
            "after": self.after.to_data(),
            "drift": [item.to_data() for item in self.drift],
            "devices": [
                {
                    "device": device.name,
                    "margin_before": _finite(device.before),
                    "margin_after": _finite(device.after),
                    "reasons": list(device.reasons),
                    "gates": [gate.to_data() for gate in device.gates],
                }
                for device in self.devices
            ],
        }


def trim(
    design: Design,
    devices: Sequence[Device | str | os.PathLike[str]],
    *,
    controls: Sequence[str] = CONTROLS,
    sweep: Sweep | None = None,
    hardware: Hardware | None = None,
    confidence: float = 0.99,
    progress: Progress | None = None,
) -> Trimmed:
    """Set every device anew, from what was measured of it.

    For every x0 the best threshold lies midway between the lowest value above it and the highest below,
    so that only x0 is searched: over all codes of the converter where the hardware has one. A device
    works when all of its gates give their functions in the rows that occur.

    **Arguments:**

    - `devices`: files and folders as `read_devices` takes them, or devices.
    - `controls`: what can be set: `x0`, `threshold`, or both.
    - `sweep`: of curves that were measured up and down.
    - `hardware`: in place of the netlist's; its converter gives the codes.

    **Raises:** `ChaoscadError` for what cannot be read, for no devices, for an unknown control, and for
    one that a tie makes equal in several gates.
    """
    for name in controls:
        if name not in CONTROLS:
            hint = nearest(name, CONTROLS) or "they are x0 and threshold"
            raise ChaoscadError(f"unknown control {shown(str(name))}; {hint}")
    if not controls:
        raise ChaoscadError("no controls are given, so that nothing can be set")
    _refuse_ties(design, controls)
    confidence = within("the confidence", confidence, 0.5, 0.999999)
    paths = [item for item in devices if not isinstance(item, Device)]
    measured = [item for item in devices if isinstance(item, Device)]
    measured += read_devices(design, paths, sweep)
    if not measured:
        raise ChaoscadError("no devices are given")
    chosen = hardware or hardware_of(design)
    found: list[TrimmedDevice] = []
    working: list[tuple[str, GateOfDevice, TrimmedGate]] = []
    if progress is not None:
        progress.start(len(measured), 1)
    try:
        for device in measured:
            parts = [GateOfDevice(gate, device.settings[gate.name]) for gate in design.gates]
            gates = tuple(trim_gate(part, chosen, tuple(controls)) for part in parts)
            found.append(TrimmedDevice(device.name, gates))
            if all(gate.after > 0 for gate in gates):
                working += [(device.name, *pair) for pair in zip(parts, gates, strict=True)]
            if progress is not None:
                progress.advance(len(found), 0, 0)
    finally:
        if progress is not None:
            progress.finish()
    right = [sum(getattr(item, when) > 0 for item in found) for when in ("before", "after")]
    return Trimmed(
        design=design.name,
        devices=tuple(found),
        before=share(right[0], len(found), confidence),
        after=share(right[1], len(found), confidence),
        drift=drift_of(working),
        controls=tuple(dict.fromkeys(controls)),
    )


def _refuse_ties(design: Design, controls: Sequence[str]) -> None:
    for tie in design.netlist.sharing:
        if tie.parameter in controls and len(tie.gates) > 1:
            hint = "trim the other control alone, or leave the tie or the element out"
            gates = listed(tie.gates)
            message = (
                f"{tie.parameter} is tied in the gates {gates}, and each would be set by itself"
            )
            raise ChaoscadError(Diagnostic(message, hint=hint))


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
