"""Gates under noise as one program: every local row of every gate in many independent trials.

*State noise* is a normal number on every coordinate of the state, drawn before every application of a
map, so that z itself is disturbed too; for a flow it is dx = f dt + sigma dW on every coordinate.
*Comparator noise* is a normal number on the value that is compared. The value that is read carries no
state noise of its own: what disturbs it is the comparator's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from chaoscad.compile import CircuitPlan, Setpoints, Tables, states, take
from chaoscad.compile.program import UNROLLED
from chaoscad.gate import local_states
from chaoscad.robustness.steps import solver_of
from chaoscad.systems import Flow, Setting
from chaoscad.systems.evaluate import stepped_readings
from chaoscad.systems.model import State

Level = float | Array | None
"""A standard deviation; `None` where there is no such noise, which draws nothing."""


Elements = tuple[tuple[int, ...], ...]
"""The gates of every element that is read more than once, by their indices."""

_ELEMENTS = 1 << 29
"""Where the keys of elements begin; those of single gates are the numbers of groups."""


@dataclass(frozen=True)
class _Orbits:
    """Gates that are evaluated together, under noise of one key.

    **Arguments:**

    - `starts`: a gate of every orbit.
    - `readings`: what is read of every orbit, and the gates that it is, one for each start.
    """

    key: int
    arity: int
    starts: tuple[int, ...]
    readings: tuple[tuple[Setting, int, tuple[int, ...]], ...]


def _orbits(plan: CircuitPlan, elements: Elements) -> Iterator[_Orbits]:
    """Every group of gates that have an orbit each, and then every element, which has one."""
    shared = {gate for element in elements for gate in element}
    group_of = {gate: group for group in plan.groups for gate in group.gates}
    for number, group in enumerate(plan.groups):
        own = tuple(gate for gate in group.gates if gate not in shared)
        if own:
            yield _Orbits(number, group.arity, own, ((group.setting, group.iterates, own),))
    for number, element in enumerate(elements):
        readings = tuple(
            (group_of[gate].setting, group_of[gate].iterates, (gate,)) for gate in element
        )
        arity = group_of[element[0]].arity
        yield _Orbits(_ELEMENTS + number, arity, element[:1], readings)


@partial(jax.jit, static_argnames=("plan", "trials", "elements"))
def noisy_bits(
    plan: CircuitPlan,
    device: Setpoints,
    below: Bool[np.ndarray, " gates"],
    key: PRNGKeyArray,
    trials: int,
    state: Level,
    comparator: Level,
    elements: Elements = (),
) -> Tables:
    """The bits of every gate at every local row, `[gates of the arity, 2^arity, trials]`.

    **Arguments:**

    - `device`: the parameters, one device on the last axis.
    - `below`: which gates compare by `<`.
    - `key`: equal keys draw equal normal numbers at every level of noise.
    - `elements`: their readings are of one orbit, so that noise on its way is the same for all.
    """
    found = _values(plan, device, key, trials, state, elements)
    bits: Tables = {}
    for arity, value in found.items():
        if comparator is not None:
            value = value + comparator * comparator_normals(key, arity, value.shape)
        gates = plan.members(arity)
        threshold = take(jnp.asarray(device.threshold), gates)[:, None]
        under = take(jnp.asarray(below), gates)[:, None, None]
        # Comparisons, not the sign of a difference: what is not a number gives 0 either way.
        bits[arity] = jnp.where(under, value < threshold, value > threshold)
    return bits


def _values(
    plan: CircuitPlan,
    device: Setpoints,
    key: PRNGKeyArray,
    trials: int,
    state: Level,
    elements: Elements,
) -> Tables:
    at = states(plan, jnp.asarray(device.x0), jnp.asarray(device.delta))
    place = {gate: i for arity in plan.arities for i, gate in enumerate(plan.members(arity))}
    found: dict[int, list[Array]] = {arity: [] for arity in plan.arities}
    order: dict[int, list[int]] = {arity: [] for arity in plan.arities}
    for one in _orbits(plan, elements):
        setting = one.readings[0][0]
        z = take(at[one.arity], [place[gate] for gate in one.starts])
        own = take(jnp.asarray(device.system), one.starts)
        given = {name: own[:, i : i + 1] for i, name in enumerate(setting.parameters)}
        z = jnp.broadcast_to(z, (*z.shape[:-1], trials if state is not None else 1))
        asked = [(reading, iterates) for reading, iterates, _ in one.readings]
        values = disturbed(asked, z, given, jax.random.fold_in(key, one.key), state)
        for value, (_, _, gates) in zip(values, one.readings, strict=True):
            found[one.arity].append(jnp.broadcast_to(value, (*z.shape[:-1], trials)))
            order[one.arity] += gates
    return {
        arity: take(
            jnp.concatenate(parts), [order[arity].index(gate) for gate in plan.members(arity)]
        )
        for arity, parts in found.items()
    }


Reading = tuple[Setting, int]
"""A setting and its iterates. Readings of one orbit differ in time, coordinate and iterates only."""


def disturbed(
    readings: Sequence[Reading],
    z: Array,
    parameters: Mapping[str, Array],
    key: PRNGKeyArray,
    state: Level,
) -> list[Array]:
    """F(z) of the readings of one orbit under state noise, elementwise.

    The noise of iterate k is that of `normals(key, k, ...)`, whichever reading it is on the way to.
    """
    setting = readings[0][0]
    begin = setting.launch(jnp, z)
    if isinstance(setting.system, Flow):
        # Imported here, because maps have no use for diffrax and it takes a second to load.
        from chaoscad.robustness.stochastic import finals

        settings = [one for one, _ in readings]
        times = sorted({one.time or 0.0 for one in settings})
        ends = finals(settings, begin, parameters, key, state)
        return [ends[times.index(one.time or 0.0)][one.reading] for one in settings]
    step = setting.system.step

    def iterate(k: Array | int, current: State) -> State:
        return step(jnp, moved(current, key, k, state), parameters)

    after, done = {0: begin}, 0
    for count in sorted({iterates for _, iterates in readings}):
        if count - done <= UNROLLED:
            for k in range(done, count):
                begin = iterate(k, begin)
        else:
            begin = tuple(jnp.broadcast_to(one, z.shape) for one in begin)
            begin = jax.lax.fori_loop(done, count, iterate, begin)
        after[count], done = begin, count
    return [after[iterates][one.reading] for one, iterates in readings]


def moved(current: State, key: PRNGKeyArray, k: Array | int, state: Level) -> State:
    """The state with the noise before the map is applied for the (k + 1)-th time."""
    if state is None:
        return current
    # x_(k+1) = f(x_k + sigma xi_k): the noise is on the state that enters an iterate, the first too.
    drawn = normals(key, k, (len(current), *jnp.shape(current[0])))
    return tuple(one + state * push for one, push in zip(current, drawn, strict=True))


def normals(
    key: PRNGKeyArray, k: Array | int, shape: tuple[int, ...]
) -> Float[Array, " coordinates *shape"]:
    """The normal numbers before the map is applied for the (k + 1)-th time."""
    return jax.random.normal(jax.random.fold_in(key, k), shape)


_COMPARATOR = 1 << 30
"""Where the keys of comparators begin; those of the states are the numbers of groups."""


def comparator_normals(key: PRNGKeyArray, number: int, shape: tuple[int, ...]) -> Array:
    """The normal numbers at comparators."""
    return jax.random.normal(jax.random.fold_in(key, _COMPARATOR + number), shape)


def numpy_bits(
    plan: CircuitPlan,
    device: Setpoints,
    below: Bool[np.ndarray, " gates"],
    key: PRNGKeyArray,
    trials: int,
    state: Level,
    comparator: Level,
    first: int,
    elements: Elements = (),
) -> dict[int, Bool[np.ndarray, "gates rows first"]]:
    """The bits of the first trials by NumPy, orbit by orbit: only the normal numbers are shared."""
    found: dict[int, np.ndarray] = {}
    for one in _orbits(plan, elements):
        asked = [(reading, iterates) for reading, iterates, _ in one.readings]
        own_key = jax.random.fold_in(key, one.key)
        shape = (len(one.starts), 1 << one.arity, trials)
        pushes = numpy_pushes(asked, own_key, shape, state, first)
        for place, gate in enumerate(one.starts):
            weights = np.asarray(device.delta)[gate, : one.arity]
            z = np.concatenate(local_states(np.asarray(device.x0)[gate], list(weights)))
            parameters = {
                name: float(np.asarray(device.system)[gate, index, 0])
                for index, name in enumerate(asked[0][0].parameters)
            }
            z = np.broadcast_to(z[:, None], (len(z), first))
            moves = None if pushes is None else pushes[:, :, place]
            values = numpy_values(asked, z, parameters, moves)
            for value, (_, _, gates) in zip(values, one.readings, strict=True):
                found[gates[place]] = value
    bits: dict[int, np.ndarray] = {}
    for arity in plan.arities:
        value = np.stack([found[gate] for gate in plan.members(arity)])
        if comparator is not None:
            drawn = np.asarray(comparator_normals(key, arity, (*value.shape[:-1], trials)))
            value = value + float(comparator) * drawn[..., :first]
        gates = list(plan.members(arity))
        threshold = np.asarray(device.threshold)[gates][:, None]
        under = np.asarray(below)[gates][:, None, None]
        bits[arity] = np.where(under, value < threshold, value > threshold)
    return bits


def numpy_pushes(
    readings: Sequence[Reading],
    key: PRNGKeyArray,
    shape: tuple[int, ...],
    state: Level,
    first: int,
) -> Float[np.ndarray, "steps coordinates gates rows first"] | None:
    """What is added to the state at every iterate, or during every step of a flow."""
    if state is None:
        return None
    setting = readings[0][0]
    if isinstance(setting.system, Flow):
        from chaoscad.robustness.stochastic import increments

        return float(state) * increments([one for one, _ in readings], key, shape)[..., :first]
    width, most = len(setting.system.coordinates), max(iterates for _, iterates in readings)
    drawn = [np.asarray(normals(key, k, (width, *shape)))[..., :first] for k in range(most)]
    return float(state) * np.stack(drawn)


def numpy_value(
    setting: Setting,
    iterates: int,
    z: Float[np.ndarray, "*shape"],
    parameters: Mapping[str, float],
    pushes: Float[np.ndarray, "steps coordinates *shape"] | None,
) -> Float[np.ndarray, "*shape"]:
    """F(z) by NumPy, with what is added to the state at every iterate or step."""
    return numpy_values([(setting, iterates)], z, parameters, pushes)[0]


def numpy_values(
    readings: Sequence[Reading],
    z: Float[np.ndarray, "*shape"],
    parameters: Mapping[str, float],
    pushes: Float[np.ndarray, "steps coordinates *shape"] | None,
) -> list[Float[np.ndarray, "*shape"]]:
    """As `numpy_value`, of all readings of one orbit."""
    setting = readings[0][0]
    if isinstance(setting.system, Flow):
        settings = [one.with_values(parameters) for one, _ in readings]
        return stepped_readings(settings, z, solver_of(setting), pushes)
    counts = {iterates for _, iterates in readings}
    state, after = setting.launch(np, z), dict[int, State]()
    with np.errstate(all="ignore"):
        for k in range(max(counts)):
            if pushes is not None:
                state = tuple(one + push for one, push in zip(state, pushes[k], strict=True))
            state = setting.system.step(np, state, parameters)
            if k + 1 in counts:
                after[k + 1] = state
    return [np.asarray(after[iterates][one.reading]) for one, iterates in readings]
