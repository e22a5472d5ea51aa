"""The noise that gates bear, and how errors grow with iterates and time."""

import numpy as np
import pytest
from scipy.stats import norm

from chaoscad.design import load
from chaoscad.errors import ChaoscadError
from chaoscad.plot import draw_error_growth
from chaoscad.robustness import (
    Deviations,
    error_growth,
    first_order_errors,
    first_order_noise,
    tolerable_noise,
)
from chaoscad.robustness.state_noise import tolerable_state_noise
from chaoscad.systems import Flow, Parameter, Setting, Solver, setting
from tests.conftest import ROOT
from tests.robustness.gates import alone

DESIGNS = ROOT / "tests" / "data" / "designs"


@pytest.fixture(scope="module")
def adder():
    return load(DESIGNS / "full_adder.json")


@pytest.fixture(scope="module")
def family():
    """The gates of x0 = 0.325, delta = 1/4 with 1 to 5 iterates: NAND, AND, NOR, XOR, OR."""
    return [alone(setting("logistic"), n, threshold=0.4 if n == 5 else 0.75) for n in range(1, 6)]


def expected(value, at, sigma, points=400_001):
    """The mean of value(at + sigma N(0, 1)) by the trapezoidal rule."""
    away = np.linspace(-9, 9, points)
    return float((value(at + sigma * away) * norm.pdf(away)).sum() * (away[1] - away[0]))


def test_the_published_noise_of_the_family_is_of_first_order(family):
    # Noise of one size on z, on every iterate, the one that is read included, and at the comparator.
    found = [first_order_noise(gate, comparator=np.sqrt(2)) for gate in family]
    assert np.allclose(found, [0.0189, 0.0192, 0.0092, 0.0018, 0.00024], rtol=0.02)


def test_first_order_errors_are_those_of_the_slopes(family):
    found = first_order_errors(family[0], Deviations(state_noise=0.02, comparator_noise=0.01))
    # z = 0.325: the value 0.8775 is 0.1275 above the threshold, the slope is 1.4.
    assert found[0] == pytest.approx(norm.sf(0.1275 / np.hypot(0.02 * 1.4, 0.01)), rel=1e-6)


def test_tolerable_noise_of_one_iterate_is_the_exact_one(family):
    found = tolerable_noise(family[0], 1e-2, trials=100_000)
    assert found.sigma == pytest.approx(tolerable_state_noise(family[0], 1e-2), rel=0.01)
    assert found.errors.value == pytest.approx(1e-2, rel=0.03)
    assert found.first_order == pytest.approx(0.1725 / 2.6 / norm.isf(1e-2), rel=1e-6)


def test_tolerable_noise_of_two_iterates_is_that_of_the_integral(family):
    found = tolerable_noise(family[1], 1e-2, trials=100_000)
    sigma, z = found.sigma, 0.325 + 0.25 * np.array([0, 1, 1, 2])

    def second(state):
        # The chance of f(y + noise) > 3/4 is that of y + noise in (1/4, 3/4).
        y = 4 * state * (1 - state)
        return norm.cdf((0.75 - y) / sigma) - norm.cdf((0.25 - y) / sigma)

    ones = np.array([expected(second, state, sigma) for state in z])
    wrong = np.where(np.array([0, 0, 0, 1]) == 1, 1 - ones, ones)
    assert wrong.max() == pytest.approx(1e-2, rel=0.1)


def test_noise_of_a_design_is_that_of_its_weakest_gate(adder):
    found = tolerable_noise(adder, 1e-2, trials=50_000)
    each = {gate.name: tolerable_state_noise(gate.setpoint, 1e-2) for gate in adder.gates}
    assert found.sigma == pytest.approx(min(each.values()), rel=0.02)
    assert found.to_data()["gate"] == found.gate
    assert each[found.gate] == pytest.approx(min(each.values()), rel=0.02)


def test_errors_grow_at_the_lyapunov_exponent(family, tmp_path):
    noise = Deviations(state_noise=1e-5)
    found = error_growth(family[0], noise, until=8, trials=2000)
    assert found.exponent == pytest.approx(np.log(2), abs=1e-3)
    assert (found.checked, found.differ) == (1000, 0)
    # To first order the spread is that of the slopes along the orbit.
    z, gain = family[0].states(), np.zeros(4)
    for iterate in range(8):
        slope = 4 * (1 - 2 * z)
        gain, z = slope**2 * (gain + 1), 4 * z * (1 - z)
        assert np.allclose(found.spread[iterate], 1e-5 * np.sqrt(gain), rtol=0.1)
    table = found.columns()
    assert list(table) == ["iterate", "error", "low", "high", "spread"]
    made = draw_error_growth(error_growth(family[0], Deviations(state_noise=0.02), trials=2000))
    left, right = made.axes
    assert left.get_yscale() == right.get_yscale() == "log"
    assert right.get_title() == "Lyapunov exponent 0.6931 nats per iterate"


