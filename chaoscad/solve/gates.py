"""Gates whose functions are known: the best margin of each, many problems in one program.

Gates joined by a tie are one problem; equal problems are solved once. Single gates of few inputs are
sampled, flows in a table of their values; what is left is trained.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from chaoscad.compile import (
    CircuitPlan,
    Setpoints,
    plan_gates,
    stack,
)
from chaoscad.family import Family
from chaoscad.feasibility import best_found
from chaoscad.feasibility.flows import STARTS, WORTH
from chaoscad.feasibility.searched import Conflict
from chaoscad.solve.families import Searched, searched
from chaoscad.solve.model import GATES, LOOK, Search, Stage, affordable
from chaoscad.solve.objective import GateObjective, row_masks
from chaoscad.solve.problem import Problem, ProblemSolution
from chaoscad.solve.ranges import value_range
from chaoscad.solve.refine import Programme, refine
from chaoscad.solve.sampled import (
    DRAWINGS,
    EARLY,
    LATE,
    Hills,
    Posed,
    best,
    groups,
    nothing,
    sampled,
)
from chaoscad.solve.slots import build_space
from chaoscad.solve.space import (
    Raw,
    Space,
    needed,
    physical,
    realise,
    spread,
    start,
)
from chaoscad.systems import Flow
from chaoscad.tune import Anneal, Progress, parse_loss, train

MOST_VALUES = 2**19
"""Most gate values that one program holds at a time; it bounds the memory to about a gigabyte."""

LEAST_RESTARTS = 32
"""Fewest restarts of a problem; problems that would get fewer are split over several programs."""


LEAST_TRIALS = 2048
"""Fewest trials of one program when margins are polished."""

MOST_TABULATED = 3
"""Most inputs of a flow's gate that is searched in a table too."""

MOST_TRAINED = 6
"""Most gates of a family of which a part was found that gradients try to find whole."""

CANDIDATES = 3
"""How many of a problem's best trials are refined."""


