"""The phase portrait: where states go, some orbits, and the states at rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from chaoscad.analysis.arguments import Range, Real, lasting, place
from chaoscad.analysis.fixed_points import FixedPoint, default_box, fixed_points
from chaoscad.analysis.grid import Grid, grid
from chaoscad.analysis.orbits import orbit, series
from chaoscad.analysis.table import Table, state_headings, time_heading
from chaoscad.arguments import whole
from chaoscad.errors import ChaoscadError
from chaoscad.systems import Flow, Setting

ARROWS = 21
"""Arrows along each coordinate."""

STARTS = 6
"""Orbits of a portrait, unless starts are given: the system's own, and some in the picture."""

SAMPLES = 1500
"""States of each trajectory of a flow."""


@dataclass(frozen=True)
class Portrait:
    """A phase portrait in a plane of the state space.

    **Arguments:**

    - `grid`: where the arrows are.
    - `arrows`: of a flow its vector field at time 0, of a map the change in one iterate.
    - `times`, `orbits`: the orbits that did not escape; `escaped` counts the others.
    - `fixed_points`: those inside the picture; a driven flow has none.
    """

    setting: Setting
    grid: Grid
    arrows: Float64[np.ndarray, "points coordinates"]
    times: Float64[np.ndarray, " rows"]
    orbits: tuple[Float64[np.ndarray, "rows coordinates"], ...]
    escaped: int
    fixed_points: tuple[FixedPoint, ...]

    def columns(self) -> Table:
        """The orbits: their number, the time and every coordinate."""
        states = np.concatenate([*self.orbits, np.empty((0, self.arrows.shape[1]))])
        return {
            "orbit": np.repeat(np.arange(1, len(self.orbits) + 1), len(self.times)),
            time_heading(self.setting): np.tile(self.times, len(self.orbits)),
            **dict(zip(state_headings(self.setting), states.T, strict=True)),
        }


def portrait(
    setting: Setting,
    coordinates: Sequence[str] | None = None,
    ranges: Mapping[str, Range] | None = None,
    starts: Sequence[Sequence[Real] | np.ndarray] | None = None,
    length: Real | None = None,
    at: Sequence[Real] | np.ndarray | None = None,
) -> Portrait:
    """The phase portrait of a flow, or of a map of two coordinates or more.

    **Arguments:**

    - `coordinates`: the plane of the picture; the first two by default.
    - `ranges`: of the picture; by default a little more than an orbit visits.
    - `starts`: of the orbits.
    - `length`: of the orbits, in iterates or units of time.
    - `at`: a state that gives the coordinates outside the plane; the initial one by default.

    **Raises:** `ChaoscadError` for a bad argument, and when every orbit escapes.
    """
    system = setting.system
    if len(system.coordinates) < 2:
        raise ChaoscadError(
            f"a portrait needs two coordinates, and {system.name} has one; take its orbit"
        )
    if length is None:
        length = 1500 * system.step if isinstance(system, Flow) else 1000
    length = lasting(setting, length)
    where = grid(setting, coordinates, ranges, ARROWS, at, factor=1.2)
    columns = tuple(where.points.T)
    with np.errstate(all="ignore"):
        if isinstance(system, Flow):
            found = system.field(np, 0.0, columns, setting.parameters)
        else:
            images = system.step(np, columns, setting.parameters)
            found = tuple(image - x for image, x in zip(images, columns, strict=True))
    arrows = np.stack([np.broadcast_to(part, columns[0].shape) for part in found], axis=1)
    given = _starts(where) if starts is None else [np.asarray(item, np.float64) for item in starts]
    whole("the number of orbits", len(given), 1, 1000)
    orbits, escaped, times = [], 0, np.empty(0)
    reason = ""
    for begin in given:
        try:
            if isinstance(system, Flow):
                run = series(setting, length, SAMPLES, begin)
                states, times = run.states, run.times
            else:
                run = orbit(setting, round(length), begin)
                states, times = run.states, run.iterates
        except ChaoscadError as error:
            if starts is not None and "escapes" not in str(error):
                raise
            escaped, reason = escaped + 1, error.diagnostics[0].message
            continue
        orbits.append(states)
    if not orbits:
        raise ChaoscadError(f"every orbit of the portrait failed: {reason}")
    return Portrait(
        setting, where, arrows, times, tuple(orbits), escaped, _inside(setting, where, ranges)
    )


def _starts(where: Grid) -> list[np.ndarray]:
    """Starts in the picture, away from its edge and off its symmetry."""
    rows, columns = where.shape
    picks = [(0.31, 0.27), (0.72, 0.23), (0.5, 0.44), (0.24, 0.71), (0.66, 0.79), (0.86, 0.52)]
    return [
        where.points[int(across * (columns - 1)) + columns * int(up * (rows - 1))]
        for across, up in picks[:STARTS]
    ]


def _inside(
    setting: Setting, where: Grid, ranges: Mapping[str, Range] | None
) -> tuple[FixedPoint, ...]:
    if isinstance(setting.system, Flow) and setting.system.driven:
        return ()
    box = default_box(setting)
    for name, (low, high) in (ranges or {}).items():
        box[place(setting, name)] = low, high
    places = [place(setting, name) for name in where.coordinates]
    return tuple(
        point
        for point in fixed_points(setting, box).points
        if all(
            abs(point.state[index] - (axis[0] + axis[-1]) / 2)
            <= (axis[-1] - axis[0]) / 2 * (1 + 1e-9)
            for index, axis in zip(places, where.axes, strict=True)
        )
    )
