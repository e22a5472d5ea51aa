"""Fixed points, portraits, sections and recurrences."""

import math
import sys

import numpy as np
import pytest

from chaoscad.analysis import (
    fixed_points,
    orbit,
    portrait,
    recurrence,
    section,
    series,
    stroboscopic,
)
from chaoscad.analysis.fixed_points import kind_of_equilibrium, kind_of_fixed_point
from chaoscad.errors import ChaoscadError
from chaoscad.systems import curve_setting, read_curve, setting, user_map


def test_the_fixed_points_of_the_logistic_map():
    low, high = fixed_points(setting("logistic", a=2.5)).points
    assert low.state[0] == 0.0
    assert high.state[0] == pytest.approx(0.6, abs=1e-12)
    assert (low.kind, high.kind) == ("repelling", "attracting flip")
    assert high.eigenvalues[0] == pytest.approx(-0.5)


def test_the_fixed_points_of_the_henon_map():
    left, right = fixed_points(setting("henon")).points
    root = math.sqrt(0.7**2 + 4 * 1.4)
    assert left.state == pytest.approx([(-0.7 - root) / 2.8, 0.3 * (-0.7 - root) / 2.8])
    assert right.state == pytest.approx([(-0.7 + root) / 2.8, 0.3 * (-0.7 + root) / 2.8])
    assert (left.kind, right.kind) == ("saddle", "saddle flip")
    assert np.linalg.det(right.jacobian) == pytest.approx(-0.3)


def test_the_equilibria_of_the_lorenz_flow():
    found = fixed_points(setting("lorenz"))
    x = math.sqrt(72)
    assert np.allclose(
        [point.state for point in found.points], [[-x, -x, 27], [0, 0, 0], [x, x, 27]]
    )
    assert [point.kind for point in found.points] == ["saddle focus", "saddle", "saddle focus"]
    # The larger eigenvalues at the origin: s^2 + 11 s - 270 = 0.
    assert found.points[1].eigenvalues[0].real == pytest.approx((-11 + math.sqrt(1201)) / 2)
    settled = fixed_points(setting("lorenz", rho=0.5))
    assert [point.kind for point in settled.points] == ["stable node"]


@pytest.mark.parametrize(
    ("system", "kind"),
    [
        (setting("harmonic"), "centre"),
        (setting("damped"), "stable focus"),
        (setting("damped", zeta=2.0), "stable node"),
        (setting("van_der_pol"), "unstable focus"),
        (setting("van_der_pol", mu=3.0), "unstable node"),
    ],
)
def test_the_class_of_the_origin(system, kind):
    (point,) = fixed_points(system).points
    assert np.allclose(point.state, 0)
    assert point.kind == kind


def test_classes_of_eigenvalues():
    assert kind_of_equilibrium(np.array([1, -1 + 1j, -1 - 1j])) == "saddle focus"
    assert kind_of_equilibrium(np.array([1, 1j, -1j, -1])) == "saddle centre"
    assert kind_of_equilibrium(np.array([0j, -1])) == "degenerate"
    assert kind_of_fixed_point(np.array([0.5j, -0.5j])) == "attracting spiral"
    assert kind_of_fixed_point(np.array([-1.0 + 0j])) == "neutral flip"
    assert kind_of_fixed_point(np.array([2.0 + 0j, 0.5])) == "saddle"


def test_user_maps_and_curves_have_fixed_points():
    (point,) = fixed_points(user_map("cos(x)", {})).points
    assert point.state[0] == pytest.approx(0.7390851332151607, abs=1e-12)
    curve = curve_setting(read_curve("v,w\n0,1\n1,0.5\n2,0.2\n3,0.1\n", "c.csv"))
    (point,) = fixed_points(curve).points
    assert curve.value(point.state[:1])[0] == pytest.approx(point.state[0])


