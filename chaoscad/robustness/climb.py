"""The search of a centring: settings of gates that climb a smoothed objective, many in one program.

Many starts run on a few devices each, as a rough yield tells hills apart; the best few are refined on
many devices. All starts on 512 devices for 400 steps are 13 times the work, and reach yields that differ
by less than .003 (twelve settings of two-input gates, one and two iterates).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np

from chaoscad.compile import CircuitPlan, Setpoints
from chaoscad.netlist.deviations import Deviations
from chaoscad.robustness.comparable import straight_gates
from chaoscad.robustness.scatter import Scatter, bench_plan, scatter_of
from chaoscad.robustness.smooth_distance import SmoothDistance, least_distances
from chaoscad.robustness.smooth_yield import SmoothYield, centres, estimated
from chaoscad.solve.objective import row_masks
from chaoscad.solve.problem import Problem
from chaoscad.solve.refine import Programme
from chaoscad.solve.slots import build_space
from chaoscad.solve.space import Raw, Space, spread, start
from chaoscad.systems import Flow
from chaoscad.tune import Anneal, Optimizer, Progress, optimizer, train

Objective = Literal["yield", "tolerance"]
"""What is climbed: the yield, or the least worst-case distance."""

OBJECTIVES: tuple[Objective, ...] = ("yield", "tolerance")

ROUGH = 0.05
"""Learning rate of the starts; it falls as a cosine."""

FINE = 0.02
"""Learning rate of the refinement."""

WARM = Anneal(0.2, 0.01)
COOL = Anneal(0.03, 0.01)
"""Temperatures of the two, relative to the size of the gates' values."""

NEAR = 1.4
"""Largest raw value of a given start: at 1.5 it is on its bound, where the slope is 0."""

JITTER = 0.05
"""How far, in raw values, copies of a given start lie from it."""

TOGETHER, FEW_GATES = 0.003, 6
"""The same of more gates together than these, whose hills are narrower."""

SLOW = 0.04
"""Share of the learning rates that they get, so that they stay on their hills."""

DECIMALS = 6
"""Decimals of the parameters found; no tolerance of a bench tells more apart."""

LANES = 1 << 22
"""Values of gates at local rows that a program holds at a time."""


@dataclass(frozen=True)
class Effort:
    """How much work a centring is.

    **Arguments:**

    - `starts`, `samples`, `steps`: starts of a gate of one or two inputs and one iterate, devices of
      each at a step, and steps. A gate has twice as many for every further input and iterate, as its
      values have more hills, up to `MOST_STARTS`.
    - `kept`, `refined_samples`, `refined_steps`: the same of the refinement.
    - `devices`: by which the results are ranked.
    """

    starts: int = 64
    samples: int = 32
    steps: int = 300
    kept: int = 4
    refined_samples: int = 512
    refined_steps: int = 200
    devices: int = 1 << 16


MOST_STARTS = 1024

USUAL = Effort()

SHORT = Effort(32, 16, 150, 2, 128, 80, 1 << 14)
"""To see what a centring would reach."""

FLOWS = Effort(12, 16, 40, 2, 32, 30, 1 << 10)
"""Where a gate is a flow: a step of one costs a thousand of a map."""


@dataclass(frozen=True)
class Hilltop:
    """A setting that the search found.

    **Arguments:**

    - `merit`: its estimated yield, or its worst-case distance in sizes of the spreads.
    """

    point: Setpoints
    merit: float


