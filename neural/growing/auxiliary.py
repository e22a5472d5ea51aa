"""Growing with an auxiliary weight: the size of a layer is trained like a weight.

The loss is the task's mean loss plus lambda (N - target)^2, and one descent moves the size N and the
weights together. Under plain gradient descent with a small rate eta the run is a gradient flow in
tau = eta * epochs, so only tau and lambda matter; where the task does not pull at the size,
N = target + (N(0) - target) (1 - 2 eta lambda)^epochs, about target (1 - exp(-2 lambda tau)) from 0.

What to expect of growing, as `benchmarks/growing_auxiliary.py` measures it on one small regression: at a
small rate and 2 lambda tau near 7 it fails less often than a start at the target size, whose neurons
see the size as a large constant input; the medians differ little, and with the size input scaled down
to 0.2 or 0 the start at the target is the better one. Look at medians and failures, not at means alone.

Source: see `neural.growing.auxiliary_network`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from chaoscad.arguments import choice, instance, whole, within
from chaoscad.errors import ChaoscadError, Diagnostic
from chaoscad.tune import Optimizer, Progress, Reached, Standing, drive, every
from chaoscad.tune.trials import finite, where
from neural import objective
from neural.data import Data, Kind, checked_data
from neural.fitted import network_of
from neural.growing.auxiliary_network import (
    MOST,
    AuxiliaryNetwork,
    check_arrays,
    effective_size,
    init,
    presence,
    theta,
)
from neural.objective import LOSSES

__all__ = [
    "AuxiliaryNetwork",
    "AuxiliaryResult",
    "Data",
    "effective_size",
    "init",
    "outputs_of_trials",
    "presence",
    "theta",
    "train",
]


@dataclass(frozen=True, eq=False)
class AuxiliaryResult:
    """What every trial reached, recorded before the first epoch and after every chunk of epochs.

    **Arguments:**

    - `networks`: after the last epoch, trials in front. A retired trial keeps its last finite
      parameters.
    - `epochs`: the epochs of the records, from 0; shape (records,).
    - `size`: the trained size N in neurons; shape (trials, records).
    - `task_loss`, `size_loss`: on the training points, and lambda (N - target)^2; (trials, records).
    - `test_loss`: the task's loss on the test points, `None` without them; (trials, records).
    - `retired`: trials that became non-finite; their records from then on are NaN; (trials,).
    - `retired_at`: the epoch of that, -1 for the other trials; (trials,).
    """

    networks: AuxiliaryNetwork
    epochs: Int[np.ndarray, " records"]
    size: Float[np.ndarray, "trials records"]
    task_loss: Float[np.ndarray, "trials records"]
    size_loss: Float[np.ndarray, "trials records"]
    test_loss: Float[np.ndarray, "trials records"] | None
    retired: Bool[np.ndarray, " trials"]
    retired_at: Int[np.ndarray, " trials"]

    def network(self, index: int) -> AuxiliaryNetwork:
        """The network of one trial, by its place.

        **Raises:** `ChaoscadError` when there is no such trial.
        """
        return network_of(self.networks, index, len(self.retired))

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """One finding for every retired trial: which one, when, and what to try."""
        hint = "try a smaller learning rate, or a penalty well below 1 / (learning rate)"
        return tuple(
            Diagnostic(
                f"trial {trial} became non-finite at epoch {self.retired_at[trial]} and was retired",
                hint=hint,
                severity="warning",
            )
            for trial in np.flatnonzero(self.retired)
        )


def train(
    starts: AuxiliaryNetwork,
    data: Data,
    *,
    test: Data | None = None,
    target: float,
    penalty: float,
    optimizer: Optimizer,
    epochs: int,
    loss: str = "mse",
    chunk: int = 1000,
    progress: Progress | None = None,
) -> AuxiliaryResult:
    """Train the weights and the sizes of many networks on all points at once.

    The layer grows from a start below the target size and shrinks from one above.

    **Arguments:**

    - `starts`: of `init` with `trials`. The trials are independent of each other.
    - `data`, `test`: training and test samples, shared by all trials or every trial's own.
    - `target`: the size that the penalty pulls to, from 0 to the number of slots.
    - `penalty`: lambda, at least 0. Under plain descent it must be below 1 / (learning rate), where
      the size would start to diverge.
    - `optimizer`: of `chaoscad.tune.optimizer`; the source's is `optimizer("sgd", 1e-3)`.
    - `epochs`: full-batch steps.
    - `loss`: "mse", the mean over samples and outputs of the squared error; or "cross-entropy",
      the mean over samples, logistic with one output (labels 0 and 1), softmax with several.
    - `chunk`: epochs between two records. It does not change the training.
    - `progress`: is told of every chunk; it hears of no solved trials.

    **Returns:** `AuxiliaryResult`. It ends early when all trials are retired.

    **Raises:** `ChaoscadError` for bad settings or data.
    """
    instance("the start", starts, AuxiliaryNetwork, "init(jax.random.key(0), 9, 0.0, trials=8)")
    check_arrays(starts)
    kind = LOSSES[choice("loss", loss, LOSSES)]
    pull = _checked_pull(starts, target, penalty)
    # Epochs are counted in int32, and a chunk may reach beyond the last one.
    epochs = whole("epochs", epochs, 1, 2**30)
    run = _Run(optimizer, epochs, min(whole("chunk", chunk, 1, MOST), epochs), kind)
    _check_rate(optimizer, float(penalty))
    samples = _checked("training", data, starts, kind)
    held_out = samples if test is None else _checked("test", test, starts, kind)

    def advance(state: _State, taken: int, mark: int) -> tuple[_State, _Record]:
        # The last chunk is as long as the others, so that it needs no second program; epochs
        # beyond the end change nothing.
        state = _advance(run, state, samples, pull, np.int32(taken))
        return _measure(run, state, samples, held_out, pull, np.int32(mark))

    state, record = _measure(run, run.begin(starts), samples, held_out, pull, np.int32(0))
    reached, _ = drive(
        advance,
        Reached(state, 0, (record,)),
        every(run.chunk, epochs),
        steps=epochs,
        standing=lambda state: Standing(np.asarray(state.retired_at) < 0),
        progress=progress,
    )
    over_time = jax.tree.map(lambda *values: np.stack(values, axis=1), *reached.records)
    retired_at = np.asarray(reached.state.retired_at)
    return AuxiliaryResult(
        networks=reached.state.network,
        epochs=np.asarray([0, *every(run.chunk, epochs)][: len(reached.records)], np.int32),
        size=over_time.size,
        task_loss=over_time.task_loss,
        size_loss=over_time.size_loss,
        test_loss=None if test is None else over_time.test_loss,
        retired=retired_at >= 0,
        retired_at=retired_at,
    )


def outputs_of_trials(networks: AuxiliaryNetwork, x: Float[Array, "*batch features"]) -> Array:
    """The outputs of every trial's network on the same points, shape (trials, *batch, outputs).

    **Raises:** `ChaoscadError` for networks without a trials axis, and for points of other features.
    """
    if jnp.ndim(networks.size) != 1:
        raise ChaoscadError(
            f"the sizes of the networks have the shape {jnp.shape(networks.size)}; "
            "they must have one axis, the trials; call a network of one trial"
        )
    return jax.vmap(lambda network: network(x))(networks)


def _checked_pull(starts: AuxiliaryNetwork, target: Any, penalty: Any) -> tuple[Any, Any]:
    target = within("the target size", target, 0, starts.slots, why="the number of slots")
    penalty = within("the penalty", penalty, 0, 1e30)
    return np.asarray(target, starts.size.dtype), np.asarray(penalty, starts.size.dtype)


def _check_rate(optimizer: Any, penalty: float) -> None:
    instance("the optimizer", optimizer, Optimizer, 'chaoscad.tune.optimizer("sgd", 1e-3)')
    rate = optimizer.learning_rate
    plain = (optimizer.name, optimizer.schedule, optimizer.arguments) == ("sgd", "constant", ())
    clipped = optimizer.clip_norm is not None or optimizer.clip_value is not None
    if plain and not clipped and rate * penalty >= 1:
        # N - target is multiplied by 1 - 2 rate penalty in every epoch.
        raise ChaoscadError(
            f"with the learning rate {rate:g} and the penalty {penalty:g} the size overshoots its "
            f"target and never settles; take a penalty below {1 / rate:g}, better below {0.1 / rate:g}"
        )


def _checked(part: str, given: Any, starts: AuxiliaryNetwork, kind: Kind) -> Data:
    outputs, features = starts.output_bias.shape[-1], starts.input_weight.shape[-1]
    trials, dtype = len(starts.size), starts.size.dtype
    return checked_data(part, given, kind, features, outputs, trials=trials, dtype=dtype)


class _State(NamedTuple):
    network: AuxiliaryNetwork
    optimizer: Any
    retired_at: Array


class _Record(NamedTuple):
    size: Array
    task_loss: Array
    size_loss: Array
    test_loss: Array


@dataclass(frozen=True)
class _Run:
    """What selects a compiled program. All methods but `begin` are of one trial."""

    optimizer: Optimizer
    epochs: int
    chunk: int
    kind: Kind

    def begin(self, starts: Any) -> _State:
        starts = jax.tree.map(jnp.asarray, starts)
        state = jax.vmap(self.optimizer.build(self.epochs).init)(starts)
        return _State(starts, state, jnp.full(len(starts.size), -1, jnp.int32))

    def task_loss(self, network: AuxiliaryNetwork, data: Data) -> Array:
        return objective.loss(self.kind, network(data.inputs), data.targets)


def _size_loss(network: AuxiliaryNetwork, pull: tuple[Array, Array]) -> Array:
    target, penalty = pull
    return penalty * (network.size - target) ** 2


def _axis(data: Data) -> int | None:
    return 0 if data.inputs.ndim == 3 else None


@partial(jax.jit, static_argnames=("run",))
def _advance(
    run: _Run, state: _State, data: Data, pull: tuple[Array, Array], taken: Array
) -> _State:
    transformation = run.optimizer.build(run.epochs)

    def one(state: _State, data: Data) -> _State:
        def total(network: AuxiliaryNetwork) -> Array:
            return run.task_loss(network, data) + _size_loss(network, pull)

        def step(state: _State, index: Array) -> tuple[_State, None]:
            tree: Any = state.network
            value, gradient = jax.value_and_grad(total)(tree)
            updates, inner = transformation.update(gradient, state.optimizer, tree)
            moved = eqx.apply_updates(tree, updates)
            good = jnp.isfinite(value) & finite((gradient, moved))
            due = (state.retired_at < 0) & (index < run.epochs)
            retired_at = jnp.where(due & ~good, index, state.retired_at)
            return _State(where(due & good, moved, tree), inner, retired_at), None

        return jax.lax.scan(step, state, taken + jnp.arange(run.chunk, dtype=taken.dtype))[0]

    return jax.vmap(one, in_axes=(0, _axis(data)))(state, data)


@partial(jax.jit, static_argnames=("run",))
def _measure(
    run: _Run,
    state: _State,
    data: Data,
    test: Data,
    pull: tuple[Array, Array],
    taken: Array,
) -> tuple[_State, _Record]:
    def one(state: _State, data: Data, test: Data) -> tuple[_State, _Record]:
        network = state.network
        task, pulled = run.task_loss(network, data), _size_loss(network, pull)
        retires = (state.retired_at < 0) & ~jnp.isfinite(task + pulled)
        retired_at = jnp.where(retires, taken, state.retired_at)
        record = _Record(network.size, task, pulled, run.task_loss(network, test))
        return state._replace(retired_at=retired_at), _Record(
            *(jnp.where(retired_at < 0, value, jnp.nan) for value in record)
        )

    return jax.vmap(one, in_axes=(0, _axis(data), _axis(test)))(state, data, test)
