"""What masks leave as a dense network."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from chaoscad.errors import ChaoscadError
from neural.architecture import Architecture
from neural.growing import Growth, to_dense
from neural.models import load_model, save_model
from tests.neural.starts import masked_network

X = np.random.default_rng(0).uniform(-1, 1, (50, 2)).astype(np.float32)


def masked_output(network, masks, x):
    h = np.asarray(x)
    for layer, values in enumerate(masks):
        z = network.layers[layer](h)
        z = z + network.control[layer] * network.size_weights[layer]
        h = values * np.tanh(z)
    return network.layers[-1](h)


@pytest.mark.parametrize("layers", [1, 2, 3, 4])
def test_random_whole_masks_leave_a_dense_network_with_the_same_outputs(layers):
    architecture = Architecture(2, (16,) * layers, 3, form="mask")
    network = masked_network(architecture, Growth(start=9.3), key=jax.random.key(layers))
    random = np.random.default_rng(layers)
    for _ in range(5):
        masks = [random.integers(0, 2, 16).astype(np.float32) for _ in range(layers)]
        dense = to_dense(network, masks)
        assert dense.sizes == (2, *(int(values.sum()) for values in masks), 3)
        np.testing.assert_allclose(dense(X), masked_output(network, masks, X), atol=1e-6)


@pytest.mark.parametrize("form", ["mask", "gate", "static"])
def test_fractional_masks_go_into_the_outgoing_weights(form):
    growth = Growth(start=(2.5, 5.25), edge=3)
    network = masked_network(Architecture(2, (6, 6), 1, form=form), growth, key=jax.random.key(0))
    dense = to_dense(network)
    np.testing.assert_allclose(dense(X), network(X), atol=1e-6)
    assert dense.sizes == ((2, 4, 6, 1) if form == "mask" else (2, 6, 6, 1))


def test_an_empty_layer_leaves_the_output_bias():
    network = masked_network(
        Architecture(2, (4, 3), 1, form="mask"), Growth(start=(2, 0)), key=jax.random.key(0)
    )
    dense = to_dense(network)
    assert dense.sizes == (2, 2, 0, 1)
    assert dense.parameter_count == 6 + 0 + 1
    np.testing.assert_allclose(
        dense(X), np.broadcast_to(network.layers[-1].bias, (50, 1)), atol=1e-7
    )


def test_a_diverse_network_keeps_the_activations_of_its_units_and_is_a_model_like_any(tmp_path):
    architecture = Architecture(2, (6,), 1, assignments=[[0, 1] * 3], form="mask")
    network = masked_network(
        architecture, Growth(start=2.5), key=jax.random.key(0), activations=["tanh", "sin"]
    )
    dense = to_dense(network)
    assert dense.assignments == ((0, 1, 0),)
    np.testing.assert_allclose(dense(X), network(X), atol=1e-6)
    save_model(tmp_path / "small.npz", dense)
    np.testing.assert_array_equal(load_model(tmp_path / "small.npz")(X), dense(X))
    with pytest.raises(ChaoscadError) as caught:
        save_model(tmp_path / "whole.npz", network)
    assert str(caught.value) == (
        "error: the model has a mask; save what it leaves, neural.growing.to_dense(model)"
    )


@pytest.mark.parametrize(
    ("masks", "message"),
    [
        ([np.ones(4)], "1 masks for 2 hidden layers; give one for each"),
        (
            [np.ones(4), np.ones(5)],
            "the mask of hidden layer 1 has shape (5,); it must have one value for each of the 4 units",
        ),
        (
            [np.ones(4), np.full(4, np.nan)],
            "the mask of hidden layer 1 must hold finite numbers",
        ),
        (
            [np.ones(4), np.array(["a"] * 4)],
            "the mask of hidden layer 1 must hold finite numbers",
        ),
    ],
)
def test_impossible_masks_are_refused(masks, message):
    architecture = Architecture(2, (4, 4), 1, form="mask")
    network = masked_network(architecture, key=jax.random.key(0))
    with pytest.raises(ChaoscadError) as caught:
        to_dense(network, masks)
    assert str(caught.value) == f"error: {message}"


def test_several_trials_are_refused():
    networks = eqx.filter_vmap(lambda _, tree: tree, in_axes=(0, None))(
        jnp.arange(3), masked_network(Architecture(2, (4,), 1, form="mask"), key=jax.random.key(0))
    )
    with pytest.raises(ChaoscadError) as caught:
        to_dense(networks)
    assert str(caught.value) == (
        "error: this network holds several trials; take one of them, for example grown.network(0)"
    )
