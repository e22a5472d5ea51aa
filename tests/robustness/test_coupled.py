"""Coupled copies of a map, and the noise that they average."""

import numpy as np
import pytest

from chaoscad.errors import ChaoscadError
from chaoscad.robustness import coupled, tolerable_noise
from chaoscad.robustness.first_order import noise_gain
from chaoscad.systems import setting
from tests.robustness.gates import alone


def test_copies_compute_what_one_computes():
    z = np.linspace(0.1, 0.9, 9)
    one = setting("logistic", a=3.9)
    for strength in (0.0, 0.5, 1.0):
        many = coupled(one, 3, strength)
        assert np.allclose(many.value(z, 3), one.value(z, 3), rtol=1e-12)


def test_the_mean_of_copies_carries_the_noise_of_one_over_the_root_of_their_number():
    z = np.array([0.2, 0.6])
    one = noise_gain(setting("logistic"), 3, z)
    for strength in (0.0, 1.0):
        many = noise_gain(coupled(setting("logistic"), 9, strength), 3, z)
        assert np.allclose(many, one / 3, rtol=1e-6)


@pytest.mark.slow  # the example of coupled copies shows the same
def test_coupling_bears_more_noise_than_averaging_what_is_read():
    sigma = [
        tolerable_noise(alone(one, 2), 1e-2, trials=2000).sigma
        for one in (
            setting("logistic"),
            coupled(setting("logistic"), 4, 0.0),
            coupled(setting("logistic"), 4),
        )
    ]
    assert sigma[2] == pytest.approx(2 * sigma[0], rel=0.1)
    assert sigma[0] < sigma[1] < 0.95 * sigma[2]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: coupled(setting("lorenz"), 2),
            "lorenz is not a map of one coordinate, which can be coupled",
        ),
        (
            lambda: coupled(setting("logistic"), 0),
            "the number of copies is 0, and must be from 1 to 1024",
        ),
        (
            lambda: coupled(setting("logistic"), 2, 1.5),
            "the strength of the coupling is 1.5, and must be from 0 to 1",
        ),
    ],
)
def test_what_cannot_be_coupled_is_refused(call, message):
    with pytest.raises(ChaoscadError) as error:
        call()
    assert str(error.value) == "error: " + message
