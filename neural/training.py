"""Training networks: one run as a scan over mini-batches, and many seeds of it in one program."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

from chaoscad.arguments import instance, number, positive, several, whole
from chaoscad.errors import ChaoscadError
from chaoscad.tune import Optimizer, Progress, Reached, Standing, drive, optimizer
from chaoscad.tune.trials import finite
from neural import objective
from neural.activations import Activation
from neural.activations.modules import check_activations
from neural.data import Data, Kind
from neural.diverse import Architecture, trainable
from neural.tasks.task import Task


def rmsprop(learning_rate: float = 0.01, decay: float = 0.8, **arguments: Any) -> Optimizer:
    """RMSProp whose mean square starts at 1: steps are small at first, and differentiable.

    With a start at 0 the derivative of sqrt(v) is infinite where a gradient is 0, and no
    meta-gradient passes through the optimizer.
    """
    settings = {"decay": decay, "initial_scale": 1.0, **arguments}
    return optimizer("rmsprop", learning_rate, **settings)


@dataclass(frozen=True)
class Training:
    """How a network is trained; hashable, so that it selects a compiled program.

    **Arguments:**

    - `steps`: optimizer steps; `batch`: samples of each, drawn without replacement within an epoch.
      A batch as large as the data, or larger, is the data.
    - `noise`: half-width of the uniform noise on hidden activities, in training only.
    """

    steps: int = 100
    batch: int = 100
    optimizer: Optimizer = field(default_factory=rmsprop)
    noise: float = 0.0

    def __post_init__(self) -> None:
        noise = number("the noise", self.noise, "a number of at least 0", lambda found: found >= 0)
        # Plain numbers, whatever NumPy scalars came in: a checkpoint's header holds them.
        object.__setattr__(self, "steps", whole("the number of steps", self.steps))
        object.__setattr__(self, "batch", whole("the batch", self.batch, most=10**9))
        object.__setattr__(self, "noise", noise)
        instance("the optimizer", self.optimizer, Optimizer, "optimizer('adam', 0.01)")

    def at_rate(self, learning_rate: float) -> Training:
        """The same training at another learning rate.

        **Raises:** `ChaoscadError` for a rate that is not positive.
        """
        learning_rate = positive("the learning rate", learning_rate)
        return replace(self, optimizer=replace(self.optimizer, learning_rate=learning_rate))


def batches(key: PRNGKeyArray, samples: int, batch: int, steps: int) -> Int[Array, "steps batch"]:
    """The samples of every step: a new permutation for every epoch; what a batch lacks is left out."""
    batch = min(batch, samples)
    each = samples // batch
    epochs = -(-steps // each)
    orders = jax.vmap(lambda one: jax.random.permutation(one, samples))(
        jax.random.split(key, epochs)
    )
    return orders[:, : each * batch].reshape(epochs * each, batch)[:steps]


class State(NamedTuple):
    """Where a run stands: a tree of arrays, for one seed or with the seeds in front."""

    weights: Any
    optimizer: Any


def descent(
    fixed: Any,
    kind: Kind,
    training: Training,
    transformation: optax.GradientTransformation,
    data: Data,
) -> Callable[[State, tuple[Array, Array]], tuple[State, Array]]:
    """One step of mini-batch training: (state, (indices, key)) to (state, loss of the batch).

    `fixed` is the part of the model that does not move, as `equinox.partition` leaves it.
    """

    def loss(weights: Any, indices: Array, key: Array) -> Array:
        model = eqx.combine(weights, fixed)
        outputs = objective.apply(model, data.inputs[indices], key, training.noise)
        return objective.loss(kind, outputs, data.targets[indices])

    def step(state: State, drawn: tuple[Array, Array]) -> tuple[State, Array]:
        value, gradient = jax.value_and_grad(loss)(state.weights, *drawn)
        updates, moved = transformation.update(gradient, state.optimizer, state.weights)
        return State(optax.apply_updates(state.weights, updates), moved), value

    return step


@dataclass(frozen=True)
class Fitted:
    """Networks trained from many seeds.

    **Arguments:**

    - `models`: every array has the seeds in front; `model(i)` is one of them.
    - `losses`: of every seed's batches, (seeds, steps).
    - `steps`: where the scores were taken.
    - `scores`: part of the task ("train", "validation", "test") to (seeds, len(steps)).
    - `diverged`: seeds whose loss or weights became NaN or infinite; their scores are NaN.
    """

    kind: Kind
    seeds: np.ndarray
    models: Any
    losses: np.ndarray
    steps: tuple[int, ...]
    scores: dict[str, np.ndarray]
    diverged: np.ndarray

    def model(self, index: int) -> Any:
        """The network of one seed, by its place in `seeds`.

        **Raises:** `ChaoscadError` when there is no such place.
        """
        index = whole("the place of a seed", index, 0, len(self.seeds) - 1)
        arrays, rest = eqx.partition(self.models, eqx.is_array)
        return eqx.combine(jax.tree.map(lambda leaf: leaf[index], arrays), rest)


def fit(
    shape: Architecture,
    activations: Sequence[Activation],
    task: Task,
    training: Training,
    *,
    seeds: int | Sequence[int] = 16,
    at: Sequence[int] | None = None,
    progress: Progress | None = None,
    all_may_diverge: bool = False,
) -> Fitted:
    """Train fresh networks, all seeds in one program.

    **Arguments:**

    - `shape`: of the networks; `activations`: used as they are, but for those that train.
    - `seeds`: how many, from 0, or which. A seed gives the weights and the batches; equal seeds of
      two arms have equal weights and batches.
    - `at`: steps at which every part of the task is scored whole; the last step by default.
    - `all_may_diverge`: whether a result in which no seed stayed finite is returned instead of
      raised, as a search over learning rates wants it.

    **Raises:** `ChaoscadError` for a network that does not fit the task, seeds that `seeds_of`
    refuses, steps that the training does not reach, or when every seed diverged.
    """
    instance("the training", training, Training, "Training(steps=100)")
    check_fit(shape, task, training.noise)
    check_activations(activations)
    chosen = seeds_of("seeds", seeds)
    asked = (training.steps,) if at is None else several("steps to score at", at)
    marks = tuple(
        sorted(whole("one of the steps to score at", step, 1, training.steps) for step in asked)
    )
    shape.assigned(len(activations))
    data = Data(jnp.asarray(task.train.inputs), jnp.asarray(task.train.targets))
    keys = jax.vmap(jax.random.key)(jnp.asarray(chosen))
    parts = {
        name: Data(jnp.asarray(split.inputs), jnp.asarray(split.targets))
        for name, split in (
            ("train", task.train),
            ("validation", task.validation),
            ("test", task.test),
        )
        if len(split.inputs)
    }
    # The rate is an argument of the program, so that a search over rates compiles once.
    plan = _Plan(shape, task.kind, training.at_rate(1.0))
    rate = np.float32(training.optimizer.learning_rate)
    numbers, order, noise = _draw(keys, shape, len(data.inputs), training.batch, training.steps)
    functions = tuple(activations)

    def chunk(run: _Run, taken: int, mark: int) -> tuple[_Run, tuple[Any, Any]]:
        state, losses = _advance(
            plan,
            functions,
            numbers,
            rate,
            run.state,
            order[:, taken:mark],
            noise[:, taken:mark],
            data,
        )
        models, scores, good = _score(plan, functions, numbers, state, parts)
        alive = run.alive & np.asarray(good) & np.isfinite(losses).all(1)
        return _Run(state, alive, models), (losses, scores)

    start = _Run(_begin(plan, functions, numbers, rate), np.ones(len(chosen), bool))
    reached, _ = drive(
        chunk,
        Reached(start),
        marks,
        steps=marks[-1],
        standing=lambda run: Standing(run.alive),
        progress=progress,
    )
    alive = reached.state.alive
    losses, scores = zip(*reached.records, strict=True)
    history = _padded(np.concatenate(losses, axis=1), marks[-1])
    if not alive.any() and not all_may_diverge:
        raise ChaoscadError(diverged(chosen, history, training.optimizer.learning_rate))
    return Fitted(
        kind=task.kind,
        seeds=chosen,
        models=reached.state.models,
        losses=history,
        steps=marks,
        scores={
            name: np.where(
                alive[:, None],
                _padded(np.stack([one[name] for one in scores], axis=1), len(marks)),
                np.nan,
            )
            for name in parts
        },
        diverged=~alive,
    )


def _padded(values: np.ndarray, length: int) -> np.ndarray:
    """NaN behind the end of a run that ended because every seed had diverged."""
    return np.pad(values, ((0, 0), (0, length - values.shape[1])), constant_values=np.nan)


def check_fit(shape: Architecture, task: Task, noise: float = 0.0) -> None:
    """Refuse a network that does not fit the task, in its columns or in its kind.

    **Raises:** `ChaoscadError`.
    """
    instance("the shape", shape, Architecture, "architecture(2, [20], 1)")
    instance("the task", task, Task, "task('mnist1d')")
    features = task.train.inputs.shape[1]
    if (shape.inputs, shape.outputs) != (features, task.outputs):
        raise ChaoscadError(
            f"the network takes {shape.inputs} inputs and gives {shape.outputs} outputs; "
            f"the task {task.name} has {features} and {task.outputs}"
        )
    if shape.hamiltonian and task.kind != "hamiltonian":
        raise ChaoscadError(
            f"a Hamiltonian network gives the rates of (q, p), and the task {task.name} is a "
            f"{task.kind}; take a network that is not Hamiltonian"
        )
    if shape.hamiltonian and noise:
        raise ChaoscadError(
            "noise on hidden activities is not defined for a Hamiltonian network, whose rates are "
            "a gradient; set the noise to 0"
        )


def seeds_of(name: str, given: Any) -> Int[np.ndarray, " seeds"]:
    """So many seeds, from 0, or those that are given.

    **Raises:** `ChaoscadError` for none, for one that comes twice, and for one that is not a whole
    number from 0 to 2^32 - 1: beyond, JAX would drop the upper bits and repeat another seed.
    """
    # NumPy's and JAX's scalars and arrays become numbers and lists.
    plain = getattr(given, "tolist", lambda: given)()
    if type(plain) is int:
        return np.arange(whole(f"the number of {name}", plain))
    found = several(name, plain)
    return np.array([whole(f"one of the {name}", one, 0, 2**32 - 1) for one in found])


def diverged(seeds: np.ndarray, losses: np.ndarray, learning_rate: float) -> str:
    """The message for runs of which none stayed finite."""
    steps = np.argmin(np.isfinite(losses), axis=1) + 1
    shown = ", ".join(
        f"{seed} at step {step}" for seed, step in zip(seeds[:4], steps[:4], strict=True)
    )
    more = f" and {len(seeds) - 4} more" if len(seeds) > 4 else ""
    return (
        f"every network became NaN or infinite (seed {shown}{more}); "
        f"try a learning rate below {learning_rate:g}, or inputs scaled to about 1"
    )


class _Run(NamedTuple):
    """A fit in progress: `models` are those of the last mark."""

    state: State
    alive: np.ndarray
    models: Any = None


@dataclass(frozen=True)
class _Plan:
    shape: Architecture
    kind: Kind
    training: Training

    def model(self, activations: tuple[Activation, ...], numbers: Array) -> Any:
        return self.shape.assemble(numbers, activations)


@partial(jax.jit, static_argnames=("plan",))
def _begin(plan: _Plan, activations: tuple[Activation, ...], numbers: Array, rate: Array) -> State:
    transformation = plan.training.optimizer.build(plan.training.steps, rate)

    def one(own: Array) -> State:
        model = plan.model(activations, own)
        weights, _ = eqx.partition(model, trainable(model))
        return State(weights, transformation.init(weights))

    return jax.vmap(one)(numbers)


@partial(jax.jit, static_argnames=("shape", "samples", "batch", "steps"))
def _draw(
    keys: Array, shape: Architecture, samples: int, batch: int, steps: int
) -> tuple[Array, Array, Array]:
    """Everything random of every seed: weights, batches, and keys of the noise.

    A program of its own, since it compiles slowly and is the same for all activations and rates.
    """

    def one(key: Array) -> tuple[Array, Array, Array]:
        order = batches(jax.random.fold_in(key, 1), samples, batch, steps)
        noise = jax.random.split(jax.random.fold_in(key, 2), steps)
        return shape.draw(jax.random.fold_in(key, 0)), order, noise

    return jax.vmap(one)(keys)


@partial(jax.jit, static_argnames=("plan",))
def _advance(
    plan: _Plan,
    activations: tuple[Activation, ...],
    numbers: Array,
    rate: Array,
    state: State,
    order: Array,
    noise: Array,
    data: Data,
) -> tuple[State, Float[Array, "seeds steps"]]:
    transformation = plan.training.optimizer.build(plan.training.steps, rate)

    def one(own: Array, state: State, order: Array, noise: Array) -> tuple[State, Array]:
        model = plan.model(activations, own)
        _, fixed = eqx.partition(model, trainable(model))
        step = descent(fixed, plan.kind, plan.training, transformation, data)
        return jax.lax.scan(step, state, (order, noise))

    if len(numbers) == 1:
        # A batch of one is the slower kind of product on a processor, and no faster on anything.
        return jax.lax.map(lambda own: one(*own), (numbers, state, order, noise))
    return jax.vmap(one)(numbers, state, order, noise)


@partial(jax.jit, static_argnames=("plan",))
def _score(
    plan: _Plan,
    activations: tuple[Activation, ...],
    numbers: Array,
    state: State,
    parts: dict[str, Data],
) -> tuple[Any, dict[str, Float[Array, " seeds"]], Bool[Array, " seeds"]]:
    """The networks, their scores, and which of them have only finite weights."""

    def one(own: Array, state: State) -> tuple[Any, dict[str, Array], Array]:
        built = plan.model(activations, own)
        _, fixed = eqx.partition(built, trainable(built))
        model = eqx.combine(state.weights, fixed)
        scores = {
            name: objective.score(plan.kind, model(part.inputs), part.targets)
            for name, part in parts.items()
        }
        return model, scores, finite(state.weights)

    # One seed after another: all of them at once would hold every activation of every sample.
    return jax.lax.map(lambda pair: one(*pair), (numbers, state))
