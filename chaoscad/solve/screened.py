"""Single gates of maps by search alone: every problem of one structure in one program, no gradients.

F is a function of one number, so a gate of few inputs has few unknowns: an offset and its weights. For
one system with any parameters, one number of iterates and one kind of weights, settings drawn at random
are tried for every problem at once, the best of every group of drawings climbs by trials around it, and
sequential quadratic programming finds the last digits of the best hills. Training every problem from
as many starts takes ten times longer and finds no better margin.

`sampled` does the same for a few gates without a program: nothing is compiled, which takes ten seconds
here, and each gate takes four times as long. So `optimize` has that one, and a sweep this one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from chaoscad.compile import stack
from chaoscad.compile.precision import double
from chaoscad.feasibility.searched import Conflict, Rows, Search, distinct_rows
from chaoscad.solve.problem import Problem, ProblemSolution
from chaoscad.solve.refine import refine
from chaoscad.solve.slots import build_space
from chaoscad.systems import Flow, Map, Setting

WIDEST = 3
"""Most inputs of a gate that is searched like this."""

GROUPS, DRAWINGS = 64, 256
"""Groups of drawings, of which each has its own best, and drawings of a group."""

CLIMBED = 8
"""Groups that climb to the end: those that are best after the early steps."""

EARLY, LATE = (12, 16), (40, 32)
"""Steps of a climb, and settings that are tried in each."""

REACH, SHRINK = 0.05, 0.5
"""How far around the first trials lie, as a share of a range, and what a step without success leaves
of it."""

REFINED = 2
"""How many hills are refined."""

ALIKE = 0.99
"""A hill with less than this share of the best margin is not refined."""

PROGRAM, TOGETHER = 64, 8
"""Problems of one call, so that one program is compiled whatever their number, and problems that are
searched at a time, so that its memory is bounded."""


class _Posed(NamedTuple):
    """Problems of one structure as arrays, one a problem."""

    parameters: Float[Any, "*problems parameters"]
    state: Float[Any, "*problems 2"]
    low: Float[Any, "*problems unknowns"]
    high: Float[Any, "*problems unknowns"]
    threshold: Float[Any, "*problems 2"]
    above: Bool[Any, "*problems rows"]
    below: Bool[Any, "*problems rows"]


class _Structure(NamedTuple):
    """What problems of one program have in common; hashable."""

    setting: Setting
    rows: tuple[tuple[float, ...], ...]


def screened(problems: Sequence[Problem]) -> dict[Problem, ProblemSolution]:
    """The best setting found for each of the problems that this search covers.

    It covers single gates of at most `WIDEST` inputs on maps, with a finite range of states, nothing
    trained in the map, and a function that is not constant. A function that needs different outputs at
    equal states gets a score of minus infinity.
    """
    families: dict[tuple[_Structure, int], dict[Problem, tuple[Search, Rows]]] = {}
    answers: dict[Problem, ProblemSolution] = {}
    for item in dict.fromkeys(problems):
        if not _covered(item):
            continue
        gate = item.gates[0]
        try:
            rows = distinct_rows(gate, item.wanted[0])
        except Conflict:
            answers[item] = _none(item)
            continue
        search = Search(gate, rows, ())
        if not (search.bounded and rows.above.any() and rows.below.any()):
            continue
        plain = gate.setting.with_values(gate.setting.system.defaults())
        structure = _Structure(plain, tuple(map(tuple, rows.weights.tolist())))
        families.setdefault((structure, gate.iterates), {})[item] = (search, rows)
    for (structure, iterates), members in families.items():
        items = list(members)
        for first in range(0, len(items), PROGRAM):
            part = items[first : first + PROGRAM]
            padded = part + part[-1:] * (PROGRAM - len(part))
            with double():
                answer = _searched(structure, iterates, _posed(padded, members))
                found, margins = map(np.asarray, answer)
            for item, points, heights in zip(part, found, margins, strict=False):
                answers[item] = _refined(item, members[item][0], points, heights)
    return answers


def _covered(item: Problem) -> bool:
    gate = item.gates[0]
    plain = len(item.gates) == 1 and not item.ties and not gate.train
    return (
        plain
        and not isinstance(gate.setting.system, Flow)
        and gate.arity <= WIDEST
        and bool(np.isfinite(gate.bounds.state).all())
    )


def _none(item: Problem) -> ProblemSolution:
    gate = item.gates[0]
    middle = Search(gate, Rows(np.zeros((1, 1)), np.ones(1, bool), np.ones(1, bool), ()), ())
    start = np.clip(np.zeros_like(middle.low), middle.low, middle.high)
    return ProblemSolution(stack([middle.at(start, 0.0)]), np.array([-np.inf]), -np.inf)


def _posed(items: Sequence[Problem], members: Mapping[Problem, tuple[Search, Rows]]) -> _Posed:
    searches, rows = zip(*(members[item] for item in items), strict=True)
    free = (-np.inf, np.inf)
    return _Posed(
        np.array([item.gates[0].setting.values for item in items], np.float64),
        np.array([search.state for search in searches], np.float64),
        np.array([search.low for search in searches]),
        np.array([search.high for search in searches]),
        np.array([search.threshold or free for search in searches]),
        np.array([one.above for one in rows]),
        np.array([one.below for one in rows]),
    )


def _refined(
    item: Problem, search: Search, points: np.ndarray, heights: np.ndarray
) -> ProblemSolution:
    """The best of the hills, its last digits found."""
    order = np.argsort(-heights, kind="stable")
    best = heights[order[0]]
    if not best > 0:
        return _none(item)
    space = build_space(item.gates, (), projected=True)
    chosen: list[int] = []
    for place in order:
        far = all(abs(heights[place] - heights[other]) > 1e-3 * best for other in chosen)
        if heights[place] >= ALIKE * best and len(chosen) < REFINED and far:
            chosen.append(place)
    answers = [
        ProblemSolution(
            *refine(
                item.gates,
                space,
                item.wanted,
                stack([search.setpoint(points[place])]),
                projected=True,
                polish=True,
            )
        )
        for place in chosen
    ]
    return max(answers, key=lambda answer: answer.score)


@partial(jax.jit, static_argnames=("structure",))
def _searched(structure: _Structure, iterates: Array | int, posed: _Posed) -> tuple[Array, Array]:
    """The best settings of the best groups and their margins: `[problems, CLIMBED, unknowns]`."""
    factors = jnp.asarray(structure.rows)
    unknowns = 1 + factors.shape[1]
    setting, names = structure.setting, tuple(structure.setting.parameters)
    system = setting.system
    assert isinstance(system, Map)
    key = jax.random.key(0)
    drawn, others = jax.random.uniform(key, (2, GROUPS, DRAWINGS, unknowns))
    kind = (jnp.arange(GROUPS) % 4)[:, None, None]

    def one(item: _Posed) -> tuple[Array, Array]:
        parameters = {name: item.parameters[index] for index, name in enumerate(names)}
        width = item.high - item.low

        def room(points: Array) -> tuple[Array, Array, Array]:
            """What the weights add to x0 in every row, and the ends that they leave to x0."""
            shift = points[..., 1:] @ factors.T
            first = jnp.maximum(item.low[0], item.state[0] - shift.min(-1))
            return shift, first, jnp.minimum(item.high[0], item.state[1] - shift.max(-1))

        def placed(points: Array) -> tuple[Array, Array]:
            """The settings with x0 where the states are in range, and their margins."""
            shift, first, last = room(points)
            x0 = jnp.clip(points[..., 0], first, last)
            state = setting.launch(jnp, x0[..., None] + shift)
            step = partial(system.step, jnp)
            state = jax.lax.fori_loop(0, iterates, lambda _, at: step(at, parameters), state)
            value = state[setting.reading]
            top = jnp.where(item.above, value, jnp.inf).min(-1)
            bottom = jnp.where(item.below, value, -jnp.inf).max(-1)
            threshold = jnp.clip((top + bottom) / 2, *item.threshold)
            margin = jnp.minimum(top - threshold, threshold - bottom)
            fits = (last >= first) & jnp.isfinite(margin)
            points = points.at[..., 0].set(x0)
            return points, jnp.where(fits, margin, -jnp.inf)

        def climbed(begin: Array, height: Array, reach: Array, tried: Array) -> tuple[Array, ...]:
            """Settings after as many steps as `tried` has: `[steps, settings, trials, unknowns]`."""

            def climb(state: tuple[Array, ...], moves: Array) -> tuple[tuple[Array, ...], None]:
                best, height, reach = state
                around = best[:, None] + moves * reach[:, None, None] * width
                points, margins = placed(jnp.clip(around, item.low, item.high))
                place = margins.argmax(1)
                better = jnp.take_along_axis(points, place[:, None, None], 1)[:, 0]
                gained = margins.max(1) > height
                best = jnp.where(gained[:, None], better, best)
                height = jnp.maximum(height, margins.max(1))
                return (best, height, jnp.where(gained, reach, reach * SHRINK)), None

            return jax.lax.scan(climb, (begin, height, reach), tried)[0]

        points = item.low + width * drawn
        # Inputs that do not matter want weights of nothing, and many folds small ones.
        rest = jnp.clip(0.0, item.low, item.high)
        small = rest + (points - rest) * 10.0 ** (-2.0 * others)
        some = jnp.where(others < 0.5, rest, points)
        points = jnp.where(kind == 1, small, jnp.where(kind == 3, some, points))
        _, first, last = room(points)
        # The ends of the range of states are where a map is often lowest, on a hill that is steep.
        end = jnp.where(others[..., 0] < 0.5, jnp.round(drawn[..., 0]), drawn[..., 0])
        share = jnp.where(kind[..., 0] >= 2, end, drawn[..., 0])
        points = points.at[..., 0].set(first + (last - first) * share)
        points, margins = placed(points)
        place = margins.argmax(1)
        best = jnp.take_along_axis(points, place[:, None, None], 1)[:, 0]
        state = climbed(best, margins.max(1), jnp.full(GROUPS, REACH), early)
        chosen = jnp.argsort(-state[1], stable=True)[:CLIMBED]
        best, height, reach = (one[chosen] for one in state)
        best, height, _ = climbed(best, height, reach, late)
        return best, height

    early = _moves(jax.random.fold_in(key, 1), EARLY[0], GROUPS, EARLY[1], unknowns)
    late = _moves(jax.random.fold_in(key, 2), LATE[0], CLIMBED, LATE[1], unknowns)
    return jax.lax.map(one, posed, batch_size=TOGETHER)


def _moves(key: Array, *shape: int) -> Array:
    """Moves within a cube, `[steps, settings, trials, unknowns]`.

    The best settings lie on ridges, where rows have equal values: half of the moves go along a
    diagonal or an axis, since others leave a ridge.
    """
    keys = jax.random.split(key, 3)
    free = jax.random.uniform(keys[0], shape, minval=-1.0)
    signs = jax.random.randint(keys[1], shape, -1, 2)
    along = signs * jax.random.uniform(keys[2], (*shape[:-1], 1))
    half = (jnp.arange(shape[2]) % 2 == 1)[:, None]
    return jnp.where(half, along, free)
