"""Settings of a family: the best of very many by a table of F, raised by linear programmes.

Given the shared weights and thresholds, every offset has its best place by itself. So what is drawn
at random is only what is shared; a sequence of linear programmes then raises the least margin of all
members, moving everything at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from chaoscad.feasibility.members import Members
from chaoscad.feasibility.search import midway
from chaoscad.gate import Setpoint
from chaoscad.systems.enclosure import enclose

GRID = 2**12
"""Steps of the table over the range of the states."""

PLACES = 256
"""Places of an offset that are tried."""

DRAWN = 12_000
"""Settings of what is shared that are tried, fewer for families of many offsets."""

BATCH = 500
"""Of them at a time, fewer likewise."""

STARTS = 6
"""How many of the best are raised."""

STEPS, LEAST_STEP, LARGEST_STEP = 60, 1e-8, 0.05
"""Linear programmes of one climb, and the shares of a range by which they move."""

LIMIT = {"maxiter": 2000}
"""Of one programme: at a map's jumps slopes are huge, and the solver may turn round and round."""

Reader = Callable[[int, np.ndarray], np.ndarray]
"""The values of a reading at states."""


@dataclass(frozen=True)
class Point:
    """One setting of a family: shared weights, and x0 and threshold of every class."""

    delta: np.ndarray
    x0: np.ndarray
    threshold: np.ndarray