def test_a_box_limits_the_search():
    found = fixed_points(setting("lorenz"), np.array([[1.0, 20], [1.0, 20], [1.0, 50]]))
    assert len(found.points) == 1
    with pytest.raises(ChaoscadError, match="a box gives the least and the greatest value of each"):
        fixed_points(setting("lorenz"), np.array([[1.0, 0.0]] * 3))


def test_a_driven_flow_and_a_line_of_fixed_points_are_errors():
    with pytest.raises(ChaoscadError) as caught:
        fixed_points(setting("duffing"))
    message = "duffing is driven and has no equilibria; its section shows its cycles as points"
    assert str(caught.value) == f"error: {message}"
    with pytest.raises(ChaoscadError, match="more than 100 fixed points of user were found"):
        fixed_points(user_map("x", {}))


def test_a_portrait_has_arrows_orbits_and_fixed_points():
    found = portrait(setting("damped"), ranges={"x": (-2, 2), "v": (-1, 1)}, length=10.0)
    x, v = found.grid.points.T
    assert np.allclose(found.arrows, np.stack([v, -0.2 * v - x], axis=1))
    assert len(found.orbits) == 6
    assert [point.kind for point in found.fixed_points] == ["stable focus"]
    table = found.columns()
    assert list(table) == ["orbit", "time", "x", "v"]
    assert len(table["orbit"]) == 6 * len(found.times)


def test_a_portrait_of_a_map_shows_the_change_in_one_iterate():
    found = portrait(setting("henon"), length=20)
    x, y = found.grid.points.T
    assert np.allclose(found.arrows[:, 0], 1 - 1.4 * x * x + y - x)
    assert np.array_equal(found.times, np.arange(21))


def test_orbits_that_escape_are_counted():
    system = setting("henon_heiles")
    found = portrait(system, starts=[[0, 0.1, 0, 0], [0, 2, 0, 0]], length=5.0)
    assert (len(found.orbits), found.escaped) == (1, 1)
    with pytest.raises(
        ChaoscadError, match=r"^error: every orbit of the portrait failed: the trajectory"
    ):
        portrait(system, starts=[[0, 2, 0, 0]], length=5.0)
    with pytest.raises(ChaoscadError) as caught:
        portrait(setting("logistic"))
    message = "a portrait needs two coordinates, and logistic has one; take its orbit"
    assert str(caught.value) == f"error: {message}"


def test_a_section_of_the_oscillator_is_met_once_per_turn():
    up = section(setting("harmonic"), "x", 0.5, 1, 5)
    assert np.allclose(up.times, 2 * math.pi * np.arange(1, 6) - math.pi / 3, atol=1e-8)
    down = section(setting("harmonic"), "x", 0.5, -1, 5, skip=1.2)
    assert np.allclose(down.times, 2 * math.pi * np.arange(1, 6) + math.pi / 3, atol=1e-8)
    assert np.allclose(down.states[:, 1], -math.sqrt(0.75), atol=1e-8)


@pytest.mark.parametrize("level", [0.99999, 0.999999, -0.99999])
@pytest.mark.parametrize("direction", [1, -1])
def test_no_crossing_next_to_a_turning_point_is_lost(level, direction):
    found = section(setting("harmonic"), "x", level, direction, 40, initial=[1.0, 0.0])
    # x = cos t.
    first = -direction * math.acos(level) % (2 * math.pi)
    assert np.allclose(found.times, first + 2 * math.pi * np.arange(40), atol=1e-5)


def test_crossings_lie_in_the_section_to_rounding():
    found = section(setting("rossler"), "x", 0.0, 1, 50, skip=50.0)
    assert np.abs(found.states[:, 0]).max() < 1e-10
    _, y, z = found.states.T
    assert (-y - z > 0).all()
    # The section is almost a curve: that is what makes a map of the flow.
    order = np.argsort(y)
    assert np.abs(np.diff(z[order])).max() < 1e-3


