"""The last digits: the best margin in float64 by sequential quadratic programming.

The margin is the largest t with s_r (F(z_r) - threshold) >= t in every row r that matters. That is
a small smooth programme once training has found the right hill; its solution has the bounds active
that gradient descent only approaches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from chaoscad.compile import Setpoints, row_bits
from chaoscad.gate import local_states
from chaoscad.netlist import Gate, TruthTable
from chaoscad.solve.space import Space
from chaoscad.systems import Flow
from chaoscad.systems.convergence import AGREEMENT, converge

MOST_UNKNOWNS = 60
MOST_ROWS = 1500
"""Largest programmes that are refined; larger ones keep what training found."""

DECIMALS = (3, 6, 9, 12)
"""Parameters are rounded to the fewest of these decimals by which nothing is lost."""


@dataclass(frozen=True)
class _Slots:
    """One number per slot: x0, delta, threshold and system parameters, one after another."""

    sizes: tuple[int, int, int, int]
    low: np.ndarray
    high: np.ndarray

    def part(self, which: int) -> slice:
        first = sum(self.sizes[:which])
        return slice(first, first + self.sizes[which])


class Programme:
    """The rows of a problem as constraints on its slots."""

    def __init__(self, gates: Sequence[Gate], space: Space, wanted: Sequence[TruthTable]) -> None:
        self.gates, self.space = gates, space
        # The last question and its answer: flows are integrated for each.
        self.asked, self.answer = b"", np.zeros(0)
        structure = space.structure
        boxes = (space.x0, space.delta, space.threshold, space.system)
        self.slots = _Slots(
            tuple(len(box.low) for box in boxes),  # type: ignore[arg-type]
            np.concatenate([np.asarray(box.low, np.float64) for box in boxes]),
            np.concatenate([np.asarray(box.high, np.float64) for box in boxes]),
        )
        width = len(self.slots.low)
        x0, delta, threshold, system = (self.slots.part(which).start for which in range(4))
        state_rows: list[np.ndarray] = []
        thresholds: list[np.ndarray] = []
        owners: list[int] = []
        signs: list[float] = []
        for index, gate in enumerate(gates):
            bits = row_bits(gate.arity)
            flip = 1.0 if gate.compare == ">" else -1.0
            for row, want in zip(bits, wanted[index].rows, strict=True):
                state = np.zeros(width)
                state[x0 + structure.x0[index]] = 1.0
                for position, bit in enumerate(row):
                    state[delta + structure.delta[index][position]] += bit
                at = np.zeros(width)
                at[threshold + structure.threshold[index]] = 1.0
                state_rows.append(state)
                thresholds.append(at)
                owners.append(index)
                signs.append(0.0 if want == "-" else flip if want == "1" else -flip)
        everything = np.column_stack([owners, signs, state_rows])
        # Shared weights make most rows equal; each distinct one is one constraint.
        kept = np.sort(np.unique(everything, axis=0, return_index=True)[1])
        self.states = np.array(state_rows)[kept]
        self.thresholds = np.array(thresholds)[kept]
        self.owner = np.array(owners)[kept]
        self.sign = np.array(signs)[kept]
        self.scale = np.asarray(space.scale, np.float64)[self.owner]
        self.low = np.asarray(space.low, np.float64)[self.owner]
        self.high = np.asarray(space.high, np.float64)[self.owner]
        self.system = np.full((len(gates), len(structure.system[0])), -1)
        for index, row in enumerate(structure.system):
            self.system[index] = [slot + system if slot >= 0 else -1 for slot in row]
        # Members of a family have one F, asked for once. Flows stay apart: their steps would be common.
        members: dict[object, list[int]] = {}
        for index, gate in enumerate(gates):
            flow = isinstance(gate.setting.system, Flow)
            key = index if flow else (gate.setting, gate.iterates, *self.system[index])
            members.setdefault(key, []).append(index)
        self.alike = [(one[0], np.isin(self.owner, one)) for one in members.values()]

    def vector(self, point: Setpoints) -> np.ndarray:
        """The slots of a point."""
        structure = self.space.structure
        found = np.zeros(len(self.slots.low))
        x0, delta, threshold, system = (self.slots.part(which) for which in range(4))
        found[x0][np.array(structure.x0)] = point.x0
        found[threshold][np.array(structure.threshold)] = point.threshold
        for slots, values, part in (
            (structure.delta, point.delta, delta),
            (structure.system, point.system, system),
        ):
            for slot_row, value_row in zip(slots, values, strict=True):
                for slot, value in zip(slot_row, value_row, strict=True):
                    if slot >= 0:
                        found[part][slot] = value
        return np.clip(found, self.slots.low, self.slots.high)

    def point(self, vector: np.ndarray) -> Setpoints:
        """The parameters of every gate at the given slots."""
        structure = self.space.structure
        x0, delta, threshold, system = (vector[self.slots.part(which)] for which in range(4))
        slots = np.array(structure.delta)
        places = np.array(structure.system)
        return Setpoints(
            x0=x0[np.array(structure.x0)],
            delta=np.where(slots >= 0, delta[slots], 0.0),
            threshold=threshold[np.array(structure.threshold)],
            system=np.where(places >= 0, system[places], 0.0),
        )

    def values(self, vector: np.ndarray, z: np.ndarray) -> np.ndarray:
        """F at states `z`, one per row of the programme."""
        key = vector.tobytes() + z.tobytes()
        if key == self.asked:
            return self.answer
        found = np.empty_like(z)
        for index, rows in self.alike:
            gate = self.gates[index]
            parameters = {
                name: vector[self.system[index][position]]
                for position, name in enumerate(gate.setting.parameters)
            }
            with np.errstate(all="ignore"):
                found[rows] = gate.setting.value(z[rows], gate.iterates, parameters)
        self.asked, self.answer = key, found
        return found

    def signed(self, vector: np.ndarray) -> np.ndarray:
        """The relative margin of every row; infinite where the row does not matter."""
        distance = self.values(vector, self.states @ vector) - self.thresholds @ vector
        return np.where(self.sign == 0, np.inf, self.sign * distance / self.scale)

    def converged(self, point: Setpoints) -> bool:
        """Whether independent integrators agree on every row of a flow, to a tenth of the margin."""
        vector = self.vector(point)
        z = self.states @ vector
        at = point.threshold[self.owner]
        margins = np.abs(self.values(vector, z) - at)
        for index, gate in enumerate(self.gates):
            rows = (self.owner == index) & (self.sign != 0)
            if not isinstance(gate.setting.system, Flow) or not rows.any():
                continue
            values = {
                name: float(vector[self.system[index][position]])
                for position, name in enumerate(gate.setting.parameters)
            }
            found = converge(gate.setting.with_values(values), z[rows])
            if found.moved(AGREEMENT * float(margins[rows].min())).any():
                return False
        return True

    def gradient(self, vector: np.ndarray) -> np.ndarray:
        """The derivative of `signed` by the slots, by central differences of F."""
        z = self.states @ vector
        step = 1e-6
        slope = (self.values(vector, z + step) - self.values(vector, z - step)) / (2 * step)
        found = slope[:, None] * self.states - self.thresholds
        for slot in np.unique(self.system[self.system >= 0]):
            if self.slots.low[slot] < self.slots.high[slot]:
                shift = np.zeros_like(vector)
                shift[slot] = step
                upper = self.values(vector + shift, z)
                found[:, slot] += (upper - self.values(vector - shift, z)) / (2 * step)
        return (self.sign / self.scale)[:, None] * found

    def centred(self, vector: np.ndarray) -> np.ndarray:
        """The same point with every threshold midway between the rows on its two sides."""
        values = self.values(vector, self.states @ vector)
        part = self.slots.part(2)
        found = vector.copy()
        for slot in range(part.start, part.stop):
            mine = self.thresholds[:, slot] > 0
            low, high = self.slots.low[slot], self.slots.high[slot]
            above, below = values[mine & (self.sign > 0)], values[mine & (self.sign < 0)]
            if above.size and below.size:
                best = (above.min() + below.max()) / 2
            elif above.size:
                best = low if np.isfinite(low) else above.min() - 1.0
            elif below.size:
                best = high if np.isfinite(high) else below.max() + 1.0
            else:
                best = found[slot]
            if np.isfinite(best):
                found[slot] = np.clip(best, low, high)
        return found

    def in_range(self, vector: np.ndarray) -> bool:
        """Whether every state is in range, summed from the first input to the last."""
        point = self.point(vector)
        for index, gate in enumerate(self.gates):
            low, high = float(self.space.low[index]), float(self.space.high[index])
            weights = point.delta[index, : gate.arity].tolist()
            z = np.array(local_states(float(point.x0[index]), weights))
            if z.min() < low or z.max() > high:
                return False
        return True

    def inside(self, vector: np.ndarray) -> np.ndarray:
        """The nearest point, drawn towards the weights' rest, whose states are all in range."""
        return self.drawn_in(np.clip(vector, self.slots.low, self.slots.high))

    def drawn_in(self, vector: np.ndarray) -> np.ndarray:
        """`inside`, for a point that keeps the other ranges already."""
        part = self.slots.part(1)
        rest = np.asarray(self.space.rest, np.float64)
        for exponent in (None, *range(-15, -2)):
            found = vector.copy()
            if exponent is not None:
                found[part] = rest + (vector[part] - rest) * (1 - 10.0**exponent)
            if self.in_range(found):
                return found
        return vector

    def improved(self, vector: np.ndarray) -> np.ndarray:
        """The point that the programme's solver reaches from here."""
        rows = self.sign != 0
        width = len(vector)
        states = np.column_stack([self.states, np.zeros(len(self.states))])
        below, above = np.isfinite(self.low), np.isfinite(self.high)

        def constraints(v: np.ndarray) -> np.ndarray:
            z = self.states @ v[:width]
            margins = self.signed(v[:width])[rows] - v[width]
            return np.concatenate([margins, (z - self.low)[below], (self.high - z)[above]])

        def derivative(v: np.ndarray) -> np.ndarray:
            margins = np.column_stack([self.gradient(v[:width])[rows], -np.ones(rows.sum())])
            return np.concatenate([margins, states[below], -states[above]])

        objective = np.zeros(width + 1)
        objective[width] = -1.0
        begin = np.append(vector, self.signed(vector).min())
        ends = [
            (low if np.isfinite(low) else None, high if np.isfinite(high) else None)
            for low, high in zip(self.slots.low, self.slots.high, strict=True)
        ]
        with np.errstate(all="ignore"):
            result = minimize(
                lambda v: -v[width],
                begin,
                jac=lambda _: objective,
                bounds=[*ends, (None, None)],
                constraints=[{"type": "ineq", "fun": constraints, "jac": derivative}],
                method="SLSQP",
                options={"maxiter": 60, "ftol": 1e-14},
            )
        return result.x[:width] if np.isfinite(result.x).all() else vector


