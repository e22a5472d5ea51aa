"""BLIF: the logic of a design, proven equal to it after yosys has read it."""

from pathlib import Path

import pytest

from chaoscad.export import EXPORTERS, Options
from chaoscad.formats import read
from chaoscad.verification import design_logic, equivalent
from tests.conftest import gate_text, needs
from tests.export.conftest import exported, gallery_design, prepared, refusals
from tests.export.designs import with_numbers

BLIF = EXPORTERS["blif"]


def test_the_file_is_the_computed_logic(tmp_path: Path):
    design = gallery_design("full_adder")
    (tmp_path / "c.blif").write_text(exported(BLIF, design, Options()).files["circuit.blif"])
    assert equivalent(read(str(tmp_path / "c.blif")), design_logic(design)).equal


def test_a_constant_reads_nothing():
    design = with_numbers(gate_text("function: AND"), {"y": (0.0, (0.5, 0.5), 2.0)})
    assert exported(BLIF, design, Options()).files["circuit.blif"] == (
        ".model netlist\n.inputs a b\n.outputs y\n.names y\n.end\n"
    )


@needs("yosys")
@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("11 1", "10 1", "2 outputs: different, by exhaustive enumeration, 4 rows"),
        (".names", ".nonsense", "yosys stopped with status 1"),
    ],
)
def test_the_check_sees_a_wrong_file(half_adder, tmp_path: Path, old: str, new: str, found: str):
    export = exported(BLIF, half_adder, Options())
    (tmp_path / "circuit.blif").write_text(export.files["circuit.blif"].replace(old, new))
    log = BLIF.check(prepared(BLIF, half_adder, Options()), export, tmp_path)
    assert not log.passed
    assert found in log.text


def test_an_output_that_is_an_input_is_refused():
    text = gate_text("function: XOR").replace("outputs: [y]", "outputs: [y, a]")
    design = with_numbers(text, {"y": (0.0, (0.5, 0.5), 0.5)})
    assert refusals(BLIF, design, Options()) == [
        "error: output 'a' is an input, and BLIF has no way to write that; "
        "let a BUF drive the output"
    ]
