"""Minimising an objective: many trials in one XLA program, in chunks of steps.

A trial is one start of one problem. The loop knows nothing about gates: an objective maps
parameters to a loss and an evaluation, and everything else is here. That is what `neural` reuses.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Bool, Float

from chaoscad.arguments import function, whole
from chaoscad.errors import ChaoscadError, told
from chaoscad.tune.driver import Outcome, Reached, Standing, drive, every
from chaoscad.tune.optimizers import Optimizer
from chaoscad.tune.progress import Progress
from chaoscad.tune.trials import Tree, finite, where


class Evaluation(NamedTuple):
    """What every trial has reached: `score` is better when larger, `solved` ends its search."""

    score: Float[Array, ...]
    solved: Bool[Array, ...]


@runtime_checkable
class Objective(Protocol):
    """What is minimised, for all trials at once. Hashable: equal objectives share one program.

    Trials are independent: no trial's loss depends on another trial's parameters. `each` makes an
    objective of a function of one trial.
    """

    def __call__(
        self, parameters: Tree, data: Tree, progress: Float[Array, ""], /
    ) -> tuple[Float[Array, " trials"], Evaluation]:
        """The loss of every trial, and the evaluation of the same parameters.

        **Arguments:**

        - `parameters`: every leaf has the trials on the axis that `train` was told.
        - `data`: as given to `train`.
        - `progress`: the share of the run that is behind, from 0 to 1.
        """
        ...

    def __hash__(self) -> int: ...


@dataclass(frozen=True)
class _Each:
    one: Callable[[Tree, Tree, Array], tuple[Array, Evaluation]]
    trial_axis: int
    data_axis: int | None

    def __call__(self, parameters: Tree, data: Tree, progress: Array) -> tuple[Array, Evaluation]:
        return jax.vmap(self.one, in_axes=(self.trial_axis, self.data_axis, None))(
            parameters, data, progress
        )


def each(
    one: Callable[[Tree, Tree, Array], tuple[Array, Evaluation]],
    *,
    trial_axis: int = 0,
    data_axis: int | None = None,
) -> Objective:
    """The objective that applies a function of one trial to every trial.

    **Arguments:**

    - `one`: (parameters, data, progress) of one trial to (loss, evaluation), all scalars.
    - `data_axis`: the trials' axis in the data; `None` when all trials share it.
    """
    return _Each(one, trial_axis, data_axis)


@dataclass(frozen=True)
class Trained:
    """The best that every trial reached.

    **Arguments:**

    - `parameters`: at each trial's best score; the trials' axis is that of the starts.
    - `score`, `solved`: of those parameters.
    - `solved_at`: the step at which a trial was first solved, -1 if never.
    - `retired`: trials that became non-finite. They keep what they had reached before.
    - `steps`: steps taken by every trial.
    - `outcome`: how the run ended.
    """

    parameters: Tree
    score: np.ndarray
    solved: np.ndarray
    solved_at: np.ndarray
    retired: np.ndarray
    steps: int
    outcome: Outcome


class _State(NamedTuple):
    parameters: Tree
    optimizer: Tree
    best: Tree
    score: Array
    solved: Array
    solved_at: Array
    alive: Array


Stop = Callable[[np.ndarray], bool]
"""Whether enough trials are solved, given `solved` of every trial."""


def train(
    objective: Objective,
    starts: Tree,
    *,
    data: Tree = None,
    optimizer: Optimizer,
    steps: int,
    stop: Stop | int | None = None,
    chunk: int = 250,
    trial_axis: int = 0,
    progress: Progress | None = None,
) -> Trained:
    """Minimise an objective from many starts at once.

    **Arguments:**

    - `starts`: parameters, the trials on `trial_axis` of every leaf.
    - `data`: what the objective needs besides.
    - `steps`: steps of every trial, at most.
    - `stop`: end early once this many trials are solved, or once a function of `solved` says so.
      It is asked after every `chunk` steps.
    - `progress`: is told of every chunk.

    **Returns:** the best parameters of every trial, by score, among the start and those after every
    step but the last.
    A trial whose loss or gradient is NaN or infinite is frozen there, and counted as retired.

    **Raises:** `ChaoscadError` for starts without trials or of numbers that cannot be moved, and for
    wrong settings.
    """
    function("the objective", objective)
    steps, chunk = whole("steps", steps, 0, None), whole("chunk", chunk, 1, None)
    _check(starts, optimizer, trial_axis)
    run = _Run(objective, optimizer, steps, chunk, trial_axis)

    def advance(state: _State, taken: int, mark: int) -> tuple[_State, None]:
        # The last chunk is as long as the others, so that it needs no second program; steps
        # beyond the end change nothing.
        del mark
        return _advance(run, state, data, np.int32(taken)), None

    def enough(found: Standing) -> bool:
        solved: Any = found.solved
        return bool(stop(solved) if callable(stop) else solved.sum() >= stop)

    reached, outcome = drive(
        advance,
        Reached(run.begin(starts)),
        every(chunk, steps),
        steps=steps,
        standing=lambda state: Standing(np.asarray(state.alive), np.asarray(state.solved)),
        stop=None if stop is None else enough,
        progress=progress,
    )
    state = reached.state
    return Trained(
        parameters=state.best,
        score=np.asarray(state.score),
        solved=np.asarray(state.solved),
        solved_at=np.asarray(state.solved_at),
        retired=~np.asarray(state.alive),
        steps=reached.taken,
        outcome=outcome,
    )


def _check(starts: Tree, optimizer: Any, trial_axis: int) -> None:
    if not isinstance(optimizer, Optimizer):
        message = f"the optimizer is {told(optimizer)}; optimizer('adam', 0.05) makes one"
        raise ChaoscadError(message)
    shapes = [np.shape(leaf) for leaf in jax.tree.leaves(starts)]
    lengths = {
        shape[trial_axis] if -len(shape) <= trial_axis < len(shape) else 0 for shape in shapes
    }
    if len(lengths) != 1 or 0 in lengths:
        raise ChaoscadError(
            f"the starts have the shapes {told(shapes)}; every one needs as many trials, at least 1, "
            f"on axis {trial_axis}"
        )
    types = {jnp.result_type(leaf) for leaf in jax.tree.leaves(starts)}
    wrong = sorted(str(one) for one in types if not jnp.issubdtype(one, np.floating))
    if wrong:
        raise ChaoscadError(
            f"the starts are {', '.join(wrong)}; they must be floating-point numbers"
        )


@dataclass(frozen=True)
class _Run:
    """What selects a compiled program."""

    objective: Objective
    optimizer: Optimizer
    steps: int
    chunk: int
    trial_axis: int

    def transformation(self) -> optax.GradientTransformation:
        """The optimizer over all trials; element by element it may see them as one."""
        built = self.optimizer.build(self.steps)
        if self.optimizer.elementwise:
            return built
        axis = self.trial_axis
        return optax.GradientTransformation(
            jax.vmap(built.init, in_axes=axis),
            lambda updates, state, params=None: jax.vmap(
                built.update, in_axes=(axis, 0, axis), out_axes=(axis, 0)
            )(updates, state, params),
        )

    def begin(self, starts: Tree) -> _State:
        """The state before the first step; its types are those that `_advance` returns."""
        trials = jax.tree.leaves(starts)[0].shape[self.trial_axis]
        starts = jax.tree.map(jnp.asarray, starts)
        # As exact as the parameters, which may be float64.
        exact = jnp.result_type(np.float32, *jax.tree.leaves(starts))
        return _State(
            parameters=starts,
            optimizer=jax.jit(self.transformation().init)(starts),
            best=starts,
            score=jnp.asarray(np.full(trials, -np.inf, exact)),
            solved=jnp.asarray(np.zeros(trials, bool)),
            solved_at=jnp.asarray(np.full(trials, -1, np.int32)),
            alive=jnp.asarray(np.ones(trials, bool)),
        )

    def improve(self, state: _State, evaluation: Evaluation, alive: Array, step: Array) -> _State:
        """Keep the parameters of the trials that are better than ever before."""
        score = evaluation.score.astype(state.score.dtype)
        better = alive & (score > state.score)
        solved = state.solved | (alive & evaluation.solved)
        return state._replace(
            best=where(better, state.parameters, state.best, self.trial_axis),
            score=jnp.where(better, score, state.score),
            solved_at=jnp.where(solved & ~state.solved, step, state.solved_at),
            solved=solved,
        )


@partial(jax.jit, static_argnames=("run",))
def _advance(run: _Run, state: _State, data: Tree, taken: Array) -> _State:
    transformation = run.transformation()

    def total(parameters: Tree, progress: Array) -> tuple[Array, tuple[Array, Evaluation]]:
        # Trials are independent, so the gradient of their sum is every trial's own.
        loss, evaluation = run.objective(parameters, data, progress)
        return loss.sum(), (loss, evaluation)

    def step(state: _State, index: Array) -> tuple[_State, None]:
        progress = index / max(run.steps - 1, 1)
        (_, (loss, evaluation)), gradient = jax.value_and_grad(total, has_aux=True)(
            state.parameters, progress
        )
        updates, inner = transformation.update(gradient, state.optimizer, state.parameters)
        alive = state.alive & jnp.isfinite(loss) & finite(gradient, run.trial_axis)
        moved = optax.apply_updates(state.parameters, updates)
        found = run.improve(state, evaluation, alive, index)
        return found._replace(
            parameters=where(alive & (index < run.steps), moved, state.parameters, run.trial_axis),
            optimizer=inner,
            alive=alive,
        ), None

    return jax.lax.scan(step, state, taken + jnp.arange(run.chunk, dtype=np.int32))[0]
