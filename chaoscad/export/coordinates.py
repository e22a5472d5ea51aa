"""Names of a system's coordinates that are legal in every language of the exports."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from chaoscad.systems import Setting
from chaoscad.systems.flows import FLOWS
from chaoscad.systems.maps import MAPS

_TRIED = frozenset(name for system in (*MAPS, *FLOWS) for name in system.coordinates)
"""Coordinates of the built-in systems; the exports are tested with all of them."""


@lru_cache(maxsize=256)
def legal(setting: Setting) -> Setting:
    """The setting as files have it: a coordinate that no built-in system has is q0, q1, ... by its place.

    Files make other names of a coordinate's, and have some of their own beside it, so a coordinate called
    `in`, `clock` or `x_next` could be another thing there. An element's setting reads none by itself.
    """
    system = setting.system
    names = {
        name: name if name in _TRIED else f"q{place}"
        for place, name in enumerate(system.coordinates)
    }
    if all(name == own for own, name in names.items()):
        return setting
    return replace(
        setting,
        system=replace(system, coordinates=tuple(names.values())),
        encode=tuple(names[name] for name in setting.encode),
        read=names.get(setting.read, ""),
    )


def renamed(setting: Setting) -> list[str]:
    """A line that says which coordinate is which, where one has another name in the files."""
    pairs = zip(legal(setting).system.coordinates, setting.system.coordinates, strict=True)
    told = [f"{name} is {own}" for name, own in pairs if name != own]
    return [f"Coordinates: {', '.join(told)}"] if told else []
