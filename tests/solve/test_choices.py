"""Iterates and comparators of which the search chooses."""

import pytest

from chaoscad.design.store import loads
from chaoscad.design.writer import dumps
from chaoscad.errors import ChaoscadError
from chaoscad.netlist import parse
from chaoscad.netlist.data import dump
from chaoscad.workflow import optimize, run
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
