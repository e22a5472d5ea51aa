"""The participation ratio of activities, plain and corrected."""

from itertools import permutations

import numpy as np
import pytest

from chaoscad.errors import ChaoscadError
from neural.analysis import participation_ratio


def test_known_activities_have_their_known_ratio():
    # Two units with variances in the ratio 1 : 3, uncorrelated: 16 / 10.
    signs = np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]]) * np.sqrt([1.0, 3.0])
    found = participation_ratio(signs)
    assert found.ratio == pytest.approx(1.6)
    assert (found.samples, found.units) == (4, 2)


def test_units_that_do_the_same_count_once():
    wave = np.sin(np.arange(50.0))
    found = participation_ratio(np.stack([wave, -3 * wave, 2 * wave + 7], axis=1))
    assert found.ratio == pytest.approx(1.0)
    assert found.ratio / found.units == pytest.approx(1 / 3)


def test_shift_scale_and_rotation_change_nothing():
    generator = np.random.default_rng(0)
    values = generator.normal(size=(30, 6)) * np.arange(1, 7)
    turn, _ = np.linalg.qr(generator.normal(size=(6, 6)))
    one, other = participation_ratio(values), participation_ratio(1e200 * (values @ turn) + 1e200)
    assert other.ratio == pytest.approx(one.ratio)
    assert other.corrected == pytest.approx(one.corrected)


def test_constant_units_count_as_units_only():
    values = np.random.default_rng(0).normal(size=(30, 3))
    one = participation_ratio(values)
    two = participation_ratio(np.concatenate([values, np.full((30, 1), 0.1)], axis=1))
    assert two.ratio == pytest.approx(one.ratio)
    assert two.corrected == pytest.approx(one.corrected)
    assert two.ratio / two.units == pytest.approx(one.ratio / 4)


@pytest.mark.parametrize("units", [2, 9])
def test_the_correction_is_the_average_over_all_choices_of_four_samples(units):
    generator = np.random.default_rng(units)
    values = generator.exponential(size=(7, units)) @ generator.normal(size=(units, units))
    tops, bottoms = [], []
    for a, b, c, d in permutations(values, 4):
        one, two = a - b, c - d
        tops.append((one @ one) * (two @ two))
        bottoms.append((one @ two) ** 2)
    found = participation_ratio(values)
    assert found.corrected == pytest.approx(np.mean(tops) / np.mean(bottoms), rel=1e-10)


@pytest.mark.parametrize("shape", ["normal", "exponential"])
def test_the_corrected_ratio_is_centred_where_the_plain_one_is_low(shape):
    generator = np.random.default_rng(1)
    variances = 0.9 ** np.arange(60)
    true = variances.sum() ** 2 / (variances**2).sum()
    plain, corrected = [], []
    for _ in range(400):
        draws = getattr(generator, shape)(size=(30, 60)) * np.sqrt(variances)
        found = participation_ratio(draws)
        plain.append(found.ratio)
        corrected.append(found.corrected)
    assert true == pytest.approx(18.9, abs=0.1)
    assert np.mean(plain) < 0.7 * true
    error = np.std(corrected) / np.sqrt(400)
    # A ratio of unbiased estimates keeps a bias of second order, a percent or two here.
    assert np.mean(corrected) == pytest.approx(true, abs=0.03 * true + 3 * error)
    closer = np.abs(np.array(corrected) - true) < np.abs(np.array(plain) - true)
    assert closer.mean() > 0.9


def test_too_few_samples_have_no_correction():
    values = np.random.default_rng(0).normal(size=(3, 5))
    found = participation_ratio(values)
    assert np.isnan(found.corrected)
    assert np.isnan(found.normalised_corrected)
    assert 1 <= found.ratio <= 2


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        (np.zeros(4), "the activities have shape (4,), and must have shape (samples, units)"),
        (
            np.zeros((0, 3)),
            "the activities have shape (0, 3), and must have shape (samples, units)",
        ),
        (np.zeros((1, 3)), "a covariance needs 2 samples or more, and 1 is given"),
        (
            np.full((5, 3), 0.1),
            "none of the 3 units ever changes over the 5 samples, so there is no covariance",
        ),
        (
            np.array([[0.0, np.nan], [np.inf, 1.0]]),
            "2 of the 4 numbers of the activities are not finite",
        ),
        (np.array([["a", "b"]]), "the activities are <U1, and must be real numbers"),
    ],
)
def test_bad_activities_are_explained(values, wanted):
    with pytest.raises(ChaoscadError) as error:
        participation_ratio(values)
    assert str(error.value) == "error: " + wanted
