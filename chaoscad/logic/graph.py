"""A circuit as a graph of nets: levels, cones, supports, classes, cycles.

What the program asks is answered over `Drivers`, in one pass each. A user gets the same as a networkx graph,
which takes longer to import than a small netlist takes to check: benchmarks/graphs.py measures both.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from networkx import DiGraph

Drivers = Mapping[str, Sequence[str]]
"""For every driven net, the nets that it reads; others are inputs."""


class Driven(Protocol):
    """A net with the nets that it reads: a gate or a node."""

    @property
    def name(self) -> str: ...
    @property
    def inputs(self) -> tuple[str, ...]: ...


Element = TypeVar("Element", bound=Driven)
Cost = TypeVar("Cost", int, float)


class Cycle(Exception):
    """Nets that depend on themselves; `path` starts and ends with the same net."""

    def __init__(self, path: Sequence[str]) -> None:
        super().__init__(" -> ".join(path))
        self.path = tuple(path)


def arrows(path: Sequence[str]) -> str:
    """A path in words, shortened in the middle."""
    return " -> ".join(path if len(path) <= 12 else [*path[:6], "...", *path[-5:]])


def by_level(elements: Iterable[Element]) -> tuple[Element, ...]:
    """Gates or nodes by level, and in the order given within a level.

    **Raises:** `Cycle`, starting at the net that stands first.
    """
    found = {element.name: element for element in elements}
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for net, element in found.items():
        sorter.add(net, *(name for name in element.inputs if name in found))
    place = {net: index for index, net in enumerate(found)}
    try:
        order = list(sorter.static_order())
    except CycleError as error:
        # graphlib lists the cycle from each net to one that reads it, first and last being equal.
        cycle = [str(name) for name in error.args[1]]
        start = min(range(len(cycle) - 1), key=lambda index: place[cycle[index]])
        raise Cycle([*cycle[start:-1], *cycle[: start + 1]]) from None
    level = levels({net: found[net].inputs for net in order})
    return tuple(found[net] for net in sorted(order, key=lambda net: (level[net], place[net])))


def levels(drivers: Drivers) -> dict[str, int]:
    """The level of every driven net, which stand in topological order.

    It is one more than the highest of the nets that it reads; inputs are at 0.
    """
    return longest(drivers, dict.fromkeys(drivers, 1))


def longest(drivers: Drivers, costs: Mapping[str, Cost]) -> dict[str, Cost]:
    """What the longest path from the inputs to every driven net costs, its own cost included.

    **Arguments:**

    - `drivers`: in topological order.
    - `costs`: of every driven net; inputs cost nothing.
    """
    found: dict[str, Cost] = {}
    for net, sources in drivers.items():
        before = (found[name] for name in sources if name in found)
        found[net] = costs[net] + max(before, default=0)
    return found


def cone(drivers: Drivers, nets: Iterable[str]) -> set[str]:
    """The driven nets that any of `nets` depends on, themselves included."""
    found: set[str] = set()
    waiting = list(nets)
    while waiting:
        net = waiting.pop()
        if net in drivers and net not in found:
            found.add(net)
            waiting.extend(drivers[net])
    return found


def supports(drivers: Drivers, inputs: Sequence[str]) -> dict[str, int]:
    """The inputs that every net can depend on: bit k of its number stands for the input k.

    **Arguments:**

    - `drivers`: in topological order, over `inputs`.
    """
    masks = {name: 1 << index for index, name in enumerate(inputs)}
    for net, sources in drivers.items():
        mask = 0
        for name in sources:
            mask |= masks[name]
        masks[net] = mask
    return masks


def members(mask: int, inputs: Sequence[str]) -> tuple[str, ...]:
    """The inputs that a number of `supports` stands for, in their order."""
    return tuple(name for index, name in enumerate(inputs) if mask >> index & 1)


def classes(items: Iterable[Hashable], links: Iterable[tuple[Any, Any]]) -> dict[Any, int]:
    """Numbers for the classes that `links` joins, in the order of their first items."""
    place = {item: index for index, item in enumerate(items)}
    ends = [(place[one], place[other]) for one, other in links]
    if not ends:
        return place
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    rows, columns = zip(*ends, strict=True)
    joined = coo_array(([True] * len(ends), (rows, columns)), (len(place), len(place)))
    labels = connected_components(joined, directed=False)[1].tolist()
    numbers: dict[int, int] = {}
    return {item: numbers.setdefault(labels[index], len(numbers)) for item, index in place.items()}


def digraph(
    inputs: Sequence[str], outputs: Sequence[str], elements: Sequence[Driven]
) -> DiGraph[str]:
    """A circuit as a `networkx.DiGraph`: see `Logic.graph` and `Netlist.graph`."""
    from networkx import DiGraph

    level = levels({element.name: element.inputs for element in elements})
    wanted = set(outputs)
    graph: DiGraph[str] = DiGraph()
    for name in inputs:
        graph.add_node(name, kind="input", level=0, output=name in wanted)
    for item in elements:
        name = item.name
        graph.add_node(name, kind="gate", level=level[name], output=name in wanted, gate=item)
        for net in dict.fromkeys(item.inputs):
            pins = tuple(index for index, other in enumerate(item.inputs) if other == net)
            graph.add_edge(net, name, pins=pins)
    return graph