def test_errors_at_one_number_of_iterates_are_those_of_the_gate(family):
    noise = Deviations(state_noise=0.02, comparator_noise=0.05)
    found = error_growth(family[0], noise, until=2, trials=100_000, confidence=0.9999)
    away = np.linspace(-9, 9, 40_001)
    for row, z in enumerate(family[0].states()):
        values = 4 * (z + 0.02 * away) * (1 - z - 0.02 * away)
        ones = float((norm.sf((0.75 - values) / 0.05) * norm.pdf(away)).sum() * (away[1] - away[0]))
        rate = 1 - ones if 4 * z * (1 - z) > 0.75 else ones
        assert found.low[0, row] <= rate <= found.high[0, row]


def ornstein_uhlenbeck(step, method="tsit5"):
    flow = Flow(
        name="ornstein-uhlenbeck",
        title="Ornstein-Uhlenbeck process",
        formula="dx = -theta x dt",
        parameters=(Parameter("theta", 1.0, 0.0, 10.0, "1", "rate"),),
        state=(-5.0, 5.0),
        field=lambda xp, t, s, p: (-p["theta"] * s[0],),
        citation="G. E. Uhlenbeck, L. S. Ornstein, Phys. Rev. 36, 823 (1930)",
        coordinates=("x",),
        encode=("x",),
        read="x",
        start=(0.0,),
        initial=(0.1,),
        time=2.0,
        step=step,
    )
    return Setting(flow, (2.0,), solver=Solver(method, step=step))


@pytest.mark.parametrize("step", [1.0, 0.5, 0.1])
def test_the_spread_of_a_linear_flow_converges_with_the_square_of_the_step(step):
    gate = alone(ornstein_uhlenbeck(step), x0=1.0, delta=(0.5, 0.5), threshold=0.05)
    found = error_growth(gate, Deviations(state_noise=0.3), trials=200_000, seed=1)
    theta = 2.0
    exact = 0.3**2 / (2 * theta) * (1 - np.exp(-2 * theta * found.at))
    # A path that is linear within a step has so much of the variance; see the module's head.
    factor = np.tanh(theta * step / 2) / (theta * step / 2)
    variance = found.spread[:, 0] ** 2
    if step < 1:
        assert np.allclose(variance, exact * factor, rtol=0.02)
    assert np.allclose(variance, exact, rtol=1.0 - factor + 0.25 * step)
    if step == 0.1:
        # The read-out is normal about exp(-2 theta), which is below the threshold.
        rate = norm.sf((0.05 - np.exp(-2 * theta)) / np.sqrt(exact[-1]))
        assert found.rates[-1, 0] == pytest.approx(rate, abs=0.01)
    assert (found.checked, found.differ) == (100, 0)


def test_without_noise_on_the_state_a_flow_reads_what_it_reads():
    gate = load(DESIGNS / "lorenz.json").gates[0].setpoint
    found = error_growth(gate, Deviations(state_noise=1e-9), trials=64)
    assert (found.rates[-1] == 0).all()
    assert (found.spread[-1] < 1e-6).all()
    assert found.exponent == pytest.approx(0.905, abs=0.02)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"state": 0.0}, "the noise on the state and at the comparator are both 0; give one"),
        ({"state": -1.0}, "the noise on the state is -1, and must be zero or a positive number"),
        ({"error": 0.7}, "the error is 0.7, and must be above 0 and below 0.5, that of a coin"),
        (
            {"error": 1e-9},
            "200000 trials see an error of 1e-09 0.0002 times, and must see it at least 20 times; "
            "ask for 20000000000 trials",
        ),
        ({"trials": 0}, "the number of trials is 0, and must be from 1 to 1000000000"),
    ],
)
def test_noise_that_cannot_be_searched_for_is_refused(family, options, message):
    with pytest.raises(ChaoscadError) as error:
        tolerable_noise(family[0], **options)
    assert str(error.value) == "error: " + message


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"until": 0}, "the number of iterates is 0, and must be from 1 to 1000"),
        ({"until": 1.5}, "the number of iterates is 1.5, and must be a whole number"),
        ({"trials": 0}, "the number of trials is 0, and must be from 1 to 1000000000"),
    ],
)
def test_growth_that_has_no_points_is_refused(family, options, message):
    with pytest.raises(ChaoscadError) as error:
        error_growth(family[0], Deviations(state_noise=0.1), **options)
    assert str(error.value) == "error: " + message
