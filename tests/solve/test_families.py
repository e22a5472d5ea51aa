"""One element in several settings: what one control reaches, and which families are searched."""

import numpy as np
import pytest

from chaoscad.family import Family
from chaoscad.feasibility.drawings import GRID
from chaoscad.feasibility.members import Members
from chaoscad.feasibility.points import Point, Settings
from chaoscad.netlist import Netlist, parse, unrolled
from chaoscad.solve.families import searched
from chaoscad.solve.problem import Problem, problem
from chaoscad.solve.refine import Programme
from chaoscad.solve.slots import build_space

SYMMETRIC = [f"{a}{b}{b}{c}" for a in "01" for b in "01" for c in "01"]


def family(
    tables: list[str], iterates: int, weights: str = "independent", options: str = ""
) -> tuple[Family, Programme]:
    """Gates that differ in x0 alone."""
    names = ", ".join(f"f{table}" for table in tables)
    gates = "".join(
        f'  f{table}: {{inputs: [a, b], function: "{table}"{options}}}\n' for table in tables
    )
    netlist, _ = parse(
        "chaoscad: 1\nname: family\nsystem: logistic\n"
        f"defaults: {{iterates: {iterates}, weights: {weights}}}\n"
        f"inputs: [a, b]\noutputs: [{names}]\ngates:\n{gates}tie:\n"
        f"- {{parameter: delta, gates: [{names}]}}\n- {{parameter: threshold, gates: [{names}]}}\n"
    )
    return posed(netlist)


def posed(netlist: Netlist) -> tuple[Family, Programme]:
    """The family that all gates of a circuit are."""
    item: Problem = problem(netlist.gates, [gate.function for gate in netlist.gates], netlist.ties)
    found = Family.of(item.gates, item.wanted, item.ties)
    assert found is not None
    return found, Programme(item.gates, build_space(item.gates, item.ties), item.wanted)


def whole(found: Family, seed: int = 0):
    """The setting that the search finds, which does all members."""
    answer = searched(found, np.random.default_rng(seed))
    assert answer is not None
    assert answer.whole
    return answer.setpoints


def margin(programme: Programme, point) -> float:
    vector = programme.vector(point)
    assert programme.in_range(vector)
    return float(programme.signed(vector).min())


@pytest.mark.parametrize(
    ("tables", "iterates", "weights", "least"),
    [
        (SYMMETRIC, 3, "shared", 0.128),
        ([format(number, "04b") for number in range(16)], 4, "independent", 0.160),
    ],
)
def test_x0_alone_reaches_every_function(tables, iterates, weights, least):
    found, programme = family(tables, iterates, weights)
    point = whole(found)
    assert margin(programme, point) > least
    assert len(set(point.threshold)) == len({tuple(row) for row in point.delta}) == 1


def test_a_seed_gives_the_same_setting():
    found, _ = family(["0001", "0111"], 2)
    first, second = (whole(found, seed=1) for _ in range(2))
    assert all(np.array_equal(*pair) for pair in zip(first, second, strict=True))


def test_bounds_and_fixed_values_hold():
    options = ", bounds: {x0: [0.2, 0.9]}, fixed: {threshold: 0.5}"
    found, programme = family(["0001", "0111", "0110"], 3, options=options)
    point = whole(found)
    assert margin(programme, point) > 0.1
    assert point.x0.min() >= 0.2
    assert point.x0.max() <= 0.9
    assert point.threshold.tolist() == [0.5] * 3


def test_an_inverted_comparator_is_searched():
    found, programme = family(["0001", "0111", "0110"], 3, options=', compare: "<"')
    assert margin(programme, whole(found)) > 0.2


def test_rows_that_do_not_matter_leave_room():
    found, programme = family(["0001", "0-11"], 3)
    assert margin(programme, whole(found)) > 0.4


def test_linear_programmes_never_lose_margin():
    found, _ = family(["0001", "0111", "0110"], 3)
    settings = Settings(Members(found))
    for point in settings.drawn(np.random.default_rng(0), starts=3):
        moved = Point(point.delta + 1e-3, point.x0, point.threshold)
        begin = settings.levelled(settings.inside(moved))[1]
        assert settings.climbed(moved, 5)[1] >= begin


def test_every_control_takes_its_best_place_of_the_whole_table_and_what_is_raised_takes_it_anew():
    every = [format(number, "04b") for number in range(16)]
    settings = Settings(Members(family(every, 6)[0]))
    points = settings.drawn(np.random.default_rng(0), 6, 60)
    states = np.linspace(0, 1, GRID + 1)
    gained = 0
    for point in points:
        shift = settings.members.uses @ point.delta
        x0 = states[(states >= -shift.min()) & (states <= 1 - shift.max())]
        over = settings.read(0, np.clip(x0[:, None] + shift, 0, 1)) - point.threshold
        codes = (over > 0) @ (1 << np.arange(4)[::-1])
        best = [np.abs(over).min(1)[codes == code].max(initial=0.0) for code in range(16)]
        placed = Point(point.delta, settings.placed(point.delta, point.threshold), point.threshold)
        reached = np.array(best) > 0
        assert settings.margins(placed)[reached] == pytest.approx(np.array(best)[reached], abs=1e-3)
        margin = settings.climbed(point, 12)[1]
        settled = settings.settled(point, 12)[1]
        assert settled >= margin
        gained += settled > margin + 0.01
    assert gained > 0


def test_a_family_that_no_setting_does_is_done_in_part():
    found, _ = family([format(number, "04b") for number in range(16)], 3)
    answer = searched(found, np.random.default_rng(0))
    assert sum(answer.reached) == 15
    missing = answer.reached.index(False)
    margins = Settings(Members(found)).margins(
        Point(answer.setpoints.delta[0], answer.setpoints.x0, answer.setpoints.threshold[:1])
    )
    assert margins[missing] < 0
    # The best for these 15 is proven in tests/feasibility.
    assert np.delete(margins, missing).min() == pytest.approx(0.07384, rel=1e-3)


@pytest.mark.parametrize(
    ("controls", "iterates", "tables", "least"),
    [
        ("x0, threshold", 3, [format(number, "04b") for number in range(16)], 0.2),
        ("threshold", 4, ["0000", "0001", "0011", "0111", "1111"], 0.12),
    ],
)
def test_other_controls_are_searched_too(controls, iterates, tables, least):
    configurations = "".join(f'  c{table}: {{functions: {{y: "{table}"}}}}\n' for table in tables)
    netlist, _ = parse(
        "chaoscad: 1\nname: family\nsystem: logistic\ninputs: [a, b]\noutputs: [y]\n"
        f"controls: [{controls}]\ndefaults: {{iterates: {iterates}}}\n"
        f"gates:\n  y: {{inputs: [a, b]}}\nconfigurations:\n{configurations}"
    )
    found, programme = posed(unrolled(netlist))
    assert margin(programme, whole(found)) > least


def test_an_element_is_read_after_several_iterates_and_by_both_comparators():
    netlist, _ = parse(
        "chaoscad: 1\nname: adder\nsystem: logistic\ninputs: [a, b]\noutputs: [s, c]\ngates:\n"
        "  s: {inputs: [a, b], function: XOR, iterates: 2}\n"
        '  c: {inputs: [a, b], function: AND, iterates: 1, compare: "<"}\ntie:\n'
        "- {parameter: delta, gates: [s, c]}\n- {parameter: x0, gates: [s, c]}\n"
    )
    found, programme = posed(netlist)
    point = whole(found)
    assert margin(programme, point) > 0.2
    assert point.x0[0] == point.x0[1]
