"""Enclosures contain every value of the map, whatever the interval, and close in as it shrinks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaoscad.systems import SYSTEMS, Map, curve_setting, read_curve, setting, user_map
from chaoscad.systems.enclosure import NAMESPACE, enclose
from chaoscad.systems.evaluate import slope
from chaoscad.systems.interval import Box
from chaoscad.systems.jet import Jet
from tests.conftest import ROOT

CURVE = curve_setting(
    read_curve((ROOT / "netlists" / "three_transistor_curve.csv").read_text(), "curve.csv")
)
USER = user_map("exp(-w*(x-0.5)**2) + tanh(x)/(2+x) - abs(x-0.3)*sqrt(x+1) + log(x+2)", {"w": 12.0})
SETTINGS = [setting(s.name) for s in SYSTEMS.values() if isinstance(s, Map)] + [CURVE, USER]
EACH = pytest.mark.parametrize("choice", SETTINGS, ids=lambda choice: choice.system.name)


def intervals(choice, count=3000, seed=0):
    random = np.random.default_rng(seed)
    low, high = choice.system.state
    ends = random.uniform(low, high, (2, count))
    ends[1] = np.clip(ends[0] + (ends[1] - ends[0]) * 10 ** random.uniform(-6, 0, count), low, high)
    return ends.min(0), ends.max(0)


@EACH
@pytest.mark.parametrize("iterates", [1, 2, 4])
def test_every_value_is_enclosed(choice, iterates):
    if choice is CURVE and iterates > 1:
        pytest.skip("a point of the curve's image may lie outside its domain")
    low, high = intervals(choice)
    jet = enclose(choice, low, high, iterates)
    for share in np.linspace(0, 1, 101):
        value = choice.value(np.clip(low + share * (high - low), low, high), iterates)
        # Outside its domain a user's map has no value.
        defined = np.isfinite(value)
        assert defined.any()
        assert (jet.value.low <= value)[defined].all()
        assert (value <= jet.value.high)[defined].all()


@EACH
def test_every_slope_is_enclosed(choice):
    low, high = intervals(choice, 500)
    jet = enclose(choice, low, high)
    for share in np.linspace(0.05, 0.95, 19):
        at = low + share * (high - low)
        wide = high - low > 1e-4
        # Across a jump the difference quotient is no derivative.
        found = slope(choice, at)
        regular = wide & (np.abs(found) < 1e4)
        slack = 1e-4 * (1 + np.abs(found))
        assert (jet.slope.low - slack <= found)[regular].all()
        assert (found <= jet.slope.high + slack)[regular].all()


@pytest.mark.parametrize("name", ["logistic", "sine", "cubic", "gauss", "quadratic", "chebyshev"])
def test_the_excess_falls_with_the_square_of_the_width(name):
    choice = setting(name)
    middle = np.linspace(*choice.system.state, 203)[1:-1]

    def excess(width):
        low, high = middle - width / 2, middle + width / 2
        jet = enclose(choice, low, high, 2)
        x = low + (high - low) * np.linspace(0, 1, 401)[:, None]
        value = choice.value(x, 2)
        return ((jet.value.high - jet.value.low) - (value.max(0) - value.min(0))).max()

    assert excess(1e-4) < excess(1e-3) / 30 + 1e-12


def test_points_are_enclosed_to_rounding():
    x = np.linspace(0, 1, 1001)
    jet = enclose(setting("logistic"), x, x, 3)
    assert (jet.value.high - jet.value.low).max() < 1e-13


def test_outside_its_domain_a_curve_has_no_finite_enclosure():
    jet = enclose(CURVE, np.array([1.5]), np.array([1.6]))
    assert np.isinf(jet.value.low[0])
    assert np.isinf(jet.value.high[0])


def test_a_choice_by_the_state_is_refused():
    x = Jet(Box.of(0.5), Box.of(1.0))
    with pytest.raises(TypeError, match="a choice that depends on the state has no enclosure"):
        NAMESPACE.where(x, 1.0, 2.0)


FUNCTIONS = {
    "sin": np.sin,
    "cos": np.cos,
    "exp": np.exp,
    "tanh": np.tanh,
    "abs": np.abs,
    "floor": np.floor,
}


@pytest.mark.parametrize("name", FUNCTIONS)
@given(low=st.floats(-30, 30), width=st.floats(0, 20), share=st.floats(0, 1))
def test_functions_enclose_their_values(name, low, width, share):
    high = low + width
    jet = getattr(NAMESPACE, name)(Jet(Box(np.array(low), np.array(high)), Box.of(1.0)))
    value = FUNCTIONS[name](min(max(low + share * width, low), high))
    assert jet.value.low <= value <= jet.value.high


@given(
    a=st.floats(-1e3, 1e3),
    b=st.floats(-1e3, 1e3),
    widths=st.tuples(st.floats(0, 10), st.floats(0, 10)),
    shares=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    power=st.integers(-3, 5),
)
def test_arithmetic_encloses_its_values(a, b, widths, shares, power):
    one = Jet(Box(np.array(a), np.array(a + widths[0])), Box.of(1.0))
    two = Jet(Box(np.array(b), np.array(b + widths[1])), Box.of(1.0))
    x = min(a + shares[0] * widths[0], a + widths[0])
    y = min(b + shares[1] * widths[1], b + widths[1])
    for jet, value in ((one + two, x + y), (one - two, x - y), (one * two, x * y)):
        assert jet.value.low <= value <= jet.value.high
    if y != 0:
        with np.errstate(all="ignore"):
            jet, value = one / two, np.float64(x) / np.float64(y)
        assert not np.isfinite(value) or jet.value.low <= value <= jet.value.high
    if x != 0:
        with np.errstate(all="ignore"):
            jet, value = one**power, np.float64(x) ** power
        slack = 1e-12 * abs(value)
        assert jet.value.low - slack <= value <= jet.value.high + slack
