"""Coupled copies of an element, which average their noise.

N copies of a map start at the same z; after every iterate each takes the mean of all,
x_i <- (1 - c) f(x_i) + c mean_j f(x_j). At full coupling, c = 1, the mean carries noise of sigma / sqrt N to
every later iterate, while that of a single copy is magnified by chaos; the curvature of the map shifts
the mean by f'' sigma^2 / 2, which no number of copies averages away.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from chaoscad.arguments import whole, within
from chaoscad.errors import ChaoscadError
from chaoscad.systems import Map, Setting
from chaoscad.systems.curves import saturating
from chaoscad.systems.model import State

MOST_COPIES = 1024
"""Most copies; each has its own noise at every iterate."""


def coupled(setting: Setting, copies: int, strength: float = 1.0) -> Setting:
    """A map of one coordinate in so many copies, coupled to their mean after every iterate.

    A gate on it starts all of them at z and reads the mean.

    **Arguments:**

    - `strength`: c; 0 leaves them alone, so that only what is read is averaged.

    **Raises:** `ChaoscadError` for a system that is not a map of one coordinate, a number of copies
    that is none, and a strength outside of 0 to 1.
    """
    copies = whole("the number of copies", copies, 1, MOST_COPIES)
    strength = within("the strength of the coupling", strength, 0.0, 1.0)
    system = saturating(setting).system
    if not setting.one_dimensional or not isinstance(system, Map):
        raise ChaoscadError(f"{system.name} is not a map of one coordinate, which can be coupled")
    inside = system.step
    names = tuple(f"x{index}" for index in range(1, copies + 1))

    def step(xp: Any, state: State, parameters: Mapping[str, Any]) -> State:
        found = [inside(xp, (one,), parameters)[0] for one in state[1:]]
        mean = sum(found) / copies
        return (mean, *(one + strength * (mean - one) for one in found))

    many = replace(
        system,
        name=f"{copies} copies of {system.name}, coupled by {strength!r}",
        title=f"{copies} copies of the {system.title}, coupled by {strength:g}",
        step=step,
        coordinates=("mean", *names),
        encode=names,
        read="mean",
        start=(0.0,) * (copies + 1),
        initial=system.initial * (copies + 1),
        curve=None,
    )
    return Setting(many, setting.values)
