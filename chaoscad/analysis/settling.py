"""What the orbits of many parameter values read after their transients, of which each is checked.

A transient has decayed when what is read in a later window is what was read before it. Where it is not,
the orbit runs on for as long as it has run so far, and is read again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float64, Int

from chaoscad.analysis.stepping import Clock, looker
from chaoscad.compile.precision import double
from chaoscad.systems import Flow, Setting
from chaoscad.systems.evaluate import ESCAPED

DOUBLINGS = 6
"""How often a transient is doubled at most."""

MOST_STEPS = 2_000_000
"""Most steps of one value of the parameter."""

CHUNK = 1000
"""Steps of a flow between two searches for maxima."""

SAME = 1e-3
"""Readings that differ by less than this share of the diagram are the same."""

STRAY = 1.25
"""Two windows of chaos differ, too, but by no more than this times what the halves of one do."""


@dataclass(frozen=True)
class Window:
    """What is read of every orbit in a while, and where it stands after that.

    **Arguments:**

    - `points`: by column, the iterates of a map, what a stroboscope reads of a flow, or its local
      maxima, or what it rests at.
    - `escaped`: where the orbit does.
    """

    points: list[np.ndarray]
    escaped: Bool[np.ndarray, " columns"]
    times: Float64[np.ndarray, " columns"]
    states: Float64[np.ndarray, "coordinates columns"]


@dataclass(frozen=True)
class Settled:
    """The last window of every orbit.

    **Arguments:**

    - `unsettled`: where the windows differ still after the longest transient.
    - `prolonged`: where the first transient was too short.
    - `skipped`: looks before the window.
    """

    window: Window
    unsettled: Bool[np.ndarray, " columns"]
    prolonged: Bool[np.ndarray, " columns"]
    skipped: Int[np.ndarray, " columns"]


def settled(
    setting: Setting,
    times: Float64[np.ndarray, " columns"],
    states: Float64[np.ndarray, "coordinates columns"],
    values: Mapping[str, Float64[np.ndarray, " columns"]],
    skip: int,
    keep: int,
    clock: Clock,
) -> Settled:
    """Run every orbit until its transient has decayed, or `DOUBLINGS` times as long as twice.

    **Arguments:**

    - `values`: of the parameters, for every column.
    - `skip`: looks of the first transient, whose last half is the first window; of 0 nothing is checked.
    - `keep`: looks of the other windows.
    - `clock`: iterates of a map are looked at one by one; so are the steps of a flow whose maxima are
      read.
    """
    orbits = _OfFlow(setting, clock) if isinstance(setting.system, Flow) else _OfMap(setting)
    times, states = orbits.after(times, states, values, skip - skip // 2)
    first = orbits.window(times, states, values, skip // 2)
    last = orbits.window(first.times, first.states, values, keep)
    size = extent_of(setting, last.points, last.escaped)
    unsettled = ~last.escaped & (skip > 0)
    for column in np.flatnonzero(unsettled):
        unsettled[column] = not alike(first.points[column], last.points[column], size)
    skipped = np.full(len(times), skip)
    for doubling in range(DOUBLINGS):
        columns, more = np.flatnonzero(unsettled), skip * 2**doubling
        if not len(columns) or (2 * more + (doubling + 2) * keep) * clock.stride > MOST_STEPS:
            break
        # A power of two of them: a program is compiled for few numbers of columns.
        many = np.resize(columns, 1 << (len(columns) - 1).bit_length())
        here = {name: value[many] for name, value in values.items()}
        if isinstance(setting.system, Flow):
            orbits = _OfFlow(setting, clock.of(many))
        times, states = orbits.after(last.times[many], last.states[:, many], here, more)
        later = orbits.window(times, states, here, keep)
        points = list(last.points)
        for index, column in enumerate(columns):
            unsettled[column] = not (
                later.escaped[index] or alike(last.points[column], later.points[index], size)
            )
            points[column] = later.points[index]
        count = len(columns)
        last.escaped[columns] = later.escaped[:count]
        last.times[columns] = later.times[:count]
        last.states[:, columns] = later.states[:, :count]
        last = Window(points, last.escaped, last.times, last.states)
        skipped[columns] += keep + more
    return Settled(last, unsettled, skipped > skip, skipped)


def extent_of(
    setting: Setting, points: Sequence[np.ndarray], escaped: Bool[np.ndarray, " columns"]
) -> float:
    """The height of a diagram; where it is flat, at least a tenth of what is read."""
    kept = [item for item, lost in zip(points, escaped, strict=True) if len(item) and not lost]
    low, high = setting.system.state
    values = np.concatenate([np.zeros(1), *kept])
    flat = max(0.1 * float(np.abs(values).max()), 1e-3 * (high - low))
    return max(flat, float(np.ptp(values[1:])) if kept else 0.0)


def alike(
    earlier: Float64[np.ndarray, " earlier"], later: Float64[np.ndarray, " later"], size: float
) -> bool:
    """Whether two windows read the same attractor; one without any point does not."""
    if not (len(earlier) and len(later)):
        return False
    off = distance(earlier, later)
    half = len(later) // 2
    return off <= SAME * size or (half > 0 and off <= STRAY * distance(later[:half], later[half:]))


def distance(one: Float64[np.ndarray, " one"], other: Float64[np.ndarray, " other"]) -> float:
    """How far a point of one set is from the other set in the mean, of the farther one.

    The mean of the distances, where Hausdorff's distance takes the greatest: how often an orbit comes to
    a place does not count, nor does the rarest place decide.
    """

    def mean(points: np.ndarray, others: np.ndarray) -> float:
        places = np.searchsorted(others, points)
        left = np.abs(points - others[np.maximum(places - 1, 0)])
        right = np.abs(points - others[np.minimum(places, len(others) - 1)])
        return float(np.minimum(left, right).mean())

    one, other = np.sort(one), np.sort(other)
    return max(mean(one, other), mean(other, one))


class _OfMap:
    """Orbits of a map, iterated by NumPy: that takes less time than to compile a program."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting

    def _next(self, states: Any, values: Any) -> Any:
        system = self.setting.system
        assert not isinstance(system, Flow)
        return system.step(np, tuple(states), values)

    def after(self, times: Any, states: Any, values: Any, looks: int) -> tuple[Any, Any]:
        with np.errstate(all="ignore"):
            for _ in range(looks):
                states = self._next(states, values)
        return times + looks, states

    def window(self, times: Any, states: Any, values: Any, looks: int) -> Window:
        kept = np.empty((looks, len(times)))
        with np.errstate(all="ignore"):
            for index in range(looks):
                states = self._next(states, values)
                kept[index] = states[self.setting.reading]
            end = np.stack([np.broadcast_to(item, times.shape) for item in states])
        return Window(list(kept.T), _escaped(end, kept), times + looks, end)