def climb(
    problems: Mapping[Problem, Sequence[Setpoints]],
    deviations: Deviations,
    *,
    objective: Objective = "yield",
    seed: int,
    effort: Effort = USUAL,
    progress: Progress | None = None,
) -> dict[Problem, list[Hilltop]]:
    """The best settings of every problem, best first, the given ones among them.

    **Arguments:**

    - `problems`: gates with the function of each, and settings to start from beside random ones.

    **Returns:** settings whose every row is right in float64, with the states in range; none where
    none was found.
    """
    families: dict[tuple[CircuitPlan, Any, bool, bool], dict[Problem, Space]] = {}
    for item in problems:
        space = build_space(item.gates, item.ties, projected=True)
        flows = any(isinstance(gate.setting.system, Flow) for gate in item.gates)
        key = (bench_plan(item.gates), jax.tree.structure(space), flows, space.settled)
        families.setdefault(key, {})[item] = space
    found: dict[Problem, list[Hilltop]] = {}
    for number, ((plan, _, flows, _), spaces) in enumerate(families.items()):
        used = _scaled(FLOWS if flows and effort in (USUAL, SHORT) else effort, plan)
        rows = sum(len(group.gates) << group.arity for group in plan.groups)
        size = max(1, LANES // (rows * used.starts * used.samples))
        members = list(spaces)
        for first in range(0, len(members), size):
            part = {item: spaces[item] for item in members[first : first + size]}
            family = _Family(plan, part, used, deviations, objective, seed)
            random = np.random.default_rng([seed, number, first])
            found |= family.climb({item: problems[item] for item in part}, random, progress)
    return found


def _scaled(effort: Effort, plan: CircuitPlan) -> Effort:
    if plan.gates > FEW_GATES:
        # Their starts are given ones, so that more of them would be more copies.
        return effort
    doublings = max(max(group.arity - 2, 0) + group.iterates - 1 for group in plan.groups)
    return replace(effort, starts=max(effort.starts, min(effort.starts << doublings, MOST_STARTS)))


_settings = jax.jit(centres)

SHAPES = {"yield": (SmoothYield, estimated), "tolerance": (SmoothDistance, least_distances)}


class _Family:
    """Problems of one plan: every start of every problem is a trial of one program."""

    def __init__(
        self,
        plan: CircuitPlan,
        spaces: Mapping[Problem, Space],
        effort: Effort,
        deviations: Deviations,
        objective: Objective,
        seed: int,
    ) -> None:
        self.plan, self.spaces, self.effort, self.seed = plan, spaces, effort, seed
        self.smooth, self.sharp = SHAPES[objective]
        self.pace = SLOW if plan.gates > FEW_GATES else 1.0
        first = next(iter(spaces))
        self.scatter: Scatter = scatter_of(first.gates, first.ties, deviations)
        self.trees = [
            (
                space,
                *row_masks(plan, item.gates, item.wanted),
                straight_gates(plan, item.gates),
            )
            for item, space in spaces.items()
        ]

    def climb(
        self,
        given: Mapping[Problem, Sequence[Setpoints]],
        random: np.random.Generator,
        progress: Progress | None,
    ) -> dict[Problem, list[Hilltop]]:
        effort = self.effort
        if all(space.settled for space in self.spaces.values()):
            # Nothing can move, as in a mapped circuit.
            return self._ranked({item: [] for item in given}, given)
        rough = self._train(
            self._starts(given, random),
            effort.starts,
            effort.samples,
            effort.steps,
            optimizer("adam", ROUGH * self.pace, schedule="cosine"),
            WARM,
            progress,
        )
        merit = self._merit(_settings(self._data(effort.starts)[0], rough), effort.starts, 4)
        best = np.argsort(-merit, axis=1, kind="stable")[:, : effort.kept]
        lanes = (best + effort.starts * np.arange(len(best))[:, None]).reshape(-1)
        fine = self._train(
            jax.tree.map(lambda leaf: leaf[..., lanes], rough),
            effort.kept,
            effort.refined_samples,
            effort.refined_steps,
            optimizer("adam", FINE * self.pace, schedule="cosine"),
            COOL,
            progress,
        )
        settings = _settings(self._data(effort.kept)[0], fine)
        settings = jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), settings)
        lanes_of = {
            item: range(number * effort.kept, (number + 1) * effort.kept)
            for number, item in enumerate(given)
        }
        reached = {
            item: [Setpoints(*(leaf[..., lane] for leaf in settings)) for lane in lanes]
            for item, lanes in lanes_of.items()
        }
        return self._ranked(reached, given)

    def _data(self, repeats: int) -> Any:
        return spread(self.trees, repeats)

    def _train(
        self,
        starts: Raw,
        repeats: int,
        samples: int,
        steps: int,
        used: Optimizer,
        temperature: Anneal,
        progress: Progress | None,
    ) -> Raw:
        return train(
            self.smooth(self.plan, samples, steps, temperature),
            starts,
            data=(*self._data(repeats), self.scatter, np.uint32(self.seed)),
            optimizer=used,
            steps=steps,
            chunk=min(steps, 100),
            trial_axis=-1,
            progress=progress,
        ).parameters

    def _starts(
        self, given: Mapping[Problem, Sequence[Setpoints]], random: np.random.Generator
    ) -> Raw:
        """Random starts, the first of every problem replaced by the given ones and copies nearby."""
        count = self.effort.starts
        raw = start(next(iter(self.spaces.values())), random, len(given) * count)
        leaves = [np.array(leaf) for leaf in raw]
        for number, (item, points) in enumerate(given.items()):
            # An eighth of the starts, shared by the given ones; of several gates together all of them,
            # as no random start is right for all.
            together = len(item.gates) > FEW_GATES
            near = count if together else min(count, max(len(points), count // 8))
            places = range(number * count, number * count + near)
            for place, lane in enumerate(places if points else ()):
                own = _raw_of(item, self.spaces[item], points[place % len(points)])
                jitter = TOGETHER if together else JITTER
                for leaf, value in zip(leaves, own, strict=True):
                    away = 0.0 if place < len(points) else jitter
                    leaf[:, lane] = value + away * random.standard_normal(len(value))
        return Raw(*leaves)  # type: ignore[arg-type]

    def _merit(self, settings: Setpoints, repeats: int, chunks: int) -> np.ndarray:
        """The estimated yields or distances, `[problems, repeats]`."""
        space, above, below, straight = self._data(repeats)
        rows = sum(table.shape[0] * table.shape[1] for table in above.values())
        most = max(64, LANES // (rows * len(self.spaces) * repeats))
        samples = min(self.effort.devices // chunks, 1 << (most.bit_length() - 1))
        found = self.sharp(
            self.plan,
            space,
            settings,
            above,
            below,
            straight,
            self.scatter,
            jax.random.fold_in(jax.random.key(self.seed), 1 << 20),
            samples=samples,
            chunks=chunks,
        )
        return np.asarray(found, np.float64).reshape(len(self.spaces), repeats)

    def _ranked(
        self,
        reached: Mapping[Problem, Sequence[Setpoints]],
        given: Mapping[Problem, Sequence[Setpoints]],
    ) -> dict[Problem, list[Hilltop]]:
        points: dict[Problem, list[Setpoints]] = {}
        for item, own in given.items():
            tidy = [_tidy(item, self.spaces[item], point) for point in reached[item]]
            points[item] = [*own, *(point for point in tidy if point is not None)]
        width = max(len(found) for found in points.values())
        if not width:
            return {item: [] for item in points}
        # Padded to one number of settings each, by the first of all.
        spare = next(found[0] for found in points.values() if found)
        rows = [
            point
            for found in points.values()
            for point in [*found, *[spare] * (width - len(found))]
        ]
        stacked = Setpoints(
            *(
                jnp.asarray(
                    np.stack([getattr(point, block) for point in rows], axis=-1), np.float32
                )
                for block in Setpoints._fields
            )
        )
        merit = self._merit(stacked, width, 16)
        ranked: dict[Problem, list[Hilltop]] = {}
        for number, (item, found) in enumerate(points.items()):
            order = np.argsort(-merit[number, : len(found)], kind="stable")
            ranked[item] = [Hilltop(found[place], float(merit[number, place])) for place in order]
        return ranked


def _raw_of(item: Problem, space: Space, point: Setpoints) -> list[np.ndarray]:
    programme = Programme(item.gates, space, item.wanted)
    vector = programme.vector(point)
    boxes = (space.x0, space.delta, space.threshold, space.system)
    raws: list[np.ndarray] = []
    for which, box in enumerate(boxes):
        part = vector[programme.slots.part(which)]
        raw = np.asarray(box.inverse(jnp.asarray(part[:, None], np.float32)))[:, 0]
        bounded = np.isfinite(box.low) & np.isfinite(box.high)
        raws.append(np.where(bounded, np.clip(raw, -NEAR, NEAR), raw))
    return raws


def _tidy(item: Problem, space: Space, point: Setpoints) -> Setpoints | None:
    """The point, rounded, when every row of it is right and every state in range."""
    programme = Programme(item.gates, space, item.wanted)
    vector = programme.inside(np.round(programme.vector(point), DECIMALS) + 0.0)
    with np.errstate(all="ignore"):
        right = bool(programme.signed(vector).min() > 0) and programme.in_range(vector)
    found = programme.point(vector)
    flows = any(isinstance(gate.setting.system, Flow) for gate in item.gates)
    return found if right and (not flows or programme.converged(found)) else None
