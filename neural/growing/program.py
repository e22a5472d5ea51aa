"""The compiled part of training: steps of all trials at one bucket, and their evaluation."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Bool, Float, Int

from chaoscad.tune.trials import finite, where
from neural import objective
from neural.data import Kind
from neural.growing.growth import Growth
from neural.masks import BY_UNIT, control_of, extent, share
from neural.optimizers import AnyOptimizer
from neural.perceptron import Linear, Perceptron, of_networks

Parameters = Any
"""The trained leaves of a `Perceptron`, every one with the trials first; the others are None."""


class State(NamedTuple):
    """Where a run is."""

    parameters: Parameters
    optimizer: Any
    order: Int[Array, "trials samples"]
    alive: Bool[Array, " trials"]
    retired_at: Int[Array, " trials"]
    step: Int[Array, ""]


class Measured(NamedTuple):
    """An evaluation of every trial."""

    task_loss: Float[Array, " trials"]
    size_loss: Float[Array, " trials"]
    sizes: Float[Array, "trials layers"]
    extents: Float[Array, "trials layers"]
    test_loss: Float[Array, " trials"]
    test_accuracy: Float[Array, " trials"]


@dataclass(frozen=True)
class Program:
    """What selects a compiled program, besides the shapes.

    The learning rate is an argument of the program, `rate`, so that a search over rates compiles
    once; the one in `optimizer` does not count.
    """

    growth: Growth
    optimizer: AnyOptimizer
    steps: int
    batch: int | None
    kind: Kind

    def scheduled(self, step: Array, network: Perceptron) -> Float[Array, " layers"]:
        """The controllers that the mode `schedule` prescribes before a step."""
        slots = network.slots
        start, target = (jnp.asarray(size, jnp.float32) for size in self.growth.sizes(slots))
        done = jnp.clip(step / max(self.growth.ramp * self.steps, 1.0), 0.0, 1.0)
        sizes = start + (target - start) * done
        if network.form == "auxiliary":
            return sizes
        part = sizes / jnp.asarray(slots, jnp.float32)
        return 2 / jnp.pi * jnp.arcsin(jnp.sqrt(jnp.clip(part, 0.0, 1.0)))

    def size_loss(self, network: Perceptron) -> Float[Array, ""]:
        """The size loss, summed over the layers: lambda (c - c_target)^2, or lambda s n if free."""
        growth, slots, form = self.growth, network.slots, network.form
        control: Any = network.control
        if growth.mode == "schedule":
            return jnp.zeros(())
        if growth.mode == "free":
            most = jnp.asarray(slots, jnp.float32)
            part = share(control, form, most)
            # An auxiliary weight below 0 has no units, and must not be paid for falling further.
            part = jnp.maximum(part, 0.0) if form == "auxiliary" else part
            return growth.weight * (part * most).sum()
        target = control_of(growth.sizes(slots)[1], slots, form)
        return growth.weight * jnp.square(control - target).sum()

    def losses(
        self, network: Perceptron, inputs: Array, targets: Array
    ) -> tuple[Array, Array, Array]:
        """Task loss, size loss, and outputs; gradients flow as the mode says."""
        control: Any = network.control
        felt = control
        if self.growth.mode in ("size_only", "schedule"):
            felt = jax.lax.stop_gradient(control)
        outputs = network.with_control(felt)(inputs)
        task = objective.loss(self.kind, outputs, targets)
        if network.form == "static":
            return task, jnp.zeros(()), outputs
        return task, self.size_loss(network), outputs

    def step(
        self,
        rest: Perceptron,
        parameters: Parameters,
        inner: Any,
        inputs: Array,
        targets: Array,
        rate: Array,
    ) -> tuple[Parameters, Any, Array]:
        """One step of one trial: parameters, the optimizer's state, whether all was finite."""

        def total(parameters: Parameters) -> Array:
            task, size, _ = self.losses(eqx.combine(parameters, rest), inputs, targets)
            return task + size

        loss, gradient = jax.value_and_grad(total)(parameters)
        # Weight decay is not for controllers: they are no weights.
        seen = parameters.with_control(jnp.zeros_like(parameters.control))
        updates, new = self.optimizer.build(self.steps, rate).update(gradient, inner, seen)
        updates = updates.with_control(self.growth.pace * updates.control)  # type: ignore[attr-defined]
        moved = optax.apply_updates(parameters, updates)
        if rest.form in BY_UNIT:
            present = _present(parameters, rest)
            moved = jax.tree.map(jnp.where, present, moved, parameters)
            new = of_networks(
                lambda one, other: jax.tree.map(jnp.where, present, one, other), new, inner
            )
        return moved, new, jnp.isfinite(loss) & finite(gradient)


def begin(program: Program, parameters: Parameters, samples: int, rate: np.float32) -> State:
    """The state before the first step, in NumPy arrays."""
    trials = len(parameters.control)
    inner = jax.jit(jax.vmap(program.optimizer.build(program.steps, rate).init))(parameters)
    state: Any = State(
        parameters=parameters,
        optimizer=inner,
        order=np.zeros((trials, samples if program.batch else 0), np.int32),  # type: ignore[arg-type]
        alive=np.ones(trials, bool),  # type: ignore[arg-type]
        retired_at=np.full(trials, -1, np.int32),  # type: ignore[arg-type]
        step=np.asarray(0, np.int32),  # type: ignore[arg-type]
    )
    return jax.tree.map(np.asarray, state)


