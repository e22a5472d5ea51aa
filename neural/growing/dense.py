"""What masks leave of a network: a plain perceptron."""

from __future__ import annotations

from dataclasses import replace

import jax.numpy as jnp
import numpy as np

from chaoscad.arguments import instance
from chaoscad.errors import ChaoscadError
from neural.perceptron import Linear, Perceptron


def to_dense(network: Perceptron) -> Perceptron:
    """The small static network that computes what a masked one computes.

    Units whose mask is 0 are left out, and residual blocks without units. A mask between 0 and 1, and
    the one scalar of a gated layer, is multiplied into the unit's outgoing weights. The weights of the
    size input, times the controller, are added to the biases. All of it is exact: outputs differ by
    rounding only.

    **Arguments:**

    - `network`: of one trial.

    **Raises:** `ChaoscadError` for what is no network, and for those of several trials.
    """
    instance("the network", network, Perceptron, "grow(...).network(0)")
    if network.layers[0].weight.ndim != 2:
        raise ChaoscadError(
            "this network holds several trials; take one of them, for example grown.network(0)"
        )
    given = [np.asarray(network.mask(index)) for index in range(len(network.assignments))]
    kept = [np.flatnonzero(values) for values in given]
    residual = bool(network.branch_weights)
    layers = []
    before, factor = np.arange(network.sizes[0]), None
    for index, units in enumerate([*kept, np.arange(network.sizes[-1])]):
        weight = network.layers[index].weight[before][:, units]
        if factor is not None:
            weight = factor[:, None] * weight
        bias = network.layers[index].bias
        if index < len(kept):
            bias = bias + network.size_bias(index)
            if index == 0 or not residual:
                before, factor = units, jnp.asarray(given[index][units], weight.dtype)
        layers.append(Linear(weight, bias[units]))
    branches = [
        values[units][:, None] * weight[units][:, kept[0]]
        for weight, units, values in zip(network.branch_weights, kept[1:], given[1:], strict=False)
    ]
    # A block without units is the identity.
    left = [index for index, units in enumerate(kept) if index == 0 or not residual or len(units)]
    return replace(
        network,
        layers=(*(layers[index] for index in left), layers[-1]),
        assignments=tuple(
            tuple(network.assignments[index][unit] for unit in kept[index]) for index in left
        ),
        size_weights=(),
        branch_weights=tuple(jnp.asarray(branches[index - 1]) for index in left[1:] if residual),
        control=None,
        form="static",
        edge=1.0,
        size_scale=1.0,
    )
