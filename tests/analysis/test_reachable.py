"""What one control reaches in fixed hardware."""

import numpy as np
import pytest

from chaoscad.analysis.reachable import exponent, reachable
from chaoscad.errors import ChaoscadError
from chaoscad.systems import setting, user_map


@pytest.fixture(scope="module")
def grown():
    return reachable(setting("logistic"), [1, 2, 3, 4])


def test_x0_alone_reaches_all_16_functions_at_four_iterates(grown):
    assert [one.count for one in grown] == [8, 8, 15, 16]


def test_every_function_counted_is_computed_by_its_setpoint_in_the_range_of_states(grown):
    for one in grown:
        for wanted, setpoint in one.setpoints.items():
            assert "".join("1" if bit else "0" for bit in setpoint.bits()) == wanted.rows
            assert setpoint.margin(wanted) > 0
            assert ((setpoint.states() >= 0) & (setpoint.states() <= 1)).all()


def test_hardware_is_the_same_for_all_functions(grown):
    for one in grown:
        assert len({(at.delta, at.threshold) for at in one.setpoints.values()}) == 1


def test_the_exponent_ignores_iterates_after_the_first_that_reaches_all(grown):
    slope = np.polyfit([1, 2, 3, 4], np.log([8, 8, 15, 16]), 1)[0]
    assert exponent(grown, 2) == pytest.approx(slope)
    assert exponent([*grown, *reachable(setting("logistic"), [5])], 2) == pytest.approx(slope)
    assert exponent(grown[:1], 2) is None


def test_the_threshold_as_second_control_reaches_more():
    (one,) = reachable(setting("logistic"), [2], controls="x0,threshold")
    assert one.count == 16
    assert len({at.delta for at in one.setpoints.values()}) == 1
    # A constant has two functions, one on each side of a threshold.
    constant = user_map("0.5 + 0*x")
    for controls, count in (("x0", 1), ("x0,threshold", 2)):
        (one,) = reachable(constant, [1], controls=controls)
        assert one.count == count
        assert one.worst_margin > 0.1


def test_shared_weights_reach_symmetric_functions_only():
    (one,) = reachable(setting("logistic"), [3], weights="shared")
    assert one.count == 8
    assert all(wanted.rows[1] == wanted.rows[2] for wanted in one.setpoints)


def test_a_flow_is_refused():
    with pytest.raises(ChaoscadError) as error:
        reachable(setting("lorenz"), [1])
    assert "functions are counted by iterates, and lorenz is a flow" in str(error.value)


def test_the_tent_map_reaches_what_is_proven_to_be_the_most():
    one, three = reachable(setting("tent"), [1, 3])
    (both,) = reachable(setting("tent"), [2], controls="x0,threshold")
    assert [(found.count, found.most) for found in (one, three, both)] == [(8, 8), (8, 8), (14, 14)]
    assert exponent([one, three], 2) == 0.0


def test_the_most_is_told_where_laps_are_few(grown):
    assert [one.most for one in grown] == [9, 16, 16, 16]
    assert grown[0].why.startswith("F of the logistic map has at most 2 laps")
    assert grown[1].why == ""