def refine(
    gates: Sequence[Gate],
    space: Space,
    wanted: Sequence[TruthTable],
    point: Setpoints,
    *,
    projected: bool,
    polish: bool,
) -> tuple[Setpoints, np.ndarray, float]:
    """The point with its last digits, if that helps, and its margins.

    **Arguments:**

    - `projected`: put the thresholds midway first.
    - `polish`: improve the point, where the programme is small enough; never makes it worse.

    **Returns:** the point, the margin of every gate in the unit of its values, and the least margin
    relative to the size of the values (negative infinity where a state is out of range).
    """
    programme = Programme(gates, space, wanted)
    if not projected:
        vector = programme.drawn_in(_exact_vector(programme, point))
        point = programme.point(vector)
        return point, _margins(programme, vector), float(programme.signed(vector).min())
    vector = programme.inside(programme.vector(point))
    candidates = [programme.centred(vector)]
    small = len(vector) <= MOST_UNKNOWNS and len(programme.states) <= MOST_ROWS
    # Hundreds of integrations cost more than the last digits of a flow's margin are worth.
    flows = any(isinstance(gate.setting.system, Flow) for gate in gates)
    if polish and small and not flows:
        better = programme.inside(programme.improved(candidates[0]))
        candidates += [programme.centred(better), better]
    best = max(candidates, key=lambda found: _score(programme, found))
    score = _score(programme, best)
    lost = 1e-3 * abs(score) if flows else 1e-10
    for decimals in DECIMALS if polish else ():
        tidy = programme.inside(np.round(best, decimals) + 0.0)
        rounded = _score(programme, tidy)
        if rounded >= score - lost:
            best, score = tidy, rounded
            break
    return programme.point(best), _margins(programme, best), score


def _exact_vector(programme: Programme, point: Setpoints) -> np.ndarray:
    # The threshold's box is a share of the values' range here, so it must not clip the threshold.
    vector = programme.vector(point)
    vector[programme.slots.part(2)][np.array(programme.space.structure.threshold)] = point.threshold
    return vector


def _score(programme: Programme, vector: np.ndarray) -> float:
    score = float(programme.signed(vector).min())
    return score if np.isfinite(score) and programme.in_range(vector) else -np.inf


def _margins(programme: Programme, vector: np.ndarray) -> np.ndarray:
    signed = programme.signed(vector) * programme.scale
    return np.array(
        [signed[programme.owner == index].min() for index in range(len(programme.gates))]
    )