class Settings:
    """The settings of a family, evaluated by `read`."""

    def __init__(self, members: Members, read: Reader | None = None) -> None:
        self.members = members
        self.read = read or self._read
        self.low, self.high = members.range
        grid = np.linspace(self.low, self.high, GRID + 1)
        with np.errstate(all="ignore"):
            tables = [self.read(k, grid) for k in range(len(members.readings))]
        self.tables = np.stack(tables)
        finite = self.tables[np.isfinite(self.tables)]
        self.values = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
        self.levels = members.levels(self.values)

    def _read(self, reading: int, z: np.ndarray) -> np.ndarray:
        setting, iterates = self.members.readings[reading]
        with np.errstate(all="ignore"):
            return setting.value(z, iterates)

    def drawn(self, random: np.random.Generator, starts: int = STARTS) -> list[Point]:
        """The most promising of settings that are drawn at random, the best first."""
        members, grid = self.members, np.arange(PLACES) * (GRID // PLACES)
        grid = np.append(grid, GRID)
        unit = (self.high - self.low) / GRID
        if unit <= 0:
            return []
        fewer = 1 + len(members.x0[0]) // 8
        batch, found = BATCH // fewer + 1, list[tuple[float, Point]]()
        for _ in range(0, DRAWN // fewer, batch):
            delta = self._weights(random, unit, batch)
            threshold = self._thresholds(random, batch)
            # The rows' states on the grid: [rows, drawn, places].
            shift = members.uses @ np.rint(delta / unit)
            at = grid + shift[:, :, None].astype(np.int64)
            outside = ((at < 0) | (at > GRID)).any(0)
            # Groups take the values of a reading, so each is looked up once.
            value = np.take(self.tables, np.clip(at, 0, GRID), axis=1)
            margin = np.full((len(members.x0[0]), *outside.shape), np.inf)
            for group in members.groups:
                top, bottom = members.extremes(
                    group,
                    lambda k, r, v=value: v[k, r],
                    lambda k, r, v=value: v[k, r],
                    outside.shape,
                )
                if group.threshold in members.shared:
                    level = threshold[group.threshold][:, None]
                else:
                    level = midway(top, bottom, *self.levels[:, group.threshold])
                own = np.minimum(top - level, level - bottom)
                np.minimum(margin[group.x0], own, out=margin[group.x0])
            place = self.low + unit * grid
            for number, ends in enumerate(members.x0.T):
                # A fixed offset is tried at the places around it.
                off = (place < ends[0] - unit * 16) | (place > ends[1] + unit * 16)
                margin[number][:, off] = -np.inf
            margin = np.where(outside | np.isnan(margin), -np.inf, margin)
            worst = margin.max(2).min(0)
            for trial in np.argsort(-worst, kind="stable")[:2]:
                if np.isfinite(worst[trial]):
                    x0 = np.clip(place[margin[:, trial].argmax(1)], *members.x0)
                    point = Point(delta[:, trial], x0, threshold[:, trial])
                    found.append((float(worst[trial]), point))
        found.sort(key=lambda pair: -pair[0])
        return [point for _, point in found[:starts]]

    def _weights(self, random: np.random.Generator, unit: float, count: int) -> np.ndarray:
        """Weights `[weights, drawn]`, their sizes spread evenly over their logarithms."""
        low, high = self.members.delta
        size = GRID * unit * 10.0 ** random.uniform(-2.0, 0.0, count)
        weights = random.uniform(-1, 1, (len(low), count)) * size
        return np.clip(weights, low[:, None], high[:, None])

    def _thresholds(self, random: np.random.Generator, count: int) -> np.ndarray:
        """Thresholds `[classes, drawn]`; those of one offset are replaced by the middle."""
        least, most = self.levels[:, :, None]
        return random.uniform(least, most, (len(least), count))

    def levelled(self, point: Point) -> tuple[Point, float]:
        """The point with its best thresholds, and its margin; minus infinity out of range."""
        members = self.members
        z = self._states(point)
        low, high = (ends[:, None] for ends in members.state)
        if not ((z >= low) & (z <= high)).all():
            return point, -np.inf
        value = np.stack([self.read(k, z) for k in range(len(members.readings))])
        count = len(members.threshold[0])
        top, bottom = np.full(count, np.inf), np.full(count, -np.inf)
        for group in members.groups:
            ends = members.extremes(
                group,
                lambda k, r, g=group: value[k, g.x0, r],
                lambda k, r, g=group: value[k, g.x0, r],
                (),
            )
            top[group.threshold] = np.minimum(top[group.threshold], ends[0])
            bottom[group.threshold] = np.maximum(bottom[group.threshold], ends[1])
        level = midway(top, bottom, *self.levels)
        margin = float(np.minimum(top - level, level - bottom).min())
        return Point(point.delta, point.x0, level), margin if np.isfinite(margin) else -np.inf

    def _states(self, point: Point) -> np.ndarray:
        """The states of every class of x0: `[classes, rows]`."""
        return point.x0[:, None] + self.members.uses @ point.delta

    def climbed(self, point: Point) -> tuple[Point, float]:
        """The point that sequential linear programmes reach, and its margin.

        Each maximises t with s (v + v' dz - threshold) >= t in every row, all states in range, in a
        box around the point that grows after a success and shrinks after a failure.
        """
        point, margin = self.levelled(point)
        if not np.isfinite(margin):
            return point, margin
        reach, rows = 0.02, self._rows()
        for _ in range(STEPS):
            programme = self._programme(point, rows)
            while True:
                moved = self._moved(point, programme, reach)
                better, gained = (point, -np.inf) if moved is None else self.levelled(moved)
                if gained > margin + 1e-9 * (self.values[1] - self.values[0]):
                    point, margin, reach = better, gained, min(1.5 * reach, LARGEST_STEP)
                    break
                reach /= 3
                if reach < LEAST_STEP:
                    return point, margin
        return point, margin

    def _rows(self) -> list[tuple[int, int, int, int, float]]:
        """Class of x0, reading, row, class of threshold, side: of every value that matters."""
        return [
            (group.x0, int(reading), int(row), group.threshold, side)
            for group in self.members.groups
            for mask, side in ((group.above, 1.0), (group.below, -1.0))
            for reading, row in zip(*np.nonzero(mask), strict=True)
        ]

    def _programme(
        self, point: Point, rows: list[tuple[int, int, int, int, float]]
    ) -> tuple[np.ndarray, np.ndarray]:
        """The rows' inequalities in (delta, x0, threshold, t)."""
        members, z = self.members, self._states(point)
        width, offsets = len(point.delta), len(point.x0)
        step = 1e-6 * (self.high - self.low)
        below, above = np.maximum(z - step, self.low), np.minimum(z + step, self.high)
        number = range(len(members.readings))
        value = np.stack([self.read(k, z) for k in number])
        slope = np.stack(
            [(self.read(k, above) - self.read(k, below)) / (above - below) for k in number]
        )
        slope = np.nan_to_num(slope, posinf=0.0, neginf=0.0)
        total = width + offsets + len(point.threshold) + 1
        left, right = np.zeros((len(rows), total)), np.zeros(len(rows))
        for line, (place, reading, row, level, side) in enumerate(rows):
            rise = side * slope[reading, place, row]
            left[line, :width] = -rise * members.uses[row]
            left[line, width + place] = -rise
            left[line, width + offsets + level] = side
            left[line, -1] = 1.0
            right[line] = side * (value[reading, place, row] - point.threshold[level])
        states = np.zeros((z.size, total))
        states[:, :width] = np.tile(members.uses, (offsets, 1))
        for place in range(offsets):
            states[place * z.shape[1] : (place + 1) * z.shape[1], width + place] = 1.0
        room = [(members.state[1][:, None] - z).ravel(), (z - members.state[0][:, None]).ravel()]
        return np.vstack([left, states, -states]), np.concatenate([right, *room])

    def _moved(
        self, point: Point, programme: tuple[np.ndarray, np.ndarray], reach: float
    ) -> Point | None:
        members = self.members
        from scipy.optimize import linprog

        far = reach * (self.high - self.low)
        height = self.values[1] - self.values[0]
        ends = [
            (members.delta, point.delta, far),
            (members.x0, point.x0, far),
            (self.levels, point.threshold, max(height, 1e-300)),
        ]
        low = np.concatenate([np.maximum(e[0] - at, -by) for e, at, by in ends])
        high = np.concatenate([np.minimum(e[1] - at, by) for e, at, by in ends])
        low, high = np.minimum(low, 0.0), np.maximum(high, 0.0)
        cost = np.append(np.zeros(len(low)), -1.0)
        bounds = np.column_stack([np.append(low, -np.inf), np.append(high, np.inf)])
        found = linprog(cost, *programme, bounds=bounds, method="highs", options=LIMIT)
        if found.x is None:
            return None
        width, offsets = len(point.delta), len(point.x0)
        parts = np.split(found.x[:-1], [width, width + offsets])
        return Point(
            np.clip(point.delta + parts[0], *members.delta),
            np.clip(point.x0 + parts[1], *members.x0),
            point.threshold,
        )

    def setpoints(self, point: Point) -> tuple[Setpoint, ...]:
        """The members' settings."""
        family = self.members.family
        weights = point.delta.repeat(family.gates[0].arity // len(point.delta)).tolist()
        return tuple(
            Setpoint.of(gate, float(point.x0[place]), weights, float(point.threshold[level]))
            for gate, place, level in zip(family.gates, family.x0, family.threshold, strict=True)
        )


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
