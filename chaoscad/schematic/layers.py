"""A circuit in columns: what stands in which column, in which order, and at which height."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from scipy.optimize import isotonic_regression

from chaoscad.errors import ChaoscadError
from chaoscad.logic.graph import Drivers, levels
from chaoscad.toolchain import available

SWEEPS = 12
"""Sweeps over the columns, there and back, that order them and that set the heights."""

SLACK = 0.3
"""What may be added to the tallest column at either end, in inches."""

FIRM = 20.0
"""How much more firmly an item stands that has a straight wire."""

MOST_FOR_GRAPHVIZ = 1500
"""Items up to which Graphviz orders the columns; beyond it takes long."""


@dataclass
class Item:
    """What stands in a column: an input, a gate, an output, or a wire that passes through.

    **Arguments:**

    - `net`: the net that it drives or carries; of several the first.
    - `outs`: the nets that it drives, with the heights above its middle at which they leave; an element
      that is read several times has several.
    - `pins`: the nets that come in from the column before, with their heights above the item's middle.
    - `height`: how much room it needs.
    - `y`: the height of its middle, set by `place`.
    """

    kind: str
    net: str
    column: int
    pins: tuple[tuple[str, float], ...]
    height: float
    outs: tuple[tuple[str, float], ...] = ()
    y: float = 0.0
    sources: list[Item] = field(default_factory=list, repr=False)
    sinks: list[Sink] = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        self.outs = self.outs or ((self.net, 0.0),)


Sink = tuple[Item, float, float]
"""What reads an item: at which height of it, and at which height of the item the net leaves."""


def connected(columns: Sequence[Sequence[Item]]) -> None:
    """Set the sources and sinks of items; each item reads the nearest that has the net."""
    drivers: dict[str, tuple[Item, float]] = {}
    for before, here in pairwise(columns):
        drivers |= {net: (item, height) for item in before for net, height in item.outs}
        for item in here:
            for net, offset in item.pins:
                source, height = drivers[net]
                item.sources.append(source)
                source.sinks.append((item, offset, height))


def place(columns: list[list[Item]], graphviz: bool = True) -> None:
    """Order every column so that few wires cross, and set the heights so that most are straight.

    Two orders are tried, one of our own and one by Graphviz where it is installed.
    """
    given = [list(column) for column in columns]
    tried: list[tuple[int, list[list[Item]], dict[int, float]]] = []
    for order in (_by_graphviz, _by_barycentres) if graphviz else (_by_barycentres,):
        columns[:] = [list(column) for column in given]
        if order(columns):
            if graphviz:
                _swap_neighbours(columns)
            _heights(columns)
            heights = {id(item): item.y for column in columns for item in column}
            tried.append((_crossings(columns) + _bends(columns), list(columns), heights))
    _, columns[:], heights = min(tried, key=lambda entry: entry[0])
    for column in columns:
        for item in column:
            item.y = heights[id(item)]


def _bends(columns: Sequence[Sequence[Item]]) -> int:
    """Wires that are not straight."""
    ends = ((item, end) for column in columns for item in column for end in item.sinks)
    return sum(abs(item.y + out - sink.y - offset) > 1e-4 for item, (sink, offset, out) in ends)


def _by_barycentres(columns: list[list[Item]]) -> bool:
    """Each item goes to the mean place of its neighbours, column by column, there and back."""
    best, fewest = [list(column) for column in columns], _crossings(columns)
    for sweep in range(SWEEPS):
        forward = sweep % 2 == 0
        places: dict[int, float] = {}
        for column in columns if forward else columns[::-1]:
            keys: dict[int, float] = {}
            for index, item in enumerate(column):
                near = item.sources if forward else [sink for sink, *_ in item.sinks]
                here = index / max(1, len(column) - 1)
                keys[id(item)] = (
                    float(np.mean([places[id(other)] for other in near])) if near else here
                )
            column.sort(key=lambda item: keys[id(item)])
            for index, item in enumerate(column):
                places[id(item)] = index / max(1, len(column) - 1)
        crossings = _crossings(columns)
        if crossings < fewest:
            best, fewest = [list(column) for column in columns], crossings
    columns[:] = best
    return True


def _swap_neighbours(columns: Sequence[list[Item]]) -> None:
    """Swap items that stand side by side while this takes crossings away."""
    for _ in range(SWEEPS):
        changed = False
        for number, column in enumerate(columns):
            left = _order(columns[number - 1]) if number else {}
            right = _places(columns[number + 1]) if number + 1 < len(columns) else {}
            sides = {
                id(item): (
                    [left[net] for net, _ in item.pins],
                    [right[id(sink)] for sink, *_ in item.sinks],
                )
                for item in column
            }
            for index in range(len(column) - 1):
                upper, lower = sides[id(column[index])], sides[id(column[index + 1])]
                if _crossed(upper, lower) > _crossed(lower, upper):
                    column[index], column[index + 1] = column[index + 1], column[index]
                    changed = True
        if not changed:
            return


def _places(column: Sequence[Item]) -> dict[int, int]:
    return {id(item): index for index, item in enumerate(column)}


def _order(column: Sequence[Item]) -> dict[str, int]:
    """The place of every net that a column drives, from top to bottom."""
    nets = (net for item in column for net, _ in item.outs)
    return {net: index for index, net in enumerate(nets)}


def _crossed(upper: tuple[list[int], list[int]], lower: tuple[list[int], list[int]]) -> int:
    """Crossings of the wires of two items that stand one above the other."""
    return sum(a > b for near in (0, 1) for a in upper[near] for b in lower[near])


def _crossings(columns: Sequence[Sequence[Item]]) -> int:
    """How often wires between neighbouring columns cross: inversions of their ends."""
    total = 0
    for before, here in pairwise(columns):
        order = _order(before)
        ends = [order[net] for item in here for net, _ in item.pins if net in order]
        total += _inversions(ends)
    return total


def _inversions(values: list[int]) -> int:
    """Pairs that stand in the wrong order, by merging halves."""
    if len(values) < 2:
        return 0
    if len(values) <= 64:
        array = np.array(values)
        return int(sum((array[:index] > array[index]).sum() for index in range(1, len(array))))
    left, right = sorted(values[: len(values) // 2]), values[len(values) // 2 :]
    across = int((len(left) - np.searchsorted(left, right, side="right")).sum())
    return _inversions(values[: len(values) // 2]) + across + _inversions(right)


def _by_graphviz(columns: list[list[Item]]) -> bool:
    """Let `dot` order the columns; it sees numbers only. Returns whether it did."""
    tool = available("dot")
    if tool is None or sum(len(column) for column in columns) > MOST_FOR_GRAPHVIZ:
        return False
    number = {id(item): index for index, item in enumerate(i for c in columns for i in c)}
    lines = ["digraph {", 'rankdir=LR; nodesep=0.1; node [shape=box, label=""];']
    for column in columns:
        names = " ".join(f"v{number[id(item)]};" for item in column)
        lines.append(f"{{rank=same; {names}}}")
        lines += [f"v{number[id(item)]} [height={item.height:.3f}, width=0.1];" for item in column]
    # A chain of one item per column keeps the columns in their order.
    lines += [
        f"v{number[id(before[0])]} -> v{number[id(here[0])]} [style=invis, weight=0];"
        for before, here in pairwise(columns)
    ]
    lines += [
        f"v{number[id(source)]} -> v{number[id(item)]};"
        for column in columns
        for item in column
        for source in item.sources
    ]
    with tempfile.TemporaryDirectory(prefix="chaoscad-") as folder:
        try:
            done = tool.run(["-Tjson0"], folder=folder, stdin="\n".join([*lines, "}"]))
            objects = json.loads(done.stdout)["objects"] if done.status == 0 else []
            heights = {
                entry["name"]: float(entry["pos"].split(",")[1])
                for entry in objects
                if "pos" in entry
            }
        except (ChaoscadError, KeyError, ValueError):
            return False
    if len(heights) != len(number):
        return False
    for column in columns:
        column.sort(key=lambda item: -heights[f"v{number[id(item)]}"])
    return True


def _heights(columns: Sequence[Sequence[Item]]) -> None:
    """Heights of ordered columns: least squares to straight wires, with the items apart.

    With the room between them taken off, the heights of a column fall from top to bottom, and the
    best such heights are an isotonic regression.
    """
    most = max(sum(item.height for item in column) for column in columns) + 2 * SLACK
    for column in columns:
        top = 0.0
        for item in column:
            item.y = top - item.height / 2
            top -= item.height
        for item in column:
            item.y -= top / 2
    for sweep in range(2 * SWEEPS):
        forward = sweep % 2 == 1
        for column in columns if forward else columns[::-1]:
            _settle(column, [_wish(item, forward, sweep >= SWEEPS) for item in column], most)


def _wish(item: Item, forward: bool, straight: bool) -> tuple[float, float]:
    """Where an item wants to be, and how much; wires that pass through most of all."""
    if forward:
        wishes = [
            source.y + dict(source.outs)[net] - offset
            for source, (net, offset) in zip(item.sources, item.pins, strict=True)
        ]
    else:
        wishes = [sink.y + offset - out for sink, offset, out in item.sinks]
    if not wishes:
        return item.y, 0.05
    weight = 4.0 if item.kind == "wire" else 1.0
    if straight:
        # One straight wire is better than two that are nearly so.
        wish = min(wishes, key=lambda wish: (abs(wish - item.y), wish))
        return wish, weight * (FIRM if abs(wish - item.y) < 1e-4 else 1.0)
    return float(np.mean(wishes)), weight


def _settle(column: Sequence[Item], wishes: Sequence[tuple[float, float]], most: float) -> None:
    """Move a column to its wishes, in their order, within the height `most` around 0."""
    if not column:
        return
    heights = np.array([item.height for item in column])
    room = np.concatenate([[0.0], np.cumsum((heights[:-1] + heights[1:]) / 2)])
    target = np.array([wish for wish, _ in wishes]) + room
    weights = np.array([weight for _, weight in wishes])
    found = isotonic_regression(target, weights=weights, increasing=False).x
    top, bottom = (most - heights[0]) / 2, (heights[-1] - most) / 2 + room[-1]
    for item, y in zip(column, np.clip(found, bottom, top) - room, strict=True):
        item.y = round(float(y), 6)


def layered(
    inputs: Sequence[str],
    gates: Drivers,
    outputs: Sequence[str],
    sizes: Mapping[str, float],
    through: bool,
    together: Mapping[str, Sequence[str]] | None = None,
) -> list[list[Item]]:
    """Columns of items: the inputs, the gates by level, the outputs.

    **Arguments:**

    - `gates`: the nets that each gate reads, in topological order.
    - `sizes`: the room of an `input`, a `gate`, an `output` and a `wire`, and of the `pitch` of pins.
    - `together`: the readings of every element that has several, by the first of them: they are one
      item. A `reading` has a size then, too.
    - `through`: whether nets that pass a column get an item there, so that they run around gates.
    """
    level = dict.fromkeys(inputs, 0) | levels(gates)
    last = 1 + max(level.values(), default=0)
    columns: list[list[Item]] = [[] for _ in range(last + 1)]
    columns[0] = [Item("input", name, 0, (), sizes["input"]) for name in inputs]
    farthest = dict.fromkeys(level, 0)
    together = together or {}
    others = {name for first, names in together.items() for name in names if name != first}
    for name, reads in gates.items():
        if name in others:
            continue
        pitch = sizes["pitch"]
        distinct = list(dict.fromkeys(reads))
        pins = tuple(
            (net, pitch * ((len(distinct) - 1) / 2 - index)) for index, net in enumerate(distinct)
        )
        readings = together.get(name, ())
        high = sizes["gate"] + (sizes["reading"] * len(readings) if readings else 0.0)
        height = max(high, pitch * (len(distinct) + 1))
        # The element's name stands above its readings.
        rows = len(readings) + 1
        outs = tuple(
            (net, sizes["reading"] * ((rows - 1) / 2 - row)) for row, net in enumerate(readings, 1)
        )
        columns[level[name]].append(Item("gate", name, level[name], pins, height, outs))
        for net in reads:
            farthest[net] = max(farthest[net], level[name])
    for name in outputs:
        columns[last].append(Item("output", name, last, ((name, 0.0),), sizes["output"]))
        farthest[name] = last
    if through:
        for net, start in level.items():
            for column in range(start + 1, farthest[net]):
                item = Item("wire", net, column, ((net, 0.0),), sizes["wire"])
                columns[column].append(item)
    connected(columns)
    return columns
