"""Systems by name."""

from __future__ import annotations

from collections.abc import Mapping

from chaoscad.errors import ChaoscadError, nearest, shown
from chaoscad.systems.flows import FLOWS
from chaoscad.systems.maps import MAPS
from chaoscad.systems.model import Parameter, Setting, System

SYSTEMS: dict[str, System] = {system.name: system for system in (*MAPS, *FLOWS)}
"""Every built-in system, in the order in which it is listed."""


def find(name: str) -> System:
    """The built-in system called `name`.

    **Raises:** `ChaoscadError` that offers the nearest name.
    """
    if name not in SYSTEMS:
        hint = nearest(name, SYSTEMS) or "the systems are " + ", ".join(SYSTEMS)
        raise ChaoscadError(f"unknown system {shown(name)}; {hint}")
    return SYSTEMS[name]


def setting(name: str, **parameters: float) -> Setting:
    """A built-in system with some parameters set and the others at their defaults.

    How z goes in and v comes out, the time and the solver are the system's own; change them with
    `dataclasses.replace`.

    **Raises:** `ChaoscadError` for an unknown system or parameter, or a value outside its range.
    """
    system = find(name)
    return changed(Setting(system, tuple(system.defaults().values())), parameters)


def changed(setting: Setting, values: Mapping[str, float]) -> Setting:
    """The same system with some parameters at other values.

    **Raises:** `ChaoscadError` for a parameter that it has not, or a value outside its range.
    """
    system = setting.system
    for key, value in values.items():
        item = system.parameter(key)
        if item is None:
            allowed = [known.name for known in system.parameters]
            hint = nearest(key, allowed) or "it has " + (", ".join(allowed) or "no parameters")
            raise ChaoscadError(f"{system.name} has no parameter {shown(key)}; {hint}")
        if not item.accepts(value):
            raise ChaoscadError(out_of_range(system.name, item, value))
    return setting.with_values({name: float(value) for name, value in values.items()})


def out_of_range(system: str, item: Parameter, value: float) -> str:
    """The message for a parameter's value outside its range."""
    if item.whole and not float(value).is_integer():
        return f"{item.name} of {system} is {value:g}, and must be a whole number"
    return f"{item.name} of {system} is {value:g}, outside its range [{item.low:g}, {item.high:g}]"
