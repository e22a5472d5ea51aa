"""The nearest points at which the bit of a row changes, by search along rays from the design.

Where rows stand on critical points of the map the margin's gradient vanishes, so that the linear formula
and the usual iteration from it (A. M. Hasofer, N. C. Lind, J. Eng. Mech. Div. ASCE 100, 111 (1974)) say
nothing. So every direction has its distance, that of the first change of the bit along it; many
directions are tried, and the best turned, by steps that are kept only if the distance falls: towards the
direction in which the margin falls fastest, or at random, which helps at kinks and jumps.

All rows of one system and number of iterates go together, in one program.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from chaoscad.compile import response
from chaoscad.compile.precision import double
from chaoscad.robustness.rows import STATE, THRESHOLD, Row
from chaoscad.systems import Flow, Setting

Norm = Literal["euclidean", "maximum"]
"""Of standard normal errors, or of errors as shares of the tolerance."""

FARTHEST = 10.0
"""The search ends where a quantity has moved by so many times its value or 1."""

NEAREST = 1e-5
"""The least share of that at which the bit is looked at."""

ALIKE = 0.9
"""Directions whose cosine is above this lead to one point."""

RELATED = 3.0
"""Points of a row that are farther than the nearest by more are left out: they are too unlikely."""


@dataclass(frozen=True)
class Effort:
    """How much is searched.

    **Arguments:**

    - `directions`, `radii`: that are tried at first.
    - `starts`: directions of a row that are turned; `turns`: how often; `random`: steps at random in
      every turn, beside as many of the other kind.
    """

    directions: int
    radii: int
    starts: int
    turns: int
    random: int


MAPS = Effort(directions=192, radii=256, starts=12, turns=24, random=12)
FLOWS = Effort(directions=24, radii=64, starts=3, turns=6, random=4)
"""An evaluation of a flow costs a thousand times that of a map."""

HALVINGS = 20
"""Halvings of a ray in a turn, and twice as many at the end."""


@dataclass(frozen=True, eq=False)
class Failure:
    """A point at which the bit of a row changes.

    **Arguments:**

    - `distance`: from the design, in the norm.
    - `errors`: the independent errors by their place; the others are 0.
    """

    distance: float
    errors: dict[int, float]


@dataclass(frozen=True, eq=False)
class Rays:
    """Rows of one system as arrays.

    **Arguments:**

    - `centre`: `[quantities, rows]`: the state, the threshold, the parameters.
    - `size`: `[rows, axes]`, 0 where a row has no such axis; `quantity`: the number of what it moves.
    - `uniform`: where the error is uniform.
    - `bit`, `sign`: of the row, and of the comparator.
    """

    centre: Float[np.ndarray, "quantities rows"]
    size: Float[np.ndarray, "rows axes"]
    quantity: np.ndarray
    uniform: np.ndarray
    bit: np.ndarray
    sign: Float[np.ndarray, " rows"]

    @property
    def moves(self) -> Float[np.ndarray, "quantities rows axes"]:
        """By how much an axis moves each quantity."""
        numbers = np.arange(len(self.centre))[:, None, None]
        return np.where(self.quantity == numbers, self.size, 0.0)


def nearest_failures(rows: Sequence[Row], norm: Norm) -> list[tuple[Failure, ...]]:
    """The nearest points at which the bit of each row changes, the nearest of all first.

    Several where they lie in different directions: a row on a critical point fails on both sides. None
    where the search found none.

    **Arguments:**

    - `rows`: of one system and one number of iterates.
    """
    lifts = [_axes(row, norm) for row in rows]
    # Mapped circuits have a cell many times: rows with the same numbers are searched once.
    kinds = [_kind(row, axes) for row, axes in zip(rows, lifts, strict=True)]
    first: dict[Hashable, int] = {}
    for index, kind in enumerate(kinds):
        first.setdefault(kind, index)
    place = {kind: number for number, kind in enumerate(first)}
    searched = [rows[index] for index in first.values()]
    # Rows that are not there, so that circuits of several sizes share programs.
    missing = max(8, 1 << (len(searched) - 1).bit_length()) - len(searched)
    rays = _rays(
        [*searched, *[rows[0]] * missing],
        [*(lifts[index] for index in first.values()), *[[]] * missing],
    )
    if not rays.size.any():
        return [()] * len(rows)
    setting, iterates = rows[0].setting, rows[0].gate.iterates
    effort = FLOWS if isinstance(setting.system, Flow) else MAPS
    moves = rays.moves
    with double():
        arrays = (rays.centre, moves, rays.uniform, rays.bit, rays.sign)
        directions = _directions(rays, norm, effort)
        far = _far(rays, moves, directions)
        radii = _first_changes(
            setting, iterates, norm, effort.radii, arrays, jnp.asarray(directions), jnp.asarray(far)
        )
        start, distance = _diverse(directions, np.asarray(radii), effort.starts)
        turned, found = _turned(
            setting, iterates, norm, effort, arrays, jnp.asarray(start), jnp.asarray(distance)
        )
    ways, distances = np.asarray(turned), np.asarray(found)
    return [
        _points(lift, ways[place[kind]], distances[place[kind]])
        for kind, lift in zip(kinds, lifts, strict=True)
    ]


Axis = tuple[str, float, bool, dict[int, float]]
"""What an axis moves, by how much, whether its error is uniform, and its errors' shares in it."""


