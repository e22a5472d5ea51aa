"""Single gates of maps by search alone: every problem of one structure in one program, no gradients.

The search is that of `sampled`. For one system with any parameters, one number of iterates and one kind
of weights, it is compiled once, and a gate then takes a fraction of the time.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from operator import mul
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from chaoscad.compile.precision import double
from chaoscad.feasibility.searched import Conflict
from chaoscad.solve.problem import Problem, ProblemSolution
from chaoscad.solve.refine import refine
from chaoscad.solve.sampled import (
    Hills,
    Numbers,
    Posed,
    Question,
    best,
    groups,
    hills,
    nothing,
    numbers,
)
from chaoscad.solve.slots import build_space
from chaoscad.systems import Map, Setting
from chaoscad.tune.compiled import SMALL, compiled

PROGRAM, TOGETHER = 64, 8
"""Problems of one call, so that one program is compiled whatever their number, and problems that are
searched at a time, so that its memory is bounded."""


class _Structure(NamedTuple):
    """What problems of one program have in common; hashable."""

    setting: Setting
    rows: tuple[tuple[float, ...], ...]
    groups: int


def screened(problems: Sequence[Problem], seed: int = 0) -> dict[Problem, ProblemSolution]:
    """The best setting found for each of the problems that `sampled` covers.

    A function that needs different outputs at equal states gets a score of minus infinity.
    """
    families: dict[tuple[_Structure, int], dict[Problem, Posed]] = {}
    answers: dict[Problem, ProblemSolution] = {}
    for item in dict.fromkeys(problems):
        try:
            posed = Posed.of(item)
        except Conflict:
            answers[item] = nothing(item)
            continue
        if posed is not None:
            gate = item.gates[0]
            plain = gate.setting.with_values(gate.setting.system.defaults())
            rows = tuple(map(tuple, posed.rows.weights.tolist()))
            structure = _Structure(plain, rows, groups(gate))
            families.setdefault((structure, gate.iterates), {})[item] = posed
    for (structure, iterates), members in families.items():
        drawn = numbers(1 + len(structure.rows[0]), structure.groups, seed)
        items = list(members)
        for first in range(0, len(items), PROGRAM):
            part = items[first : first + PROGRAM]
            padded = part + part[-1:] * (PROGRAM - len(part))
            values = np.array([item.gates[0].setting.values for item in padded], np.float64)
            asked = Question(
                *map(np.stack, zip(*(members[item].question for item in padded), strict=True))
            )
            with double():
                found = _searched(structure, iterates, values, asked, drawn)
                found = jax.tree.map(np.asarray, found)
            for place, item in enumerate(part):
                hilltops = Hills(*(leaf[place] for leaf in found))
                answers[item] = _refined(item, members[item], hilltops)
    return answers


def _refined(item: Problem, posed: Posed, found: Hills) -> ProblemSolution:
    """The best of the hills, its last digits found."""
    point = best(posed, found)
    if point is None:
        return nothing(item)
    space = build_space(item.gates, (), projected=True)
    return ProblemSolution(
        *refine(item.gates, space, item.wanted, point, projected=True, polish=True)
    )


@partial(compiled, options=SMALL, static_argnames=("structure",))
def _searched(
    structure: _Structure,
    iterates: Array | int,
    parameters: Float[Any, "problems parameters"],
    questions: Question,
    drawn: Numbers,
) -> Hills:
    """The hills of every problem."""
    setting, names = structure.setting, tuple(structure.setting.parameters)
    system = setting.system
    assert isinstance(system, Map)

    def shifts(weights: Array) -> Array:
        # A product with a matrix this small, of zeros, ones and twos, would not be fused with the rest.
        return jnp.stack([sum(map(mul, row, weights), 0.0 * weights[0]) for row in structure.rows])

    def one(item: tuple[Array, Question]) -> Hills:
        own = {name: item[0][index] for index, name in enumerate(names)}

        def values(z: Array) -> Array:
            state = setting.launch(jnp, z)
            step = partial(system.step, jnp)
            state = jax.lax.fori_loop(0, iterates, lambda _, at: step(at, own), state)
            return state[setting.reading]

        return hills(jnp, item[1], shifts, values, drawn, _repeat)

    return jax.lax.map(one, (parameters, questions), batch_size=TOGETHER)


def _repeat(step: Any, moves: Array, state: Any) -> Any:
    """`functools.reduce` over the first axis."""
    return jax.lax.scan(lambda at, one: (step(at, one), None), state, moves)[0]
