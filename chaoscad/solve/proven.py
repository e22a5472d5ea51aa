"""What is proven of the gates that were solved: no margin above a bound, and a setting near to it.

Training climbs from many starts, and may miss the highest hill; branch and bound cannot, while its
budget lasts. The setting that it attains is refined like a trained one, and taken where it is better.
"""

from __future__ import annotations

import math
from collections.abc import Container, Mapping, Sequence
from dataclasses import replace

import numpy as np

from chaoscad.cells.classes import canonical
from chaoscad.compile import stack
from chaoscad.feasibility import Feasibility, feasibility
from chaoscad.feasibility.search import ACCURACY, WIDEST
from chaoscad.solve.problem import Problem, ProblemSolution
from chaoscad.solve.ranges import value_range

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
    - `improve`: whether better settings are taken. The setting that a proof attains is not refined yet
      and may become better than it is; what a library has is refined, so only a better one replaces it.
    """
    asked = [
        item
        for item in dict.fromkeys(posed)
        if _provable(item) and (item not in looked_up or item.gates[0].arity <= SMALL)
    ]
    found = {item: answers[item] for item in posed}
    rows = sum(1 << item.gates[0].arity for item in asked)
    proofs: dict[Problem, Feasibility] = {}
    for item in asked:
        boxes = min(PROBLEM_ROWS >> item.gates[0].arity, MOST_BOXES, EVERY_ROWS // rows)
        if boxes < FEWEST_BOXES:
            continue
        known = item in looked_up
        least = (1.0 if known else 1 - 2 * ACCURACY) if improve else math.inf
        alike = _alike(item) if known else item
        proof = proofs.get(alike)
        # The setting of a proof is that of its own function.
        if proof is None or proof.lower > found[item].margin[0] * least:
            proof = proofs[alike] = _proof(item, boxes)
        found[item] = _bounded(item, found[item], proof, least)
    return found


def _alike(item: Problem) -> Problem:
    """One problem for all functions that a cell of a library serves: their best margins are equal."""
    if item.gates[0].fixed or "-" in item.wanted[0].rows:
        return item
    return replace(item, wanted=(canonical(item.wanted[0])[0],))


def _proof(item: Problem, boxes: int) -> Feasibility:
    gate = item.gates[0]
    return feasibility(gate, item.wanted[0], epsilon=NONE * value_range(gate)[2], boxes=boxes)


def _provable(item: Problem) -> bool:
    gate = item.gates[0]
    if len(item.gates) > 1 or item.ties or gate.train or not gate.setting.one_dimensional:
        return False
    low, high, _ = value_range(gate)
    return gate.arity <= WIDEST and bool(np.isfinite([*gate.bounds.state, low, high]).all())


def _bounded(
    item: Problem, answer: ProblemSolution, proof: Feasibility, least: float
) -> ProblemSolution:
    point = proof.setpoint
    if point is not None and proof.lower > answer.margin[0] * least:
        from chaoscad.solve.refine import refine
        from chaoscad.solve.slots import build_space

        space = build_space(item.gates, (), projected=True)
        begin = stack([point])
        better = ProblemSolution(
            *refine(item.gates, space, item.wanted, begin, projected=True, polish=True)
        )
        if better.score > answer.score + abs(answer.score) * BETTER:
            answer = better
    return replace(answer, bound=proof.upper)
