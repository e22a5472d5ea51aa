"""The integers with which a gate in fixed point becomes each function of its inputs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Int64

from chaoscad.fixed_point.form import Form, Range
from chaoscad.fixed_point.orbits import GateOrbit, GateWords, Word, iterated_arrays, launched, orbit
from chaoscad.systems import Setting

MOST_INPUTS = 2
"""Functions of more inputs are too many to list."""

MOST_STATES = 64
"""States of the word, evenly spread, among which those of a gate are looked for."""


def functions(
    setting: Setting, iterates: int, arity: int, step: Form, word: Word, states: Range
) -> tuple[GateOrbit, ...]:
    """For every function of `arity` inputs that is found, the gate with the widest margin.

    All states of up to 64, evenly spread over the range, are tried in all combinations. No orbit leaves
    the word. In the order of the truth tables; empty above two inputs.

    **Arguments:**

    - `states`: the least and the greatest state that a gate may have, in integers.
    """
    if arity > MOST_INPUTS:
        return ()
    low, high = max(states[0], word.range[0]), min(states[1], word.range[1])
    if low > high:
        return ()
    spacing = max(1, -(-(high - low) // (MOST_STATES - 1)))
    points = np.arange(low, high + 1, spacing, dtype=np.int64)
    kept, values = _within(points, setting, iterates, step, word)
    rows = _combinations(len(points), arity, word, spacing)
    rows = rows[:, kept[rows].all(axis=0)]
    if not rows.size:
        return ()
    found = []
    for number in range(1 << (1 << arity)):
        ones = [number >> ((1 << arity) - 1 - row) & 1 == 1 for row in range(1 << arity)]
        best = _best(values[rows], ones, word)
        if best is not None:
            where, threshold, below = best
            z = [int(points[place]) for place in rows[:, where]]
            delta = tuple(z[1 << (arity - 1 - index)] - z[0] for index in range(arity))
            words = GateWords(z[0], delta, threshold, below)
            found.append(orbit(words, setting, iterates, step))
    return tuple(found)


def _within(
    points: Int64[np.ndarray, " points"], setting: Setting, iterates: int, step: Form, word: Word
) -> tuple[Bool[np.ndarray, " points"], Int64[np.ndarray, " points"]]:
    """Which states stay in the word on every iterate, and the value that is compared of each."""
    placed = launched(points.tolist(), setting, step.fraction_bits)
    start = [np.array(item, np.int64) for item in placed]
    states = iterated_arrays(start, iterates, step)
    least, most = word.range
    kept = np.ones(len(points), bool)
    for state in states:
        for coordinate in state:
            kept &= (coordinate >= least) & (coordinate <= most)
    return kept, np.asarray(states[-1][setting.reading], np.int64)


def _combinations(
    count: int, arity: int, word: Word, spacing: int
) -> Int64[np.ndarray, "rows combinations"]:
    """Positions of the states of all rows: x0, x0 + delta_2, x0 + delta_1, and the sum of all."""
    grid = np.meshgrid(*[np.arange(count)] * (arity + 1), indexing="ij")
    x0, *ends = (item.ravel() for item in grid)
    rows = [x0]
    for end in ends:
        rows = [position for before in rows for position in (before, before + end - x0)]
    found = np.stack(rows)
    fits = (found >= 0).all(axis=0) & (found < count).all(axis=0)
    for end in ends:
        weight = (end - x0) * spacing
        fits &= (weight >= word.range[0]) & (weight <= word.range[1])
    return found[:, fits]


def _best(
    values: Int64[np.ndarray, "rows combinations"], ones: Sequence[bool], word: Word
) -> tuple[int, int, bool] | None:
    """The combination with the widest gap between ones and zeros, its threshold, and whether `<`."""
    least, most = word.range
    best: tuple[int, int, bool] | None = None
    widest = 0
    for below in (False, True):
        upper = values[[one != below for one in ones]]
        lower = values[[one == below for one in ones]]
        top = upper.min(axis=0, initial=most)
        bottom = lower.max(axis=0, initial=least)
        where = int(np.argmax(top - bottom))
        gap = int(top[where] - bottom[where])
        if gap > widest:
            widest = gap
            # A value at the threshold is a 0.
            middle = int(top[where] + bottom[where] + below) // 2
            best = where, middle, below
    return best
