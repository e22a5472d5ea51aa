"""What is proven of the gates that were solved: no margin above a bound, and a setting near to it.

Training climbs from many starts, and may miss the highest hill; branch and bound cannot, while its
budget lasts. The setting that it attains is refined like a trained one, and taken where it is better.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import replace

import numpy as np

from chaoscad.compile import stack
from chaoscad.feasibility import feasibility
from chaoscad.feasibility.search import ACCURACY, WIDEST
from chaoscad.solve.gates import Problem, ProblemSolution
from chaoscad.solve.refine import refine
from chaoscad.solve.slots import build_space, value_range

MOST_BOXES = 50_000
"""Boxes that are examined for one gate."""

PROBLEM_ROWS = 400_000
"""Boxes times rows of one gate: wider gates, whose boxes cost more, get fewer."""

EVERY_ROWS = 2_000_000
"""The same for all gates of a circuit that differ; seconds on one core."""

FEWEST_BOXES = 1_000
"""Less is not worth the while: of gates that would get it, in a circuit of very many different ones,
no bound is known."""

SMALL = 2
"""Most inputs of gates from a library that are asked about."""

NONE = 1e-4
"""The margin that counts as none, as a share of the range of the gate's values."""

BETTER = 1e-6
"""By which share a margin must be greater to replace a found one."""


def proven(
    posed: Sequence[Problem],
    answers: Mapping[Problem, ProblemSolution],
    looked_up: Container[Problem] = (),
    *,
    improve: bool = True,
) -> dict[Problem, ProblemSolution]:
    """The answers with the bounds of their margins, and better ones where the proof attains them.

    Asked about are single gates of at most four inputs on maps, with a range of states and nothing
    trained in the map; of others no bound is known.

    **Arguments:**

    - `looked_up`: problems whose answers are from a library; only small gates are asked about, since
      a proof would cost more than the look-up saved.
    - `improve`: whether better settings are taken.
    """
    asked = [
        item
        for item in dict.fromkeys(posed)
        if _provable(item) and (item not in looked_up or item.gates[0].arity <= SMALL)
    ]
    found = {item: answers[item] for item in posed}
    rows = sum(1 << item.gates[0].arity for item in asked)
    for item in asked:
        boxes = min(PROBLEM_ROWS >> item.gates[0].arity, MOST_BOXES, EVERY_ROWS // rows)
        if boxes >= FEWEST_BOXES:
            found[item] = _bounded(item, found[item], boxes, improve)
    return found


def _provable(item: Problem) -> bool:
    gate = item.gates[0]
    if len(item.gates) > 1 or item.ties or gate.train or not gate.setting.one_dimensional:
        return False
    low, high, _ = value_range(gate)
    return gate.arity <= WIDEST and bool(np.isfinite([*gate.bounds.state, low, high]).all())


def _bounded(item: Problem, answer: ProblemSolution, boxes: int, improve: bool) -> ProblemSolution:
    gate, wanted = item.gates[0], item.wanted[0]
    found = feasibility(gate, wanted, epsilon=NONE * value_range(gate)[2], boxes=boxes)
    point, margin = found.setpoint, float(answer.margin[0])
    # A setting that is not refined yet may become better than it is.
    if improve and point is not None and not found.lower < margin * (1 - 2 * ACCURACY):
        space = build_space(item.gates, (), projected=True)
        begin = stack([point])
        better = ProblemSolution(
            *refine(item.gates, space, item.wanted, begin, projected=True, polish=True)
        )
        if better.score > answer.score + abs(answer.score) * BETTER:
            answer = better
    return replace(answer, bound=found.upper)
