"""Training networks: one run as a scan over mini-batches, and many seeds of it in one program."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from chaoscad.arguments import function, instance, several, truth, whole
from chaoscad.errors import ChaoscadError
from chaoscad.tune import Progress, Reached, Standing, drive, terminal
from neural.activations import Activation, activations_of
from neural.activations.table import as_table
from neural.architecture import Architecture
from neural.batches import drawn
from neural.data import Data
from neural.fitted import Fitted
from neural.objective import Loss
from neural.own import Build, Network, OwnNetwork, check_loss, check_own, network_of
from neural.programs import Plan, State, advance, begin, draw, networks, score
from neural.seeds import seeds_of
from neural.settings import Training
from neural.tasks.task import PARTS, Split, Task


def fit(
    shape: Architecture | Build,
    activations: Any,
    task: Task,
    training: Training | None = None,
    *,
    loss: Loss | None = None,
    seeds: int | Sequence[int] = 16,
    at: Sequence[int] | None = None,
    tables: bool = True,
    progress: Progress | None = None,
    all_may_diverge: bool = False,
) -> Fitted:
    """Train fresh networks, all seeds in one program.

    **Arguments:**

    - `shape`: of the networks; or a function (key, activations) to a module of equinox that turns
      inputs (batch, features) into outputs (batch, outputs), see `neural.own`.
    - `activations`: names, functions, modules or those of `neural.activations`; one or several, used
      as they are but for those that train.
    - `loss`: a function of the outputs and targets of a batch that is trained on in place of the
      task's. The scores stay the task's.
    - `seeds`: how many, from 0, or which. A seed gives the weights and the batches; equal seeds of
      two arms have equal weights and batches.
    - `at`: steps at which every part of the task is scored whole; the last step by default.
    - `tables`: train with splines in place of learned activations that do not move, at an eighth of
      their cost. The networks returned and their scores have the functions themselves.
    - `progress`: a bar on a terminal by default; `Silent()` for none.
    - `all_may_diverge`: whether a result in which no seed stayed finite is returned instead of
      raised, as a search over learning rates wants it.

    **Raises:** `ChaoscadError` for a network that does not fit the task, seeds that `seeds_of`
    refuses, steps that the training does not reach, or when every seed diverged.
    """
    training = Training() if training is None else training
    instance("the training", training, Training, "Training(steps=100)")
    functions = activations_of(activations)
    network = check_fit(shape, task, functions, loss)
    chosen = seeds_of("seeds", seeds)
    asked = (training.steps,) if at is None else several("steps to score at", at)
    marks = tuple(
        sorted(whole("one of the steps to score at", step, 1, training.steps) for step in asked)
    )
    parts = {name: on_device(task.part(name)) for name in PARTS if len(task.part(name))}
    data = parts["train"]
    # The rate is an argument of the program, so that a search over rates compiles once.
    plan = Plan(network, task.kind, loss or task.kind, training.at_rate(1.0))
    rate = np.float32(training.optimizer.learning_rate)
    samples, batch, steps = len(data.inputs), training.batch, training.steps
    order = np.stack([drawn(int(seed), samples, batch, steps) for seed in chosen])
    numbers = draw(network, jax.vmap(jax.random.key)(jnp.asarray(chosen)))
    quick = tuple(map(as_table, functions)) if truth("tables", tables) else functions

    def chunk(run: _Run, taken: int, mark: int) -> tuple[_Run, tuple[Any, Any]]:
        state, losses = advance(plan, quick, numbers, rate, run.state, order[:, taken:mark], data)
        arrays, scores, good = score(plan, functions, numbers, state, parts)
        alive = run.alive & np.asarray(good) & np.isfinite(losses).all(1)
        return _Run(state, alive, arrays), (losses, scores)

    start = _Run(begin(plan, quick, numbers, rate), np.ones(len(chosen), bool))
    reached, _ = drive(
        chunk,
        Reached(start),
        marks,
        steps=marks[-1],
        standing=lambda run: Standing(run.alive),
        progress=terminal.progress("networks") if progress is None else progress,
    )
    alive = reached.state.alive
    losses, scores = zip(*reached.records, strict=True)
    history = _padded(np.concatenate(losses, axis=1), marks[-1])
    if not alive.any() and not all_may_diverge:
        raise ChaoscadError(diverged(chosen, history, training.optimizer.learning_rate))
    return Fitted(
        kind=task.kind,
        seeds=chosen,
        networks=networks(plan, functions, numbers, reached.state.arrays),
        losses=history,
        steps=marks,
        scores={
            name: np.where(alive[:, None], _padded(np.stack(found, axis=1), len(marks)), np.nan)
            for name, found in ((name, [one[name] for one in scores]) for name in parts)
        },
        diverged=~alive,
    )


def on_device(part: Split) -> Data:
    """A part of a task in JAX's arrays."""
    return Data(jnp.asarray(part.inputs), jnp.asarray(part.targets))


def _padded(values: np.ndarray, length: int) -> np.ndarray:
    """NaN behind the end of a run that ended because every seed had diverged."""
    return np.pad(values, ((0, 0), (0, length - values.shape[1])), constant_values=np.nan)


def check_fit(
    shape: Any,
    task: Task,
    activations: tuple[Activation, ...] | None = None,
    loss: Loss | None = None,
) -> Network:
    """The network, when it fits the task in its columns and its kind, and can have the activations.

    **Raises:** `ChaoscadError`.
    """
    network = network_of(shape)
    if isinstance(shape, eqx.Module) and network is None:
        raise ChaoscadError(
            f"the shape is a module, {type(shape).__name__}; give the function (key, activations) that "
            "builds it, so that every seed has a network of its own"
        )
    if network is None:
        instance("the shape", shape, Architecture, "Architecture(2, [20], 1)")
    assert network is not None
    instance("the task", task, Task, "task('mnist1d')")
    if loss is not None:
        function("the loss", loss)
        targets = np.resize(task.train.targets, (2, *task.train.targets.shape[1:]))
        check_loss(loss, jnp.zeros((2, task.outputs), jnp.float32), jnp.asarray(targets))
    if isinstance(network, OwnNetwork):
        check_own(network, activations or (), task.features, task.outputs)
        return network
    if activations is not None:
        network.assigned(len(activations))
    if network.form != "static":
        raise ChaoscadError(
            f"a network of the form {network.form!r} grows while it trains; give it to "
            "neural.growing.grow, or take the form 'static'"
        )
    if (network.inputs, network.outputs) != (task.features, task.outputs):
        raise ChaoscadError(
            f"the network takes {network.inputs} inputs and gives {network.outputs} outputs; "
            f"the task {task.name} has {task.features} and {task.outputs}"
        )
    if network.hamiltonian and task.kind != "hamiltonian":
        raise ChaoscadError(
            f"a Hamiltonian network gives the rates of (q, p), and the task {task.name} is a "
            f"{task.kind}; take a network that is not Hamiltonian"
        )
    return network


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
    """A fit in progress: `arrays` are those of the networks at the last mark."""

    state: State
    alive: np.ndarray
    arrays: Any = None
