"""What branch and bound proves: closed forms, impossibilities, and what it cannot decide."""

import numpy as np
import pytest

from chaoscad.errors import ChaoscadError
from chaoscad.feasibility import (
    SIX,
    TWO_INPUT,
    best_found,
    feasibility,
    survey,
    tabulate,
    with_remedies,
)
from chaoscad.feasibility.tables import refined
from chaoscad.netlist import TruthTable, parse
from chaoscad.systems import setting
from chaoscad.systems.convergence import converge
from tests.conftest import ROOT, gate_text

NAMES = ("AND", "OR", "XOR", "NAND", "NOR", "XNOR")


def gate(options: str):
    return parse(gate_text(options))[0].gates[0]


def margin_of(one, point) -> float:
    z = point.x0 + np.array([0, point.delta[1], point.delta[0], sum(point.delta)])
    distance = one.setting.value(z, one.iterates) - point.threshold
    if one.compare == "<":
        distance = -distance
    sides = [1 if want == "1" else -1 for want in one.function.rows]
    return float((distance * sides).min())


@pytest.mark.parametrize("function", TWO_INPUT, ids=lambda table: table.rows)
def test_best_margins_of_the_logistic_map_are_the_closed_forms(function: TruthTable):
    one = gate(f'function: "{function.rows}"')
    ones = function.rows.count("1")
    closed = {1: 4 / 24, 3: 4 / 9, 2: 4 / 8}[ones]
    found = feasibility(one)
    assert found.verdict == "feasible"
    assert found.tight
    assert found.lower <= closed + 1e-12
    assert found.upper >= closed - 1e-12
    assert found.lower > 0.99 * closed
    assert found.setpoint is not None
    # The bound is rigorous, so the setting has at least that margin.
    assert margin_of(one, found.setpoint) >= found.lower - 1e-15


def test_a_concave_map_cannot_do_xnor_with_one_shared_weight():
    one = gate("function: XNOR, weights: shared")
    found = with_remedies(one, one.function, feasibility(one))
    assert found.verdict == "infeasible"
    assert found.setpoint is None
    assert found.lower == -np.inf
    assert found.upper < found.epsilon == pytest.approx(1e-3, rel=1e-3)
    assert found.boxes < 1000
    assert found.reason == "no setting within the bounds has a margin of 0.001 or more"
    assert found.remedies == ("weights: independent", "iterates: 2", 'compare: "<"')


def test_a_smaller_epsilon_is_proven_too():
    found = feasibility(gate("function: XNOR, weights: shared"), epsilon=1e-9)
    assert found.verdict == "infeasible"
    assert found.upper < 1e-9


def test_a_convex_map_cannot_do_xor_with_one_shared_weight():
    convex = "system: {map: 'x**2', parameters: {}}, bounds: {state: [-1, 1]}"
    assert feasibility(gate(f"function: XOR, weights: shared, {convex}")).verdict == "infeasible"
    assert feasibility(gate(f"function: XNOR, weights: shared, {convex}")).verdict == "feasible"


def test_equal_states_cannot_give_different_outputs():
    found = feasibility(gate('function: "0010", weights: shared'))
    assert found.verdict == "infeasible"
    assert found.boxes == 0
    assert found.reason == (
        "with one shared weight, rows of equally many ones have equal states, and they differ"
    )


CURVE = "system: {curve: three_transistor_curve.csv, input: v_in, output: v_out}"


@pytest.mark.parametrize(
    ("name", "volts"),
    [("AND", 0.359), ("OR", 0.392), ("NAND", 0.392), ("NOR", 0.359), ("XNOR", 0.159)],
)
def test_the_three_transistor_curve(name: str, volts: float, monkeypatch):
    monkeypatch.chdir(ROOT / "netlists")
    found = feasibility(gate(f"function: {name}, weights: shared, {CURVE}"))
    assert found.tight
    assert found.lower == pytest.approx(volts, rel=0.01)


def test_the_three_transistor_curve_cannot_do_xor_with_a_shared_weight(monkeypatch):
    monkeypatch.chdir(ROOT / "netlists")
    found = feasibility(gate(f"function: XOR, weights: shared, {CURVE}"))
    assert found.verdict == "infeasible"


@pytest.mark.parametrize("name", ["tent", "sine", "cubic", "gauss", "quadratic", "henon", "lozi"])
def test_no_random_setting_beats_a_proven_bound(name: str):
    random = np.random.default_rng(1)
    low, high = setting(name).system.state
    for function in NAMES:
        one = gate(f"function: {function}, system: {name}, iterates: 2")
        found = feasibility(one, boxes=100_000)
        x0 = random.uniform(low, high, 20_000)
        delta = random.uniform(low - high, high - low, (2, 20_000))
        z = np.stack([x0, x0 + delta[1], x0 + delta[0], x0 + delta.sum(0)])
        inside = ((z >= low) & (z <= high)).all(0)
        value = one.setting.value(z[:, inside], 2)
        wants = np.array([want == "1" for want in one.function.rows])
        gap = value[wants].min(0) - value[~wants].max(0)
        assert (gap.max() / 2) <= found.upper


