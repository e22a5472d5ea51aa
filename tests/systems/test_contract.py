"""What every registered system keeps, whatever it is."""

import json
import math
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from chaoscad.compile import response
from chaoscad.errors import ChaoscadError
from chaoscad.expression import ExpressionError
from chaoscad.netlist import parse, parse_data, to_data
from chaoscad.netlist.systems import OF_FLOWS, PORTS
from chaoscad.systems import SYSTEMS, Flow, Map, Setting, Solver, System, setting, user_map
from chaoscad.systems.convergence import converge
from chaoscad.systems.evaluate import integrate, slope, with_fixed_steps
from tests.conftest import gate_text

ALL = pytest.mark.parametrize("system", SYSTEMS.values(), ids=SYSTEMS)
MAPS = [system for system in SYSTEMS.values() if isinstance(system, Map)]
FLOWS = [system for system in SYSTEMS.values() if isinstance(system, Flow)]
EACH_MAP = pytest.mark.parametrize("system", MAPS, ids=lambda system: system.name)
EACH_FLOW = pytest.mark.parametrize("system", FLOWS, ids=lambda system: system.name)

# Off the kinks, the jumps and the middle, where piecewise systems have no derivative.
PLACES = np.array([0.137, 0.291, 0.443, 0.617, 0.871])


def sample(system: System) -> np.ndarray:
    low, high = system.state
    return low + (high - low) * PLACES


def given(setting: Setting) -> dict[str, jax.Array]:
    return {name: jnp.asarray(value) for name, value in setting.parameters.items()}


def test_every_system_of_the_literature_is_there():
    assert {system.name for system in MAPS} == {
        *("logistic", "tent", "sine", "cubic", "gauss", "chebyshev", "quadratic", "circle"),
        *("bernoulli", "henon", "lozi"),
    }
    assert {system.name for system in FLOWS} == {
        *("lorenz", "rossler", "duffing", "chen", "hyper_rossler", "hyper_chen", "chua"),
        *("van_der_pol", "sprott_b", "henon_heiles", "harmonic", "damped"),
    }


@ALL
def test_it_describes_itself(system: System):
    assert system.name == system.name.lower()
    assert system.name.isidentifier()
    assert system.title
    assert system.formula
    assert system.citation
    assert system.unit
    for item in system.parameters:
        assert item.name.isidentifier()
        assert item.name not in (*PORTS, *OF_FLOWS, "name", "parameters", "x0", "threshold")
        # The literature calls the damping of Duffing delta; in a tie, delta is the gates' weights.
        assert item.name != "delta" or system.name == "duffing"
        assert item.unit
        assert item.meaning
        assert item.accepts(item.default)
        assert not item.accepts(item.high + 1.0)
    assert system.state[0] < system.state[1]
    assert system.read in system.coordinates
    assert set(system.encode) <= set(system.coordinates)
    assert len(system.start) == len(system.initial) == len(system.coordinates)
    assert system.lyapunov is not None


@ALL
def test_training_and_certification_agree_on_values_and_derivatives(system: System):
    choice = setting(system.name)
    iterates = 1 if isinstance(system, Flow) else 3
    x = sample(system)

    @jax.jit
    def evaluate(z, parameters):
        value, back = jax.vjp(lambda *args: response(choice, iterates, True, *args), z, parameters)
        return value, back(jnp.ones_like(value))

    value, (by_state, by_parameter) = evaluate(jnp.asarray(x, jnp.float32), given(choice))
    exact = choice.value(x, iterates)
    assert exact.dtype == np.float64
    assert exact.shape == x.shape
    size = np.abs(exact).max()
    assert np.allclose(exact, value, atol=5e-3 * size)
    quotient = slope(choice, x, iterates)
    # A step across a kink of the field has an error in its derivative that is linear in the step.
    rough = 0.1 if system.name == "chua" else 0.02
    assert np.allclose(by_state, quotient, rtol=rough, atol=1e-2 * np.abs(quotient).max())
    for item in system.parameters:
        if item.whole:
            continue
        h = 1e-6
        both = [
            choice.value(x, iterates, {item.name: moved}).sum()
            for moved in (item.default - h, item.default + h)
        ]
        difference = (both[1] - both[0]) / (2 * h)
        assert float(by_parameter[item.name]) == pytest.approx(
            difference, rel=rough, abs=2e-2 * size
        )


@pytest.mark.parametrize("name", ["logistic", "tent", "sine", "cubic", "gauss", "quadratic"])
def test_its_formula_is_its_step(name: str):
    choice = setting(name)
    written = user_map(choice.system.formula.replace("^", "**"), choice.parameters)
    x = np.linspace(*choice.system.state, 101)
    assert np.allclose(choice.value(x), written.value(x), atol=1e-14)


