"""The region of operation of a gate: where in the plane of two parameters its function holds."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64

from chaoscad.analysis.arguments import Range, interval, room
from chaoscad.analysis.gate_plane import Plane, Wall
from chaoscad.analysis.table import Table, heading
from chaoscad.arguments import whole
from chaoscad.design import DesignGate
from chaoscad.errors import ChaoscadError, shown
from chaoscad.netlist import Bounds
from chaoscad.systems import Interval

COLUMNS = 161
"""Points of the grid along either axis, unless others are asked for."""

ANGLES = 180
RADII = 160
"""Directions and distances at which the circle is sought; the boundary is then found by halving."""

HALVINGS = 40

SPARSE = 40
"""One of so many points along an axis is asked how finely a flow must be followed."""

MOST_WORK = 1_000_000_000
"""Most states of one region, a minute's work for a map."""

EDGE = 0.05
"""How much is shown beyond a declared range, as a share of it."""

Told = Callable[[int, int], None]
"""Is told how many of how many settings are done."""


@dataclass(frozen=True)
class Region:
    """Margins of a gate over two of its parameters, the others as designed.

    **Arguments:**

    - `axes`, `units`: the names of the two parameters and their units, `"1"` for none.
    - `first`, `second`: their values on the grid.
    - `margin`: `[first, second]`, of the gate, also where a state is outside its range; NaN where a
      parameter is outside its range, where an orbit escapes, and where a measured curve ends.
    - `inside`: `[first, second]`, whether the parameters and the states are in their ranges.
    - `point`: the design's values.
    - `failure`: the nearest setting inside the ranges at which the gate fails, `None` where none was
      found.
    - `wall`: the nearest end of what works: of a declared range, or the `failure`; `None` where there
      is neither.
    - `reaches`: for either axis, how far down and how far up the parameter moves, the other one as
      designed, until the gate fails or leaves a declared range; infinite where nothing was found.
    - `settled`: whether the values of a flow agree with those by half of the step; where they do not,
      the trajectories are too sensitive or too stiff for this.
    """

    axes: tuple[str, str]
    units: tuple[str, str]
    first: Float64[np.ndarray, " first"]
    second: Float64[np.ndarray, " second"]
    margin: Float64[np.ndarray, "first second"]
    inside: Bool[np.ndarray, "first second"]
    point: tuple[float, float]
    failure: Wall | None
    wall: Wall | None
    reaches: tuple[Interval, Interval]
    settled: bool

    @property
    def radius(self) -> float:
        """Of the largest circle around the design point in which every setting works, both
        parameters in their own units; infinite where nothing was found that ends it."""
        return math.inf if self.wall is None else self.wall.distance

    @property
    def works(self) -> Bool[np.ndarray, "first second"]:
        """Whether a setting works: its margin is positive, and nothing is outside its range."""
        return self.inside & (self.margin > 0)

    def scaled_failure(self, sizes: tuple[float, float]) -> tuple[float, float, float] | None:
        """The point of the grid that fails and is nearest in units of a tolerance, and its distance.

        **Arguments:**

        - `sizes`: of the tolerance along the axes; along an axis of size 0 nothing moves.
        """
        apart = np.zeros(self.margin.shape)
        for axis, values in enumerate((self.first, self.second)):
            off = values - self.point[axis]
            spacing = (values[-1] - values[0]) / (len(values) - 1)
            along = off / sizes[axis] if sizes[axis] else np.where(np.abs(off) < spacing, 0, np.inf)
            apart = np.hypot(apart, along[:, None] if axis == 0 else along)
        apart = np.where(np.isfinite(self.margin) & (self.margin <= 0), apart, np.inf)
        first, second = np.unravel_index(int(np.argmin(apart)), apart.shape)
        if not math.isfinite(apart[first, second]):
            return None
        place = float(self.first[first]), float(self.second[second])
        return *place, float(apart[first, second])

    def columns(self) -> Table:
        """The grid as a table: one line per point, with 1 where it works and 0 where it does not."""
        first, second = np.meshgrid(self.first, self.second, indexing="ij")
        return {
            heading(self.axes[0], self.units[0]): first.reshape(-1),
            heading(self.axes[1], self.units[1]): second.reshape(-1),
            "margin": self.margin.reshape(-1),
            "works": self.works.reshape(-1).astype(int),
        }


