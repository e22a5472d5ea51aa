"""What masks leave as a dense network, and dense networks made wider and deeper."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from chaoscad.errors import ChaoscadError
from neural.growing import (
    Architecture,
    Blend,
    Growth,
    deepen,
    dense_network,
    masked_network,
    to_dense,
    widen,
)

X = np.random.default_rng(0).uniform(-1, 1, (50, 2)).astype(np.float32)
Y = (X[:, :1] * X[:, 1:]).astype(np.float32)


class Slopes(eqx.Module):
    """Leaky ReLU with a slope per unit."""

    slopes: jax.Array

    def __call__(self, z):
        return jnp.where(z > 0, z, self.slopes * z)

    def take(self, units):
        return Slopes(self.slopes[units])


def alternate(z):
    """Tanh of every other unit, which no part of the units can tell."""
    return jnp.where(jnp.arange(z.shape[-1]) % 2 == 0, jnp.tanh(z), z)


def masked_output(network, masks, x):
    h = np.asarray(x)
    for layer, values in enumerate(masks):
        z = h @ network.weights[layer] + network.biases[layer]
        z = z + network.control[layer] * network.size_weights[layer]
        h = values * network.activations[layer](z)
    return h @ network.weights[-1] + network.biases[-1]


# From masked to dense


@pytest.mark.parametrize("layers", [1, 2, 3, 4])
def test_random_whole_masks_leave_a_dense_network_with_the_same_outputs(layers):
    architecture = Architecture(2, (16,) * layers, 3)
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
        Architecture(2, (4, 3), 1), Growth(start=(2, 0)), key=jax.random.key(0)
    )
    dense = to_dense(network)
    assert dense.sizes == (2, 2, 0, 1)
    assert dense.parameter_count == 6 + 0 + 1
    np.testing.assert_allclose(dense(X), np.broadcast_to(network.biases[-1], (50, 1)), atol=1e-7)


def test_activations_with_parameters_per_unit_are_cut_too():
    slopes = jnp.linspace(-1, 1, 6)
    network = masked_network(
        Architecture(2, (6,), 1, activation=Slopes(slopes)),
        Growth(start=6.0),
        key=jax.random.key(0),
    )
    masks = [np.array([0, 1, 0, 0, 1, 1], np.float32)]
    dense = to_dense(network, masks)
    np.testing.assert_array_equal(dense.activations[0].slopes, slopes[np.array([1, 4, 5])])
    np.testing.assert_allclose(dense(X), masked_output(network, masks, X), atol=1e-6)


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
        (
            [np.ones(4), np.array([1, 0, 1, 1])],
            "the activation 'alternate' of hidden layer 1 treats units differently, so a part of its"
            " units cannot be cut out; give it a method take(units) that returns the activation of the"
            " units with these indices",
        ),
    ],
)
def test_impossible_masks_are_refused(masks, message):
    architecture = Architecture(2, (4, 4), 1, activation=(jnp.tanh, alternate))
    network = masked_network(architecture, key=jax.random.key(0))
    with pytest.raises(ChaoscadError) as caught:
        to_dense(network, masks)
    assert str(caught.value) == f"error: {message}"


def test_several_trials_are_refused():
    networks = eqx.filter_vmap(lambda _, tree: tree, in_axes=(0, None))(
        jnp.arange(3), masked_network(Architecture(2, (4,), 1), key=jax.random.key(0))
    )
    with pytest.raises(ChaoscadError) as caught:
        to_dense(networks)
    assert str(caught.value) == (
        "error: this network holds several trials; take one of them, for example grown.network(0)"
    )


# Wider and deeper


def trained(architecture, optimizer, steps=5):
    """A network with an optimizer that is under way."""
    network = dense_network(architecture, key=jax.random.key(0))
    state = optimizer.init(eqx.filter(network, eqx.is_inexact_array))
    for _ in range(steps):
        network, state = stepped(network, optimizer, state)
    return network, state


@eqx.filter_jit
def stepped(network, optimizer, state):
    slope = eqx.filter_grad(lambda network: jnp.square(network(X) - Y).mean())(network)
    updates, state = optimizer.update(slope, state, eqx.filter(network, eqx.is_inexact_array))
    return eqx.apply_updates(network, updates), state


@pytest.mark.parametrize("layer", [0, 1])
def test_widening_keeps_the_function_and_the_moments(layer):
    adam = optax.adam(0.01)
    network, state = trained(Architecture(2, (5, 4), 1), adam)
    wider, moved = widen(network, layer, 3, key=jax.random.key(7), optimizer=adam, state=state)
    assert wider.sizes == ((2, 8, 4, 1), (2, 5, 7, 1))[layer]
    np.testing.assert_allclose(wider(X), network(X), atol=1e-6)
    assert (np.asarray(wider.weights[layer + 1][-3:]) == 0).all()
    assert (np.asarray(wider.weights[layer][:, -3:]) != 0).all()
    for moment, old in ((moved[0].mu, state[0].mu), (moved[0].nu, state[0].nu)):
        units = network.sizes[layer + 1]
        np.testing.assert_array_equal(moment.weights[layer][:, :units], old.weights[layer])
        np.testing.assert_array_equal(moment.weights[layer + 1][:units], old.weights[layer + 1])
        np.testing.assert_array_equal(moment.biases[-1], old.biases[-1])
        assert (np.asarray(moment.weights[layer][:, units:]) == 0).all()
    assert moved[0].count == 5
    # The old weights take the step that they would have taken.
    after, _ = stepped(wider, adam, moved)
    same, _ = stepped(network, adam, state)
    np.testing.assert_allclose(after.biases[-1], same.biases[-1], rtol=1e-5)
    assert (np.asarray(after.weights[layer + 1][-3:]) != 0).all()


def test_new_entries_of_the_state_are_as_at_a_start():
    adagrad = optax.adagrad(0.01, initial_accumulator_value=0.25)
    network, state = trained(Architecture(2, (5,), 1), adagrad, steps=1)
    _, moved = widen(network, 0, 2, key=jax.random.key(0), optimizer=adagrad, state=state)
    sums = jax.tree.leaves(moved, is_leaf=lambda node: hasattr(node, "biases"))[0]
    np.testing.assert_array_equal(sums.biases[0][5:], [0.25, 0.25])
    assert (np.asarray(sums.biases[0][:5]) != 0.25).all()


@pytest.mark.parametrize("position", [0, 1])
def test_deepening_a_relu_network_keeps_the_function_and_the_moments(position):
    adam = optax.adam(0.01)
    network, state = trained(Architecture(2, (5, 4), 1, activation=jax.nn.relu), adam)
    deeper, moved = deepen(network, position, optimizer=adam, state=state)
    assert deeper.sizes == ((2, 5, 5, 4, 1), (2, 5, 4, 4, 1))[position]
    np.testing.assert_array_equal(deeper(X), network(X))
    for moment, old in ((moved[0].mu, state[0].mu), (moved[0].nu, state[0].nu)):
        kept = [layer for layer in range(4) if layer != position + 1]
        for place, layer in enumerate(kept):
            np.testing.assert_array_equal(moment.weights[layer], old.weights[place])
            np.testing.assert_array_equal(moment.biases[layer], old.biases[place])
        assert (np.asarray(moment.weights[position + 1]) == 0).all()
    after, _ = stepped(deeper, adam, moved)
    assert after.sizes == deeper.sizes


def test_a_blend_deepens_any_network():
    network, _ = trained(Architecture(2, (5,), 1), optax.sgd(0.1), steps=1)
    deeper, state = deepen(network, 0, activation=Blend(jnp.tanh))
    np.testing.assert_allclose(deeper(X), network(X), atol=1e-6)
    assert state is None
    slope = eqx.filter_grad(lambda network: jnp.square(network(X) - Y).mean())(deeper)
    assert slope.activations[1].share != 0


def test_what_would_change_the_function_is_refused():
    network = dense_network(Architecture(2, (5,), 1), key=jax.random.key(0))
    with pytest.raises(ChaoscadError) as caught:
        deepen(network, 0)
    assert str(caught.value) == (
        "error: a new layer with the activation 'tanh' cannot start as the identity on the values of"
        " 'tanh', so the function would change; use activation=Blend(tanh), which starts as the"
        " identity, or a ReLU network"
    )
    odd = dense_network(
        Architecture(2, (4,), 1, activation=Slopes(jnp.ones(4))), key=jax.random.key(0)
    )
    with pytest.raises(ChaoscadError) as caught:
        widen(odd, 0, 1, key=jax.random.key(0))
    assert str(caught.value) == (
        "error: the activation 'Slopes' of hidden layer 0 treats units differently, so it says nothing"
        " about new ones; build the wider network by hand"
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda network: deepen(network, 1), "the hidden layer is 1, and must be from 0 to 0"),
        (
            lambda network: widen(network, -1, 1, key=jax.random.key(0)),
            "the hidden layer is -1, and must be from 0 to 0",
        ),
        (
            lambda network: widen(network, 0, 0, key=jax.random.key(0)),
            "the number of new units is 0, and must be from 1 to 20000000",
        ),
        (
            lambda network: widen(network, 0, 1.5, key=jax.random.key(0)),
            "the number of new units is 1.5, and must be a whole number",
        ),
        (
            lambda network: widen(network, 0, 1, key=jax.random.key(0), optimizer=optax.sgd(1.0)),
            "to carry an optimizer over, its state is needed too",
        ),
        (
            lambda network: widen(network, 0, 1, key=jax.random.key(0), state=()),
            "to carry an optimizer over, the optimizer itself is needed too",
        ),
        (
            lambda network: widen(
                network, 0, 1, key=jax.random.key(0), optimizer=optax.adam(1.0), state=(1, 2)
            ),
            "the optimizer's state is not that of this optimizer for this network",
        ),
    ],
)
def test_impossible_changes_are_refused(change, message):
    network = dense_network(Architecture(2, (5,), 1), key=jax.random.key(0))
    with pytest.raises(ChaoscadError) as caught:
        change(network)
    assert str(caught.value) == f"error: {message}"
