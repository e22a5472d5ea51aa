"""A plan as pure JAX functions: the gates' values, and the circuit's nets.

A gate with k inputs has only 2^k states, however many rows the circuit is evaluated on. So the
physics is evaluated once per gate and local row, all gates of one system together, and a circuit
is a cascade of look-ups in the tables that this gives. A look-up is multilinear in the inputs: on
bits it selects a row, on probabilities it is the expected output of independent inputs, and its
gradient is the exact Boolean difference.

Every array has the trials of a search as its last axis. They are many and independent, so the
vector units run along them; axes of 2 or 4 local rows would leave them idle.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Shaped, UInt32

from chaoscad.compile.plan import Bank, CircuitPlan
from chaoscad.compile.selection import columns, take
from chaoscad.systems import Flow, Map, Setting
from chaoscad.systems.model import State

UNROLLED = 8
"""Most iterates that are written out; more become a loop."""

WRITTEN_OUT = 4
"""Inputs of a gate whose rows are written out as separate sums, which the compiler fuses best."""

Tables = dict[int, Array]
"""For every arity, `[gates of the arity, 2^arity, trials]`."""


def states(plan: CircuitPlan, x0: Array, delta: Array) -> Tables:
    """The state z = x0 + sum(delta_k I_k) of every gate at each of its local rows."""
    found: Tables = {}
    for arity in plan.arities:
        gates = plan.members(arity)
        weights = columns(take(delta, gates))
        rows = [take(x0, gates)]
        for step in weights[: min(arity, WRITTEN_OUT)]:
            rows = [state for row in rows for state in (row, row + step)]
        z = jnp.stack(rows, axis=1)
        for step in weights[WRITTEN_OUT:arity]:
            steps = jnp.stack([jnp.zeros_like(step), step], axis=1)
            z = (z[:, :, None] + steps[:, None]).reshape(z.shape[0], -1, z.shape[-1])
        found[arity] = z
    return found


def values(plan: CircuitPlan, x0: Array, delta: Array, system: Array) -> Tables:
    """The value F(z) of every gate at each of its local rows."""
    return values_at(plan, states(plan, x0, delta), system)


def values_at(plan: CircuitPlan, at: Tables, system: Array) -> Tables:
    """F of every gate at the given states of its local rows."""
    found: dict[int, list[Array]] = {arity: [] for arity in plan.arities}
    start = dict.fromkeys(plan.arities, 0)
    for group in plan.groups:
        first = start[group.arity]
        start[group.arity] += len(group.gates)
        z = at[group.arity][first : start[group.arity]]
        chosen = take(system, group.gates)
        parameters = {
            name: chosen[:, index : index + 1]
            for index, name in enumerate(group.setting.parameters)
        }
        found[group.arity].append(
            response(group.setting, group.iterates, group.trained, z, parameters)
        )
    return {
        arity: parts[0] if len(parts) == 1 else jnp.concatenate(parts)
        for arity, parts in found.items()
    }


def response(
    setting: Setting, iterates: int, trained: bool, z: Array, parameters: Mapping[str, Array]
) -> Array:
    """F(z), elementwise, with derivatives taken forward.

    F is scalar to scalar, so one forward pass gives F and dF/dz together, and the backward pass of
    whatever surrounds it is a product. With `trained` false, the system parameters are constants.
    """

    def evaluate(state: Array, *given: Array) -> Array:
        current = dict(zip(parameters, given, strict=True))
        begin = setting.launch(jnp, state)
        if isinstance(setting.system, Flow):
            # Imported here, because maps have no use for diffrax and it takes a second to load.
            from chaoscad.compile.flow import integrate

            return integrate(setting, begin, current)[setting.reading]
        step = partial(_step, setting.system, current)
        if iterates <= UNROLLED:
            for _ in range(iterates):
                begin = step(0, begin)
        else:
            begin = jax.lax.fori_loop(0, iterates, step, begin)
        return begin[setting.reading]

    forward = jax.custom_jvp(evaluate)

    @forward.defjvp
    def _(primals: tuple[Array, ...], tangents: tuple[Array, ...]) -> tuple[Array, Array]:
        value, total = None, jnp.zeros_like(primals[0])
        for index, tangent in enumerate(tangents if trained else tangents[:1]):
            unit = [jnp.zeros_like(primal) for primal in primals]
            unit[index] = jnp.ones_like(primals[index])
            value, slope = jax.jvp(evaluate, primals, tuple(unit))
            total = total + slope * tangent
        assert value is not None
        return value, total

    given = [jnp.broadcast_to(item, z.shape) for item in parameters.values()]
    return forward(z, *(given if trained else map(jax.lax.stop_gradient, given)))


def _step(system: Map, parameters: Mapping[str, Array], _: Any, state: State) -> State:
    return system.step(jnp, state, parameters)


def per_gate(plan: CircuitPlan, values_of_gate: Array, arity: int) -> Array:
    """A `[gates, trials]` array, shaped to go with the tables of an arity."""
    return take(values_of_gate, plan.members(arity))[:, None]


Select = Callable[[Any, Any, Any], Any]


def expected(low: Array, high: Array, bit: Array) -> Array:
    """The multilinear look-up: `low` at 0, `high` at 1, linear between."""
    return low + (high - low) * bit


def selected(low: Array, high: Array, bit: Array) -> Array:
    """The look-up on words of 32 rows each."""
    return (low & ~bit) | (high & bit)


def look_up(
    select: Select,
    table: Shaped[Array, "gates entries trials"],
    bits: Shaped[Array, "gates inputs words #trials"],
) -> Shaped[Array, "gates words trials"]:
    """The entry of every gate's table that its input bits address, first input most significant."""
    # Neighbouring entries differ in the last input: every step decides one input and halves the table.
    current = table[:, :, None, :]
    for position in range(bits.shape[1] - 1, -1, -1):
        current = select(current[:, ::2], current[:, 1::2], bits[:, position, None])
    return current[:, 0]


