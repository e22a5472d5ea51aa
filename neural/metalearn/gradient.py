"""The outer loss of one meta-seed, and its gradient with respect to the activation networks."""

from __future__ import annotations

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, PRNGKeyArray

from chaoscad.tune.trials import finite, where
from neural import objective
from neural.activations import Activation
from neural.batches import batches
from neural.data import Data, Kind
from neural.metalearn.settings import MetaSettings
from neural.objective import Loss
from neural.own import Network
from neural.perceptron import trainable
from neural.programs import State, descent


class TaskData(NamedTuple):
    """The parts of a task that metalearning may see. The test part is not among them."""

    train: Data
    validation: Data


def outer_loss(
    settings: MetaSettings,
    shape: Network,
    kind: Kind | Loss,
    activations: tuple[Activation, ...],
    key: PRNGKeyArray,
    data: TaskData,
) -> Float[Array, ""]:
    """The outer loss, after a fresh network has trained with these activations.

    Its derivative with respect to the activations is the meta-gradient of `settings.gradient`.
    """
    inner = settings.inner
    transformation = inner.optimizer.build(inner.steps)
    # The keys' places are those of earlier versions, so that equal seeds give equal activations.
    for_weights, for_batches, _, for_outer = jax.random.split(jax.random.split(key, 1)[0], 4)
    model = shape.build(for_weights, activations)
    # The activations are in the part that does not move while the network trains.
    weights, fixed = eqx.partition(model, trainable(model))
    order = batches(for_batches, len(data.train.inputs), inner.batch, inner.steps)

    def train(held: Any, state: State, part: Array) -> tuple[State, Array]:
        # The way back computes each step again: less memory, and on small caches faster.
        step = jax.checkpoint(descent(held, kind, transformation, data.train))
        return jax.lax.scan(step, state, part)

    state = State(weights, transformation.init(weights))
    first_order = settings.gradient == "first_order"
    before = inner.steps if first_order else inner.steps - settings.differentiated
    if before:
        # Nothing is differentiated here, and XLA keeps nothing for the way back.
        state, _ = train(jax.lax.stop_gradient(fixed), state, order[:before])
        state = jax.lax.stop_gradient(state)
    losses = jnp.zeros(0)
    if before < inner.steps:
        state, losses = train(fixed, state, order[before:])
    if settings.outer_loss == "train" and not first_order:
        return losses.mean()

    part = data.train if settings.outer_loss == "train" else data.validation
    size = min(inner.batch, len(part.inputs))
    for_choice = jax.random.split(for_outer)[0]
    chosen = jax.random.permutation(for_choice, len(part.inputs))[:size]
    outputs = eqx.combine(state.weights, fixed)(part.inputs[chosen])
    return objective.loss(kind, outputs, part.targets[chosen])


class MetaState(NamedTuple):
    """Where metalearning stands; with the meta-seeds in front of every array."""

    activations: tuple[Activation, ...]
    optimizer: Any
    skipped: Array
    in_a_row: Array


def outer_step(
    settings: MetaSettings,
    shape: Network,
    kind: Kind | Loss,
    state: MetaState,
    key: PRNGKeyArray,
    data: TaskData,
) -> tuple[MetaState, Float[Array, ""]]:
    """One step of one meta-seed: the state after it, and the outer loss before it.

    A step whose loss or gradient is NaN or infinite moves nothing and is counted.
    """
    value, gradient = jax.value_and_grad(
        lambda activations: outer_loss(settings, shape, kind, activations, key, data)
    )(state.activations)
    transformation = settings.outer.build(settings.outer_steps)
    parameters: Any = state.activations
    updates, moved = transformation.update(gradient, state.optimizer, parameters)
    good = jnp.isfinite(value) & finite(gradient)
    after = MetaState(
        activations=where(good, optax.apply_updates(parameters, updates), parameters),
        optimizer=where(good, moved, state.optimizer),
        skipped=state.skipped + ~good,
        in_a_row=jnp.where(good, 0, state.in_a_row + 1),
    )
    return after, value
