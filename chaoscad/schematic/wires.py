"""Wires between two columns of a circuit: horizontal, with one vertical piece each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chaoscad.schematic.layers import Item


@dataclass(frozen=True)
class Wire:
    """One net between two columns: from its source to a vertical track, and on to its sinks.

    **Arguments:**

    - `start`: the height of the source.
    - `ends`: the heights of the sinks.
    - `track`: the number of the vertical, from the left, or `None` for a straight wire.
    """

    start: float
    ends: tuple[float, ...]
    track: int | None

    @property
    def heights(self) -> tuple[float, ...]:
        """All heights, the lowest first."""
        return tuple(sorted({self.start, *self.ends}))

    def joints(self) -> tuple[float, ...]:
        """The heights at which three or four lines meet on the track."""
        low, high = self.heights[0], self.heights[-1]
        return tuple(
            y
            for y in self.heights
            if (y == self.start) + (y in self.ends) + (y > low) + (y < high) > 2
        )


def wires(column: Sequence[Item]) -> list[Wire]:
    """The wires from a column to the next, verticals side by side where they would overlap."""
    drawn = [
        (round(item.y + height, 6), tuple(ends))
        for item in column
        for height in dict.fromkeys(height for _, height in item.outs)
        if (ends := [round(sink.y + at, 6) for sink, at, out in item.sinks if out == height])
    ]
    straight = [Wire(start, ends, None) for start, ends in drawn if set(ends) == {start}]
    # Of wires that fall the lowest turns first, of those that rise the highest: then few cross.
    waiting = sorted(
        (pair for pair in drawn if set(pair[1]) != {pair[0]}),
        key=lambda pair: (pair[0] if min(pair[1]) < pair[0] else -pair[0], pair),
    )
    routed: list[Wire] = []
    while waiting:
        # A wire must turn before another leaves its track at the same height.
        free = (
            pair
            for pair in waiting
            if not any(other is not pair and _near(other[0], pair[1]) for other in waiting)
        )
        pair = next(free, waiting[0])
        waiting.remove(pair)
        least = 1 + max(
            (w.track for w in routed if w.track is not None and _near(w.start, pair[1])),
            default=-1,
        )
        routed.append(Wire(*pair, _track(pair, routed, least)))
    return straight + routed


def _near(height: float, others: Sequence[float]) -> bool:
    return any(abs(height - other) < 0.02 for other in others)


def _track(pair: tuple[float, tuple[float, ...]], routed: Sequence[Wire], least: int) -> int:
    """The first track, from `least`, on which no other vertical overlaps."""
    low, high = min(pair[0], *pair[1]) - 0.04, max(pair[0], *pair[1]) + 0.04
    taken = {wire.track for wire in routed if wire.heights[0] < high and wire.heights[-1] > low}
    track = least
    while track in taken:
        track += 1
    return track
