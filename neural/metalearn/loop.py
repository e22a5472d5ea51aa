"""The outer loop: many meta-seeds in one program, resumable after any step."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from chaoscad.arguments import instance, whole
from chaoscad.errors import ChaoscadError
from chaoscad.tune import (
    Checkpoint,
    Outcome,
    Progress,
    Reached,
    Standing,
    drive,
    every,
    storage,
    terminal,
)
from neural.activations import Activation, Fixed, learned_set
from neural.architecture import Architecture
from neural.data import Kind
from neural.metalearn.gradient import MetaState, TaskData, outer_step
from neural.metalearn.settings import MetaSettings
from neural.objective import Loss
from neural.own import Build, Network
from neural.seeds import seeds_of
from neural.tasks.task import Task
from neural.training import check_fit, on_device

RETIRE_AFTER = 10
"""Outer steps in a row without a finite gradient after which a meta-seed is given up."""


@dataclass(frozen=True, repr=False)
class MetaLearned:
    """Activation functions learned from several meta-seeds.

    **Arguments:**

    - `activations`: the K activations, every array with the meta-seeds in front; `of(i)` is one
      meta-seed's.
    - `losses`: the outer loss before every step, (meta_seeds, outer_steps).
    - `snapshots`: the activations at the steps `snapshot_steps`, in the same form.
    - `skipped`: steps of every meta-seed whose gradient was not finite.
    - `retired`: meta-seeds that were given up after `RETIRE_AFTER` such steps in a row.
    """

    meta_seeds: np.ndarray
    activations: tuple[Activation, ...]
    losses: np.ndarray
    snapshot_steps: tuple[int, ...]
    snapshots: tuple[tuple[Activation, ...], ...]
    skipped: np.ndarray
    retired: np.ndarray

    def __repr__(self) -> str:
        count, last = len(self.meta_seeds), self.losses[:, -10:].mean(1)
        steps = f"{self.losses.shape[1]} outer steps"
        return f"MetaLearned({count} meta-seeds, {steps}: median loss {np.median(last):.4g})"

    def of(self, index: int, snapshot: int | None = None) -> tuple[Activation, ...]:
        """One meta-seed's activations, by its place in `meta_seeds`; at a snapshot if given.

        **Arguments:**

        - `snapshot`: its place in `snapshot_steps`.

        **Raises:** `ChaoscadError` when there is no such place.
        """
        index = whole("the place of a meta-seed", index, 0, len(self.meta_seeds) - 1)
        if snapshot is None:
            chosen = self.activations
        elif not self.snapshots:
            raise ChaoscadError("there are no snapshots; give metalearn a snapshot_every")
        else:
            chosen = self.snapshots[
                whole("the place of a snapshot", snapshot, 0, len(self.snapshots) - 1)
            ]
        return jax.tree.map(lambda leaf: leaf[index], chosen)


def metalearn(
    shape: Architecture | Build,
    task: Task,
    settings: MetaSettings | None = None,
    *,
    loss: Loss | None = None,
    meta_seeds: int | Sequence[int] = 1,
    checkpoint: str | os.PathLike[str] | None = None,
    snapshot_every: int | None = None,
    progress: Progress | None = None,
    stop_after: int | None = None,
) -> MetaLearned:
    """Learn activation functions for a task.

    **Arguments:**

    - `shape`: of the networks of the inner loop; or a function that builds them, as `fit` takes it.
    - `loss`: of both loops, a function of outputs and targets; the task's by default.
    - `progress`: a bar on a terminal by default; `Silent()` for none.
    - `meta_seeds`: how many, from 0, or which. A meta-seed gives the activation networks and all
      inner networks and batches.
    - `checkpoint`: a file that is written after every outer step. If it is there, the run goes on
      from it, and ends as if it had never been interrupted. Functions and optax objects are not compared.
    - `snapshot_every`: keep the activations every so many outer steps.
    - `stop_after`: end after so many outer steps; a later call with the checkpoint goes on. A
      checkpoint that is further already is returned as it is.

    **Raises:** `ChaoscadError` for a network that does not fit the task, a checkpoint of another
    configuration or one that is damaged or cannot be written, seeds that `seeds_of` refuses, a task
    without validation samples where they are needed, or when no meta-seed has a finite gradient.
    """
    settings = MetaSettings() if settings is None else settings
    instance("the settings", settings, MetaSettings, "MetaSettings(count=2)")
    stand_ins = (Fixed("sin"),) * settings.count
    network = check_fit(shape, task, stand_ins, loss)
    if settings.outer_loss == "validation" and not len(task.validation.inputs):
        raise ChaoscadError(
            f"the outer loss is 'validation', and the task {task.name} has no validation samples; "
            "give it some, or take the outer loss 'train'"
        )
    chosen = seeds_of("meta-seeds", meta_seeds)
    if snapshot_every is not None:
        snapshot_every = whole("snapshot_every", snapshot_every)
    last = settings.outer_steps
    if stop_after is not None:
        last = min(last, whole("stop_after", stop_after))
    data = TaskData(*(on_device(one) for one in (task.train, task.validation)))
    plan = _Plan(network, loss or task.kind, settings)
    keys = jax.vmap(jax.random.key)(jnp.asarray(chosen))
    start: _Reached = Reached(_start(plan, keys))
    file = None
    if checkpoint is not None:
        configuration = {
            "architecture": network.to_data(),
            "settings": settings.to_data(),
            "task": {"name": task.name, "kind": task.kind, "sha256": storage.digest(data)},
            "meta_seeds": chosen.tolist(),
            "snapshot_every": snapshot_every,
        }
        file = Checkpoint(checkpoint, "neural-checkpoint", configuration)
        file.check_writable()
        if Path(checkpoint).exists():
            start = _load(file, start.state)

    def chunk(state: MetaState, taken: int, mark: int) -> tuple[MetaState, _Record]:
        before = state.activations
        state, losses = _advance(plan, state, keys, np.int32(taken), data)
        if not taken and not state.skipped.any() and eqx.tree_equal(before, state.activations):
            raise ChaoscadError(
                "the first outer step moved no activation: the loss does not depend on them; the networks "
                "must use the activations that they are built with"
            )
        kept = bool(snapshot_every) and mark % snapshot_every == 0
        return state, _Record(np.asarray(losses), state.activations if kept else None)

    reached, outcome = drive(
        chunk,
        start,
        every(1, last),
        steps=settings.outer_steps,
        standing=lambda state: Standing(~_retired(state)),
        save=None if file is None else partial(_save, file),
        progress=terminal.progress("metalearning") if progress is None else progress,
    )
    state, taken = reached.state, reached.taken
    done = taken == settings.outer_steps
    if outcome is Outcome.RETIRED or (done and (state.skipped == taken).all()):
        raise ChaoscadError(_gave_up(chosen, taken, settings))
    return MetaLearned(
        meta_seeds=chosen,
        activations=state.activations,
        losses=np.stack([one.losses for one in reached.records], axis=1),
        snapshot_steps=tuple(_snapshots(reached)),
        snapshots=tuple(_snapshots(reached).values()),
        skipped=np.asarray(state.skipped),
        retired=_retired(state),
    )


@dataclass(frozen=True)
class _Plan:
    network: Network
    loss: Kind | Loss
    settings: MetaSettings


class _Record(NamedTuple):
    """Of one outer step: the losses before it, (meta_seeds,), and a snapshot after it."""

    losses: np.ndarray
    snapshot: tuple[Activation, ...] | None


_Reached: TypeAlias = Reached[MetaState, _Record]


def _snapshots(reached: _Reached) -> dict[int, tuple[Activation, ...]]:
    """The snapshots by their steps."""
    kept = enumerate((one.snapshot for one in reached.records), start=1)
    return {step: snapshot for step, snapshot in kept if snapshot is not None}


@partial(jax.jit, static_argnames=("plan",))
def _start(plan: _Plan, keys: Array) -> MetaState:
    settings = plan.settings

    def one(key: Array) -> MetaState:
        activations: Any = learned_set(
            jax.random.fold_in(key, 0),
            settings.count,
            settings.base,
            hidden=settings.hidden,
            nonlinearity=settings.nonlinearity,
            scale=settings.scale,
        )
        transformation = settings.outer.build(settings.outer_steps)
        zero = jnp.zeros((), jnp.int32)
        return MetaState(activations, transformation.init(activations), zero, zero)

    return jax.vmap(one)(keys)


@partial(jax.jit, static_argnames=("plan",))
def _advance(
    plan: _Plan, state: MetaState, keys: Array, step: Array, data: TaskData
) -> tuple[MetaState, Array]:
    def one(state: MetaState, key: Array) -> tuple[MetaState, Array]:
        here = jax.random.fold_in(jax.random.fold_in(key, 1), step)
        return outer_step(plan.settings, plan.network, plan.loss, state, here, data)

    if jax.default_backend() == "cpu":
        # One after another within the program: a batch of small products is slower on a processor.
        return jax.lax.map(lambda pair: one(*pair), (state, keys))
    return jax.vmap(one)(state, keys)


def _save(file: Checkpoint, reached: _Reached) -> None:
    snapshots = _snapshots(reached)
    file.save(
        (reached.state, list(snapshots.values())),
        {"step": reached.taken, "snapshot_steps": list(snapshots)},
        {"losses": np.stack([one.losses for one in reached.records], axis=1)},
    )


def _load(file: Checkpoint, like: MetaState) -> _Reached:
    header, arrays = file.load()
    step, between = header.get("step"), file.configuration["snapshot_every"]
    if type(step) is not int or not 0 < step <= file.configuration["settings"]["outer_steps"]:
        raise file.damaged(f"its step is {step!r}")
    steps = [] if between is None else list(range(between, step + 1, between))
    if header.get("snapshot_steps") != steps:
        raise file.damaged(f"its snapshots are not at the steps {steps}")
    losses = arrays.get("losses", np.zeros(0))
    if losses.shape != (len(like.skipped), step) or losses.dtype.kind != "f":
        raise file.damaged(f"its losses are not those of {step} steps")
    state, snapshots = file.state((like, [like.activations] * len(steps)), arrays)
    kept = dict(zip(steps, snapshots, strict=True))
    records = (_Record(one, kept.get(index)) for index, one in enumerate(losses.T, start=1))
    return Reached(state, step, tuple(records))


def _retired(state: MetaState) -> np.ndarray:
    return np.asarray(state.in_a_row) >= RETIRE_AFTER


def _gave_up(seeds: np.ndarray, step: int, settings: MetaSettings) -> str:
    shown = ", ".join(map(str, seeds[:6])) + (", ..." if len(seeds) > 6 else "")
    return (
        f"no meta-seed ({shown}) had a finite gradient in the {min(RETIRE_AFTER, step)} outer steps "
        f"before step {step}; try an inner learning rate below "
        f"{settings.inner.optimizer.learning_rate:g}, a smaller scale than {settings.scale:g}, "
        f"a truncation, or another inner optimizer than {settings.inner.optimizer.name}"
    )
