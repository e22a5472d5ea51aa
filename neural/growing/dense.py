"""Plain perceptrons: what masks leave of a network, and networks that are made wider or deeper.

Widening and deepening keep the function that a network computes, after Chen, Goodfellow, Shlens,
"Net2Net: Accelerating Learning via Knowledge Transfer", ICLR 2016, arXiv 1511.05641; here new units
get zero outgoing weights instead of being copies of old ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, PRNGKeyArray

from chaoscad.arguments import whole
from chaoscad.errors import ChaoscadError
from neural.growing.activation import (
    Activation,
    name_of,
    take_units,
    treats_units_alike,
)
from neural.growing.growth import Architecture
from neural.growing.masked import MaskedNetwork
from neural.operations import parameters


class DenseNetwork(eqx.Module):
    """A multilayer perceptron; build it with `dense_network` or `to_dense`.

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


def dense_network(architecture: Architecture, *, key: PRNGKeyArray) -> DenseNetwork:
    """A network of all slots with weights and biases uniform in +-1 / sqrt(fan-in).

    **Raises:** `ChaoscadError` for an activation that is not elementwise.
    """
    for layer, (activation, units) in enumerate(
        zip(architecture.activations, architecture.slots, strict=True)
    ):
        treats_units_alike(activation, units, layer)
    before = (architecture.inputs, *architecture.slots)
    after = (*architecture.slots, architecture.outputs)
    weights, biases = [], []
    for layer, one in enumerate(jax.random.split(key, len(after))):
        weight, bias = _drawn(one, before[layer], after[layer])
        weights.append(weight)
        biases.append(bias)
    return DenseNetwork(tuple(weights), tuple(biases), architecture.activations)


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


def widen(
    network: DenseNetwork,
    layer: int,
    units: int,
    *,
    key: PRNGKeyArray,
    optimizer: optax.GradientTransformation | None = None,
    state: Any = None,
) -> tuple[DenseNetwork, Any]:
    """Add units at the end of a hidden layer without a change of the function.

    New units have random incoming weights, as in `dense_network`, and zero outgoing ones: the first
    gradient moves only the outgoing weights, and the incoming ones follow.

    **Arguments:**

    - `layer`: counted from 0; `units`: how many to add, 1 or more.
    - `optimizer`, `state`: the optax transformation and its state for
      `eqx.filter(network, eqx.is_inexact_array)`. Old entries stay, new ones are as at a start. An
      Adam that is long under way takes a first step of up to 3 learning rates for new entries,
      because its bias correction is over.

    **Returns:** the network, and the optimizer's state (`None` without one).

    **Raises:** `ChaoscadError` for a layer that is not there, fewer than 1 unit, a state without its
    optimizer, or an activation that treats units differently.
    """
    layer = whole("the hidden layer", layer, 0, len(network.activations) - 1)
    count = whole("the number of new units", units)
    activation = network.activations[layer]
    before, now, after = network.sizes[layer : layer + 3]
    if not treats_units_alike(activation, now, layer):
        raise ChaoscadError(
            f"the activation {name_of(activation)!r} of hidden layer {layer} treats units differently,"
            " so it says nothing about new ones; build the wider network by hand"
        )
    weight, bias = _drawn(key, before, count)
    out = network.weights[layer + 1]
    weights, biases = list(network.weights), list(network.biases)
    weights[layer] = jnp.concatenate([weights[layer], weight], axis=1)
    biases[layer] = jnp.concatenate([biases[layer], bias])
    weights[layer + 1] = jnp.concatenate([out, jnp.zeros((count, after), out.dtype)])
    wider = DenseNetwork(tuple(weights), tuple(biases), network.activations)
    return wider, _carried(wider, optimizer, state, _fill)


