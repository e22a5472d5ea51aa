"""Bifurcation diagrams and cascades of period doublings."""

import math

import numpy as np
import pytest

from chaoscad.analysis import bifurcation, continuation, period_doublings, stroboscopic
from chaoscad.errors import ChaoscadError
from chaoscad.systems import setting, user_flow, user_map


def branches(found, value: float) -> int:
    """How many different values the column nearest to `value` has."""
    nearest = found.at[np.abs(found.at - value).argmin()]
    return len(np.unique(np.round(found.values[found.at == nearest], 6)))


def test_the_diagram_of_the_logistic_map_has_its_branches():
    found = bifurcation(setting("logistic"), "a", 2.8, 3.99, 120, keep=64)
    assert [branches(found, a) for a in (2.9, 3.3, 3.5, 3.556)] == [1, 2, 4, 8]
    assert branches(found, 3.99) == 64
    at_fixed = found.values[np.abs(found.at - 2.8) < 1e-12]
    assert np.allclose(at_fixed, 1 - 1 / 2.8)
    assert list(found.columns()) == ["a", "x", "settled"]
    assert len(found.at) == 120 * 64


def test_the_diagram_of_the_rossler_flow_shows_its_maxima():
    found = bifurcation(setting("rossler"), "c", 2.5, 4.0, 4, skip=400)
    assert found.reads == "maximum of x"
    columns = [np.unique(np.round(found.values[found.at == c], 3)) for c in (2.5, 3.5, 4.0)]
    assert [len(column) for column in columns] == [1, 2, 4]


def test_an_equilibrium_is_one_point():
    found = bifurcation(setting("lorenz"), "rho", 5.0, 10.0, 2, skip=100)
    assert np.allclose(found.at, [5, 10])
    assert np.allclose(np.abs(found.values), [math.sqrt(8 / 3 * 4), math.sqrt(8 / 3 * 9)])


def test_maxima_are_located_between_the_samples():
    found = bifurcation(setting("harmonic"), "omega", 0.5, 2.0, 4, skip=10, keep=50)
    assert np.allclose(found.values, 1.0, atol=1e-5)


LINEAR = user_flow({"x": "v", "v": "cos(w*t) - x - v"}, {"w": 2.0}, read="x", time=1, step=0.1)
"""Its response is Re(e^(iwt) / (1 - w^2 + iw)); its period is found in the equations."""


def test_a_driven_flow_is_read_once_per_period_of_its_drive_at_a_phase():
    for phase, turned in ((0.0, 1), (0.25, 1j)):
        found = bifurcation(LINEAR, "w", 1.0, 3.0, 3, skip=40, keep=10, phase=phase)
        wanted = (turned / (1 - found.at**2 + 1j * found.at)).real
        assert found.values == pytest.approx(wanted, abs=1e-4)
        assert len(found.values) == 30
    assert found.periods == pytest.approx((2 * math.pi / 3, 2 * math.pi))
    assert list(found.columns())[1] == "x once per period of the drive, at 0.25 of it"
    at_maxima = bifurcation(LINEAR, "w", 1.0, 3.0, 3, skip=40, keep=10, maxima=True)
    assert at_maxima.reads == "maximum of x"
    size = np.abs(1 / (1 - at_maxima.at**2 + 1j * at_maxima.at))
    assert at_maxima.values == pytest.approx(size, abs=1e-4)


def test_the_driven_double_well_doubles_its_period_where_it_is_known_to():
    # The periods at these amplitudes: Wikipedia, Duffing equation, section "Examples".
    wells = setting("duffing", alpha=-1.0, beta=1.0, delta=0.3, omega=1.2)
    found = bifurcation(wells, "gamma", 0.28, 0.37, 10)
    assert [branches(found, gamma) for gamma in (0.28, 0.29, 0.37)] == [2, 4, 5]
    assert found.skipped >= 200
    # Steps of another order, and an integrator that chooses its own.
    last = found.values[found.at == 0.28][-2:]
    other = stroboscopic(wells.with_values({"gamma": 0.28}), 2, skip=1500.0).states[:, 0]
    assert sorted(last) == pytest.approx(sorted(other), abs=1e-5)


@pytest.mark.parametrize(
    ("system", "arguments", "message"),
    [
        (
            setting("duffing"),
            ("omega", 0.0, 1.0),
            "the drive of duffing has no period at omega = 0; leave that out, or read the maxima (--maxima)",
        ),
        (
            user_flow({"x": "cos(w*t) - x"}, {"w": 2.0}, read="x", time=1, step=0.1, period="3"),
            ("w", 1.0, 2.0),
            "user does not repeat after 3 at w = 1, so that is no period of its drive",
        ),
    ],
)
def test_a_drive_without_its_period_is_refused(system, arguments, message):
    with pytest.raises(ChaoscadError) as caught:
        bifurcation(system, *arguments, columns=3)
    assert str(caught.value) == f"error: {message}"


