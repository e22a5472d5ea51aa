"""One element in several settings: shared weights by search of a table, then linear programmes.

Gradients climb the hill on which each control starts, and a family needs the right hill for every
member at once. Here the values of F stand in a table over the states. For shared weights and
thresholds that are drawn at random, every control takes its best place of the table, so that only
what is shared is searched. Sequential linear programming then raises the least margin in float64.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int
from scipy.optimize import linprog
from scipy.sparse import csr_array, hstack, vstack

from chaoscad.compile import Setpoints, row_bits
from chaoscad.family import Family
from chaoscad.feasibility import tabulate
from chaoscad.solve.refine import Programme
from chaoscad.systems import Flow, Setting

GRID = 2**14
"""Steps of the table over the range of states."""

PLACES = {1: 601, 2: 601, 3: 2401}
"""Places of a control that are tried, by inputs: eight rows need finer ones than four."""

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

MOST_WORK = 600_000_000
"""Values that are compared where every member is looked at by itself."""

MOST_VALUES = 2**23
"""Values that one step of that holds at a time."""

FLOW_STEPS = 4
"""Linear programmes of a flow, each of which takes integrations."""

STEPS, LEAST_STEP, LARGEST_STEP = 120, 1e-8, 0.05
"""Linear programmes of a refinement, and the shares of a range by which they move."""


class _Members(NamedTuple):
    """Who has which table, x0 and threshold; hashable.

    **Arguments:**

    - `table`, `x0`, `threshold`: a place of each member.
    - `midway`: of each threshold, whether all of its members share one x0: it is then put between
      their rows, and not drawn.
    - `owner`: of each threshold, the x0 of its first member.
    """

    table: tuple[int, ...]
    x0: tuple[int, ...]
    threshold: tuple[int, ...]
    midway: tuple[bool, ...]
    owner: tuple[int, ...]


def searched(family: Family, programme: Programme, random: np.random.Generator) -> Setpoints | None:
    """The best setting found for a family; `None` where the search does not apply or finds none.

    It applies to members whose states have a bounded range and whose values are finite there.
    """
    if family.gates[0].arity > WIDEST or not (
        np.isfinite(programme.low).all() and np.isfinite(programme.high).all()
    ):
        return None
    low, high = float(programme.low.max()), float(programme.high.min())
    keys = list(dict.fromkeys((gate.setting, gate.iterates) for gate in family.gates))
    values = np.array([_tabulated(*key, low, high) for key in keys])
    if not np.isfinite(values).any(1).all():
        return None
    found = _drawings(family, programme, values, random)
    found.sort(key=lambda pair: -pair[0])
    flows = isinstance(family.gates[0].setting.system, Flow)
    steps = FLOW_STEPS if flows else STEPS
    best, score = None, 0.0
    starts = max(LEAST_STARTS, min(STARTS, LARGE // len(programme.states)))
    for _, vector in found[:starts]:
        point, margin = climbed(programme, np.clip(vector, *_box(programme)), steps)
        if margin > score:
            best, score = point, margin
    return None if best is None else programme.point(best)


def _tabulated(setting: Setting, iterates: int, low: float, high: float) -> np.ndarray:
    """F at the grid of states; NaN where a flow escapes."""
    states = np.linspace(low, high, GRID + 1)
    if isinstance(setting.system, Flow):
        return np.interp(states, *tabulate(setting, (low, high)))
    with np.errstate(all="ignore"):
        return setting.value(states, iterates)


def _drawings(
    family: Family, programme: Programme, values: np.ndarray, random: np.random.Generator
) -> list[tuple[float, np.ndarray]]:
    """The best drawings of every call: the margin in the table, and the slots."""
    structure = programme.space.structure
    low, high = float(programme.low.max()), float(programme.high.min())
    members = _members(family, programme)
    signs = np.array(
        [
            [
                0 if want == "-" else 1 if (want == "1") == (gate.compare == ">") else -1
                for want in one
            ]
            for gate, one in zip(
                family.gates, (wanted.rows for wanted in family.wanted), strict=True
            )
        ]
    )
    ends = np.stack(_box(programme))
    boxes = np.clip((ends[:, programme.slots.part(0)] - low) / (high - low) * GRID, 0, GRID)
    reach = ends[:, programme.slots.part(2)].astype(np.float32)
    scale = np.asarray(programme.space.scale, np.float32)
    tables = jnp.asarray(values, jnp.float32)
    codes = (signs > 0) @ (1 << np.arange(signs.shape[1]))
    quick = (
        len(set(members.x0)) == len(signs)
        and len(members.midway) == len(values) == 1
        and bool((boxes == boxes[:, :1]).all() and (scale == scale[0]).all() and signs.all())
    )
    work = BATCH * signs.size * PLACES[family.gates[0].arity]
    batches = BATCHES if quick else max(1, min(BATCHES, MOST_WORK // work))
    each = np.array(structure.delta)[0, : family.gates[0].arity]
    found: list[tuple[float, np.ndarray]] = []
    for _ in range(batches):
        weights, thresholds = _drawn(programme, members, values, high - low, random)
        whole = np.rint(weights[:, each] / (high - low) * GRID).astype(np.int32)
        asked = (whole, thresholds.astype(np.float32))
        if quick:
            box = (float(boxes[0, 0]), float(boxes[1, 0]))
            screened = np.asarray(_by_function(tables[0], *asked, codes, box))
            chosen = np.argsort(-screened, kind="stable")[: STARTS // 2]
            weights, thresholds = weights[chosen], thresholds[chosen]
            asked = tuple(one[chosen] for one in asked)
        margins, places, levels = map(
            np.asarray, _by_member(tables, *asked, signs, boxes, reach, scale, members)
        )
        for trial in np.argsort(-margins, kind="stable")[: STARTS // 2]:
            if margins[trial] > 0:
                vector = np.zeros(len(programme.slots.low))
                vector[programme.slots.part(0)] = low + (high - low) * places[trial] / GRID
                vector[programme.slots.part(1)] = weights[trial]
                vector[programme.slots.part(2)] = np.where(
                    members.midway, levels[trial], thresholds[trial]
                )
                found.append((float(margins[trial]), vector))
    return found


def _members(family: Family, programme: Programme) -> _Members:
    structure = programme.space.structure
    keys = list(dict.fromkeys((gate.setting, gate.iterates) for gate in family.gates))
    table = tuple(keys.index((gate.setting, gate.iterates)) for gate in family.gates)
    classes: dict[int, list[int]] = {}
    for x0, threshold in zip(structure.x0, structure.threshold, strict=True):
        classes.setdefault(threshold, []).append(x0)
    ordered = [classes[slot] for slot in range(len(classes))]
    return _Members(
        table,
        structure.x0,
        structure.threshold,
        tuple(len(set(one)) == 1 for one in ordered),
        tuple(one[0] for one in ordered),
    )


def climbed(
    programme: Programme, vector: np.ndarray, steps: int = STEPS
) -> tuple[np.ndarray, float]:
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
    for _ in range(steps):
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


def _box(programme: Programme) -> tuple[np.ndarray, np.ndarray]:
    return programme.slots.low, programme.slots.high


def _drawn(
    programme: Programme,
    members: _Members,
    values: np.ndarray,
    width: float,
    random: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Weights, their sizes spread evenly over their logarithms, with thresholds for each."""
    part = programme.slots.part(1)
    low = np.maximum(programme.slots.low[part], -width)
    high = np.minimum(programme.slots.high[part], width)
    each = 1 if all(members.midway) else THRESHOLDS
    count = BATCH // each
    size = width * 10.0 ** random.uniform(-2.0, 0.0, (count, 1))
    weights = np.clip(random.uniform(-1, 1, (count, len(low))) * size, low, high)
    least, most = (ends[programme.slots.part(2)] for ends in _box(programme))
    least = np.maximum(least, np.nanmin(values))
    most = np.minimum(most, np.nanmax(values))
    cells = np.arange(each) + random.uniform(0, 1, (count, each))
    shares = cells.reshape(-1, 1) / each
    if len(least) > 1:
        # Several thresholds: the first is spread over its range, the others are drawn.
        others = random.uniform(0, 1, (len(shares), len(least) - 1))
        shares = np.hstack([shares, others])
    return np.repeat(weights, each, axis=0), least + (most - least) * shares


