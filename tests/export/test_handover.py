"""The folder of an export: whole or not at all, and never over something else."""

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

import chaoscad
from chaoscad.design import load
from chaoscad.errors import ChaoscadError, Diagnostic
from chaoscad.evidence import Evidence
from chaoscad.export import EXPORTERS, Options
from chaoscad.export.handover import check_folder
from chaoscad.export.table.exporter import Table
from chaoscad.export.table.files import TablePlan
from tests.conftest import gate_text, with_changes
from tests.export.conftest import gallery_design, handed_over
from tests.export.designs import with_numbers


@pytest.fixture
def xor():
    return with_numbers(gate_text("function: XOR"), {"y": (0.0, (0.5, 0.5), 0.5)})


def message(action) -> str:
    with pytest.raises(ChaoscadError) as caught:
        action()
    return str(caught.value)


def test_the_folder_has_the_design_the_names_and_the_log(xor, tmp_path: Path):
    folder = tmp_path / "out"
    written = handed_over(EXPORTERS["table"], xor, Options(), folder, check=True)
    assert sorted(path.name for path in folder.iterdir()) == list(written.files)
    assert load(folder / "design.json") == xor
    assert (folder / "names.csv").read_text() == (
        "design,export,kind\na,a,input\nb,b,input\ny,y,gate and output\n"
    )
    assert (folder / "check.log").read_text().endswith("every row agrees\n")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_names_that_are_not_plain_are_json(tmp_path: Path):
    netlist = gate_text("function: XOR").replace("a, b", "a, '=b\"'")
    design = with_numbers(netlist, {"y": (0.0, (0.5, 0.5), 0.5)})
    handed_over(EXPORTERS["table"], design, Options(), tmp_path / "out")
    lines = (tmp_path / "out" / "names.csv").read_text().splitlines()
    assert lines[2] == r'''"""=b\""""",n_b_,input'''


