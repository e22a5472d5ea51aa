"""What makes measured points no transfer curve: their order, their steepness, their noise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from chaoscad.systems.sweeps import sweeps_of

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

SMOOTH = "write a smooth fit by 'chaoscad fit FILE --curve'"

ONE_FOR_EACH = "average the outputs of each input"


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
    message = f"the input {told(inputs[first])} {what} the one before it, {told(inputs[first - 1])}"
    return Fault(message, ", then ".join(advice), first)


def _sweeps(inputs: Sequence[float], places: Places) -> Fault | None:
    """The fault of several sweeps over the same range, in one direction or in none that was asked for."""
    runs = sweeps_of(inputs)
    if runs is None:
        return None
    start, end = max(runs, key=lambda run: (run[1] - run[0], inputs[run[1]] > inputs[run[0]]))
    hint = f"keep one sweep and leave the others out, such as {places(start, end)}"
    if any(a >= b for a, b in pairwise(inputs[start : end + 1])):
        hint += ", sorted by their input"
    message = f"{turning(inputs, runs)}: the points are of more than one sweep"
    return Fault(message, hint, runs[0][1] + 1)


def turning(inputs: Sequence[float], runs: Sequence[tuple[int, int]]) -> str:
    """Where the inputs first turn, in words."""
    turn = runs[0][1]
    moves = ("rise", "fall") if inputs[turn] > inputs[0] else ("fall", "rise")
    return f"the inputs {moves[0]} to {told(inputs[turn])} and then {moves[1]}"


def _steep(inputs: Sequence[float], outputs: Sequence[float], places: Places) -> Fault | None:
    for index in range(1, len(inputs)):
        width, height = inputs[index] - inputs[index - 1], outputs[index] - outputs[index - 1]
        # The slopes at the ends of a piece are at most three times its own.
        if 8 * abs(height) / width / width < STEEPEST:
            continue
        message = (
            f"the outputs change by {height:g} between the inputs {told(inputs[index - 1])} "
            f"and {told(inputs[index])} ({places(index - 1, index)}): "
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
        f"{told(share)} % of the range of the outputs; that is noise, or humps that too few "
        "points resolve"
    )
    hint = f"{SMOOTH}, or measure more points on each hump"
    return Fault(message, hint, start + 1, of_output=True)


def told(value: float) -> str:
    """A number in few digits, where these are all."""
    short = f"{value:g}"
    return short if float(short) == value else repr(value)