def propagate_levels(
    plan: CircuitPlan, select: Select, tables: Tables, inputs: Shaped[Array, "inputs words"]
) -> Shaped[Array, "nets words trials"]:
    """Every net, level by level: the circuit inputs, then the gates in the plan's order."""
    trials = tables[plan.arities[0]].shape[-1]
    nets = jnp.broadcast_to(inputs[:, :, None], (*inputs.shape, trials))
    for bank in plan.banks:
        bits = _read(nets, bank)
        table = take(tables[bank.arity], bank.places)
        nets = jnp.concatenate([nets, look_up(select, table, bits)])
    return nets


def _read(nets: Array, bank: Bank) -> Array:
    flat = [net for sources in bank.sources for net in sources]
    return take(nets, flat).reshape(len(bank.sources), bank.arity, *nets.shape[1:])


def read_heads_levels(
    plan: CircuitPlan, select: Select, tables: Tables, nets: Shaped[Array, "nets words trials"]
) -> Shaped[Array, "heads words trials"]:
    """The heads' entries in `tables`, with their inputs taken from `nets`."""
    return jnp.concatenate(
        [
            look_up(select, take(tables[bank.arity], bank.places), _read(nets, bank))
            for bank in plan.heads
        ]
    )


def bit_words(bits: Bool[Array, ...]) -> UInt32[Array, ...]:
    """Bits as words of 32 equal bits, for `selected`."""
    return jnp.where(bits, jnp.uint32(0xFFFFFFFF), jnp.uint32(0))


@jax.custom_jvp
def straight_through(hard: Array, soft: Array) -> Array:  # noqa: ARG001
    """The hard value forward, the soft value's gradient back."""
    return hard


@straight_through.defjvp
def _straight_through(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    return primals[0], tangents[1]
