"""The region of operation of a gate: where in the plane of two parameters its function holds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from chaoscad.design import DesignGate
from chaoscad.errors import ChaoscadError, nearest, shown
from chaoscad.feasibility import tabulate
from chaoscad.systems import Flow, Interval

POINTS = 161
"""Points of the grid along either axis."""

ANGLES = 180
RADII = 160
"""Directions and distances at which the circle is sought; the boundary is then found by halving."""

SLOWEST = 61
"""Points along either axis where every one of them needs an integration of its own."""


@dataclass(frozen=True)
class Region:
    """Margins of a gate over two of its parameters, the others as designed.

    **Arguments:**

    - `axes`: the names of the two parameters.
    - `first`, `second`: their values on the grid.
    - `margin`: `[first, second]`, of the gate, NaN where a state is out of range.
    - `point`: the design's values.
    - `radius`: of the largest circle around the design point in which every setting works, both
      parameters in their own units.
    - `wall`: the nearest point at which the gate fails, `None` where none was found.
    """

    axes: tuple[str, str]
    first: Float64[np.ndarray, " first"]
    second: Float64[np.ndarray, " second"]
    margin: Float64[np.ndarray, "first second"]
    point: tuple[float, float]
    radius: float
    wall: tuple[float, float] | None

    def columns(self) -> dict[str, np.ndarray]:
        """The grid as a table: one line per point."""
        first, second = np.meshgrid(self.first, self.second, indexing="ij")
        return {
            self.axes[0]: first.reshape(-1),
            self.axes[1]: second.reshape(-1),
            "margin": self.margin.reshape(-1),
        }


def parameters_of(gate: DesignGate) -> dict[str, float]:
    """The parameters by which a region can be drawn: x0, delta (of all inputs), delta0 ...,
    threshold and the system's own."""
    found = {"x0": gate.x0, "delta": gate.delta[0]}
    found |= {f"delta{index}": weight for index, weight in enumerate(gate.delta)}
    found["threshold"] = gate.threshold
    # Duffing's damping is called delta as well; here delta is the gate's weight.
    return {**gate.setting.parameters, **found}


def region(
    gate: DesignGate,
    axes: tuple[str, str] = ("x0", "delta"),
    state: Interval = (-np.inf, np.inf),
    *,
    spans: tuple[float, float] | None = None,
) -> Region:
    """The region of operation of a gate in the plane of two parameters.

    **Arguments:**

    - `axes`: x0, delta (all weights move together), delta0, delta1, ..., threshold, or a parameter
      of the system.
    - `state`: a range of the states outside which the gate counts as not working; by default there
      is none, since the best designs stand on the border of theirs.
    - `spans`: the widths of the window around the design point; by default that in which the region
      ends.

    **Raises:** `ChaoscadError` for a parameter that the gate does not have, the same one twice, and
    a gate that does not work at the design point.
    """
    known = parameters_of(gate)
    for name in axes:
        if name not in known:
            hint = nearest(name, known) or "it has " + ", ".join(known)
            raise ChaoscadError(f"gate {shown(gate.name)} has no parameter {shown(name)}; {hint}")
    if axes[0] == axes[1]:
        raise ChaoscadError(f"a region needs two different parameters, not {axes[0]} twice")
    centre = (known[axes[0]], known[axes[1]])
    here = _margins(gate, axes, np.array([centre[0]]), np.array([centre[1]]), state)
    if not here[0] > 0:
        raise ChaoscadError(f"gate {shown(gate.name)} does not work at its design point")
    slow = isinstance(gate.setting.system, Flow) and any(
        name in gate.setting.parameters and name != "delta" for name in axes
    )
    radius, wall = _circle(gate, axes, centre, state, 24 if slow else ANGLES, 24 if slow else RADII)
    width = 6 * radius if wall is not None else 2 * max(abs(centre[0]), abs(centre[1]), 1.0)
    wide = spans or (width, width)
    count = SLOWEST if slow else POINTS
    first = centre[0] + wide[0] * np.linspace(-0.5, 0.5, count)
    second = centre[1] + wide[1] * np.linspace(-0.5, 0.5, count)
    both = np.meshgrid(first, second, indexing="ij")
    margin = _margins(gate, axes, both[0].reshape(-1), both[1].reshape(-1), state)
    return Region(axes, first, second, margin.reshape(count, count), centre, radius, wall)


