"""One element in several settings: the best of very many drawings, raised by linear programmes.

The search is that of `feasibility.points`, with more drawings and starts than a proof needs. Where no
setting does all members, the answer is one that does as many as any that was seen, as well as it can.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chaoscad.compile import Setpoints, stack
from chaoscad.errors import ChaoscadError
from chaoscad.family import Family
from chaoscad.feasibility.drawings import WIDEST
from chaoscad.feasibility.flows import in_tables
from chaoscad.feasibility.members import Members
from chaoscad.feasibility.points import FEW, Point, Settings
from chaoscad.feasibility.searched import Conflict
from chaoscad.solve.ranges import value_range
from chaoscad.systems import Flow

DRAWN, DRAWN_EACH = 3840, 960
"""Drawings of weights, and for each offset where these are fewer: hills are of offsets, and readings of
one orbit have one."""

STARTS, MANY_STARTS, MANY = 48, 64, 32
"""Drawings that are raised, and of families of more members than `MANY`, whose hills are many."""

STARTS_EACH = 12
"""Drawings that are raised for each offset, where these are fewer."""

PARTS = 6
"""Drawings that are raised where none does all members."""

FLOW_STEPS = 4
"""Linear programmes of a flow with its own values, each of which takes integrations."""


@dataclass(frozen=True)
class Searched:
    """What the search found.

    **Arguments:**

    - `setpoints`: of every member.
    - `reached`: of every member, whether it has a margin.
    """

    setpoints: Setpoints
    reached: tuple[bool, ...]

    @property
    def whole(self) -> bool:
        """Whether one setting does all members."""
        return all(self.reached)


@np.errstate(all="ignore")
def searched(family: Family, random: np.random.Generator) -> Searched | None:
    """The best setting found for a family; `None` where the search does not apply or finds none.

    It applies to members whose states have a bounded range and whose values are finite there.
    """
    if family.gates[0].arity > WIDEST:
        return None
    settings = _settings(family)
    if settings is None:
        return None
    offsets = len(set(family.x0))
    starts = STARTS if len(family.gates) <= MANY else MANY_STARTS
    points = settings.drawn(
        random, min(starts, STARTS_EACH * offsets), min(DRAWN, DRAWN_EACH * offsets)
    )
    if found := settings.raised(points):
        point = found[0]
        if isinstance(family.gates[0].setting.system, Flow):
            point = settings.exactly().climbed(point, FLOW_STEPS)[0]
        return Searched(stack(settings.setpoints(point)), (True,) * len(family.gates))
    return _in_part(family, settings, points[:PARTS])


def hills_of(family: Family, random: np.random.Generator, count: int) -> list[Setpoints]:
    """Settings of a family on different hills, each raised a little; none where the search does not apply."""
    settings = None if family.gates[0].arity > WIDEST else _settings(family)
    if settings is None:
        return []
    points = settings.drawn(random, 2 * count, DRAWN)
    raised = [pair for point in points if (pair := settings.climbed(point, FEW))[1] > 0]
    raised.sort(key=lambda pair: -pair[1])
    return [stack(settings.setpoints(point)) for point, _ in raised[:count]]


def _settings(family: Family) -> Settings | None:
    """The family's settings, evaluated in a table where it is a flow."""
    try:
        members = Members(family)
    except (Conflict, ChaoscadError):
        return None
    if members.empty or not np.isfinite([*members.range, *members.state.ravel()]).all():
        return None
    sizes = [value_range(gate)[2] for gate in family.gates]
    scale = np.zeros(len(members.threshold[0]))
    np.maximum.at(scale, np.array(family.threshold), sizes)
    flow = isinstance(family.gates[0].setting.system, Flow)
    return Settings(members, in_tables(members) if flow else None, scale)


def _in_part(family: Family, settings: Settings, points: list[Point]) -> Searched | None:
    """The setting of the most members, raised for those, and what it is for the others."""
    best: tuple[int, float, Point] = 0, 0.0, Point(*(np.zeros(0),) * 3)
    for point in points:
        able = [number for number, margin in enumerate(settings.margins(point)) if margin > 0]
        if not able:
            continue
        own = _settings(family.part(able))
        if own is None:
            continue
        x0 = [family.x0[number] for number in able]
        levels = [family.threshold[number] for number in able]
        begin = Point(
            point.delta,
            point.x0[list(dict.fromkeys(x0))],
            point.threshold[list(dict.fromkeys(levels))],
        )
        raised, margin = own.climbed(begin)
        if (len(able), margin) > best[:2] and margin > 0:
            threshold = point.threshold.copy()
            threshold[list(dict.fromkeys(levels))] = raised.threshold
            every = settings.placed(raised.delta, threshold)
            every[list(dict.fromkeys(x0))] = raised.x0
            best = len(able), margin, Point(raised.delta, every, threshold)
    if not best[0]:
        return None
    margins = settings.margins(best[2])
    return Searched(stack(settings.setpoints(best[2])), tuple(bool(m > 0) for m in margins))
