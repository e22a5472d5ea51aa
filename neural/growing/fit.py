"""Training growing networks: many trials in one program, compute that follows the size."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Int

from chaoscad.arguments import choice, instance, whole
from chaoscad.errors import ChaoscadError, Diagnostic
from chaoscad.tune import (
    Checkpoint,
    Optimizer,
    Progress,
    Standing,
    drive,
    every,
    storage,
    terminal,
)
from chaoscad.tune import optimizer as make
from chaoscad.tune.known import COUPLED
from neural.activations import activations_of
from neural.architecture import Architecture
from neural.data import checked_data
from neural.fitted import network_of
from neural.growing.buckets import Bucket, bucket_widths, fitting
from neural.growing.growth import Growth
from neural.growing.history import History, history
from neural.growing.program import Program, begin
from neural.growing.run import Run, RunReached
from neural.growing.starts import begun, fingerprint
from neural.masks import BY_UNIT
from neural.objective import LOSSES
from neural.operations import network_flops
from neural.optimizers import AnyOptimizer, optimizer_of
from neural.perceptron import Perceptron, trainable
from neural.seeds import seeds_of

VANISHED = 0.1
"""A layer with fewer units than this at the end of a run has vanished."""


@dataclass(frozen=True)
class Grown:
    """What a run gave.

    **Arguments:**

    - `networks`: the last network of every trial, all slots, the trials on the first axis of every
      array. A retired trial's is the one before its first step that was not finite.
    - `history`: losses, sizes, parameters and FLOPs over the run.
    - `retired_at`: the step at which a trial's loss or gradient was not finite, -1 if never.
    - `seeds`: of the trials.
    - `steps`: steps taken; those asked for, unless the run was told to stop before.
    - `flops`: spent by one trial on all of these steps, by the account of `neural.operations`.
    - `warnings`: which trials were retired, which layers have vanished, and what to try.
    """

    networks: Perceptron
    history: History
    retired_at: np.ndarray
    seeds: Int[np.ndarray, " trials"]
    steps: int
    flops: float
    warnings: tuple[Diagnostic, ...]

    def network(self, trial: int) -> Perceptron:
        """The network of one trial, by its place in `seeds`.

        **Raises:** `ChaoscadError` when there is no such trial.
        """
        return network_of(self.networks, trial, len(self.seeds))


def grow(
    architecture: Architecture,
    inputs: Any,
    targets: Any,
    *,
    activations: Any = "tanh",
    growth: Growth | None = None,
    optimizer: Any,
    steps: int,
    seeds: int | Sequence[int] = 1,
    networks: Perceptron | None = None,
    loss: str | None = None,
    batch: int | None = None,
    buckets: int = 1,
    test: tuple[Any, Any] | None = None,
    record: int | None = None,
    save: str | os.PathLike[str] | None = None,
    resume: str | os.PathLike[str] | None = None,
    until: int | None = None,
    all_may_diverge: bool = False,
    progress: Progress | None = None,
) -> Grown:
    """Train a network whose hidden layers change their size, from many seeds at once.

    Units that are absent rest: neither their weights nor the optimizer's moments for them change
    until they come (back). So training in buckets takes the same steps as training all slots, up to
    the rounding of sums that have fewer zeros in them.

    **Arguments:**

    - `architecture`: of the form `mask`, `auxiliary` or `gate`; or `static`, what is compared with.
    - `inputs`: (samples, features); `targets`: (samples, outputs), or (samples,) whole-number labels.
      Trials that have samples of their own have them on a first axis, in the order of the seeds.
    - `activations`: as those of `neural.training.fit`, which divide the units of every layer.
    - `growth`: how the sizes move; a `static` architecture has none.
    - `optimizer`: a recipe from `chaoscad.tune.optimizer`, or an object of optax; it moves weights
      and controllers alike. For a masked network it must work element by element.
    - `steps`: steps of the run; learning-rate schedules and the mode `schedule` refer to them.
    - `seeds`: how many, from 0, or which; a trial for each: its start and the order of its batches.
    - `networks`: to go on from in place of new ones, the trials on the first axis of every array, as
      `Grown.networks` has them. Their weights are taken; sizes begin as `growth` says.
    - `loss`: `mse` or `cross-entropy`; by default what the targets are for.
    - `batch`: samples of a step, drawn without replacement; an epoch's last incomplete batch is left
      out. All samples by default.
    - `buckets`: number of widths, see `bucket_widths`; 1 trains all slots all the time. All trials
      have the bucket of the largest one among them.
    - `test`: more samples, of which the loss is recorded.
    - `record`: steps between two records; a hundredth of the run by default.
    - `save`: file to which the run is written at every record; `resume`: such a file, to go on from.
      The run then ends with the same bits as one that was never interrupted.
    - `until`: stop after so many steps of the run.
    - `all_may_diverge`: a run that leaves no trial with finite numbers is returned, not raised, as a
      search over learning rates wants it.

    The learning rate is an argument of the compiled program: a new one does not compile again.

    **Raises:** `ChaoscadError` for bad arguments, for a checkpoint of another run, and when no trial
    is left with finite numbers. Where only some are retired, `Grown.warnings` says which.
    """
    instance(
        "the architecture", architecture, Architecture, "Architecture(1, [10], 1, form='mask')"
    )
    if architecture.hamiltonian:
        raise ChaoscadError("a Hamiltonian network cannot grow; neural.training.fit trains it")
    if growth is not None and architecture.form == "static":
        raise ChaoscadError(
            "a static network does not grow; give the architecture the form 'mask', 'auxiliary' or "
            "'gate', or leave out the growth"
        )
    growth = Growth() if growth is None else growth
    functions = activations_of(activations)
    instance("growth", growth, Growth, 'Growth("joint")')
    optimizer = optimizer_of("the optimizer", optimizer)
    steps = whole("steps", steps)
    until = steps if until is None else whole("until", until, 0, steps)
    between = max(1, steps // 100) if record is None else whole("record", record)
    trials = seeds_of("seeds", seeds)
    if loss is None:
        # Labels are whole numbers, one for each sample.
        given = np.asarray(targets) if isinstance(targets, list) else targets
        labels = np.ndim(given) == 1 and np.issubdtype(getattr(given, "dtype", float), np.integer)
        loss = "cross-entropy" if labels else "mse"
    kind = LOSSES[choice("loss", loss, LOSSES)]
    ends = (architecture.inputs, architecture.outputs)
    data = checked_data("training", (inputs, targets), kind, *ends, trials=len(trials))
    held = None if test is None else checked_data("test", test, kind, *ends, trials=len(trials))
    samples = data.inputs.shape[-2]
    if batch is not None:
        batch = whole("batch", batch, 1, samples, why="the number of training samples")
    if architecture.form in BY_UNIT and optimizer.name in COUPLED:
        raise ChaoscadError(
            f"the optimizer {optimizer.name} moves a weight by what its whole layer is, also the"
            " absent units; a masked network needs one that works element by element, like adam"
        )
    if architecture.form == "auxiliary" and growth.mode in ("joint", "size_only"):
        _check_rate(optimizer, growth)
    widths = bucket_widths(architecture.hidden, buckets)
    # The rate is an argument of the program, so that a search over rates compiles once.
    rate = np.float32(optimizer.learning_rate)
    program = Program(growth, replace(optimizer, learning_rate=1.0), steps, batch, kind)
    configuration = {
        "architecture": architecture.to_data(),
        "activations": [fingerprint(one) for one in functions],
        "growth": None if architecture.form == "static" else asdict(growth),
        "optimizer": optimizer.to_data(),
        "steps": steps,
        "seeds": trials.tolist(),
        "loss": loss,
        "batch": batch,
        "buckets": int(buckets),
        "record": between,
        "training data": storage.digest(data),
        "test data": "none" if held is None else storage.digest(held),
    }
    if networks is not None:
        instance("the networks", networks, Perceptron, "grow(...).networks")
        configuration["networks"] = storage.digest(eqx.filter(networks, eqx.is_array))
    saved, resumed = (
        None if path is None else Checkpoint(path, "neural-growing checkpoint", configuration)
        for path in (save, resume)
    )
    if saved is not None:
        saved.check_writable()
    networks, keys = begun(architecture, growth, functions, trials, networks)
    trained, rest = eqx.partition(networks, trainable(networks))
    # What is not trained is the same in all trials.
    rest = jax.tree.map(lambda leaf: leaf[0] if eqx.is_array(leaf) else leaf, rest)
    run = Run(
        program=program,
        rate=jnp.asarray(rate),
        rest=rest,
        architecture=architecture,
        widths=widths,
        keys=keys,
        train=jax.tree.map(jnp.asarray, tuple(data)),
        test=None if held is None else jax.tree.map(jnp.asarray, tuple(held)),
        between=between,
        cost=network_flops(architecture, functions, batch or samples),
    )
    fresh = begin(program, trained, samples, rate)
    reached, _ = drive(
        run.chunk,
        run.begin(fresh, _first_bucket(architecture, growth, widths))
        if resumed is None
        else run.load(resumed, fresh),
        every(between, until),
        steps=steps,
        standing=lambda place: Standing(place.alive),
        save=None if saved is None else partial(run.save, saved),
        progress=terminal.progress("growing") if progress is None else progress,
    )
    return _finished(run, reached, networks, trials, optimizer, all_may_diverge)


def _check_rate(optimizer: AnyOptimizer, growth: Growth) -> None:
    rate = optimizer.learning_rate
    plain = isinstance(optimizer, Optimizer) and optimizer == make("sgd", rate)
    if plain and rate * growth.pace * growth.weight >= 1:
        # N - target is multiplied by 1 - 2 rate lambda in every step.
        most = 1 / (rate * growth.pace)
        raise ChaoscadError(
            f"with the learning rate {rate:g} and lambda {growth.weight:g} the size overshoots its "
            f"target and never settles; take a lambda below {most:g}, better below {most / 10:g}"
        )


def _first_bucket(
    architecture: Architecture, growth: Growth, widths: tuple[tuple[int, ...], ...]
) -> Bucket:
    slots = tuple(architecture.hidden)
    if architecture.form not in BY_UNIT:
        return Bucket(slots, slots)
    start, _ = growth.sizes(slots)
    needed = [
        size / most * (most - 1 + growth.edge) for size, most in zip(start, slots, strict=True)
    ]
    return Bucket(fitting(needed, widths), tuple(needed))


def _finished(
    run: Run,
    reached: RunReached,
    networks: Perceptron,
    seeds: np.ndarray,
    optimizer: AnyOptimizer,
    all_may_diverge: bool,
) -> Grown:
    found = reached.state.whole
    retired_at = np.asarray(found.retired_at)
    records = history(reached.records)
    lost = np.flatnonzero(retired_at >= 0)
    warnings = tuple(
        Diagnostic(
            f"trial {trial} (seed {seeds[trial]}) became non-finite at step {retired_at[trial]}",
            hint=_advice(retired_at[trial], optimizer),
            severity="warning",
        )
        for trial in lost
    )
    if len(lost) == len(seeds) and not all_may_diverge:
        which = ", ".join(f"{seeds[trial]} at step {retired_at[trial]}" for trial in lost[:5])
        more = f" and {len(lost) - 5} more" if len(lost) > 5 else ""
        message = f"no trial is left with finite numbers (seed {which}{more})"
        raise ChaoscadError(Diagnostic(message, hint=_advice(retired_at.max(), optimizer)))
    warnings += _vanished(run, records, seeds)
    trained = jax.tree.map(jnp.asarray, found.parameters)
    return Grown(
        networks=eqx.combine(trained, networks),
        history=records,
        retired_at=retired_at,
        seeds=seeds,
        steps=reached.taken,
        flops=reached.state.flops,
        warnings=warnings,
    )


def _advice(step: int, optimizer: AnyOptimizer) -> str:
    if step == 0:
        return "so it began; look at the activation and at the scale of the data"
    return f"try a learning rate below {optimizer.learning_rate:g}, or clip_norm=1"


def _vanished(run: Run, records: History, seeds: np.ndarray) -> tuple[Diagnostic, ...]:
    """A warning for every layer that has no units left, and did not mean to."""
    if run.architecture.form == "static" or run.program.growth.mode not in ("free", "joint"):
        return ()
    last = records.sizes[-1]
    return tuple(
        Diagnostic(
            f"hidden layer {layer + 1} of trial {trial} (seed {seeds[trial]}) has shrunk to"
            f" {last[trial, layer]:.2f} units, and its network gives a constant",
            hint="try a smaller weight or pace in Growth, or a larger start",
            severity="warning",
        )
        for trial, layer in np.argwhere(last < VANISHED)
        if layer == 0 or not run.architecture.residual
    )
