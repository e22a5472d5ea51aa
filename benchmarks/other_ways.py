"""One gate without chaoscad, as a user would write it: for `compare.py`.

AND on the logistic map 4 z (1 - z), states in [0, 1]; the threshold lies midway between the rows on
its two sides. Each function returns the margin that it reached, at least 99 % of the best.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array
from scipy import optimize

BEST = 1 / 6
"""The greatest margin of AND with independent weights: a/24."""

ENOUGH = 0.99 * BEST

BITS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
WANTED = np.array([0, 0, 0, 1])


def margins(points: np.ndarray) -> np.ndarray:
    """The margins of settings (x0, delta_1, delta_2), `[3, settings]`; negative out of range."""
    z = points[0] + BITS @ points[1:]
    value = 4 * z * (1 - z)
    gap = (value[3] - value[:3].max(0)) / 2
    return np.where((z >= 0).all(0) & (z <= 1).all(0), gap, -1.0)


def random_search(seed: int) -> float:
    """Uniform settings, 4096 at a time, until one is good enough."""
    random, best = np.random.default_rng(seed), -1.0
    while best < ENOUGH:
        found = margins(random.uniform([[0], [-1], [-1]], 1, (3, 4096)))
        best = max(best, float(found.max()))
    return best


def differential_evolution(seed: int) -> float:
    """SciPy's, with its default settings, stopped as soon as a setting is good enough."""
    found = optimize.differential_evolution(
        lambda point: -float(margins(point[:, None])[0]),
        [(0, 1), (-1, 1), (-1, 1)],
        rng=np.random.default_rng(seed),
        callback=lambda intermediate_result: bool(-intermediate_result.fun >= ENOUGH),
    )
    return -float(found.fun)


@partial(jax.jit, static_argnames="optimizer")
def _hundred_steps(
    optimizer: optax.GradientTransformation, raw: Array, state: optax.OptState
) -> tuple[Array, optax.OptState, Array]:
    def gap(one: Array, temperature: float) -> Array:
        # Shares of the range: all states stay inside, and AND takes weights of one sign.
        x0, first, second, _ = jax.nn.softmax(one)
        z = x0 + BITS @ jnp.stack([first, second])
        value = 4 * z * (1 - z)
        zeros = temperature * jax.nn.logsumexp(value[:3] / temperature)
        return (value[3] - zeros) / 2

    def step(carry: tuple[Array, optax.OptState], _: None) -> tuple[Any, None]:
        raw, state = carry
        slope = jax.vmap(jax.grad(lambda one: -gap(one, 0.01)))(raw)
        updates, state = optimizer.update(slope, state, raw)
        return (optax.apply_updates(raw, updates), state), None

    (raw, state), _ = jax.lax.scan(step, (raw, state), None, length=100)
    return raw, state, jax.vmap(lambda one: gap(one, 1e-6))(raw)


ADAM = optax.adam(0.05)


def batched_jax(seed: int) -> float:
    """64 starts under one `vmap`, Adam, a hundred steps in one program at a time."""
    raw = jax.random.normal(jax.random.key(seed), (64, 4))
    state, best = ADAM.init(raw), -1.0
    while best < ENOUGH:
        raw, state, gaps = _hundred_steps(ADAM, raw, state)
        best = float(gaps.max())
    return best


BELIEF = optax.adabelief(1e-3)


@jax.jit
def _published_step(parameters: Array, state: optax.OptState) -> tuple[Any, optax.OptState, Array]:
    def loss(parameters: Array) -> Array:
        x0, delta, threshold = parameters
        z = x0 + delta * BITS.sum(1)
        output = jax.nn.sigmoid(4 * z * (1 - z) - threshold)
        entropy = WANTED * jnp.log(output + 1e-15) + (1 - WANTED) * jnp.log(1 - output + 1e-15)
        return -entropy.mean()

    value, slope = jax.value_and_grad(loss)(parameters)
    updates, state = BELIEF.update(slope, state, parameters)
    return optax.apply_updates(parameters, updates), state, value


def published_loop(seed: int) -> tuple[bool, bool]:
    """One start of the published recipe, a Python loop over 5000 compiled steps.

    Radhakrishnan, Sinha, Murali, Ditto, Chaos, Solitons & Fractals (2025), 116007.

    **Returns:** whether all four rows are right, and whether all states are in [0, 1].
    """
    parameters = jax.random.normal(jax.random.key(seed), (3,))
    state = BELIEF.init(parameters)
    for _ in range(5000):
        parameters, state, _ = _published_step(parameters, state)
    x0, delta, threshold = np.asarray(parameters)
    z = x0 + delta * BITS.sum(1)
    right = (4 * z * (1 - z) > threshold) == (WANTED == 1)
    return bool(right.all()), bool((z >= 0).all() and (z <= 1).all())
