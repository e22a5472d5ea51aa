"""The cheapest order of several configurations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Any

from chaoscad.design.reconfigurable import Reconfigurable
from chaoscad.errors import ChaoscadError, Diagnostic, shown
from chaoscad.hardware import Hardware
from chaoscad.switching.changes import Cost, Switch, controls, scale_of, switch_between

MOST_EXACT = 12
"""Most configurations whose cheapest order is found exactly: 2^n n^2 steps."""


@dataclass(frozen=True)
class Order:
    """Configurations one after another.

    **Arguments:**

    - `names`: as often as they were given, equal ones together.
    - `switches`: between neighbours that differ.
    - `exact`: whether no order is cheaper; otherwise none was found.
    """

    names: tuple[str, ...]
    switches: tuple[Switch, ...]
    exact: bool

    @property
    def cost(self) -> Cost:
        """The controls that change in all switches, and the largest step of any."""
        return (
            sum(len(item.changes) for item in self.switches),
            max((item.largest_step for item in self.switches), default=0.0),
        )

    def to_data(self) -> dict[str, Any]:
        """As JSON-ready data."""
        changed, step = self.cost
        volts = [item.largest_volts for item in self.switches if item.largest_volts is not None]
        return {
            "order": list(self.names),
            "exact": self.exact,
            "controls_changed": changed,
            "largest_step": step,
            "largest_step_volts": max(volts, default=None),
            "switches": [item.to_data() for item in self.switches],
        }


def cheapest_order(
    design: Reconfigurable,
    names: Sequence[str],
    *,
    start: str | None = None,
    hardware: Hardware | None = None,
) -> Order:
    """The order of some configurations in which the fewest controls change.

    Among orders that change as many, one whose largest step is least. Up to `MOST_EXACT` different
    configurations it is found by dynamic programming over subsets (Held and Karp, 1962, J. SIAM 10,
    196); of more, the best of the orders that go on to the nearest, one from each start.

    **Arguments:**

    - `names`: those that are wanted; one that is wanted several times is visited once, for as long.
    - `start`: the one that the circuit is in before, and that is first; it need not be wanted.

    **Raises:** `ChaoscadError` for no configurations, and for one that the design has not.
    """
    if not names:
        hint = f"its configurations are {', '.join(design.configurations)}"
        message = f"no configurations of {design.name} were given to order"
        raise ChaoscadError(Diagnostic(message, hint=hint))
    if isinstance(names, str):
        message = f"{shown(names)} is one name, and an order is of several"
        raise ChaoscadError(Diagnostic(message, hint="give a list of names"))
    counts = Counter(names)
    distinct = list(counts)
    if start is not None and start not in counts:
        distinct.insert(0, start)
    for name in distinct:
        design.configuration(name)
    every, scale = controls(design), scale_of(design, hardware)
    known = {pair: switch_between(every, *pair, scale) for pair in combinations(distinct, 2)}
    costs = [[_cost(known, one, other) for other in distinct] for one in distinct]
    first = None if start is None else distinct.index(start)
    exact = len(distinct) <= MOST_EXACT
    places = _held_karp(costs, first) if exact else _nearest_first(costs, first)
    path = [distinct[place] for place in places]
    # The start stands in the order even where only the switch from it is wanted.
    repeated = tuple(name for name in path for _ in range(max(1, counts[name])))
    switches = tuple(switch_between(every, *pair, scale) for pair in pairwise(path))
    return Order(repeated, switches, exact)


def _cost(known: Mapping[tuple[str, str], Switch], one: str, other: str) -> Cost:
    found = known.get((one, other)) or known.get((other, one))
    return (0, 0.0) if found is None else found.cost


def _joined(one: Cost, other: Cost) -> Cost:
    # Never decreasing in either part, so the best way to a subset is part of a best way through it.
    return one[0] + other[0], max(one[1], other[1])


def _held_karp(costs: Sequence[Sequence[Cost]], first: int | None) -> list[int]:
    """The cheapest path through all places; of equal ones the first that is found."""
    count = len(costs)
    starts = range(count) if first is None else [first]
    best: dict[tuple[int, int], tuple[Cost, int]] = {
        (1 << place, place): ((0, 0.0), -1) for place in starts
    }
    for members in range(1, 1 << count):
        for last in range(count):
            here = best.get((members, last))
            if here is None:
                continue
            for then in range(count):
                if members >> then & 1:
                    continue
                cost = _joined(here[0], costs[last][then])
                key = (members | 1 << then, then)
                if key not in best or cost < best[key][0]:
                    best[key] = (cost, last)
    members = (1 << count) - 1
    last = min(
        (place for place in range(count) if (members, place) in best),
        key=lambda place: best[members, place][0],
    )
    path: list[int] = []
    while last >= 0:
        path.append(last)
        members, last = members & ~(1 << last), best[members, last][1]
    # A free path costs the same both ways, and begins with the earlier of its ends.
    return path if first is None else path[::-1]


def _nearest_first(costs: Sequence[Sequence[Cost]], first: int | None) -> list[int]:
    paths = [_greedy(costs, place) for place in (range(len(costs)) if first is None else [first])]

    def total(path: list[int]) -> Cost:
        found = (0, 0.0)
        for one, other in pairwise(path):
            found = _joined(found, costs[one][other])
        return found

    return min(paths, key=total)


def _greedy(costs: Sequence[Sequence[Cost]], first: int) -> list[int]:
    path, left = [first], [place for place in range(len(costs)) if place != first]
    while left:
        path.append(min(left, key=lambda place: costs[path[-1]][place]))
        left.remove(path[-1])
    return path
