"""The parameter space of a set of gates: slots shared by ties, bounds that hold by construction.

`chaoscad.solve.slots` builds it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from chaoscad.compile import (
    CircuitPlan,
    Setpoints,
    Tables,
    columns,
    lowest_of,
    per_gate,
    take,
    values,
)
from chaoscad.tune import Box, minimum
from chaoscad.tune.transforms import Leaf

ROUNDING = 1e-5
"""Relative margin above which a gate counts as solved in single precision: a map's values at equal
states differ by less."""


class Raw(NamedTuple):
    """What the optimizer moves: one unbounded float32 per slot and trial.

    These are no `Setpoints`: gates that are tied share a slot, a weight that is shared has one, and
    `realise` squeezes each number into its bounds, and the states of a gate into their range. `None`
    is what nothing depends on: see `needed`.
    """

    x0: Float[Array, "x0_slots trials"] | None
    delta: Float[Array, "delta_slots trials"] | None
    threshold: Float[Array, "threshold_slots trials"] | None
    system: Float[Array, "system_slots trials"] | None


@dataclass(frozen=True)
class Structure:
    """Which gate takes which slot; hashable.

    **Arguments:**

    - `x0`, `threshold`: a slot per gate.
    - `delta`: a slot per gate and input, -1 beyond the gate's arity.
    - `system`: a slot per gate and system parameter, -1 beyond the system's parameters.
    - `scaled_together`: a class per gate; gates with tied weights are in one class.
    """

    x0: tuple[int, ...]
    delta: tuple[tuple[int, ...], ...]
    threshold: tuple[int, ...]
    system: tuple[tuple[int, ...], ...]
    scaled_together: tuple[int, ...]

    @property
    def tied_weights(self) -> bool:
        """Whether any two gates share a weight."""
        return len(set(self.scaled_together)) < len(self.scaled_together)


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Space:
    """A structure with its bounds as arrays, so that spaces of one structure can be stacked.

    `build_space` gives float64 NumPy arrays, without a trials' axis; `spread` moves them to JAX and
    gives every leaf that axis, at the end.

    **Arguments:**

    - `rest`: the smallest allowed weight of each slot; scaling stops there.
    - `low`, `high`: the range of each gate's states.
    - `relative`: gates whose threshold is a share of the range of their own values.
    - `scale`: the size of each gate's values, by which its margin is measured.
    - `sign`: +1 for the comparator `>`, -1 for `<`.
    """

    structure: Structure = field(metadata={"static": True})
    x0: Box
    delta: Box
    rest: Leaf
    threshold: Box
    system: Box
    low: Leaf
    high: Leaf
    relative: Leaf
    scale: Leaf
    sign: Leaf

    @property
    def settled(self) -> bool:
        """Whether every parameter is fixed."""
        boxes = (self.x0, self.delta, self.threshold, self.system)
        return all(np.array_equal(box.low, box.high) for box in boxes)


def physical(space: Space, raw: Raw) -> tuple[Array, Array, Array]:
    """Offsets, weights and system parameters of every gate; all states are in range.

    The weights are drawn towards their rest, by the largest factor that keeps x0 plus the positive
    weights below the top of the range and x0 minus the negative ones above its bottom.

    **Returns:** x0 `[gates, trials]`, delta `[gates, inputs, trials]`, system
    `[gates, parameters, trials]`.
    """
    structure = space.structure
    x0 = take(_forward(space.x0, raw.x0, raw), structure.x0)
    wide = _of_gates(_forward(space.delta, raw.delta, raw), structure.delta)
    rest = _of_gates(space.rest, structure.delta)
    factor = jnp.ones_like(x0)
    for room_left, side in ((space.high - x0, 1.0), (x0 - space.low, -1.0)):
        needed = _row_sum(jnp.maximum(side * rest, 0.0))
        excess = _row_sum(jax.nn.relu(side * wide)) - needed
        left = jax.nn.relu(room_left - needed)
        tight = excess > left
        limit = jnp.where(tight, left, 1.0) * (1.0 / jnp.where(tight, excess, 1.0))
        # Unlike a minimum, whose gradient is divided where both are equal.
        factor = jnp.where(limit > factor, factor, limit)
    if structure.tied_weights:
        factor = take(lowest_of(factor, structure.scaled_together), structure.scaled_together)
    # Input by input: the gradient by the factor would else be a reduction over very few elements,
    # which takes as long as everything else together.
    pairs = zip(columns(rest), columns(wide), strict=True)
    delta = jnp.stack([least + factor * (most - least) for least, most in pairs], axis=1)
    return x0, delta, _of_gates(_forward(space.system, raw.system, raw), structure.system)


def _forward(box: Box, slots: Array | None, raw: Raw) -> Array:
    """The values of slots; of those that are not moved, the low ends of their ranges."""
    if slots is not None:
        return box.forward(slots)
    (trials,) = {leaf.shape[-1] for leaf in raw if leaf is not None}
    low = jnp.asarray(box.low, jnp.float32)
    low = low.reshape(low.shape[0], -1)
    return jnp.broadcast_to(low, (low.shape[0], trials))


def needed(space: Space, raw: Raw, *, projected: bool = False) -> Raw:
    """The raw values without those that nothing depends on, so that no optimizer moves them.

    **Arguments:**

    - `projected`: the threshold is no raw value.
    """
    boxes = (space.x0, space.delta, space.threshold, space.system)
    kept = [None if box.kind == "fixed" else leaf for box, leaf in zip(boxes, raw, strict=True)]
    found = Raw(*kept)
    if projected:
        found = found._replace(threshold=None)
    # Something must be moved, if only a threshold that is not looked at.
    return raw if all(leaf is None for leaf in found) else found


def _row_sum(weights: Array) -> Array:
    """The sum over a gate's inputs, written out: a reduction over so few does not vectorise."""
    first, *others = columns(weights)
    return sum(others, first)


