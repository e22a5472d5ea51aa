"""Training growing networks: many trials in one program, compute that follows the size."""

from __future__ import annotations

import operator
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from chaoscad.errors import ChaoscadError, Diagnostic, shown
from chaoscad.files import check_writable
from chaoscad.tune import Optimizer, Progress, Silent
from chaoscad.tune.catalogue import COUPLED
from neural.growing.buckets import Bucket, bucket_widths, fitting, insert, narrow
from neural.growing.checkpoint import load_checkpoint, save_checkpoint
from neural.growing.data import Data, checked_data, checked_loss, digest
from neural.growing.flops import growing_flops
from neural.growing.growth import Architecture, Growth
from neural.growing.history import History, Recorder
from neural.growing.masked import MaskedNetwork, masked_network
from neural.growing.program import Program, State, advance, begin, measure, program_of

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

    networks: MaskedNetwork
    history: History
    retired_at: np.ndarray
    seeds: tuple[int, ...]
    steps: int
    flops: float
    warnings: tuple[Diagnostic, ...]

    def network(self, trial: int) -> MaskedNetwork:
        """The network of one trial, by its place in `seeds`.

        **Raises:** `ChaoscadError` when there is no such trial.
        """
        trial = _count("the trial", trial, 0)
        if trial >= len(self.seeds):
            message = f"there is no trial {trial}; the trials are 0 to {len(self.seeds) - 1}"
            raise ChaoscadError(message)
        return jax.tree.map(lambda leaf: leaf[trial] if eqx.is_array(leaf) else leaf, self.networks)


