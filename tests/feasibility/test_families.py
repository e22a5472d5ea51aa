"""What branch and bound proves of families: one element in several settings."""

from dataclasses import replace

import numpy as np
import pytest

from chaoscad.errors import ChaoscadError
from chaoscad.family import Family, families
from chaoscad.feasibility import (
    family_best_found,
    family_feasibility,
    feasibility,
    refuted,
    with_family_remedies,
)
from chaoscad.feasibility.hulls import Hulls
from chaoscad.feasibility.thresholds import meet
from chaoscad.netlist import Tie, TruthTable, parse, unrolled
from chaoscad.systems import setting

MORPHING = ("AND", "OR", "XOR")
EVERY = tuple(format(number, "04b") for number in range(16))
SYMMETRIC = tuple(rows for rows in EVERY if rows[1] == rows[2])


def family(functions, controls=("x0",), options="", each=None) -> Family:
    """Gates `g0`, `g1`, ... that share what is no control."""
    names = [f"g{place}" for place in range(len(functions))]
    lines = [
        f"  {name}: {{inputs: [a, b], function: '{function}', {(each or {}).get(name, '')}}}"
        for name, function in zip(names, functions, strict=True)
    ]
    text = "\n".join(
        [
            "chaoscad: 1",
            "inputs: [a, b]",
            f"outputs: [{', '.join(names)}]",
            f"defaults: {{{options}}}",
            "gates:",
            *lines,
        ]
    )
    gates = parse(text)[0].gates
    shared = [name for name in ("x0", "delta", "threshold") if name not in controls]
    (found,) = families(gates, [Tie(name, tuple(names)) for name in shared])
    return found


def best_of_random(one: Family, count: int, seed: int = 0) -> float:
    """The best worst margin of random shared settings, every x0 on a grid; all by plain NumPy."""
    random = np.random.default_rng(seed)
    gate = one.gates[0]
    low, high = gate.bounds.state
    x0 = np.linspace(low, high, 301)
    best = -np.inf
    for _ in range(count):
        weights = random.uniform(-1, 1, 2) * (high - low) * 10 ** random.uniform(-1.5, 0)
        if gate.weights == "shared":
            weights[:] = weights[0]
        z = x0 + (np.array([[0, 0], [0, 1], [1, 0], [1, 1]]) @ weights)[:, None]
        inside = ((z >= low) & (z <= high)).all(0)
        gaps = {}
        for place, (member, wanted) in enumerate(zip(one.gates, one.wanted, strict=True)):
            value = member.setting.value(z, member.iterates)
            ones = np.array([row == "1" for row in wanted.rows])
            top = np.where(ones[:, None], value, np.inf).min(0)
            bottom = np.where(ones[:, None], -np.inf, value).max(0)
            gaps[place] = top, bottom
        levels = np.linspace(-1, 1, 61)[:, None]
        levels = levels if len(set(one.threshold)) == 1 else None
        margins = []
        for place in set(one.x0):
            own = [k for k, x in enumerate(one.x0) if x == place]
            if levels is None:
                each = [(gaps[k][0] - gaps[k][1]) / 2 for k in own]
                margins.append(np.where(inside, np.min(each, axis=0), -np.inf).max())
            else:
                each = [np.minimum(gaps[k][0] - levels, levels - gaps[k][1]) for k in own]
                margins.append(np.where(inside, np.min(each, axis=0), -np.inf).max(1))
        best = max(best, float(np.min(margins, axis=0).max()))
    return best


def test_and_or_xor_by_x0_alone_have_the_worst_margin_of_the_closed_form():
    one = family(MORPHING, options="weights: shared")
    found = family_feasibility(one)
    # delta = 1/4, threshold 27/32, x0 = 0, 1/8 and 1/4: OR is 3/32 above and XOR 3/32 below.
    assert found.tight
    assert found.lower == pytest.approx(3 / 32, rel=1e-6)
    assert found.upper >= 3 / 32
    assert found.family == ("g0", "g1", "g2")
    assert found.reason == (
        "the worst of 3 margins is 0.09375; the bound 0.0946875 is proven to be the best within 1 %"
    )
    worst = min(
        point.margin(wanted) for point, wanted in zip(found.setpoints, one.wanted, strict=True)
    )
    assert worst >= found.lower
    assert len({(point.delta, point.threshold) for point in found.setpoints}) == 1
    assert len({point.x0 for point in found.setpoints}) == 3


