"""Lyapunov exponents against their known values."""

import math

import jax
import numpy as np
import pytest

from chaoscad.analysis import finite_time, grid, kaplan_yorke, lyapunov, lyapunov_over
from chaoscad.errors import ChaoscadError
from chaoscad.systems import setting, user_map

# J. C. Sprott, Chaos and Time-Series Analysis, Oxford (2003), appendix A; ln 2 and ln 4 are exact.
KNOWN = {
    "logistic": [math.log(2)],
    "tent": [math.log(2)],
    "bernoulli": [math.log(2)],
    "chebyshev": [math.log(4)],
    "henon": [0.41922, -1.62319],
    "lozi": [0.4702, -1.1633],
    "lorenz": [0.9056, 0.0, -14.5723],
    "rossler": [0.0714, 0.0, -5.3943],
    "damped": [-0.1, -0.1],
}


@pytest.mark.parametrize("name", KNOWN)
def test_the_spectrum_is_the_known_one(name: str):
    found = lyapunov(setting(name))
    for value, error, wanted in zip(found.exponents, found.errors, KNOWN[name], strict=True):
        assert value == pytest.approx(wanted, rel=0.02, abs=0.01 if wanted == 0 else 0)
        assert error < 0.01 * max(abs(wanted), 0.1)
    assert np.allclose(found.history[-1], found.exponents)


def test_the_errors_cover_the_known_value():
    found = lyapunov(setting("logistic"))
    assert abs(found.exponents[0] - math.log(2)) < 4 * found.errors[0] + 2e-6
    shorter = lyapunov(setting("logistic"), 200)
    assert shorter.errors[0] > 5 * found.errors[0]


def test_the_exponents_of_a_dissipative_map_add_up_to_its_contraction():
    found = lyapunov(setting("henon"), 1000)
    assert found.exponents.sum() == pytest.approx(math.log(0.3), abs=1e-12)


def test_a_periodic_window_has_a_negative_exponent():
    found = lyapunov(setting("logistic", a=3.83), 2000)
    assert found.exponents[0] < -0.3
    assert found.dimension == 0


def test_user_maps_have_exponents():
    found = lyapunov(user_map("r*x*(1-x)", {"r": 4.0}), 5000)
    assert found.exponents[0] == pytest.approx(math.log(2), rel=0.01)


def test_the_dimension_of_kaplan_and_yorke():
    assert kaplan_yorke(np.array([0.9056, 0.0, -14.5723])) == pytest.approx(2.0621, abs=1e-4)
    assert kaplan_yorke(np.array([0.419, -1.623])) == pytest.approx(1.258, abs=1e-3)
    assert kaplan_yorke(np.array([-0.1, -0.2])) == 0
    assert kaplan_yorke(np.array([0.5])) == 1


def test_a_limit_cycle_has_dimension_one():
    found = lyapunov(setting("van_der_pol"), 500.0)
    assert found.dimension == 1
    assert found.exponents[0] == pytest.approx(0, abs=0.002)
    assert found.exponents[1] == pytest.approx(-1.0593, abs=0.01)


def test_a_stiff_flow_gets_smaller_steps():
    # Half of the system's own step, 0.025, does not resolve the relaxation.
    found = lyapunov(setting("van_der_pol", mu=20.0), 200.0)
    assert found.step < 0.025


def test_a_step_too_long_is_noticed():
    with pytest.raises(
        ChaoscadError, match=r"escapes before time|do not resolve it; give a smaller step"
    ):
        lyapunov(setting("van_der_pol", mu=20.0), 200.0, step=0.025)


def test_a_flat_place_is_an_error():
    for flat in (setting("logistic", a=2.0), user_map("minimum(x, 0.5)", {})):
        with pytest.raises(
            ChaoscadError,
            match=r"meets a place where the map is flat before iterate \d+: an "
            r"exponent is minus infinity; change a parameter$",
        ):
            lyapunov(flat, 100, initial=[0.9])


def test_an_orbit_that_escapes_is_an_error():
    with pytest.raises(
        ChaoscadError,
        match=r"^error: an orbit of henon escapes before iterate \d+; start elsewhere$",
    ):
        lyapunov(setting("henon"), initial=[50.0, 0.0])
    with pytest.raises(
        ChaoscadError, match=r"^error: a trajectory of henon_heiles escapes before time"
    ):
        lyapunov(setting("henon_heiles"), 100.0, initial=[0.0, 2.0, 0.0, 0.0])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"length": 10}, "length is 10, and must be from 50 to 20000000"),
        ({"length": math.nan}, "length is nan, and must be a whole number"),
        ({"skip": -1}, "skip is -1, and must be from 0 to 20000000"),
        ({"starts": 1}, "the number of starts is 1, and must be from 2 to 100000"),
    ],
)
def test_bad_arguments_are_explained(arguments, message):
    with pytest.raises(ChaoscadError) as caught:
        lyapunov(setting("logistic"), **arguments)
    assert str(caught.value) == f"error: {message}"


