"""The chance that noise on the initial state turns a bit, as a sum over preimages."""

import numpy as np
import pytest
from scipy.stats import norm

from chaoscad.errors import ChaoscadError
from chaoscad.robustness.state_noise import state_noise_error, tolerable_state_noise
from chaoscad.systems import setting
from chaoscad.systems.preimages import crossings
from tests.robustness.gates import alone


def gate(name="logistic", iterates=1, x0=0.325, delta=(0.25, 0.25), threshold=0.75, compare=">"):
    return alone(setting(name), iterates, x0, delta, threshold, compare)


def test_the_preimages_of_the_logistic_map_are_those_of_its_formula():
    # x = sin^2(t) is doubled in t: F^n(x) = 3/4 where t = (+-pi/3 + k pi) / 2^n.
    for iterates in (1, 2, 5):
        angles = (np.pi / 3 + np.arange(1 << iterates) * np.pi) / (1 << iterates)
        found = crossings(setting("logistic"), 0.75, iterates, (-1.0, 2.0))
        assert np.allclose(found, np.unique(np.sin(angles).round(14) ** 2), atol=1e-13)


def test_a_jump_over_the_value_is_a_crossing():
    found = crossings(setting("bernoulli"), 0.5, 2, (0.0, 0.999))
    assert np.allclose(found, np.arange(1, 8) / 8)


def test_one_iterate_errs_by_the_two_preimages():
    # f(x) > 3/4 for x in (1/4, 3/4).
    found = state_noise_error(gate(), 0.03)
    low, high = (0.25 - 0.325) / 0.03, (0.75 - 0.325) / 0.03
    assert found[0] == pytest.approx(norm.cdf(low) + norm.sf(high), rel=1e-12)
    assert found[3] == pytest.approx(norm.cdf(0.75, 0.825, 0.03) - norm.cdf(0.25, 0.825, 0.03))
    assert tolerable_state_noise(gate()) == pytest.approx(0.075 / norm.isf(1e-3), rel=1e-9)


@pytest.mark.parametrize(
    ("name", "iterates", "threshold", "compare"),
    [("logistic", 4, 0.75, ">"), ("circle", 2, 0.5, "<"), ("gauss", 3, 0.1, ">")],
)
def test_it_is_what_sampling_finds(name, iterates, threshold, compare):
    one = gate(name, iterates, threshold=threshold, compare=compare)
    z = one.states()[:, None] + 0.05 * np.random.default_rng(0).standard_normal((4, 200_000))
    values, clean = (one.setting.value(x, iterates) > threshold for x in (z, one.states()))
    sampled = (values != clean[:, None]).mean(1)
    assert np.abs(state_noise_error(one, 0.05) - sampled).max() < 4 * 0.5 / np.sqrt(200_000)


def test_the_least_noise_is_found_at_which_a_row_errs_so_often():
    one = gate(iterates=4)
    sigma = tolerable_state_noise(one, 1e-3)
    assert state_noise_error(one, sigma).max() == pytest.approx(1e-3, rel=1e-6)
    assert state_noise_error(one, 0.99 * sigma).max() < 1e-3


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: state_noise_error(gate(), -0.1),
            "sigma is -0.1, and must be above 0 and at most 1000",
        ),
        (
            lambda: state_noise_error(gate(), np.nan),
            "sigma is nan, and must be above 0 and at most 1000",
        ),
        (
            lambda: tolerable_state_noise(gate(), 0.5),
            "the error is 0.5, and must be above 0 and below 0.5, that of a coin",
        ),
        (
            lambda: state_noise_error(gate("henon"), 0.1),
            "henon is not a map of one coordinate, to which the sum over preimages applies; "
            "use tolerable_noise",
        ),
        (
            lambda: tolerable_state_noise(gate(threshold=7.0)),
            "no state noise up to 1 makes a row err with a probability of 0.001",
        ),
    ],
)
def test_what_has_no_answer_is_refused(call, message):
    with pytest.raises(ChaoscadError) as error:
        call()
    assert str(error.value) == "error: " + message