def test_one_iterate_of_the_logistic_map_cannot_do_every_function_by_x0_alone():
    found = family_feasibility(family(EVERY))
    assert found.verdict == "infeasible"
    assert found.boxes == 0
    assert found.reason == (
        "16 functions are more than 9: F of the logistic map has at most 2 laps, so that the 4 states "
        "cross the threshold at most 8 times along x0"
    )
    # Few enough to be counted, and refuted by a search.
    found = family_feasibility(family(("0001", "0111", "0110", "1001")))
    assert found.verdict == "infeasible"
    assert found.setpoints == ()
    assert found.boxes > 0
    assert found.reason == (
        "no setting within the bounds gives gates 'g0' (AND), 'g1' (OR), 'g2' (XOR), 'g3' (XNOR) a margin "
        "of 0.001 or more while they share delta and threshold"
    )


def test_three_iterates_do_all_symmetric_functions_and_no_better_than_proven():
    one = family(SYMMETRIC, options="weights: shared, iterates: 3")
    found = family_feasibility(one)
    assert found.tight
    assert found.lower == pytest.approx(0.12904, rel=1e-3)
    for point, wanted in zip(found.setpoints, one.wanted, strict=True):
        assert point.margin(wanted) >= found.lower


@pytest.mark.slow
def test_four_iterates_do_every_function_by_x0_alone_and_the_margin_is_proven():
    found = family_feasibility(family(EVERY, options="iterates: 4"), boxes=4_000_000)
    assert found.tight
    assert found.lower == pytest.approx(0.16138, rel=1e-3)


@pytest.mark.slow
def test_three_iterates_do_all_functions_but_one_by_x0_alone():
    every = family_feasibility(family(EVERY, options="iterates: 3"), epsilon=0.02)
    assert every.verdict == "infeasible"
    without = tuple(rows for rows in EVERY if rows != "0110")
    found = family_feasibility(family(without, options="iterates: 3"), boxes=2_000_000)
    assert found.tight
    assert found.lower == pytest.approx(0.07384, rel=1e-3)


@pytest.mark.parametrize(
    ("functions", "controls", "options"),
    [
        (MORPHING, ("x0",), "system: tent, weights: shared"),
        (MORPHING, ("x0",), "system: sine, iterates: 2"),
        (("NAND", "XOR"), ("x0", "threshold"), "system: cubic"),
        (("AND", "0010"), ("x0",), "system: gauss"),
        (("0010", "0100", "1011"), ("x0",), "system: logistic, iterates: 2"),
    ],
)
def test_no_random_setting_beats_a_proven_bound(functions, controls, options):
    one = family(functions, controls, options)
    found = family_feasibility(one, boxes=200_000)
    assert found.verdict == "feasible"
    assert found.lower <= best_of_random(one, 400) * 1.5
    assert best_of_random(one, 400) <= found.upper


def test_a_family_of_one_has_the_bounds_of_its_gate():
    one = family(("AND", "OR"), options="system: tent, iterates: 2")
    alone = Family(one.gates[:1], one.wanted[:1], (0,), (0,), (0,))
    found, usual = family_feasibility(alone), feasibility(one.gates[0])
    assert found.tight
    assert usual.tight
    assert max(found.lower, usual.lower) <= min(found.upper, usual.upper)


