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
from chaoscad.systems import Interval

SAMPLE = 16_384
"""Settings that are tried at one threshold."""

THRESHOLDS = {1: 64, 2: 128, 3: 512, 4: 2048}
"""Thresholds, by the number of inputs."""

CANDIDATES = 8
"""How many starts of a class, different in their threshold, are improved."""

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
    failures: Failures, targets: Sequence[TruthTable], random: np.random.Generator
) -> dict[str, list[Start]]:
    """The settings of the greatest distance for every class, by the representative's rows."""
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
        count = THRESHOLDS[arity]
        # Half of the thresholds are even over the values, half as frequent as these.
        even = np.linspace(values[0], values[-1], count // 2 + 2)[1:-1]
        often = np.quantile(
            values, (np.arange(count // 2) + random.random(count // 2)) / (count // 2)
        )
        for threshold in np.concatenate([even, often]).tolist():
            shares, functions, distances = _tried(failures, arity, threshold, random)
            _keep(
                found, mine, place, shares, functions, distances, threshold, failures.state, apart
            )
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


def _keep(
    found: dict[str, list[Start]],
    targets: Sequence[TruthTable],
    place: np.ndarray,
    shares: np.ndarray,
    functions: np.ndarray,
    distances: np.ndarray,
    threshold: float,
    state: Interval,
    apart: float,
) -> None:
    """Put the best setting of every class among its starts."""
    classes = place[functions]
    order = np.argsort(distances, kind="stable")
    order = order[classes[order] >= 0]
    best = np.full(len(targets), -1)
    best[classes[order]] = order
    low, high = state
    for index, target in enumerate(targets):
        at = int(best[index])
        if at < 0:
            continue
        kept = found[target.rows]
        distance = float(distances[at])
        near = [one for one in kept if abs(one.threshold - threshold) < apart]
        if any(one.distance >= distance for one in near):
            continue
        if not near and len(kept) >= CANDIDATES and kept[-1].distance >= distance:
            continue
        own = (shares[:, at].astype(float) * (high - low)).tolist()
        table = table_of(int(functions[at]), target.arity)
        new = Start(table, low + own[0], tuple(own[1:-1]), threshold, distance)
        left = [one for one in kept if one not in near] + [new]
        found[target.rows] = sorted(left, key=lambda one: -one.distance)[:CANDIDATES]
