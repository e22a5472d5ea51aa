"""Perceptrons whose hidden units are there in part: a mask per neuron, a controller per layer.

A layer of n slots computes h = m * a(W [x, c] + b) with the mask m_i = clip(s n - i, 0, 1),
s = sin^2(pi c / 2): the units below s n are there, the next one is there in part, the rest are
absent. Source: Algorithm 2 of Radhakrishnan, Lindner, Miller, Sinha, Ditto, Proc R Soc A 481 (2025),
doi 10.1098/rspa.2025.0222.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from neural.growing.activation import Activation, treats_units_alike
from neural.growing.growth import Architecture, Form, Growth

BLOCK = 4096
"""Random numbers are drawn in multiples of so many."""


ROUNDING = 1e-6
"""What the share of a layer's slots, a float32, can be wrong by."""


class MaskedNetwork(eqx.Module):
    """A perceptron with slots for hidden units; build it with `masked_network`.

    **Arguments:**

    - `weights`: (units before, units) of every hidden layer and of the output layer.
    - `biases`: (units,) likewise.
    - `size_weights`: (units,) of every hidden layer, the weights of its controller as an input;
      empty when the layers do not see their size.
    - `control`: the controllers, one for each hidden layer.
    - `activations`: one for each hidden layer.
    - `slots`: units of the whole network. The arrays hold fewer when it has been narrowed to a
      bucket; what is left out is then masked.
    - `form`, `edge`: see `Architecture` and `Growth`.
    - `alike`: whether a layer's activation treats its units alike.
    """

    weights: tuple[Float[Array, "_units_before _units"], ...]
    biases: tuple[Float[Array, " _units"], ...]
    size_weights: tuple[Float[Array, " _units"], ...]
    control: Float[Array, " layers"]
    activations: tuple[Activation, ...]
    slots: tuple[int, ...] = eqx.field(static=True)
    form: Form = eqx.field(static=True)
    edge: float = eqx.field(static=True)
    alike: tuple[bool, ...] = eqx.field(static=True)

    def __call__(self, x: Float[Array, "*batch inputs"]) -> Float[Array, "*batch outputs"]:
        """The outputs, logits for classification, of whole batches."""
        h = x
        for layer in range(len(self.slots)):
            z = h @ self.weights[layer] + self.biases[layer]
            if self.size_weights:
                z = z + self.control[layer] * self.size_weights[layer]
            h = self._activate(layer, z)
            if self.form != "static":
                h = h * self.mask(layer)
        return h @ self.weights[-1] + self.biases[-1]

    def mask(self, layer: int) -> Float[Array, " units"]:
        """The mask of the units of a hidden layer."""
        units = self.widths[layer]
        if self.form == "static":
            return jnp.ones(units, self.control.dtype)
        if self.form == "gate":
            return jnp.broadcast_to(share(self.control[layer]), (units,))
        return mask(self.control[layer], self.slots[layer], self.edge, units)

    @property
    def widths(self) -> tuple[int, ...]:
        """Units of the hidden layers that the arrays hold."""
        return tuple(weight.shape[-1] for weight in self.weights[:-1])

    @property
    def sizes(self) -> Float[Array, " layers"]:
        """The effective size of every hidden layer, the sum of its mask."""
        return jnp.stack([self.mask(layer).sum() for layer in range(len(self.slots))])

    def with_control(self, control: Float[Array, " layers"]) -> MaskedNetwork:
        """The network with other controllers."""
        return dataclasses.replace(self, control=control)

    def _activate(self, layer: int, z: Array) -> Array:
        if self.alike[layer] or z.shape[-1] == self.slots[layer]:
            return self.activations[layer](z)
        # Units are treated differently, so the activation has to see all of them.
        missing = self.slots[layer] - z.shape[-1]
        whole = jnp.pad(z, [(0, 0)] * (z.ndim - 1) + [(0, missing)])
        return self.activations[layer](whole)[..., : z.shape[-1]]


def share(control: Float[Array, ...]) -> Float[Array, ...]:
    """s = sin^2(pi c / 2), the share of a layer's slots that a controller c makes present."""
    return jnp.square(jnp.sin(0.5 * jnp.pi * control))


