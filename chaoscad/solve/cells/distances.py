"""Starts of the search for cells that fail least: the distance of the states from a crossing.

Between two states at which F crosses the threshold every state computes the same bit. So a row stands
errors of its state by its distance from the nearest crossing, and a setting by the least of its rows.
That distance is a table over the states for every threshold, so that millions of settings are tried
in seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from chaoscad.cells.classes import WIDEST_TABLE, representatives, table_of
from chaoscad.cells.failures import Failures
from chaoscad.logic.truth import TruthTable

SAMPLE = 16_384
"""Settings that are tried at one threshold."""

THRESHOLDS = {1: 64, 2: 128, 3: 512, 4: 2048}
"""Thresholds, by the number of inputs."""

APART = 0.01
"""How far thresholds are apart that are different, as a share of the range of the values."""

CELLS = 1 << 14
"""Places of the states in the table of distances."""


@dataclass(frozen=True)
class Start:
    """A setting with weights that are not negative, and the function that it computes with `>`."""

    function: TruthTable
    x0: float
    delta: tuple[float, ...]
    threshold: float
    distance: float


def starts(
    failures: Failures, targets: Sequence[TruthTable], most: int, random: np.random.Generator
) -> dict[str, list[Start]]:
    """The settings of the greatest distance for every class, by the representative's rows.

    **Arguments:**

    - `most`: settings of a class, at thresholds that are `APART`.
    """
    found: dict[str, list[Start]] = {target.rows: [] for target in targets}
    low, high = failures.state
    values = failures.setting.value(np.linspace(low, high, 4097), failures.iterates)
    values = np.sort(values[np.isfinite(values)])
    apart = APART * float(np.ptp(values))
    for arity in range(1, WIDEST_TABLE + 1):
        mine = [target for target in targets if target.arity == arity]
        if not mine:
            continue
        place = np.full(1 << (1 << arity), -1)
        for index, target in enumerate(mine):
            place[int(target.rows, 2)] = index
        place = place[representatives(arity)]
        half = THRESHOLDS[arity] // 2
        # Half of the thresholds are even over the values, half as frequent as these.
        even = np.linspace(values[0], values[-1], half + 2)[1:-1]
        often = np.quantile(values, (np.arange(half) + random.random(half)) / half)
        for threshold in np.concatenate([even, often]).tolist():
            shares, functions, distances = _tried(failures, arity, threshold, random)
            best = _best(place[functions], distances, len(mine))
            for index in np.flatnonzero(best >= 0).tolist():
                at = int(best[index])
                own = (shares[:, at].astype(float) * (high - low)).tolist()
                table = table_of(int(functions[at]), arity)
                distance = float(distances[at])
                start = Start(table, low + own[0], tuple(own[1:-1]), threshold, distance)
                kept = found[mine[index].rows]
                found[mine[index].rows] = _with(kept, start, apart, most)
    return found


def _tried(
    failures: Failures, arity: int, threshold: float, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Settings, uniform over all that keep the range, their functions and their distances."""
    low, high = failures.state
    places, first = failures.crossings(threshold)
    z = low + (high - low) * (np.arange(CELLS) + 0.5) / CELLS
    ends = np.concatenate([[-np.inf], places, [np.inf]])
    index = np.searchsorted(places, z)
    distance = np.minimum(z - ends[index], ends[index + 1] - z).astype(np.float32)
    signed = np.where((index % 2 == 0) == first, distance, -distance)
    shares = random.standard_exponential((arity + 2, SAMPLE), dtype=np.float32)
    shares /= shares.sum(0)
    rows = shares[:1] * np.float32(CELLS)
    for weight in shares[1:-1] * np.float32(CELLS):
        rows = np.stack([rows, rows + weight], 1).reshape(-1, SAMPLE)
    taken = signed[np.minimum(rows.astype(np.int32), CELLS - 1)]
    length = 1 << arity
    functions = (1 << np.arange(length - 1, -1, -1)) @ (taken > 0)
    return shares, functions, np.abs(taken).min(0)


def _best(classes: np.ndarray, distances: np.ndarray, count: int) -> np.ndarray:
    """The setting of the greatest distance of every class, -1 where none computes it."""
    order = np.argsort(distances, kind="stable")
    order = order[classes[order] >= 0]
    best = np.full(count, -1)
    best[classes[order]] = order
    return best


def _with(kept: list[Start], new: Start, apart: float, most: int) -> list[Start]:
    """The starts of a class with another, where it is good enough, in falling order."""
    near = [one for one in kept if abs(one.threshold - new.threshold) < apart]
    if any(one.distance >= new.distance for one in near):
        return kept
    left = [*(one for one in kept if one not in near), new]
    return sorted(left, key=lambda one: -one.distance)[:most]
