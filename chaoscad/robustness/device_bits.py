"""The bits of devices: every local row of every gate, by JAX, and again by NumPy."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from chaoscad.compile import CircuitPlan, Setpoints, states, take
from chaoscad.compile import values as values_of
from chaoscad.design import Design
from chaoscad.gate import local_states
from chaoscad.robustness.devices import Blocks, Population, draw
from chaoscad.systems import Flow


def sample(
    drawn: Population, key: PRNGKeyArray, devices: int
) -> tuple[Bool[np.ndarray, "rows devices"], Bool[np.ndarray, "rows devices"]]:
    """The bits of every local row of every gate, in the order of the netlist, and where its state
    lies outside of the declared range. Called within `double`.
    """
    bits, outside = _sample(
        drawn.plan, key, devices, drawn.centre, drawn.errors, drawn.low, drawn.high, drawn.below
    )
    return np.asarray(bits), np.asarray(outside)


def row_distances(
    drawn: Population, key: PRNGKeyArray, devices: int
) -> Float[np.ndarray, "rows devices"]:
    """The distance of every local row's value from the threshold, positive where its bit is 1.

    Called within `double`.
    """
    return np.asarray(_distances(drawn.plan, key, devices, drawn.centre, drawn.errors, drawn.below))


@partial(jax.jit, static_argnames=("plan", "devices"))
def _distances(
    plan: CircuitPlan,
    key: PRNGKeyArray,
    devices: int,
    centre: Setpoints,
    errors: Blocks,
    below: Array,
) -> Float[Array, "rows devices"]:
    found = draw(key, devices, centre, errors)
    return in_order(plan, gate_distances(plan, found, below))


@partial(jax.jit, static_argnames=("plan", "devices"))
def _sample(
    plan: CircuitPlan,
    key: PRNGKeyArray,
    devices: int,
    centre: Setpoints,
    errors: Blocks,
    low: Array,
    high: Array,
    below: Array,
) -> tuple[Bool[Array, "rows devices"], Bool[Array, "rows devices"]]:
    found = draw(key, devices, centre, errors)
    distances = gate_distances(plan, found, below)
    at = states(plan, found.x0, found.delta)
    beyond = {
        arity: (z < take(low, plan.members(arity))[:, None, None])
        | (z > take(high, plan.members(arity))[:, None, None])
        for arity, z in at.items()
    }
    return (
        in_order(plan, {arity: one > 0 for arity, one in distances.items()}),
        in_order(plan, beyond),
    )


def gate_distances(
    plan: CircuitPlan, parameters: Setpoints, below: Array
) -> dict[int, Float[Array, "gates rows devices"]]:
    """The distance of every row's value from the threshold, positive where the bit is 1."""
    found = values_of(plan, parameters.x0, parameters.delta, parameters.system)
    signs = jnp.where(below, -1.0, 1.0).astype(parameters.x0.dtype)
    return {
        arity: (value - take(parameters.threshold, plan.members(arity))[:, None])
        * take(signs, plan.members(arity))[:, None, None]
        for arity, value in found.items()
    }


def in_order(plan: CircuitPlan, tables: Mapping[int, Array]) -> Array:
    """Tables by arity as rows, gate after gate in the order of the netlist."""
    if len(tables) == 1:
        (arity,) = tables
        table, members = tables[arity], plan.members(arity)
        if members != tuple(range(len(members))):
            table = take(table, np.argsort(members).tolist())
        return table.reshape(-1, table.shape[-1])
    place = {
        gate: (arity, index) for arity in tables for index, gate in enumerate(plan.members(arity))
    }
    sizes = [1 << place[gate][0] for gate in range(plan.gates)]
    offsets = np.cumsum([0, *sizes])
    flat = jnp.concatenate([tables[arity].reshape(-1, tables[arity].shape[-1]) for arity in tables])
    first = dict(
        zip(
            tables,
            np.cumsum([0, *(len(plan.members(a)) << a for a in tables)])[:-1].tolist(),
            strict=True,
        )
    )
    rows = np.empty(offsets[-1], int)
    for gate, (arity, index) in place.items():
        begin = first[arity] + (index << arity)
        rows[offsets[gate] : offsets[gate + 1]] = np.arange(begin, begin + (1 << arity))
    return take(flat, rows.tolist())


def numpy_bits(
    design: Design, drawn: Population, parameters: Setpoints
) -> Bool[np.ndarray, "rows devices"]:
    """The bits of devices by NumPy and SciPy, gate by gate: shares no code with `sample`."""
    found: list[np.ndarray] = []
    for index, gate in enumerate(design.gates):
        weights = np.asarray(parameters.delta)[index, : gate.arity]
        states = np.stack(local_states(np.asarray(parameters.x0)[index], list(weights)))
        setting = drawn.settings[index]
        own = np.asarray(parameters.system)[index]
        if isinstance(setting.system, Flow):
            # SciPy integrates one set of parameters at a time.
            columns = [
                setting.value(column, parameters=dict(zip(setting.parameters, one, strict=False)))
                for column, one in zip(states.T, own.T.tolist(), strict=True)
            ]
            values = np.stack(columns, axis=1)
        else:
            given = {
                name: np.broadcast_to(own[place], states.shape)
                for place, name in enumerate(setting.parameters)
            }
            values = setting.value(states, gate.iterates, given)
        threshold = np.asarray(parameters.threshold)[index]
        found.append(values < threshold if gate.compare == "<" else values > threshold)
    return np.concatenate(found)
