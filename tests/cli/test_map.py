"""`chaoscad map`, `optimize` and `verify --against`: a circuit from a file to a proven design."""

import json
import re

import pytest

from chaoscad.cli.main import status
from chaoscad.formats import read
from tests.conftest import ROOT, needs
from tests.formats.compare import rows

DATA = ROOT / "tests" / "data"


@pytest.fixture(autouse=True)
def in_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@needs("yosys")
def test_behavioural_verilog_becomes_a_proven_design(capsys, tmp_path):
    source = str(DATA / "alu_slice.v")
    assert status(["map", source, "-k", "4"]) == 0
    said = capsys.readouterr()
    # How many gates there are depends on the version of yosys.
    first, second = said.out.splitlines()
    found = re.fullmatch(
        r"alu_slice: (\d+) gates became (\d+) gates in \d+ levels \(.*iterates\)", first
    )
    assert found is not None
    assert int(found[2]) < int(found[1])
    assert second == "proven equal to the file: exhaustive enumeration, 128 rows"
    assert said.err == "written to alu_slice.yaml\n"
    assert status(["optimize", "alu_slice.yaml"]) == 0
    capsys.readouterr()
    assert status(["verify", "alu_slice.design.json", "--against", source]) == 0
    assert "equal to" in capsys.readouterr().out


@needs("yosys-abc")
def test_a_mapped_netlist_goes_to_stdout_or_is_described_as_json(capsys):
    source = str(DATA / "five_nands.bench")
    assert status(["map", source, "-k", "2", "-o", "-"]) == 0
    assert capsys.readouterr().out.startswith("chaoscad: 1\nname: five_nands\n")
    assert status(["map", source, "-k", "2", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["ok"]
    assert data["equal"]
    assert data["file"] == "five_nands.yaml"
    assert sum(data["iterates"].values()) == data["gates"]


@needs("yosys-abc")
def test_the_name_of_the_output_says_its_format(capsys):
    source = DATA / "five_nands.bench"
    assert status(["map", str(source), "-k", "4", "-o", "cover.blif"]) == 0
    assert capsys.readouterr().err == "written to cover.blif\n"
    found, given = read("cover.blif"), read(source)
    assert (found.inputs, found.outputs) == (given.inputs, given.outputs)
    assert rows(found) == rows(given)
    assert max(len(node.inputs) for node in found.nodes) == 4


@needs("yosys", "yosys-abc")
def test_the_reference_of_a_proof_is_one_of_several_modules(capsys, tmp_path):
    (tmp_path / "m.v").write_text(
        "module nand2(input a, b, output y); assign y = ~(a & b); endmodule\n"
        "module nor2(input a, b, output y); assign y = ~(a | b); endmodule\n"
    )
    refusal = (
        "m.v: error: 2 modules are in no other, and each may be the circuit: 'nand2', 'nor2'; choose "
        "one: --top nand2\n"
    )
    assert status(["map", "m.v"]) == 1
    assert capsys.readouterr().err == refusal
    assert status(["map", "m.v", "--top", "nor2"]) == 0
    assert status(["optimize", "nor2.yaml"]) == 0
    capsys.readouterr()
    assert status(["verify", "nor2.design.json", "--against", "m.v"]) == 1
    assert capsys.readouterr().err == refusal
    assert status(["verify", "nor2.design.json", "--against", "m.v", "--top", "nor2"]) == 0
    assert status(["verify", "nor2.design.json", "--against", "m.v", "--top", "nand2"]) == 3
    capsys.readouterr()
    assert status(["verify", "nor2.design.json", "--top", "nand2"]) == 2
    assert capsys.readouterr().err.endswith(
        "Error: --top, --mux-order and --liberty are for the file of --against\n"
    )


@needs("yosys-abc")
def test_an_existing_file_is_kept(capsys, tmp_path):
    (tmp_path / "five_nands.yaml").write_text("mine")
    source = str(DATA / "five_nands.bench")
    assert status(["map", source]) == 1
    assert capsys.readouterr().err == (
        "five_nands.yaml: error: the file exists already; --force writes over it, -o chooses "
        "another name\n"
    )
    assert (tmp_path / "five_nands.yaml").read_text() == "mine"
    assert status(["map", source, "--force"]) == 0
    assert (tmp_path / "five_nands.yaml").read_text().startswith("chaoscad: 1")


@needs("yosys-abc")
def test_a_circuit_is_mapped_by_yield(capsys, tmp_path):
    source = str(DATA / "five_nands.bench")
    sizes = ["--tolerance", "x0=0.01", "--global", "a=1 %", "--noise", "state=0.01"]
    sizes += ["-k", "2"]
    assert status(["map", source, "--objective", "yield", *sizes, "-o", "m.yaml"]) == 0
    text = (tmp_path / "m.yaml").read_text()
    assert "fixed: {x0: " in text
    assert text.endswith(
        'hardware:\n  tolerance: {x0: 0.01}\n  global: {a: "1 %"}\n  noise: {state: 0.01}\n'
    )
    assert status(["optimize", "m.yaml"]) == 0
    assert "solved" in capsys.readouterr().out
    assert status(["verify", "five_nands.design.json", "--against", source]) == 0
    capsys.readouterr()
    assert status(["map", source, "--objective", "yield", *sizes, "--margin", "0.7"]) == 1
    assert "the cell library has no 2-input cell of margin 0.7 for" in capsys.readouterr().err
    # As wide as no device is: every cell fails, and one is taken all the same.
    assert (
        status(
            ["map", source, "--objective", "yield", "--tolerance", "1e300", "-k", "2", "-o", "-"]
        )
        == 0
    )


@needs("yosys-abc")
def test_a_margin_that_no_cell_has_is_refused(capsys):
    assert status(["map", str(DATA / "five_nands.bench"), "--margin", "0.7"]) == 1
    error = capsys.readouterr().err
    assert "the cell library has no 3-input cell of margin 0.7 for" in error
    assert "'chaoscad cells --add --margin 0.7 -- " in error


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (
            ["-k", "7"],
            2,
            "Error: Invalid value for '-k' / '--inputs': 7 is not in the range 2<=x<=6.\n",
        ),
        (
            ["--margin", "nan"],
            2,
            "Error: Invalid value for '--margin': nan is not a finite number\n",
        ),
        (["--tolerance", "0.1"], 2, "Error: --tolerance belongs to --objective yield\n"),
        (
            ["--objective", "yield"],
            2,
            "Error: --objective yield needs --tolerance, --global or --noise\n",
        ),
        (
            ["--objective", "yield", "--noise", "state=0"],
            1,
            "error: the objective yield needs a tolerance or noise: nothing deviates; give a size "
            "above 0\n",
        ),
        (
            ["-o", "x.v"],
            1,
            "x.v: error: cannot write the file: verilog files are not written; the names of files "
            "that are written end in .yaml, .bench or .blif\n",
        ),
        (
            ["--json", "-o", "-"],
            2,
            "Error: -o - and --json both write to stdout; give one of them\n",
        ),
        (
            ["--library", "none.json"],
            1,
            "none.json: error: cannot read the file: it does not exist\n",
        ),
    ],
)
def test_wrong_options_are_refused(capsys, arguments, code, message):
    assert status(["map", str(DATA / "five_nands.bench"), *arguments]) == code
    assert capsys.readouterr().err.endswith(message)


@needs("yosys-abc")
def test_a_netlist_with_a_free_gate_cannot_be_mapped(capsys):
    assert status(["map", str(ROOT / "netlists" / "full_adder.yaml"), "-o", "x.yaml"]) == 1
    assert "gate 'p' has no function: what it computes is not known" in capsys.readouterr().err
