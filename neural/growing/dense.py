"""Plain perceptrons: what masks leave of a network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from chaoscad.errors import ChaoscadError
from neural.growing.activation import (
    Activation,
    take_units,
)
from neural.growing.masked import MaskedNetwork
from neural.operations import parameters


class DenseNetwork(eqx.Module):
    """A multilayer perceptron; build it with `to_dense`.

    **Arguments:**

    - `weights`: (units before, units) of every hidden layer and of the output layer.
    - `biases`: (units,) likewise.
    - `activations`: one for each hidden layer.
    """

    weights: tuple[Float[Array, "_units_before _units"], ...]
    biases: tuple[Float[Array, " _units"], ...]
    activations: tuple[Activation, ...]

    def __call__(self, x: Float[Array, "*batch inputs"]) -> Float[Array, "*batch outputs"]:
        """The outputs, logits for classification, of whole batches."""
        h = x
        for weight, bias, activation in zip(
            self.weights[:-1], self.biases[:-1], self.activations, strict=True
        ):
            h = activation(h @ weight + bias)
        return h @ self.weights[-1] + self.biases[-1]

    @property
    def sizes(self) -> tuple[int, ...]:
        """Inputs, units of every hidden layer, outputs."""
        return (self.weights[0].shape[0], *(weight.shape[1] for weight in self.weights))

    @property
    def parameter_count(self) -> int:
        """The number of weights and biases."""
        return parameters(self.sizes)


def to_dense(network: MaskedNetwork, masks: Sequence[Any] | None = None) -> DenseNetwork:
    """The small dense network that computes what a masked one computes.

    Units whose mask is 0 are left out. A mask between 0 and 1, and the one scalar of a gated layer,
    is multiplied into the unit's outgoing weights. The weights of the size input, times the
    controller, are added to the biases. All three are exact: outputs differ by rounding only.

    **Arguments:**

    - `network`: of one trial.
    - `masks`: in place of the network's own, values of any pattern, one array (slots,) per hidden
      layer. A mask of whole units 0 and 1 is the usual case.

    **Raises:** `ChaoscadError` for masks of a wrong number or length or with values that are not
    finite, and for an activation of which no part can be taken.
    """
    if not isinstance(network, MaskedNetwork):
        raise ChaoscadError(f"to_dense takes a MaskedNetwork, not a {type(network).__name__}")
    if network.control.ndim != 1:
        raise ChaoscadError(
            "this network holds several trials; take one of them, for example grown.network(0)"
        )
    given = _checked_masks(network, masks)
    kept = [np.flatnonzero(values) for values in given]
    weights, biases, activations = [], [], []
    before, factor = np.arange(network.weights[0].shape[0]), None
    for layer, units in enumerate([*kept, np.arange(network.weights[-1].shape[1])]):
        weight = network.weights[layer][before][:, units]
        if factor is not None:
            weight = factor[:, None] * weight
        bias = network.biases[layer]
        if layer < len(kept):
            if network.size_weights:
                bias = bias + network.control[layer] * network.size_weights[layer]
            activations.append(
                take_units(network.activations[layer], units, network.alike[layer], layer)
            )
            before, factor = units, jnp.asarray(given[layer][units], weight.dtype)
        weights.append(weight)
        biases.append(bias[units])
    return DenseNetwork(tuple(weights), tuple(biases), tuple(activations))


def _checked_masks(network: MaskedNetwork, masks: Sequence[Any] | None) -> list[np.ndarray]:
    if masks is None:
        return [np.asarray(network.mask(layer)) for layer in range(len(network.slots))]
    try:
        given = [np.asarray(values) for values in masks]
    except (TypeError, ValueError):
        raise ChaoscadError("masks must be a list of arrays, one for each hidden layer") from None
    if len(given) != len(network.slots):
        message = f"{len(given)} masks for {len(network.slots)} hidden layers; give one for each"
        raise ChaoscadError(message)
    for layer, (values, units) in enumerate(zip(given, network.widths, strict=True)):
        if values.shape != (units,):
            raise ChaoscadError(
                f"the mask of hidden layer {layer} has shape {values.shape}; it must have one value"
                f" for each of the {units} units"
            )
        if values.dtype.kind not in "bfiu" or not np.isfinite(values).all():
            raise ChaoscadError(f"the mask of hidden layer {layer} must hold finite numbers")
    return given
