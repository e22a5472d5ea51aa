"""Sweeps of a measurement: up, down, and what lies between them; repeated inputs."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

Sweep = Literal["up", "down", "mean"]

SWEEPS: tuple[Sweep, ...] = ("up", "down", "mean")

Points = tuple[list[float], list[float]]
"""Inputs and outputs."""


@dataclass(frozen=True)
class Hysteresis:
    """How far two sweeps lie apart over the inputs that both have.

    **Arguments:**

    - `height`: the largest difference of their outputs; `at`: at which input; `share`: of the range of
      the outputs.
    - `width`: how far the downward sweep lies to the left of the upward one in the input, by least
      squares to first order: sum(d m) / sum(m^2) with d the difference and m the mean slope.
    """

    height: float
    at: float
    share: float
    width: float

    def __str__(self) -> str:
        return (
            f"their outputs differ by up to {self.height:.3g} ({100 * self.share:.2g} % of the range, "
            f"at the input {self.at:.4g}), as if the inputs were shifted by {abs(self.width):.3g}"
        )


def runs_of(inputs: Sequence[float], share: float = 0.0) -> list[tuple[int, int]]:
    """The first and the last index of every stretch in which the inputs go one way.

    A measured input wavers, and two lines may be swapped: a way back of two mean steps is a turn, and
    so is one of `share` of the range where that is more.
    """
    size = max(inputs) - min(inputs)
    least = max(2 * size / (len(inputs) - 1), share * size)
    runs: list[tuple[int, int]] = []
    start = extreme = way = 0
    for index, value in enumerate(inputs):
        ahead = value - inputs[extreme]
        if way == 0 and abs(ahead) > least:
            way, extreme = (1 if ahead > 0 else -1), index
        elif ahead * way > 0 or (way and ahead == 0):
            extreme = index
        elif way and abs(ahead) > least:
            runs.append((start, extreme))
            start, extreme, way = extreme, index, -way
    return [*runs, (start, len(inputs) - 1)]


def sweeps_of(inputs: Sequence[float], share: float = 0.0) -> list[tuple[int, int]] | None:
    """The runs of a few sweeps over the same range; `None` for one, and for points in any order.

    Sorted by their inputs, the outputs of two sweeps jump from one to the other.

    **Arguments:**

    - `share`: as in `runs_of`.
    """
    runs = runs_of(inputs, share)
    if len(runs) < 2 or 3 * (len(runs) - 1) > len(inputs) - 2:
        return None
    # A point at which the inputs turn belongs to the run before it; a run of two is one step.
    label = {
        index: number
        for number, (start, end) in enumerate(runs)
        if end - start >= 2
        for index in range(start if number == 0 else start + 1, end + 1)
    }
    order = [label[i] for i in sorted(label, key=inputs.__getitem__)]
    return runs if sum(a != b for a, b in pairwise(order)) >= 3 else None


def up_and_down(
    inputs: Sequence[float], outputs: Sequence[float], runs: Sequence[tuple[int, int]]
) -> tuple[Points, Points]:
    """The points of the runs upwards and downwards, each sorted by input.

    The point at which the sweep turns belongs to both; of several there, each has a half.
    """
    found: tuple[list[int], list[int]] = ([], [])
    begin = runs[0][0]
    for start, end in runs:
        first = end
        while first > start and inputs[first - 1] == inputs[end]:
            first -= 1
        # The last run ends the measurement, and has all of its points.
        last = end if end == runs[-1][1] else (first + end) // 2
        if end - start >= 2:
            found[inputs[end] < inputs[start]].extend(range(begin, last + 1))
        begin = last + 1 if last < end else end
    up, down = (
        (
            [inputs[i] for i in sorted(dict.fromkeys(part), key=inputs.__getitem__)],
            [outputs[i] for i in sorted(dict.fromkeys(part), key=inputs.__getitem__)],
        )
        for part in found
    )
    return up, down


def averaged(points: Points) -> tuple[Points, float | None, int]:
    """One point for each of the sorted inputs, with the mean of its outputs.

    **Returns:** the points; the standard deviation of the outputs of equal inputs, pooled over them
    (`None` where no input repeats); how many points were merged.
    """
    inputs: list[float] = []
    groups: list[list[float]] = []
    for x, y in zip(*points, strict=True):
        if inputs and inputs[-1] == x:
            groups[-1].append(y)
        else:
            inputs.append(x)
            groups.append([y])
    merged = len(points[0]) - len(inputs)
    if not merged:
        return points, None, 0
    means = [math.fsum(group) / len(group) for group in groups]
    squares = math.fsum(
        (y - mean) ** 2 for group, mean in zip(groups, means, strict=True) for y in group
    )
    return (inputs, means), math.sqrt(squares / merged), merged


def mean_of(up: Points, down: Points) -> Points:
    """The mean of both at the inputs of the upward sweep that lie within the downward one."""
    low, high = down[0][0], down[0][-1]
    kept = [(x, y) for x, y in zip(*up, strict=True) if low <= x <= high]
    return [x for x, _ in kept], [(y + between(down, x)) / 2 for x, y in kept]


def hysteresis_of(up: Points, down: Points) -> Hysteresis | None:
    """How far two sweeps lie apart; `None` where they have fewer than two inputs in common."""
    low, high = down[0][0], down[0][-1]
    common = [(x, y) for x, y in zip(*up, strict=True) if low <= x <= high]
    if len(common) < 2:
        return None
    gaps = [(between(down, x) - y, x) for x, y in common]
    top = max(*up[1], *down[1])
    size = top - min(*up[1], *down[1])
    height, at = max((abs(gap), x) for gap, x in gaps)
    products = squares = 0.0
    for (x, y), (after, z) in pairwise(common):
        if after == x:
            continue
        slope = (z - y + between(down, after) - between(down, x)) / (2 * (after - x))
        gap = (between(down, (x + after) / 2)) - (y + z) / 2
        products += gap * slope
        squares += slope * slope
    width = products / squares if squares > 0 else 0.0
    return Hysteresis(height, at, height / size if size > 0 else 0.0, width)


def between(points: Points, x: float) -> float:
    """The output at an input, linearly between the two points beside it."""
    inputs, outputs = points
    place = min(max(bisect_right(inputs, x), 1), len(inputs) - 1)
    width = inputs[place] - inputs[place - 1]
    share = (x - inputs[place - 1]) / width if width > 0 else 1.0
    return outputs[place - 1] + share * (outputs[place] - outputs[place - 1])
