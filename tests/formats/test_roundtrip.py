"""Circuits with any names survive being written and read."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaoscad.formats import dumps, loads, read, write
from chaoscad.logic import Logic, LogicNode, TruthTable
from chaoscad.toolchain import require
from tests.conftest import ROOT, needs
from tests.formats.compare import refused, rows

ODD = [
    "a b",
    "$x",
    "1",
    "and",
    "x[3]",
    "../../etc",
    "a#b",
    "=",
    "é",
    "\n",
    "\\",
    ".end",
    "vdd",
    "-",
    "a_b",
    '"',
]
names = st.one_of(
    st.sampled_from(ODD),
    st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), min_size=1, max_size=8),
)


@st.composite
def circuits(draw) -> Logic:
    found = draw(st.lists(names, min_size=3, max_size=9, unique=True))
    count = draw(st.integers(1, 2))
    driven, nodes = list(found[:count]), []
    for name in found[count:]:
        arity = draw(st.integers(0, 4))
        inputs = tuple(draw(st.sampled_from(driven)) for _ in range(arity))
        table = draw(st.text("01", min_size=1 << arity, max_size=1 << arity))
        nodes.append(LogicNode(name, inputs, TruthTable(table)))
        driven.append(name)
    outputs = draw(st.lists(st.sampled_from(driven), min_size=1, max_size=3, unique=True))
    return Logic(draw(names), tuple(found[:count]), tuple(outputs), tuple(nodes))


@pytest.mark.parametrize("form", ["bench", "blif"])
@given(logic=circuits())
def test_any_circuit_survives(form, logic):
    text = dumps(logic, form)
    assert text.isascii()
    again = loads(text, form, name=logic.name)
    assert (again.name, again.inputs, again.outputs) == (logic.name, logic.inputs, logic.outputs)
    assert rows(again) == rows(logic)
    assert {node.name for node in again.nodes} == {node.name for node in logic.nodes}
    # Once read, a circuit has a fixed form.
    once = replace(again, nodes=again.nodes)
    assert loads(dumps(once, form), form, name=logic.name) == once


def test_a_circuit_goes_from_one_format_to_the_other(tmp_path):
    logic = read(ROOT / "tests" / "data" / "priority.blif")
    write(logic, tmp_path / "priority.bench")
    again = read(tmp_path / "priority.bench")
    assert (again.inputs, again.outputs) == (logic.inputs, logic.outputs)
    assert rows(again) == rows(logic)


def test_an_unused_input_stays_a_port():
    text = "INPUT(a)\nINPUT(unused)\nOUTPUT(y)\ny = NOT(a)\n"
    logic = loads(text, "bench")
    assert logic.inputs == ("a", "unused")
    assert loads(dumps(logic, "blif"), "blif").inputs == ("a", "unused")


def test_unknown_formats_and_files(tmp_path):
    logic = loads("INPUT(a)\nOUTPUT(a)\n", "bench")
    assert refused(lambda: loads("", "vhdl")) == (
        "error: there is no format 'vhdl'; the formats are bench, blif, verilog, systemverilog, aiger"
    )
    assert refused(lambda: read("x.blif", format="blfi")) == (
        "error: there is no format 'blfi'; did you mean 'blif'?"
    )
    assert refused(lambda: read("circuit.edif")) == (
        "circuit.edif: error: the file's name does not say its format; names end in .bench, .blif, "
        ".v, .sv, .aag, .aig; rename it, or say the format: bench, blif, verilog, systemverilog, aiger"
    )
    assert refused(lambda: write(logic, tmp_path / "x.v")) == (
        "error: circuits are not written in the format 'verilog'; those written are bench, blif"
    )
    assert refused(lambda: read("nowhere.aag")) == (
        "nowhere.aag: error: cannot read the file: it does not exist"
    )
    assert refused(lambda: read("nowhere.bench", top="m")) == (
        "nowhere.bench: error: bench files have no modules to choose from, and 'm' was given"
    )
    assert not list(tmp_path.iterdir())


@needs("yosys-abc")
@pytest.mark.parametrize("form", ["bench", "blif"])
def test_what_is_written_is_what_abc_reads(form, tmp_path):
    logic = read(ROOT / "tests" / "data" / "priority.blif")
    write(logic, tmp_path / f"written.{form}")
    (tmp_path / "original.blif").write_text((ROOT / "tests" / "data" / "priority.blif").read_text())
    done = require("yosys-abc").run(
        ["-c", f"cec original.blif written.{form}"], folder=tmp_path, timeout=60
    )
    assert "Networks are equivalent" in done.output, done.output
