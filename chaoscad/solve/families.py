"""One element in several settings: shared weights by search of a table, then linear programmes.

Gradients climb the hill on which each control starts, and a family needs the right hill for every
member at once. Here the values of F stand in a table over the states. For shared weights and
thresholds that are drawn at random, every control takes its best place of the table, so that only
what is shared is searched. Sequential linear programming then raises the least margin in float64.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int
from scipy.optimize import linprog
from scipy.sparse import csr_array, hstack, vstack

from chaoscad.compile import Setpoints, row_bits
from chaoscad.family import Family
from chaoscad.solve.refine import Programme
from chaoscad.systems import Flow

GRID = 2**14
"""Steps of the table over the range of states."""

PLACES = 601
"""Places of a control that are tried."""

THRESHOLDS = 19
"""Thresholds that are tried for every drawing of weights."""

BATCH, BATCHES = 3040, 24
"""Drawings of weights in one call, and calls."""

WIDEST = 3
"""Most inputs: every function of so many has a place in the table of a drawing."""

STARTS, LEAST_STARTS = 12, 2
"""Best drawings that are refined, and fewest where programmes are large."""

LARGE = 1024
"""Rows from which on programmes are large: as many as this are shared out over the starts."""

STEPS, LEAST_STEP, LARGEST_STEP = 120, 1e-8, 0.05
"""Linear programmes of a refinement, and the shares of a range by which they move."""


def searched(family: Family, programme: Programme, random: np.random.Generator) -> Setpoints | None:
    """The best setting found for a family; `None` where the search does not apply or finds none.

    It applies to members that differ in x0, and that have one system, one number of iterates, one
    threshold, complete functions and a bounded range of states.
    """
    if not _applies(family, programme):
        return None
    gate = family.gates[0]
    low, high = float(programme.low.max()), float(programme.high.min())
    with np.errstate(all="ignore"):
        values = gate.setting.value(np.linspace(low, high, GRID + 1), gate.iterates)
    if not np.isfinite(values).all():
        return None
    table = jnp.asarray(values, jnp.float32)
    flip = 1.0 if gate.compare == ">" else -1.0
    codes = [_code(wanted.rows, flip) for wanted in family.wanted]
    part = programme.slots.part(0)
    ends = (np.stack([programme.slots.low[part], programme.slots.high[part]]) - low) / (high - low)
    slots = np.array(programme.space.structure.x0)
    boxes = jnp.asarray(np.clip(ends[:, slots] * GRID, 0, GRID), jnp.float32)
    found: list[tuple[float, np.ndarray]] = []
    for _ in range(BATCHES):
        weights, thresholds = _drawn(programme, values, high - low, random)
        each = np.array(programme.space.structure.delta)[0, : gate.arity]
        whole = np.rint(weights[:, each] / (high - low) * GRID).astype(np.int32)
        margins, places = _margins(table, whole, thresholds, np.array(codes), boxes)
        margins, places = np.asarray(margins), np.asarray(places)
        for trial in np.argsort(-margins, kind="stable")[: STARTS // 2]:
            if margins[trial] > 0:
                vector = np.zeros(len(programme.slots.low))
                vector[part][slots] = low + (high - low) * places[trial] / GRID
                vector[programme.slots.part(1)] = weights[trial]
                vector[programme.slots.part(2)] = thresholds[trial]
                found.append((float(margins[trial]), vector))
    found.sort(key=lambda pair: -pair[0])
    best, score = None, 0.0
    starts = max(LEAST_STARTS, min(STARTS, LARGE // len(programme.states)))
    for _, vector in found[:starts]:
        point, margin = climbed(programme, np.clip(vector, *_box(programme)))
        if margin > score:
            best, score = point, margin
    return None if best is None else programme.point(best)


def climbed(programme: Programme, vector: np.ndarray) -> tuple[np.ndarray, float]:
    """The point that sequential linear programming reaches, and its least relative margin.

    Each programme maximises t with m_r + m_r' dx >= t in every row and all states in range, in a
    box around the point that grows after a success and shrinks after a failure.
    """
    low, high = _box(programme)
    width = len(vector)
    matters = programme.sign != 0
    states = csr_array(programme.states)
    zero = csr_array((len(programme.states), 1))
    ranges = vstack([hstack([states, zero]), hstack([-states, zero])], format="csr")
    objective = np.append(np.zeros(width), -1.0)
    vector = programme.inside(vector)
    score = _score(programme, vector)
    reach = 0.02
    for _ in range(STEPS):
        slope = csr_array(programme.gradient(vector)[matters])
        margins = programme.signed(vector)[matters]
        rows = hstack([-slope, csr_array(np.ones((len(margins), 1)))])
        z = programme.states @ vector
        while True:
            found = linprog(
                objective,
                vstack([rows, ranges], format="csr"),
                np.concatenate([margins, programme.high - z, z - programme.low]),
                bounds=np.column_stack(
                    [
                        np.append(np.maximum(low - vector, -reach), -np.inf),
                        np.append(np.minimum(high - vector, reach), np.inf),
                    ]
                ),
                method="highs",
            )
            better = None if found.x is None else programme.inside(vector + found.x[:-1])
            gained = -np.inf if better is None else _score(programme, better)
            if better is not None and gained > score + 1e-10:
                vector, score, reach = better, gained, min(1.5 * reach, LARGEST_STEP)
                break
            reach /= 3
            if reach < LEAST_STEP:
                return vector, score
    return vector, score


def _applies(family: Family, programme: Programme) -> bool:
    first = family.gates[0]
    return (
        family.controls == ("x0",)
        and first.arity <= WIDEST
        and not isinstance(first.setting.system, Flow)
        and bool(np.isfinite(programme.low).all() and np.isfinite(programme.high).all())
        and len(set(family.x0)) == len(family.gates)
        and all(gate.iterates == first.iterates for gate in family.gates)
        and all(gate.compare == first.compare for gate in family.gates)
        and not any("-" in wanted.rows for wanted in family.wanted)
    )


def _code(rows: str, flip: float) -> int:
    """The number whose bit r says whether the value of row r lies above the threshold."""
    return sum(1 << row for row, want in enumerate(rows) if (want == "1") == (flip > 0))


def _box(programme: Programme) -> tuple[np.ndarray, np.ndarray]:
    return programme.slots.low, programme.slots.high


def _drawn(
    programme: Programme, values: np.ndarray, width: float, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Weights, their sizes spread evenly over their logarithms, with thresholds for each."""
    part = programme.slots.part(1)
    low = np.maximum(programme.slots.low[part], -width)
    high = np.minimum(programme.slots.high[part], width)
    count = BATCH // THRESHOLDS
    size = width * 10.0 ** random.uniform(-2.0, 0.0, (count, 1))
    weights = np.clip(random.uniform(-1, 1, (count, len(low))) * size, low, high)
    (least,), (most,) = (ends[programme.slots.part(2)] for ends in _box(programme))
    least, most = max(least, values.min()), min(most, values.max())
    cells = np.arange(THRESHOLDS) + random.uniform(0, 1, (count, THRESHOLDS))
    thresholds = least + (most - least) * cells / THRESHOLDS
    return np.repeat(weights, THRESHOLDS, axis=0), thresholds.reshape(-1)