def test_too_long_or_short_a_run_of_a_flow_is_refused():
    # Fifty blocks of ten steps, each half the system's own.
    system = setting("lorenz")
    with pytest.raises(ChaoscadError) as caught:
        lyapunov(system, 0.1)
    message = f"length is 0.1, and must be at least {250 * system.system.step:g}"
    assert str(caught.value) == f"error: {message}"
    with pytest.raises(ChaoscadError, match=r"need more than 20000000 steps of .*; ask for less$"):
        lyapunov(system, 1e9)


def test_the_configuration_of_jax_is_left_alone():
    before = dict(jax.config.values)
    lyapunov(setting("logistic"), 100)
    assert dict(jax.config.values) == before
    assert jax.numpy.ones(1).dtype == jax.numpy.float32


def test_finite_time_exponents_of_the_tent_map_are_everywhere_ln_2():
    found = finite_time(setting("tent"), np.array([[0.1], [0.3], [0.77]]), 10)
    assert np.allclose(found.exponents, math.log(2))


def test_finite_time_exponents_of_the_logistic_map_are_the_product_of_its_slopes():
    x = np.array([0.1, 0.37])
    y = 4 * x * (1 - x)
    wanted = np.log(np.abs(4 * (1 - 2 * x) * 4 * (1 - 2 * y))) / 2
    found = finite_time(setting("logistic"), x[:, None], 2)
    assert np.allclose(found.exponents, wanted)


def test_finite_time_exponents_of_a_rotation_and_of_a_decay():
    rotation = finite_time(setting("harmonic"), np.array([[1.0, 0.0]]), 7.0)
    assert rotation.exponents[0] == pytest.approx(0, abs=1e-6)
    # The flow's derivative is expm([[0, 1], [-1, -0.2]] t), whatever the state.
    from scipy.linalg import expm

    wanted = math.log(np.linalg.norm(expm(np.array([[0, 1], [-1, -0.2]]) * 10), 2)) / 10
    decay = finite_time(setting("damped"), np.array([[1.0, 0.0], [0.3, 0.3]]), 10.0)
    assert np.allclose(decay.exponents, wanted, atol=1e-6)


def test_initial_states_that_escape_have_no_exponent():
    found = finite_time(setting("logistic"), np.array([[0.3], [1.5]]), 20)
    assert np.isnan(found.exponents).tolist() == [False, True]
    with pytest.raises(ChaoscadError) as caught:
        finite_time(setting("logistic"), np.array([[1.5]]), 20)
    assert str(caught.value) == "error: every orbit of logistic escapes within 20; start elsewhere"


def test_a_grid_gives_a_picture():
    where = grid(setting("henon"), columns=5)
    found = finite_time(setting("henon"), where, 3)
    assert found.grid is where
    assert list(found.columns()) == ["x", "y", "exponent (nats per iterate)"]
    assert len(found.exponents) == 25
    with pytest.raises(ChaoscadError, match=r"an array \[points, 2\], and its shape is \[3\]"):
        finite_time(setting("henon"), np.zeros(3), 3)
    with pytest.raises(ChaoscadError, match="are too much work; ask for fewer points or less"):
        finite_time(setting("henon"), grid(setting("henon"), columns=50), 10**6)


def test_spectra_over_a_parameter_are_those_of_its_values():
    found = lyapunov_over(setting("henon"), "a", 1.2, 1.6, columns=5)
    assert found.at.tolist() == pytest.approx([1.2, 1.3, 1.4, 1.5, 1.6])
    assert found.exponents[2, 0] == pytest.approx(0.4192, abs=0.01)
    # Of every value the exponents add up to the logarithm of the determinant, b = 0.3.
    assert np.allclose(found.exponents[:3].sum(axis=1), np.log(0.3), atol=1e-6)
    assert found.escaped == 2
    assert np.isnan(found.exponents[3:]).all()
    assert list(found.columns()) == [
        "a",
        "exponent 1 (nats per iterate)",
        "exponent 2 (nats per iterate)",
    ]
    flow = lyapunov_over(setting("lorenz"), "rho", 14.0, 28.0, columns=2, length=200.0)
    assert flow.exponents[:, 0] == pytest.approx([-0.4, 0.9], abs=0.2)
    with pytest.raises(
        ChaoscadError, match="needs 11000000 steps, and at most 5000000 are taken; ask for less"
    ):
        lyapunov_over(setting("henon"), "a", 1.0, 1.1, length=1e7)
