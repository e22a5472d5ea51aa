"""Buckets: training a part of a network is training all of it, for less."""

from __future__ import annotations

from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from chaoscad.tune import optimizer
from neural.activations import fixed
from neural.architecture import Architecture
from neural.growing import Growth, bucket_widths, grow
from neural.growing.buckets import fitting, insert, narrow
from neural.operations import TRANSCENDENTAL, network_flops
from tests.neural.starts import masked_network

X = np.linspace(-1, 1, 32, dtype=np.float32)[:, None]
Y = np.sin(3 * X)


def test_widths_are_equal_steps_up_to_the_slots():
    assert bucket_widths((1024, 10, 3), 8) == (
        (128, 256, 384, 512, 640, 768, 896, 1024),
        (2, 3, 4, 5, 7, 8, 9, 10),
        (1, 2, 3),
    )
    assert bucket_widths((7,), 1) == ((7,),)


def test_a_layer_takes_the_smallest_bucket_that_holds_it():
    widths = bucket_widths((8, 8), 4)
    assert fitting((0.0, 2.0), widths) == (2, 2)
    assert fitting((2.01, 8.0), widths) == (4, 8)
    # Rounding above the slots.
    assert fitting((8.000001, 1.0), widths) == (8, 2)


def test_a_layer_leaves_a_bucket_for_a_smaller_one_with_some_slack():
    widths = bucket_widths((8,), 4)
    assert fitting((3.9,), widths, (6,)) == (6,)
    assert fitting((3.4,), widths, (6,)) == (4,)
    assert fitting((1.9,), widths, (8,)) == (4,)
    assert fitting((1.4,), widths, (8,)) == (2,)
    assert fitting((4.1,), widths, (4,)) == (6,)


def test_a_part_holds_the_first_units_and_goes_back_into_the_whole():
    whole = masked_network(Architecture(2, (6, 5), 3, form="mask"), key=jax.random.key(0))
    arrays = jax.tree.map(np.asarray, eqx.filter(whole, eqx.is_array))
    part = narrow(arrays, (4, 2))
    assert [layer.weight.shape for layer in part.layers] == [(2, 4), (4, 2), (2, 3)]
    np.testing.assert_array_equal(part.layers[1].weight, arrays.layers[1].weight[:4, :2])
    assert part.sizes == (2, 4, 2, 3)
    assert part.slots == (6, 5)
    back = insert(arrays, jax.tree.map(lambda leaf: leaf + 1, part))
    np.testing.assert_array_equal(
        back.layers[1].weight[:4, :2], arrays.layers[1].weight[:4, :2] + 1
    )
    np.testing.assert_array_equal(back.layers[1].weight[4:], arrays.layers[1].weight[4:])
    np.testing.assert_array_equal(back.layers[1].weight[:, 2:], arrays.layers[1].weight[:, 2:])


def assert_equal_runs(whole, parts, tolerance=2e-5):
    for one, other in zip(
        jax.tree.leaves(whole.networks), jax.tree.leaves(parts.networks), strict=True
    ):
        if hasattr(one, "shape"):
            np.testing.assert_allclose(one, other, atol=tolerance)
    np.testing.assert_allclose(whole.history.task_loss, parts.history.task_loss, rtol=1e-3)
    np.testing.assert_allclose(whole.history.sizes, parts.history.sizes, atol=1e-3)


def test_buckets_give_what_masks_give():
    # The first layer shrinks and the second one grows; weight decay would move absent units too.
    growth = Growth("schedule", start=(12.0, 1.5), target=(2.5, 12.0), ramp=0.8)
    runs = [
        grow(
            Architecture(1, (12, 12), 1, form="mask"),
            X,
            Y,
            growth=growth,
            optimizer=optimizer("adamw", 0.01, weight_decay=0.1),
            steps=40,
            record=5,
            buckets=buckets,
        )
        for buckets in (1, 2)
    ]
    assert (runs[0].history.widths == 12).all()
    assert runs[1].history.widths[0].tolist() == [12, 6]
    assert runs[1].history.widths[-1].tolist() == [6, 12]
    assert_equal_runs(*runs)
    assert runs[1].flops < 0.8 * runs[0].flops


def test_trials_of_different_sizes_share_the_bucket_of_the_largest():
    growth = Growth("free", start=7.5, weight=1e-3)
    runs = [
        grow(
            Architecture(1, (12,), 1, assignments=[[0, 1] * 6], form="mask"),
            X,
            Y,
            activations=["tanh", "sin"],
            growth=growth,
            optimizer=optimizer("adam", 0.02),
            steps=60,
            seeds=range(4),
            batch=8,
            record=5,
            buckets=buckets,
        )
        for buckets in (1, 3)
    ]
    assert_equal_runs(*runs)
    assert np.ptp(runs[1].history.sizes[-1]) > 1
    assert set(runs[1].history.widths[:, 0].tolist()) == {8, 12}


def test_flops_are_those_of_the_buckets_that_were_trained():
    run = grow(
        Architecture(1, (100,), 1, form="mask"),
        X,
        Y,
        growth=Growth("schedule", start=10.0),
        optimizer=optimizer("sgd", 0.01),
        steps=90,
        record=9,
        buckets=2,
    )
    # The size is 10 + t before step t: 41 steps have at most 50 units.
    small, large = map(
        network_flops(Architecture(1, (100,), 1, form="mask"), [fixed("tanh")], 32), ((50,), (100,))
    )
    assert run.flops == 41 * small + 49 * large
    assert run.history.flops[-1] == run.flops
    assert run.history.flops[:2].tolist() == [0, 9 * small]
    assert run.flops < 0.8 * 90 * large


def test_growing_evenly_from_a_tenth_spends_less_than_seventy_percent():
    cost = network_flops(Architecture(1, (1024,), 1, form="mask"), [fixed("tanh")], 32)
    most = cost((1024,))
    widths = bucket_widths((1024,), 8)
    sizes = np.linspace(102.4, 1024, 1000)
    spent = [cost(fitting((size,), widths)) for size in sizes]
    assert np.mean(spent) < 0.64 * most


@pytest.mark.parametrize("sizes", [(8, 256, 8), (4, 96, 96, 3)])
def test_counted_flops_are_near_those_of_the_compiled_program(sizes):
    network = masked_network(
        Architecture(sizes[0], sizes[1:-1], sizes[-1], form="mask"),
        Growth(start=sizes[1] / 2),
        key=jax.random.key(0),
    )
    x, y = jnp.ones((200, sizes[0])), jnp.ones((200, sizes[-1]))

    def loss(layers):
        return jnp.square(replace(network, layers=layers)(x) - y).mean()

    cost = jax.jit(jax.value_and_grad(loss)).lower(network.layers).compile().cost_analysis()
    counted = cost["flops"] + TRANSCENDENTAL * cost.get("transcendentals", 0.0)
    spent = network_flops(
        Architecture(sizes[0], sizes[1:-1], sizes[-1], form="mask"), [fixed("tanh")], 200
    )(sizes[1:-1])
    assert spent == pytest.approx(counted, rel=0.2)