def test_bounds_and_fixed_values_are_kept():
    fixed = feasibility(gate("function: AND, fixed: {delta: 0.25, threshold: 0.9}"))
    assert fixed.setpoint is not None
    assert fixed.setpoint.delta == (0.25, 0.25)
    assert fixed.setpoint.threshold == 0.9
    # x0 = 0 gives 0.75 and 1, a margin of 0.1 above 0.9.
    assert fixed.upper == pytest.approx(0.1, rel=0.02)
    narrow = feasibility(gate("function: XOR, bounds: {x0: [0.1, 0.2], delta: [-0.05, 0.05]}"))
    assert narrow.verdict == "infeasible"


def test_the_comparator_turns_the_function():
    below = feasibility(gate('function: XNOR, weights: shared, compare: "<"'))
    assert below.lower == pytest.approx(0.5, rel=0.01)


def test_a_map_of_one_value_is_proven_unable():
    found = feasibility(gate('function: AND, system: {map: "0*x + r", parameters: {r: 0.3}}'))
    assert found.verdict == "infeasible"
    assert found.reason == "no setting within the bounds has a margin of 8.88e-16 or more"


def test_a_constant_gate_is_limited_by_its_threshold():
    found = feasibility(gate('function: "1111", bounds: {threshold: [0.25, 2]}'))
    assert found.lower == pytest.approx(0.75, rel=0.01)
    assert found.setpoint is not None
    assert found.setpoint.threshold == 0.25


def test_three_inputs():
    one = parse(
        "chaoscad: 1\ninputs: [a, b, c]\noutputs: [y]\n"
        "gates: {y: {inputs: [a, b, c], function: MAJ, weights: shared, iterates: 2}}"
    )[0].gates[0]
    found = feasibility(one)
    assert found.tight
    assert found.lower > 0.1


def test_a_small_budget_bounds_what_it_does_not_decide():
    found = feasibility(gate("function: AND"), boxes=8)
    assert found.verdict == "feasible"
    assert not found.tight
    assert found.lower <= 1 / 6 <= found.upper
    assert found.reason.endswith("is not yet tight")
    undecided = feasibility(gate("function: XNOR, weights: shared"), boxes=2)
    assert undecided.verdict == "undecided"
    assert undecided.reason.startswith("2 boxes did not decide it; the margin is at most ")


def test_an_unbounded_search_asks_for_bounds():
    with pytest.raises(ChaoscadError) as caught:
        feasibility(gate("function: AND, bounds: {state: [-.inf, .inf]}"))
    assert str(caught.value) == (
        "error: gate 'y': a search needs bounds, and x0 or delta has none; give 'state', or x0 and "
        "delta, a finite range under 'bounds'"
    )


def test_what_is_not_searched_is_said():
    trained = feasibility(gate("function: AND, train: {a: [3, 4]}"))
    assert trained.verdict == "undecided"
    assert trained.reason == ("the search holds system parameters fixed, and the gate trains some")


@pytest.mark.parametrize("name", ["lorenz", "duffing", "rossler", "chen", "hyper_rossler"])
def test_flows_do_all_six_functions_and_integrators_agree(name: str):
    cells = list(survey(setting(name), SIX, ("shared",)))
    assert [cell.answer.verdict for cell in cells] == ["feasible"] * 6
    for cell in cells:
        point = cell.answer.setpoint
        assert point is not None
        z = point.x0 + point.delta[0] * np.array([0, 1, 2])
        found = converge(setting(name), z)
        assert not found.moved(0.1 * cell.answer.lower).any()
        wants = np.array([want == "1" for want in cell.function.rows])[[0, 1, 3]]
        sides = np.where(wants, 1, -1)
        margin = (sides * (found.values - point.threshold)).min()
        assert margin == pytest.approx(cell.answer.lower)


def test_a_narrow_hill_near_a_saddle_is_found_where_the_table_is_refined():
    xnor = gate("function: XNOR, weights: shared, system: {name: lorenz, rho: 28, time: 1}")
    found = best_found(xnor)
    assert found.lower == pytest.approx(10.48, abs=0.05)
    # Its states lie between two of the even table's, which shows a margin of 3.
    assert found.setpoint is not None
    assert abs(found.setpoint.delta[0]) < 0.02
    assert best_found(xnor, fine=4.0).lower == pytest.approx(2.9993, abs=1e-3)
    z, value = refined(xnor.setting, (-20.0, 20.0))
    between = (z[1:] + z[:-1]) / 2
    off = np.abs(xnor.setting.value(between) - np.interp(between, z, value))
    assert off.max() < 0.01 * np.ptp(value)


def test_a_linear_flow_is_proven_unable():
    found = best_found(gate("function: XOR, system: harmonic"))
    assert found.verdict == "infeasible"
    assert found.reason == (
        "the flow is linear, so the values of rows 00 and 11 have the sum of those of 01 and 10, and "
        "cannot lie on the other side of the threshold"
    )
    assert best_found(gate("function: NAND, system: damped")).verdict == "feasible"


def test_a_flow_in_a_table():
    z, value = tabulate(setting("harmonic"), (-1.0, 1.0))
    assert np.allclose(value, z * np.cos(1.0), atol=1e-5)


def test_the_whole_table_of_the_logistic_map_is_decided():
    cells = list(survey(setting("logistic"), SIX, iterates=(1, 2, 3)))
    assert len(cells) == 36
    verdicts = {(c.function.rows, c.weights, c.iterates): c.answer for c in cells}
    for place, answer in verdicts.items():
        impossible = place == ("1001", "shared", 1)
        assert answer.verdict == ("infeasible" if impossible else "feasible")
        assert impossible or answer.tight
