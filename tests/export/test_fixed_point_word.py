"""The word of an export: chosen, taken, or refused with the row that breaks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chaoscad.design import Design
from chaoscad.errors import ChaoscadError
from chaoscad.evidence import Evidence
from chaoscad.fixed_point.orbits import Word
from chaoscad.fixed_point.word import complaints, word_of
from chaoscad.hardware import Hardware
from chaoscad.netlist import TruthTable
from tests.export.designs import with_numbers
from tests.export.family import iterate_family


def test_without_a_width_two_bits_more_than_from_where_on_all_work():
    assert word_of(Evidence(iterate_family()), Hardware()) == Word(0, 10, "truncate")


def test_what_the_hardware_gives_is_taken():
    hardware = Hardware(integer_bits=3, fraction_bits=12)
    assert word_of(Evidence(iterate_family()), hardware) == Word(3, 12, "truncate")


def test_a_design_that_was_tuned_for_rounding_is_rounded():
    design = replace(iterate_family(), provenance={"quantised": {"rounding": "nearest"}})
    assert word_of(Evidence(design), Hardware(fraction_bits=9)).rounding == "nearest"


def test_a_width_that_breaks_a_row_is_refused_by_gate_and_row():
    found = complaints(Evidence(iterate_family()), Word(1, 6))
    assert [str(item) for item in found] == [
        f"error: gate 'n5', row {row}: with 6 fraction bits the value is 0.234375, the threshold "
        "0.40625 and the output 0, wanted 1; chaoscad quantise lists the widths that work; with "
        "--bits it re-tunes"
        for row in ("01", "10")
    ]
    assert complaints(Evidence(iterate_family()), Word(1, 5)) == []


def test_a_word_that_is_too_short_for_a_value_is_refused():
    design = with_numbers(
        "chaoscad: 1\ninputs: [a, b]\noutputs: [y]\ngates: {y: {inputs: [a, b], function: XOR}}\n",
        {"y": (0.0, (0.5, 0.5), 0.5)},
    )
    assert [str(item) for item in complaints(Evidence(design), Word(0, 4))] == [
        "error: gate 'y' needs the value 1, which the word Q0.4 does not hold; give integer_bits 1"
    ]


@pytest.mark.parametrize(
    ("hardware", "message"),
    [
        (
            Hardware(fraction_bits=1),
            "error: the word has 1 fraction bits; 2 to 31 are allowed; chaoscad quantise lists those "
            "that work",
        ),
        (
            Hardware(integer_bits=12, fraction_bits=20),
            "error: the word has 33 bits (1 sign, 12 integer, 20 fraction); at most 32 are allowed; "
            "give fewer fraction_bits",
        ),
    ],
)
def test_words_that_are_too_short_or_too_long_are_refused(hardware: Hardware, message: str):
    with pytest.raises(ChaoscadError) as caught:
        word_of(Evidence(iterate_family()), hardware)
    assert str(caught.value) == message


def test_flows_have_no_fixed_point_form(lorenz: Design):
    with pytest.raises(ChaoscadError) as caught:
        word_of(Evidence(lorenz), Hardware())
    assert str(caught.value.diagnostics[0]) == (
        "error: gate 'and' is on the flow lorenz, which has no fixed-point form; the targets spice "
        "and c (in floating point) take flows"
    )


def test_an_open_row_that_changes_and_reaches_an_output_is_refused():
    # In row 11 the value is 0.4 and the threshold 0.38: above, but not with 3 fraction bits.
    design = with_numbers(
        "chaoscad: 1\ninputs: [a, b]\noutputs: [y]\n"
        "gates: {y: {inputs: [a, b], system: {name: tent, mu: 1}, function: '001-'}}\n",
        {"y": (0.0, (0.5, 0.1), 0.39)},
    )
    assert design.gates[0].function == TruthTable("0011")
    opened = replace(design.gates[0], function=TruthTable("001-"))
    design = replace(design, gates=(opened,))
    found = [str(item) for item in complaints(Evidence(design), Word(1, 3))]
    assert found == [
        "error: with 3 fraction bits the circuit differs from the design, as output 'y': a row that "
        "a gate's function leaves open changes; chaoscad quantise lists the widths that work"
    ]
    assert complaints(Evidence(design), Word(1, 8)) == []
