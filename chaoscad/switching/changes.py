"""What it takes to switch a circuit between its configurations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from chaoscad.design.model import DesignGate
from chaoscad.design.reconfigurable import Reconfigurable
from chaoscad.hardware import Hardware, hardware_of
from chaoscad.netlist import Gate, Netlist
from chaoscad.netlist.unrolled import controls_of

VOLTAGES = ("x0", "delta", "threshold")
"""The controls that stand as voltages in a circuit."""

Cost: TypeAlias = tuple[int, float]
"""The controls that change, and the largest step of a voltage among them, in the system's unit."""


@dataclass(frozen=True)
class Control:
    """One number of one gate that may differ between configurations.

    **Arguments:**

    - `name`: x0, threshold, iterates, time or a parameter of the system; a weight is `delta1`, `delta2`, ...
      as its input, or `delta` where all inputs share one.
    - `parameter`: what the netlist calls it: its name, without the number of an input.
    - `values`: in every configuration, in the system's unit.
    - `follows`: the gate that has the same control by a tie or as a reading of the same element; empty
      for a control that is set by itself.
    """

    gate: str
    name: str
    parameter: str
    values: Mapping[str, float]
    follows: str = ""

    def volts(self, value: float, hardware: Hardware) -> float | None:
        """The voltage of a value: of a weight a difference, of anything but a voltage `None`."""
        if self.parameter not in VOLTAGES:
            return None
        return (
            hardware.volts_per_unit * value if self.parameter == "delta" else hardware.volts(value)
        )

    def zero(self, hardware: Hardware) -> float:
        """The voltage that the code 0 of a DAC sets: a weight is a difference of voltages."""
        assert hardware.dac_range is not None
        return 0.0 if self.parameter == "delta" else hardware.dac_range[0]

    def code(self, value: float, hardware: Hardware) -> int | None:
        """The nearest code of a DAC; `None` without one, and for what is no voltage."""
        volts = self.volts(value, hardware)
        if volts is None or hardware.dac_bits is None:
            return None
        return round((volts - self.zero(hardware)) / hardware.dac_step)

    def to_data(self, hardware: Hardware | None) -> dict[str, Any]:
        """As JSON-ready data, with volts and codes where the hardware has a scale for them."""
        found: dict[str, Any] = {"gate": self.gate, "control": self.name, "follows": self.follows}
        found["values"] = dict(self.values)
        if hardware is not None and self.parameter in VOLTAGES:
            found["volts"] = {key: self.volts(item, hardware) for key, item in self.values.items()}
            found["codes"] = {key: self.code(item, hardware) for key, item in self.values.items()}
        return found


@dataclass(frozen=True)
class Change:
    """One control that a switch changes.

    **Arguments:**

    - `volts`: the size of the step; `None` without a scale, and for what is no voltage.
    """

    gate: str
    control: str
    before: float
    after: float
    volts: float | None

    def to_data(self) -> dict[str, Any]:
        """As JSON-ready data."""
        return {
            "gate": self.gate,
            "control": self.control,
            "before": self.before,
            "after": self.after,
            "step_volts": self.volts,
        }


@dataclass(frozen=True)
class Switch:
    """From one configuration to another.

    **Arguments:**

    - `changes`: the controls that are set anew; what follows another control is not among them.
    - `largest_step`: of x0, weights and thresholds, in the system's unit; 0 where none changes.
    - `largest_volts`: the same in volts; `None` where the hardware gives no scale.
    """

    before: str
    after: str
    changes: tuple[Change, ...]
    largest_step: float
    largest_volts: float | None

    @property
    def cost(self) -> Cost:
        """By which orders are compared."""
        return len(self.changes), self.largest_step

    def to_data(self) -> dict[str, Any]:
        """As JSON-ready data."""
        return {
            "from": self.before,
            "to": self.after,
            "controls_changed": len(self.changes),
            "largest_step": self.largest_step,
            "largest_step_volts": self.largest_volts,
            "changes": [item.to_data() for item in self.changes],
        }


