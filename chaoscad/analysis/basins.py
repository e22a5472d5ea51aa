"""Basins of attraction: to which attractor each initial state comes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int
from scipy.spatial import KDTree

from chaoscad.analysis.arguments import Real, lasting, room
from chaoscad.analysis.cycles import attracting_cycle
from chaoscad.analysis.drive import period
from chaoscad.analysis.grid import Grid
from chaoscad.analysis.stepping import Clock, looker, stroboscope
from chaoscad.analysis.table import Table, state_headings
from chaoscad.compile.precision import double
from chaoscad.errors import ChaoscadError
from chaoscad.systems import Flow, Setting
from chaoscad.systems.evaluate import ESCAPED

ITERATES = 1000
"""Iterates of a map, or steps of a flow, after which the states are looked at first."""

DOUBLINGS = 6
"""How often the states that are on no attractor yet are followed for as long again."""

APART = 7
"""Steps of a flow without a drive from one look to the next."""

LOOKS = 16
"""States of every orbit that are compared with the attractors."""

MOST_ATTRACTORS = 24
"""Most attractors that are told apart."""

TRIES = 8
"""Orbits that are followed as a new attractor each time."""

CLOSE = 1e-3
"""How near to an attractor a state of it is, as a share of the states' spread, if it is no chaos."""

KICK = 3.0
"""How far an attractor's state is moved, and must come back from, in units of how near is near."""

KICKS = 4
"""Directions in which it is moved."""

SHRINKS = 0.9
"""An orbit whose last quarter has less than this of the first one's extent is still on its way."""

SHARE = 0.75
"""How many of its states must be near, for an orbit to be on an attractor."""

REFERENCE = 4000
"""States of an attractor that are kept."""

LONGEST = 64
"""The longest cycle that is called one."""

MOST_WORK = 2_000_000_000
"""Most steps times states, several minutes' work."""

NEARING = 0.02
"""How near to a cycle an orbit is that comes to it too slowly to be on it, as a share of the spread."""

CANDIDATES = 3
"""Periods of such a cycle that are tried."""

ESCAPES, OPEN = 0, -1
"""The labels of states that escape, and of those that have come to no attractor."""


@dataclass(frozen=True)
class Attractor:
    """Where orbits come to.

    **Arguments:**

    - `states`: along it; of a driven flow, once per period.
    - `period`: of a cycle in those states, 1 of a fixed point; `None` of what is longer or no cycle,
      and of a cycle of a flow that is not driven.
    """

    states: Float64[np.ndarray, "states coordinates"]
    period: int | None


@dataclass(frozen=True)
class Basins:
    """The attractor of every initial state.

    **Arguments:**

    - `labels`: from 1 the number of the attractor, `ESCAPES` or `OPEN`.
    - `attractors`: that of most initial states first.
    - `length`: iterates or time after which a state was looked at first.
    """

    setting: Setting
    grid: Grid
    labels: Int[np.ndarray, " points"]
    attractors: tuple[Attractor, ...]
    length: float

    def share(self, label: int) -> float:
        """The part of the initial states that has a label."""
        return float((self.labels == label).mean())

    def columns(self) -> Table:
        """Every coordinate of the initial state, and its attractor."""
        names = {ESCAPES: "escapes", OPEN: "none"}
        told = [names.get(label, str(label)) for label in self.labels.tolist()]
        states = dict(zip(state_headings(self.setting), self.grid.points.T, strict=True))
        return {**states, "attractor": np.array(told)}


