"""Recurrence plots: when an orbit comes back to where it was."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64

from chaoscad.analysis.arguments import Real
from chaoscad.analysis.orbits import Orbit, Series
from chaoscad.analysis.table import Table, time_heading
from chaoscad.analysis.trajectory import TOLERANCE
from chaoscad.arguments import whole
from chaoscad.errors import ChaoscadError
from chaoscad.systems import Setting

MOST_STATES = 4000
"""Most states: their matrix has the square of them, 16 million entries."""

AT_REST = 1000
"""By how many roundings, or tolerances of the integration, the states of an orbit at rest may differ."""

SHORTEST = 2
"""The shortest diagonal line that counts."""


@dataclass(frozen=True)
class Recurrence:
    """Which states of an orbit are close to each other.

    **Arguments:**

    - `times`: of the states, or their iterates.
    - `matrix`: whether two states are closer than the threshold, or than `rounding`.
    - `threshold`: as a share of the largest distance, `diameter`.
    - `rounding`: the distance below which two states are the same but for rounding.
    - `rate`: the share of recurrent pairs, without those of a state with itself.
    - `determinism`: the share of those that lie on diagonal lines of two or more.
    """

    setting: Setting
    times: Float64[np.ndarray, " states"]
    matrix: Bool[np.ndarray, "states states"]
    threshold: float
    diameter: float
    rounding: float
    rate: float
    determinism: float

    @property
    def rests(self) -> bool:
        """Whether the orbit stays where it is, but for rounding; every state then recurs."""
        return self.diameter <= self.rounding

    def columns(self) -> Table:
        """The pairs of times that recur, each once."""
        earlier, later = np.nonzero(np.triu(self.matrix, 1))
        name = time_heading(self.setting)
        return {name: self.times[earlier], f"recurs at {name}": self.times[later]}


def recurrence(run: Orbit | Series, threshold: Real = 0.1) -> Recurrence:
    """The recurrence plot of an orbit or a series, with its two most common measures.

    J.-P. Eckmann, S. Oliffson Kamphorst, D. Ruelle, Europhys. Lett. 4, 973 (1987); N. Marwan,
    M. C. Romano, M. Thiel, J. Kurths, Phys. Rep. 438, 237 (2007), equations 10, 21 and 44.

    Neighbours in time are close because time is short: in a finely sampled series they raise the
    determinism, whatever the dynamics. Sample it a few times per turn.

    **Arguments:**

    - `threshold`: as a share of the diameter of the orbit, the largest distance between two states.

    **Raises:** `ChaoscadError` for a threshold outside (0, 1), or too many states.
    """
    states = run.states
    whole("the number of states", len(states), 2, MOST_STATES)
    if not 0 < threshold < 1:
        raise ChaoscadError(f"the threshold is {threshold:g}, and must be between 0 and 1")
    squares = np.zeros((len(states), len(states)))
    for coordinate in states.T:
        squares += (coordinate[:, None] - coordinate) ** 2
    diameter, rounding = float(np.sqrt(squares.max())), _rounding(run)
    matrix = squares <= max(threshold * diameter, rounding) ** 2
    size = len(matrix)
    rate = (int(matrix.sum()) - size) / (size * (size - 1))
    times = run.times if isinstance(run, Series) else run.iterates
    return Recurrence(
        setting=run.setting,
        times=times,
        matrix=matrix,
        threshold=float(threshold),
        diameter=diameter,
        rounding=rounding,
        rate=rate,
        determinism=_determinism(matrix),
    )


def _rounding(run: Orbit | Series) -> float:
    """How far apart states may be that differ by rounding, or by the error of their integration."""
    size = float(np.abs(run.states).max())
    if isinstance(run, Series):
        return AT_REST * TOLERANCE * (1 + size)
    return AT_REST * float(np.finfo(np.float64).eps) * size


def _determinism(matrix: Bool[np.ndarray, "states states"]) -> float:
    """By symmetry the diagonals above the main one say everything."""
    points, on_lines = 0, 0
    for offset in range(1, len(matrix)):
        line = np.concatenate([[False], np.diagonal(matrix, offset), [False]]).astype(np.int8)
        edges = np.diff(line)
        lengths = np.nonzero(edges == -1)[0] - np.nonzero(edges == 1)[0]
        points += int(lengths.sum())
        on_lines += int(lengths[lengths >= SHORTEST].sum())
    return on_lines / points if points else 0.0
