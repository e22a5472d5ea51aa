"""Curvature of a loss, against dense Hessians."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

from chaoscad.errors import ChaoscadError
from neural.analysis import (
    extreme_eigenvalues,
    hessian_trace,
    lanczos,
    spectral_density,
)

KEY = jax.random.key(0)


def moments(found):
    """The mean of the eigenvalues, and their variance without the width of the Gaussians."""
    mean = found.weights @ found.nodes
    return mean, found.weights @ (found.nodes - mean) ** 2


def make():
    """A small classifier's loss over real parameters of several shapes, with a fixed part."""
    keys = jax.random.split(KEY, 4)
    x = jax.random.normal(keys[0], (100, 6))
    labels = jax.random.randint(keys[1], (100,), 0, 3)
    parameters = {
        "first": jax.random.normal(keys[2], (6, 8)) / 2,
        "bias": jnp.zeros(8),
        "second": jax.random.normal(keys[3], (8, 3)) / 2,
        "activation": jnp.tanh,
        "classes": 3,
    }
    return loss, parameters, x, labels


def loss(parameters, x, labels):
    hidden = parameters["activation"](x @ parameters["first"] + parameters["bias"])
    logits = hidden @ parameters["second"]
    chosen = jax.nn.log_softmax(logits) * jax.nn.one_hot(labels, parameters["classes"])
    return -chosen.sum(-1).mean()


@pytest.fixture(scope="module")
def net():
    function, parameters, x, labels = make()
    closed = jax.tree_util.Partial(function, x=x, labels=labels)
    weights, rest = eqx.partition(parameters, eqx.is_inexact_array)
    flat, unravel = ravel_pytree(weights)
    dense = jax.jit(jax.hessian(lambda v: closed(eqx.combine(unravel(v), rest))))(flat)
    dense = np.asarray(dense, np.float64)
    return closed, parameters, dense, np.linalg.eigvalsh(dense)


def test_the_extreme_eigenvalues_are_those_of_the_dense_hessian(net):
    closed, parameters, _, values = net
    found = extreme_eigenvalues(closed, parameters, KEY, 40)
    assert found.largest == pytest.approx(values[-1], rel=1e-5)
    assert found.smallest == pytest.approx(values[0], rel=1e-4)
    assert found.steps == 40
    few = extreme_eigenvalues(closed, parameters, KEY, 8)
    assert few.largest < values[-1] * 1.00001
    for value, residual in (
        (few.largest, few.largest_residual),
        (few.smallest, few.smallest_residual),
    ):
        assert np.abs(values - value).min() <= residual + 1e-6


def test_the_trace_is_within_its_error(net):
    closed, parameters, dense, _ = net
    found = hessian_trace(closed, parameters, jax.random.key(3), 64)
    assert abs(found.value - np.trace(dense)) < 3 * found.standard_error
    # Over random signs, v . H v varies by twice the squares off the diagonal.
    off = dense - np.diag(np.diag(dense))
    assert found.standard_error == pytest.approx(np.sqrt(2 * (off**2).sum() / 64), rel=0.3)


def test_the_density_has_the_moments_of_the_eigenvalues(net):
    closed, parameters, _, values = net
    found = spectral_density(closed, parameters, jax.random.key(4), probes=32, steps=30)
    assert np.trapezoid(found.density, found.grid) == pytest.approx(1, abs=1e-5)
    assert found.weights.sum() == pytest.approx(1)
    assert found.parameters == len(values)
    error = hessian_trace(closed, parameters, KEY, 32).standard_error / len(values)
    centre, variance = moments(found)
    assert centre == pytest.approx(values.mean(), abs=3 * error)
    assert variance == pytest.approx(values.var(), rel=0.1)
    mean = np.trapezoid(found.density * found.grid, found.grid)
    assert mean == pytest.approx(centre, abs=1e-5)
    spread = np.trapezoid(found.density * (found.grid - mean) ** 2, found.grid)
    assert spread == pytest.approx(variance + found.width**2, rel=1e-3)
    # The share of eigenvalues above a place between them.
    above = np.trapezoid(np.where(found.grid > 0.1, found.density, 0), found.grid)
    assert above == pytest.approx((values > 0.1).mean(), abs=0.05)


def test_another_batch_of_the_same_shape_needs_no_second_program():
    calls = []

    def counted(p, x):
        calls.append(1)
        return jnp.sum((x @ p) ** 2)

    x, p = jax.random.normal(KEY, (5, 3)), jnp.ones(3)
    one = extreme_eigenvalues(jax.tree_util.Partial(counted, x=x), p, KEY)
    first = len(calls)
    two = extreme_eigenvalues(jax.tree_util.Partial(counted, x=2 * x), p, KEY)
    # The second search looks at the loss's shape only.
    assert len(calls) - first == 1 < first
    assert two.largest == pytest.approx(4 * one.largest, rel=1e-5)
    assert extreme_eigenvalues(jax.tree_util.Partial(counted, x=x), p, KEY) == one


