"""Perceptrons with several activations: assignment, architecture, files."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from chaoscad.errors import ChaoscadError
from neural.activations import fixed, learned_set, parametric
from neural.architecture import Architecture, blocks
from neural.models import load_model, save_model
from neural.perceptron import activate, perceptron, trainable


def test_blocks_leave_no_unit_out():
    assert blocks(7, 3) == (0, 0, 0, 1, 1, 2, 2)
    assert blocks(4, 2) == (0, 0, 1, 1)
    assert blocks(3, 1) == (0, 0, 0)


@pytest.mark.parametrize("assignment", [(0, 1, 2, 0, 1), (2, 2, 1, 0, 0), (1, 1, 1, 1, 1)])
def test_every_unit_uses_the_activation_it_is_assigned_to(assignment):
    functions = (fixed("sin"), fixed("tanh"), fixed("gelu"))
    z = jax.random.normal(jax.random.key(0), (4, 5))
    wanted = np.stack([functions[k](z[:, i]) for i, k in enumerate(assignment)], axis=1)
    np.testing.assert_allclose(activate(functions, assignment, z), wanted, atol=1e-6)


def test_the_network_is_what_its_formula_says():
    model = Architecture(3, [4, 5], 2).build(jax.random.key(1), [fixed("sin"), fixed("tanh")])
    x = np.asarray(jax.random.normal(jax.random.key(2), (6, 3)))
    h = x
    for layer, cut in zip(model.layers[:-1], (2, 3), strict=True):
        z = h @ np.asarray(layer.weight) + np.asarray(layer.bias)
        h = np.concatenate([np.sin(z[:, :cut]), np.tanh(z[:, cut:])], axis=1)
    last = model.layers[-1]
    np.testing.assert_allclose(model(x), h @ last.weight + last.bias, atol=1e-5)
    np.testing.assert_allclose(model.hidden(x)[-1], h, atol=1e-5)


def test_preactivations_become_the_hidden_activities():
    model = Architecture(3, [4, 4], 1).build(jax.random.key(1), [fixed("tanh")])
    x = jax.random.normal(jax.random.key(2), (6, 3))
    for before, after in zip(model.preactivations(x), model.hidden(x), strict=True):
        np.testing.assert_allclose(jnp.tanh(before), after, atol=1e-6)


def test_a_single_activation_makes_a_homogeneous_network():
    model = Architecture(3, [4], 2).build(jax.random.key(0), [fixed("sin")])
    assert model.assignments == ((0, 0, 0, 0),)


def test_equal_keys_give_equal_weights_whatever_the_activations():
    shape = Architecture(3, [4], 2)
    one = shape.build(jax.random.key(5), [fixed("sin")])
    other = shape.build(jax.random.key(5), learned_set(jax.random.key(9), 2))
    np.testing.assert_array_equal(one.layers[0].weight, other.layers[0].weight)


def test_learned_activations_stay_and_parametric_ones_move_in_training():
    shape = Architecture(3, [4], 2)
    model = shape.build(
        jax.random.key(0), [parametric("sin+az"), *learned_set(jax.random.key(1), 1)]
    )
    marks = trainable(model)
    assert marks.activations[0].a is True
    assert marks.activations[1].in_weight is False
    assert marks.layers[0].weight is True


def test_a_hamiltonian_architecture_gives_the_rates_of_one_energy():
    model = Architecture(2, [8], 2, hamiltonian=True).build(jax.random.key(0), [fixed("tanh")])
    x = jax.random.normal(jax.random.key(1), (5, 2))
    slope = jax.vmap(jax.grad(lambda one: perceptron(model)(one)[0]))(x)
    np.testing.assert_allclose(model(x), np.stack([slope[:, 1], -slope[:, 0]], axis=1), atol=1e-6)


@pytest.mark.parametrize("hamiltonian", [False, True])
def test_a_model_is_saved_and_loaded_bit_for_bit(tmp_path, hamiltonian):
    shape = Architecture(
        2, [5, 4], 2, hamiltonian=hamiltonian, assignments=[[1, 0, 1, 0, 0], [0, 0, 1, 1]]
    )
    model = shape.build(jax.random.key(0), learned_set(jax.random.key(1), 2))
    save_model(tmp_path / "m.npz", model)
    again = load_model(tmp_path / "m.npz")
    x = jax.random.normal(jax.random.key(2), (7, 2))
    np.testing.assert_array_equal(model(x), again(x))
    assert jax.tree.structure(model) == jax.tree.structure(again)


def test_a_file_of_another_kind_is_no_model(tmp_path, monkeypatch):
    from neural.activations import save_activations

    monkeypatch.chdir(tmp_path)
    save_activations("a.npz", [fixed("sin")])
    with pytest.raises(ChaoscadError) as caught:
        load_model("a.npz")
    assert (
        str(caught.value) == "a.npz: error: this is a file of activations, and a model was expected"
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: Architecture(3, [2], 1).assigned(3),
            "error: 3 activations for the 2 units of hidden layer 1; every activation needs a "
            "unit: give fewer activations, or more units",
        ),
        (
            lambda: Architecture(3, [], 1),
            "error: a network needs at least one hidden layer; its activations are there",
        ),
        (
            lambda: Architecture(3, [0], 1),
            "error: the width of hidden layer 1 is 0, and must be from 1 to 20000000",
        ),
        (
            lambda: Architecture(3, [4], 1, assignments=[[0, 1]]),
            "error: the assignment of hidden layer 1 has 2 entries, and the layer has 4 units; "
            "give one for each",
        ),
        (
            lambda: Architecture(3, [2], 1, assignments=[[0, 1], [0, 1]]),
            "error: 2 assignments for 1 hidden layers; give one for each",
        ),
        (
            lambda: Architecture(3, [2], 1, assignments=[[0, -1]]),
            "error: the activation of a unit of hidden layer 1 is -1, and must be from 0 to 20000000",
        ),
        (
            lambda: Architecture(3, [2], 1, assignments=[[0, 2]]).assigned(2),
            "error: a unit is assigned to activation 2, and there are 2: they count from 0 to 1",
        ),
        (
            lambda: Architecture(3, [2], 3, hamiltonian=True),
            "error: a Hamiltonian network of 3 inputs and 3 outputs was asked for; it takes (q, p), "
            "an even number, and answers with as many rates",
        ),
        (
            lambda: Architecture(2, [2], 2, hamiltonian=True).build(
                jax.random.key(0), [fixed("relu")]
            ),
            "error: the activation relu has a kink; in a Hamiltonian network its slope becomes a "
            "step in the rates: take a smooth one, as tanh or gelu",
        ),
        (
            lambda: Architecture(2, [2], 2).build(jax.random.key(0), []),
            "error: a network was given no activation; it needs at least 1",
        ),
        (
            lambda: Architecture(2.5, [2], 2),
            "error: the number of inputs is 2.5, and must be a whole number",
        ),
        (
            lambda: Architecture(2, 4, 2),
            "error: the widths of the hidden layers are 4, and must be a list",
        ),
        (
            lambda: Architecture(2, [2], 2, assignments=["01"]),
            "error: the assignment of hidden layer 1 is '01', and must be a list",
        ),
        (
            lambda: Architecture(2, [2], 2, assignments=[[0, 1.5]]),
            "error: the activation of a unit of hidden layer 1 is 1.5, and must be a whole number",
        ),
        (
            lambda: Architecture(1, [10**5, 10**5], 1),
            "error: the network would have 1e+10 parameters; at most 268435456 are allowed",
        ),
        (
            lambda: Architecture(2, [2], 2, form="masked"),
            "error: unknown form 'masked'; did you mean 'mask'?",
        ),
        (
            lambda: Architecture(2, [2], 2, hamiltonian=True, form="mask"),
            "error: a Hamiltonian network cannot grow; give it the form 'static'",
        ),
        (
            lambda: Architecture(2, [2], 2, hamiltonian="no"),
            "error: hamiltonian is 'no', and must be True or False",
        ),
        (
            lambda: Architecture(2, [2], 2).build(jax.random.key(0), ["sinn"]),
            "error: unknown activation function 'sinn'; did you mean 'sin'?",
        ),
    ],
)
def test_bad_shapes_are_named(call, message):
    with pytest.raises(ChaoscadError) as caught:
        call()
    assert str(caught.value) == message