def test_a_transient_that_has_not_decayed_is_doubled_and_else_marked():
    # At r = 0 the multiplier of x = 0 is -1, and the orbit decays as 1 / sqrt(8 n): never as far as is asked for.
    slow = user_map("4*x**3 - (1 + r)*x", {"r": 0.0})
    found = bifurcation(slow, "r", -0.2, 0.2, 3, skip=100, keep=20, initial=[0.3])
    assert (found.prolonged, found.skipped) == (1, 100 * 64 + 6 * 20)
    assert found.unsettled == pytest.approx([0.0])
    assert found.settled.tolist() == [True] * 20 + [False] * 20 + [True] * 20
    last = np.abs(found.values[20:40])
    assert last == pytest.approx(1 / np.sqrt(8 * found.skipped), rel=0.02)
    # A flow that is damped little: after the first transient it has a tenth of its amplitude still.
    damped = user_flow({"x": "v", "v": "-x - d*v"}, {"d": 0.02}, read="x", time=1, step=0.1)
    found = bifurcation(damped, "d", 0.02, 0.04, 2, skip=230, keep=50, initial=[1.0, 0.0])
    assert found.prolonged == 2
    assert not len(found.unsettled)
    assert np.abs(found.values).max() < 2e-3


def test_a_parameter_of_whole_numbers_takes_each_once():
    found = bifurcation(setting("chebyshev"), "k", 2, 5, keep=3)
    assert sorted(set(found.at)) == [2, 3, 4, 5]
    message = "error: k is a whole number, and none is from 2.2 to 2.8"
    with pytest.raises(ChaoscadError, match=message):
        bifurcation(setting("chebyshev"), "k", 2.2, 2.8)


def test_columns_that_escape_are_left_out_and_counted():
    found = bifurcation(setting("henon"), "a", 1.2, 1.6, 5)
    assert found.escaped == 2
    assert found.at.max() == pytest.approx(1.4)
    with pytest.raises(ChaoscadError) as caught:
        bifurcation(setting("henon"), "a", 1.8, 2.0, 5)
    message = "the orbits of henon escape for every a from 1.8 to 2; start elsewhere"
    assert str(caught.value) == f"error: {message}"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("b", 1, 2), "logistic has no parameter 'b'; it has a"),
        (("a", 3, 2), "a goes from 3 to 2, and must rise between finite numbers"),
        (("a", math.nan, 2), "a goes from nan to 2, and must rise between finite numbers"),
        (("a", 3, 5), "a of logistic goes from 3 to 5, outside its range [0, 4]"),
        (("a", 3, 4, 1), "columns is 1, and must be from 2 to 20000000"),
        (("a", 3, 4, 10**6), "the diagram would have 200000000 numbers, and at most 20000000 fit"),
        (("a", 3, 4, 10, 1.5), "skip is 1.5, and must be a whole number"),
    ],
)
def test_bad_arguments_are_explained(arguments, message):
    with pytest.raises(ChaoscadError) as caught:
        bifurcation(setting("logistic"), *arguments)
    assert str(caught.value) == f"error: {message}"


def test_the_doublings_of_the_logistic_map_and_feigenbaum_s_ratio():
    found = period_doublings(setting("logistic"), "a", 2.8, 3.6)
    assert found.periods == (1, 2, 4, 8, 16, 32)
    # 3 and 1 + sqrt(6) are exact; the others to the digits of M. Kotsireas, K. Karamanos (2004).
    wanted = [3, 1 + math.sqrt(6), 3.5440903596, 3.5644072661, 3.5687594196, 3.5696916098]
    assert np.allclose(found.values, wanted, atol=1e-9)
    assert found.ratios[-1] == pytest.approx(4.669, rel=0.001)
    assert list(found.columns()) == ["period", "a", "ratio"]


RANGES = [(low / 10, high / 10) for low in range(31) for high in range(30, 41) if low != high]


@pytest.mark.parametrize("ranges", [RANGES[::6], pytest.param(RANGES, marks=pytest.mark.slow)])
def test_a_doubling_on_a_column_or_an_end_of_the_range_is_found(ranges):
    # The doubling at 3 is exact, and columns and ends hit it exactly.
    for low, high in ranges:
        found = period_doublings(setting("logistic"), "a", low, high, 1)
        assert found.periods == (1,), (low, high)
        assert found.values[0] == pytest.approx(3, abs=1e-12), (low, high)
        assert low <= found.values[0] <= high, (low, high)