def _of_gates(slots: Array, places: tuple[tuple[int, ...], ...]) -> Array:
    """Slots as a matrix, one row per gate, zero where a gate has no slot."""
    flat = [place for row in places for place in row]
    found = take(slots, [max(place, 0) for place in flat])
    found = found.reshape(len(places), -1, slots.shape[-1])
    if min(flat) >= 0:
        return found
    return jnp.where(np.array(places)[:, :, None] >= 0, found, 0.0)


def realise(plan: CircuitPlan, space: Space, raw: Raw) -> tuple[Setpoints, Tables]:
    """The parameters of every gate and the values at its local rows, the threshold as trained."""
    x0, delta, system = physical(space, raw)
    tables = values(plan, x0, delta, system)
    direct = take(_forward(space.threshold, raw.threshold, raw), space.structure.threshold)
    low, high = extremes(plan, tables)
    threshold = jnp.where(space.relative, low + (high - low) * direct, direct)
    return Setpoints(x0, delta, threshold, system), tables


def extremes(plan: CircuitPlan, tables: Tables) -> tuple[Array, Array]:
    """The lowest and the highest value of every gate."""
    return (
        gather(plan, {arity: table.min(1) for arity, table in tables.items()}),
        gather(plan, {arity: table.max(1) for arity, table in tables.items()}),
    )


def gather(plan: CircuitPlan, of_arity: dict[int, Array]) -> Array:
    """`[gates, trials]` arrays of every arity, joined in the order of the gates."""
    order = np.concatenate([plan.members(arity) for arity in plan.arities])
    joined = jnp.concatenate([of_arity[arity] for arity in plan.arities])
    return take(joined, np.argsort(order).tolist())


class Gap(NamedTuple):
    """The threshold between the rows that must lie above it and those that must lie below.

    `threshold` is midway, inside its bounds; `margin` the smaller of the two distances.
    """

    threshold: Float[Array, "gates trials"]
    margin: Float[Array, "gates trials"]


