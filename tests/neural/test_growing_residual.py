"""Residual networks: blocks that begin as nothing, so that the depth is learned like a width."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from chaoscad.errors import ChaoscadError
from chaoscad.tune import optimizer
from neural.activations import fixed
from neural.architecture import Architecture
from neural.growing import Growth, grow, to_dense
from neural.growing.arms import growing_arm
from neural.growing.baselines import pruning_arm
from neural.masks import mask
from neural.models import load_model, save_model
from neural.operations import network_flops
from neural.tasks import task
from tests.neural.starts import masked_network

ADAM = optimizer("adam", 1e-2)
BLOCKS = Architecture(2, [5, 4, 6], 3, form="mask", residual=True)


def network_of(sizes, architecture=BLOCKS):
    return masked_network(architecture, Growth(start=sizes), key=jax.random.key(3))


def by_hand(network, x):
    """h <- h + m_0 * V (m * tanh(W h + b + c u)), block after block, in double precision."""

    def wide(one):
        return np.asarray(one, np.float64)

    def units(index, h):
        layer, size = network.layers[index], wide(network.control[index])
        drive = h @ wide(layer.weight) + wide(layer.bias) + size * wide(network.size_weights[index])
        return np.tanh(drive) * wide(mask(network.control[index], network.slots[index]))

    h = units(0, wide(x))
    present = wide(mask(network.control[0], network.slots[0]))
    for index, branch in enumerate(network.branch_weights, 1):
        h = h + present * (units(index, h) @ wide(branch))
    last = network.layers[-1]
    return h @ wide(last.weight) + wide(last.bias)


@pytest.mark.parametrize("sizes", [(5.0, 4.0, 6.0), (3.4, 1.6, 5.0), (2.5, 0.0, 2.3), (5, 0, 0)])
def test_blocks_add_to_the_first_layer_and_what_masks_leave_computes_the_same(sizes):
    network = network_of(sizes)
    x = np.random.default_rng(0).normal(size=(7, 2)).astype(np.float32)
    np.testing.assert_allclose(network(x), by_hand(network, x), rtol=3e-5, atol=3e-6)
    dense = to_dense(network)
    np.testing.assert_allclose(dense(x), network(x), rtol=3e-5, atol=3e-6)
    left = [int(np.ceil(size)) for size in sizes]
    assert dense.sizes == (2, left[0], *(size for size in left[1:] if size), 3)
    arrays = (dense.layers, dense.branch_weights)
    assert dense.parameter_count == sum(np.size(leaf) for leaf in jax.tree.leaves(arrays))


def test_blocks_without_units_are_not_there():
    """Whatever their weights are; and the first layer alone is a network of one layer."""
    network = network_of((5.0, 0.0, 0.0))
    shallow = Architecture(2, [5], 3)
    alone = masked_network(shallow, key=jax.random.key(0))
    bias = network.layers[0].bias + network.size_bias(0)
    layers = (type(network.layers[0])(network.layers[0].weight, bias), network.layers[-1])
    x = np.random.default_rng(0).normal(size=(7, 2)).astype(np.float32)
    expected = jnp.tanh(layers[0](x)) @ layers[1].weight + layers[1].bias
    np.testing.assert_allclose(network(x), expected, rtol=1e-5, atol=1e-6)
    assert to_dense(network).sizes == alone.sizes


def test_a_block_costs_its_way_there_and_back():
    static = Architecture(2, [5, 4, 6], 3, residual=True)
    chain = Architecture(2, [5, 4, 5, 6, 5], 3)
    tanh = [fixed("tanh")]
    found = network_flops(static, tanh, 10)((5, 4, 6))
    whole = network_flops(chain, tanh, 10)((5, 4, 5, 6, 5))
    # The way back has no activations: 10 for the value and 10 for the slope of each of 10 units.
    assert whole - found == 10 * 10 * 20


def test_a_residual_network_trains_the_same_in_buckets_and_says_how_deep_it_is():
    bessel = task("bessel", samples=60)
    shape = Architecture(1, [6, 6, 6], 1, form="mask", residual=True)
    growth = Growth("schedule", start=(3, 1, 0), target=(6, 4, 0))
    train = bessel.train
    options = {"growth": growth, "optimizer": ADAM, "steps": 60, "record": 20}
    whole, cut = (
        grow(shape, train.inputs, train.targets, buckets=count, **options) for count in (1, 3)
    )
    np.testing.assert_allclose(cut.history.task_loss, whole.history.task_loss, rtol=1e-3)
    assert cut.flops < 0.8 * whole.flops
    assert whole.history.task_loss[-1, 0] < 0.5 * whole.history.task_loss[0, 0]
    first = masked_network(shape, growth, key=jax.random.split(jax.random.key(0))[0])
    last = whole.network(0)
    np.testing.assert_array_equal(last.branch_weights[1], first.branch_weights[1])
    assert (np.asarray(last.branch_weights[0] != first.branch_weights[0])[:3]).all()
    assert to_dense(last).parameter_count == whole.history.parameters[-1, 0]
    arm = growing_arm("depth", shape, growth, bessel, optimizer=ADAM)
    assert arm.run(np.array([0, 1]), 1e-2, 20).extra["hidden layers"].tolist() == [2, 2]


def test_a_residual_network_is_kept_in_a_file(tmp_path):
    shape = Architecture(2, [5, 4], 3, residual=True)
    network = shape.build(jax.random.key(0), "tanh")
    assert shape.to_data()["residual"] is True
    save_model(tmp_path / "model.npz", network)
    again = load_model(tmp_path / "model.npz")
    x = np.ones((3, 2), np.float32)
    np.testing.assert_array_equal(again(x), network(x))
    np.testing.assert_array_equal(again.branch_weights[0], network.branch_weights[0])


def test_what_is_not_defined_for_blocks_is_refused():
    for build, message in (
        (
            lambda: Architecture(1, [4, 4], 1, residual="yes"),  # type: ignore[arg-type]
            "residual is 'yes', and must be True or False",
        ),
        (
            lambda: pruning_arm(
                "p",
                Architecture(1, [4, 4], 1, residual=True),
                task("bessel", samples=60),
                wide=8,
                optimizer=ADAM,
            ),
            "arm 'p': units of residual blocks are not pruned",
        ),
    ):
        with pytest.raises(ChaoscadError) as caught:
            build()
        assert str(caught.value) == f"error: {message}"
