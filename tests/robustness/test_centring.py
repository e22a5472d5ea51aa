"""Centring: what it gains, what it keeps, what it refuses."""

from dataclasses import replace

import numpy as np
import pytest

from chaoscad.design import Design, dumps, load
from chaoscad.errors import ChaoscadError
from chaoscad.logic import TruthTable
from chaoscad.netlist import parse
from chaoscad.robustness import Deviations, Spread, deviations_of, worst_cases
from chaoscad.robustness.centring import centre
from chaoscad.robustness.climb import Effort, climb
from chaoscad.robustness.ranking import ByDevices
from chaoscad.solve.problem import problem
from chaoscad.verification import verify
from chaoscad.workflow import optimize
from tests.conftest import ROOT, gate_text
from tests.export.designs import with_numbers

QUICK = Effort(starts=32, samples=16, steps=150, kept=2, refined_samples=128, refined_steps=80)
DEVICES = 50_000


@pytest.fixture(scope="module")
def adder() -> Design:
    return load(ROOT / "tests" / "data" / "designs" / "full_adder.json")


@pytest.fixture(scope="module")
def and_gate() -> Design:
    """The closed form of the best margin."""
    return with_numbers(gate_text("function: AND"), {"y": (0.0, (1 / 6, 1 / 6), 13 / 18)})


def test_centring_wins_back_most_of_what_a_full_adder_loses(adder):
    found = centre(adder, deviations_of(adder, tolerance=0.05), devices=DEVICES, effort=QUICK)
    assert found.before.yield_.value == pytest.approx(0.757, abs=0.009)
    assert found.after.yield_.value > 0.88
    assert verify(found.design).passed
    assert set(found.moved) == {"p", "g", "sum", "t", "cout"}
    assert [gate.function for gate in found.design.gates] == [g.function for g in adder.gates]


@pytest.mark.slow
def test_the_estimate_of_a_setting_is_its_yield(and_gate):
    gate = and_gate.netlist.gates[0]
    posed = problem([gate], [and_gate.gates[0].function], ())
    found = centre(and_gate, deviations_of(and_gate, tolerance=0.03), devices=DEVICES, effort=QUICK)
    assert found.before.yield_.value == pytest.approx(0.8552, abs=0.007)
    assert found.merits["y"] == pytest.approx(found.after.yield_.value, abs=0.006)
    # Uniform errors of the threshold alone: its half-width is 1.5 times the margin of 1/6.
    only = Deviations({"threshold": Spread(0.25, False, "uniform")})
    tops = climb({posed: []}, only, seed=0, effort=QUICK)[posed]
    assert tops[0].merit == pytest.approx(2 / 3, abs=0.01)


def test_devices_without_a_value_leave_the_others_their_say():
    text = gate_text("system: {map: 'sqrt(x)*(1.5-x)'}, bounds: {state: [0, 1.5]}, function: XOR")
    # The best margin: half of the devices take the root of a negative number in row 00.
    given = with_numbers(text, {"y": (0.0, (0.75, 0.75), 0.324918)})
    sigma = deviations_of(given, tolerance=0.2)
    found = centre(given, sigma, devices=DEVICES, effort=QUICK)
    assert found.before.yield_.value == pytest.approx(0.359, abs=0.008)
    assert found.after.yield_.value > 0.4


def test_comparators_are_chosen_by_yield(and_gate):
    sigma = deviations_of(and_gate, tolerance=0.03)
    found = centre(and_gate, sigma, compare=(">", "<"), devices=DEVICES, effort=QUICK)
    assert found.design.gates[0].compare == "<"
    assert found.after.yield_.value > 0.998


@pytest.mark.slow
def test_iterates_are_chosen_by_yield(and_gate):
    sigma = deviations_of(and_gate, tolerance=0.03)
    found = centre(and_gate, sigma, iterates=(1, 2), devices=DEVICES, effort=QUICK)
    assert found.design.gates[0].iterates == 2
    assert found.design.netlist.gates[0].iterates == 2
    assert found.after.yield_.value > 0.96


def test_the_objective_tolerance_has_the_larger_worst_case_distance(and_gate):
    sigma = deviations_of(and_gate, tolerance=0.03)
    found = centre(and_gate, sigma, objective="tolerance", devices=DEVICES, effort=QUICK)
    assert found.merits["y"] == pytest.approx(2.16, abs=0.04)
    assert found.merits["y"] == pytest.approx(_distance(found.design), abs=0.02)
    assert found.after.yield_.value > 0.94


