"""The outer loop: many meta-seeds in one program, resumable after any step."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from chaoscad.errors import ChaoscadError
from chaoscad.tune import Progress, Silent
from neural import storage
from neural.activations import Activation, learned_set
from neural.diverse import Architecture
from neural.metalearn.gradient import MetaState, TaskData, outer_step
from neural.metalearn.settings import MetaSettings
from neural.objective import Kind
from neural.tasks.task import Task
from neural.training import Data, check_fit

RETIRE_AFTER = 10
"""Outer steps in a row without a finite gradient after which a meta-seed is given up."""


@dataclass(frozen=True)
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

    def of(self, index: int, snapshot: int | None = None) -> tuple[Activation, ...]:
        """One meta-seed's activations, by its place in `meta_seeds`; at a snapshot if given."""
        chosen = self.activations if snapshot is None else self.snapshots[snapshot]
        return jax.tree.map(lambda leaf: leaf[index], chosen)


def metalearn(
    shape: Architecture,
    task: Task,
    settings: MetaSettings,
    *,
    meta_seeds: int | Sequence[int] = 1,
    checkpoint: str | os.PathLike[str] | None = None,
    snapshot_every: int | None = None,
    progress: Progress | None = None,
    stop_after: int | None = None,
) -> MetaLearned:
    """Learn activation functions for a task.

    **Arguments:**

    - `shape`: of the networks of the inner loop.
    - `meta_seeds`: how many, from 0, or which. A meta-seed gives the activation networks and all
      inner networks and batches.
    - `checkpoint`: a file that is written after every outer step. If it is there, the run goes on
      from it, and ends as if it had never been interrupted.
    - `snapshot_every`: keep the activations every so many outer steps.
    - `stop_after`: end after so many outer steps; a later call with the checkpoint goes on.

    **Raises:** `ChaoscadError` for a network that does not fit the task, a checkpoint of another
    configuration, a task without validation samples where they are needed, or when no meta-seed
    has a finite gradient.
    """
    check_fit(shape, task, settings.inner.noise)
    shape.assigned(settings.count)
    if settings.outer_loss == "validation" and not len(task.validation.inputs):
        raise ChaoscadError(
            f"the outer loss is 'validation', and the task {task.name} has no validation samples; "
            "give it some, or take the outer loss 'train'"
        )
    chosen = np.arange(meta_seeds) if isinstance(meta_seeds, int) else np.asarray(meta_seeds)
    if not len(chosen):
        raise ChaoscadError("metalearning over no meta-seeds was asked for; give at least 1")
    data = TaskData(
        *(
            Data(jnp.asarray(one.inputs), jnp.asarray(one.targets))
            for one in (task.train, task.validation)
        )
    )
    plan = _Plan(shape, task.kind, settings)
    keys = jax.vmap(jax.random.key)(jnp.asarray(chosen))
    run = _Run(_start(plan, keys), 0, [], [], [])
    configuration = {
        "architecture": asdict(shape),
        "settings": settings.to_data(),
        "task": {"name": task.name, "kind": task.kind, "sha256": fingerprint(data)},
        "meta_seeds": chosen.tolist(),
        "snapshot_every": snapshot_every,
    }
    if checkpoint is not None and Path(checkpoint).exists():
        run = _load(checkpoint, configuration, run.state)
    report = progress or Silent()
    last = min(settings.outer_steps, stop_after or settings.outer_steps)
    report.start(settings.outer_steps, len(chosen))
    try:
        while run.step < last:
            run.state, losses = _advance(plan, run.state, keys, np.int32(run.step), data)
            run.losses.append(np.asarray(losses))
            run.step += 1
            if snapshot_every and run.step % snapshot_every == 0:
                run.snapshot_steps.append(run.step)
                run.snapshots.append(run.state.activations)
            if checkpoint is not None:
                _save(checkpoint, configuration, run)
            stuck = np.asarray(run.state.in_a_row) >= RETIRE_AFTER
            report.advance(run.step, 0, int(stuck.sum()))
            if stuck.all():
                raise ChaoscadError(_gave_up(chosen, run.step, settings))
    finally:
        report.finish()
    return MetaLearned(
        meta_seeds=chosen,
        activations=run.state.activations,
        losses=np.stack(run.losses, axis=1) if run.losses else np.zeros((len(chosen), 0)),
        snapshot_steps=tuple(run.snapshot_steps),
        snapshots=tuple(run.snapshots),
        skipped=np.asarray(run.state.skipped),
        retired=np.asarray(run.state.in_a_row) >= RETIRE_AFTER,
    )


def fingerprint(data: TaskData) -> str:
    """A hash of the samples, so that a checkpoint knows its data."""
    digest = hashlib.sha256()
    for leaf in jax.tree.leaves(data):
        digest.update(np.asarray(leaf).tobytes())
    return digest.hexdigest()[:16]


@dataclass(frozen=True)
class _Plan:
    shape: Architecture
    kind: Kind
    settings: MetaSettings


@dataclass
class _Run:
    """What a checkpoint holds."""

    state: MetaState
    step: int
    losses: list[np.ndarray]
    snapshot_steps: list[int]
    snapshots: list[tuple[Activation, ...]]


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
        return outer_step(plan.settings, plan.shape, plan.kind, state, here, data)

    return jax.vmap(one)(state, keys)


def _save(path: str | os.PathLike[str], configuration: dict[str, Any], run: _Run) -> None:
    storage.write(
        path,
        "checkpoint",
        {
            "configuration": configuration,
            "step": run.step,
            "snapshot_steps": run.snapshot_steps,
        },
        {"losses": np.stack(run.losses, axis=1), **storage.flatten((run.state, run.snapshots))},
    )


def _load(path: str | os.PathLike[str], configuration: dict[str, Any], like: MetaState) -> _Run:
    header, arrays = storage.read(path, "checkpoint")
    storage.check_configuration(
        path, header["configuration"], json.loads(json.dumps(configuration))
    )
    steps = header["snapshot_steps"]
    state, snapshots = storage.unflatten(
        (like, [like.activations] * len(steps)), arrays, path, "checkpoint"
    )
    return _Run(state, header["step"], list(arrays["losses"].T), steps, snapshots)


def _gave_up(seeds: np.ndarray, step: int, settings: MetaSettings) -> str:
    shown = ", ".join(map(str, seeds[:6])) + (", ..." if len(seeds) > 6 else "")
    return (
        f"no meta-seed ({shown}) had a finite gradient in the {RETIRE_AFTER} outer steps before "
        f"step {step}; try an inner learning rate below "
        f"{settings.inner.optimizer.learning_rate:g}, a smaller scale than {settings.scale:g}, "
        "or a truncation"
    )