def test_a_folder_with_files_is_replaced_only_by_force(xor, tmp_path: Path):
    folder = tmp_path / "out"
    handed_over(EXPORTERS["blif"], xor, Options(), folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert message(lambda: handed_over(EXPORTERS["table"], xor, Options(), folder)) == (
        f"{folder}: error: the folder exists and holds files: README.md, SHA256SUMS, circuit.blif, "
        "design.json, ...; --force replaces it, -o chooses another folder"
    )
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    handed_over(EXPORTERS["table"], xor, Options(), folder, force=True)
    assert not (folder / "circuit.blif").exists()
    assert (folder / "rows.csv").exists()


def test_force_spares_a_folder_that_no_export_wrote(xor, tmp_path: Path):
    (tmp_path / "thesis.tex").write_text("x")
    found = message(lambda: handed_over(EXPORTERS["table"], xor, Options(), tmp_path, force=True))
    assert found == (
        f"{tmp_path}: error: the folder holds no SHA256SUMS, so it is not one that an export wrote; "
        "--force replaces only such folders; choose another -o"
    )
    assert (tmp_path / "thesis.tex").read_text() == "x"


def test_an_empty_folder_is_filled(xor, tmp_path: Path):
    (tmp_path / "out").mkdir()
    handed_over(EXPORTERS["blif"], xor, Options(), tmp_path / "out")
    assert (tmp_path / "out" / "circuit.blif").exists()


def test_places_that_cannot_be_a_folder_are_refused(tmp_path: Path, monkeypatch):
    file = tmp_path / "file"
    file.write_text("x")
    link = tmp_path / "link"
    link.symlink_to(tmp_path)
    assert message(lambda: check_folder(file)) == (
        f"{file}: error: cannot write the folder: it is a file; choose another -o"
    )
    assert message(lambda: check_folder(link)) == (
        f"{link}: error: cannot write the folder: it is a link; choose another -o"
    )
    assert message(lambda: check_folder(tmp_path / "no" / "out")) == (
        f"{tmp_path}/no/out: error: cannot write the folder: '{tmp_path}/no' is not a folder; "
        "create it, or choose another -o"
    )
    assert message(lambda: check_folder("a\0b")) == (
        "a\0b: error: this cannot be the folder of an export"
    )
    assert message(lambda: check_folder("")) == (": error: this cannot be the folder of an export")
    assert message(lambda: check_folder("/")) == (
        "/: error: this cannot be the folder of an export"
    )
    monkeypatch.chdir(tmp_path)
    assert message(lambda: check_folder(tmp_path)) == (
        f"{tmp_path}: error: cannot write the folder: it holds the working folder; choose another -o"
    )


@dataclass(frozen=True)
class _Failing(Table):
    """An exporter whose tool is missing after it has left a file behind."""

    def check(self, made, export, folder):
        (folder / "left_behind").write_text("x")
        raise ChaoscadError(Diagnostic("no tool", hint="install it"))


def test_a_missing_tool_leaves_nothing_and_an_old_folder_as_it_was(xor, tmp_path: Path):
    folder = tmp_path / "out"
    assert message(lambda: handed_over(_Failing(), xor, Options(), folder, check=True)) == (
        "error: no tool; install it"
    )
    assert list(tmp_path.iterdir()) == []
    handed_over(EXPORTERS["blif"], xor, Options(), folder)
    message(lambda: handed_over(_Failing(), xor, Options(), folder, check=True, force=True))
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert (folder / "circuit.blif").exists()


def test_a_check_that_fails_is_written_with_its_log(xor, tmp_path: Path):
    wrong = with_changes(xor.gates[0], threshold=2.0)
    written = handed_over(
        _OfAnother(), replace(xor, gates=(wrong,)), Options(), tmp_path / "out", check=True
    )
    assert written.log is not None
    assert not written.log.passed
    assert "not agree" in (tmp_path / "out" / "check.log").read_text()


@dataclass(frozen=True)
class _OfAnother(Table):
    """Writes the table of a design with another threshold than the one that it is checked with."""

    def export(self, made):
        assert isinstance(made, TablePlan)
        gates = tuple(with_changes(gate, threshold=0.5) for gate in made.design.gates)
        other = Evidence(replace(made.design, gates=gates))
        return super().export(super().prepare(other, Options(made.hardware)))


def test_a_design_is_exported_from_python(tmp_path):
    design = gallery_design("full_adder")
    written = chaoscad.export_design(design, "table", tmp_path / "table", check=True)
    assert written.log is not None
    assert written.log.passed
    assert (tmp_path / "table" / "rows.csv").is_file()
    with pytest.raises(ChaoscadError) as caught:
        chaoscad.export_design(design, "vhdl", tmp_path / "other")
    assert str(caught.value) == (
        "error: there is no target 'vhdl'; the targets are verilog, spice, c, table, blif"
    )
    assert not (tmp_path / "other").exists()


def test_options_of_the_target_are_given_by_name(xor, tmp_path: Path):
    chosen = {"form": "pipelined", "fraction_bits": 4, "rounding": "nearest"}
    chaoscad.export_design(xor, "verilog", tmp_path / "v", **chosen)
    text = (tmp_path / "v" / "netlist.v").read_text()
    assert "Pipelined: one iterate a clock cycle" in text
    assert "1 sign, 1 integer, 4 fraction" in text
    assert "to the nearest word" in text
    chaoscad.export_design(xor, "table", tmp_path / "t", dac_bits=8, dac_range=[0, 2])
    assert (tmp_path / "t" / "rows.csv").is_file()


@pytest.mark.parametrize(
    ("target", "given", "said"),
    [
        (
            "spice",
            {"form": "pipelined"},
            "the target spice has no option 'form'; its options are volts_per_unit, offset_volts, "
            "logic_levels, seconds_per_unit, most_rows, seed, monte_carlo, tolerance, shared, "
            "noise_trials",
        ),
        ("blif", {"seed": 1}, "the target blif has no option 'seed'; its options are none"),
        (
            "c",
            {"dacbits": 8},
            "the target c has no option 'dacbits'; did you mean 'dac_bits'?",
        ),
        (
            "verilog",
            {"form": "analog"},
            "form is 'analog'; it is one of combinational, pipelined, reconfigurable, "
            "pipelined-reconfigurable",
        ),
        ("c", {"dac_bits": 40}, "dac_bits is 40; it is a whole number from 1 to 32"),
        ("c", {"seed": True}, "seed is True; it is a whole number from 0"),
        ("table", {"supply": 5.0}, "supply is 5.0; it is two numbers"),
        ("table", {"supply": (0, "5")}, "supply is (0, '5'); it is two numbers"),
        ("spice", {"offset_volts": "1"}, "offset_volts is '1'; it is a number"),
    ],
)
def test_an_option_that_the_target_does_not_take_is_refused(xor, tmp_path, target, given, said):
    assert message(lambda: chaoscad.export_design(xor, target, tmp_path / "x", **given)) == (
        f"error: {said}"
    )
