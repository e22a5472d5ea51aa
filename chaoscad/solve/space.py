"""The parameter space of a set of gates: slots shared by ties, bounds that hold by construction."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from chaoscad.compile import Parameters, Plan, Tables, lowest_of, per_gate, take, values
from chaoscad.errors import ChaoscadError, Diagnostic
from chaoscad.netlist import Gate, Tie
from chaoscad.netlist.bounds import Room, room
from chaoscad.systems import Setting
from chaoscad.tune import Box, box, minimum
from chaoscad.tune.transforms import Leaf

SHARE = (-0.02, 1.02)
"""A trained threshold as a share of the range of its gate's own values: nearly every start is a gate
that depends on its inputs, and a constant gate is still in reach."""

ROUNDING = 1e-5
"""Relative margin above which a gate counts as solved in single precision: a map's values at equal
states differ by less."""

LARGEST_RANGE = 1e30
"""A system whose values span more over its states is taken as unbounded."""


class Raw(NamedTuple):
    """What the optimizer moves: one real number per slot and trial."""

    x0: Float[Array, "x0_slots trials"]
    delta: Float[Array, "delta_slots trials"]
    threshold: Float[Array, "threshold_slots trials"]
    system: Float[Array, "system_slots trials"]


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


def physical(space: Space, raw: Raw) -> tuple[Array, Array, Array]:
    """Offsets, weights and system parameters of every gate; all states are in range.

    The weights are drawn towards their rest, by the largest factor that keeps x0 plus the positive
    weights below the top of the range and x0 minus the negative ones above its bottom.

    **Returns:** x0 `[gates, trials]`, delta `[gates, inputs, trials]`, system
    `[gates, parameters, trials]`.
    """
    structure = space.structure
    x0 = take(space.x0.forward(raw.x0), structure.x0)
    wide = _of_gates(space.delta.forward(raw.delta), structure.delta)
    rest = _of_gates(space.rest, structure.delta)
    factor = jnp.ones_like(x0)
    for room_left, side in ((space.high - x0, 1.0), (x0 - space.low, -1.0)):
        needed = _row_sum(jnp.maximum(side * rest, 0.0))
        excess = _row_sum(jnp.maximum(side * wide, 0.0)) - needed
        left = jnp.maximum(room_left - needed, 0.0)
        tight = excess > left
        limit = jnp.where(tight, left, 1.0) / jnp.where(tight, excess, 1.0)
        factor = jnp.minimum(factor, limit)
    if structure.tied_weights:
        factor = take(lowest_of(factor, structure.scaled_together), structure.scaled_together)
    # Input by input: the gradient by the factor would else be a reduction over very few elements,
    # which takes as long as everything else together.
    delta = jnp.stack(
        [rest[:, k] + factor * (wide[:, k] - rest[:, k]) for k in range(wide.shape[1])], axis=1
    )
    return x0, delta, _of_gates(space.system.forward(raw.system), structure.system)


def _row_sum(weights: Array) -> Array:
    """The sum over a gate's inputs, written out: a reduction over so few does not vectorise."""
    total = weights[:, 0]
    for position in range(1, weights.shape[1]):
        total = total + weights[:, position]
    return total


def _of_gates(slots: Array, places: tuple[tuple[int, ...], ...]) -> Array:
    """Slots as a matrix, one row per gate, zero where a gate has no slot."""
    flat = [place for row in places for place in row]
    found = take(slots, [max(place, 0) for place in flat])
    found = found.reshape(len(places), -1, slots.shape[-1])
    if min(flat) >= 0:
        return found
    return jnp.where(np.array(places)[:, :, None] >= 0, found, 0.0)


def realise(plan: Plan, space: Space, raw: Raw) -> tuple[Parameters, Tables]:
    """The parameters of every gate and the values at its local rows, the threshold as trained."""
    x0, delta, system = physical(space, raw)
    tables = values(plan, x0, delta, system)
    direct = take(space.threshold.forward(raw.threshold), space.structure.threshold)
    low, high = extremes(plan, tables)
    threshold = jnp.where(space.relative, low + (high - low) * direct, direct)
    return Parameters(x0, delta, threshold, system), tables


def extremes(plan: Plan, tables: Tables) -> tuple[Array, Array]:
    """The lowest and the highest value of every gate."""
    return (
        gather(plan, {arity: table.min(1) for arity, table in tables.items()}),
        gather(plan, {arity: table.max(1) for arity, table in tables.items()}),
    )


