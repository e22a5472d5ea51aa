"""Gates under noise as one program: every local row of every gate in many independent trials.

*State noise* is a normal number on every coordinate of the state, drawn before every application of a
map, so that z itself is disturbed too; for a flow it is dx = f dt + sigma dW on every coordinate.
*Comparator noise* is a normal number on the value that is compared. The value that is read carries no
state noise of its own: what disturbs it is the comparator's.
"""

from __future__ import annotations

from collections.abc import Mapping
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
from chaoscad.systems.evaluate import with_fixed_steps
from chaoscad.systems.model import State

Level = float | Array | None
"""A standard deviation; `None` where there is no such noise, which draws nothing."""


@partial(jax.jit, static_argnames=("plan", "trials"))
def noisy_bits(
    plan: CircuitPlan,
    device: Setpoints,
    below: Bool[np.ndarray, " gates"],
    key: PRNGKeyArray,
    trials: int,
    state: Level,
    comparator: Level,
) -> Tables:
    """The bits of every gate at every local row, `[gates of the arity, 2^arity, trials]`.

    **Arguments:**

    - `device`: the parameters, one device on the last axis.
    - `below`: which gates compare by `<`.
    - `key`: equal keys draw equal normal numbers at every level of noise.
    """
    found = _values(plan, device, key, trials, state)
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
    plan: CircuitPlan, device: Setpoints, key: PRNGKeyArray, trials: int, state: Level
) -> Tables:
    at = states(plan, jnp.asarray(device.x0), jnp.asarray(device.delta))
    found: dict[int, list[Array]] = {arity: [] for arity in plan.arities}
    start = dict.fromkeys(plan.arities, 0)
    for number, group in enumerate(plan.groups):
        first = start[group.arity]
        start[group.arity] += len(group.gates)
        z = at[group.arity][first : start[group.arity]]
        own = take(jnp.asarray(device.system), group.gates)
        given = {name: own[:, i : i + 1] for i, name in enumerate(group.setting.parameters)}
        z = jnp.broadcast_to(z, (*z.shape[:-1], trials if state is not None else 1))
        value = disturbed(
            group.setting, group.iterates, z, given, jax.random.fold_in(key, number), state
        )
        found[group.arity].append(jnp.broadcast_to(value, (*z.shape[:-1], trials)))
    return {arity: jnp.concatenate(parts) for arity, parts in found.items()}


def disturbed(
    setting: Setting,
    iterates: int,
    z: Array,
    parameters: Mapping[str, Array],
    key: PRNGKeyArray,
    state: Level,
) -> Array:
    """F(z) under state noise, elementwise; the noise of iterate k is that of `normals(key, k, ...)`."""
    begin = setting.launch(jnp, z)
    if isinstance(setting.system, Flow):
        # Imported here, because maps have no use for diffrax and it takes a second to load.
        from chaoscad.robustness.stochastic import final

        return final(setting, begin, parameters, key, state)[setting.reading]
    step = setting.system.step

    def iterate(k: Array | int, current: State) -> State:
        return step(jnp, moved(current, key, k, state), parameters)

    if iterates <= UNROLLED:
        for k in range(iterates):
            begin = iterate(k, begin)
    else:
        begin = tuple(jnp.broadcast_to(one, z.shape) for one in begin)
        begin = jax.lax.fori_loop(0, iterates, iterate, begin)
    return begin[setting.reading]


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
) -> dict[int, Bool[np.ndarray, "gates rows first"]]:
    """The bits of the first trials by NumPy, gate by gate: only the normal numbers are shared."""
    found: dict[int, list[np.ndarray]] = {arity: [] for arity in plan.arities}
    for number, group in enumerate(plan.groups):
        own_key = jax.random.fold_in(key, number)
        shape = (len(group.gates), 1 << group.arity, trials)
        pushes = numpy_pushes(group.setting, group.iterates, own_key, shape, state, first)
        for place, gate in enumerate(group.gates):
            weights = np.asarray(device.delta)[gate, : group.arity]
            z = np.concatenate(local_states(np.asarray(device.x0)[gate], list(weights)))
            parameters = {
                name: float(np.asarray(device.system)[gate, index, 0])
                for index, name in enumerate(group.setting.parameters)
            }
            z = np.broadcast_to(z[:, None], (len(z), first))
            moves = None if pushes is None else pushes[:, :, place]
            found[group.arity].append(
                numpy_value(group.setting, group.iterates, z, parameters, moves)
            )
    bits: dict[int, np.ndarray] = {}
    for arity, values in found.items():
        value = np.stack(values)
        if comparator is not None:
            drawn = np.asarray(comparator_normals(key, arity, (*value.shape[:-1], trials)))
            value = value + float(comparator) * drawn[..., :first]
        gates = list(plan.members(arity))
        threshold = np.asarray(device.threshold)[gates][:, None]
        under = np.asarray(below)[gates][:, None, None]
        bits[arity] = np.where(under, value < threshold, value > threshold)
    return bits


def numpy_pushes(
    setting: Setting,
    iterates: int,
    key: PRNGKeyArray,
    shape: tuple[int, ...],
    state: Level,
    first: int,
) -> Float[np.ndarray, "steps coordinates gates rows first"] | None:
    """What is added to the state at every iterate, or during every step of a flow."""
    if state is None:
        return None
    if isinstance(setting.system, Flow):
        from chaoscad.robustness.stochastic import increments

        return float(state) * increments(setting, key, shape)[..., :first]
    width = len(setting.system.coordinates)
    drawn = [np.asarray(normals(key, k, (width, *shape)))[..., :first] for k in range(iterates)]
    return float(state) * np.stack(drawn)


def numpy_value(
    setting: Setting,
    iterates: int,
    z: Float[np.ndarray, "*shape"],
    parameters: Mapping[str, float],
    pushes: Float[np.ndarray, "steps coordinates *shape"] | None,
) -> Float[np.ndarray, "*shape"]:
    """F(z) by NumPy, with what is added to the state at every iterate or step."""
    if isinstance(setting.system, Flow):
        setting = setting.with_values(parameters)
        return with_fixed_steps(setting, z, solver_of(setting), pushes)
    state = setting.launch(np, z)
    with np.errstate(all="ignore"):
        for k in range(iterates):
            if pushes is not None:
                state = tuple(one + push for one, push in zip(state, pushes[k], strict=True))
            state = setting.system.step(np, state, parameters)
    return np.asarray(state[setting.reading])
