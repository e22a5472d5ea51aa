"""The compiled programs of training: how seeds begin, a stretch of their steps, their scores."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import equinox as eqx
import jax
import optax
from jaxtyping import Array, Bool, Float

from chaoscad.tune.trials import finite
from neural import objective
from neural.activations import Activation
from neural.data import Data, Kind
from neural.objective import Loss
from neural.own import Network
from neural.perceptron import trainable
from neural.settings import Training


class State(NamedTuple):
    """Where a run stands: a tree of arrays, for one seed or with the seeds in front."""

    weights: Any
    optimizer: Any


def descent(
    fixed: Any, loss: Kind | Loss, transformation: optax.GradientTransformation, data: Data
) -> Callable[[State, Array], tuple[State, Array]]:
    """One step of mini-batch training: (state, indices) to (state, loss of the batch).

    **Arguments:**

    - `fixed`: the part of the model that does not move, as `equinox.partition` leaves it.
    - `loss`: of a kind of task, or a function of outputs and targets.
    """

    def of_batch(weights: Any, indices: Array) -> Array:
        outputs = eqx.combine(weights, fixed)(data.inputs[indices])
        return objective.loss(loss, outputs, data.targets[indices])

    def step(state: State, indices: Array) -> tuple[State, Array]:
        value, gradient = jax.value_and_grad(of_batch)(state.weights, indices)
        updates, moved = transformation.update(gradient, state.optimizer, state.weights)
        return State(optax.apply_updates(state.weights, updates), moved), value

    return step


@dataclass(frozen=True)
class Plan:
    """What selects the programs of a fit.

    **Arguments:**

    - `loss`: that is trained on; `kind` is what the scores are of.
    - `training`: at the rate 1; the rate is an argument, so that a search over rates compiles once.
    """

    network: Network
    kind: Kind
    loss: Kind | Loss
    training: Training

    def parted(self, activations: Functions, numbers: Array) -> tuple[Any, Any]:
        """A new network's part that moves, and the rest."""
        model = self.network.assemble(numbers, activations)
        return eqx.partition(model, trainable(model))


Functions: TypeAlias = tuple[Activation, ...]


@partial(jax.jit, static_argnames=("network",))
def draw(network: Network, keys: Array) -> Array:
    """The numbers that every seed's network starts from."""
    return jax.vmap(lambda key: network.draw(jax.random.fold_in(key, 0)))(keys)


@partial(jax.jit, static_argnames=("plan",))
def begin(plan: Plan, activations: Functions, numbers: Array, rate: Array) -> State:
    """Every seed's first state."""
    transformation = plan.training.optimizer.build(plan.training.steps, rate)

    def one(own: Array) -> State:
        weights, _ = plan.parted(activations, own)
        return State(weights, transformation.init(weights))

    return jax.vmap(one)(numbers)


@partial(jax.jit, static_argnames=("plan",))
def advance(
    plan: Plan,
    activations: Functions,
    numbers: Array,
    rate: Array,
    state: State,
    order: Array,
    data: Data,
) -> tuple[State, Float[Array, "seeds steps"]]:
    """So many steps of every seed as `order`, (seeds, steps, batch), has batches."""
    transformation = plan.training.optimizer.build(plan.training.steps, rate)

    def one(own: Array, state: State, order: Array) -> tuple[State, Array]:
        _, fixed = plan.parted(activations, own)
        return jax.lax.scan(descent(fixed, plan.loss, transformation, data), state, order)

    if len(numbers) == 1:
        # A batch of one is the slower kind of product on a processor, and no faster on anything.
        return jax.lax.map(lambda own: one(*own), (numbers, state, order))
    return jax.vmap(one)(numbers, state, order)


@partial(jax.jit, static_argnames=("plan",))
def score(
    plan: Plan, activations: Functions, numbers: Array, state: State, parts: dict[str, Data]
) -> tuple[Any, dict[str, Float[Array, " seeds"]], Bool[Array, " seeds"]]:
    """The networks' arrays, their scores, and which of them have only finite weights.

    The activations may be others than those of the steps, so long as the same of them are trained:
    the exact functions in place of their tables.
    """

    def one(own: Array, state: State) -> tuple[Any, dict[str, Array], Array]:
        built, fixed = plan.parted(activations, own)
        trained = jax.tree.unflatten(jax.tree.structure(built), jax.tree.leaves(state.weights))
        model = eqx.combine(trained, fixed)
        scores = {
            name: objective.score(plan.kind, model(part.inputs), part.targets)
            for name, part in parts.items()
        }
        return eqx.filter(model, eqx.is_array), scores, finite(state.weights)

    # One seed after another: all of them at once would hold every activation of every sample.
    return jax.lax.map(lambda pair: one(*pair), (numbers, state))


def networks(plan: Plan, activations: Functions, numbers: Array, arrays: Any) -> Any:
    """The networks whose arrays are given, with the seeds in front."""
    like = eqx.filter_eval_shape(plan.network.assemble, numbers[0], activations)
    _, rest = eqx.partition(like, lambda leaf: isinstance(leaf, jax.ShapeDtypeStruct))
    return eqx.combine(arrays, rest)
