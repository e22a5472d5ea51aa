"""Word lengths, every one tried; and designs that are tuned again on a grid."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chaoscad.design import Design
from chaoscad.errors import ChaoscadError
from chaoscad.evidence import Evidence
from chaoscad.fixed_point.orbits import orbits
from chaoscad.fixed_point.tune import quantised
from chaoscad.fixed_point.widths import settled, widths
from chaoscad.fixed_point.word import complaints, word_of
from chaoscad.hardware import hardware_of
from chaoscad.verification import claims, verify
from tests.export.conftest import gallery_design
from tests.export.designs import with_numbers
from tests.export.family import iterate_family


def on_grid(design: Design, bits: int) -> bool:
    scale = 1 << bits
    return all(
        (value * scale).is_integer()
        for gate in design.gates
        for value in (gate.x0, *gate.delta, gate.threshold)
    )


def margin(design: Design, bits: int) -> float:
    found = orbits(Evidence(design), bits)
    return min(found[gate.name].margin(gate.function.rows) / (1 << bits) for gate in design.gates)


def test_the_iterate_family_at_every_width():
    found = widths(Evidence(iterate_family()))
    assert [gate.settled for gate in found.gates] == [3, 3, 4, 4, 8]
    assert [gate.least for gate in found.gates] == [3, 3, 4, 4, 5]
    assert found.gates[4].works == (5, *range(8, 25))
    assert (found.least, found.settled, found.chosen) == (5, 8, 10)
    assert found.margin(8) == pytest.approx(9.5 / 256)
    assert found.margin(6) < 0
    assert {found.integer_bits[width] for width in found.works} <= {0, 1}


def test_rounding_to_nearest_is_another_orbit():
    found = widths(Evidence(iterate_family()), "nearest")
    assert [gate.least for gate in found.gates] == [3, 3, 4, 6, 8]


def test_margins_approach_those_of_float64():
    design = iterate_family()
    for gate, item in zip(design.gates, widths(Evidence(design)).gates, strict=True):
        assert item.margins[24] == pytest.approx(gate.margin, abs=3e-6)


def test_the_widths_without_a_gap():
    assert settled((5, 8, 9, 10), 10) == 8
    assert settled((3, 4, 5), 5) == 3
    assert settled((7,), 7) == 7
    assert settled((), 7) is None


def test_flows_are_refused(lorenz: Design):
    for run in (lambda: widths(Evidence(lorenz)), lambda: quantised(lorenz, 8)):
        with pytest.raises(ChaoscadError, match="gate 'and' is on the flow lorenz, which has no"):
            run()


@pytest.mark.parametrize("bits", [3, 4, 6, 12, 24])
def test_a_design_is_tuned_again_on_a_grid(bits: int):
    design = gallery_design("full_adder")
    found = quantised(design, bits)
    assert found.found
    assert found.unsolved == ()
    assert on_grid(found.design, bits)
    assert margin(found.design, bits) >= margin(design, bits)
    assert found.design.status == "solved"
    verification = verify(found.design)
    assert verification.passed
    assert claims(found.design, verification) == []
    assert word_of(Evidence(found.design), hardware_of(found.design)) == found.word
    assert complaints(Evidence(found.design), found.word) == []
    assert found.design.netlist.hardware == {
        "fixed_point": {"integer_bits": found.word.integer_bits, "fraction_bits": bits}
    }
    assert found.design.provenance["quantised"] == {"fraction_bits": bits, "rounding": "truncate"}


def test_tuning_makes_a_width_work_that_rounding_does_not():
    design = gallery_design("three_input_gates")
    assert widths(Evidence(design)).least == 4
    found = quantised(design, 3)
    assert found.found
    assert margin(design, 3) < 0 < margin(found.design, 3)


def test_a_small_grid_is_searched_whole():
    # XOR of two inputs on the logistic map with 3 bits: 4.5 steps of 1/8 are the most there is.
    design = with_numbers(
        "chaoscad: 1\ninputs: [a, b]\noutputs: [y]\ngates: {y: {inputs: [a, b], function: XOR}}\n",
        {"y": (0.0, (0.4, 0.4), 0.7)},
    )
    best = max(
        min(one - 0.5 - limit, limit - zero + 0.5)
        for x0 in range(9)
        for d in range(-8, 9)
        for e in range(-8, 9)
        if all(0 <= x0 + s <= 8 for s in (0, d, e, d + e))
        for limit in range(-16, 17)
        for one in [min(4 * s * (8 - s) >> 3 for s in (x0 + d, x0 + e))]
        for zero in [max(4 * s * (8 - s) >> 3 for s in (x0, x0 + d + e))]
    )
    assert margin(quantised(design, 3).design, 3) * 8 == best


def test_bounds_ties_shared_weights_and_fixed_values_hold():
    design = gallery_design("tied_half_adder")
    found = quantised(design, 5).design
    one, other = found.gates
    assert (one.x0, one.delta) == (other.x0, other.delta)
    assert one.delta[0] == one.delta[1]
    bounded = with_numbers(
        "chaoscad: 1\ninputs: [a, b]\noutputs: [y]\ngates:\n"
        "  y: {inputs: [a, b], function: XOR, fixed: {x0: 0.0625}, "
        "bounds: {delta: [0.3, 0.44], threshold: [0.3, 0.68]}}\n",
        {"y": (0.0625, (0.43, 0.43), 0.6)},
    )
    gate = quantised(bounded, 6).design.gates[0]
    assert gate.x0 == 0.0625
    assert all(0.3 <= weight <= 0.44 for weight in gate.delta)
    assert 0.3 <= gate.threshold <= 0.68


def test_a_fixed_value_off_the_grid_has_no_solution():
    design = with_numbers(
        "chaoscad: 1\ninputs: [a, b]\noutputs: [y]\ngates:\n"
        "  y: {inputs: [a, b], function: XOR, fixed: {x0: 0.1}}\n",
        {"y": (0.1, (0.4, 0.4), 0.7)},
    )
    found = quantised(design, 6)
    assert (found.found, found.unsolved) == (False, ("y",))


def test_trained_parameters_of_a_map_go_to_the_grid():
    found = quantised(gallery_design("user_map"), 6)
    assert found.found
    first, second = (gate.setting.parameters["r"] for gate in found.design.gates)
    assert first == second
    assert (first * 64).is_integer()
    assert 2.0 <= first <= 3.0


def test_open_rows_do_not_break_the_circuit():
    # Function '001-', where row 11 is a 1 that the output shows.
    design = with_numbers(
        "chaoscad: 1\ninputs: [a, b]\noutputs: [y]\n"
        "gates: {y: {inputs: [a, b], system: {name: tent, mu: 1}, function: '001-'}}\n",
        {"y": (0.0, (0.5, 0.1), 0.39)},
    )
    opened = replace(design.gates[0], function=design.netlist.gates[0].function)
    found = quantised(replace(design, gates=(opened,)), 3)
    assert found.found
    assert orbits(Evidence(found.design), 3)["y"].table in ("0010", "0011")


def test_the_same_answer_every_time():
    design = gallery_design("half_adder")
    assert quantised(design, 9) == quantised(design, 9)


def test_a_width_counts_as_settled_only_when_the_widest_works():
    assert settled((8, 16, 21, 23), 24) is None
    assert settled((5, 8, 9, 10), 11) is None