@EACH_MAP
def test_the_state_range_is_mapped_into_itself(system: Map):
    if len(system.coordinates) > 1:
        pytest.skip("the range is that of z, not of all coordinates")
    x = np.linspace(*system.state, 10_001)
    for _ in range(20):
        x = setting(system.name).value(x)
        assert x.min() >= system.state[0] - 1e-9
        assert x.max() <= system.state[1] + 1e-9


@ALL
def test_it_stands_in_netlists_by_name(system: System):
    netlist, _ = parse(gate_text(f"function: OR, system: {system.name}"))
    found = netlist.gates[0].setting
    assert found == setting(system.name)
    assert found.parameters == system.defaults()
    again = parse_data(json.loads(json.dumps(to_data(netlist))))
    assert again == netlist


@EACH_FLOW
def test_the_steps_of_training_resolve_the_flow(system: Flow):
    choice = setting(system.name)
    assert choice.solver is not None
    # The separatrix, where no step is small enough, is left out.
    x = sample(system)
    exact = choice.value(x)
    error = np.abs(with_fixed_steps(choice, x, choice.solver) - exact).max()
    assert error < 2e-3 * np.abs(exact).max()


@EACH_FLOW
def test_linear_flows_are_affine_in_z_and_others_are_not(system: Flow):
    x = np.linspace(*system.state, 9)
    value = setting(system.name).value(x)
    bend = np.abs(np.diff(value, 2)).max() / np.abs(value).max()
    assert system.linear == (bend < 1e-9)


@EACH_FLOW
def test_scipy_s_integrators_agree(system: Flow):
    found = converge(setting(system.name), sample(system))
    assert not found.failures
    assert not found.moved(2e-3 * np.abs(found.values).max()).any()


@pytest.mark.parametrize("solver", ["euler", "heun", "bosh3", "tsit5"])
def test_fixed_steps_are_the_same_in_numpy_and_in_training(solver: str):
    choice = replace(setting("lorenz"), time=0.4, solver=Solver(solver, step=0.01))
    x = np.linspace(-3.0, 3.0, 7)
    numpy = with_fixed_steps(choice, x, choice.solver)
    jaxed = response(choice, 1, False, jnp.asarray(x, jnp.float32), given(choice))
    assert np.allclose(numpy, jaxed, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("solver", ["tsit5", "dopri8"])
def test_adaptive_steps_keep_their_tolerance(solver: str):
    choice = replace(setting("lorenz"), time=0.4, solver=Solver(solver, tolerance=1e-5))
    x = np.linspace(-3.0, 3.0, 7)
    jaxed = response(choice, 1, False, jnp.asarray(x, jnp.float32), given(choice))
    assert np.allclose(choice.value(x), jaxed, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("solver", [Solver("tsit5", step=0.02), Solver("tsit5", tolerance=1e-4)])
def test_a_trajectory_that_escapes_spoils_only_itself(solver: Solver):
    # At c = 0, x pushes z away, and z pushes x.
    choice = replace(setting("rossler", a=1.0, c=0.0), time=4.0, solver=solver)
    x = np.array([0.01, -10.0])
    exact = choice.value(x)
    single = np.asarray(response(choice, 1, False, jnp.asarray(x, jnp.float32), given(choice)))
    assert np.isnan(exact[1])
    assert not np.isfinite(single[1]) or abs(single[1]) > 1e6
    assert single[0] == pytest.approx(exact[0], rel=1e-2)


def test_a_failed_trajectory_says_when_and_why():
    choice = replace(setting("rossler", a=1.0, c=0.0), time=4.0)
    found = integrate(choice, np.array([0.01, -10.0]))
    assert list(found.failures) == [1]
    assert found.failures[1].startswith("the trajectory escapes at time ")


def test_a_stiff_flow_is_given_up_after_its_steps():
    choice = replace(setting("van_der_pol", mu=20.0), time=20_000.0)
    found = integrate(choice, np.array([1.0]))
    assert found.failures[0].startswith("more than 20000 steps are needed; at time ")


def test_many_iterates_are_a_loop_with_the_same_values():
    choice = setting("logistic", a=3.2)
    x = np.array([0.1, 0.3, 0.62])
    looped = response(choice, 30, False, jnp.asarray(x, jnp.float32), given(choice))
    assert np.allclose(looped, choice.value(x, 30), atol=1e-4)


def test_known_values():
    def at(name: str, x: float) -> float:
        return float(setting(name).value(np.array(x)))

    assert at("logistic", 0.25) == 0.75
    assert at("tent", 0.3) == 0.6
    assert at("sine", 0.5) == 1.0
    assert at("cubic", 1 / math.sqrt(3)) == pytest.approx(1.0, abs=1e-15)
    assert at("gauss", 0.0) == 0.5
    assert at("chebyshev", math.cos(0.3)) == pytest.approx(math.cos(1.2), abs=1e-14)
    assert at("quadratic", 1.5) == 0.25
    assert at("circle", 0.25) == pytest.approx(1.65 - 6 / (2 * math.pi))
    assert at("bernoulli", 0.75) == 0.5
    assert at("henon", 0.5) == 0.65
    assert at("lozi", -0.5) == pytest.approx(0.15)
    # The oscillators have closed forms.
    assert at("harmonic", 1.0) == pytest.approx(math.cos(1.0), abs=1e-10)
    turning = math.sqrt(1 - 0.01)
    damped = math.exp(-0.1) * (math.cos(turning) + 0.1 / turning * math.sin(turning))
    assert at("damped", 1.0) == pytest.approx(damped, abs=1e-10)


def test_the_read_out_and_the_encoding_are_the_gate_s():
    henon = replace(setting("henon"), read="y", encode=("x", "y"))
    x = np.array([0.2, 0.4])
    assert np.allclose(henon.value(x), 0.3 * x)
    assert np.allclose(replace(henon, read="x").value(x), 1 - 1.4 * x * x + x)
    moved = replace(setting("henon"), start=(0.0, 0.5))
    assert np.allclose(moved.value(x), 1 - 1.4 * x * x + 0.5)


def test_settings_are_checked():
    assert setting("logistic", a=3.9).parameters == {"a": 3.9}
    with pytest.raises(ChaoscadError, match="unknown system 'logistik'; did you mean 'logistic'"):
        setting("logistik")
    with pytest.raises(ChaoscadError, match=r"tent has no parameter 'm'; did you mean 'mu'\?"):
        setting("tent", m=1.0)
    with pytest.raises(ChaoscadError, match=r"a of logistic is 5, outside its range \[0, 4\]"):
        setting("logistic", a=5.0)
    with pytest.raises(ChaoscadError, match=r"k of chebyshev is 2.5, and must be a whole number"):
        setting("chebyshev", k=2.5)


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
    ],
)
def test_user_maps_are_refused_with_a_reason(text, parameters, message):
    with pytest.raises(ExpressionError, match=message):
        user_map(text, parameters)


