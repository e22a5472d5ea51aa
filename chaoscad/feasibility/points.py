"""Settings of a family: the best of many drawings, raised by sequential linear programmes.

Given the shared weights and thresholds, every offset has its best place by itself: `drawings` finds
those in a table. A sequence of linear programmes then raises the least margin of all members, moving
everything at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil

import numpy as np
from scipy.sparse import csr_array

from chaoscad.feasibility.drawings import Drawings, Reader
from chaoscad.feasibility.members import Members
from chaoscad.feasibility.searched import midway
from chaoscad.gate import Setpoint
from chaoscad.systems import Flow
from chaoscad.systems.enclosure import enclose
from chaoscad.systems.evaluate import integrate_readings

DRAWN = 600
"""Drawings of weights where a proof is what is asked for."""

STARTS = 6
"""How many of the best are raised."""

SETTLED, ENDED = 16, 2
"""One in so many members is how many of those that climbed a little are placed anew; how many climb to the
end."""

FIRST, FEW, STEPS = 3, 9, 120
"""Linear programmes by which starts are told apart, then the better of them; and of the best in all."""

KEPT = 3
"""One in so many starts is among the better ones."""

LARGEST_STEP, LEAST_STEP, SMALLEST = 0.05, 1e-8, 1e-9
"""Shares of a range by which programmes move, and the share of the values that counts as a gain."""

SLOPE = 8.0
"""Where values are steeper than this on average, the first steps are shorter."""

TURNS = 2000
"""Steps of one programme's solver: at a map's jumps slopes are huge, and it may turn round and round."""


@dataclass(frozen=True)
class Point:
    """One setting of a family: shared weights, and x0 and threshold of every class."""

    delta: np.ndarray
    x0: np.ndarray
    threshold: np.ndarray


@dataclass(frozen=True)
class _Rows:
    """Every value that matters: its class of x0, reading, row, class of threshold, and its side."""

    place: np.ndarray
    reading: np.ndarray
    row: np.ndarray
    level: np.ndarray
    side: np.ndarray


class Settings:
    """The settings of a family, evaluated by `read`.

    **Arguments:**

    - `scale`: of every class of thresholds: margins are shares of it.
    """

    def __init__(
        self, members: Members, read: Reader | None = None, scale: np.ndarray | None = None
    ) -> None:
        self.members = members
        self.exact = read is None
        self.read = read or self._read
        self.low, self.high = members.range
        self.scale = np.ones(len(members.threshold[0])) if scale is None else scale

    def _read(self, reading: int, z: np.ndarray) -> np.ndarray:
        setting, iterates = self.members.readings[reading]
        with np.errstate(all="ignore"):
            return setting.value(z, iterates)

    @cached_property
    def table(self) -> Drawings:
        """The drawings of the family, in a table that is filled when it is first asked for."""
        return Drawings(self.members, self.read, self.scale)

    def exactly(self) -> Settings:
        """The same settings evaluated without a table, but for the range of their values."""
        made = Settings(self.members, scale=self.scale)
        made.table = self.table
        return made

    @property
    def values(self) -> tuple[float, float]:
        """The least and the greatest value in the table."""
        return self.table.values

    def drawn(
        self, random: np.random.Generator, starts: int = STARTS, count: int = DRAWN
    ) -> list[Point]:
        """The most promising of settings that are drawn at random, the best first."""
        found = self.table.best(random, count, starts)
        return [self._point(one.delta, one.threshold) for one in found]

    def _point(self, delta: np.ndarray, threshold: np.ndarray) -> Point:
        """The setting with every offset at its best place, and thresholds of one offset at their best."""
        point = self.inside(Point(delta, self.placed(delta, threshold), threshold))
        own = self.levelled(point)[0].threshold.copy()
        shared = list(self.members.shared)
        own[shared] = threshold[shared]
        return Point(delta, point.x0, own)

    def placed(self, delta: np.ndarray, threshold: np.ndarray) -> np.ndarray:
        """The best place of every offset in the table."""
        return self.table.placed(delta, threshold)

    def margins(self, point: Point) -> np.ndarray:
        """The margin of every member, minus infinity where a state is out of range."""
        rows = self._rows
        z = self._states(point)
        low, high = (ends[:, None] for ends in self.members.state)
        inside = ((z >= low) & (z <= high)).all(1)
        value = self._values(z)[rows.reading, rows.place, rows.row]
        own = rows.side * (value - point.threshold[rows.level]) / self.scale[rows.level]
        own = np.where(inside[rows.place], own, -np.inf)
        family, reading = self.members.family, self.members.reading
        found: dict[tuple[int, int, int], float] = {}
        for key, margin in zip(
            zip(rows.place, rows.level, rows.reading, strict=True), own, strict=True
        ):
            found[key] = min(found.get(key, np.inf), margin)
        keys = zip(family.x0, family.threshold, reading.tolist(), strict=True)
        return np.array([found.get(key, np.inf) for key in keys])

    def raised(self, points: Sequence[Point]) -> tuple[Point, float] | None:
        """The best point that climbs from some of the points reach; all of them climb a little."""
        begun = [self.climbed(point, FIRST) for point in points]
        begun.sort(key=lambda pair: -pair[1])
        begun = [self.climbed(point, FEW) for point, _ in begun[: ceil(len(begun) / KEPT)]]
        begun.sort(key=lambda pair: -pair[1])
        # Many offsets seldom are all on their best hills; few are in some of the starts.
        again = max(ENDED, len(self.members.groups) // SETTLED)
        begun = [self.settled(point, FEW) for point, _ in begun[:again]]
        begun.sort(key=lambda pair: -pair[1])
        ended = [self.settled(point, STEPS) for point, margin in begun[:ENDED] if margin > 0]
        return max(ended, key=lambda pair: pair[1], default=None)

    def settled(self, point: Point, steps: int) -> tuple[Point, float]:
        """The point that climbs reach when every offset may change its hill between them, and its margin.

        A climb moves the weights, and each offset with its hill; for the weights that it ends at,
        another hill may be the best one.
        """
        point, margin = self.climbed(point, steps)
        while np.isfinite(margin):
            place = self.placed(point.delta, point.threshold)
            moved, gained = self.climbed(Point(point.delta, place, point.threshold), steps)
            if not gained > margin + self._gain:
                break
            point, margin = moved, gained
        return point, margin

    def levelled(self, point: Point) -> tuple[Point, float]:
        """The point with its best thresholds, and its margin; minus infinity out of range."""
        members, rows = self.members, self._rows
        z = self._states(point)
        low, high = (ends[:, None] for ends in members.state)
        if not ((z >= low) & (z <= high)).all():
            return point, -np.inf
        value = self._values(z)[rows.reading, rows.place, rows.row]
        count = len(members.threshold[0])
        top, bottom = np.full(count, np.inf), np.full(count, -np.inf)
        above = rows.side > 0
        np.minimum.at(top, rows.level[above], value[above])
        np.maximum.at(bottom, rows.level[~above], value[~above])
        level = midway(top, bottom, *self.table.levels)
        margin = float((np.minimum(top - level, level - bottom) / self.scale).min())
        return Point(point.delta, point.x0, level), margin if np.isfinite(margin) else -np.inf

    def _values(self, z: np.ndarray) -> np.ndarray:
        readings = self.members.readings
        if self.exact and isinstance(readings[0][0].system, Flow):
            # All readings of a flow are on one orbit.
            found = integrate_readings([setting for setting, _ in readings], z)
            return np.stack([one.values for one in found])
        return np.stack([self.read(k, z) for k in range(len(readings))])

    def _states(self, point: Point) -> np.ndarray:
        """The states of every class of x0: `[classes, rows]`."""
        return point.x0[:, None] + self.members.uses @ point.delta

    def inside(self, point: Point) -> Point:
        """The point with its offsets where all states are in range, to the last bit."""
        members = self.members
        shift = members.uses @ point.delta
        last = 16 * np.spacing(max(abs(self.low), abs(self.high)))
        low, high = members.state[0] - shift.min() + last, members.state[1] - shift.max() - last
        x0 = np.clip(np.clip(point.x0, low, np.maximum(low, high)), *members.x0)
        return Point(point.delta, x0, point.threshold)

    def climbed(self, point: Point, steps: int = STEPS) -> tuple[Point, float]:
        """The point that sequential linear programmes reach, and its margin.

        Each maximises t with s (v + v' dz - threshold) >= t in every row, all states in range, in a
        box around the point that grows after a success and shrinks after a failure.
        """
        point, margin = self.levelled(self.inside(point))
        if not np.isfinite(margin):
            return point, margin
        reach = 0.0
        for _ in range(steps):
            programme = _Programme(self, self._rows, point)
            reach = reach or 0.02 * min(1.0, SLOPE / max(programme.steepness, SLOPE))
            while True:
                moved = programme.moved(reach)
                better, gained = (point, -np.inf) if moved is None else self.levelled(moved)
                if gained > margin + self._gain:
                    point, margin, reach = better, gained, min(1.5 * reach, LARGEST_STEP)
                    break
                reach /= 3
                if reach < LEAST_STEP:
                    return point, margin
        return point, margin

    @property
    def _gain(self) -> float:
        return SMALLEST * (self.values[1] - self.values[0]) / self.scale.max()

    @cached_property
    def _rows(self) -> _Rows:
        found = [
            (group.x0, int(reading), int(row), group.threshold, side)
            for group in self.members.groups
            for mask, side in ((group.above, 1), (group.below, -1))
            for reading, row in zip(*np.nonzero(mask), strict=True)
        ]
        return _Rows(*np.array(found, int).reshape(-1, 5).T)

    def setpoints(self, point: Point) -> tuple[Setpoint, ...]:
        """The members' settings."""
        family = self.members.family
        weights = point.delta.repeat(family.gates[0].arity // len(point.delta)).tolist()
        return tuple(
            Setpoint.of(gate, float(point.x0[place]), weights, float(point.threshold[level]))
            for gate, place, level in zip(family.gates, family.x0, family.threshold, strict=True)
        )


class _Programme:
    """The linear programme around a point, in (delta, x0, threshold, t)."""

    def __init__(self, settings: Settings, rows: _Rows, point: Point) -> None:
        self.settings, self.rows, self.point = settings, rows, point
        members = settings.members
        self.width, self.offsets = len(point.delta), len(point.x0)
        self.z = settings._states(point)
        step = 1e-6 * (settings.high - settings.low)
        below, above = (
            np.maximum(self.z - step, settings.low),
            np.minimum(self.z + step, settings.high),
        )
        value, high, low = np.moveaxis(settings._values(np.stack([self.z, above, below])), 1, 0)
        slope = (high - low) / (above - below)
        slope = np.nan_to_num(slope, posinf=0.0, neginf=0.0)
        at = rows.reading, rows.place, rows.row
        scale = settings.scale[rows.level]
        self.side = rows.side / scale
        self.rise = self.side * slope[at]
        self.margin = self.side * (value[at] - point.threshold[rows.level])
        self.uses = members.uses[rows.row]
        self.steepness = float(np.median(np.abs(slope)))

    def moved(self, reach: float) -> Point | None:
        """The programme's solution within a box of so large a share of the ranges."""
        from scipy.optimize import linprog

        members, point, settings = self.settings.members, self.point, self.settings
        far = reach * (settings.high - settings.low)
        height = max(settings.values[1] - settings.values[0], 1e-300)
        level = min(height, far * max(2 * self.steepness, 1.0))
        ends = [
            (members.delta, point.delta, far),
            (members.x0, point.x0, far),
            (settings.table.levels, point.threshold, level),
        ]
        low = np.concatenate([np.maximum(e[0] - at, -by) for e, at, by in ends])
        high = np.concatenate([np.minimum(e[1] - at, by) for e, at, by in ends])
        low, high = np.minimum(low, 0.0), np.maximum(high, 0.0)
        left, right = self._inequalities(np.maximum(-low, high), far)
        cost = np.append(np.zeros(len(low)), -1.0)
        bounds = np.column_stack([np.append(low, -np.inf), np.append(high, np.inf)])
        limit = {"maxiter": max(TURNS, 10 * len(right))}
        found = linprog(cost, left, right, bounds=bounds, method="highs", options=limit)
        if found.x is None:
            return None
        parts = np.split(found.x[:-1], [self.width, self.width + self.offsets])
        delta = np.clip(point.delta + parts[0], *members.delta)
        return settings.inside(Point(delta, point.x0 + parts[1], point.threshold))

    def _inequalities(self, most: np.ndarray, far: float) -> tuple[csr_array, np.ndarray]:
        """Those of the rows that can matter in the box, and of the states that can leave their range."""
        rows, members, width = self.rows, self.settings.members, self.width
        level = width + self.offsets + rows.level
        moves = np.abs(self.rise) * (self.uses @ most[:width] + most[width + rows.place])
        moves += np.abs(self.side) * most[level]
        kept = self.margin - moves <= (self.margin + moves).min()
        rise, uses, count = self.rise[kept], self.uses[kept], int(kept.sum())
        ones = np.ones(count)
        # One matrix is made of all rows: programmes are so small that it takes longer than solving them.
        blocks = [
            (
                np.column_stack([-rise[:, None] * uses, -rise, self.side[kept], ones]),
                np.column_stack([width + rows.place[kept], level[kept], np.full(count, len(most))]),
            )
        ]
        right = [self.margin[kept]]
        offset, row = np.divmod(np.arange(self.z.size), self.z.shape[1])
        z = self.z.ravel()
        reach = far * (members.uses.sum(1)[row] + 1)
        for sign, room in (
            (1.0, members.state[1][offset] - z),
            (-1.0, z - members.state[0][offset]),
        ):
            near = room < reach
            whole = np.column_stack([members.uses[row[near]], np.ones(int(near.sum()))])
            blocks.append((sign * whole, width + offset[near, None]))
            right.append(room[near])
        found = np.concatenate(right)
        # The weights' columns come first in every row.
        places = [
            np.column_stack([np.tile(np.arange(width), (len(own), 1)), own]) for _, own in blocks
        ]
        sizes = [values.shape[1] for values, _ in blocks for _ in values]
        entries = np.concatenate([values.ravel() for values, _ in blocks])
        at = np.arange(len(found)).repeat(sizes), np.concatenate([one.ravel() for one in places])
        return csr_array((entries, at), (len(found), len(most) + 1)), found


def certain(members: Members, setpoints: tuple[Setpoint, ...]) -> float:
    """A rigorous lower bound of the margin, at the states that float64 computes."""
    found = np.inf
    for gate, wanted, one, place in zip(
        members.family.gates, members.family.wanted, setpoints, members.family.x0, strict=True
    ):
        z = one.states()
        if not ((z >= members.state[0, place]) & (z <= members.state[1, place])).all():
            return -np.inf
        value = enclose(gate.setting, z, z, gate.iterates).value
        rise = "1" if gate.compare == ">" else "0"
        for row, want in enumerate(wanted.rows):
            if want == rise:
                found = min(found, np.nextafter(value.low[row] - one.threshold, -np.inf))
            elif want != "-":
                found = min(found, np.nextafter(one.threshold - value.high[row], -np.inf))
    return float(found) if not np.isnan(found) else -np.inf