def test_a_cascade_before_the_range_is_cut_there():
    found = period_doublings(setting("logistic"), "a", 3.001, 3.5)
    assert found.periods == (2,)
    assert found.values == pytest.approx([1 + math.sqrt(6)], abs=1e-12)


def test_the_cascade_is_universal():
    cases = [
        (setting("sine"), "r", 0.1, 1.0),
        (setting("cubic"), "r", 1.5, 2.4),
        (user_map("r*x*(1-x)", {"r": 3.0}), "r", 2.5, 3.9),
        (user_map("r*x*exp(-x)", {"r": 3.0}), "r", 2.0, 16.0),
    ]
    for system, parameter, low, high in cases:
        found = period_doublings(system, parameter, low, high, 7)
        assert found.periods == (1, 2, 4, 8, 16, 32, 64), system.system.title
        assert found.ratios[-1] == pytest.approx(4.669, rel=0.002)
    # x exp(...) of Ricker doubles first where its multiplier 1 - ln r is -1.
    assert found.values[0] == pytest.approx(math.e**2, abs=1e-9)


def test_a_cascade_may_run_down_the_parameter():
    found = period_doublings(setting("quadratic"), "c", -1.5, 0.0)
    assert found.values[:2] == pytest.approx([-0.75, -1.25], abs=1e-9)
    assert found.ratios[-1] == pytest.approx(4.669, rel=0.005)


def test_the_window_of_period_three_has_its_own_cascade():
    found = period_doublings(setting("logistic"), "a", 3.83, 3.85, 3)
    assert found.periods == (3, 6, 12)
    assert found.values[0] == pytest.approx(3.8414990, abs=1e-6)


def test_where_nothing_doubles_there_is_an_error():
    with pytest.raises(ChaoscadError) as caught:
        period_doublings(setting("logistic"), "a", 1.0, 2.0)
    message = "no period doubling of logistic was found for a from 1 to 2; widen the range"
    assert str(caught.value) == f"error: {message}"
    with pytest.raises(ChaoscadError) as caught:
        period_doublings(setting("henon"), "a", 0.1, 1.0)
    message = "period doublings are found for maps of one coordinate, and henon is not one"
    assert str(caught.value) == f"error: {message}"


def test_a_diagram_followed_both_ways_shows_where_attractors_coexist():
    # x = 0 is stable below r = 0, and x^2 = (1 + sqrt(1 + 4 r)) / 2 from the fold at r = -1/4 to r = 0.
    system = user_map("(1 + r)*x + x**3 - x**5", {"r": 0.0})
    found = continuation(system, "r", -0.4, 0.05, columns=46)
    between = (found.at > -0.245) & (found.at < -0.005)
    assert found.differ[between].all()
    assert not found.differ[(found.at < -0.255) | (found.at > 0.025)].any()
    here = np.isclose(found.down.at, -0.1)
    assert found.down.values[here] == pytest.approx(np.sqrt((1 + np.sqrt(0.6)) / 2))
    assert np.abs(found.up.values[np.isclose(found.up.at, -0.1)]).max() < 1e-3
    assert list(found.columns()) == ["r", "way", "x", "settled"]


def test_a_driven_oscillator_has_two_cycles_in_its_hysteresis():
    duffing = setting("duffing", alpha=1.0, beta=5.0, delta=0.2, gamma=1.0)
    found = continuation(duffing, "omega", 1.0, 5.0, columns=11)
    # The bent resonance: upwards the orbit stays on the large cycle, in phase with the drive.
    assert found.at[found.differ] == pytest.approx([2.2, 2.6, 3.0])
    up, down = (part.values[part.at == found.at[3]] for part in (found.up, found.down))
    assert up == pytest.approx(0.9520, abs=1e-3)
    assert down == pytest.approx(-0.2784, abs=1e-3)
    assert found.up.reads == "x once per period of the drive"


def test_a_continuation_refuses_what_a_bifurcation_does():
    with pytest.raises(
        ChaoscadError, match=r"the orbits of henon escape for every a from 1\.8 to 2"
    ):
        continuation(setting("henon"), "a", 1.8, 2.0, columns=3)
    with pytest.raises(ChaoscadError, match="logistic has no parameter 'b'; it has a"):
        continuation(setting("logistic"), "b", 1.8, 2.0)
