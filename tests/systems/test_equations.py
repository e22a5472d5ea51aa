"""Systems by their equations, and the built-in ones that they are written after."""

import numpy as np
import pytest

from chaoscad.expression import ExpressionError
from chaoscad.systems import Parameter, setting, user_flow, user_map
from chaoscad.systems.symbolic import trace

OSCILLATOR = {"x": "v", "v": "g*cos(w*t) - d*v - a*x - b*x*x*x"}
WRITTEN = {
    "lorenz": user_flow(
        {"x": "s*(y - x)", "y": "x*(r - z) - y", "z": "x*y - b*z"},
        {"s": 10.0, "r": 28.0, "b": 8 / 3},
        encode=["x", "y", "z"],
        read="x",
        time=1.0,
        step=0.025,
    ),
    "rossler": user_flow(
        {"x": "-y - z", "y": "x + a*y", "z": "b + z*(x - c)"},
        {"a": 0.2, "b": 0.2, "c": 5.7},
        encode=["x", "y", "z"],
        read="x",
        time=3.0,
        step=0.05,
    ),
    "duffing": user_flow(
        OSCILLATOR,
        {"a": 1.0, "b": 5.0, "d": 0.02, "g": 8.0, "w": 0.5},
        read="x",
        time=2.0,
        step=0.04,
        period="2*pi/w",
    ),
    "henon": user_map({"x": "1 - a*x*x + y", "y": "b*x"}, {"a": 1.4, "b": 0.3}),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_a_system_by_its_equations_has_the_values_of_the_built_in_one(name):
    own, built_in = WRITTEN[name], setting(name)
    z = np.linspace(-1.0, 1.0, 7)
    assert np.allclose(own.value(z), built_in.value(z), rtol=0, atol=1e-9)
    assert trace(own) == trace(built_in)


def test_a_drive_has_a_period_and_a_field_that_depends_on_time():
    duffing = WRITTEN["duffing"].system
    assert duffing.driven
    assert duffing.period({"w": 0.5}) == pytest.approx(4 * np.pi)
    assert duffing.period({"w": 0.0}) == np.inf
    assert not WRITTEN["lorenz"].system.driven


@pytest.mark.parametrize(
    ("drive", "period"),
    [
        ("cos(w*t)", np.pi),
        ("sin(2*t)*abs(cos(3*t + 1))", 2 * np.pi),
        ("tan(t/3 + pi/2)", 3 * np.pi),
        ("exp(sin(t + 0.1)) + x*cos(1.5*t)", 4 * np.pi),
        ("cos(t) + cos(pi*t)", np.inf),
        ("cos(t*t)", np.inf),
        ("sin(t + x)", np.inf),
        ("t*cos(t)", None),
        ("exp(-t)", None),
        ("-v", None),
    ],
)
def test_the_period_of_sines_of_the_time_is_found(drive, period):
    found = user_flow({"x": "v", "v": f"{drive} - x"}, {"w": 2.0}, read="x", time=1.0, step=0.1)
    if period is None:
        assert found.system.period is None
    else:
        assert found.system.period(found.parameters) == pytest.approx(period, rel=1e-12)


def test_a_field_that_is_affine_in_the_state_is_linear():
    ports = {"read": "x", "time": 1.0, "step": 0.1}
    assert user_flow({"x": "v", "v": "cos(t)*x - v/2 + 1"}, **ports).system.linear
    assert not user_flow({"x": "v", "v": "-x*abs(v)"}, **ports).system.linear


def test_a_constant_rate_is_the_same_for_all():
    clock = user_flow({"x": "c", "y": "1"}, {"c": 2.0}, read="x", time=1.0, step=0.1)
    assert np.allclose(clock.value(np.array([0.0, 1.0])), [2.0, 3.0])


def test_two_systems_are_equal_that_compute_the_same():
    assert WRITTEN["henon"] == user_map(
        {"x": "1 - a*x*x + y", "y": "b*x"}, {"a": 1.4, "b": 0.3}, name="h"
    )
    assert WRITTEN["henon"] != user_map({"x": "1 - a*x*x", "y": "b*x"}, {"a": 1.4, "b": 0.3})


def test_a_system_is_written_with_all_that_defines_it():
    gain = Parameter("A", 2.017, 1.9, 2.2, "V", "damping")
    made = user_flow(
        {"x": "y", "y": "z", "z": "-A*z + y**2 - x"},
        {"A": gain},
        read="x",
        time=2.0,
        step=0.01,
        name="jerk",
    )
    assert made.to_data() == {
        "name": "jerk",
        "flow": {"x": "y", "y": "z", "z": "-A*z + y**2 - x"},
        "parameters": {
            "A": {"default": 2.017, "bounds": [1.9, 2.2], "unit": "V", "meaning": "damping"}
        },
        "encode": ["x"],
        "read": "x",
        "start": {"y": 0.0, "z": 0.0},
        "time": 2.0,
        "step": 0.01,
    }


@pytest.mark.parametrize(
    ("equations", "parameters", "column", "message", "hint"),
    [
        (
            {"x": "y", "y": "z - x"},
            {},
            1,
            "unknown name 'z'",
            "give its derivative under 'flow', or its value under 'parameters'",
        ),
        (
            {"x": "2*sin"},
            {},
            3,
            "unknown name 'sin'",
            "sin is a function: its argument stands in parentheses",
        ),
        ({"sin": "1"}, {}, 1, "sin is a function of expressions and cannot be a coordinate", None),
        ({"x": "-t*x"}, {"t": 1.0}, 1, "t is the time of a flow and cannot be a parameter", None),
        (
            {"x": "x" + "+x" * 500_000},
            {},
            1,
            "the expression is longer than 100000 characters",
            None,
        ),
        ({"x": "X", "X": "x"}, {}, 1, "two coordinates differ by upper and lower case only", None),
        ({}, {}, 1, "a flow has at least one coordinate", None),
    ],
)
def test_bad_equations_are_refused(equations, parameters, column, message, hint):
    with pytest.raises(ExpressionError) as caught:
        user_flow(equations, parameters, read="x", time=1.0, step=0.1)
    error = caught.value
    assert (error.message, error.column, error.hint) == (message, column, hint)
