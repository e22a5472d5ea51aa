"""The probabilities of rows to fail: against closed forms, and against devices drawn at random."""

import math

import numpy as np
import pytest
from scipy.special import ndtr

from chaoscad.cells import library, tolerance_of, yield_libraries
from chaoscad.cells.failures import Failures
from chaoscad.cells.request import parse_function
from chaoscad.errors import ChaoscadError
from chaoscad.systems import setting

LOGISTIC = setting("logistic")
STATE = (0.0, 1.0)


def cell(text: str, iterates: int):
    found = library()
    assert found is not None
    chosen = found.look_up(parse_function(text), iterates, ">")
    assert chosen is not None
    return chosen


def preimages(threshold: float, iterates: int) -> list[float]:
    """Of the logistic map with a = 4: both roots of 4 z (1 - z) = t, again for each of them."""
    if iterates == 0:
        return [threshold]
    roots = [math.sqrt(1 - t) / 2 for t in preimages(threshold, iterates - 1)]
    return sorted(0.5 + sign * root for root in roots for sign in (-1, 1))


@pytest.mark.parametrize("count", [1, 2, 4])
def test_noise_on_the_state_fails_a_row_by_the_sum_over_preimages(count):
    found, sigma = cell("MAJ", count), 0.01
    # F is above the threshold between preimages of odd and even place.
    places = np.array(preimages(found.setpoint.threshold, count))
    got = Failures(LOGISTIC, STATE, count, tolerance_of(LOGISTIC, noise={"state": sigma})).of(found)
    for row, want in enumerate(found.function.rows):
        bits = [int(bit) for bit in format(row, "03b")]
        z = found.setpoint.x0 + sum(
            d * bit for d, bit in zip(found.setpoint.delta, bits, strict=True)
        )
        ends = ndtr((places - z) / sigma)
        above = float((ends[1::2] - ends[::2]).sum())
        wrong = 1 - above if want == "1" else above
        assert got[row] == pytest.approx(wrong, rel=1e-4, abs=1e-13)


def test_all_errors_together_fail_rows_as_often_as_devices_drawn_at_random():
    found, count = cell("NAND", 2), 400_000
    sizes = {"x0": 0.03, "delta": 0.02, "threshold": 0.04}
    standing = tolerance_of(
        LOGISTIC, tolerance=sizes, shared={"a": "1 %"}, noise={"comparator": 0.02}
    )
    got = Failures(LOGISTIC, STATE, 2, standing).of(found)
    random = np.random.default_rng(0)
    x0 = found.setpoint.x0 + 0.03 * random.standard_normal(count)
    delta = np.array(found.setpoint.delta)[:, None] + 0.02 * random.standard_normal((2, count))
    threshold = found.setpoint.threshold + math.hypot(0.04, 0.02) * random.standard_normal(count)
    a = 4 * (1 + 0.01 * random.standard_normal(count))
    for row, want in enumerate(found.function.rows):
        z = x0 + (row >> 1) * delta[0] + (row & 1) * delta[1]
        for _ in range(2):
            z = a * z * (1 - z)
        share = float(((z > threshold) != (want == "1")).mean())
        # Four standard errors, and 2 % for the slope in a, which is taken to be constant.
        assert abs(got[row] - share) < 4 * math.sqrt((share + 1e-5) / count) + 0.02 * share


def test_the_reach_is_where_the_worst_row_fails_with_a_probability_of_one_in_a_thousand():
    found = cell("XOR", 1)
    sigma = Failures(LOGISTIC, STATE, 1, tolerance_of(LOGISTIC, noise={"state": 1.0})).reach(found)
    low = (1 - math.sqrt(0.5)) / 2
    # Row 00 stands at 0, below the preimages of 1/2; rows 01 and 10 between them, row 11 above.
    assert ndtr(-low / sigma) == pytest.approx(1e-3, rel=1e-4)
    half = Failures(LOGISTIC, STATE, 1, tolerance_of(LOGISTIC, noise={"state": 2.0})).reach(found)
    assert half == pytest.approx(sigma / 2, rel=1e-9)


def test_no_deviation_makes_a_constant_above_all_values_fail():
    (shelf,) = yield_libraries(LOGISTIC, STATE)
    never = shelf.look_up(parse_function("FALSE"), 1, ">")
    assert never is not None
    assert never.reach == math.inf


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"tolerance": {"thresold": 0.1}}, "tolerance: no gate has a parameter 'thresold'"),
        ({"tolerance": "-1 %"}, "the tolerance '-1 %' of all parameters is negative"),
        ({"tolerance": {"x0": "much"}}, "the tolerance 'much' of x0 is none"),
        ({"noise": {"stat": 0.1}}, "unknown noise 'stat'"),
        ({"noise": {"state": -0.1}}, "the noise state is -0.1, and must be a number of at least 0"),
        ({}, "the objective yield needs a tolerance or noise: nothing deviates"),
        ({"tolerance": 0.0}, "the objective yield needs a tolerance or noise: nothing deviates"),
    ],
)
def test_a_tolerance_that_is_none_is_refused(given, message):
    with pytest.raises(ChaoscadError) as caught:
        tolerance_of(LOGISTIC, **given)
    assert message in str(caught.value)