@pytest.mark.parametrize(
    ("text", "parameters", "column", "what"),
    [
        ("x + 9**9**9", {}, 6, "9 ** 3.8742e+08"),
        ("x*(1/0)", {}, 5, "1 / 0"),
        ("x*(0-8)**0.5", {}, 8, "-8 ** 0.5"),
        ("x + " + "9" * 5000, {}, 5, "inf"),
        ("x + 0**-1", {}, 6, "0 ** -1"),
        ("x + 10**400", {}, 7, "10 ** 400"),
        ("x*log(0)", {}, 3, "log(0)"),
        ("x + sqrt(-1)", {}, 5, "sqrt(-1)"),
        ("x*exp(1000)", {}, 3, "exp(1000)"),
        ("x/(1-1)", {}, 2, "a division by 0"),
        ("r*x+c/0", {"r": 1.0, "c": 2.0}, 6, "2 / 0 with c = 2"),
        ("x + 1/(c-d)", {"c": 1.0, "d": 1.0}, 6, "1 / 0 with c = 1, d = 1"),
        ("x*c**400", {"c": 10.0}, 4, "10 ** 400 with c = 10"),
        ("x*sqrt(c)", {"c": -1.0}, 3, "sqrt(-1) with c = -1"),
        ("x/c", {"c": 0.0}, 2, "a division by 0 with c = 0"),
    ],
)
def test_constants_of_a_user_s_map_are_finite(text, parameters, column, what):
    with pytest.raises(ExpressionError) as caught:
        user_map(text, parameters)
    message = f"a constant part of the expression is not a finite number: {what}"
    assert (caught.value.message, caught.value.column) == (message, column)


def test_a_parameter_that_becomes_bad_gives_nan_and_no_exception():
    found = user_map("x + 1/c + c**400 + (c-1)**0.5", {"c": 1.0})
    for value in (0.0, 10.0, -1.0):
        assert np.isnan(found.with_values({"c": value}).value(np.array([0.5]))).all()


def test_user_maps_know_pi():
    assert user_map("sin(pi*x)", {}).value(np.array(0.5)) == pytest.approx(1.0)


def test_constant_parts_are_computed_once():
    assert user_map("x*(1-x)*10**3", {}).value(np.array(0.5)) == 250.0
    assert user_map("(x-1)**2", {}).value(np.array(-1.0)) == 4.0
