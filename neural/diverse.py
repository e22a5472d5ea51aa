"""Multilayer perceptrons whose units are assigned to K activation functions.

A network with one activation is called homogeneous, one with several diverse.
"""

from __future__ import annotations

import itertools
import math
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from chaoscad.arguments import whole
from chaoscad.errors import ChaoscadError, Diagnostic, told
from chaoscad.tune import storage
from neural.activations import Activation, activations_of
from neural.activations.store import check_single, rebuilt
from neural.keys import check_key

Assignment = tuple[int, ...]
"""The activation's number of every unit of one hidden layer, counted from 0."""


class Linear(eqx.Module):
    """x W + b."""

    weight: Float[Array, "inputs outputs"]
    bias: Float[Array, " outputs"]

    def __call__(self, x: Float[Array, "*batch inputs"]) -> Float[Array, "*batch outputs"]:
        return x @ self.weight + self.bias


class DiverseMLP(eqx.Module):
    """h = a_assigned(W x + b) layer after layer, the last layer linear.

    **Arguments:**

    - `activations`: the K functions; their parameters are shared by all units that use them.
    - `assignments`: for every hidden layer, which function each unit uses.
    """

    layers: tuple[Linear, ...]
    activations: tuple[Activation, ...]
    assignments: tuple[Assignment, ...] = eqx.field(static=True)

    def __call__(
        self,
        x: Float[Array, "*batch inputs"],
        *,
        key: PRNGKeyArray | None = None,
        noise: float = 0.0,
    ) -> Float[Array, "*batch outputs"]:
        """The outputs; `noise` adds numbers uniform in +-noise to every hidden activity."""
        return self.layers[-1](self.hidden(x, key=key, noise=noise)[-1])

    def hidden(
        self,
        x: Float[Array, "*batch inputs"],
        *,
        key: PRNGKeyArray | None = None,
        noise: float = 0.0,
    ) -> tuple[Float[Array, "*batch units"], ...]:
        """The activities of every hidden layer."""
        found = []
        keys = None if key is None else jax.random.split(key, len(self.assignments))
        for index, assignment in enumerate(self.assignments):
            x = activate(self.activations, assignment, self.layers[index](x))
            if noise and keys is not None:
                x = x + jax.random.uniform(keys[index], x.shape, x.dtype, -noise, noise)
            found.append(x)
        return tuple(found)

    def preactivations(
        self, x: Float[Array, "*batch inputs"]
    ) -> tuple[Float[Array, "*batch units"], ...]:
        """What goes into the activations of every hidden layer."""
        before = (x, *self.hidden(x)[:-1])
        return tuple(layer(h) for layer, h in zip(self.layers, before, strict=False))


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


class Divided(eqx.Module):
    """Several activations as the one activation of a layer, whose units are divided among them.

    A growing network that has it is a diverse one: its units come in the order of `assignment`, so
    that (0, 1, 0, 1, ..) grows both kinds alike.

    **Arguments:**

    - `activations`: functions or modules, applied element by element.
    - `assignment`: the number of its activation for every unit of the layer.

    **Raises:** `ChaoscadError` for what are no activations, and for a number of none of them.
    """

    activations: tuple[Activation, ...] = eqx.field(converter=activations_of)
    assignment: Assignment = eqx.field(static=True, converter=lambda given: tuple(map(int, given)))

    def __check_init__(self) -> None:
        highest = len(self.activations) - 1
        if wrong := [one for one in self.assignment if not 0 <= one <= highest]:
            raise ChaoscadError(
                f"a unit is assigned to activation {wrong[0]}; they count from 0 to {highest}"
            )

    def __call__(self, z: Float[Array, "*batch units"]) -> Float[Array, "*batch units"]:
        """Each unit's value under its own activation."""
        if z.shape[-1] != len(self.assignment):
            raise ValueError(f"{z.shape[-1]} units for {len(self.assignment)} assignments")
        return activate(self.activations, self.assignment, z)

    def take(self, units: Sequence[int]) -> Divided:
        """The same for the units with these indices."""
        return Divided(self.activations, tuple(self.assignment[unit] for unit in units))


def blocks(width: int, count: int) -> Assignment:
    """`width` units cut into `count` blocks in order; the first blocks take what is left over."""
    return tuple(
        int(index)
        for index, part in enumerate(np.array_split(np.arange(width), count))
        for _ in part
    )