def _places(shift: Array, inputs: int) -> tuple[Array, Array]:
    """Places of x0 on the grid at which all states are on it, and whether there are any."""
    first, last = jnp.maximum(0, -shift.min()), jnp.minimum(GRID, GRID - shift.max())
    x0 = jnp.rint(first + (last - first) * jnp.linspace(0.0, 1.0, PLACES[inputs])).astype(jnp.int32)
    return x0, last >= first


@partial(jax.jit, static_argnames=("box",))
def _by_function(
    table: Float[Array, " grid"],
    weights: Int[Array, "trials inputs"],
    thresholds: Float[Array, "trials 1"],
    codes: Int[Array, " members"],
    box: tuple[float, float],
) -> Float[Array, " trials"]:
    """The least margin over members of every drawing: a place counts for the function it computes.

    For members of one table, threshold and range of x0, whose functions are complete. The work does
    not grow with their number.
    """
    bits = jnp.asarray(row_bits(weights.shape[1]), jnp.int32)
    powers = 1 << jnp.arange(len(bits))

    def one(weight: Array, threshold: Array) -> Array:
        shift = bits @ weight
        x0, fits = _places(shift, weights.shape[1])
        above = table[jnp.clip(x0[:, None] + shift, 0, GRID)] - threshold
        fits = fits & (x0 >= box[0]) & (x0 <= box[1])
        margin = jnp.where(fits, jnp.abs(above).min(1), -1.0)
        code = ((above > 0) * powers).sum(1)
        reached = jnp.full(1 << len(bits), -1.0).at[code].max(margin)
        return reached[codes].min()

    return jax.lax.map(lambda pair: one(*pair), (weights, thresholds), batch_size=64)