def controls(design: Reconfigurable) -> tuple[Control, ...]:
    """Every number that may differ between configurations, gate by gate, whether it does or not."""
    netlist = design.netlist
    leaders = _leaders(netlist)
    found: list[Control] = []
    for gate in netlist.gates:
        settings = {name: one.gate(gate.name) for name, one in design.configurations.items()}
        for parameter in controls_of(netlist, gate):
            numbers = {name: _numbers(gate, one, parameter) for name, one in settings.items()}
            leader = leaders.get((gate.name, parameter), gate.name)
            leader = "" if leader == gate.name else leader
            for label in next(iter(numbers.values())):
                values = {name: one[label] for name, one in numbers.items()}
                found.append(Control(gate.name, label, parameter, values, leader))
    return tuple(found)


def switch(
    design: Reconfigurable, before: str, after: str, hardware: Hardware | None = None
) -> Switch:
    """What changes from one configuration to another.

    **Raises:** `ChaoscadError` for a configuration that the design has not.
    """
    for name in (before, after):
        design.configuration(name)
    return switch_between(controls(design), before, after, scale_of(design, hardware))


def switch_between(
    every: Sequence[Control], before: str, after: str, scale: Hardware | None
) -> Switch:
    """What changes from one configuration to another, of controls that are known.

    **Arguments:**

    - `scale`: the hardware that gives volts and codes; `None` without one.
    """
    changes: list[Change] = []
    largest = 0.0
    for control in every:
        was, becomes = control.values[before], control.values[after]
        if control.follows or was == becomes:
            continue
        # Two values with one code are one setting of the circuit.
        code = None if scale is None else control.code(was, scale)
        if scale is not None and code is not None and code == control.code(becomes, scale):
            continue
        volts = None
        if control.parameter in VOLTAGES:
            largest = max(largest, abs(becomes - was))
            volts = None if scale is None else abs(scale.volts_per_unit) * abs(becomes - was)
        changes.append(Change(control.gate, control.name, was, becomes, volts))
    in_volts = None if scale is None else abs(scale.volts_per_unit) * largest
    return Switch(before, after, tuple(changes), largest, in_volts)


def _numbers(gate: Gate, found: DesignGate, parameter: str) -> dict[str, float]:
    """The numbers of one parameter, by their names."""
    if parameter == "delta":
        if gate.weights == "shared":
            return {"delta": found.delta[0]}
        return {f"delta{place}": item for place, item in enumerate(found.delta, 1)}
    if parameter in ("x0", "threshold", "iterates"):
        return {parameter: getattr(found, parameter)}
    if parameter == "time":
        return {} if found.setting.time is None else {parameter: found.setting.time}
    # A control of the whole netlist is none of a gate whose system has no such parameter.
    parameters = found.setting.parameters
    return {parameter: parameters[parameter]} if parameter in parameters else {}


def _leaders(netlist: Netlist) -> dict[tuple[str, str], str]:
    """By gate and parameter, the first gate that shares it through one tie or several."""
    place = {gate.name: number for number, gate in enumerate(netlist.gates)}
    found: dict[tuple[str, str], str] = {}
    for tie in netlist.sharing:
        joined = {found.get((gate, tie.parameter), gate) for gate in tie.gates}
        lead = min(joined, key=place.__getitem__)
        members = {key for key, one in found.items() if key[1] == tie.parameter and one in joined}
        found |= dict.fromkeys(members | {(gate, tie.parameter) for gate in tie.gates}, lead)
    return found


def scale_of(design: Reconfigurable, hardware: Hardware | None) -> Hardware | None:
    """The hardware that is given, or the netlist's if it has a scale of volts."""
    if hardware is not None or "volts_per_unit" not in (design.netlist.hardware or {}):
        return hardware
    return hardware_of(next(iter(design.configurations.values())))