def control_of(sizes: Sequence[float], slots: Sequence[int]) -> np.ndarray:
    """The controllers in [0, 1] whose shares are sizes / slots, in float32."""
    part = np.asarray(sizes, np.float64) / np.asarray(slots, np.float64)
    return (2 / np.pi * np.arcsin(np.sqrt(part))).astype(np.float32)


def extent(control: Float[Array, ...], slots: Any, edge: float) -> Float[Array, ...]:
    """s (n - 1 + edge): units with an index below it have a mask above 0.

    It is moved to a whole number that is within rounding of it, so that a layer of 3 units has 3,
    and not a fourth one with a mask of 1e-7.
    """
    most = jnp.asarray(slots, jnp.float32)
    exact = share(control) * (most - 1.0 + edge)
    away = jax.lax.stop_gradient(jnp.round(exact) - exact)
    return exact + jnp.where(jnp.abs(away) < ROUNDING * most, away, 0.0)


def mask(
    control: Float[Array, ""], slots: int, edge: float = 1.0, units: int | None = None
) -> Float[Array, " units"]:
    """m_i = clip((s (n - 1 + edge) - i) / edge, 0, 1) for i = 0 .. units - 1, n slots.

    The slope is 1 / edge also where the mask has just reached 1, and 0 where it is 0: a layer of
    whole units can still feel that its last unit is not worth its price, and units that are absent
    do not count at all.
    """
    distance = (extent(control, slots, edge) - jnp.arange(units or slots)) / edge
    return jnp.where(distance <= 0, 0.0, jnp.where(distance <= 1, distance, 1.0))


def masked_network(
    architecture: Architecture, growth: Growth | None = None, *, key: PRNGKeyArray
) -> MaskedNetwork:
    """A network with random weights, its controllers at the start sizes.

    Weights and biases are uniform in +-1 / sqrt(fan-in), the controller counted as an input.
    All slots get their values here; a unit that is absent at first starts from them later. The
    weights come from one draw on the host: call it outside `jit` and `vmap`.

    **Raises:** `ChaoscadError` for sizes that the slots do not allow, and for an activation that is
    not elementwise.
    """
    growth = growth or Growth()
    slots = architecture.slots
    start, _ = growth.sizes(slots)
    before = (architecture.inputs, *slots)
    after = (*slots, architecture.outputs)
    shapes: list[tuple[int, ...]] = []
    for layer in range(len(after)):
        fed = architecture.fed and layer < len(slots)
        shapes += [(before[layer], after[layer]), (after[layer],), (after[layer],) if fed else (0,)]
    drawn = iter(uniform(key, shapes))
    weights, biases, size_weights = [], [], []
    for layer in range(len(after)):
        weight, bias, size_weight = next(drawn), next(drawn), next(drawn)
        bound = np.float32(1.0 / np.sqrt(before[layer] + (len(size_weight) > 0)))
        weights.append(jnp.asarray(bound * weight))
        biases.append(jnp.asarray(bound * bias))
        if len(size_weight):
            size_weights.append(jnp.asarray(bound * size_weight))
    return MaskedNetwork(
        weights=tuple(weights),
        biases=tuple(biases),
        size_weights=tuple(size_weights),
        control=jnp.asarray(control_of(start, slots)),
        activations=architecture.activations,
        slots=slots,
        form=architecture.form,
        edge=float(growth.edge),
        alike=alike(architecture),
    )


def uniform(key: PRNGKeyArray, shapes: Sequence[tuple[int, ...]]) -> list[np.ndarray]:
    """Arrays of the given shapes with values uniform in [-1, 1), from one draw, in float32."""
    counts = [int(np.prod(shape)) for shape in shapes]
    # Draws in multiples of a block: networks of many sizes then share a compiled program.
    drawn = -(-sum(counts) // BLOCK) * BLOCK
    values = np.asarray(jax.random.uniform(key, (drawn,), jnp.float32, -1.0, 1.0))
    parts = np.split(values[: sum(counts)], np.cumsum(counts)[:-1])
    return [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]


def alike(architecture: Architecture) -> tuple[bool, ...]:
    """Whether the activation of each hidden layer treats its units alike.

    **Raises:** `ChaoscadError` for an activation that is not elementwise.
    """
    return tuple(
        treats_units_alike(activation, units, layer)
        for layer, (activation, units) in enumerate(
            zip(architecture.activations, architecture.slots, strict=True)
        )
    )
