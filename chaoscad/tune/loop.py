"""Minimising an objective: many trials in one XLA program, in chunks of steps.

A trial is one start of one problem. The loop knows nothing about gates: an objective maps
parameters to a loss and an evaluation, and everything else is here. That is what `neural` reuses.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Bool, Float

from chaoscad.arguments import function, whole
from chaoscad.errors import ChaoscadError, told
from chaoscad.tune.compiled import SMALL, WIDE, compiled
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
    """Where a run is; `parameters` and `best` as `_Layout` packs them."""

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
    look: int = 1,
    trial_axis: int = 0,
    small: bool = False,
    progress: Progress | None = None,
) -> Trained:
    """Minimise an objective from many starts at once.

    **Arguments:**

    - `starts`: parameters, the trials on `trial_axis` of every leaf.
    - `data`: what the objective needs besides.
    - `steps`: steps of every trial, at most.
    - `stop`: end early once this many trials are solved, or once a function of `solved` says so.
      It is asked after every `chunk` steps.
    - `look`: evaluate, keep what is best and retire what is not finite before every so many steps of
      a chunk. Steps between are those of the gradient alone.
    - `small`: the objective is many small operations, so that its compilation counts; see `SMALL`.
    - `progress`: is told of every chunk.

    **Returns:** the best parameters of every trial, by score, among those that were looked at: the
    start, and what every `look` steps led to, but the last of them.
    A trial whose loss or parameters are NaN or infinite stays as it was last looked at, and is counted
    as retired.

    **Raises:** `ChaoscadError` for starts without trials or of numbers that cannot be moved, and for
    wrong settings.
    """
    function("the objective", objective)
    steps, chunk = whole("steps", steps, 0, None), whole("chunk", chunk, 1, None)
    look = whole("look", look, 1, None)
    _check(starts, optimizer, trial_axis)
    layout = _Layout.of(starts, trial_axis, optimizer.elementwise)
    run = _Run(objective, optimizer, steps, chunk, min(look, chunk), trial_axis, layout)

    def advance(state: _State, taken: int, mark: int) -> tuple[_State, None]:
        # The last chunk is as long as the others, so that it needs no second program; steps
        # beyond the end change nothing.
        del mark
        return _ADVANCE[small](run, state, data, np.int32(taken)), None

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
        parameters=layout.unpack(np.asarray(state.best) if layout.shapes else state.best),
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
class _Layout:
    """How a tree of parameters is one array, on which an optimizer is a few operations.

    Trees stay trees whose trials are not on the last axis, whose leaves differ in type, or whose
    optimizer sees what belongs together.

    **Arguments:**

    - `shapes`: of the leaves without their trials; `None` where the tree stays a tree.
    """

    structure: Any
    shapes: tuple[tuple[int, ...], ...] | None

    @classmethod
    def of(cls, starts: Tree, trial_axis: int, elementwise: bool) -> _Layout:
        leaves, structure = jax.tree.flatten(starts)
        alike = len({jnp.result_type(leaf) for leaf in leaves}) == 1
        if trial_axis != -1 or not elementwise or not alike:
            return cls(structure, None)
        return cls(structure, tuple(np.shape(leaf)[:-1] for leaf in leaves))

    def pack(self, tree: Tree) -> Tree:
        leaves = jax.tree.leaves(tree)
        if self.shapes is None:
            return jax.tree.map(jnp.asarray, tree)
        # NumPy compiles nothing; a program for each shape of leaves takes longer than the copy.
        rows = [np.asarray(leaf).reshape(-1, np.shape(leaf)[-1]) for leaf in leaves]
        return jax.device_put(np.concatenate(rows))

    def unpack(self, packed: Tree) -> Tree:
        if self.shapes is None:
            return packed
        sizes = [math.prod(shape) for shape in self.shapes]
        if isinstance(packed, np.ndarray):
            parts = np.split(packed, np.cumsum(sizes)[:-1])
        else:
            # Its gradient is a concatenation, that of a slice is padded and does not vectorise.
            parts = jax.lax.split(packed, sizes)
        leaves = [
            part.reshape(*shape, packed.shape[-1])
            for part, shape in zip(parts, self.shapes, strict=True)
        ]
        return jax.tree.unflatten(self.structure, leaves)


@dataclass(frozen=True)
class _Run:
    """What selects a compiled program."""

    objective: Objective
    optimizer: Optimizer
    steps: int
    chunk: int
    look: int
    trial_axis: int
    layout: _Layout

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

    def evaluated(self, packed: Tree, data: Tree, step: Array) -> tuple[Array, Evaluation]:
        """The loss and the evaluation of every trial before a step."""
        progress = step / max(self.steps - 1, 1)
        return self.objective(self.layout.unpack(packed), data, progress)

    def begin(self, starts: Tree) -> _State:
        """The state before the first step; its types are those that `_advance` returns."""
        trials = jax.tree.leaves(starts)[0].shape[self.trial_axis]
        packed = self.layout.pack(starts)
        # As exact as the parameters, which may be float64.
        exact = jnp.result_type(np.float32, *jax.tree.leaves(packed))
        return _State(
            parameters=packed,
            optimizer=jax.jit(self.transformation().init)(packed),
            best=packed,
            score=jax.device_put(np.full(trials, -np.inf, exact)),
            solved=jax.device_put(np.zeros(trials, bool)),
            solved_at=jax.device_put(np.full(trials, -1, np.int32)),
            alive=jax.device_put(np.ones(trials, bool)),
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


def _advance(run: _Run, state: _State, data: Tree, taken: Array) -> _State:
    transformation = run.transformation()

    def total(packed: Tree, index: Array) -> Array:
        # Trials are independent, so the gradient of their sum is every trial's own.
        return run.evaluated(packed, data, index)[0].sum()

    def step(index: Array, at: tuple[Tree, Tree]) -> tuple[Tree, Tree]:
        packed, inner = at
        updates, inner = transformation.update(jax.grad(total)(packed, index), inner, packed)
        return optax.apply_updates(packed, updates), inner

    def block(state: _State, first: Array) -> tuple[_State, None]:
        loss, evaluation = run.evaluated(state.parameters, data, first)
        alive = state.alive & jnp.isfinite(loss)
        found = run.improve(state, evaluation, alive, first)
        last = jnp.minimum(jnp.minimum(first + run.look, taken + run.chunk), run.steps)
        moved, inner = jax.lax.fori_loop(first, last, step, (state.parameters, state.optimizer))
        alive = alive & finite(moved, run.trial_axis)
        return found._replace(
            parameters=where(alive, moved, state.parameters, run.trial_axis),
            optimizer=inner,
            alive=alive,
        ), None

    blocks = taken + jnp.arange(0, run.chunk, run.look, dtype=np.int32)
    return jax.lax.scan(block, state, blocks)[0]


_ADVANCE = {
    small: compiled(_advance, SMALL if small else WIDE, static_argnames=("run",))
    for small in (False, True)
}
