"""Where to look: the part of the state space that an orbit visits, and grids of states in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from chaoscad.analysis.arguments import Range, Real, interval, place, plane, room, start
from chaoscad.analysis.orbits import orbit, series
from chaoscad.arguments import whole
from chaoscad.errors import ChaoscadError
from chaoscad.systems import Flow, Interval, Setting

ITERATES = 2000
"""Iterates of a map by which its extent is found."""

STEPS = 4000
"""Steps of a flow, each the system's own, by which its extent is found."""


@dataclass(frozen=True)
class Grid:
    """States on a line or in a plane of the state space.

    **Arguments:**

    - `coordinates`: those that vary, one or two.
    - `axes`: the values of each.
    - `points`: every state; the first of the coordinates varies fastest.
    """

    coordinates: tuple[str, ...]
    axes: tuple[Float64[np.ndarray, " axis"], ...]
    points: Float64[np.ndarray, "points coordinates"]

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of a picture: rows are the second coordinate."""
        return tuple(len(axis) for axis in reversed(self.axes))


def extent(
    setting: Setting, initial: Sequence[Real] | np.ndarray | None = None
) -> Float64[np.ndarray, "coordinates 2"]:
    """The least and the greatest value of every coordinate along an orbit.

    Where the orbit escapes, and at least, it is the range in which the system's gates work.
    """
    system = setting.system
    try:
        if isinstance(system, Flow):
            states = series(setting, STEPS * system.step, STEPS, initial).states
        else:
            states = orbit(setting, ITERATES, initial).states
    except ChaoscadError:
        return np.tile(np.array(system.state), (len(system.coordinates), 1))
    found = np.stack([states.min(axis=0), states.max(axis=0)], axis=1)
    if not isinstance(system, Flow) and len(system.coordinates) == 1:
        return np.array([[min(found[0, 0], system.state[0]), max(found[0, 1], system.state[1])]])
    # A coordinate that rests still gets room around it.
    room_around = 0.1 * (system.state[1] - system.state[0])
    thin = found[:, 1] - found[:, 0] < room_around
    found[thin, 0] -= room_around / 2
    found[thin, 1] += room_around / 2
    return found


def widened(
    box: Float64[np.ndarray, "coordinates 2"], factor: Real
) -> Float64[np.ndarray, "coordinates 2"]:
    """The box stretched about its middle."""
    middle, half = box.mean(axis=1), (box[:, 1] - box[:, 0]) / 2
    return np.stack([middle - factor * half, middle + factor * half], axis=1)


def ranges_of(
    setting: Setting, names: Sequence[str], given: Mapping[str, Range] | None, factor: Real
) -> tuple[Interval, ...]:
    """The range of each coordinate: as given, else a widened extent."""
    given = given or {}
    for name, (low, high) in given.items():
        place(setting, name)
        interval(name, low, high)
    known = None if all(name in given for name in names) else widened(extent(setting), factor)
    found: list[Interval] = []
    for name in names:
        if name in given:
            low, high = given[name]
            found.append((float(low), float(high)))
        else:
            assert known is not None
            low, high = known[place(setting, name)]
            found.append((float(low), float(high)))
    return tuple(found)


def grid(
    setting: Setting,
    coordinates: Sequence[str] | None = None,
    ranges: Mapping[str, Range] | None = None,
    columns: int = 200,
    at: Sequence[Real] | np.ndarray | None = None,
    factor: Real = 1.0,
) -> Grid:
    """A grid over two coordinates, or over the one of a one-dimensional map.

    **Arguments:**

    - `coordinates`: the first two by default.
    - `ranges`: of some of the coordinates; the extent of an orbit, widened by `factor`, by default.
    - `columns`: points along each coordinate.
    - `at`: a state that gives the other coordinates; the system's initial one by default.
    """
    names = plane(setting, coordinates, min(2, len(setting.system.coordinates)))
    columns = whole("columns", columns, 2)
    width = len(setting.system.coordinates)
    room("the grid", columns ** len(names), width)
    axes = tuple(
        np.linspace(low, high, columns) for low, high in ranges_of(setting, names, ranges, factor)
    )
    points = np.tile(start(setting, at), (columns ** len(names), 1))
    meshes = np.meshgrid(*axes)
    for name, mesh in zip(names, meshes, strict=True):
        points[:, place(setting, name)] = mesh.reshape(-1)
    return Grid(names, axes, points)
