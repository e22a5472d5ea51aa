"""What the analyses ask of their arguments; every message says what is allowed."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64

from chaoscad.arguments import MOST_NUMBERS, positive, whole
from chaoscad.errors import ChaoscadError, nearest, shown
from chaoscad.systems import Flow, Interval, Map, Setting

Real = int | float
"""A number; a whole one need not be written with a point."""

Range = tuple[Real, Real]
"""The least and the greatest value of something."""


def need_map(setting: Setting, what: str, instead: str) -> Map:
    """The setting's system, when it is a map."""
    if isinstance(setting.system, Map):
        return setting.system
    raise ChaoscadError(f"{what} is of a map, and {setting.system.name} is a flow; {instead}")


def need_flow(setting: Setting, what: str, instead: str) -> Flow:
    """The setting's system, when it is a flow."""
    if isinstance(setting.system, Flow):
        return setting.system
    raise ChaoscadError(f"{what} is of a flow, and {setting.system.name} is a map; {instead}")


def interval(name: str, low: Real, high: Real) -> Interval:
    """`(low, high)`, when both are finite and in order."""
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ChaoscadError(
            f"{name} goes from {low:g} to {high:g}, and must rise between finite numbers"
        )
    return float(low), float(high)


def start(
    setting: Setting, initial: Sequence[Real] | np.ndarray | None
) -> Float64[np.ndarray, " coordinates"]:
    """The state to start from: `initial`, or the system's own."""
    system = setting.system
    given = np.asarray(system.initial if initial is None else initial, np.float64)
    names = ", ".join(system.coordinates)
    if given.shape != (len(system.coordinates),):
        raise ChaoscadError(
            f"the initial state has {given.size} numbers, and {system.name} has "
            f"{len(system.coordinates)} coordinates: {names}"
        )
    if not np.isfinite(given).all():
        raise ChaoscadError(f"the initial state {given.tolist()} is not finite; give {names}")
    return given


def place(setting: Setting, name: str) -> int:
    """The position of the coordinate called `name`."""
    known = setting.system.coordinates
    if name not in known:
        hint = nearest(name, known) or "its coordinates are " + ", ".join(known)
        raise ChaoscadError(f"{setting.system.name} has no coordinate {shown(name)}; {hint}")
    return known.index(name)


def plane(setting: Setting, names: Sequence[str] | None, dimensions: int = 2) -> tuple[str, ...]:
    """The coordinates of a picture: `names`, or the first ones of the system."""
    known = setting.system.coordinates
    if names is None:
        names = known[:dimensions]
    for name in names:
        place(setting, name)
    if len(names) != dimensions or len(set(names)) != dimensions:
        given = ", ".join(names) or "none"
        raise ChaoscadError(
            f"{dimensions} different coordinates are needed, and {given} given; "
            f"{setting.system.name} has {', '.join(known)}"
        )
    return tuple(names)


def room(what: str, *sizes: int) -> None:
    """Refuse a result too large for memory, before any of it is computed."""
    total = math.prod(sizes)
    if total > MOST_NUMBERS:
        raise ChaoscadError(f"{what} would have {total} numbers, and at most {MOST_NUMBERS} fit")


def lasting(setting: Setting, value: Real) -> float:
    """The length of a run: a whole number of iterates of a map, or a time of a flow."""
    if isinstance(setting.system, Map):
        return float(whole("the number of iterates", value))
    return positive("the time", value)


def share(phase: Real) -> float:
    """Where in a period of the drive, when it is a share of it."""
    if not 0 <= phase < 1:
        raise ChaoscadError(
            f"the phase is {phase:g}, and must be a share of the period, from 0 to below 1"
        )
    return float(phase)