def _circle(
    gate: DesignGate,
    axes: tuple[str, str],
    centre: tuple[float, float],
    state: Interval,
    angles: int,
    radii: int,
) -> tuple[float, tuple[float, float] | None]:
    """The distance to the nearest setting that fails, along rays."""
    angle = np.linspace(0, 2 * np.pi, angles, endpoint=False)
    ray = np.stack([np.cos(angle), np.sin(angle)])

    def works(distance: np.ndarray) -> np.ndarray:
        points = [centre[axis] + ray[axis] * distance for axis in (0, 1)]
        flat = _margins(gate, axes, points[0].reshape(-1), points[1].reshape(-1), state)
        return (flat > 0).reshape(points[0].shape)

    reach = 4.0 * max(1.0, abs(centre[0]), abs(centre[1]))
    distance = reach * np.geomspace(1e-5, 1.0, radii)[:, None]
    inside = works(np.broadcast_to(distance, (radii, angles)))
    failed = ~inside
    if not failed.any():
        return reach, None
    first = np.where(failed.any(0), failed.argmax(0), radii - 1)
    high = np.where(failed.any(0), distance[first, 0], np.inf)
    low = np.where(first > 0, distance[np.maximum(first - 1, 0), 0], 0.0)
    walls = np.isfinite(high)
    low, high = np.where(walls, low, reach), np.where(walls, high, reach)
    for _ in range(12 if angles < ANGLES else 40):
        middle = (low + high) / 2
        good = works(middle)
        low, high = np.where(good, middle, low), np.where(good, high, middle)
    nearest_ray = int(np.argmin(np.where(walls, high, np.inf)))
    radius = float(low[nearest_ray])
    wall = tuple(float(centre[axis] + ray[axis, nearest_ray] * radius) for axis in (0, 1))
    return radius, (wall[0], wall[1])


def _margins(
    gate: DesignGate,
    axes: tuple[str, str],
    first: np.ndarray,
    second: np.ndarray,
    state: Interval,
) -> np.ndarray:
    """The gate's margin at every pair of values; NaN where a state is out of range."""
    x0 = np.full(first.shape, gate.x0)
    delta = np.repeat(np.array(gate.delta)[:, None], len(first), axis=1)
    threshold = np.full(first.shape, gate.threshold)
    parameters: dict[str, np.ndarray] = {}
    for name, values in zip(axes, (first, second), strict=True):
        if name == "x0":
            x0 = values
        elif name == "threshold":
            threshold = values
        elif name == "delta":
            delta = delta + (values - gate.delta[0])
        elif name in gate.setting.parameters:
            parameters[name] = values
        else:
            delta[int(name.removeprefix("delta"))] = values
    states = x0[None]
    for weight in delta:
        states = np.stack([states, states + weight], axis=1).reshape(-1, len(first))
    inside = (states >= state[0]) & (states <= state[1])
    value = _values(gate, states, parameters, state)
    distance = value - threshold if gate.compare == ">" else threshold - value
    margin = np.full(first.shape, np.inf)
    for row, want in enumerate(gate.function.rows):
        if want != "-":
            margin = np.minimum(margin, distance[row] if want == "1" else -distance[row])
    return np.where(inside.all(0) & np.isfinite(margin), margin, np.nan)


def _values(
    gate: DesignGate, states: np.ndarray, parameters: dict[str, np.ndarray], state: Interval
) -> np.ndarray:
    setting = gate.setting
    if not isinstance(setting.system, Flow):
        return setting.value(states, gate.iterates, parameters)
    if not parameters:
        low, high = float(states.min()), float(states.max())
        low, high = max(low, state[0]), min(high, state[1])
        z, value = tabulate(setting, (low, high if high > low else low + 1.0))
        return np.interp(states, z, value)
    value = np.empty_like(states)
    for column in range(states.shape[1]):
        chosen = {name: float(values[column]) for name, values in parameters.items()}
        value[:, column] = setting.value(states[:, column], 1, chosen)
    return value