def test_two_readings_in_two_settings_share_two_thresholds():
    each = {"g0": "iterates: 1", "g1": "iterates: 2", "g2": "iterates: 1", "g3": "iterates: 2"}
    one = replace(
        family(("AND", "XOR", "NOR", "XOR"), each=each), x0=(0, 0, 1, 1), threshold=(0, 1, 0, 1)
    )
    found = family_feasibility(one, boxes=400_000)
    assert found.verdict == "feasible"
    points = found.setpoints
    assert points[0].x0 == points[1].x0 != points[2].x0 == points[3].x0
    assert points[0].threshold == points[2].threshold != points[1].threshold
    for point, wanted in zip(points, one.wanted, strict=True):
        assert point.margin(wanted) >= found.lower
    # With one threshold less the family can do no more.
    narrower = family_feasibility(replace(one, threshold=(0, 0, 0, 0)), boxes=400_000)
    assert narrower.lower <= found.upper


def test_bounds_and_fixed_values_of_every_member_hold():
    # Munakata, Sinha, Ditto (2002): delta = 1/4; AND at x0 = 0, threshold 3/4; XOR at 1/4, 3/4.
    each = {"g0": "fixed: {x0: 0, delta: 0.25}", "g1": "bounds: {x0: [0.2, 0.3]}"}
    found = family_feasibility(family(("AND", "XOR"), options="weights: shared", each=each))
    assert [point.x0 for point in found.setpoints] == [0.0, pytest.approx(0.25)]
    assert found.lower == pytest.approx(0.125, rel=1e-6)
    assert found.tight
    apart = {"g0": "bounds: {delta: [0.3, 0.4]}", "g1": "bounds: {delta: [0.1, 0.2]}"}
    found = family_feasibility(family(("AND", "XOR"), each=apart))
    assert found.verdict == "infeasible"
    assert found.reason == "the bounds of the gates have no value in common"


@pytest.mark.parametrize("system", ["logistic", "tent", "duffing", "lorenz"])
def test_no_threshold_makes_and_into_xor_on_any_system(system: str):
    one = family(MORPHING, ("threshold",), f"system: {system}")
    found = refuted(one)
    assert found is not None
    assert found.verdict == "infeasible"
    assert found.boxes == 0
    assert found.reason == (
        "'g0' (AND) needs the value of row 11 above that of row 01, 'g2' (XOR) needs the value of row "
        "01 above that of row 11; with one x0 and one delta they have the same values, on any system"
    )
    assert refuted(family(("AND", "OR"), ("threshold",), f"system: {system}")) is None


@pytest.mark.parametrize("weights", ["shared", "independent"])
@pytest.mark.parametrize("iterates", [1, 2, 3])
def test_what_the_threshold_cannot_do_other_controls_can(weights: str, iterates: int):
    one = family(MORPHING, ("threshold",), f"weights: {weights}, iterates: {iterates}")
    found = with_family_remedies(one, family_feasibility(one))
    assert found.verdict == "infeasible"
    assert found.remedies[0] == "controls: [x0]"
    assert found.remedies[1].startswith("controls: [iterates] (g0 ")
    by_x0 = family(MORPHING, ("x0",), f"weights: {weights}, iterates: {iterates}")
    assert family_feasibility(by_x0, decide=True).verdict == "feasible"


def test_more_iterates_or_a_second_control_help_where_one_does_not():
    one = family(SYMMETRIC, options="weights: shared, iterates: 2")
    found = with_family_remedies(one, family_feasibility(one))
    assert found.verdict == "infeasible"
    assert found.remedies == ("controls: [x0, threshold]", "iterates: 3")


def test_no_remedy_gives_readings_of_one_element_an_x0_of_their_own():
    text = (
        "chaoscad: 1\ninputs: [a, b]\noutputs: [s, c]\ngates:\n"
        "  s: {inputs: [a, b], element: core}\n  c: {inputs: [a, b], element: core}\n"
        "configurations:\n  one: {functions: {s: XOR, c: AND}}\n"
        "  other: {functions: {s: OR, c: OR}}\ncontrols: [threshold]\n"
    )
    whole = unrolled(parse(text)[0])
    (one,) = families(whole.gates, whole.sharing)
    found = with_family_remedies(one, family_feasibility(one))
    # With an x0 each, XOR and AND of one number of iterates would do.
    assert found.verdict == "infeasible"
    assert not any(remedy.startswith(("controls: [x0", "iterates")) for remedy in found.remedies)


