"""The times of a row: how long it stands, when flows start and when they are read."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chaoscad.design.model import Design
from chaoscad.export.spice.nodes import Nodes
from chaoscad.export.spice.systems import SETTLE
from chaoscad.hardware import Hardware
from chaoscad.logic.graph import longest
from chaoscad.systems import Flow

DWELL = 1e-3
"""Seconds for which a row stands where all systems are maps, which take no time."""


EDGE = 1e-6
"""Rise time of stimulus and clocks, as a part of the time of a row."""


@dataclass(frozen=True)
class Phase:
    """Gates of flows that run together, in seconds from the start of a row.

    **Arguments:**

    - `ic`, `op`: the nodes of its two clocks.
    - `start`, `runs`: when it stops to take its start, and how long it runs then: once, or for each
      walk through all rows.
    """

    ic: str
    op: str
    start: float
    runs: tuple[float, ...]


Place = tuple[int, tuple[float, ...]]
"""How many flows lie on the path to a reading, and its time in the flow's unit, of each walk."""


@dataclass(frozen=True)
class Timing:
    """The time of a row: how long it is, and when it is read.

    **Arguments:**

    - `places`: of every reading of a flow, by its gate; `elements`: of their elements, by their keys.
    """

    row: float
    edge: float
    read: float
    step: float
    phases: Mapping[Place, Phase]
    places: Mapping[str, Place]
    elements: Mapping[str, Place]


def timing_of(
    design: Design, hardware: Hardware, nodes: Nodes, others: Sequence[Design] = ()
) -> Timing:
    """When the gates of flows run: those that depend on others after them.

    **Arguments:**

    - `others`: what the circuit is in later walks, in which flows may be read at other times.
    """
    flows = [gate for gate in design.gates if isinstance(gate.setting.system, Flow)]
    if not flows:
        return Timing(DWELL, DWELL * EDGE, DWELL * 0.9, DWELL / 4, {}, {}, {})
    drivers = {gate.name: gate.inputs for gate in design.gates}
    # Maps take no time: a path is as long as the flows on it.
    level = longest(drivers, dict.fromkeys(drivers, 0) | {gate.name: 1 for gate in flows})
    unit = hardware.seconds_per_unit
    places: dict[str, Place] = {}
    step = math.inf
    for gate in flows:
        flow = gate.setting.system
        assert isinstance(flow, Flow)
        times = tuple(one.gate(gate.name).setting.time or 0.0 for one in (design, *others))
        places[gate.name] = (level[gate.name], times if len(set(times)) > 1 else times[:1])
        step = min(step, min(min(times) / 2000, flow.step / 20) * unit)
    elements = {
        element.key: _latest([places[gate.name] for gate in element.members])
        for element in design.elements
        if element.key in places
    }
    starts: dict[int, float] = {}
    clock = 0.0
    for number in range(1, max(level.values()) + 1):
        slowest = max(max(times) for depth, times in places.values() if depth == number) * unit
        starts[number] = clock + SETTLE * slowest
        clock = starts[number] + slowest
    phases = {
        place: Phase(
            nodes.namespace.take(f"ic{index}"),
            nodes.namespace.take(f"op{index}"),
            starts[place[0]],
            tuple(time * unit for time in place[1]),
        )
        for index, place in enumerate(sorted({*places.values(), *elements.values()}), 1)
    }
    rest = SETTLE * clock
    row = clock + 2 * rest
    return Timing(row, row * EDGE, clock + rest, step, phases, places, elements)


def _latest(places: Sequence[Place]) -> Place:
    """When an element has run long enough for all of its readings, in every walk."""
    walks = max(len(times) for _, times in places)
    every = [times * (walks // len(times)) for _, times in places]
    times = tuple(map(max, zip(*every, strict=True)))
    return places[0][0], times if len(set(times)) > 1 else times[:1]