def grow(
    architecture: Architecture,
    inputs: Any,
    targets: Any,
    *,
    growth: Growth | None = None,
    optimizer: Optimizer,
    steps: int,
    seeds: Sequence[int] = (0,),
    loss: str | None = None,
    batch: int | None = None,
    buckets: int = 1,
    test: tuple[Any, Any] | None = None,
    record: int | None = None,
    train_activations: bool = True,
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

    - `inputs`: (samples, features); `targets`: (samples, outputs), or (samples,) whole-number labels.
    - `growth`: how the sizes move; for a `static` architecture it is not used.
    - `optimizer`: a recipe from `chaoscad.tune.optimizer`; it moves weights and controllers alike.
    - `steps`: steps of the run; learning-rate schedules and the mode `schedule` refer to them.
    - `seeds`: one trial for each: its start and the order of its batches.
    - `loss`: `mse` or `cross-entropy`; by default what the targets are for.
    - `batch`: samples of a step, drawn without replacement; an epoch's last incomplete batch is left
      out. All samples by default.
    - `buckets`: number of widths, see `bucket_widths`; 1 trains all slots all the time. All trials
      have the bucket of the largest one among them.
    - `test`: more samples, of which the loss is recorded.
    - `record`: steps between two records; a hundredth of the run by default.
    - `train_activations`: whether parameters of activations move.
    - `save`: file to which the run is written at every record; `resume`: such a file, to go on from.
      The run then ends with the same bits as one that was never interrupted.
    - `until`: stop after so many steps of the run.
    - `all_may_diverge`: a run that leaves no trial with finite numbers is returned, not raised, as a
      search over learning rates wants it.

    The learning rate is an argument of the compiled program: a new one does not compile again,
    except with the schedule `warmup_cosine`.

    **Raises:** `ChaoscadError` for bad arguments, for a checkpoint of another run, and when no trial
    is left with finite numbers. Where only some are retired, `Grown.warnings` says which.
    """
    growth = Growth() if growth is None else growth
    _instance("the architecture", architecture, Architecture, "Architecture(1, (10,), 1)")
    _instance("growth", growth, Growth, 'Growth("joint")')
    _instance("the optimizer", optimizer, Optimizer, 'chaoscad.tune.optimizer("adam", 1e-3)')
    steps = _count("steps", steps, 1)
    until = steps if until is None else _count("until", until, 0, steps)
    record = max(1, steps // 100) if record is None else _count("record", record, 1)
    trials = _seeds(seeds)
    kind = checked_loss(loss, np.asarray(targets) if isinstance(targets, list) else targets)
    data = checked_data(
        inputs, targets, architecture.inputs, architecture.outputs, kind, "training"
    )
    held = None
    if test is not None:
        held = checked_data(*_pair(test), architecture.inputs, architecture.outputs, kind, "test")
    if batch is not None:
        batch = _count("batch", batch, 1, len(data.inputs), "the number of training samples")
    if architecture.form == "mask" and optimizer.name in COUPLED:
        raise ChaoscadError(
            f"the optimizer {optimizer.name} moves a weight by what its whole layer is, also the"
            " absent units; a masked network needs one that works element by element, like adam"
        )
    widths = bucket_widths(architecture.slots, buckets)
    program, rate = program_of(growth, optimizer, steps, batch, kind)
    configuration = {
        "architecture": architecture.to_data(),
        "growth": None if architecture.form == "static" else growth.to_data(),
        "optimizer": optimizer.to_data(),
        "steps": steps,
        "seeds": list(trials),
        "loss": kind,
        "batch": batch,
        "buckets": int(buckets),
        "record": record,
        "train_activations": bool(train_activations),
        "training data": digest(data),
        "test data": digest(held),
    }
    for what, path in (("save", save), ("resume", resume)):
        if path is not None and not isinstance(path, (str, os.PathLike)):
            raise ChaoscadError(f"{what} must be a path, not {shown(repr(path))}")
    if save is not None:
        check_writable(save)
    networks, keys = _start(architecture, growth, trials)
    trained, rest = eqx.partition(networks, _trained(networks, train_activations))
    if not train_activations:
        # What is not trained is the same in all trials.
        rest = jax.tree.map(lambda leaf: leaf[0] if eqx.is_array(leaf) else leaf, rest)
    whole = begin(program, trained, len(data.inputs), rate)
    recorder = Recorder(len(trials), architecture)
    bucket = _first_bucket(architecture, growth, widths)
    if resume is not None:
        whole, bucket = load_checkpoint(resume, configuration, whole, recorder)
    cost = growing_flops(
        architecture, batch or len(data.inputs), train_activations=train_activations
    )
    run = _Run(
        program, rate, rest, widths, keys, data, held, architecture, whole, bucket, recorder, cost
    )
    report = progress or Silent()
    report.start(steps, len(trials))
    try:
        while (taken := run.taken) < until:
            end = min((taken // record + 1) * record, until)
            run.go(end)
            if end % record == 0 or end == steps:
                run.note()
            report.advance(end, 0, int((~run.alive).sum()))
            if save is not None:
                save_checkpoint(save, configuration, run.whole, run.bucket, run.recorder)
            if not run.alive.any():
                break
    finally:
        report.finish()
    return _finished(run, networks, trials, optimizer, all_may_diverge)


class _Run:
    """A run in progress: the state of all slots, and of the part that is being trained."""

    def __init__(
        self,
        program: Program,
        rate: np.float32,
        rest: MaskedNetwork,
        widths: tuple[tuple[int, ...], ...],
        keys: Any,
        data: Data,
        test: Data | None,
        architecture: Architecture,
        whole: State,
        bucket: Bucket,
        recorder: Recorder,
        cost: Callable[[Sequence[int]], float],
    ) -> None:
        self.program, self.rest, self.widths, self.keys = program, rest, widths, keys
        self.rate = jnp.asarray(rate)
        self.train = (jnp.asarray(data.inputs), jnp.asarray(data.targets))
        self.test = None if test is None else (jnp.asarray(test.inputs), jnp.asarray(test.targets))
        self.architecture, self.bucket, self.recorder = architecture, bucket, recorder
        self.cost = cost
        self.alive = np.asarray(whole.alive)
        self.taken = int(whole.step)
        self._whole = whole
        self.part = narrow(whole, bucket.widths)
        if self.recorder.empty:
            self.note()

    @property
    def whole(self) -> State:
        """The state of all slots, up to date."""
        self._whole = insert(self._whole, self.part)
        return self._whole

    def go(self, end: int) -> None:
        """Train until step `end`, in as many buckets as that takes."""
        limit = jnp.asarray(end, jnp.int32)
        stuck = False
        while self.taken < end and self.alive.any():
            self._fit(1e-5 if stuck else 0.0)
            self.part, needed = advance(
                self.program, self.rest, self.part, *self.train, self.keys, limit, self.rate
            )
            before, self.taken = self.taken, int(self.part.step)
            # The size before the first step is computed elsewhere and may differ in the last bit.
            stuck = self.taken == before
            self.recorder.flops += (self.taken - before) * self.cost(self.bucket.widths)
            self.alive = np.asarray(self.part.alive)
            self.bucket = self.bucket._replace(needed=tuple(np.asarray(needed).tolist()))

    def _fit(self, margin: float) -> None:
        """Move to the bucket that the next step needs."""
        needed = [size * (1 + margin) for size in self.bucket.needed]
        wanted = fitting(needed, self.widths, self.bucket.widths)
        if wanted != self.bucket.widths:
            self.part = narrow(self.whole, wanted)
            self.bucket = self.bucket._replace(widths=wanted)

    def note(self) -> None:
        """Record where the run is; a trial that has become non-finite is retired."""
        # All slots, in every bucket: one program serves them all.
        found = measure(self.program, self.rest, self.whole.parameters, *self.train, self.test)
        lost = self.alive & ~np.isfinite(np.asarray(found.task_loss + found.size_loss))
        if lost.any():
            self.alive = self.alive & ~lost
            self.part = self.part._replace(
                alive=self.alive,
                retired_at=np.where(lost, self.taken, np.asarray(self.part.retired_at)).astype(
                    np.int32
                ),
            )
        self.recorder.add(self.taken, found, self.alive, self.bucket.widths)


def _start(
    architecture: Architecture, growth: Growth, seeds: tuple[int, ...]
) -> tuple[MaskedNetwork, jax.Array]:
    """The networks of all trials, and the keys of their batches."""
    keys = np.asarray(_split(np.asarray(seeds, np.uint32)))
    networks = [
        masked_network(architecture, growth, key=jax.random.wrap_key_data(key)) for key in keys[0]
    ]
    arrays = [eqx.filter(network, eqx.is_array) for network in networks]
    stacked = jax.tree.map(lambda *each: np.stack(each), *arrays)
    return eqx.combine(
        stacked, eqx.filter(networks[0], eqx.is_array, inverse=True)
    ), jax.random.wrap_key_data(keys[1])


@jax.jit
def _split(seeds: np.ndarray) -> jax.Array:
    """The data of two keys for each seed, (2, trials, words)."""
    split = jax.vmap(lambda seed: jax.random.split(jax.random.key(seed)), out_axes=1)
    return jax.random.key_data(split(seeds))


def _first_bucket(
    architecture: Architecture, growth: Growth, widths: tuple[tuple[int, ...], ...]
) -> Bucket:
    slots = architecture.slots
    if architecture.form != "mask":
        return Bucket(slots, slots)
    start, _ = growth.sizes(slots)
    needed = [
        size / most * (most - 1 + growth.edge) for size, most in zip(start, slots, strict=True)
    ]
    return Bucket(fitting(needed, widths), tuple(needed))


def _trained(networks: MaskedNetwork, train_activations: bool) -> Any:
    """Which leaves of a network are trained."""
    every = jax.tree.map(eqx.is_inexact_array, networks)
    if train_activations:
        return every
    return eqx.tree_at(
        lambda tree: tree.activations, every, jax.tree.map(lambda _: False, networks.activations)
    )


def _finished(
    run: _Run,
    networks: MaskedNetwork,
    seeds: tuple[int, ...],
    optimizer: Optimizer,
    all_may_diverge: bool,
) -> Grown:
    whole = run.whole
    retired_at = np.asarray(whole.retired_at)
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
    warnings += _vanished(run, seeds)
    trained = jax.tree.map(jnp.asarray, whole.parameters)
    return Grown(
        networks=eqx.combine(trained, networks),
        history=run.recorder.history(),
        retired_at=retired_at,
        seeds=seeds,
        steps=run.taken,
        flops=run.recorder.flops,
        warnings=warnings,
    )


def _advice(step: int, optimizer: Optimizer) -> str:
    if step == 0:
        return "so it began; look at the activation and at the scale of the data"
    return f"try a learning rate below {optimizer.learning_rate:g}, or clip_norm=1"


def _vanished(run: _Run, seeds: tuple[int, ...]) -> tuple[Diagnostic, ...]:
    """A warning for every layer that has no units left, and did not mean to."""
    if run.architecture.form == "static" or run.program.growth.mode not in ("free", "joint"):
        return ()
    history = run.recorder.history()
    return tuple(
        Diagnostic(
            f"hidden layer {layer} of trial {trial} (seed {seeds[trial]}) has shrunk to"
            f" {history.sizes[-1, trial, layer]:.2f} units, and its network gives a constant",
            hint="try a smaller weight or pace in Growth, or a larger start",
            severity="warning",
        )
        for trial, layer in np.argwhere(history.sizes[-1] < VANISHED)
    )


def _instance(what: str, value: Any, wanted: type, example: str) -> None:
    if not isinstance(value, wanted):
        message = f"{what} must be of type {wanted.__name__}, for example {example}"
        raise ChaoscadError(f"{message}, not {shown(repr(value))}")


def _count(what: str, value: Any, least: int, most: int | None = None, why: str = "") -> int:
    try:
        if isinstance(value, bool):
            raise TypeError
        number = operator.index(value)
    except TypeError:
        raise ChaoscadError(f"{what} must be a whole number, not {shown(repr(value))}") from None
    if number < least or (most is not None and number > most):
        limit = f"at least {least}" if most is None else f"from {least} to {most}"
        raise ChaoscadError(f"{what} is {number}; it must be {limit}{f' ({why})' if why else ''}")
    return number


def _seeds(seeds: Any) -> tuple[int, ...]:
    try:
        given = tuple(seeds)
    except TypeError:
        message = f"seeds must be a list of whole numbers, for example range(10), not {seeds!r}"
        raise ChaoscadError(message) from None
    if not given:
        raise ChaoscadError("there are no seeds; give one for each trial")
    return tuple(_count("a seed", seed, 0, 2**32 - 1) for seed in given)


def _pair(test: Any) -> tuple[Any, Any]:
    try:
        inputs, targets = test
    except (TypeError, ValueError):
        raise ChaoscadError("test must be a pair (inputs, targets)") from None
    return inputs, targets