@eqx.filter_jit
def advance(
    program: Program,
    rest: Perceptron,
    state: State,
    inputs: Array,
    targets: Array,
    keys: Array,
    end: Array,
    rate: Array,
) -> tuple[State, Float[Array, " layers"]]:
    """Take steps until `end`, or until a trial's next step needs more units than the arrays hold.

    **Returns:** the state, and the largest extent of each layer's masks in the next step.
    """
    widths = np.asarray(state.parameters.sizes[1:-1], np.float32)
    samples, own = inputs.shape[-2], inputs.ndim == 3
    batch = program.batch or samples

    def controlled(state: State) -> State:
        if program.growth.mode != "schedule" or rest.form == "static":
            return state
        control = program.scheduled(state.step, rest)
        control = jnp.where(state.alive[:, None], control, state.parameters.control)
        return state._replace(parameters=state.parameters.with_control(control))

    def needed(state: State) -> Array:
        if rest.form not in BY_UNIT:
            return jnp.asarray(rest.slots, jnp.float32)
        found = extent(controlled(state).parameters.control, rest.slots, rest.edge, rest.form)
        return jnp.where(state.alive[:, None], found, 0.0).max(0)

    room = np.where(widths < np.asarray(rest.slots), widths, np.inf)

    def step(state: State) -> State:
        state = controlled(state)
        order = state.order
        if program.batch is None:
            x, y, axis = inputs, targets, 0 if own else None
        else:
            batches = samples // batch
            place = state.step % batches
            order = jax.lax.cond(
                place == 0, lambda: shuffled(keys, state.step // batches, samples), lambda: order
            )
            chosen = jax.lax.dynamic_slice_in_dim(order, place * batch, batch, axis=1)
            take = jax.vmap(lambda values, places: values[places], in_axes=(0 if own else None, 0))
            x, y, axis = take(inputs, chosen), take(targets, chosen), 0
        moved, inner, good = jax.vmap(
            lambda parameters, inner, x, y: program.step(rest, parameters, inner, x, y, rate),
            in_axes=(0, 0, axis, axis),
        )(state.parameters, state.optimizer, x, y)
        alive = state.alive & good
        return State(
            parameters=where(alive, moved, state.parameters),
            optimizer=where(alive, inner, state.optimizer),
            order=order,
            alive=alive,
            retired_at=jnp.where(state.alive & ~good, state.step, state.retired_at),
            step=state.step + 1,
        )

    def goes_on(state: State) -> Array:
        return (state.step < end) & (needed(state) <= room).all()

    state = jax.lax.while_loop(goes_on, step, state)
    return controlled(state), needed(state)


@eqx.filter_jit
def measure(
    program: Program,
    rest: Perceptron,
    parameters: Parameters,
    inputs: Array,
    targets: Array,
    test: tuple[Array, Array] | None,
) -> Measured:
    """The losses of every trial over whole parts of the data; trial after trial, to save memory."""

    parts = {"train": (inputs, targets), "test": test}
    own = {name: part for name, part in parts.items() if part is not None and part[0].ndim == 3}

    def one(given: tuple[Parameters, dict[str, Any]]) -> Measured:
        parameters, mine = given
        (inputs, targets), test = (mine.get(name, part) for name, part in parts.items())
        network = eqx.combine(parameters, rest)
        task, size, _ = program.losses(network, inputs, targets)
        test_loss = test_accuracy = jnp.full((), jnp.nan)
        if test is not None:
            test_loss, _, outputs = program.losses(network, *test)
            if program.kind == "classification":
                test_accuracy = objective.score(program.kind, outputs, test[1])
        extents = extent(network.control, network.slots, network.edge, network.form)
        if network.form not in BY_UNIT:
            extents = jnp.full(len(network.slots), jnp.inf)
        sizes: Any = network.control if network.form == "auxiliary" else network.effective_sizes
        return Measured(task, size, sizes, extents, test_loss, test_accuracy)

    return jax.lax.map(one, (parameters, own))


def _present(parameters: Perceptron, rest: Perceptron) -> Perceptron:
    """For every parameter, whether all the units that it belongs to are present.

    What is absent rests, its moments too, whatever the optimizer does with a zero gradient. So a
    run in which absent units are not there at all (a bucket) takes the same steps.
    """
    control: Any = parameters.control
    there = [
        jnp.arange(units) < extent(control[layer], rest.slots[layer], rest.edge, rest.form)
        for layer, units in enumerate(parameters.sizes[1:-1])
    ]
    blocks = there[1:] if parameters.branch_weights else []
    read = [there[0] for _ in there] if blocks else there
    weights = [there[0][None, :]]
    weights += [
        before[:, None] & after[None, :] for before, after in zip(read, there[1:], strict=False)
    ]
    weights += [read[-1][:, None]]
    always: Any = jnp.asarray(True)
    return replace(
        parameters,
        layers=tuple(map(Linear, weights, (*there, always))),
        size_weights=tuple(there) if parameters.size_weights else (),
        branch_weights=tuple(own[:, None] & there[0][None, :] for own in blocks),
        control=always,
        activations=jax.tree.map(lambda _: always, parameters.activations),
    )


def shuffled(keys: Array, epoch: Array, samples: int) -> Int[Array, "trials samples"]:
    """The order of the samples in an epoch, one for each trial."""

    def one(key: Array) -> Array:
        return jax.random.permutation(jax.random.fold_in(key, epoch), samples).astype(jnp.int32)

    return jax.vmap(one)(keys)