@np.errstate(all="ignore")
def solve_problems(
    problems: Sequence[Problem],
    search: Search,
    *,
    seed: int,
    bounded: bool = True,
    polish: bool = True,
    progress: Progress | None = None,
) -> tuple[dict[Problem, ProblemSolution], list[Stage]]:
    """The best point of every problem; equal problems are solved once.

    **Arguments:**

    - `polish`: sharpen the best point in float64 by sequential quadratic programming.

    **Returns:** an answer for every problem, with a negative score where no setting was found, and
    a record of every program that ran.

    **Raises:** `ChaoscadError` when the bounds of tied gates contradict each other.
    """
    families: dict[tuple[CircuitPlan, Any, Search], dict[Problem, Space]] = {}
    for item in dict.fromkeys(problems):
        used = _search_for(item, search)
        plan = plan_gates(item.gates)
        space = build_space(item.gates, item.ties, bounded=bounded, projected=used.loss is None)
        families.setdefault((plan, jax.tree.structure(space), used), {})[item] = space
    answers: dict[Problem, ProblemSolution] = {}
    stages: list[Stage] = []
    for number, ((plan, _, used), spaces) in enumerate(families.items()):
        found: dict[Problem, list[Setpoints]] = {}
        settled = {item: space for item, space in spaces.items() if space.settled}
        for item, space in settled.items():
            # Nothing is left to train: the one point that the bounds allow.
            programme = Programme(item.gates, space, item.wanted)
            found[item] = [programme.point(programme.slots.low)]
        parts: dict[Problem, Setpoints] = {}
        for place, item in enumerate(spaces):
            if item not in settled and polish and used.loss is None:
                random = np.random.default_rng([seed, number, place, 1])
                one = _family(item, random)
                if one is not None and one.whole:
                    found[item] = [one.setpoints]
                elif one is not None:
                    parts[item] = one.setpoints
        if bounded and _usual(used):
            left = [item for item in spaces if item not in found]
            points, stage = _single(left, used.restarts, seed, polish=polish)
            found |= points
            stages += stage
        members = [
            (item, space)
            for item, space in spaces.items()
            if item not in found and (item not in parts or len(item.gates) <= MOST_TRAINED)
        ]
        size = max(1, _most_trials(plan) // LEAST_RESTARTS)
        for first in range(0, len(members), size):
            random = np.random.default_rng([seed, number, first])
            part = dict(members[first : first + size])
            points, stage = _solve_family(plan, part, used, random, progress, polish=polish)
            for item, trained in points.items():
                found[item] = found.get(item, []) + trained
            stages.append(stage)
        for item, points in found.items():
            if polish and used.loss is None and not _usual(used):
                tabulated = _tabulated(item)
                # Each candidate costs integrations, and the table's is rarely beaten by the others.
                points = points[:1] + tabulated if tabulated else points
            refined = [
                ProblemSolution(
                    *refine(
                        item.gates,
                        spaces[item],
                        item.wanted,
                        point,
                        projected=used.loss is None,
                        polish=polish,
                    )
                )
                for point in points
            ]
            answers[item] = _best(item, spaces[item], refined)
        for item, point in parts.items():
            # A polish would raise the worst member at the cost of those that are right.
            if item not in answers or not answers[item].score > 0:
                answers[item] = _as_found(item, spaces[item], point)
    return answers, stages


def _family(item: Problem, random: np.random.Generator) -> Searched | None:
    """What the search of families finds, where it is one."""
    family = Family.of(item.gates, item.wanted, item.ties)
    return None if family is None else searched(family, random)


def _as_found(item: Problem, space: Space, point: Setpoints) -> ProblemSolution:
    """An answer of which some gates are right."""
    return ProblemSolution(
        *refine(item.gates, space, item.wanted, point, projected=False, polish=False)
    )


def _usual(search: Search) -> bool:
    """Whether margins are searched for as usual; who asks for other steps asks for training."""
    restarts = {"restarts": GATES.restarts, "flow_restarts": GATES.flow_restarts}
    return replace(search, **restarts) == GATES


def _single(
    items: Sequence[Problem], restarts: int, seed: int, *, polish: bool
) -> tuple[dict[Problem, list[Setpoints]], list[Stage]]:
    """Settings of the problems that are one gate of few inputs, found without gradients."""
    found: dict[Problem, list[Setpoints]] = {}
    records: list[Hills] = []
    drawings = 0
    for item in items:
        try:
            posed = Posed.of(item)
        except Conflict:
            found[item] = [nothing(item).setpoints]
            continue
        if posed is not None:
            record = sampled(posed, restarts, seed)
            point = best(posed, record)
            if point is None and polish:
                # Hardly ever a function that a gate has; training has the last word.
                continue
            records.append(record)
            drawings += DRAWINGS * min(restarts, groups(item.gates[0]))
            found[item] = [nothing(item).setpoints if point is None else point]
        elif tabulated := _tabulated(item):
            found[item] = tabulated
    if not found:
        return {}, []
    tables = len(found) - len(records)
    stage = Stage(
        "gates",
        len(found),
        drawings + tables * STARTS,
        sum(int(record.right) for record in records) + tables,
        sum(int(record.lost) for record in records),
        EARLY[0] + LATE[0] if records else 0,
        "The best samples were climbed.",
    )
    return found, [stage]


def _tabulated(item: Problem) -> list[Setpoints]:
    """The best setting found in a table of a flow's values, where the problem is one such gate.

    Gradients climb the hill on which they start; the table shows all hills of a flow, of which some
    are narrow.
    """
    gate = item.gates[0]
    plain = len(item.gates) == 1 and not gate.train and isinstance(gate.setting.system, Flow)
    if not plain or gate.arity > MOST_TABULATED or not np.isfinite(gate.bounds.state).all():
        return []
    found = best_found(gate, item.wanted[0], fine=WORTH)
    return [] if found.setpoint is None else [stack([found.setpoint])]


def _best(item: Problem, space: Space, answers: Sequence[ProblemSolution]) -> ProblemSolution:
    """The answer with the highest score; of flows, the highest on which integrators agree."""
    ranked = sorted(answers, key=lambda answer: -answer.score)
    if not any(isinstance(gate.setting.system, Flow) for gate in item.gates):
        return ranked[0]
    programme = Programme(item.gates, space, item.wanted)
    for answer in ranked:
        if answer.score > 0 and programme.converged(answer.setpoints):
            return answer
    return replace(ranked[0], score=-np.inf)


def _most_trials(plan: CircuitPlan) -> int:
    """How many trials of a problem fit one program."""
    rows = sum(len(group.gates) << group.arity for group in plan.groups)
    return max(LEAST_RESTARTS, MOST_VALUES // rows)


def _round_up(count: int) -> int:
    """The next number of the form 2^n or 3 2^n."""
    power = 1 << (count - 1).bit_length()
    return 3 * power // 4 if count <= 3 * power // 4 else power


def _search_for(item: Problem, search: Search) -> Search:
    """The search that suits a problem.

    Where the values have no bound, neither has the margin: its maximum lies at infinity. Such gates
    are trained to the right bits by cross-entropy instead.
    """
    search = affordable(search, item.gates)
    ranges = [value_range(gate) for gate in item.gates]
    if search.loss is not None or all(np.isfinite(low + high) for low, high, _ in ranges):
        return search
    return replace(search, loss=parse_loss("cross-entropy"), steepness=Anneal(1.0, 1.0))


def _solve_family(
    plan: CircuitPlan,
    spaces: Mapping[Problem, Space],
    search: Search,
    random: np.random.Generator,
    progress: Progress | None,
    *,
    polish: bool,
) -> tuple[dict[Problem, list[Setpoints]], Stage]:
    """Problems of one structure: every restart of every problem is a trial of one program."""
    items = list(spaces)
    # The number of trials is one of few, so that few different programs are compiled, and it is not
    # small: a few problems get the restarts that many would have shared.
    padded = items + [items[-1]] * (_round_up(len(items)) - len(items))
    restarts = min(search.restarts, max(LEAST_RESTARTS, _most_trials(plan) // len(padded)))
    if polish and search.restarts >= GATES.restarts:
        restarts = max(restarts, min(LEAST_TRIALS, _most_trials(plan)) // len(padded))
    data = spread(
        [(spaces[item], *row_masks(plan, item.gates, item.wanted)) for item in padded], restarts
    )
    trained = train(
        GateObjective(plan, search.loss, search.steepness, search.temperature),
        needed(
            spaces[items[0]],
            start(spaces[items[0]], random, len(padded) * restarts),
            projected=search.loss is None,
        ),
        data=data,
        optimizer=search.optimizer,
        steps=search.steps,
        look=LOOK,
        trial_axis=-1,
        progress=progress,
    )
    real = len(items) * restarts
    stage = Stage(
        "gates",
        len(items),
        real,
        int(trained.solved[:real].sum()),
        int(trained.retired[:real].sum()),
        trained.steps,
        trained.outcome.value,
    )
    scores = trained.score.reshape(len(padded), restarts)[: len(items)]
    order = np.argsort(-scores, axis=1, kind="stable")[:, :CANDIDATES]
    chosen = order + restarts * np.arange(len(items))[:, None]
    parameters = jax.tree.map(
        lambda leaf: np.asarray(leaf, np.float64),
        _parameters(plan, data[0], trained.parameters, search.loss is None),
    )
    return {
        item: [Setpoints(*(leaf[..., trial] for leaf in parameters)) for trial in trials]
        for item, trials in zip(items, chosen, strict=True)
    }, stage


@partial(jax.jit, static_argnames=("plan", "projected"))
def _parameters(plan: CircuitPlan, space: Space, raw: Raw, projected: bool) -> Setpoints:
    if not projected:
        return realise(plan, space, raw)[0]
    # The threshold will be put midway, so the values need not be evaluated for it.
    x0, delta, system = physical(space, raw)
    return Setpoints(x0, delta, jnp.zeros_like(x0), system)