def deepen(
    network: DenseNetwork,
    position: int,
    *,
    activation: Activation | None = None,
    optimizer: optax.GradientTransformation | None = None,
    state: Any = None,
) -> tuple[DenseNetwork, Any]:
    """Put a new hidden layer behind hidden layer `position` without a change of the function.

    The new layer has as many units as the one before, the identity as weights and no bias. So its
    activation must leave alone what the layer before gives. ReLU does (its values are not negative,
    and it keeps those), and so does `Blend(a)` for every a, which starts as the identity. Tanh, for
    one, does not, and is refused: nothing here is approximate.

    **Arguments:**

    - `position`: of the layer before, counted from 0.
    - `activation`: of the new layer; by default that of the layer before.
    - `optimizer`, `state`: as in `widen`; the new layer's entries are as at a start.

    **Returns:** the network, and the optimizer's state (`None` without one).

    **Raises:** `ChaoscadError` for a layer that is not there, an activation that would change the
    function, or a state without its optimizer.
    """
    position = whole("the hidden layer", position, 0, len(network.activations) - 1)
    before = network.activations[position]
    new = before if activation is None else activation
    units = network.sizes[position + 1]
    treats_units_alike(new, units, position + 1)
    z = jnp.linspace(-8.0, 8.0, 2001, dtype=jnp.float32)[:, None] * jnp.ones(
        (1, units), jnp.float32
    )
    h = before(z)
    if not jnp.allclose(new(h), h, rtol=1e-6, atol=1e-6):
        raise ChaoscadError(
            f"a new layer with the activation {name_of(new)!r} cannot start as the identity on the"
            f" values of {name_of(before)!r}, so the function would change; use"
            f" activation=Blend({name_of(new)}), which starts as the identity, or a ReLU network"
        )
    at = position + 1
    weights, biases = list(network.weights), list(network.biases)
    weights.insert(at, jnp.eye(units, dtype=weights[position].dtype))
    biases.insert(at, jnp.zeros(units, biases[position].dtype))
    activations = [*network.activations[:at], new, *network.activations[at:]]
    deeper = DenseNetwork(tuple(weights), tuple(biases), tuple(activations))

    def carry(fresh: DenseNetwork, old: DenseNetwork) -> DenseNetwork:
        def beside(ours: tuple[Any, ...], theirs: tuple[Any, ...]) -> tuple[Any, ...]:
            return (*theirs[:at], ours[at], *theirs[at:])

        return DenseNetwork(
            beside(fresh.weights, old.weights),
            beside(fresh.biases, old.biases),
            beside(fresh.activations, old.activations),
        )

    return deeper, _carried(deeper, optimizer, state, carry)


Carry = Callable[[DenseNetwork, DenseNetwork], DenseNetwork]


def _carried(
    network: DenseNetwork, optimizer: optax.GradientTransformation | None, state: Any, carry: Carry
) -> Any:
    """The state of an optimizer for a changed network, with what was there carried over."""
    if state is None and optimizer is None:
        return None
    if state is None or optimizer is None:
        missing = "its state" if state is None else "the optimizer itself"
        raise ChaoscadError(f"to carry an optimizer over, {missing} is needed too")
    fresh = optimizer.init(eqx.filter(network, eqx.is_inexact_array))
    ours, treedef = jax.tree.flatten(fresh, is_leaf=_is_network)
    theirs = jax.tree.leaves(state, is_leaf=_is_network)
    if len(ours) != len(theirs):
        raise ChaoscadError("the optimizer's state is not that of this optimizer for this network")
    moved = [
        carry(new, old) if isinstance(new, DenseNetwork) else old
        for new, old in zip(ours, theirs, strict=True)
    ]
    return jax.tree.unflatten(treedef, moved)


def _fill(fresh: DenseNetwork, old: DenseNetwork) -> DenseNetwork:
    def put(new: Array, before: Array) -> Array:
        return new.at[tuple(slice(length) for length in before.shape)].set(before)

    return jax.tree.map(put, fresh, old)


def _is_network(node: Any) -> bool:
    return isinstance(node, DenseNetwork)


def _drawn(key: PRNGKeyArray, before: int, after: int) -> tuple[Array, Array]:
    bound = 1.0 / np.sqrt(max(before, 1))
    first, second = jax.random.split(key)
    return (
        jax.random.uniform(first, (before, after), jnp.float32, -bound, bound),
        jax.random.uniform(second, (after,), jnp.float32, -bound, bound),
    )


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
