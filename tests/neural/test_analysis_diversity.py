"""Distances between activation functions, on densities of pre-activations."""

import math

import jax.numpy as jnp
import numpy as np
import pytest

from chaoscad.errors import ChaoscadError
from neural.analysis import (
    Density,
    affine_free,
    distance_matrix,
    sampled_density,
)


def weighted(grid, weights):
    return Density(grid, weights / weights.sum())


def normal(mean=0.0, deviation=1.0, points=401):
    units = np.linspace(-8, 8, points)
    return weighted(mean + deviation * units, np.exp(-(units**2) / 2))


NORMAL = normal()
# The affine part of sin under the normal density is exp(-1/2) z, since E[z sin z] = E[cos z].
SINE = np.sqrt((1 - np.exp(-2)) / 2 - np.exp(-1))


def test_distances_under_the_normal_density_are_the_known_ones():
    # Without their affine parts: sin z - exp(-1/2) z, 0, z^2 - 1 and z^3 - 3 z.
    functions = [np.sin, lambda z: 5 - 2 * z, np.square, lambda z: z**3]
    found = distance_matrix(functions, NORMAL)
    assert found[0, 1] == pytest.approx(SINE, rel=1e-10)
    assert found[1, 2] == pytest.approx(np.sqrt(2), rel=1e-10)
    assert found[1, 3] == pytest.approx(np.sqrt(6), rel=1e-10)
    assert found[2, 3] == pytest.approx(np.sqrt(8), rel=1e-10)
    assert found[0, 2] == pytest.approx(np.sqrt(SINE**2 + 2), rel=1e-10)
    np.testing.assert_array_equal(found, found.T)
    assert not np.diag(found).any()


def test_an_affine_part_changes_nothing():
    functions = [np.sin, lambda z: np.sin(z) + 3.0 * z, lambda z: np.sin(z) - 1e3 + 1e3 * z]
    for density in (
        NORMAL,
        normal(2.0, 0.3, 101),
        weighted(np.linspace(-1, 4, 50) ** 3, np.ones(50)),
        sampled_density(np.random.default_rng(0).exponential(size=2000)),
    ):
        assert distance_matrix(functions, density).max() < 1e-11


def test_the_part_that_is_left_has_no_mean_and_no_slope():
    density = weighted(np.geomspace(1, 30, 70), np.linspace(1, 3, 70))
    parts = affine_free([np.exp, np.cos], density)
    assert parts.shape == (2, 70)
    size = np.abs(parts).max(1)
    assert (np.abs(parts @ density.weights) < 1e-14 * size).all()
    assert (np.abs(parts @ (density.weights * density.grid)) < 1e-12 * size).all()


def test_functions_of_numpy_and_of_jax_agree():
    functions = [np.sin, np.tanh]
    found = distance_matrix(functions, NORMAL)
    np.testing.assert_allclose(distance_matrix([jnp.sin, jnp.tanh], NORMAL), found, atol=1e-6)


def test_the_density_decides_what_counts():
    # |z| is affine where z keeps its sign.
    functions = [np.abs, np.zeros_like]
    assert distance_matrix(functions, normal(8.0, 1.0))[0, 1] < 1e-12
    # Var |z| = 1 - 2/pi, and |z| and z are uncorrelated. The kink costs the sum its accuracy.
    found = distance_matrix(functions, NORMAL)[0, 1]
    assert found == pytest.approx(np.sqrt(1 - 2 / np.pi), rel=1e-3)


def test_both_kinds_of_density_agree_on_a_normal_one():
    samples = np.random.default_rng(1).normal(1.0, 2.0, (500, 200))
    functions = [np.sin, np.tanh, np.cos]
    exact = distance_matrix(functions, normal(1.0, 2.0))
    sampled = sampled_density(samples)
    np.testing.assert_allclose(distance_matrix(functions, sampled), exact, rtol=0.02)
    assert sampled.mean == pytest.approx(1, abs=0.03)
    assert sampled.deviation == pytest.approx(2, rel=0.01)


@pytest.mark.parametrize("size", [1e-200, 1e200])
def test_the_size_of_numbers_does_not_matter(size):
    density = normal(0.0, size)
    functions = [lambda z: size * (z / size) ** 2, lambda z: size * (z / size) ** 3]
    assert density.deviation == pytest.approx(size)
    assert distance_matrix(functions, density)[0, 1] == pytest.approx(size * np.sqrt(8))


@pytest.mark.parametrize(
    ("call", "wanted"),
    [
        (
            lambda: distance_matrix([], NORMAL),
            "no activations are given; give at least one",
        ),
        (
            lambda: distance_matrix([np.sin, lambda z: z[:2]], NORMAL),
            "activation 1 gives float64 of shape (2,) on the grid of shape (401,), and must give a real number for every point",
        ),
        (
            lambda: distance_matrix([lambda z: 1j * z], NORMAL),
            "activation 0 gives complex128 of shape (401,) on the grid of shape (401,), and must give a real number for every point",
        ),
        (
            lambda: distance_matrix([lambda z: np.where(z > 3, np.inf, z)], NORMAL),
            "activation 0 is inf at z = 3.04",
        ),
        (
            lambda: distance_matrix(np.sin, NORMAL),
            "the activations must be a list of functions, also when there is one",
        ),
        (
            lambda: distance_matrix([np.sin, math.sin], NORMAL),
            "activation 1 does not take an array of shape (401,): only 0-dimensional arrays can be converted to Python scalars",
        ),
        (
            lambda: distance_matrix([np.sin], None),
            "the density is None, and must be of the type neural.analysis.density.Density, for example "
            "sampled_density(samples)",
        ),
        (
            lambda: sampled_density(np.array([-1e308, 0.0, 1e308])),
            "the samples go from -1e+308 to 1e+308, too far for a histogram",
        ),
        (
            lambda: distance_matrix([3], NORMAL),
            "activation 0 is 3, and must be a function",
        ),
        (
            lambda: sampled_density(np.full(100, 0.1)),
            "the samples fill 1 of 401 bins, and 3 are needed; give more samples that differ",
        ),
        (
            lambda: sampled_density(np.array([[0.0, 1.0]])),
            "the samples fill 2 of 401 bins, and 3 are needed; give more samples that differ",
        ),
        (
            lambda: sampled_density(np.array([0.0, np.nan])),
            "1 of the 2 numbers of the samples are not finite",
        ),
    ],
)
def test_bad_arguments_are_explained(call, wanted):
    with pytest.raises(ChaoscadError) as error:
        call()
    assert str(error.value) == "error: " + wanted