def test_equal_states_of_one_shared_weight_are_told():
    one = family(("0010", "AND"), options="weights: shared")
    found = with_family_remedies(one, family_feasibility(one))
    assert found.reason == (
        "with one shared weight, rows of equally many ones have equal states, and they differ"
    )
    assert found.remedies == ("weights: independent",)


def test_a_family_on_a_flow_has_the_best_setting_found_and_no_bound():
    one = family(MORPHING, options="system: duffing, weights: shared")
    found = family_best_found(one)
    assert found.verdict == "feasible"
    assert found.upper == np.inf
    assert found.lower > 1.0
    worst = min(
        point.margin(wanted) for point, wanted in zip(found.setpoints, one.wanted, strict=True)
    )
    assert worst == pytest.approx(found.lower, rel=1e-6)


def test_what_is_not_searched_is_refused_or_undecided():
    with pytest.raises(ChaoscadError, match="epsilon is 0; it is a positive number"):
        family_feasibility(family(MORPHING), epsilon=0.0)
    found = family_feasibility(family(MORPHING, options="system: duffing"))
    assert found.verdict == "undecided"
    assert found.reason == "flows have no rigorous enclosure here; best_found searches them"
    found = family_feasibility(family(EVERY, options="iterates: 3"), boxes=1000)
    assert found.verdict == "undecided"
    assert found.reason.startswith("1")
    assert "intervals of x0 did not decide it; the worst margin is at most " in found.reason


def test_ties_to_gates_without_a_function_make_no_family():
    text = (
        "chaoscad: 1\ninputs: [a, b]\noutputs: [y, z]\n"
        "gates: {y: {inputs: [a, b]}, z: {inputs: [a, b], function: AND}}\n"
        "targets: {y: XOR}\ntie: [{parameter: delta, gates: [y, z]}]\n"
    )
    netlist = parse(text)[0]
    assert families(netlist.gates, netlist.ties) == []


def test_unions_of_intervals_meet_where_every_class_has_one():
    random = np.random.default_rng(3)
    boxes, classes = random.integers(0, 5, 200), random.integers(0, 3, 200)
    low = random.uniform(0, 1, 200)
    high = low + random.uniform(0, 0.1, 200)
    found = meet(boxes, classes, 3, low, high)
    points = random.uniform(0, 1.1, 2000)
    for box in range(5):
        inside = np.ones(len(points), bool)
        for number in range(3):
            own = (boxes == box) & (classes == number)
            inside &= ((points[:, None] >= low[own]) & (points[:, None] <= high[own])).any(1)
        mine = found.boxes == box
        told = ((points[:, None] >= found.low[mine]) & (points[:, None] <= found.high[mine])).any(1)
        assert (told == inside).all()
        own = boxes == box
        reached = (low[own][:, None] <= found.high[mine]) & (high[own][:, None] >= found.low[mine])
        assert (found.kept[own] == reached.any(1)).all()


def test_tables_of_enclosures_hold_every_value():
    random = np.random.default_rng(4)
    for name, iterates in (("logistic", 3), ("tent", 2), ("sine", 1)):
        one = setting(name)
        hulls = Hulls(one, iterates, one.system.state)
        low = random.uniform(*one.system.state, 400)
        high = np.minimum(low + 10 ** random.uniform(-6, -0.3, 400), one.system.state[1])
        value, slope = hulls(low, high)
        for share in np.linspace(0, 1, 9):
            z = low + share * (high - low)
            inside = one.value(z, iterates)
            assert (value.low <= inside).all()
            assert (inside <= value.high).all()
        assert (slope.low <= slope.high).all()


def test_rows_that_do_not_matter_bind_nothing():
    free = family(("AND", "XOR"), ("threshold",))
    wanted = (TruthTable("0--1"), TruthTable("-110"))
    assert refuted(replace(free, wanted=wanted)) is None
    found = family_feasibility(replace(free, wanted=(TruthTable("0--1"), TruthTable("--10"))))
    assert found.verdict == "feasible"