def basins(setting: Setting, grid: Grid, length: Real | None = None) -> Basins:
    """Follow every state of a grid, and tell the attractors apart by the states on them.

    An orbit of those that are on no attractor yet is followed as the next one: it is one if the orbit
    comes back to it after a kick. Others are on it when most of their states lie as near to its
    states as those lie to each other. What is on none is followed for as long again, and again. So
    attractors that come nearer to each other than that are taken for one.

    **Arguments:**

    - `length`: iterates of a map or time of a flow; of one with a period, rounded up to whole periods.

    **Raises:** `ChaoscadError` for a bad argument, or too much work.
    """
    orbits = _Orbits(setting, length)
    states = grid.points.T
    room("the states", states.size, LOOKS)
    # One orbit, of which an attractor is made, takes a hundredth of the time of 40 000.
    width = max(states.shape[1], 5000)
    if (orbits.steps + LOOKS * orbits.stride) * width > MOST_WORK:
        raise ChaoscadError(
            f"{states.shape[1]} states for {orbits.steps} steps are too much work; ask for fewer or less "
            "time"
        )
    looks, ends = orbits.looks(states, orbits.steps)
    labels = np.where(orbits.escaped(looks), ESCAPES, OPEN)
    known = _Known(orbits, looks[:, :, labels == OPEN])
    for doubling in range(DOUBLINGS + 1):
        left = np.flatnonzero(labels == OPEN)
        if doubling:
            steps = orbits.steps * 2 ** (doubling - 1)
            nothing = doubling > 2 and not known.attractors
            if not len(left) or nothing or steps * len(left) > MOST_WORK // 10:
                break
            looks[:, :, left], ends[:, left] = orbits.looks(ends[:, left], steps)
            labels[left[orbits.escaped(looks[:, :, left])]] = ESCAPES
            left = np.flatnonzero(labels == OPEN)
            labels[left] = known.of(looks[:, :, left])
        for share in np.arange(TRIES) / TRIES:
            left = np.flatnonzero(labels == OPEN)
            if not len(left):
                break
            first = left[int(share * len(left))]
            count = len(known.attractors)
            labels[first] = known.comes_to(ends[:, first])
            if len(known.attractors) > count:
                left = np.flatnonzero(labels == OPEN)
                labels[left] = known.of(looks[:, :, left])
    counts = [int((labels == 1 + index).sum()) for index in range(len(known.attractors))]
    order = sorted(range(len(counts)), key=lambda index: -counts[index])
    order = [index for index in order if counts[index]]
    renamed = np.array(
        [OPEN, ESCAPES, *(order.index(i) + 1 if i in order else OPEN for i in range(len(counts)))]
    )
    attractors = tuple(known.attractors[index] for index in order)
    return Basins(setting, grid, renamed[labels + 1], attractors, orbits.length)


