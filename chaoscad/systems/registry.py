"""Systems by name."""

from __future__ import annotations

from chaoscad.errors import ChaoscadError, nearest, shown
from chaoscad.systems.maps import MAPS
from chaoscad.systems.model import Map, Setting

SYSTEMS: dict[str, Map] = {system.name: system for system in MAPS}
"""Every built-in system, in the order in which it is listed."""


def find(name: str) -> Map:
    """The built-in system called `name`.

    **Raises:** `ChaoscadError` that offers the nearest name.
    """
    if name not in SYSTEMS:
        hint = nearest(name, SYSTEMS) or "the systems are " + ", ".join(SYSTEMS)
        raise ChaoscadError(f"unknown system {shown(name)}; {hint}")
    return SYSTEMS[name]


def setting(name: str, **parameters: float) -> Setting:
    """A built-in system with some parameters set and the others at their defaults.

    **Raises:** `ChaoscadError` for an unknown system or parameter, or a value outside its range.
    """
    system = find(name)
    for key, value in parameters.items():
        item = system.parameter(key)
        if item is None:
            allowed = [known.name for known in system.parameters]
            hint = nearest(key, allowed) or "it has " + ", ".join(allowed)
            raise ChaoscadError(f"{name} has no parameter {shown(key)}; {hint}")
        if not item.accepts(value):
            raise ChaoscadError(out_of_range(name, key, value, item.low, item.high))
    values = {**system.defaults(), **parameters}
    return Setting(system, tuple(float(values[item.name]) for item in system.parameters))


def out_of_range(system: str, name: str, value: float, low: float, high: float) -> str:
    """The message for a parameter's value outside its range."""
    return f"{name} of {system} is {value:g}, outside its range [{low:g}, {high:g}]"
