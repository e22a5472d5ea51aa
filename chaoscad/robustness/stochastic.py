"""Flows under noise: dx = f(t, x) dt + sigma dW, an independent Wiener process on every coordinate.

The steps are those of the gate's own solver, by diffrax, along a Brownian path that is linear within
each step (E. Wong, M. Zakai, Ann. Math. Stat. 36, 1560 (1965)): as the noise is additive, the limit
is the same in the sense of Itô and of Stratonovich, and without noise the read-out is that of training.
The variance errs by the square of the step: for dx = -theta x dt + sigma dW its factor is
tanh(theta h / 2) / (theta h / 2).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import diffrax
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from chaoscad.compile.flow import ESCAPED, INTEGRATORS
from chaoscad.robustness.steps import solver_of, spans_of, times_of
from chaoscad.systems import Flow, Setting
from chaoscad.systems.model import State


class Driven(diffrax.AbstractTerm):
    """f dt + sigma dW with one sigma on all coordinates."""

    field: Any
    path: diffrax.AbstractPath
    sigma: Any

    def vf(self, t: Any, y: State, args: Any) -> State:
        """f."""
        return self.field(t, y, args)

    def contr(self, t0: Any, t1: Any, **kwargs: Any) -> tuple[Any, State]:
        """The step in time, and that of the Brownian path."""
        return t1 - t0, self.path.evaluate(t0, t1, **kwargs)

    def prod(self, vf: State, control: tuple[Any, State]) -> State:
        """The step of the state."""
        h, moves = control
        return tuple(h * rate + self.sigma * move for rate, move in zip(vf, moves, strict=True))


def finals(
    settings: Sequence[Setting],
    begin: State,
    parameters: Mapping[str, Array],
    key: PRNGKeyArray,
    sigma: Any,
) -> list[State]:
    """The states of one orbit at every time at which it is read, NaN where a trajectory escapes.

    **Arguments:**

    - `settings`: they differ in time and coordinate only.

    **Returns:** one for each different time, rising.
    """
    carry, step, _ = _stepper(settings[0], begin, parameters, key, sigma)
    found: list[State] = []
    for times in map(jnp.asarray, spans_of(settings)):
        spans = times[:-1], times[1:]
        carry, _ = jax.lax.scan(lambda own, span: (step(own, span), None), carry, spans)
        found.append(_sound(carry[0]))
    return found


def along(
    setting: Setting,
    begin: State,
    parameters: Mapping[str, Array],
    key: PRNGKeyArray,
    sigma: Any,
    look: Any,
) -> Any:
    """What `look` sees of the state at the end of every step, stacked."""
    begin, step, spans = _stepper(setting, begin, parameters, key, sigma)

    def one(carry: Any, span: Any) -> Any:
        carry = step(carry, span)
        return carry, look(_sound(carry[0]))

    return jax.lax.scan(one, begin, spans)[1]


def _stepper(
    setting: Setting, begin: State, parameters: Mapping[str, Array], key: PRNGKeyArray, sigma: Any
) -> tuple[Any, Any, Any]:
    flow = setting.system
    assert isinstance(flow, Flow)
    shape = jnp.broadcast_shapes(*(jnp.shape(one) for one in begin))
    begin = tuple(jnp.broadcast_to(one, shape) for one in begin)

    def field(t: Any, state: State, given: Mapping[str, Array]) -> State:
        rates = flow.field(jnp, t, state, given)
        return tuple(jnp.broadcast_to(rate, shape) for rate in rates)

    terms = diffrax.ODETerm(field)
    if sigma is not None:
        terms = Driven(field, _path(setting, key, shape), sigma)
    method = INTEGRATORS[solver_of(setting).method]()
    times = jnp.asarray(times_of(setting))
    carry = begin, method.init(terms, times[0], times[1], begin, parameters)

    def step(carry: Any, span: tuple[Array, Array]) -> Any:
        state, memory = carry
        state, _, _, memory, _ = method.step(terms, *span, state, parameters, memory, False)
        return state, memory

    return carry, step, (times[:-1], times[1:])


def _sound(state: State) -> State:
    alive = jnp.asarray(True)
    for one in state:
        alive = alive & (jnp.abs(one) < ESCAPED)
    return tuple(jnp.where(alive, one, jnp.nan) for one in state)


def _path(setting: Setting, key: PRNGKeyArray, shape: tuple[int, ...]) -> Any:
    leaf = jax.ShapeDtypeStruct(shape, jnp.result_type(float))
    return diffrax.UnsafeBrownianPath((leaf,) * len(setting.system.coordinates), key)


def increments(
    settings: Sequence[Setting], key: PRNGKeyArray, shape: tuple[int, ...]
) -> Float[np.ndarray, "steps coordinates *shape"]:
    """The steps of the Brownian path that `finals` takes, for who integrates by other means."""
    path = _path(settings[0], key, shape)
    moves = [
        path.evaluate(*span)
        for times in spans_of(settings)
        for span in pairwise(jnp.asarray(times))
    ]
    return np.stack([np.stack([np.asarray(one) for one in move]) for move in moves])