def test_a_stroboscope_sees_a_driven_cycle_as_a_point():
    system = setting("duffing", alpha=4.0, beta=0.0, delta=1.0, gamma=3.0, omega=1.0)
    found = stroboscopic(system, 5, skip=60.0)
    assert np.allclose(found.times, 2 * math.pi * np.arange(10, 15))
    # x(t) = Re(3 e^(it) / (3 + i)).
    assert np.allclose(found.states, [0.9, 0.3], atol=1e-8)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: section(setting("logistic"), "x", 0.5),
            "a section is of a flow, and logistic is a map; take its orbit",
        ),
        (
            lambda: section(setting("lorenz"), "q", 0.5),
            "lorenz has no coordinate 'q'; its coordinates are x, y, z",
        ),
        (
            lambda: section(setting("lorenz"), "x", math.inf),
            "the level of x is inf, and must be a finite number",
        ),
        (
            lambda: section(setting("harmonic"), "x", 2.0),
            "the trajectory of harmonic does not cross x = 2 until time 10.35; its x goes from -1 to 1",
        ),
        (
            lambda: stroboscopic(setting("lorenz")),
            "lorenz is not driven, so its section needs a plane, such as x = 0",
        ),
    ],
)
def test_sections_that_cannot_be_are_explained(call, message, monkeypatch):
    # 20,000 steps of .1 without a crossing are ten seconds.
    monkeypatch.setattr(sys.modules["chaoscad.analysis.section"], "PATIENCE", 100)
    with pytest.raises(ChaoscadError) as caught:
        call()
    assert str(caught.value) == f"error: {message}"


def test_a_cycle_recurs_with_its_period_and_is_deterministic():
    found = recurrence(orbit(setting("logistic", a=3.5), 40, skip=1000), 0.01)
    # A cycle of four: 41 states, of which every fourth is the same.
    assert found.matrix[0].nonzero()[0].tolist() == list(range(0, 41, 4))
    assert found.determinism == pytest.approx(1.0, abs=0.01)
    assert found.rate == pytest.approx(0.238, abs=0.01)
    table = found.columns()
    assert list(table) == ["iterate", "recurs at iterate"]
    assert set((table["recurs at iterate"] - table["iterate"]) % 4) == {0}


def test_determinism_tells_chaos_from_a_cycle():
    cycle = recurrence(series(setting("harmonic"), 100.0, 400))
    chaos = recurrence(orbit(setting("logistic"), 400))
    noise = np.random.default_rng(0).uniform(size=(401, 1))
    random = recurrence(
        type(orbit(setting("logistic"), 4))(setting("logistic"), np.arange(401.0), noise)
    )
    assert cycle.determinism > 0.99
    assert cycle.diameter == pytest.approx(2, abs=0.01)
    assert random.determinism < chaos.determinism < 0.9
    # Of two uniform numbers the share closer than r is 2 r - r^2.
    assert random.rate == pytest.approx(0.19, abs=0.01)


def test_every_state_of_an_orbit_at_rest_recurs():
    # At a = 2 the map rests exactly, at 2.5 it goes back and forth by its last bit.
    runs = [
        *(orbit(setting("logistic", a=a), 50, skip=2000) for a in (2, 2.5)),
        orbit(setting("henon", a=0.2), 50, skip=2000),
        series(setting("lorenz", rho=10.0), 20.0, 50, skip=100.0),
    ]
    for found in map(recurrence, runs):
        assert found.rests
        assert found.rate == 1
    assert not recurrence(orbit(setting("logistic", a=3.5), 50, skip=1000)).rests


def test_recurrence_refuses_what_does_not_fit():
    run = orbit(setting("logistic"), 5000)
    with pytest.raises(ChaoscadError) as caught:
        recurrence(run)
    assert str(caught.value) == "error: the number of states is 5001, and must be from 2 to 4000"
    with pytest.raises(ChaoscadError) as caught:
        recurrence(orbit(setting("logistic"), 50), 1.5)
    assert str(caught.value) == "error: the threshold is 1.5, and must be between 0 and 1"
