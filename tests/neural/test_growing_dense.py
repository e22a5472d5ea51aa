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


def test_several_trials_are_refused():
    networks = eqx.filter_vmap(lambda _, tree: tree, in_axes=(0, None))(
        jnp.arange(3), masked_network(Architecture(2, (4,), 1, form="mask"), key=jax.random.key(0))
    )
    with pytest.raises(ChaoscadError) as caught:
        to_dense(networks)
    assert str(caught.value) == (
        "error: this network holds several trials; take one of them, for example grown.network(0)"
    )