def region(
    gate: DesignGate,
    axes: tuple[str, str] = ("x0", "delta"),
    bounds: Bounds | None = None,
    *,
    ranges: Mapping[str, Range] | None = None,
    columns: int = COLUMNS,
    told: Told | None = None,
) -> Region:
    """The region of operation of a gate in the plane of two parameters.

    A setting works when its margin is positive, its parameters lie in their ranges, and so do the
    states of all its rows.

    **Arguments:**

    - `axes`: x0, delta (all weights move together), delta0, delta1, ..., threshold, or a parameter
      of the system.
    - `bounds`: the ranges that the netlist declares; by default that of the system's states. Those of
      the system's parameters are the system's own.
    - `ranges`: of the window, by the names of the axes; by default that in which the region ends.
    - `columns`: points along either axis.

    **Raises:** `ChaoscadError` for a parameter that the gate does not have, the same one twice, a bad
    window, and a gate that does not work at the design point.
    """
    plane = Plane(gate, axes, bounds)
    given = _checked(ranges or {}, axes)
    columns = whole("columns", columns, 2)
    room("the region", columns, columns)
    total = (RADII + HALVINGS) * (ANGLES + 4) + columns**2
    if total << gate.arity > MOST_WORK:
        raise ChaoscadError(
            f"{columns} by {columns} settings of a gate of {gate.arity} inputs are {total << gate.arity} "
            f"states, and at most {MOST_WORK} are followed; ask for fewer columns"
        )
    done = 0

    def margins(first: np.ndarray, second: np.ndarray) -> np.ndarray:
        nonlocal done
        flat = plane.margins(first.reshape(-1), second.reshape(-1))
        done += first.size
        if told is not None:
            told(min(done, total), total)
        return flat.reshape(first.shape)

    centre = np.array([plane.centre[0]]), np.array([plane.centre[1]])
    plane.resolve(*centre)
    if not margins(*centre)[0] > 0:
        raise ChaoscadError(f"gate {shown(gate.name)} does not work at its design point")
    failure, scale = _nearest_failure(plane, margins)
    window = [_window(plane, axis, scale, given) for axis in (0, 1)]
    first, second = (np.linspace(*ends, columns) for ends in window)
    coarse = np.meshgrid(first[::SPARSE], second[::SPARSE], indexing="ij")
    plane.resolve(coarse[0].reshape(-1), coarse[1].reshape(-1))
    both = np.meshgrid(first, second, indexing="ij")
    margin = margins(both[0], both[1])
    inside = plane.inside(both[0].reshape(-1), both[1].reshape(-1)).reshape(margin.shape)
    if not np.isfinite(margin).any():
        raise ChaoscadError(
            f"there is no margin anywhere with {_words(axes[0], window[0])} and "
            f"{_words(axes[1], window[1])}: the parameters are outside their ranges, or the orbits "
            "escape; choose another window"
        )
    failure = _nearer(plane, margins, failure, both, inside & ~(margin > 0))
    walls = [*plane.walls(), *([failure] if failure is not None else [])]
    return Region(
        axes=axes,
        units=(plane.unit(0), plane.unit(1)),
        first=first,
        second=second,
        margin=margin,
        inside=inside,
        point=plane.centre,
        failure=failure,
        wall=min(walls, key=lambda wall: wall.distance, default=None),
        reaches=_reaches(plane, margins),
        settled=plane.settled,
    )


def _checked(ranges: Mapping[str, Range], axes: tuple[str, str]) -> dict[str, Interval]:
    for name in ranges:
        if name not in axes:
            raise ChaoscadError(
                f"a range of {shown(name)} is given, and the region is over {axes[0]} and {axes[1]}"
            )
    return {name: interval(name, *ends) for name, ends in ranges.items()}


def _words(name: str, ends: Interval) -> str:
    return f"{name} = {ends[0]:.6g} to {ends[1]:.6g}"


Margins = Callable[[np.ndarray, np.ndarray], np.ndarray]