def gather(plan: Plan, of_arity: dict[int, Array]) -> Array:
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
    plan: Plan,
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
    best = jnp.clip(jnp.where(some_above, middle, alone_below), first, last)
    threshold = take(best, slots)
    rows_above, rows_below = jnp.isfinite(low), jnp.isfinite(high)
    up = jnp.where(rows_above, jnp.where(rows_above, low, 0.0) - threshold, jnp.inf)
    down = jnp.where(rows_below, threshold - jnp.where(rows_below, high, 0.0), jnp.inf)
    return Gap(threshold, jnp.minimum(up, down))


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


def build_space(
    gates: Sequence[Gate], ties: Sequence[Tie], *, bounded: bool = True, projected: bool = False
) -> Space:
    """The space of `gates` with their bounds, fixed values and ties.

    **Arguments:**

    - `bounded`: when false, every bound is dropped and only fixed values stay.
    - `projected`: the threshold is not a raw value but found by `gap`; its box is then in units of
      the value for every gate.

    **Raises:** `ChaoscadError` when tied gates have no value in common.
    """
    place = {gate.name: index for index, gate in enumerate(gates)}
    rooms = [room(gate) for gate in gates]
    if not bounded:
        rooms = [_unbounded(gate, space) for gate, space in zip(gates, rooms, strict=True)]

    def tied(parameter: str) -> list[tuple[int, ...]]:
        return [
            tuple(place[name] for name in tie.gates) for tie in ties if tie.parameter == parameter
        ]

    inputs = max(gate.arity for gate in gates)
    delta_items = [(index, k) for index, gate in enumerate(gates) for k in range(gate.arity)]
    delta_links = [
        ((index, 0), (index, k))
        for index, gate in enumerate(gates)
        if gate.weights == "shared"
        for k in range(1, gate.arity)
    ]
    for members in tied("delta"):
        for other in members[1:]:
            common = min(gates[members[0]].arity, gates[other].arity)
            delta_links += [((members[0], k), (other, k)) for k in range(common)]
    delta_slot = _classes(delta_items, delta_links)
    delta_box = _intersect(
        delta_slot, {(index, k): rooms[index].delta[k] for index, k in delta_items}, gates, "delta"
    )
    rest = np.clip(0.0, delta_box[0], delta_box[1])
    everyone = range(len(gates))
    together = _classes(
        everyone, [(members[0], other) for members in tied("delta") for other in members[1:]]
    )
    x0_slot = _classes(everyone, _links(tied("x0")))
    offsets: dict[Any, tuple[float, float]] = {}
    for index, gate in enumerate(gates):
        weights = [rest[delta_slot[index, k]] for k in range(gate.arity)]
        low, high = rooms[index].x0
        own = rooms[index].rest
        # The gate's own room was computed at its own rest; a tie may have moved the rest outwards.
        shift_low = sum(max(-w, 0.0) for w in weights) - sum(max(-w, 0.0) for w in own)
        shift_high = sum(max(w, 0.0) for w in weights) - sum(max(w, 0.0) for w in own)
        offsets[index] = (low + max(shift_low, 0.0), high - max(shift_high, 0.0))
    x0_box = _intersect(x0_slot, offsets, gates, "x0")

    scale = np.array([value_range(gate)[2] for gate in gates])
    threshold_slot = _classes(everyone, _links(tied("threshold")))
    threshold_tied = {index for members in tied("threshold") for index in members}
    thresholds: dict[Any, tuple[float, float]] = {}
    relative: list[bool] = []
    for index, gate in enumerate(gates):
        given = rooms[index].threshold
        own_range = given is None and index not in threshold_tied and bounded
        relative.append(own_range and not projected)
        if given is not None:
            thresholds[index] = given
        elif own_range and not projected:
            thresholds[index] = SHARE
        else:
            reach = value_range(gate)
            thresholds[index] = (reach[0], reach[1]) if bounded else (-np.inf, np.inf)
    threshold_box = _intersect(threshold_slot, thresholds, gates, "threshold")

    system_items: dict[Any, tuple[float, float]] = {}
    widest = max(len(gate.setting.values) for gate in gates) or 1
    for index, gate in enumerate(gates):
        for position, (name, value) in enumerate(gate.setting.parameters.items()):
            system_items[index, position] = gate.train.get(name, (value, value))
    system_links = [
        (
            (first, list(gates[first].setting.parameters).index(tie.parameter)),
            (other, list(gates[other].setting.parameters).index(tie.parameter)),
        )
        for tie in ties
        if tie.parameter not in ("x0", "delta", "threshold")
        for first, other in _links([tuple(place[name] for name in tie.gates)])
    ]
    system_slot = _classes(system_items, system_links)
    system_box = _intersect(system_slot, system_items, gates, "a system parameter")

    def table(slots: dict[Any, int], index: int, width: int) -> tuple[int, ...]:
        return tuple(slots.get((index, position), -1) for position in range(width))

    return Space(
        structure=Structure(
            x0=tuple(x0_slot[index] for index in everyone),
            delta=tuple(table(delta_slot, index, inputs) for index in everyone),
            threshold=tuple(threshold_slot[index] for index in everyone),
            system=tuple(table(system_slot, index, widest) for index in everyone),
            scaled_together=tuple(together[index] for index in everyone),
        ),
        x0=box(*x0_box),
        delta=box(*delta_box),
        rest=_array(rest),
        threshold=box(*threshold_box),
        system=box(*(system_box if system_items else (np.zeros(1), np.zeros(1)))),
        low=_array([space.state[0] for space in rooms]),
        high=_array([space.state[1] for space in rooms]),
        relative=np.asarray(relative),
        scale=_array(scale),
        sign=_array([1.0 if gate.compare == ">" else -1.0 for gate in gates]),
    )


