"""`chaoscad export`: the folder, the check, and what is refused."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from chaoscad.cli.export import command
from chaoscad.cli.main import status
from chaoscad.design import save
from chaoscad.export import EXPORTERS
from tests.conftest import ROOT, gate_text, needs, with_changes
from tests.export.designs import with_numbers

LORENZ = ROOT / "tests" / "data" / "designs" / "lorenz.json"


@pytest.fixture
def nand(tmp_path: Path) -> Path:
    text = gate_text("function: NAND")
    design = with_numbers(text, {"y": (1 / 3, (1 / 3, 1 / 3), 4 / 9)})
    return Path(save(design, tmp_path / "nand.design.json"))


def test_a_folder_is_written_and_checked(nand: Path, tmp_path: Path, capsys):
    folder = tmp_path / "out"
    arguments = ["export", str(nand), "--target", "table", "-o", str(folder), "--check"]
    assert status(arguments) == 0
    said = capsys.readouterr()
    assert said.out == f"written to {folder}\ncheck: passed, 4 rows compared\n"
    assert said.err.endswith("every row agrees\n")
    assert sorted(path.name for path in folder.iterdir()) == [
        "README.md",
        "SHA256SUMS",
        "check.log",
        "design.json",
        "gates.csv",
        "names.csv",
        "parts.csv",
        "resistors.csv",
        "rows.csv",
        "table.json",
    ]


def test_the_default_folder_is_named_by_design_and_target(nand: Path, tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert status(["export", str(nand), "--target", "blif"]) == 0
    assert (tmp_path / "netlist.blif" / "circuit.blif").is_file()


def test_json_is_one_document(nand: Path, tmp_path: Path, capsys):
    folder = tmp_path / "out"
    arguments = ["export", str(nand), "--target", "table", "-o", str(folder), "--check", "--json"]
    assert status(arguments) == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["ok"], data["target"], data["folder"]) == (True, "table", str(folder))
    assert data["check"]["rows"] == 4
    assert "check.log" in data["files"]


def test_options_set_the_hardware(nand: Path, tmp_path: Path):
    folder = tmp_path / "out"
    options = ["--volts-per-unit", "2", "--dac-bits", "8", "--dac-range", "0", "2.5"]
    options += ["--reference-ohms", "4990", "--offset-volts", "0.25"]
    assert status(["export", str(nand), "--target", "table", "-o", str(folder), *options]) == 0
    hardware = json.loads((folder / "table.json").read_text())["hardware"]
    assert hardware["volts_per_unit"] == 2.0
    assert hardware["dac_range"] == [0.0, 2.5]
    assert hardware["reference_ohms"] == 4990.0


def test_a_folder_with_files_is_not_written_over(nand: Path, tmp_path: Path, capsys):
    folder = tmp_path / "out"
    arguments = ["export", str(nand), "--target", "blif", "-o", str(folder)]
    assert status(arguments) == 0
    capsys.readouterr()
    assert status(arguments) == 1
    assert capsys.readouterr().err == (
        f"{folder}: error: the folder exists and holds files: README.md, SHA256SUMS, circuit.blif, design.json, "
        "...; --force replaces it, -o chooses another folder\n"
    )
    assert status([*arguments, "--force"]) == 0


@needs("ngspice")
def test_a_missing_tool_is_named_and_nothing_is_written(
    nand: Path, tmp_path: Path, capsys, monkeypatch
):
    monkeypatch.setenv("PATH", "")
    folder = tmp_path / "out"
    arguments = ["export", str(nand), "--target", "spice", "-o", str(folder)]
    assert status([*arguments, "--check"]) == 1
    assert capsys.readouterr().err == (
        f"{nand}: error: ngspice is not installed; install it (Debian: apt install ngspice)\n"
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["nand.design.json"]
    assert status(arguments) == 0


def test_a_design_that_is_wrong_is_not_exported(tmp_path: Path, capsys):
    design = with_numbers(gate_text("function: NAND"), {"y": (1 / 3, (1 / 3, 1 / 3), 4 / 9)})
    wrong = replace(design, gates=(with_changes(design.gates[0], threshold=0.9),))
    path = save(wrong, tmp_path / "wrong.design.json")
    assert status(["export", path, "--target", "table", "-o", str(tmp_path / "out")]) == 1
    assert capsys.readouterr().err == (
        f"{path}: error: gate 'y': wrong in rows 00, 01, 10 of its function; chaoscad verify says "
        "what is wrong; only a design that is right is exported\n"
    )
    assert not (tmp_path / "out").exists()


def test_a_dac_too_narrow_is_refused_gate_by_gate(tmp_path: Path, capsys):
    arguments = ["export", str(LORENZ), "--target", "table", "-o", str(tmp_path / "out")]
    assert status([*arguments, "--dac-bits", "12", "--dac-range", "-10", "10"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 6
    assert all("the DAC, with range [-10, 10] V, cannot set" in line for line in lines)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--target", "vhdl"], "'vhdl' is not one of"),
        ([], "Missing option '--target'"),
        (["--target", "table", "--dac-bits", "0"], "0 is not in the range"),
        (["--target", "verilog", "--form", "analog"], "'analog' is not one of"),
    ],
)
def test_wrong_usage(nand: Path, capsys, arguments, message):
    assert status(["export", str(nand), *arguments]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("target", "arguments", "message"),
    [
        (
            "spice",
            ["--form", "pipelined"],
            "--form is an option of verilog; spice does not read it",
        ),
        ("table", ["--rounding", "nearest"], "--rounding is an option of verilog and c; table "),
        ("c", ["--supply", "0", "5"], "--supply is an option of table; c does not read it"),
        ("blif", ["--rows", "4096"], "--rows is an option of verilog, spice and c; blif does not"),
        ("verilog", ["--resistors", "E24"], "--resistors is an option of table; verilog does not"),
    ],
)
def test_an_option_of_another_target_is_wrong_usage(
    nand: Path, tmp_path, capsys, target, arguments, message
):
    folder = tmp_path / "out"
    assert status(["export", str(nand), "--target", target, *arguments, "-o", str(folder)]) == 2
    assert message in " ".join(capsys.readouterr().err.split())
    assert not folder.exists()


def test_every_option_of_every_target_is_on_the_command_line():
    own = {option.name for target in EXPORTERS.values() for option in target.options}
    shared = {"file", "target", "output", "configuration", "check", "force", "as_json"}
    assert {item.name for item in command.params} - shared == own


@pytest.mark.parametrize("command", [["export", "--target", "table"], ["quantise"], ["verify"]])
def test_a_netlist_that_is_no_design_is_told_from_one(tmp_path: Path, capsys, command):
    path = tmp_path / "x.yaml"
    path.write_text("# gates\n" + gate_text())
    assert status([command[0], str(path), *command[1:]]) == 1
    assert capsys.readouterr().err == (
        f"{path}: error: this is a netlist, and a design is needed; "
        "chaoscad optimize FILE makes a design of it\n"
    )


def test_a_file_that_is_no_design_is_refused(tmp_path: Path, capsys):
    path = tmp_path / "x.json"
    path.write_text(".model x\n")
    assert status(["export", str(path), "--target", "table"]) == 1
    assert capsys.readouterr().err == (
        f"{path}:1:1: error: this is not valid JSON: expecting value\n"
    )


@needs("iverilog", "vvp", "yosys")
def test_iterates_are_rounded_as_asked(nand: Path, tmp_path: Path):
    said = {}
    for rounding in ("truncate", "nearest"):
        folder = tmp_path / rounding
        arguments = ["export", str(nand), "--target", "verilog", "-o", str(folder)]
        assert status([*arguments, "--rounding", rounding, "--check"]) == 0
        said[rounding] = (folder / "netlist.v").read_text()
    assert "rounded once, to the nearest word" in said["nearest"]
    assert "to the nearest word" not in said["truncate"]


def test_files_that_no_export_wrote_are_never_replaced(nand: Path, tmp_path: Path, capsys):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "names.csv").write_text("my,names")
    arguments = ["export", str(nand), "--target", "blif", "--force", "-o"]
    assert status([*arguments, str(mine)]) == 1
    assert "holds no SHA256SUMS, so it is not one that an export wrote" in capsys.readouterr().err
    assert (mine / "names.csv").read_text() == "my,names"
    folder = tmp_path / "out"
    assert status([*arguments, str(folder)]) == 0
    (folder / "notes.txt").write_text("mine")
    capsys.readouterr()
    assert status([*arguments, str(folder)]) == 1
    assert capsys.readouterr().err == (
        f"{folder}: error: the folder holds files that no export wrote: notes.txt; move them, or "
        "choose another -o\n"
    )
    assert (folder / "notes.txt").read_text() == "mine"
    (folder / "notes.txt").unlink()
    assert status([*arguments, str(folder)]) == 0


@needs("ngspice")
def test_a_deck_whose_voltages_hide_the_margin_fails_its_check(nand: Path, tmp_path: Path, capsys):
    arguments = ["export", str(nand), "--target", "spice", "--check", "--offset-volts"]
    assert status([*arguments, "1e7", "-o", str(tmp_path / "out")]) == 3
    assert "check: FAILED" in capsys.readouterr().out


@pytest.mark.parametrize("target", ["table", "c"])
@pytest.mark.parametrize("check", [[], ["--check"]])
def test_a_dac_that_breaks_rows_is_no_success(nand: Path, tmp_path, capsys, target, check):
    folder = tmp_path / "out"
    arguments = ["export", str(nand), "--target", target, "-o", str(folder), *check]
    assert status([*arguments, "--dac-bits", "1", "--dac-range", "0", "1"]) == 3
    said = capsys.readouterr()
    assert said.out.startswith(f"written to {folder}\n")
    assert ("check: FAILED" in said.out) == bool(check)
    assert said.out.endswith("NOT RIGHT: 4 rows come out wrong with these numbers\n")
    assert (
        "error: gate 'y', row 00: with a DAC of 1 bit the state is 0 V, and the value is at the "
        "threshold; give more --dac-bits, a narrower --dac-range, or a design with "
        "larger margins\n"
    ) in said.err
    assert (folder / "design.json").exists()


def test_json_says_what_is_not_right(nand: Path, tmp_path: Path, capsys):
    arguments = ["export", str(nand), "--target", "table", "-o", str(tmp_path / "out"), "--json"]
    assert status([*arguments, "--dac-bits", "1", "--dac-range", "0", "1"]) == 3
    data = json.loads(capsys.readouterr().out)
    assert data["ok"] is False
    assert len(data["wrong"]) == 4
    # The codes of x0 and deltas, added up, are as wrong.
    assert [item["message"][:16] for item in data["warnings"]] == [
        f"gate 'y', row {row}" for row in ("00", "01", "10", "11")
    ]


@pytest.mark.parametrize("target", ["table", "spice"])
def test_voltages_that_cannot_hold_the_margin_are_refused(nand, tmp_path, capsys, target):
    arguments = ["export", str(nand), "--target", target, "-o", str(tmp_path / "out")]
    assert status([*arguments, "--offset-volts", "1e18"]) == 1
    assert capsys.readouterr().err == (
        f"{nand}: error: voltages of up to 1e+18 V cannot hold a margin of 0.444 V: their last digits "
        "are coarser than a millionth of it; give an offset_volts and a volts_per_unit of one size\n"
    )
    assert not (tmp_path / "out").exists()