def test_the_objective_tolerance_never_moves_to_nearer_failures():
    text = gate_text(
        "system: {map: 'r + log(x)', parameters: {r: 0.5}}, bounds: {state: [0.001, 3]}, "
        "function: AND"
    )
    given = with_numbers(text, {"y": (0.001, (1.4995, 1.4995), 1.25221)})
    sigma = deviations_of(given, tolerance=0.2)
    before = worst_cases(given, sigma).distance
    assert before == pytest.approx(1.216, abs=0.002)
    found = centre(given, sigma, objective="tolerance", devices=1000, effort=QUICK)
    after = worst_cases(found.design, sigma).distance
    assert after is not None
    assert after >= before
    assert found.merits["y"] == pytest.approx(after, abs=1e-6)


def _distance(design: Design) -> float:
    """The least worst-case distance at .03, by a fine grid over the errors of a row."""
    gate = design.gates[0]
    state, a = np.meshgrid(np.linspace(-4, 4, 801), np.linspace(-4, 4, 801))
    least = np.inf
    for ones, z, bit in zip((0, 1, 1, 2), gate.setpoint.states(), gate.function.rows, strict=True):
        moved = z + 0.03 * np.sqrt(1 + ones) * state
        value = 4 * (1 + 0.03 * a) * moved * (1 - moved)
        left = (value - gate.threshold) * (1 if bit == "1" else -1) / 0.03
        least = min(least, np.sqrt(state**2 + a**2 + np.maximum(left, 0) ** 2).min())
    return float(least)


@pytest.mark.slow
def test_tied_gates_choose_their_comparators_and_are_centred_together():
    source = (ROOT / "netlists" / "tied_half_adder.yaml").read_text()
    source = source.replace("function: AND", 'function: AND, compare: [">", "<"]')
    design = optimize(parse(source)[0])
    # With > AND has no more than 1/6.
    assert design.gate("carry").compare == "<"
    assert design.gate("carry").margin > 0.37
    sigma = deviations_of(design, tolerance={"delta": "8 %", "x0": 0.03})
    found = centre(design, sigma, devices=DEVICES, effort=QUICK)
    assert found.after.yield_.count >= found.before.yield_.count
    assert verify(found.design).passed
    for tie in design.netlist.ties:
        first, second = (getattr(found.design.gate(name), tie.parameter) for name in tie.gates)
        assert first == second


@pytest.mark.slow
def test_errors_that_all_gates_share_are_met_by_all_gates_together(adder):
    shared = deviations_of(adder, shared=0.1)
    found = centre(adder, shared, devices=DEVICES, effort=QUICK)
    assert found.before.yield_.value == pytest.approx(0.412, abs=0.009)
    # Gate by gate it is .510.
    assert found.after.yield_.value > 0.53


def test_the_same_seed_gives_the_same_design(and_gate):
    sigma = deviations_of(and_gate, tolerance=0.03)
    one, other = (
        centre(and_gate, sigma, seed=3, devices=1000, effort=QUICK).design for _ in range(2)
    )
    assert dumps(one) == dumps(other)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"objective": "yeild"}, "unknown objective 'yeild'; did you mean 'yield'?"),
        ({"compare": ("=",)}, "unknown comparator '='; it is one of >, <"),
        (
            {"iterates": (0,)},
            "the number of iterates is 0, and must be from 1 to 1000",
        ),
    ],
)
def test_wrong_choices_are_refused(and_gate, options, message):
    with pytest.raises(ChaoscadError) as caught:
        centre(and_gate, deviations_of(and_gate, tolerance=0.03), **options)
    assert caught.value.diagnostics[0].message == message


def test_a_centring_needs_a_tolerance(and_gate):
    with pytest.raises(ChaoscadError, match="nothing deviates: give a tolerance"):
        centre(and_gate, Deviations())


def test_functions_are_ranked_by_the_failures_that_a_centring_leaves(and_gate):
    gate = and_gate.netlist.gates[0]
    rank = ByDevices(deviations_of(and_gate, tolerance=0.05), effort=QUICK)
    tables = (TruthTable("0001"), TruthTable("0110"))
    least, most = rank([replace(gate, function=table) for table in tables])
    # Minus the logarithm of the failures: yields of .704 and .993.
    assert least == pytest.approx(-np.log(1 - 0.704), abs=0.05)
    assert most == pytest.approx(-np.log(1 - 0.9938), abs=0.2)
