"""Iterates, times and comparators of gates that are solved together: few promising choices of many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice, product

import numpy as np
from jaxtyping import Float

from chaoscad.family import Family
from chaoscad.feasibility.tables import tabulate_readings
from chaoscad.gate import margins
from chaoscad.netlist import Gate, Netlist, Tie, TruthTable
from chaoscad.netlist.bounds import room
from chaoscad.netlist.model import Choices
from chaoscad.solve.ranges import value_range
from chaoscad.systems import Flow, Interval, Setting

FEW = 4
"""Choices that are solved; each may be another program to compile."""

FEW_OF_FLOWS = 2
"""The same of flows, whose every problem takes integrations."""

SAMPLES = 40_000
"""Random settings by which the others are judged."""

BLOCK = 4_000
"""Settings that are evaluated at a time."""


def promising(
    netlist: Netlist, gates: Sequence[Gate], wanted: Sequence[TruthTable], ties: Sequence[Tie]
) -> list[tuple[Gate, ...]]:
    """The gates with their choices made, in the ways that are worth solving; the likeliest first.

    Gates that `netlist.together` names make one choice, those of `netlist.alike` one of the comparator.
    Up to `FEW` ways are all of them; of more, those are taken that do best at random settings of the
    family's parameters, and a way that is not found by any of them is left out. Flows are read from
    one table of their orbits for all times. Gates that are no family, or whose states have no bounded
    range, are taken as they are and with the first ways.
    """
    groups = _groups(netlist.together, gates)
    options = [gates[group[0]].variants for group in groups]
    alike = _groups(netlist.alike, [gates[group[0]] for group in groups])
    count = int(np.prod([len(item) for item in options]))
    if count == 1:
        return [tuple(replace(gate, choices=Choices()) for gate in gates)]
    family = Family.of(gates, wanted, ties)
    few = FEW_OF_FLOWS if isinstance(gates[0].setting.system, Flow) else FEW
    if count <= few or family is None or not np.isfinite(room(gates[0]).state).all():
        every = product(*(range(len(item)) for item in options))
        ways = islice((way for way in every if _of_one_sign(way, alike, options)), FEW)
    else:
        ways = _sampled(family, groups, alike, options)[:few]
    return [_made(gates, groups, options, way) for way in ways]


def _groups(joined: Sequence[Sequence[str]], gates: Sequence[Gate]) -> list[list[int]]:
    """Places of the gates that some names join; a gate of no name is alone."""
    of = {name: number for number, names in enumerate(joined) for name in names}
    found: dict[object, list[int]] = {}
    for index, gate in enumerate(gates):
        found.setdefault(of.get(gate.name, gate.name), []).append(index)
    return list(found.values())


def _of_one_sign(
    way: Sequence[int], alike: Sequence[Sequence[int]], options: Sequence[Sequence[Gate]]
) -> bool:
    """Whether groups that are alike have one comparator."""
    return all(len({options[k][way[k]].compare for k in groups}) == 1 for groups in alike)


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
                setting=replace(gates[index].setting, time=chosen.setting.time),
                choices=Choices(),
            )
    return tuple(made)


@np.errstate(all="ignore")
def _sampled(
    family: Family,
    groups: Sequence[Sequence[int]],
    alike: Sequence[Sequence[int]],
    options: Sequence[tuple[Gate, ...]],
) -> list[tuple[int, ...]]:
    """The ways that do best at random settings, each once."""
    random = np.random.default_rng(0)
    read, ends = _reader(family)
    best: dict[tuple[int, ...], float] = {}
    for _ in range(SAMPLES // BLOCK):
        draw = _draw(family, random, ends)
        scores = [
            np.stack([_least(family, group, variant, draw, read) for variant in variants])
            for group, variants in zip(groups, options, strict=True)
        ]
        _to_one_sign(scores, alike, options)
        places = np.stack([score.argmax(0) for score in scores], axis=-1)
        least = np.stack([score.max(0) for score in scores]).min(0)
        for number in np.argsort(-least)[:64]:
            way = tuple(int(place) for place in places[number])
            best[way] = max(best.get(way, -np.inf), float(least[number]))
    return sorted(best, key=lambda way: (-best[way], way))[:FEW]


def _to_one_sign(
    scores: list[np.ndarray], alike: Sequence[Sequence[int]], options: Sequence[tuple[Gate, ...]]
) -> None:
    """Leave groups that are alike, at every setting, the comparator whose worst group does best.

    **Arguments:**

    - `scores`: of every group `[variants, block]`; those of the other comparator become minus infinity.
    """
    for several in alike:
        if len(several) == 1:
            continue
        signs = {k: np.array([one.compare for one in options[k]]) for k in several}
        least = {
            sign: np.stack([scores[k][signs[k] == sign].max(0) for k in several]).min(0)
            for sign in dict.fromkeys(signs[several[0]].tolist())
        }
        best = np.array(list(least))[np.stack(list(least.values())).argmax(0)]
        for k in several:
            scores[k] = np.where(signs[k][:, None] == best, scores[k], -np.inf)


Draw = tuple[Float[np.ndarray, "x0 block"], Float[np.ndarray, "inputs block"], np.ndarray]
"""Offsets by class, weights, and thresholds by class."""


Read = Callable[[Setting, int, np.ndarray], np.ndarray]
"""The values of a setting after some iterates, at states."""


def _reader(family: Family) -> tuple[Read, Interval]:
    """The values of every way to read the members, and the range of them all."""
    ways = list(dict.fromkeys(way for gate in family.gates for way in gate.variants))
    if not isinstance(family.gates[0].setting.system, Flow):
        ranges = [value_range(way)[:2] for way in ways]
        return (
            lambda setting, iterates, z: setting.value(z, iterates),
            (min(low for low, _ in ranges), max(high for _, high in ranges)),
        )
    settings = tuple(dict.fromkeys(way.setting for way in ways))
    states, tables = tabulate_readings(settings, room(family.gates[0]).state)
    finite = np.concatenate([table[np.isfinite(table)] for table in tables])
    ends = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    return (lambda setting, _, z: np.interp(z, states, tables[settings.index(setting)])), ends


def _draw(family: Family, random: np.random.Generator, ends: Interval) -> Draw:
    gate = family.gates[0]
    space = room(gate)
    low, high = space.state
    # Slopes of F grow about as 2^n, so that weights of all sizes are worth a try: evenly by logarithm.
    size = np.exp(random.uniform(np.log(0.02), 0.0, BLOCK))
    delta = np.stack(
        [np.clip(random.uniform(-1, 1, BLOCK) * size * (high - low), *own) for own in space.delta]
    )
    if gate.weights == "shared":
        delta[:] = delta[0]
    x0 = random.uniform(low, high, (max(family.x0) + 1, BLOCK))
    bottom, top = ends if space.threshold is None else space.threshold
    threshold = random.uniform(bottom, top, (max(family.threshold) + 1, BLOCK))
    return x0, delta, threshold


def _least(
    family: Family, group: Sequence[int], variant: Gate, draw: Draw, read: Read
) -> np.ndarray:
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
        setting = replace(gate.setting, time=variant.setting.time)
        values = read(setting, variant.iterates, states)
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