def _axes(row: Row, norm: Norm) -> list[Axis]:
    """The axes of a row: errors that only add up to move one quantity are one axis.

    The nearest of the points with the same sum has errors in proportion to their sizes when they are
    normal; in the maximum norm it has equal shares.
    """
    axes: list[Axis] = []
    for name, sources in row.sources.items():
        if norm == "maximum":
            if sources:
                total = sum(source.size for source in sources)
                axes.append((name, total, False, {source.place: 1.0 for source in sources}))
            continue
        normal = [source for source in sources if not source.uniform]
        if normal:
            total = float(np.sqrt(sum(source.size**2 for source in normal)))
            axes.append(
                (name, total, False, {source.place: source.size / total for source in normal})
            )
        axes += [(name, one.size, True, {one.place: 1.0}) for one in sources if one.uniform]
    return axes


def _kind(row: Row, axes: Sequence[Axis]) -> Hashable:
    """All that the search of a row depends on; which errors its axes are made of does not matter."""
    at = (row.state, row.gate.threshold, *row.setting.parameters.values())
    return at, row.bit, row.gate.compare, tuple(axis[:3] for axis in axes)


def _rays(rows: Sequence[Row], lifts: Sequence[list[Axis]]) -> Rays:
    names = (STATE, THRESHOLD, *rows[0].setting.parameters)
    width = max(len(names), *map(len, lifts))
    size, quantity = np.zeros((len(rows), width)), np.zeros((len(rows), width), int)
    uniform = np.zeros((len(rows), width), bool)
    for index, axes in enumerate(lifts):
        for place, (name, total, even, _) in enumerate(axes):
            size[index, place], quantity[index, place] = total, names.index(name)
            uniform[index, place] = even
    centre = [[row.state, row.gate.threshold, *row.setting.parameters.values()] for row in rows]
    return Rays(
        centre=np.array(centre).T,
        size=size,
        quantity=quantity,
        uniform=uniform,
        bit=np.array([row.bit for row in rows]),
        sign=np.array([-1.0 if row.gate.compare == "<" else 1.0 for row in rows]),
    )


def _directions(rays: Rays, norm: Norm, effort: Effort) -> np.ndarray:
    """Directions `[rows, directions, axes]` of length 1: both ways along every axis, and random ones."""
    axes = rays.size.shape[1]
    random = np.random.default_rng(0).normal(size=(effort.directions, axes))
    both = np.concatenate([np.eye(axes), -np.eye(axes), random])
    found = np.where(rays.size[:, None] > 0, both, 0.0)
    # A direction without length is one that the row does not have; any other does in its place.
    first = np.argmax(rays.size > 0, axis=1)
    empty = ~found.any(-1)
    found[empty] = np.eye(axes)[first].repeat(empty.sum(1), axis=0)
    return found / _length(np, found, norm)[..., None]


