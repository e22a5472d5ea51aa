"""A design of several configurations: hardware that is built once, and controls that say what it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from chaoscad.design.model import Design, DesignGate, Status
from chaoscad.design.writer import found_of_all, save
from chaoscad.errors import ChaoscadError, Diagnostic, nearest, shown
from chaoscad.netlist import Gate, Netlist
from chaoscad.netlist.unrolled import controls_of


@dataclass(frozen=True)
class Reconfigurable:
    """A tuned circuit that computes one thing or another by its controls.

    **Arguments:**

    - `netlist`: with the configurations.
    - `configurations`: for each, the design that the circuit is in it: by itself a design like any
      other, whose gates differ from those of the others in their controls only.
    """

    netlist: Netlist
    configurations: Mapping[str, Design]
    provenance: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The netlist's name."""
        return self.netlist.name

    @property
    def status(self) -> Status:
        """`solved` only where every configuration is and all are of the same hardware."""
        return "solved" if self.solved else "unsolved"

    @cached_property
    def solved(self) -> bool:
        """Whether every configuration was verified, and all are of the same hardware."""
        every = all(design.solved for design in self.configurations.values())
        return every and not self.differences

    @property
    def worst_margin(self) -> float:
        """The least margin of any gate in any configuration."""
        return min(one.verification.worst_margin for one in self.configurations.values())

    def configuration(self, name: str) -> Design:
        """The design that it is in one configuration.

        **Raises:** `ChaoscadError` with the nearest name.
        """
        if name in self.configurations:
            return self.configurations[name]
        known = ", ".join(self.configurations)
        hint = nearest(name, self.configurations) or f"its configurations are {known}"
        message = f"{self.name} has no configuration {shown(name)}"
        raise ChaoscadError(Diagnostic(message, hint=hint))

    @cached_property
    def differences(self) -> tuple[str, ...]:
        """What differs between configurations and is no control, one sentence each."""
        return tuple(self._differences())

    def _differences(self) -> Iterator[str]:
        designs = list(self.configurations.items())
        for gate in self.netlist.gates:
            controls = controls_of(self.netlist, gate)
            first, design = designs[0]
            held = _parameters(design, gate)
            for name, other in designs[1:]:
                for parameter, value in _parameters(other, gate).items():
                    if parameter not in controls and value != held[parameter]:
                        yield (
                            f"gate {gate.name!r}: {parameter} is no control, and is {held[parameter]} "
                            f"in {first} and {value} in {name}"
                        )

    def found(self) -> dict[str, Any]:
        """What the design file says beside the netlist, as JSON-ready data."""
        return found_of_all(self.netlist, self.configurations)

    def save(self, path: str | None = None) -> str:
        """Write the design file; the default is `NAME.design.json` in the working folder.

        **Returns:** the path. **Raises:** `ChaoscadError` when it cannot be written.
        """
        return save(self, path)


def chosen(design: Design | Reconfigurable, name: str | None) -> Design:
    """The design itself, or the one that it is in a configuration.

    **Raises:** `ChaoscadError` where the design has several and none is named, none of that name, or only
    one and a name is given.
    """
    if isinstance(design, Reconfigurable):
        if name is not None:
            return design.configuration(name)
        names = ", ".join(design.configurations)
        message = f"this is a design of {len(design.configurations)} configurations: {names}"
        hint = "choose one by --configuration NAME, in Python by load(path, name)"
        raise ChaoscadError(Diagnostic(message, hint=hint))
    if name is None:
        return design
    message = f"{design.name} has one configuration, and {shown(name)} is asked for"
    raise ChaoscadError(Diagnostic(message, hint="leave the configuration out"))


def told(gate: DesignGate) -> dict[str, Any]:
    """Everything that the output of a gate depends on and a control may be, by name."""
    setting = gate.setting
    time = {} if setting.time is None else {"time": setting.time}
    return {**gate.setpoint.to_data(), **time, **setting.parameters}


def _parameters(design: Design, gate: Gate) -> dict[str, Any]:
    """Everything that a gate's output depends on, by name."""
    return told(design.gate(gate.name))
