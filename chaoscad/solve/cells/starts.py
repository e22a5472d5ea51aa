"""Starts of the search for cells: random settings, sorted by the functions that they compute.

One random setting with k inputs computes 2^k - 1 functions, one for each place of the threshold
between two of its values. So one sample serves all classes at once, and the best setting of every
class among many is a good start.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from chaoscad.cells.classes import WIDEST_TABLE, representatives, table_of
from chaoscad.logic.truth import TruthTable
from chaoscad.systems import Interval, Setting

SAMPLE = 32_768
"""Settings of one sample; every class keeps the best of each sample."""

SAMPLES = {1: 1, 2: 1, 3: 2, 4: 4}
"""Samples per start, by the number of inputs: more inputs have more classes and rarer ones."""


@dataclass(frozen=True)
class Trial:
    """A setting with weights that are not negative, and a function of the class that it is to compute.

    Every member of a class has such a setting of the same margin: complement the inputs whose weights
    are negative.

    **Arguments:**

    - `target`: the place of the class among those that are searched for.
    - `function`: a table of the class.
    - `shares`: x0 - low, the weights, and high - x0 - sum(weights), as shares of high - low.
    """

    target: int
    function: TruthTable
    shares: tuple[float, ...]


def sampled(
    setting: Setting,
    state: Interval,
    targets: Sequence[TruthTable],
    iterates: int,
    starts: int,
    random: np.random.Generator,
) -> list[Trial]:
    """The best settings of every class, each from a sample of its own, up to `starts` of them.

    **Arguments:**

    - `targets`: representatives of classes; those of more than four inputs are passed over.
    """
    found: list[tuple[float, Trial]] = []
    places = {target.rows: index for index, target in enumerate(targets)}
    for arity in range(1, WIDEST_TABLE + 1):
        mine = [target for target in targets if target.arity == arity]
        if not mine:
            continue
        representative = representatives(arity)
        place = np.full(len(representative), -1)
        for target in mine:
            place[int(target.rows, 2)] = places[target.rows]
        for _ in range(starts * SAMPLES[arity]):
            shares, functions, gaps = _sample(setting, state, arity, iterates, random)
            place_of = place[representative[functions]]
            best = np.full(len(targets), -np.inf)
            known = place_of >= 0
            np.maximum.at(best, place_of[known], gaps[known])
            attained = known & (gaps == best[place_of]) & (gaps > 0)
            chosen = np.full(len(targets), -1)
            at, split = (index[::-1] for index in np.nonzero(attained))
            # Of equal ones the first.
            chosen[place_of[at, split]] = np.arange(len(at))
            for target, index in enumerate(chosen.tolist()):
                if index >= 0:
                    function = table_of(int(functions[at[index], split[index]]), arity)
                    trial = Trial(target, function, tuple(shares[at[index]].tolist()))
                    found.append((float(best[target]), trial))
    kept = [0] * len(targets)
    chosen_trials: list[Trial] = []
    for _, trial in sorted(found, key=lambda pair: -pair[0]):
        if kept[trial.target] < starts:
            kept[trial.target] += 1
            chosen_trials.append(trial)
    return chosen_trials


def _sample(
    setting: Setting, state: Interval, arity: int, iterates: int, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Settings, uniform over all that keep the range, with the functions that they compute.

    **Returns:** shares `[settings, arity + 2]`; functions as integers and the gaps between the values
    around their thresholds, both `[settings, 2^arity - 1]`.
    """
    shares = random.standard_exponential((SAMPLE, arity + 2), dtype=np.float32)
    shares /= shares.sum(1, keepdims=True)
    low, high = state
    z = shares[:, :1] * (high - low) + low
    for k in range(arity):
        z = np.stack([z, z + shares[:, k + 1, None] * (high - low)], -1).reshape(SAMPLE, -1)
    values = setting.value(z, iterates)
    # Orbits that escape take no part.
    values = np.where(np.isfinite(values), values, np.inf)
    order = np.argsort(-values, axis=1)
    ranked = np.take_along_axis(values, order, 1)
    length = 1 << arity
    functions = np.cumsum(1 << (length - 1 - order), axis=1)[:, :-1]
    with np.errstate(invalid="ignore"):
        gaps = ranked[:, :-1] - ranked[:, 1:]
    return shares, functions, np.where(np.isfinite(gaps), gaps, -1.0)


def anywhere(
    targets: Sequence[TruthTable], counts: Sequence[int], random: np.random.Generator
) -> list[Trial]:
    """Settings drawn without regard to what they compute, `counts` of them for every class."""
    found: list[Trial] = []
    for index, (target, count) in enumerate(zip(targets, counts, strict=True)):
        arity = target.arity
        shares = random.standard_exponential((count, arity + 2))
        shares /= shares.sum(1, keepdims=True)
        for row in shares.tolist():
            flips = int(random.integers(1 << arity))
            rows = "".join(target.rows[place ^ flips] for place in range(1 << arity))
            found.append(Trial(index, TruthTable(rows), tuple(row)))
    return found
