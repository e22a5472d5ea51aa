"""What makes measured points no transfer curve: their order, their steepness, their noise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

STRETCH = 16
"""Neighbouring points that are looked at together for noise; fewer cannot tell it from humps."""

FEWEST_TURNS = 8
"""Turns of the slope in a stretch, of 14 possible ones, that are noise.

Of independent noise 2/3 of the points lie above or below both of their neighbours (I. J. Bienaymé,
Bull. Soc. Math. Fr. 2, 153 (1874)), and of a hump that three points or more resolve less than 1/2.
"""

FLICKER = 1 / 4096
"""The part of the outputs' range up to which a jump is a converter's last bit, and no noise."""

STEEPEST = 1e300
"""Most size of a cubic's coefficients; the interpolation computes with numbers around them."""

SMOOTH = "write points of a smooth fit, such as scipy.interpolate.make_smoothing_spline gives"

ONE_FOR_EACH = "keep one point for each input, with the mean of its outputs"


@dataclass(frozen=True)
class Fault:
    """Why points are no curve.

    **Arguments:**

    - `at`: the index of the point that shows it.
    - `of_output`: whether it is about the output.
    """

    message: str
    hint: str
    at: int
    of_output: bool = False


Places = Callable[[int, int], str]
"""The words for the points from one index to another, such as `lines 3 to 9`."""


def fault(inputs: Sequence[float], outputs: Sequence[float], places: Places) -> Fault | None:
    """The first reason why the points are no curve, or `None`.

    They are finite; the inputs of a curve rise strictly, its cubics are finite, and its outputs
    don't jump up and down from point to point.
    """
    return (
        _order(inputs, outputs, places)
        or _steep(inputs, outputs, places)
        or _noise(outputs, places)
    )


def _order(inputs: Sequence[float], outputs: Sequence[float], places: Places) -> Fault | None:
    first = next((i for i, (a, b) in enumerate(pairwise(inputs), 1) if b <= a), None)
    if first is None:
        return None
    sweeps = _sweeps(inputs, places)
    if sweeps is not None:
        return sweeps
    order = sorted(range(len(inputs)), key=inputs.__getitem__)
    advice = [] if all(a <= b for a, b in pairwise(inputs)) else ["sort the points by their input"]
    if any(inputs[a] == inputs[b] for a, b in pairwise(order)):
        advice.append(ONE_FOR_EACH)
    elif _noise([outputs[index] for index in order], places) is not None:
        advice.append(SMOOTH)
    what = "repeats" if inputs[first] == inputs[first - 1] else "is below"
    message = (
        f"the input {_number(inputs[first])} {what} the one before it, {_number(inputs[first - 1])}"
    )
    return Fault(message, ", then ".join(advice), first)


def _sweeps(inputs: Sequence[float], places: Places) -> Fault | None:
    """The fault of inputs that go up and down a few times over the same range.

    Sorted by their inputs, the outputs of two sweeps jump from one to the other.
    """
    runs = _runs(inputs)
    if 3 * (len(runs) - 1) > len(inputs) - 2:
        return None
    # A point at which the inputs turn belongs to the run before it; a run of two is one step.
    label = {
        index: number
        for number, (start, end) in enumerate(runs)
        if end - start >= 2
        for index in range(start if number == 0 else start + 1, end + 1)
    }
    order = [label[i] for i in sorted(label, key=inputs.__getitem__)]
    if sum(a != b for a, b in pairwise(order)) < 3:
        return None
    start, end = max(runs, key=lambda run: (run[1] - run[0], inputs[run[1]] > inputs[run[0]]))
    turn = runs[0][1]
    rises = inputs[turn] > inputs[0]
    moves = ("rise", "fall") if rises else ("fall", "rise")
    message = (
        f"the inputs {moves[0]} to {_number(inputs[turn])} and then {moves[1]}: "
        "the points are of more than one sweep"
    )
    hint = f"keep one sweep and leave the others out, such as {places(start, end)}"
    if any(a >= b for a, b in pairwise(inputs[start : end + 1])):
        hint += ", sorted by their input"
    return Fault(message, hint, turn + 1)


def _runs(inputs: Sequence[float]) -> list[tuple[int, int]]:
    """The first and the last index of every stretch in which the inputs go one way.

    A measured input wavers, and two lines may be swapped: a way back of two mean steps is a turn.
    """
    least = 2 * (max(inputs) - min(inputs)) / (len(inputs) - 1)
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


def _steep(inputs: Sequence[float], outputs: Sequence[float], places: Places) -> Fault | None:
    for index in range(1, len(inputs)):
        width, height = inputs[index] - inputs[index - 1], outputs[index] - outputs[index - 1]
        # The slopes at the ends of a piece are at most three times its own.
        if 8 * abs(height) / width / width < STEEPEST:
            continue
        message = (
            f"the outputs change by {height:g} between the inputs {_number(inputs[index - 1])} "
            f"and {_number(inputs[index])} ({places(index - 1, index)}): "
            "the slope is too steep for float64"
        )
        return Fault(message, "leave one of the two points out", index)
    return None


def _noise(outputs: Sequence[float], places: Places) -> Fault | None:
    least = FLICKER * (max(outputs) - min(outputs))
    jumps = [
        min(abs(b - a), abs(c - b)) if (b - a > 0) != (c - b > 0) else 0.0
        for a, b, c in zip(outputs, outputs[1:], outputs[2:], strict=False)
    ]
    turns = [jump > least for jump in jumps]
    inner = STRETCH - 2
    counts = [sum(turns[start : start + inner]) for start in range(len(turns) - inner + 1)]
    if not counts or max(counts) < FEWEST_TURNS:
        return None
    start = counts.index(max(counts))
    sizes = sorted(jump for jump in jumps[start : start + inner] if jump > least)
    share = float(f"{100 * sizes[len(sizes) // 2] / (max(outputs) - min(outputs)):.2g}")
    message = (
        f"the outputs jump up and down in {places(start, start + STRETCH - 1)}: {max(counts)} of "
        f"{inner} points are above or below both of their neighbours, typically by "
        f"{_number(share)} % of the range of the outputs; that is noise, or humps that too few "
        "points resolve"
    )
    hint = f"{SMOOTH}, or measure more points on each hump"
    return Fault(message, hint, start + 1, of_output=True)


def _number(value: float) -> str:
    """A number in few digits, where these are all."""
    short = f"{value:g}"
    return short if float(short) == value else repr(value)