def gaps(
    plan: CircuitPlan,
    space: Space,
    tables: Tables,
    above: dict[int, Array],
    below: dict[int, Array],
    temperature: Any,
) -> tuple[Gap, Gap]:
    """The best threshold of every gate and the margin that it leaves, exact and smooth.

    **Arguments:**

    - `above`, `below`: for every arity, masks `[gates, 2^arity, trials]` of the rows on each side.
    - `temperature`: of the smooth extremes, relative to the size of the gates' values.
    """
    lows: dict[int, tuple[Array, Array]] = {}
    highs: dict[int, tuple[Array, Array]] = {}
    for arity, table in tables.items():
        width = temperature * per_gate(plan, space.scale, arity)[:, 0]
        lows[arity] = minimum(table, above[arity], width, axis=1)
        highs[arity] = minimum(-table, below[arity], width, axis=1)
    found: list[Gap] = []
    for which in (0, 1):
        low = gather(plan, {arity: pair[which] for arity, pair in lows.items()})
        high = -gather(plan, {arity: pair[which] for arity, pair in highs.items()})
        found.append(_gap(space, low, high))
    return found[0], found[1]


def _gap(space: Space, low: Array, high: Array) -> Gap:
    """Between the lowest value above and the highest below; infinite where there is none."""
    # Gates tied in the threshold take one that lies between all of theirs.
    slots = space.structure.threshold
    top, bottom = lowest_of(low, slots), -lowest_of(-high, slots)
    first, last = space.threshold.low, space.threshold.high
    some_above, some_below = jnp.isfinite(top), jnp.isfinite(bottom)
    # Infinities are replaced before they meet arithmetic, so that no gradient is NaN.
    top, bottom = jnp.where(some_above, top, 0.0), jnp.where(some_below, bottom, 0.0)
    # A constant gate: as far from its values as the range allows, one unit where it has no end.
    alone_below = jnp.where(jnp.isfinite(last), last, bottom + 1.0)
    alone_above = jnp.where(jnp.isfinite(first), first, top - 1.0)
    middle = jnp.where(some_below, (top + bottom) / 2, alone_above)
    best = jnp.where(some_above, middle, alone_below)
    best = jnp.where(best < first, first, jnp.where(best > last, last, best))
    threshold = take(best, slots)
    rows_above, rows_below = jnp.isfinite(low), jnp.isfinite(high)
    up = jnp.where(rows_above, jnp.where(rows_above, low, 0.0) - threshold, jnp.inf)
    down = jnp.where(rows_below, threshold - jnp.where(rows_below, high, 0.0), jnp.inf)
    return Gap(threshold, jnp.where(up > down, down, up))


def start(space: Space, random: np.random.Generator, trials: int) -> Raw:
    """Random starts: uniform in every finite range, normal where there is no bound.

    Drawn with NumPy, since a program for this would take longer to compile than to train.
    """
    raws: list[np.ndarray] = []
    for ends in (space.x0, space.delta, space.threshold, space.system):
        low, high = np.asarray(ends.low), np.asarray(ends.high)
        shape = (len(low), trials)
        inside = 3.0 * np.sin(np.arcsin(random.uniform(-1.0, 1.0, shape)) / 3.0)
        normal = random.standard_normal(shape)
        bounded = (np.isfinite(low) & np.isfinite(high)).reshape(len(low), -1)
        raws.append(np.where(bounded, inside, normal).astype(np.float32))
    return Raw(*raws)  # type: ignore[arg-type]


def spread(trees: Sequence[Any], repeats: int) -> Any:
    """Pytrees of equal structure as one, each repeated along a new last axis of trials.

    Floats become single precision.
    """

    def convert(*leaves: Any) -> Array:
        array = np.repeat(np.stack(leaves, axis=-1), repeats, axis=-1)
        # Converted by NumPy, since JAX compiles a program for every shape that it converts.
        return jax.device_put(array.astype(np.float32) if array.dtype.kind == "f" else array)

    return jax.tree.map(convert, *trees)
