"""Orbits of maps, series of flows, and their tables."""

import math

import numpy as np
import pytest

from chaoscad.analysis import extent, grid, orbit, series, to_csv
from chaoscad.errors import ChaoscadError
from chaoscad.systems import curve_setting, read_curve, setting, user_map


def test_an_orbit_is_the_closed_form_of_the_logistic_map():
    found = orbit(setting("logistic"), 12, [0.2])
    angle = math.asin(math.sqrt(0.2))
    wanted = [math.sin(2**n * angle) ** 2 for n in range(13)]
    assert np.allclose(found.states[:, 0], wanted, atol=1e-11)
    assert found.iterates.tolist() == list(range(13))


def test_skipped_iterates_are_iterated_and_not_kept():
    whole = orbit(setting("henon"), 30)
    later = orbit(setting("henon"), 20, skip=10)
    assert later.iterates[0] == 10
    assert np.array_equal(later.states, whole.states[10:])


def test_user_maps_and_measured_curves_have_orbits():
    found = orbit(user_map("r*x*(1-x)", {"r": 2.0}), 50, [0.1])
    assert found.states[-1, 0] == 0.5
    curve = curve_setting(read_curve("v,w\n#V,V\n0,0\n1,0.5\n2,1\n", "c.csv"))
    found = orbit(curve, 4, [2.0])
    assert found.states[:, 0].tolist() == [2.0, 1.0, 0.5, 0.25, 0.125]
    assert list(found.columns()) == ["iterate", "x (V)"]


def test_an_orbit_that_runs_out_of_binary_digits_says_so():
    found = orbit(setting("tent"), 100)
    assert found.collapsed == 55
    assert found.states[-1, 0] == 0.0
    assert orbit(setting("tent", mu=1.9), 1000).collapsed is None
    assert orbit(setting("logistic", a=2.5), 1000).collapsed is None


def test_an_orbit_that_escapes_says_when():
    with pytest.raises(ChaoscadError) as caught:
        orbit(setting("logistic"), 100, [1.5])
    message = "error: the orbit of logistic escapes at iterate 5; start elsewhere"
    assert str(caught.value) == message


def test_a_series_of_the_oscillator_is_a_cosine():
    found = series(setting("harmonic"), 20.0, 101, skip=3.0)
    assert found.times[0] == 3.0
    assert found.times[-1] == 23.0
    assert np.allclose(found.states[:, 0], np.cos(found.times), atol=1e-8)
    assert np.allclose(found.states[:, 1], -np.sin(found.times), atol=1e-8)


def test_a_driven_flow_is_driven():
    settled = setting("duffing", alpha=4.0, beta=0.0, delta=1.0, gamma=3.0, omega=1.0)
    found = series(settled, 20.0, 50, skip=60.0)
    # x'' + x' + 4 x = 3 cos t: the response is Re(3 e^(it) / (3 + i)).
    wanted = (3 * np.exp(1j * found.times) / (3 + 1j)).real
    assert np.allclose(found.states[:, 0], wanted, atol=1e-8)


def test_a_trajectory_that_escapes_says_when():
    with pytest.raises(
        ChaoscadError, match=r"^error: the trajectory of henon_heiles escapes at time "
    ):
        series(setting("henon_heiles"), 100.0, 10, [0.0, 2.0, 0.0, 0.0])


def test_too_long_a_series_ends_in_an_error(monkeypatch):
    monkeypatch.setattr("chaoscad.analysis.trajectory.MOST_STEPS", 100)
    with pytest.raises(ChaoscadError, match="needs more than 100 steps and has reached time"):
        series(setting("lorenz"), 1000.0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: orbit(setting("lorenz")),
            "an orbit is of a map, and lorenz is a flow; take its series",
        ),
        (
            lambda: series(setting("logistic")),
            "a series is of a flow, and logistic is a map; take its orbit",
        ),
        (lambda: orbit(setting("logistic"), 0), "steps is 0, and must be from 1 to 1000000"),
        (lambda: orbit(setting("logistic"), skip=-1), "skip is -1, and must be from 0 to 1000000"),
        (
            lambda: orbit(setting("henon"), initial=[1.0]),
            "the initial state has 1 numbers, and henon has 2 coordinates: x, y",
        ),
        (
            lambda: orbit(setting("henon"), initial=[1.0, math.nan]),
            "the initial state [1.0, nan] is not finite; give x, y",
        ),
        (lambda: series(setting("lorenz"), -1.0), "time is -1, and must be a positive number"),
        (lambda: series(setting("lorenz"), math.nan), "time is nan, and must be a positive number"),
        (
            lambda: series(setting("lorenz"), 1.0, 10**8),
            "samples is 100000000, and must be from 2 to 20000000",
        ),
        (
            lambda: series(setting("lorenz"), 1.0, 10**7),
            "the series would have 30000000 numbers, and at most 20000000 fit",
        ),
    ],
)
def test_bad_arguments_are_explained(call, message):
    with pytest.raises(ChaoscadError) as caught:
        call()
    assert str(caught.value) == f"error: {message}"


def test_a_table_reads_back_exactly():
    found = orbit(setting("henon"), 5)
    lines = to_csv(found.columns()).splitlines()
    assert lines[0] == "iterate,x,y"
    rows = np.array([[float(cell) for cell in line.split(",")] for line in lines[1:]])
    assert np.array_equal(rows[:, 1:], found.states)


def test_the_extent_of_lorenz_holds_its_wings():
    box = extent(setting("lorenz"))
    assert (box[:, 0] < [-8.5, -8.5, 15]).all()
    assert (box[:, 1] > [8.5, 8.5, 35]).all()
    assert extent(setting("logistic", a=2.0)).tolist() == [[0.0, 1.0]]


def test_a_grid_varies_two_coordinates_and_keeps_the_others():
    found = grid(setting("lorenz"), ("x", "z"), {"x": (0, 1), "z": (5, 6)}, 3, [0, 7, 0])
    assert found.shape == (3, 3)
    assert found.points[:4].tolist() == [[0, 7, 5], [0.5, 7, 5], [1, 7, 5], [0, 7, 5.5]]
    with pytest.raises(ChaoscadError, match="2 different coordinates are needed, and x, x given"):
        grid(setting("lorenz"), ("x", "x"))
