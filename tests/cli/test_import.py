"""`chaoscad import`: standard netlists to netlists of chaogates."""

import json
import shutil

import pytest

from chaoscad.cli.main import status
from chaoscad.formats import read
from chaoscad.netlist import load, to_logic
from tests.conftest import ROOT, needs

DATA = ROOT / "tests" / "data"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A working folder with the sample circuits."""
    for path in DATA.iterdir():
        if path.suffix in (".bench", ".blif", ".v", ".aag", ".aig"):
            shutil.copy(path, tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(capsys, *arguments: str) -> tuple[int, str, str]:
    code = status(["import", *arguments])
    out, err = capsys.readouterr()
    return code, out, err


def test_a_netlist_is_written_beside_and_checked(capsys):
    assert run(capsys, "five_nands.bench") == (
        0,
        "five_nands: 4 inputs, 2 outputs, 5 gates, 3 levels\n",
        "written to five_nands.yaml\n",
    )
    assert status(["check", "five_nands.yaml"]) == 0
    assert to_logic(load("five_nands.yaml")) == read("five_nands.bench")


def test_an_existing_file_is_kept_unless_force_is_given(capsys, folder):
    (folder / "majority.yaml").write_text("mine")
    code, out, err = run(capsys, "majority.aag")
    assert (code, out) == (1, "")
    assert err == (
        "majority.yaml: error: the file exists already; --force writes over it, -o chooses another "
        "name\n"
    )
    assert (folder / "majority.yaml").read_text() == "mine"
    assert run(capsys, "majority.aag", "--force")[0] == 0
    assert load("majority.yaml").outputs == ("most", "few")


def test_stdout_takes_the_netlist_and_stderr_the_talk(capsys):
    code, out, err = run(capsys, "majority.aig", "-o", "-", "--system", "cubic", "--iterates", "2")
    assert code == 0
    assert out.startswith("chaoscad: 1\nname: majority\nsystem: cubic\ndefaults: {iterates: 2}\n")
    assert err == "majority: 3 inputs, 2 outputs, 5 gates, 4 levels\n"


def test_another_format_is_written_by_the_name_of_the_output(capsys):
    assert run(capsys, "priority.blif", "-o", "p.bench")[0] == 0
    assert run(capsys, "p.bench", "-o", "p.blif")[0] == 0
    assert {node.name for node in read("p.blif").nodes} == {
        node.name for node in read("priority.blif").nodes
    }
    code, _, err = run(capsys, "priority.blif", "-o", "p.v")
    assert code == 1
    assert err == (
        "p.v: error: cannot write the file: verilog files are not written; the names of files that "
        "are written end in .yaml, .bench or .blif\n"
    )


def test_the_imported_file_is_never_overwritten(capsys, folder):
    before = (folder / "priority.blif").read_bytes()
    code, _, err = run(capsys, "priority.blif", "-o", "./priority.blif", "--force")
    assert code == 1
    assert err == (
        "./priority.blif: error: this is a file that is read; give the result another name by -o\n"
    )
    assert (folder / "priority.blif").read_bytes() == before


def test_json_says_what_was_written(capsys):
    code, out, _ = run(capsys, "priority.blif", "--top", "any", "--json")
    assert code == 0
    assert json.loads(out) == {
        "ok": True,
        "name": "any",
        "inputs": 3,
        "outputs": 1,
        "gates": 1,
        "levels": 1,
        "written": "any.yaml",
    }


MUX = "INPUT(s)\nINPUT(a)\nINPUT(b)\nOUTPUT(y)\ny = MUX(s, a, b)\n"
WARNING = (
    "mux.bench:5:5: warning: MUX(s, a, b) is read as a at s = 0, as logic-locking tools write it; "
    "others, such as ABC, read a at s = 1; say which: --mux-order low-first, or high-first\n"
)


def test_the_order_of_a_multiplexer_is_said_or_warned_about(capsys, folder):
    (folder / "mux.bench").write_text(MUX)
    talk = "mux: 3 inputs, 1 output, 1 gate, 1 level\n"
    code, out, err = run(capsys, "mux.bench", "-o", "-")
    assert (code, err) == (0, WARNING + talk)
    assert "y: {inputs: [s, a, b], function: MUX}" in out
    code, out, err = run(capsys, "mux.bench", "-o", "-", "--mux-order", "high-first")
    assert (code, err) == (0, talk)
    assert "y: {inputs: [s, b, a], function: MUX}" in out
    assert run(capsys, "priority.blif", "-o", "-", "--mux-order", "low-first") == (
        1,
        "",
        "priority.blif: error: blif files have no MUX whose order may be told, and 'low-first' was "
        "given\n",
    )


def test_a_reference_and_a_drawing_warn_about_a_multiplexer_too(capsys, folder):
    (folder / "mux.bench").write_text(MUX)
    (folder / "net.yaml").write_text(
        "chaoscad: 1\ninputs: [s, a, b]\noutputs: [y]\ngates: {y: {inputs: [s, a, b]}}\n"
        "targets: {file: mux.bench}\n"
    )
    assert status(["check", "net.yaml"]) == 0
    assert capsys.readouterr().err == WARNING
    assert status(["draw", "mux.bench", "-o", "y.svg", "--mux-order", "low-first"]) == 0
    assert capsys.readouterr().err == ""
    assert status(["draw", "net.yaml", "--mux-order", "low-first"]) == 2
    assert capsys.readouterr().err.endswith(
        "Error: --mux-order is for .bench, BLIF, AIGER and Verilog files, and the name of net.yaml is "
        "none of theirs\n"
    )


def test_cells_are_read_with_their_library(capsys, folder):
    (folder / "cell.blif").write_text(
        ".model cell\n.inputs a b\n.outputs y\n.gate NAND2_X1 A1=a A2=b ZN=y\n.end\n"
    )
    code, out, _ = run(capsys, "cell.blif", "--liberty", str(DATA / "cells.lib"), "-o", "-")
    assert code == 0
    assert "y: {inputs: [a, b], function: NAND}" in out
    assert run(capsys, "cell.blif")[2] == (
        "cell.blif:4:1: error: there is no cell 'NAND2_X1'; give the library of its cells: --liberty "
        "FILE, or liberty= in Python\n"
    )


def test_no_iterates_are_wrong_usage(capsys):
    code, _, err = run(capsys, "priority.blif", "--iterates", "0")
    assert code == 2
    assert err.endswith("Error: Invalid value for '--iterates': 0 is not in the range x>=1.\n")


@needs("yosys")
def test_included_files_outside_of_the_folder_take_an_option(capsys, folder):
    (folder / "in").mkdir()
    (folder / "out.vh").write_text("assign y = ~a;\n")
    (folder / "in" / "m.v").write_text(
        'module m(input a, output y);\n`include "../out.vh"\nendmodule\n'
    )
    assert run(capsys, "in/m.v", "-o", "-")[2] == (
        "in/m.v:2:1: error: the included file '../out.vh' lies outside of the file's folder; move it "
        "there, or allow it: --allow-outside, or outside=True in Python\n"
    )
    assert run(capsys, "in/m.v", "-o", "-", "--allow-outside")[0] == 0


def test_json_and_stdout_together_are_wrong_usage(capsys):
    assert run(capsys, "priority.blif", "-o", "-", "--json")[0] == 2


def test_every_error_of_a_file_is_reported_and_nothing_written(capsys, folder):
    (folder / "bad.bench").write_text("INPUT(a)\nOUTPUT(y)\ny = NADN(a)\nz = DFF(a)\n")
    code, out, err = run(capsys, "bad.bench", "--json")
    assert code == 1
    assert [item["line"] for item in json.loads(out)["diagnostics"]] == [3, 4]
    assert "bad.bench:3:5: error: there is no gate 'NADN'; did you mean 'NAND'?" in err
    assert not (folder / "bad.yaml").exists()


def test_a_file_name_that_says_nothing_takes_a_format(capsys, folder):
    (folder / "five_nands.bench").rename(folder / "circuit.txt")
    code, _, err = run(capsys, "circuit.txt")
    assert code == 1
    assert "the file's name does not say its format" in err
    assert run(capsys, "circuit.txt", "--format", "bench")[0] == 0
    assert load("circuit.yaml").name == "circuit"


@needs("yosys")
def test_verilog_is_imported_under_the_name_of_its_file(capsys, folder):
    (folder / "gates.v").rename(folder / "my design.v")
    code, out, err = run(capsys, "my design.v")
    assert code == 0
    assert out == "my_design: 3 inputs, 3 outputs, 5 gates, 2 levels\n"
    assert err == (
        "the circuit of my design.v is gates; if there are others, --top chooses one\n"
        "written to my_design.yaml\n"
    )
    assert load("my_design.yaml").outputs == ("y", "and", "../../etc")
    assert run(capsys, "my design.v", "--top", "half")[:2] == (
        0,
        "half: 2 inputs, 1 output, 1 gate, 1 level\n",
    )


@needs("yosys")
def test_a_sequential_circuit_is_refused(capsys, folder):
    code, _, err = run(capsys, "counter.v")
    assert code == 1
    assert "counter.v:12:3: error: 'count' is a flip-flop ($dff)" in err
    assert not (folder / "counter.yaml").exists()