def value_range(gate: Gate) -> tuple[float, float, float]:
    """The lowest and highest value over the range of the states, and their distance, by sampling.

    Where the states or the values have no bound, the range is infinite and the distance is 1.
    """
    return _value_range(gate.setting, gate.iterates, gate.bounds.state)


@lru_cache(maxsize=4096)
def _value_range(
    setting: Setting, iterates: int, state: tuple[float, float]
) -> tuple[float, float, float]:
    if not (np.isfinite(state[0]) and np.isfinite(state[1])):
        return -np.inf, np.inf, 1.0
    points = np.linspace(state[0], state[1], 2049)
    with np.errstate(all="ignore"):
        image = setting.system.iterate(np, points, setting.parameters, iterates)
    image = image[np.isfinite(image)]
    if image.size == 0:
        return -np.inf, np.inf, 1.0
    least, most = float(image.min()), float(image.max())
    if most - least > LARGEST_RANGE:
        return -np.inf, np.inf, 1.0
    return least, most, (most - least) or 1.0


def _unbounded(gate: Gate, space: Room) -> Room:
    free = (-np.inf, np.inf)

    def kept(name: str, values: tuple[float, float]) -> tuple[float, float]:
        return values if name in gate.fixed else free

    return Room(
        x0=(gate.fixed["x0"][0], gate.fixed["x0"][0]) if "x0" in gate.fixed else free,
        delta=tuple(kept("delta", values) for values in space.delta),
        rest=tuple(w if "delta" in gate.fixed else 0.0 for w in space.rest),
        threshold=space.threshold if "threshold" in gate.fixed else None,
        state=free,
    )


def _links(groups: Iterable[tuple[int, ...]]) -> list[tuple[int, int]]:
    return [(members[0], other) for members in groups for other in members[1:]]


def _classes(items: Iterable[Hashable], links: Iterable[tuple[Any, Any]]) -> dict[Any, int]:
    """Numbers for the classes that `links` joins, in the order of their first items."""
    items = list(items)
    leader = {item: item for item in items}

    def find(item: Any) -> Any:
        while leader[item] != item:
            leader[item] = leader[leader[item]]
            item = leader[item]
        return item

    for one, other in links:
        leader[find(other)] = find(one)
    numbers: dict[Any, int] = {}
    return {item: numbers.setdefault(find(item), len(numbers)) for item in items}


def _intersect(
    slots: dict[Any, int],
    ranges: dict[Any, tuple[float, float]],
    gates: Sequence[Gate],
    parameter: str,
) -> tuple[np.ndarray, np.ndarray]:
    count = max(slots.values(), default=-1) + 1
    low, high = np.full(count, -np.inf), np.full(count, np.inf)
    for item, slot in slots.items():
        low[slot] = max(low[slot], ranges[item][0])
        high[slot] = min(high[slot], ranges[item][1])
        if low[slot] > high[slot]:
            members = {
                other if isinstance(other, int) else other[0]
                for other, place in slots.items()
                if place == slot
            }
            names = ", ".join(repr(gates[index].name) for index in sorted(members))
            message = f"the gates tied in {parameter} ({names}) have no value of it in common"
            gate = gates[item if isinstance(item, int) else item[0]]
            raise ChaoscadError(
                Diagnostic(message, None, gate.line, gate.column, "widen their bounds")
            )
    return low, high


def _array(items: Any) -> np.ndarray:
    return np.asarray(items, np.float64)


def spread(trees: Sequence[Any], repeats: int) -> Any:
    """Pytrees of equal structure as one, each repeated along a new last axis of trials.

    Floats become single precision.
    """

    def convert(*leaves: Any) -> Array:
        array = np.repeat(np.stack(leaves, axis=-1), repeats, axis=-1)
        return jnp.asarray(array, jnp.float32 if array.dtype.kind == "f" else array.dtype)

    return jax.tree.map(convert, *trees)