@partial(jax.jit)
def _margins(
    table: Float[Array, " grid"],
    weights: Int[Array, "trials inputs"],
    thresholds: Float[Array, " trials"],
    codes: Int[Array, " members"],
    boxes: Float[Array, "2 members"],
) -> tuple[Float[Array, " trials"], Float[Array, "trials members"]]:
    """The least margin over members of every drawing, and every member's best x0 on the grid."""
    bits = jnp.asarray(row_bits(weights.shape[1]), jnp.int32)
    powers = 1 << jnp.arange(len(bits))

    def one(weight: Array, threshold: Array) -> tuple[Array, Array]:
        shift = bits @ weight
        first, last = jnp.maximum(0, -shift.min()), jnp.minimum(GRID, GRID - shift.max())
        x0 = jnp.rint(first + (last - first) * jnp.linspace(0.0, 1.0, PLACES)).astype(jnp.int32)
        above = table[jnp.clip(x0[:, None] + shift, 0, GRID)] - threshold
        code = ((above > 0) * powers).sum(1)
        margin = jnp.where(last >= first, jnp.abs(above).min(1), -1.0)
        fits = code == codes[:, None]
        inside = (x0 >= boxes[0][:, None]) & (x0 <= boxes[1][:, None])
        reached = jnp.where(fits & inside, margin, -1.0)
        return reached.max(1).min(), x0[reached.argmax(1)].astype(jnp.float32)

    return jax.lax.map(lambda pair: one(*pair), (weights, thresholds), batch_size=64)


def _score(programme: Programme, vector: np.ndarray) -> float:
    score = float(programme.signed(vector).min())
    return score if np.isfinite(score) and programme.in_range(vector) else -np.inf
