"""`chaoscad quantise`: the table, the tuned design, and refusals."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from chaoscad.cli.main import status
from chaoscad.cli.quantise import spans
from chaoscad.design import Design, load
from chaoscad.verification import verify
from tests.export.conftest import gallery_design
from tests.export.family import iterate_family


@pytest.fixture
def family(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    return iterate_family().save("family.design.json")


def save(design: Design, path: Path) -> str:
    return design.save(str(path))


def test_the_table_of_the_iterate_family(family: str, capsys):
    assert status(["quantise", family]) == 0
    out, err = capsys.readouterr()
    lines = [line.split() for line in out.splitlines()]
    assert lines[0] == [
        "gate",
        "function",
        "n",
        "least",
        "all",
        "from",
        "works",
        "with",
        "margin",
        "in",
        "float64",
    ]
    assert [line[:5] for line in lines[1:6]] == [
        ["n1", "NAND", "1", "3", "3"],
        ["n2", "AND", "2", "3", "3"],
        ["n3", "NOR", "3", "4", "4"],
        ["n4", "XOR", "4", "4", "4"],
        ["n5", "OR", "5", "5", "8"],
    ]
    assert lines[5][5:7] == ["5,", "8-24"]
    assert ["6", "Q0.6", "wrong", "n5"] in lines
    assert ["8", "Q0.8", "0.0371094", "n5"] in lines
    assert out.splitlines()[-1] == (
        "iterate_family: 5 fraction bits are the least that work, all from 8 on do; an export takes 10"
    )
    assert err == ""


def test_margins_of_every_gate_at_every_width(family: str, capsys):
    assert status(["quantise", family, "--margins"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    row = next(line for line in lines if line[0] == "n5" and len(line) == 24)
    assert [cell == "-" for cell in row[1:8]] == [True, True, True, False, True, True, False]


def test_json_has_every_margin(family: str, capsys):
    assert status(["quantise", family, "--json", "--rounding", "nearest"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["ok"] is True
    assert data["rounding"] == "nearest"
    assert data["gates"]["n5"]["least"] == 8
    assert len(data["gates"]["n5"]["margins"]) == 23
    assert data["gates"]["n5"]["margins"]["7"] < 0


def test_bits_write_a_design_on_the_grid(tmp_path: Path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    source = save(gallery_design("three_input_gates"), tmp_path / "a.design.json")
    assert status(["quantise", source, "--bits", "3"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out == [
        "three_input_gates: on the grid of Q1.3, worst margin 0.1875 (rounded only: wrong), in float64 "
        "0.0625",
        "written to three_input_gates.q3.design.json",
    ]
    made = load("three_input_gates.q3.design.json")
    assert verify(made).passed
    assert all((gate.x0 * 8).is_integer() for gate in made.gates)
    assert status(["verify", "three_input_gates.q3.design.json"]) == 0
    capsys.readouterr()
    assert status(["quantise", source, "--bits", "3"]) == 1
    assert capsys.readouterr().err == (
        "three_input_gates.q3.design.json: error: the file exists already; --force writes over it, -o "
        "chooses another name\n"
    )
    assert status(["quantise", source, "--bits", "3", "--force", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["tuned"]["file"] == "three_input_gates.q3.design.json"
    assert data["tuned"]["word"] == {
        "integer_bits": 1,
        "fraction_bits": 3,
        "rounding": "truncate",
    }
    assert data["tuned"]["margin"] == 0.1875


def test_an_output_without_bits_takes_the_width_of_an_export(family: str, capsys):
    assert status(["quantise", family, "-o", "-"]) == 0
    out, err = capsys.readouterr()
    data = json.loads(out)
    assert data["provenance"]["quantised"]["fraction_bits"] == 10
    assert "on the grid of Q1.10" in err or "on the grid of Q0.10" in err


def test_a_grid_on_which_nothing_works_is_the_answer_no(family: str, capsys):
    assert status(["quantise", family, "--bits", "2", "-o", "y.design.json"]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "iterate_family: not solved with 2 fraction bits: no setting on the grid was found for n2 n3 n5",
        "nothing was written; give more --bits",
    ]
    assert not Path("y.design.json").exists()


def test_a_word_that_the_netlist_fixes_too_short_is_told(tmp_path: Path, capsys):
    design = gallery_design("half_adder")
    short = {"fixed_point": {"integer_bits": 0, "fraction_bits": 8}}
    source = save(
        replace(design, netlist=replace(design.netlist, hardware=short)), tmp_path / "a.design.json"
    )
    assert status(["quantise", source, "--bits", "8", "-o", str(tmp_path / "b.json")]) == 3
    assert capsys.readouterr().err.splitlines()[0] == (
        "half_adder: not solved with 8 fraction bits: gate 'sum' needs the value 1, which the word "
        "Q0.8 does not hold"
    )


def test_flows_are_refused_by_file_and_gate(tmp_path: Path, capsys):
    source = save(gallery_design("duffing_half_adder"), tmp_path / "a.design.json")
    assert status(["quantise", source]) == 1
    assert capsys.readouterr().err.splitlines() == [
        f"{source}: error: gate {name!r} is on the flow duffing, which has no fixed-point form; the "
        "targets spice and c (in floating point) take flows"
        for name in ("sum", "carry")
    ]


def test_wrong_usage(family: str, capsys):
    assert status(["quantise", family, "--bits", "1"]) == 2
    assert "1 is not in the range 2<=x<=24" in capsys.readouterr().err
    assert status(["quantise", family, "-o", "-", "--json"]) == 2
    assert "-o - and --json both want stdout" in capsys.readouterr().err
    assert status(["quantise", family, "-o", family]) == 1
    assert "this is a file that is read" in capsys.readouterr().err


def test_spans_of_widths():
    assert spans((5, 8, 9, 10, 12)) == "5, 8-10, 12"
    assert spans(()) == "none"
