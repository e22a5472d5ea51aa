"""Iterates and comparators of gates that are solved together: few promising choices of very many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice, product

import numpy as np
from jaxtyping import Float

from chaoscad.family import Family
from chaoscad.gate import margins
from chaoscad.netlist import Gate, Netlist, Tie, TruthTable
from chaoscad.netlist.bounds import room
from chaoscad.netlist.model import Choices
from chaoscad.solve.ranges import value_range
from chaoscad.systems import Flow

FEW = 4
"""Choices that are solved; each may be another program to compile."""

SAMPLES = 40_000
"""Random settings by which the others are judged."""

BLOCK = 4_000
"""Settings that are evaluated at a time."""


def promising(
    netlist: Netlist, gates: Sequence[Gate], wanted: Sequence[TruthTable], ties: Sequence[Tie]
) -> list[tuple[Gate, ...]]:
    """The gates with their choices made, in the ways that are worth solving; the likeliest first.

    Gates that `netlist.together` names make one choice. Up to `FEW` ways are all of them; of more,
    those are taken that do best at random settings of the family's parameters, and a way that is not
    found by any of them is left out. Gates that are no family, or flows, are taken as they are and
    with the first ways.
    """
    groups = _groups(netlist, gates)
    options = [gates[group[0]].variants for group in groups]
    count = int(np.prod([len(item) for item in options]))
    if count == 1:
        return [tuple(replace(gate, choices=Choices()) for gate in gates)]
    family = Family.of(gates, wanted, ties)
    flow = any(isinstance(gate.setting.system, Flow) for gate in gates)
    if count <= FEW or family is None or flow:
        ways = islice(product(*(range(len(item)) for item in options)), FEW)
    else:
        ways = _sampled(family, groups, options)
    return [_made(gates, groups, options, way) for way in ways]


def _groups(netlist: Netlist, gates: Sequence[Gate]) -> list[list[int]]:
    of = {name: number for number, names in enumerate(netlist.together) for name in names}
    found: dict[object, list[int]] = {}
    for index, gate in enumerate(gates):
        found.setdefault(of.get(gate.name, gate.name), []).append(index)
    return list(found.values())


def _made(
    gates: Sequence[Gate],
    groups: Sequence[Sequence[int]],
    options: Sequence[tuple[Gate, ...]],
    way: Sequence[int],
) -> tuple[Gate, ...]:
    made = list(gates)
    for group, variants, number in zip(groups, options, way, strict=True):
        chosen = variants[number]
        for index in group:
            made[index] = replace(
                gates[index],
                iterates=chosen.iterates,
                compare=chosen.compare,
                choices=Choices(),
            )
    return tuple(made)


@np.errstate(all="ignore")
def _sampled(
    family: Family, groups: Sequence[Sequence[int]], options: Sequence[tuple[Gate, ...]]
) -> list[tuple[int, ...]]:
    """The ways that do best at random settings, each once."""
    random = np.random.default_rng(0)
    best: dict[tuple[int, ...], float] = {}
    for _ in range(SAMPLES // BLOCK):
        draw = _draw(family, random)
        scores = [
            np.stack([_least(family, group, variant, draw) for variant in variants])
            for group, variants in zip(groups, options, strict=True)
        ]
        places = np.stack([score.argmax(0) for score in scores], axis=-1)
        least = np.stack([score.max(0) for score in scores]).min(0)
        for number in np.argsort(-least)[:64]:
            way = tuple(int(place) for place in places[number])
            best[way] = max(best.get(way, -np.inf), float(least[number]))
    return sorted(best, key=lambda way: (-best[way], way))[:FEW]


Draw = tuple[Float[np.ndarray, "x0 block"], Float[np.ndarray, "inputs block"], np.ndarray]
"""Offsets by class, weights, and thresholds by class."""


def _draw(family: Family, random: np.random.Generator) -> Draw:
    gate = family.gates[0]
    space = room(gate)
    low, high = space.state
    # Slopes of F grow about as 2^n, so that weights of all sizes are worth a try: evenly by logarithm.
    size = np.exp(random.uniform(np.log(0.02), 0.0, BLOCK))
    delta = np.stack(
        [np.clip(random.uniform(-1, 1, BLOCK) * size * (high - low), *ends) for ends in space.delta]
    )
    if gate.weights == "shared":
        delta[:] = delta[0]
    x0 = random.uniform(low, high, (max(family.x0) + 1, BLOCK))
    ranges = [value_range(one) for member in family.gates for one in member.variants]
    bottom, top = min(item[0] for item in ranges), max(item[1] for item in ranges)
    if space.threshold is not None:
        bottom, top = space.threshold
    threshold = random.uniform(bottom, top, (max(family.threshold) + 1, BLOCK))
    return x0, delta, threshold


def _least(family: Family, group: Sequence[int], variant: Gate, draw: Draw) -> np.ndarray:
    """The least margin of a group's members at every setting, were they like `variant`."""
    x0, delta, thresholds = draw
    least = np.full(BLOCK, np.inf)
    for index in group:
        gate, table = family.gates[index], family.wanted[index]
        rows = np.array(
            [
                [row >> (gate.arity - 1 - k) & 1 for k in range(gate.arity)]
                for row in range(1 << gate.arity)
            ]
        )
        states = x0[family.x0[index]] + rows @ delta
        low, high = gate.bounds.state
        inside = ((states >= low) & (states <= high)).all(0)
        values = gate.setting.value(states, variant.iterates)
        place = family.threshold[index]
        if family.threshold.count(place) == 1 and "threshold" not in gate.fixed:
            distances = _midway(values, table, variant.compare)
        else:
            threshold = thresholds[place]
            distances = values - threshold if variant.compare == ">" else threshold - values
        signed = margins(distances, table)
        least = np.minimum(least, np.where(inside, signed.min(0), -np.inf))
    return least


def _midway(values: np.ndarray, table: TruthTable, compare: str) -> np.ndarray:
    """Distances from the threshold midway between the values of the two sides."""
    ones = np.array([want == ("1" if compare == ">" else "0") for want in table.rows])
    zeros = np.array([want == ("0" if compare == ">" else "1") for want in table.rows])
    lowest = np.where(ones[:, None], values, np.inf).min(0)
    highest = np.where(zeros[:, None], values, -np.inf).max(0)
    lowest = np.where(np.isfinite(lowest), lowest, np.nanmax(values))
    highest = np.where(np.isfinite(highest), highest, np.nanmin(values))
    distances = values - (lowest + highest) / 2
    return distances if compare == ">" else -distances
