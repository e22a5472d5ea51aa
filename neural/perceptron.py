"""The one network that is trained here: a perceptron whose units share activations and may be masked.

With one activation it is called homogeneous, with several diverse; with a mask that moves while it
trains it grows. `Architecture` describes it, and builds it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from chaoscad.errors import ChaoscadError
from neural.activations import Activation
from neural.masks import Form, mask, share
from neural.operations import parameters

Assignment = tuple[int, ...]
"""The activation's number of every unit of one hidden layer, counted from 0."""


class Linear(eqx.Module):
    """x W + b."""

    weight: Float[Array, "inputs outputs"]
    bias: Float[Array, " outputs"]

    def __call__(self, x: Float[Array, "*batch inputs"]) -> Float[Array, "*batch outputs"]:
        return x @ self.weight + self.bias


class Perceptron(eqx.Module):
    """h = m * a_assigned(W x + b) layer after layer, the last layer linear.

    In a residual network the layers after the first are blocks that add to its units, and all read
    those: h_1 <- h_1 + m_1 * V (m * a(W h_1 + b)). A block whose units are all absent changes nothing,
    so that the sizes of the blocks decide the depth too.

    **Arguments:**

    - `activations`: the K functions; their parameters are shared by all units that use them.
    - `assignments`: for every hidden layer, which function each of its slots uses. The arrays hold
      fewer units when the network has been narrowed to a bucket; what is left out is then masked.
    - `size_weights`: (units,) of every hidden layer, the weights of its controller as one more input;
      empty when the layers do not see their size.
    - `branch_weights`: V of every block, (units, units of the first layer); empty when layers follow
      each other.
    - `control`: the controllers of the masks m, one for each hidden layer; none in a static network.
    - `size_scale`: c, a factor of what the size input adds.
    - `form`, `edge`: what m is, see `Architecture` and `neural.growing.Growth`.
    """

    layers: tuple[Linear, ...]
    activations: tuple[Activation, ...]
    assignments: tuple[Assignment, ...] = eqx.field(static=True)
    size_weights: tuple[Float[Array, " _units"], ...] = ()
    branch_weights: tuple[Float[Array, "_units _first"], ...] = ()
    control: Float[Array, " layers"] | None = None
    form: Form = eqx.field(static=True, default="static")
    edge: float = eqx.field(static=True, default=1.0)
    size_scale: float = eqx.field(static=True, default=1.0)

    def __call__(self, x: Float[Array, "*batch inputs"]) -> Float[Array, "*batch outputs"]:
        """The outputs."""
        return self.layers[-1](self._passed(x)[-1])

    def hidden(self, x: Float[Array, "*batch inputs"]) -> tuple[Float[Array, "*batch units"], ...]:
        """The activities of every hidden layer; of a block those of its own units."""
        return self._passed(x)[1]

    def preactivations(
        self, x: Float[Array, "*batch inputs"]
    ) -> tuple[Float[Array, "*batch units"], ...]:
        """What goes into the activations of every hidden layer."""
        return self._passed(x)[0]

    def _passed(self, x: Array) -> tuple[tuple[Array, ...], tuple[Array, ...], Array]:
        """What goes into the activations, the activities, and what the last layer reads."""
        drives, activities = [], []
        for index, assignment in enumerate(self.assignments):
            z = self.layers[index](x) + self.size_bias(index)
            h = activate(self.activations, assignment[: z.shape[-1]], z)
            if self.form != "static":
                h = h * self.mask(index)
            drives.append(z)
            activities.append(h)
            if index and self.branch_weights:
                added = h @ self.branch_weights[index - 1]
                x = x + (added if self.form == "static" else added * self.mask(0))
            else:
                x = h
        return tuple(drives), tuple(activities), x

    def size_bias(self, index: int) -> Float[Array, " units"] | float:
        """What the size input adds to what goes into a hidden layer."""
        if not self.size_weights or self.control is None:
            return 0.0
        return self.size_scale * self.control[index] * self.size_weights[index]

    def mask(self, index: int) -> Float[Array, " units"]:
        """The mask of the units of a hidden layer."""
        units = self.sizes[index + 1]
        if self.form == "static" or self.control is None:
            return jnp.ones(units)
        if self.form == "gate":
            return jnp.broadcast_to(share(self.control[index]), (units,))
        return mask(self.control[index], self.slots[index], self.edge, units, self.form)

    @property
    def slots(self) -> tuple[int, ...]:
        """The most units of every hidden layer."""
        return tuple(map(len, self.assignments))

    @property
    def sizes(self) -> tuple[int, ...]:
        """Inputs, units of every hidden layer that the arrays hold, outputs."""
        return (
            self.layers[0].weight.shape[-2],
            *(layer.weight.shape[-1] for layer in self.layers),
        )

    @property
    def effective_sizes(self) -> Float[Array, " layers"]:
        """The effective size of every hidden layer, the sum of its mask."""
        return jnp.stack([self.mask(index).sum() for index in range(len(self.assignments))])

    @property
    def parameter_count(self) -> int:
        """The number of weights and biases."""
        return parameters(self.sizes, bool(self.branch_weights))

    def with_control(self, control: Any) -> Perceptron:
        """The network with other controllers."""
        return dataclasses.replace(self, control=control)


def activate(
    activations: Sequence[Activation], assignment: Assignment, z: Float[Array, "*batch units"]
) -> Float[Array, "*batch units"]:
    """Each unit's value under the activation that it is assigned to."""
    numbers = np.asarray(assignment)
    order = np.argsort(numbers, kind="stable")
    in_blocks = bool((np.diff(numbers) >= 0).all())
    if not in_blocks:
        z = z[..., order]
    parts = []
    start = 0
    for index, activation in enumerate(activations):
        count = int((numbers == index).sum())
        if count:
            parts.append(activation(z[..., start : start + count]))
            start += count
    if not parts:
        return z
    joined = parts[0] if len(parts) == 1 else jnp.concatenate(parts, axis=-1)
    return joined if in_blocks else joined[..., np.argsort(order)]


def is_network(node: Any) -> bool:
    """Whether a node of a tree is a perceptron."""
    return isinstance(node, Perceptron)


def of_networks(change: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """The tree with every perceptron in it changed; what is beside them stays."""
    return jax.tree.map(
        lambda node, *rest: change(node, *rest) if is_network(node) else node,
        *(tree, *others),
        is_leaf=is_network,
    )


def perceptron(model: Any) -> Perceptron:
    """The perceptron inside a model, for example inside a Hamiltonian network."""
    found = list(filter(is_network, jax.tree.leaves(model, is_leaf=is_network)))
    if len(found) != 1:
        raise ChaoscadError(f"the model holds {len(found)} perceptrons; one was expected")
    return found[0]


def trainable(model: Any) -> Any:
    """Which leaves of a model move while it trains: weights, and activations that say so.

    **Returns:** a tree of booleans like the model, as `equinox.partition` takes it.
    """

    def mark(node: Any) -> Any:
        if isinstance(node, Activation):
            return jax.tree.map(lambda _: node.trained, node)
        return eqx.is_inexact_array(node)

    return jax.tree.map(mark, model, is_leaf=lambda node: isinstance(node, Activation))
