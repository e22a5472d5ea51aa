"""Measured curves beyond their ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from chaoscad.systems.model import Map, Setting


@lru_cache(maxsize=256)
def saturating(setting: Setting) -> Setting:
    """The setting as a bench has it: a measured curve keeps the value of its end beyond its end.

    Formulas are what they are outside of their declared range too.
    """
    system = setting.system
    if not isinstance(system, Map) or system.curve is None:
        return setting
    low, high = system.curve.domain
    inside = system.step

    def step(xp: Any, state: tuple[Any, ...], parameters: Mapping[str, Any]) -> tuple[Any, ...]:
        return inside(xp, (xp.clip(state[0], low, high),), parameters)

    return replace(setting, system=replace(system, name="saturating curve", step=step))
