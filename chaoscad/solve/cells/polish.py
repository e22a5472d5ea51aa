"""The last digits of a cell: the largest gap in float64, on the grid of its library."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.optimize import minimize, minimize_scalar

from chaoscad.cells import Entry, canonical, grid
from chaoscad.compile import row_bits
from chaoscad.logic.truth import TruthTable
from chaoscad.solve.cells.starts import Trial
from chaoscad.systems import Interval, Setting


def polished(
    setting: Setting, state: Interval, iterates: int, trial: Trial, scale: float
) -> tuple[str, Entry] | None:
    """The class of a trial's function with its entry, or `None` where the function is not attained.

    The gap is maximised by sequential quadratic programming over the offset, the weights and the two
    values around the threshold; then offset and weights are put on the grid.
    """
    programme = _Programme(setting, state, iterates, trial.function, scale)
    low, high = state
    begin = low + np.array(trial.shares[:1]) * (high - low)
    begin = np.append(begin, np.array(trial.shares[1:-1]) * (high - low))
    found = [programme.entry(begin), programme.entry(programme.improved(begin))]
    better = [entry for entry in found if entry is not None]
    if not better:
        return None
    best = max(better, key=lambda entry: entry.margin)
    representative, transform = canonical(trial.function)
    x0, delta = transform.undo(best.x0, best.delta)
    return representative.rows, Entry(x0, delta, best.threshold, best.margin)


class _Programme:
    """A function's rows as constraints on (x0, delta_1 ... delta_k), the weights not negative."""

    def __init__(
        self,
        setting: Setting,
        state: Interval,
        iterates: int,
        function: TruthTable,
        scale: float,
    ) -> None:
        self.setting, self.state, self.iterates, self.scale = setting, state, iterates, scale
        self.wanted = np.array([row == "1" for row in function.rows])
        bits = row_bits(function.arity)
        self.rows = np.column_stack([np.ones(len(bits)), bits])

    def value(self, z: np.ndarray) -> np.ndarray:
        return self.setting.value(z, self.iterates)

    def slope(self, z: np.ndarray) -> np.ndarray:
        """dF/dz by differences within the range of the states."""
        low, high = self.state
        step = 1e-6 * (high - low)
        above, below = np.minimum(z + step, high), np.maximum(z - step, low)
        return (self.value(above) - self.value(below)) / (above - below)

    def improved(self, point: np.ndarray) -> np.ndarray:
        """The point that the programme's solver reaches from here."""
        width = len(point)
        low, high = self.state
        side = np.where(self.wanted, 1.0, -1.0)
        # The unknowns are the parameters and the values a, b on the two sides of the threshold.
        values = self.value(np.clip(self.rows @ point, low, high)) / self.scale
        begin = np.concatenate([point, [values[self.wanted].min(), values[~self.wanted].max()]])
        ends = np.zeros((len(self.wanted), 2))
        ends[self.wanted, 0], ends[~self.wanted, 1] = -1.0, 1.0
        room = -np.append(self.rows[-1], [0.0, 0.0])
        objective = np.append(np.zeros(width), [-1.0, 1.0])

        def constraints(v: np.ndarray) -> np.ndarray:
            z = np.clip(self.rows @ v[:width], low, high)
            margins = side * self.value(z) / self.scale + ends @ v[width:]
            return np.append(margins, high + room @ v)

        def derivative(v: np.ndarray) -> np.ndarray:
            z = np.clip(self.rows @ v[:width], low, high)
            slope = side * self.slope(z) / self.scale
            return np.vstack([np.column_stack([slope[:, None] * self.rows, ends]), room])

        with np.errstate(all="ignore"):
            result = minimize(
                lambda v: float(objective @ v),
                begin,
                jac=lambda _: objective,
                bounds=[(low, high)] + [(0.0, high - low)] * (width - 1) + [(None, None)] * 2,
                constraints=[{"type": "ineq", "fun": constraints, "jac": derivative}],
                method="SLSQP",
                options={"maxiter": 100, "ftol": 1e-13},
            )
        return result.x[:width] if np.isfinite(result.x).all() else point

    def entry(self, point: np.ndarray) -> Entry | None:
        """The point on the grid, its states in range, with the threshold midway."""
        step = grid(self.state)
        first, last = np.ceil(self.state[0] / step), np.floor(self.state[1] / step)
        x0 = min(max(np.round(point[0] / step), first), last)
        weights = np.maximum(np.round(point[1:] / step), 0.0)
        excess = x0 + weights.sum() - last
        if excess > 0:
            largest = int(weights.argmax())
            weights[largest] = max(weights[largest] - excess, 0.0)
        if x0 + weights.sum() > last:
            return None
        parameters = np.append(x0, weights) * step
        values = self.value(self.rows @ parameters)
        if not np.isfinite(values).all():
            return None
        lowest, highest = float(values[self.wanted].min()), float(values[~self.wanted].max())
        threshold = (lowest + highest) / 2
        margin = min(lowest - threshold, threshold - highest)
        if margin <= 0:
            return None
        return Entry(float(parameters[0]), tuple(parameters[1:].tolist()), threshold, margin)


def constants(setting: Setting, state: Interval, iterates: int) -> dict[str, Entry]:
    """The two functions without inputs: a state at one end of the values, the threshold at the other."""
    step = grid(state)
    first, last = np.ceil(state[0] / step), np.floor(state[1] / step)
    points = np.round(np.linspace(first, last, 4097)) * step
    found: dict[str, Entry] = {}
    extremes: dict[float, tuple[float, float]] = {}
    for sign in (1.0, -1.0):
        values = sign * setting.value(points, iterates)
        best = int(np.nanargmax(np.where(np.isfinite(values), values, -np.inf)))
        around = points[max(best - 1, 0)], points[min(best + 1, len(points) - 1)]

        def loss(z: float, sign: float = sign) -> float:
            return -sign * float(setting.value(np.array([z]), iterates)[0])

        sought: Any = minimize_scalar(
            loss, bounds=around, method="bounded", options={"xatol": 1e-12}
        )
        near = float(min(max(np.round(sought.x / step), first), last) * step)
        chosen = min((float(points[best]), near), key=loss)
        extremes[sign] = chosen, -sign * loss(chosen)
    (top, highest), (bottom, lowest) = extremes[1.0], extremes[-1.0]
    if highest > lowest:
        found["0"] = Entry(bottom, (), highest, highest - lowest)
        found["1"] = Entry(top, (), lowest, highest - lowest)
    return found