@dataclass(frozen=True)
class Architecture:
    """The shape of a network: hashable, so that it selects a compiled program.

    `architecture` takes lists, too.

    **Arguments:**

    - `hamiltonian`: the network gives one energy, and answers with its rates (dH/dp, -dH/dq).
    - `assignments`: for every hidden layer; `None` cuts every layer into blocks.

    **Raises:** `ChaoscadError` as `architecture` does.
    """

    inputs: int
    hidden: tuple[int, ...]
    outputs: int
    hamiltonian: bool = False
    assignments: tuple[Assignment, ...] | None = None

    def __post_init__(self) -> None:
        inputs = whole("the number of inputs", self.inputs)
        outputs = whole("the number of outputs", self.outputs)
        hidden = _hidden(self.hidden)
        hamiltonian = self.hamiltonian
        if not isinstance(hamiltonian, bool | np.bool_):
            raise ChaoscadError(f"hamiltonian is {told(hamiltonian)}, and must be True or False")
        if hamiltonian and (inputs % 2 or outputs != inputs):
            raise ChaoscadError(
                f"a Hamiltonian network of {inputs} inputs and {outputs} outputs was asked for; "
                "it takes (q, p), an even number, and answers with as many rates"
            )
        given = self.assignments
        plain = {
            "inputs": inputs,
            "hidden": hidden,
            "outputs": outputs,
            "hamiltonian": bool(hamiltonian),
            "assignments": None if given is None else _assignments(given, hidden),
        }
        for name, value in plain.items():
            object.__setattr__(self, name, value)

    def assigned(self, count: int) -> tuple[Assignment, ...]:
        """Every layer's assignment to `count` activations.

        **Raises:** `ChaoscadError` when there are more activations than units, or when an
        assignment names an activation that is not there.
        """
        count = whole("the number of activations", count, 0)
        if count < 1:
            raise ChaoscadError("a network was given no activation; it needs at least 1")
        for index, width in enumerate(self.hidden):
            if count > width:
                raise ChaoscadError(
                    f"{count} activations for the {width} units of hidden layer {index + 1}; "
                    "every activation needs a unit: give fewer activations, or more units"
                )
        if self.assignments is None:
            return tuple(blocks(width, count) for width in self.hidden)
        highest = max(max(one) for one in self.assignments)
        if highest >= count:
            raise ChaoscadError(
                f"a unit is assigned to activation {highest}, and there are {count}: "
                f"they count from 0 to {count - 1}"
            )
        return self.assignments

    def to_data(self) -> dict[str, Any]:
        """The architecture as JSON-ready data."""
        return asdict(self)

    @property
    def sizes(self) -> tuple[int, ...]:
        """The widths of all layers; a Hamiltonian network ends in one, its energy."""
        return (self.inputs, *self.hidden, 1 if self.hamiltonian else self.outputs)

    @property
    def parameters(self) -> int:
        """Weights and biases of a network, without those of its activations."""
        return sum((one + 1) * other for one, other in itertools.pairwise(self.sizes))

    def build(self, key: PRNGKeyArray, activations: Sequence[Activation]) -> Any:
        """A new network: `assemble` on the numbers that `draw` gives.

        **Raises:** `ChaoscadError` for what is not one key, and as `assemble` does.
        """
        check_key(key)
        return self.assemble(self.draw(key), activations)

    def draw(self, key: PRNGKeyArray) -> Float[Array, " parameters"]:
        """Numbers uniform in [-1, 1] for all weights and biases; one draw, which compiles fast."""
        return jax.random.uniform(key, (self.parameters,), minval=-1.0, maxval=1.0)

    def assemble(
        self, numbers: Float[Array, " parameters"], activations: Sequence[Activation]
    ) -> Any:
        """The network whose weights and biases are the numbers over the root of a layer's inputs.

        **Returns:** a `DiverseMLP`, within a `HamiltonianNetwork` if the architecture is one.
        **Raises:** `ChaoscadError` as `assigned` does, and for an activation with a kink in a
        Hamiltonian network, whose rates would jump.
        """
        activations = activations_of(activations)
        assignments = self.assigned(len(activations))
        if self.hamiltonian:
            for activation in activations:
                if not activation.smooth:
                    raise ChaoscadError(
                        f"the activation {activation.label} has a kink; in a Hamiltonian network "
                        "its slope becomes a step in the rates: take a smooth one, as tanh or gelu"
                    )
        layers = []
        start = 0
        for inputs, outputs in itertools.pairwise(self.sizes):
            middle, end = start + inputs * outputs, start + inputs * outputs + outputs
            scaled = numbers[start:end] / math.sqrt(inputs)
            weight = scaled[: middle - start].reshape(inputs, outputs)
            layers.append(Linear(weight, scaled[middle - start :]))
            start = end
        network = DiverseMLP(tuple(layers), tuple(activations), assignments)
        if not self.hamiltonian:
            return network
        from neural.hamiltonian import HamiltonianNetwork

        return HamiltonianNetwork(network)