def diagonal(values):
    return lambda v: 0.5 * jnp.sum(jnp.asarray(values) * v**2)


def test_a_breakdown_ends_with_the_exact_eigenvalues():
    function = diagonal([1.0, 1, 1, 3, 3, 3, -2, -2])
    found = extreme_eigenvalues(function, jnp.ones(8), KEY)
    assert found.steps < 8
    assert found.largest == pytest.approx(3, rel=1e-6)
    assert found.smallest == pytest.approx(-2, rel=1e-6)
    assert found.largest_residual < 1e-5
    density = spectral_density(function, jnp.ones(8), KEY, probes=3)
    assert moments(density) == (pytest.approx(1, abs=1e-6), pytest.approx(3.75, rel=1e-6))


def test_a_start_in_an_invariant_subspace_stops_there():
    matrix = jnp.array([[2.0, 1.0, 0], [1.0, 2.0, 0], [0, 0, 7.0]])
    found = lanczos(lambda v: matrix @ v, jnp.array([1.0, 1.0, 0.0]), 3)
    assert int(found.size) == 1
    np.testing.assert_allclose(found.diagonal, [3, 0, 0], atol=1e-6)
    assert found.below.tolist() == [0, 0, 0]
    assert not np.asarray(found.basis)[1:].any()


@pytest.mark.parametrize(("value", "width"), [(3.0, 3e-5), (0.0, 0.01)])
def test_equal_eigenvalues_have_a_density_too(value, width):
    found = spectral_density(diagonal([value] * 5), jnp.ones(5), KEY)
    assert found.width == pytest.approx(width, rel=1e-3)
    assert moments(found)[0] == pytest.approx(value)
    assert np.trapezoid(found.density, found.grid) == pytest.approx(1, abs=1e-5)


def test_the_basis_stays_orthonormal_where_plain_lanczos_loses_it():
    values = jnp.concatenate([jnp.linspace(0, 1, 190), jnp.array([20.0, 100.0, 1000.0])])
    start = jax.random.normal(KEY, (193,))
    found = jax.jit(lambda v: lanczos(lambda u: values * u, v, 60))(start)
    np.testing.assert_allclose(found.basis @ found.basis.T, np.eye(60), atol=2e-6)
    inner = np.diag(found.diagonal) + np.diag(found.below[:-1], 1) + np.diag(found.below[:-1], -1)
    ritz = np.linalg.eigvalsh(inner.astype(np.float64))
    # Each outlier is found once: without re-orthogonalisation the largest would come twice.
    assert np.sum(ritz > 2) == 3
    np.testing.assert_allclose(ritz[-3:], [20, 100, 1000], rtol=1e-5)


@pytest.mark.parametrize(
    ("call", "wanted"),
    [
        (
            lambda: extreme_eigenvalues(lambda p: p, jnp.ones(3), KEY),
            "the loss gives float32 of shape (3,), and must give one real number",
        ),
        (
            lambda: hessian_trace(lambda p: 1, jnp.ones(3), KEY),
            "the loss gives int32 of shape (), and must give one real number",
        ),
        (
            lambda: hessian_trace(lambda p: 1.0, {"n": 3, "f": jnp.tanh}, KEY),
            "there are no floating-point arrays among the parameters",
        ),
        (
            lambda: hessian_trace(lambda p: p.sum(), jnp.ones(3, jnp.bfloat16), KEY),
            "the parameters are bfloat16; curvature needs float32 or float64",
        ),
        (
            lambda: extreme_eigenvalues(lambda p: jnp.log(p).sum(), jnp.zeros(3), KEY),
            "the Hessian at these parameters is not finite",
        ),
        (
            lambda: hessian_trace(lambda p: jnp.sqrt(p).sum(), jnp.zeros(3), KEY),
            "the Hessian at these parameters is not finite",
        ),
        (
            lambda: extreme_eigenvalues(lambda p: p.sum(), jnp.ones(0), KEY),
            "there are no floating-point arrays among the parameters",
        ),
        (
            lambda: hessian_trace(lambda p: p @ jnp.ones(4), jnp.ones(3), KEY),
            "the loss does not take these parameters: dot_general requires contracting dimensions to have the same shape, got (3,) and (4,).",
        ),
        (
            lambda: extreme_eigenvalues(lambda p: p @ p, jnp.ones(3), None),
            "the key is None, and must be one key, such as jax.random.key(0)",
        ),
        (
            lambda: hessian_trace(lambda p: p @ p, jnp.ones(3), KEY, 1),
            "probes is 1, and must be from 2 to 20000000",
        ),
        (
            lambda: extreme_eigenvalues(lambda p: p @ p, jnp.ones(3), KEY, 0),
            "steps is 0, and must be from 1 to 20000000",
        ),
    ],
)
def test_bad_arguments_are_explained(call, wanted):
    with pytest.raises(ChaoscadError) as error:
        call()
    assert str(error.value) == "error: " + wanted
