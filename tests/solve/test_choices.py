"""Iterates, times and comparators of which the search chooses."""

import numpy as np
import pytest

from chaoscad.design.store import loads
from chaoscad.design.writer import dumps
from chaoscad.errors import ChaoscadError
from chaoscad.feasibility.tables import tabulate, tabulate_readings
from chaoscad.netlist import parse, unrolled
from chaoscad.netlist.data import dump
from chaoscad.solve.variants import promising
from chaoscad.workflow import optimize, reconfigure, run
from tests.conftest import gate_text


def test_the_search_takes_the_comparator_of_the_greater_margin():
    netlist, _ = parse(gate_text("function: AND, compare: ['>', '<']"))
    design = optimize(netlist)
    assert design.gates[0].compare == "<"
    # a/9 against a/24 with the other comparator.
    assert design.gates[0].margin == pytest.approx(4 / 9, abs=1e-6)
    again = loads(dumps(design))
    assert again == design
    assert again.netlist.gates[0].choices.compare == ("<", ">")


def test_the_search_takes_the_iterates_that_can_do_the_function():
    text = gate_text("function: XNOR, weights: shared, iterates: [1, 2]")
    design = optimize(parse(text)[0])
    # One iterate is proven unable to.
    assert design.solved
    assert design.gates[0].iterates == 2


def test_free_gates_choose_too():
    text = (
        "chaoscad: 1\ndefaults: {compare: ['>', '<']}\ninputs: [a, b]\noutputs: [y]\n"
        "gates:\n  p: {inputs: [a, b]}\n  y: {inputs: [p, b], function: AND}\ntargets: {y: ~a & b}\n"
    )
    design = optimize(parse(text)[0])
    assert design.solved
    assert design.gate("y").compare == "<"


DUFFING = (
    "chaoscad: 1\nsystem: duffing\ndefaults: {weights: shared, time: [1, 2, 3]}\ninputs: [a, b]\n"
    "outputs: [y]\ngates: {y: {inputs: [a, b]}}\ncontrols: [time]\n"
    "configurations: {and: {functions: {y: AND}}, xor: {functions: {y: XOR}}}\n"
)


def test_the_likeliest_times_of_configurations_are_solved():
    whole = unrolled(parse(DUFFING)[0])
    wanted = [gate.function for gate in whole.gates]
    ways = promising(whole, whole.gates, wanted, whole.sharing)  # type: ignore[arg-type]
    # At one time the gate is one function.
    assert [[gate.setting.time for gate in way] for way in ways] == [[3.0, 2.0], [1.0, 3.0]]
    assert not any(gate.choices.time for way in ways for gate in way)
    early, late = (gate.setting for gate in ways[1])
    states, (first, last) = tabulate_readings((early, late), (-1.0, 1.0))
    assert np.array_equal(first, tabulate(early, (-1.0, 1.0))[1])
    assert np.abs(last - late.value(states)).max() < 1e-5


@pytest.mark.slow
def test_a_flow_is_two_functions_by_the_time_at_which_it_is_read():
    design = reconfigure(parse(DUFFING)[0])
    assert design.solved
    assert [one.gate("y").setting.time for one in design.configurations.values()] == [1.0, 3.0]
    assert design.worst_margin > 1.28


def test_configurations_that_choose_iterates_have_one_comparator():
    text = (
        "chaoscad: 1\ninputs: [a, b]\noutputs: [y]\n"
        "defaults: {weights: shared, iterates: [1, 2, 3, 4, 5], compare: ['>', '<']}\n"
        "gates: {y: {inputs: [a, b]}}\ncontrols: [iterates]\n"
        "configurations: {nand: {functions: {y: NAND}}, and: {functions: {y: AND}}}"
    )
    whole = unrolled(parse(text)[0])
    wanted = [gate.function for gate in whole.gates]
    ways = promising(whole, whole.gates, wanted, whole.sharing)  # type: ignore[arg-type]
    assert ways
    for first, second in ways:
        # With two comparators one orbit would be both functions after the same iterates.
        assert first.compare == second.compare
        assert first.iterates != second.iterates


def test_choices_survive_a_round_trip():
    netlist, _ = parse(gate_text("function: AND, iterates: [2, 1], compare: ['>', '<']"))
    (gate,) = netlist.gates
    assert (gate.iterates, gate.compare) == (2, ">")
    assert [(one.iterates, one.compare) for one in gate.variants] == [
        (2, ">"),
        (2, "<"),
        (1, ">"),
        (1, "<"),
    ]
    assert parse(dump(netlist))[0] == netlist


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("iterates: []", "'iterates': an empty list leaves nothing to choose from"),
        ("iterates: [2, 2]", "'iterates': 2 is listed twice"),
        ("compare: ['>', '=']", "'compare': > or < is expected, not '='"),
        ("system: lorenz, iterates: [1, 2]", "gate 'y' has 2 iterates, and lorenz is a flow"),
    ],
)
def test_wrong_choices_are_refused(options, message):
    with pytest.raises(ChaoscadError) as caught:
        parse(gate_text(f"function: AND, {options}"))
    assert caught.value.diagnostics[0].message == message


def test_free_gates_take_the_functions_of_the_best_rank():
    text = (
        "chaoscad: 1\ninputs: [a, b, c]\noutputs: [y]\n"
        "gates:\n  p: {inputs: [a, b]}\n  y: {inputs: [p, c]}\ntargets: {y: a ^ b ^ c}\n"
    )

    def even(gates):
        return [2.0 if gate.function.rows == "1001" else 1.0 for gate in gates]

    found = run(parse(text)[0], ranking=even)
    assert found.design.solved
    assert [gate.function.rows for gate in found.design.gates] == ["1001", "1001"]