@partial(jax.jit, static_argnames=("members",))
def _by_member(
    tables: Float[Array, "tables grid"],
    weights: Int[Array, "trials inputs"],
    thresholds: Float[Array, "trials thresholds"],
    signs: Int[Array, "members rows"],
    boxes: Float[Array, "2 x0"],
    reach: Float[Array, "2 thresholds"],
    scale: Float[Array, " members"],
    members: _Members,
) -> tuple[Float[Array, " trials"], Float[Array, "trials x0"], Float[Array, "trials thresholds"]]:
    """The least relative margin of every drawing, the best places of x0, and the thresholds there."""
    bits = jnp.asarray(row_bits(weights.shape[1]), jnp.int32)
    table, at, level, owner = (
        np.array(one) for one in (members.table, members.x0, members.threshold, members.owner)
    )
    counts = len(members.midway), boxes.shape[1]

    def one(weight: Array, threshold: Array) -> tuple[Array, Array, Array]:
        shift = bits @ weight
        x0, fits = _places(shift, weights.shape[1])
        values = tables[:, jnp.clip(x0[:, None] + shift, 0, GRID)][table]
        up = jnp.where(signs[:, None] > 0, values, jnp.inf).min(2)
        down = jnp.where(signs[:, None] < 0, values, -jnp.inf).max(2)
        top = jax.ops.segment_min(up, level, counts[0])
        bottom = jax.ops.segment_max(down, level, counts[0])
        alone = jnp.where(jnp.isfinite(bottom), reach[1][:, None], reach[0][:, None])
        middle = jnp.where(jnp.isfinite(top + bottom), (top + bottom) / 2, alone)
        middle = jnp.clip(middle, reach[0][:, None], reach[1][:, None])
        levels = jnp.where(np.array(members.midway)[:, None], middle, threshold[:, None])
        own = jnp.minimum(up - levels[level], levels[level] - down) / scale[:, None]
        margin = jax.ops.segment_min(own, at, counts[1])
        inside = fits & (x0 >= boxes[0][:, None]) & (x0 <= boxes[1][:, None])
        # Where a flow escapes the margin is NaN, which is no margin either.
        margin = jnp.where(inside & (margin > 0), margin, -1.0)
        place = margin.argmax(1)
        return (
            margin.max(1).min(),
            x0[place].astype(jnp.float32),
            levels[np.arange(counts[0]), place[owner]],
        )

    size = max(1, min(64, MOST_VALUES // (signs.size * PLACES[weights.shape[1]])))
    return jax.lax.map(lambda pair: one(*pair), (weights, thresholds), batch_size=size)


def _score(programme: Programme, vector: np.ndarray) -> float:
    score = float(programme.signed(vector).min())
    return score if np.isfinite(score) and programme.in_range(vector) else -np.inf