def _nearest_failure(plane: Plane, margins: Margins) -> tuple[Wall | None, float | None]:
    """The nearest setting inside the ranges that fails, along rays.

    **Returns:** with it about how far away the margin ends, whatever the ranges of the states.
    """
    angle = np.linspace(0, 2 * np.pi, ANGLES, endpoint=False)
    ray = np.stack([np.cos(angle), np.sin(angle)])
    # A parameter that a ray leaves alone is exactly that of the design, which may be the end of a range.
    ray[np.abs(ray) < 1e-12] = 0.0
    centre = plane.centre

    def points(distance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return centre[0] + ray[0] * distance, centre[1] + ray[1] * distance

    def fails(distance: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Where there is no positive margin in the parameters' ranges, where it is negative, and where
        the states are in their ranges, too."""
        first, second = points(distance)
        flat = first.reshape(-1), second.reshape(-1)
        margin = margins(first, second)
        bad = ~(margin > 0) & plane.allowed(*flat).reshape(first.shape)
        return bad, bad & (margin <= 0), bad & plane.inside(*flat).reshape(first.shape)

    reach = 4.0 * max(1.0, abs(centre[0]), abs(centre[1]))
    distance = reach * np.geomspace(1e-5, 1.0, RADII)[:, None]
    ended, wrong, failed = fails(np.broadcast_to(distance, (RADII, ANGLES)))
    # Where a curve ends there is no margin, and a window of that size would show nothing of the gate.
    seen = wrong if wrong.any() else ended
    scale = float(distance[int(seen.any(axis=1).argmax()), 0]) if seen.any() else None
    ends = failed.any(axis=0)
    if not ends.any():
        return None, scale
    first = failed.argmax(axis=0)
    high = np.where(ends, distance[first, 0], reach)
    low = np.where(ends & (first > 0), distance[np.maximum(first - 1, 0), 0], 0.0)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        *_, bad = fails(middle)
        low, high = np.where(bad, low, middle), np.where(bad, middle, high)
    nearest = int(np.argmin(np.where(ends, high, np.inf)))
    radius = float(low[nearest])
    at = centre[0] + float(ray[0, nearest]) * radius, centre[1] + float(ray[1, nearest]) * radius
    return Wall(radius, at, "the gate fails"), scale


def _reaches(plane: Plane, margins: Margins) -> tuple[Interval, Interval]:
    """How far either parameter moves alone, down and up, until something ends what works."""
    ray = np.array([[-1.0, 1.0, 0.0, 0.0], [0.0, 0.0, -1.0, 1.0]])

    def ends(distance: np.ndarray) -> np.ndarray:
        first, second = (plane.centre[axis] + ray[axis] * distance for axis in (0, 1))
        inside = plane.inside(first.reshape(-1), second.reshape(-1)).reshape(first.shape)
        return ~(inside & (margins(first, second) > 0))

    reach = 4.0 * max(1.0, abs(plane.centre[0]), abs(plane.centre[1]))
    distance = reach * np.geomspace(1e-9, 1.0, RADII)[:, None]
    bad = ends(np.broadcast_to(distance, (RADII, 4)))
    first, found = bad.argmax(axis=0), bad.any(axis=0)
    high = distance[first, 0]
    low = np.where(first > 0, distance[np.maximum(first - 1, 0), 0], 0.0)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        over = ends(middle[None])[0]
        low, high = np.where(over, low, middle), np.where(over, middle, high)
    left, right, down, up = np.where(found, low, np.inf).tolist()
    return (left, right), (down, up)


def _nearer(
    plane: Plane,
    margins: Margins,
    known: Wall | None,
    both: Sequence[np.ndarray],
    failed: np.ndarray,
) -> Wall | None:
    """A failure of the grid that the rays have missed because it is narrow, else the known one."""
    apart = np.hypot(both[0] - plane.centre[0], both[1] - plane.centre[1])
    apart = np.where(failed, apart, np.inf)
    index = np.unravel_index(int(np.argmin(apart)), apart.shape)
    if not apart[index] < (math.inf if known is None else known.distance):
        return known
    step = both[0][index] - plane.centre[0], both[1][index] - plane.centre[1]
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        at = plane.centre[0] + middle * step[0], plane.centre[1] + middle * step[1]
        works = margins(np.array([at[0]]), np.array([at[1]]))[0] > 0
        low, high = (middle, high) if works else (low, middle)
    at = plane.centre[0] + low * step[0], plane.centre[1] + low * step[1]
    return Wall(low * float(apart[index]), (float(at[0]), float(at[1])), "the gate fails")


def _window(
    plane: Plane, axis: int, scale: float | None, given: Mapping[str, Interval]
) -> Interval:
    """What is shown of an axis: as given, else some of what works and of what does not."""
    name = plane.axes[axis]
    if name in given:
        return given[name]
    centre = plane.centre[axis]
    low, high = plane.limits(axis)
    half = max(1.0, abs(centre)) if scale is None else 3 * scale
    edge = EDGE * min(high - low, 2 * half)
    return max(centre - half, low - edge), min(centre + half, high + edge)
