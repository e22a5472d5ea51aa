"""What every registered system keeps, whatever it is."""

import json
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from chaoscad.compile import response
from chaoscad.errors import ChaoscadError
from chaoscad.expression import ExpressionError
from chaoscad.netlist import parse
from chaoscad.systems import SYSTEMS, Map, setting, user_map
from tests.conftest import gate_text

ALL = pytest.mark.parametrize("system", SYSTEMS.values(), ids=SYSTEMS)


@ALL
def test_it_describes_itself(system: Map):
    assert system.name == system.name.lower()
    assert system.name.isidentifier()
    assert system.title
    assert system.formula
    assert system.citation
    assert system.unit
    for item in system.parameters:
        assert item.name.isidentifier()
        assert item.unit
        assert item.meaning
        assert item.low <= item.default <= item.high
    assert system.state[0] < system.state[1]


@ALL
def test_numpy_and_jax_agree(system: Map):
    x = np.linspace(*system.state, 101)
    parameters = system.defaults()
    exact = system.iterate(np, x, parameters, 3)
    single = np.asarray(system.iterate(jnp, jnp.asarray(x, jnp.float32), parameters, 3))
    assert exact.dtype == np.float64
    assert np.allclose(exact, single, atol=2e-4)


@ALL
def test_its_formula_is_its_step(system: Map):
    text = system.formula.replace("^", "**")
    written = user_map(text, system.defaults())
    x = np.linspace(*system.state, 101)
    assert np.allclose(
        system.step(np, x, system.defaults()),
        written.system.step(np, x, system.defaults()),
        atol=1e-14,
    )


@ALL
def test_the_state_range_is_mapped_into_itself(system: Map):
    x = np.linspace(*system.state, 10_001)
    for _ in range(20):
        x = system.step(np, x, system.defaults())
        assert x.min() >= system.state[0] - 1e-9
        assert x.max() <= system.state[1] + 1e-9


@ALL
@pytest.mark.parametrize("iterates", [1, 3])
def test_the_forward_derivative_is_the_difference_quotient(system: Map, iterates: int):
    low, high = system.state
    # Off the kinks and off the middle, where piecewise maps have no derivative.
    x = low + (high - low) * np.array([0.137, 0.291, 0.443, 0.617, 0.871])
    parameters = system.defaults()
    h = 1e-7
    quotient = (
        system.iterate(np, x + h, parameters, iterates)
        - system.iterate(np, x - h, parameters, iterates)
    ) / (2 * h)

    def total(z):
        given = {name: jnp.asarray(value) for name, value in parameters.items()}
        return response(system, iterates, False, z, given).sum()

    slope = jax.grad(total)(jnp.asarray(x, jnp.float32))
    assert np.allclose(slope, quotient, rtol=2e-3, atol=2e-3)


@ALL
def test_derivatives_by_trained_parameters(system: Map):
    x = jnp.asarray(np.linspace(*system.state, 9)[1:-1] + 0.01, jnp.float32)
    defaults = system.defaults()
    for name, value in defaults.items():

        def total(p, name=name):
            given = {**{key: jnp.asarray(v) for key, v in defaults.items()}, name: p}
            return response(system, 2, True, x, given).sum()

        h = 1e-6
        exact = [
            system.iterate(np, np.asarray(x, np.float64), {**defaults, name: v}, 2).sum()
            for v in (value - h, value + h)
        ]
        slope = float(jax.grad(total)(jnp.asarray(value)))
        assert slope == pytest.approx((exact[1] - exact[0]) / (2 * h), rel=2e-3)


@ALL
def test_it_stands_in_netlists_by_name(system: Map):
    netlist, _ = parse(gate_text(f"function: OR, system: {system.name}"))
    found = netlist.gates[0].setting
    assert found.parameters == system.defaults()
    assert json.loads(json.dumps(found.to_data()))["name"] == system.name


def test_many_iterates_are_a_loop_with_the_same_values():
    logistic = SYSTEMS["logistic"]
    x = jnp.asarray([0.1, 0.3, 0.62], jnp.float32)
    given = {"a": jnp.asarray(3.2)}
    exact = logistic.iterate(np, np.asarray(x, np.float64), {"a": 3.2}, 30)
    assert np.allclose(response(logistic, 30, False, x, given), exact, atol=1e-4)


def test_known_values():
    assert SYSTEMS["logistic"].iterate(np, 0.25, {"a": 4.0}, 1) == 0.75
    assert SYSTEMS["tent"].iterate(np, 0.3, {"mu": 2.0}, 1) == 0.6
    assert SYSTEMS["sine"].iterate(np, 0.5, {"r": 1.0}, 1) == 1.0
    peak = 1 / math.sqrt(3)
    cubic = SYSTEMS["cubic"]
    assert cubic.iterate(np, peak, cubic.defaults(), 1) == pytest.approx(1.0, abs=1e-15)


def test_settings_are_checked():
    assert setting("logistic", a=3.9).parameters == {"a": 3.9}
    with pytest.raises(ChaoscadError, match="unknown system 'logistik'; did you mean 'logistic'"):
        setting("logistik")
    with pytest.raises(ChaoscadError, match=r"tent has no parameter 'm'; did you mean 'mu'\?"):
        setting("tent", m=1.0)
    with pytest.raises(ChaoscadError, match=r"a of logistic is 5, outside its range \[0, 4\]"):
        setting("logistic", a=5.0)


def test_user_maps_compare_by_what_they_compute():
    assert user_map("r*x*(1-x)", {"r": 3.0}) == user_map("r*x*(1-x)", {"r": 3.0})
    assert user_map("r*x*(1-x)", {"r": 3.0}) != user_map("r*x*(1-x)", {"r": 3.1})
    assert user_map("r*x*(1-x)", {"r": 3.0}) != user_map("r*x*(1-x*x)", {"r": 3.0})


@pytest.mark.parametrize(
    ("text", "parameters", "message"),
    [
        ("r*y", {"r": 1.0}, "unknown name 'y'"),
        ("r*2", {"r": 1.0}, "the expression does not depend on the state x"),
        ("x", {"x": 1.0}, "the name x is the state and cannot be a parameter"),
        ("x.real", {}, "unknown name 'x.real'"),
        ("x0*x", {"x0": 1.0}, "x0 is a gate's own and cannot be a map's parameter"),
        ("x + 9**9**9", {}, "a constant part of the expression is not a finite number"),
        ("x*(1/0)", {}, "a constant part of the expression is not a finite number"),
        ("x*(0-8)**0.5", {}, "a constant part of the expression is not a finite number"),
        ("x + " + "9" * 5000, {}, "a constant part of the expression is not a finite number"),
    ],
)
def test_user_maps_are_refused_with_a_reason(text, parameters, message):
    with pytest.raises(ExpressionError, match=message):
        user_map(text, parameters)


def test_user_maps_know_pi():
    assert user_map("sin(pi*x)", {}).system.step(np, 0.5, {}) == pytest.approx(1.0)


def test_constant_parts_are_computed_once():
    assert user_map("x*(1-x)*10**3", {}).system.step(np, 0.5, {}) == 250.0
    assert user_map("(x-1)**2", {}).system.step(np, -1.0, {}) == 4.0