class _Known:
    """The attractors that are known, and which orbits are on them."""

    def __init__(
        self, orbits: _Orbits, looks: Float64[np.ndarray, "looks coordinates orbits"]
    ) -> None:
        self.orbits = orbits
        self.attractors: list[Attractor] = []
        self._trees: list[tuple[KDTree, float]] = []
        # The spread of most states; those that go far away do not count.
        bounded = looks if looks.shape[2] else np.zeros((1, looks.shape[1], 1))
        low, high = np.percentile(bounded, [5, 95], axis=(0, 2))
        self.scale = np.maximum(high - low, 1e-3 * np.maximum(np.abs(high), np.abs(low)) + 1e-9)

    def of(
        self, looks: Float64[np.ndarray, "looks coordinates orbits"]
    ) -> Int[np.ndarray, " orbits"]:
        """The label of every orbit."""
        labels = np.full(looks.shape[2], OPEN)
        for label, (tree, near) in enumerate(self._trees, 1):
            left = np.flatnonzero(labels == OPEN)
            if len(left):
                labels[left[self._on(looks[:, :, left], tree, near)]] = label
        return labels

    def _on(self, looks: np.ndarray, tree: KDTree, near: float) -> Bool[np.ndarray, " orbits"]:
        points = np.moveaxis(looks, 1, 2) / self.scale
        off, _ = tree.query(points, distance_upper_bound=near)
        return np.isfinite(off).mean(axis=0) >= SHARE

    def comes_to(self, begin: Float64[np.ndarray, " coordinates"]) -> int:
        """Follow an orbit to its end: the label of its attractor, which is kept if it is new."""
        orbits, scale = self.orbits, self.scale
        states, quarter = begin[None, :, None], REFERENCE // 4
        for doubling in range(2, 8):
            states = orbits.run(states[-1], orbits.steps * 2**doubling, REFERENCE)
            if orbits.escaped(states)[0]:
                return ESCAPES
            if (np.ptp(states[-quarter:], 0) >= SHRINKS * np.ptp(states[:quarter], 0)).all():
                break
        (label,) = self.of(states[-LOOKS:])
        if label != OPEN:
            return int(label)
        kept = states[:, :, 0]
        # Of the last quarter, as the way to a cycle that turns round it looks like one of twice its period.
        period = _period(kept[-quarter:] / scale)
        slow = self._slowly(kept[-quarter:], period) if orbits.strobed else None
        if not orbits.strobed and period != 1:
            period = None
        near = CLOSE
        if slow is not None:
            kept, near = slow
            period = len(kept)
        elif period is not None:
            kept = kept[-period:]
        tree = KDTree(kept / scale)
        if period is None:
            spacing, _ = tree.query(kept / scale, k=2)
            near = max(near, 3 * float(np.percentile(spacing[:, 1], 95)))
        if len(self.attractors) == MOST_ATTRACTORS:
            return OPEN
        # The multipliers say that a cycle attracts to which orbits come slowly.
        if slow is None and not self._returns(states[-1], tree, near):
            return OPEN
        self.attractors.append(Attractor(kept, period))
        self._trees.append((tree, near))
        return len(self.attractors)

    def _slowly(self, states: np.ndarray, period: int | None) -> tuple[np.ndarray, float] | None:
        """The cycle to which an orbit comes slowly, as beside a doubling, and how near it has come.

        Where it turns round a cycle, coming nearer by less than can be seen, it looks like one of twice
        the period, which is not there before the doubling.
        """
        tried = 0
        for shorter in range(1, LONGEST + 1):
            if period is not None and (shorter == period or period % shorter):
                continue
            off = np.abs(states[shorter:] - states[:-shorter]) / self.scale
            first, last = off[: len(off) // 2].max(), off[len(off) // 2 :].max()
            if not last < first <= NEARING or tried == CANDIDATES:
                continue
            tried += 1
            guess = (states[-1] + states[-1 - shorter]) / 2
            cycle = attracting_cycle(self.orbits.setting, self.orbits.clock, guess, shorter)
            if cycle is not None and (np.abs(cycle[0] - guess) <= last * self.scale).all():
                return cycle, max(CLOSE, float(last))
        return None

    def _returns(self, state: np.ndarray, tree: KDTree, near: float) -> bool:
        """Whether an attractor's state comes back to it from every kick."""
        kicks = np.random.default_rng(0).normal(size=(len(state), KICKS))
        moved = KICK * near * kicks / np.linalg.norm(kicks, axis=0)
        states = state + self.scale[:, None] * moved
        for doubling in range(2, 7):
            looks = self.orbits.run(states, self.orbits.steps * 2**doubling, 4 * LOOKS)
            if self.orbits.escaped(looks).any():
                return False
            if self._on(looks, tree, near).all():
                return True
            states = looks[-1]
        return False


def _period(states: Float64[np.ndarray, "states coordinates"]) -> int | None:
    """After how many states they come again."""
    for tried in range(1, LONGEST + 1):
        if (np.abs(states[tried:] - states[:-tried]) <= 1e-6).all():
            return tried
    return None


class _Orbits:
    """Orbits of many states, and the times at which they are looked at.

    A map is looked at after every iterate, a flow with a period once in it, another one after every
    few steps.
    """

    def __init__(self, setting: Setting, length: Real | None) -> None:
        self.setting, system = setting, setting.system
        self.strobed, self.clock = True, Clock(1.0)
        if not isinstance(system, Flow):
            self.length = lasting(setting, ITERATES if length is None else length)
            self.steps = round(self.length)
            return
        self.length = lasting(setting, ITERATES * system.step if length is None else length)
        turn = period(setting)
        self.strobed = turn is not None
        if turn is not None:
            self.clock = stroboscope(np.array([turn]), system.step / 2)
        elif system.driven:
            raise ChaoscadError(
                f"{system.name} depends on the time, and no period of its drive is known, so its basins "
                "cannot be told: give it by --period, or by 'period' in the system"
            )
        else:
            self.clock = Clock(system.step / 2, APART)
        whole = self.clock.stride if self.strobed else 1
        h = float(np.max(self.clock.h))
        self.steps = whole * max(1, int(np.ceil(self.length / h / whole - 1e-9)))

    @property
    def stride(self) -> int:
        """Steps from one look to the next."""
        return self.clock.stride

    def looks(
        self, states: Float64[np.ndarray, "coordinates orbits"], steps: int
    ) -> tuple[
        Float64[np.ndarray, "looks coordinates orbits"], Float64[np.ndarray, "coordinates orbits"]
    ]:
        """The states of every orbit after some steps, and where it ends."""
        count = states.shape[1]
        # A power of two of them: a program is compiled for few numbers of orbits.
        many = np.resize(np.arange(count), 1 << (count - 1).bit_length())
        found = self.run(states[:, many], steps, LOOKS)
        return found[:, :, :count], found[-1, :, :count].copy()

    def escaped(
        self, looks: Float64[np.ndarray, "looks coordinates orbits"]
    ) -> Bool[np.ndarray, " orbits"]:
        """Which of the orbits are not bounded."""
        with np.errstate(invalid="ignore"):
            return np.logical_not((np.abs(looks) < ESCAPED).all(axis=(0, 1)))

    def run(
        self, states: Float64[np.ndarray, "coordinates orbits"], steps: int, count: int
    ) -> Float64[np.ndarray, "looks coordinates orbits"]:
        """The states of every orbit after some steps and each stride."""
        # Times begin anew: whole periods have passed, or the time does not count.
        with double():
            look = looker(self.setting.system, count, self.strobed)
            run = 0.0, states
            given = self.clock.h, self.setting.parameters, steps, self.clock.stride
            return np.array(look(run, *given)[1])
