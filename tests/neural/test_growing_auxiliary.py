"""Sizes as auxiliary weights, in one layer and in several: the formula, its gradient, and its law."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from chaoscad.errors import ChaoscadError
from chaoscad.tune import optimizer
from neural.architecture import Architecture
from neural.growing import Growth, grow, to_dense
from neural.masks import extent, mask
from tests.neural.starts import masked_network

SGD = optimizer("sgd", 1e-3)
ONE = Architecture(1, [9], 1, form="auxiliary", init="unit")
TWO = Architecture(2, [6, 5], 3, form="auxiliary", size_input=0.2, init="unit")


def points(n: int = 32, seed: int = 0, trials: tuple[int, ...] = ()) -> tuple:
    """A parabola at random points."""
    x = np.random.default_rng(seed).uniform(-1, 1, (*trials, n, 1)).astype(np.float32)
    return x, x**2 / 5 - x - 1 / 5


def by_hand(network, x: np.ndarray, scale: float) -> np.ndarray:
    """The formula of the source in every hidden layer, neuron by neuron, in double precision."""
    h = np.asarray(x, np.float64)
    for layer, slots in enumerate(network.slots):
        size = float(network.control[layer])
        weight, bias, own = (
            np.asarray(one, np.float64)
            for one in (
                network.layers[layer].weight,
                network.layers[layer].bias,
                network.size_weights[layer],
            )
        )
        columns = []
        for m in range(1, slots + 1):
            n = size - m + 1
            theta = 0.0 if n < 0 else 1.0 if n > 1 else np.sin(np.pi * n / 2) ** 2
            drive = bias[m - 1] + scale * size * own[m - 1] + h @ weight[:, m - 1]
            columns.append(theta * np.tanh(drive))
        h = np.stack(columns, -1)
    last = network.layers[-1]
    return h @ np.asarray(last.weight, np.float64) + np.asarray(last.bias, np.float64)


def test_each_neuron_fades_in_smoothly_as_the_size_passes_it() -> None:
    def presence(size: float) -> np.ndarray:
        return np.asarray(mask(jnp.float32(size), 4, form="auxiliary"))

    quarter = np.sin(np.pi / 8) ** 2
    for size, expected in (
        (-1.0, [0, 0, 0, 0]),
        (0.25, [quarter, 0, 0, 0]),
        (2.5, [1, 1, 0.5, 0]),
        (4.0, [1, 1, 1, 1]),
        (7.0, [1, 1, 1, 1]),
    ):
        np.testing.assert_allclose(presence(size), expected, rtol=1e-5, atol=1e-7)
    slope = jax.vmap(jax.grad(lambda size: mask(size, 4, form="auxiliary").sum()))
    at = jnp.array([-1.0, 0.0, 0.5, 1.0, 2.0, 9.0])
    np.testing.assert_allclose(slope(at), [0, 0, np.pi / 2, 0, 0, 0], atol=1e-5)
    # So that a layer of whole neurons has no further one with a presence of rounding.
    sizes = jnp.arange(10, dtype=jnp.float32)
    np.testing.assert_array_equal(extent(sizes, 9, 1.0, "auxiliary"), sizes)


@pytest.mark.parametrize("sizes", [(0.0, 3.0), (3.6, 0.3), (6.0, 5.0)])
def test_the_outputs_are_the_source_formula_in_every_layer(sizes) -> None:
    network = masked_network(TWO, Growth(start=sizes), key=jax.random.key(1))
    x = np.random.default_rng(1).uniform(-1, 1, (11, 2)).astype(np.float32)
    np.testing.assert_allclose(network(x), by_hand(network, x, 0.2), rtol=2e-5, atol=2e-6)
    dense = to_dense(network)
    assert dense.sizes == (2, *(int(np.ceil(size)) for size in sizes), 3)
    np.testing.assert_allclose(dense(x), network(x), rtol=2e-5, atol=2e-6)


def test_numbers_that_are_not_scaled_lie_between_minus_one_and_one() -> None:
    network = masked_network(ONE, key=jax.random.key(0))
    weights = np.concatenate(
        [np.ravel(leaf) for leaf in jax.tree.leaves((network.layers, network.size_weights))]
    )
    assert len(np.unique(weights)) == 4 * 9 + 1
    assert 0.9 < np.abs(weights).max() <= 1


def test_one_step_goes_along_the_gradient_of_the_loss_and_the_penalty() -> None:
    random = np.random.default_rng(3)
    x, y = random.uniform(-1, 1, (9, 2)).astype(np.float32), random.normal(size=(9, 3))
    growth = Growth("joint", start=(1.4, 2.7), target=(3, 2), weight=0.3)
    run = grow(TWO, x, y, growth=growth, optimizer=optimizer("sgd", 0.1), steps=1, record=1)
    first = masked_network(TWO, growth, key=jax.random.split(jax.random.key(0))[0])

    def total(sizes: np.ndarray) -> float:
        task = np.square(by_hand(first.with_control(sizes), x, 0.2) - y).mean()
        return task + 0.3 * np.square(sizes - np.array([3.0, 2.0])).sum()

    sizes = np.array([1.4, 2.7])
    np.testing.assert_allclose(run.history.sizes[0, 0], sizes, rtol=1e-6)
    np.testing.assert_allclose(run.history.size_loss[0, 0], 0.3 * (1.6**2 + 0.7**2), rtol=1e-5)
    moved = np.asarray(run.networks.control[0]) - sizes
    for layer, step in enumerate(np.eye(2) * 1e-5):
        slope = (total(sizes + step) - total(sizes - step)) / 2e-5
        assert moved[layer] == pytest.approx(-0.1 * slope, rel=1e-3)


def test_the_size_of_every_layer_nears_its_target_exponentially() -> None:
    x, _ = points()
    growth = Growth("size_only", start=(0, 8), target=(5, 3), weight=0.5)
    shape = Architecture(1, [9, 9], 1, form="auxiliary")
    run = grow(shape, x, x, growth=growth, optimizer=SGD, steps=4000, record=500)
    left = (1 - 2 * 1e-3 * 0.5) ** run.history.step
    for layer, (start, target) in enumerate(((0, 5), (8, 3))):
        expected = target + (start - target) * left
        np.testing.assert_allclose(run.history.sizes[:, 0, layer], expected, rtol=1e-4)
    units = np.ceil(np.asarray(run.networks.control[0]) - 1e-5).astype(int)
    assert to_dense(run.network(0)).sizes == (1, *units, 1)
    assert run.history.parameters[-1, 0] == to_dense(run.network(0)).parameter_count


def test_only_the_product_of_rate_and_steps_matters() -> None:
    found = []
    for rate, steps in ((5e-4, 4000), (1e-3, 2000), (2e-3, 1000)):
        growth = Growth("joint", target=5, weight=0.5)
        sgd = optimizer("sgd", rate)
        run = grow(ONE, *points(), growth=growth, optimizer=sgd, steps=steps, seeds=4, record=steps)
        found.append(run.history.sizes[-1, :, 0].astype(np.float64))
    np.testing.assert_allclose(found[0], found[1], rtol=2e-3)
    # The flow is the limit: halving the rate halves the distance to it.
    np.testing.assert_allclose((found[2] - found[1]) / (found[1] - found[0]), 2.0, rtol=0.2)


def test_a_schedule_and_buckets_move_an_auxiliary_weight_too() -> None:
    growth = Growth("schedule", start=2, target=7)
    options = {"growth": growth, "optimizer": optimizer("adam", 1e-2), "steps": 40, "record": 10}
    whole, cut = (grow(ONE, *points(), buckets=count, **options) for count in (1, 3))
    np.testing.assert_allclose(whole.history.sizes[:, 0, 0], [2, 3.25, 4.5, 5.75, 7], rtol=1e-6)
    np.testing.assert_allclose(cut.history.task_loss, whole.history.task_loss, rtol=1e-4)
    assert cut.flops < 0.8 * whole.flops


def test_a_priced_layer_that_has_lost_its_units_falls_no_further() -> None:
    growth = Growth("free", start=0.5, weight=10.0)
    run = grow(ONE, *points(), growth=growth, optimizer=optimizer("sgd", 0.01), steps=40)
    assert -0.1 < run.history.sizes[-1, 0, 0] < 0
    assert run.history.size_loss[-1, 0] == 0
    assert (run.history.parameters[0, 0], run.history.parameters[-1, 0]) == (4, 1)
    assert "has shrunk to -0.0" in str(run.warnings[0])


def test_every_trial_may_have_samples_of_its_own() -> None:
    x, y = points(trials=(3,))
    growth = Growth("joint", target=5, weight=0.5)
    options = {"growth": growth, "optimizer": optimizer("adam", 1e-2), "steps": 30, "batch": 8}
    together = grow(ONE, x, y, test=(x, y), seeds=[4, 5, 6], **options)
    np.testing.assert_allclose(together.history.test_loss, together.history.task_loss, rtol=1e-5)
    for trial, seed in enumerate((4, 5, 6)):
        alone = grow(ONE, x[trial], y[trial], test=(x[0], y[0]), seeds=[seed], **options)
        mine = together.history.task_loss[:, trial]
        np.testing.assert_allclose(alone.history.task_loss[:, 0], mine, rtol=1e-4)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (
            lambda: grow(
                ONE, *points(), growth=Growth("joint", weight=2000), optimizer=SGD, steps=3
            ),
            "with the learning rate 0.001 and lambda 2000 the size overshoots its target and never "
            "settles; take a lambda below 1000, better below 100",
        ),
        (
            lambda: grow(ONE, *points(trials=(3,)), optimizer=SGD, steps=3, seeds=2),
            "the training inputs have the shape (3, 32, 1), and must have (samples, 1) or "
            "(2, samples, 1)",
        ),
        (
            lambda: Architecture(1, [9], 1, form="auxilary"),  # type: ignore[arg-type]
            "unknown form 'auxilary'; did you mean 'auxiliary'?",
        ),
        (
            lambda: Architecture(1, [9], 1, form="mask", size_input="yes"),  # type: ignore[arg-type]
            "size_input, where it is not True or False, is 'yes', and must be from -1e+06 to 1e+06",
        ),
        (
            lambda: Architecture(1, [9], 1, init="one"),  # type: ignore[arg-type]
            "unknown init 'one'; it is one of fan_in, unit",
        ),
    ],
)
def test_impossible_auxiliary_weights_are_refused(build, message) -> None:
    with pytest.raises(ChaoscadError) as caught:
        build()
    assert str(caught.value) == f"error: {message}"