def _escaped(end: np.ndarray, kept: np.ndarray) -> Bool[np.ndarray, " columns"]:
    """Where an orbit's end, or what was read of it, is not bounded."""
    with np.errstate(invalid="ignore"):
        return np.logical_not((np.abs(np.concatenate([end, kept])) < ESCAPED).all(axis=0))


class _OfFlow:
    """Trajectories of a flow, by equal steps in one program of JAX."""

    def __init__(self, setting: Setting, clock: Clock) -> None:
        self.setting, self.clock = setting, clock

    def _run(self, times: Any, states: Any, values: Any, skip: int, count: int) -> tuple[Any, Any]:
        system, clock = self.setting.system, self.clock
        with double():
            look = looker(system, count, clock.strobes, self.setting.reading)
            run, looks = look((times, states), clock.h, values, skip, clock.stride)
            return tuple(np.array(item) for item in run), np.asarray(looks)

    def after(self, times: Any, states: Any, values: Any, looks: int) -> tuple[Any, Any]:
        run, _ = self._run(times, states, values, looks * self.clock.stride, 0)
        return run

    def window(self, times: Any, states: Any, values: Any, looks: int) -> Window:
        if not self.clock.strobes:
            return self._maxima(times, states, values, looks)
        (times, states), kept = self._run(times, states, values, 0, looks)
        return Window(list(kept.T), _escaped(states, kept), times, states)

    def _maxima(self, times: Any, states: Any, values: Any, steps: int) -> Window:
        """Local maxima, each from the parabola through the three samples around it."""
        count = len(times)
        where: list[np.ndarray] = [np.empty(0, int)]
        what: list[np.ndarray] = [np.empty(0)]
        least, most = np.full(count, np.inf), np.full(count, -np.inf)
        tail = np.empty((0, count))
        for done in range(0, steps, CHUNK):
            (times, states), samples = self._run(times, states, values, 0, CHUNK)
            # The last chunk is whole: what is beyond the end of the window is left out.
            samples = samples[: steps - done]
            x = np.concatenate([tail, samples])
            least = np.fmin(least, samples.min(axis=0))
            most = np.fmax(most, samples.max(axis=0))
            tail = x[-2:]
            if len(x) < 3:
                continue
            before, here, after = x[:-2], x[1:-1], x[2:]
            rows, columns = np.nonzero((before < here) & (here >= after))
            a, b, c = (part[rows, columns] for part in (before, here, after))
            where.append(columns)
            what.append(b - (a - c) ** 2 / (8 * (a - 2 * b + c)))
        with np.errstate(invalid="ignore"):
            sound = (np.abs(states) < ESCAPED).all(axis=0) & (np.maximum(-least, most) < ESCAPED)
            # An equilibrium has no maxima, or only those of its rounding.
            rests = sound & (most - least <= 1e-9 * (1 + np.abs(most)))
        columns, found = np.concatenate(where), np.concatenate(what)
        order = np.argsort(columns, kind="stable")
        ends = np.searchsorted(columns[order], np.arange(1, count))
        points = np.split(found[order], ends)
        for column in np.flatnonzero(rests):
            points[column] = most[column : column + 1]
        return Window(points, ~sound, times, states)