def architecture(
    inputs: int,
    hidden: Sequence[int],
    outputs: int,
    *,
    hamiltonian: bool = False,
    assignments: Sequence[Sequence[int]] | None = None,
) -> Architecture:
    """The shape of a network.

    **Arguments:**

    - `hidden`: the width of every hidden layer; at least one layer.
    - `assignments`: one sequence for every hidden layer, one activation number for every unit.

    **Raises:** `ChaoscadError` for widths that are not whole numbers of at least 1, and assignments
    of another length.
    """
    return Architecture(inputs, hidden, outputs, hamiltonian, assignments)  # type: ignore[arg-type]


def _hidden(widths: Any) -> tuple[int, ...]:
    found = tuple(
        whole(f"the width of hidden layer {index + 1}", one)
        for index, one in enumerate(_listed("the widths of the hidden layers are", widths))
    )
    if not found:
        raise ChaoscadError("a network needs at least one hidden layer; its activations are there")
    return found


def _assignments(given: Any, hidden: tuple[int, ...]) -> tuple[Assignment, ...]:
    layers = [
        _listed(f"the assignment of hidden layer {index + 1} is", one)
        for index, one in enumerate(_listed("the assignments are", given))
    ]
    if len(layers) != len(hidden):
        raise ChaoscadError(
            f"{len(layers)} assignments for {len(hidden)} hidden layers; give one for each"
        )
    for index, (one, width) in enumerate(zip(layers, hidden, strict=True)):
        if len(one) != width:
            raise ChaoscadError(
                f"the assignment of hidden layer {index + 1} has {len(one)} entries, "
                f"and the layer has {width} units; give one for each"
            )
    return tuple(
        tuple(
            whole(f"the activation of a unit of hidden layer {index + 1}", number, 0)
            for number in one
        )
        for index, one in enumerate(layers)
    )


def _listed(name: str, values: Any) -> tuple[Any, ...]:
    """The entries of a list, tuple, range or array."""
    if isinstance(values, list | tuple | range) or np.ndim(values):
        return tuple(values)
    raise ChaoscadError(f"{name} {told(values)}, and must be a list")


def perceptron(model: Any) -> DiverseMLP:
    """The perceptron inside a model, for example inside a Hamiltonian network."""
    found = [
        node
        for node in jax.tree.leaves(model, is_leaf=lambda node: isinstance(node, DiverseMLP))
        if isinstance(node, DiverseMLP)
    ]
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


def save_model(path: str | os.PathLike[str], model: Any) -> None:
    """Write one network, its activations included.

    **Raises:** `ChaoscadError` when the file cannot be written, or for the networks of several seeds.
    """
    inner = perceptron(model)
    if np.ndim(inner.layers[0].weight) != 2:
        raise ChaoscadError(
            "the model's arrays have further axes, as those of several seeds do; "
            "take one seed's, for example fitted.network(0)"
        )
    check_single(inner.activations)
    shape = Architecture(
        inputs=inner.layers[0].weight.shape[0],
        hidden=tuple(len(one) for one in inner.assignments),
        outputs=inner.layers[-1].weight.shape[1]
        if model is inner
        else inner.layers[0].weight.shape[0],
        hamiltonian=model is not inner,
        assignments=inner.assignments,
    )
    header = {
        "architecture": asdict(shape),
        "activations": [one.to_data() for one in inner.activations],
    }
    storage.write(path, "neural-model", header, storage.flatten(inner))


def load_model(path: str | os.PathLike[str]) -> Any:
    """The network of a file, bit for bit the one that was saved.

    **Raises:** `ChaoscadError` for a missing or damaged file, or another kind of file.
    """
    header, arrays = storage.read(path, "neural-model")
    activations = rebuilt(header.get("activations"), path, "model")
    try:
        given = header["architecture"]
        shape = architecture(
            given["inputs"],
            given["hidden"],
            given["outputs"],
            hamiltonian=given["hamiltonian"],
            assignments=given["assignments"],
        )
        like = shape.build(jax.random.key(0), activations)
    except (KeyError, TypeError, ValueError, ChaoscadError) as error:
        message = f"the model is damaged: its architecture cannot be rebuilt ({error})"
        raise ChaoscadError(Diagnostic(message, os.fspath(path))) from None
    inner = storage.unflatten(perceptron(like), arrays, path, "neural-model")
    return inner if not shape.hamiltonian else eqx.tree_at(perceptron, like, inner)