def _length(xp: Any, errors: Any, norm: Norm) -> Any:
    if norm == "maximum":
        return xp.abs(errors).max(-1)
    return xp.sqrt((errors * errors).sum(-1))


def _far(rays: Rays, moves: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """Where the search along a direction ends."""
    speed = np.einsum("qra,rda->qrd", moves, np.abs(directions))
    room = FARTHEST * np.maximum(1.0, np.abs(rays.centre))[:, :, None]
    with np.errstate(divide="ignore"):
        ends = np.where(speed > 0, room / speed, np.inf).min(0)
    return np.where(np.isfinite(ends), ends, 1.0)


Arrays = tuple[Array, Array, Array, Array, Array]


def _distance(
    setting: Setting, iterates: int, norm: Norm, arrays: Arrays, errors: Array
) -> Float[Array, "rows points"]:
    """Value minus threshold at points `[rows, points, axes]`, positive where the bit is 1."""
    centre, moves, uniform, _, sign = arrays
    if norm == "euclidean":
        even = jax.lax.erf(errors / np.sqrt(2))
        errors = jnp.where(uniform[:, None], even, errors)
    at = centre[:, :, None] + jnp.einsum("qra,rpa->qrp", moves, errors)
    z, threshold, *own = (at[place] for place in range(at.shape[0]))
    parameters = dict(zip(setting.parameters, own, strict=True))
    value = response(setting, iterates, True, z, parameters)
    return sign[:, None] * (value - threshold)


def _changed(setting: Setting, iterates: int, norm: Norm, arrays: Arrays, errors: Array) -> Array:
    """Where the bit is not that of the design; a value that is no number is never a 1."""
    return (_distance(setting, iterates, norm, arrays, errors) > 0) != arrays[3][:, None]


@partial(jax.jit, static_argnames=("setting", "iterates", "norm", "count"))
def _first_changes(
    setting: Setting,
    iterates: int,
    norm: Norm,
    count: int,
    arrays: Arrays,
    directions: Array,
    far: Array,
) -> Float[Array, "rows directions"]:
    """The radius of the first change along every direction, infinite where there is none."""
    radii = jnp.asarray(np.geomspace(NEAREST, 1.0, count))

    def look(step: Array, first: Array) -> Array:
        radius = far * radii[step]
        changed = _changed(setting, iterates, norm, arrays, directions * radius[..., None])
        return jnp.where(changed & jnp.isinf(first), radius, first)

    return jax.lax.fori_loop(0, count, look, jnp.full(far.shape, jnp.inf))


def _diverse(
    directions: np.ndarray, radii: np.ndarray, starts: int
) -> tuple[np.ndarray, np.ndarray]:
    """The best directions of every row that differ from each other, and their radii."""
    unit = directions / np.linalg.norm(directions, axis=-1, keepdims=True)
    left, rows = radii.copy(), np.arange(len(radii))
    chosen: list[np.ndarray] = []
    distances: list[np.ndarray] = []
    for _ in range(starts):
        best = np.argmin(left, axis=1)
        chosen.append(directions[rows, best])
        distances.append(left[rows, best])
        near = np.einsum("rda,ra->rd", unit, unit[rows, best]) > ALIKE
        left = np.where(near, np.inf, left)
    return np.stack(chosen, 1), np.stack(distances, 1)


@partial(jax.jit, static_argnames=("setting", "iterates", "norm", "effort"))
def _turned(
    setting: Setting,
    iterates: int,
    norm: Norm,
    effort: Effort,
    arrays: Arrays,
    directions: Float[Array, "rows starts axes"],
    distances: Float[Array, "rows starts"],
) -> tuple[Float[Array, "rows starts axes"], Float[Array, "rows starts"]]:
    """Directions turned to where the bit changes nearer to the design, and their distances."""
    rows, _, axes = directions.shape
    own = (arrays[1] != 0).any(0)[:, None, None]

    def changed(errors: Array) -> Array:
        flat = errors.reshape(rows, -1, axes)
        return _changed(setting, iterates, norm, arrays, flat).reshape(errors.shape[:-1])

    def margin(errors: Array) -> Array:
        return _distance(setting, iterates, norm, arrays, errors).sum()

    def halved(ways: Array, high: Array, count: int) -> Array:
        """A radius at which the bit changes, from one at which it does: the design's side is kept."""

        def step(_: Array, ends: tuple[Array, Array]) -> tuple[Array, Array]:
            low, high = ends
            middle = 0.5 * (low + high)
            beyond = changed(ways * middle[..., None])
            return jnp.where(beyond, low, middle), jnp.where(beyond, middle, high)

        return jax.lax.fori_loop(0, count, step, (jnp.zeros_like(high), high))[1]

    def turn(step: Array, state: tuple[Array, Array]) -> tuple[Array, Array]:
        way, radius = state
        gradient = jax.grad(margin)(way * radius[..., None])
        gradient = jnp.where(jnp.isfinite(gradient), gradient, 0.0)
        # Towards the change: the bit's own side of the threshold is left.
        gradient = jnp.where(arrays[3][:, None, None], -gradient, gradient)
        steep = jnp.sign(gradient) if norm == "maximum" else gradient
        size = _length(jnp, steep, norm)[..., None]
        steep = jnp.where(size > 0, steep / jnp.where(size > 0, size, 1.0), way)
        shares = jnp.asarray(0.5 ** np.arange(effort.random))[:, None]
        aimed = way[..., None, :] + shares * (steep - way)[..., None, :]
        key = jax.random.fold_in(jax.random.key(0), step)
        noise = jax.random.normal(key, (effort.random, axes)) * own
        stray = way[..., None, :] + 0.5 ** (1 + step * 0.5) * noise
        ways = jnp.concatenate([aimed, stray], axis=2)
        ways = ways / jnp.maximum(_length(jnp, ways, norm), 1e-300)[..., None]
        high = jnp.broadcast_to(radius[..., None], ways.shape[:-1])
        reached = changed(ways * high[..., None])
        found = jnp.where(reached, halved(ways, high, HALVINGS), jnp.inf)
        best = jnp.argmin(found, axis=2)[..., None]
        nearer = jnp.take_along_axis(found, best, axis=2)[..., 0]
        turned = jnp.take_along_axis(ways, best[..., None], axis=2)[:, :, 0]
        better = nearer < radius
        return jnp.where(better[..., None], turned, way), jnp.where(better, nearer, radius)

    known = jnp.isfinite(distances)
    start = directions, jnp.where(known, distances, 1.0)
    ways, radii = jax.lax.fori_loop(0, effort.turns, turn, start)
    return ways, jnp.where(known, halved(ways, radii, 2 * HALVINGS), jnp.inf)


def _points(axes: Sequence[Axis], ways: np.ndarray, distances: np.ndarray) -> tuple[Failure, ...]:
    """The distinct points of a row, the nearest first."""
    found: list[Failure] = []
    units: list[np.ndarray] = []
    for index in np.argsort(distances, kind="stable"):
        distance, way = float(distances[index]), ways[index]
        if not np.isfinite(distance) or (found and distance > found[0].distance + RELATED):
            break
        unit = way / np.linalg.norm(way)
        if any(float(unit @ other) > ALIKE for other in units):
            continue
        units.append(unit)
        errors = {
            place: float(share * distance * way[axis])
            for axis, (*_, shares) in enumerate(axes)
            for place, share in shares.items()
        }
        found.append(Failure(distance, errors))
    return tuple(found)
