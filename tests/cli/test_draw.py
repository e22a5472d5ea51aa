"""`draw`, `verify --against` and `show` of large circuits, as a user meets them."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import chaoscad
from chaoscad.cli.main import status
from chaoscad.formats import write
from chaoscad.netlist import dump_yaml, to_logic
from chaoscad.netlist.generators import random_circuit, ripple_adder
from chaoscad.verification import verify
from tests.conftest import ROOT, with_changes

ADDER = (
    "chaoscad: 1\nname: adder\nsystem: logistic\ninputs: [a, b]\noutputs: [s, c]\n"
    "gates:\n  s: {inputs: [a, b], function: XOR}\n  c: {inputs: [a, b], function: AND}\n"
)
REFERENCE = (
    ".model m\n.inputs b a\n.outputs c s\n.names a b c\n11 1\n.names a b s\n10 1\n01 1\n.end\n"
)


@pytest.fixture(scope="module")
def design():
    return chaoscad.optimize(chaoscad.parse(ADDER)[0])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch, design) -> Path:
    monkeypatch.chdir(tmp_path)
    design.save("d.design.json")
    Path("adder.yaml").write_text(ADDER)
    Path("ref.blif").write_text(REFERENCE)
    return tmp_path


def test_a_netlist_is_drawn_as_svg_by_default(folder, capsys):
    assert status(["draw", "adder.yaml"]) == 0
    assert capsys.readouterr().out == "drawn to adder.svg\n"
    assert Path("adder.svg").read_text().startswith("<?xml")


def test_designs_and_standard_netlists_are_drawn_too(folder, capsys):
    assert status(["draw", "d.design.json", "-o", "d.png", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "ok": True,
        "name": "adder",
        "nets": [],
        "figure": "d.png",
    }
    assert Path("d.png").read_bytes().startswith(b"\x89PNG")
    assert status(["draw", "ref.blif", "-o", "r.pdf", "--output-net", "s"]) == 0
    assert Path("r.pdf").read_bytes().startswith(b"%PDF")


def test_the_picture_of_a_standard_netlist_is_called_like_its_file(folder, capsys):
    assert status(["draw", "ref.blif"]) == 0
    assert capsys.readouterr().out == "drawn to ref.svg\n"
    assert "<!-- ref -->" in Path("ref.svg").read_text()
    assert not Path("m.svg").exists()


def test_what_cannot_be_drawn_is_refused_and_writes_nothing(folder, capsys):
    assert status(["draw", "adder.yaml", "-o", "x.jpg"]) == 1
    assert "a figure is written as .png, .svg or .pdf" in capsys.readouterr().err
    assert status(["draw", "adder.yaml", "-o", "x.svg", "--output-net", "ss"]) == 1
    assert (
        capsys.readouterr().err
        == "adder.yaml: error: the net 'ss' does not exist; did you mean 's'?\n"
    )
    Path("big.yaml").write_text(dump_yaml(random_circuit(40, gates=2500)))
    assert status(["draw", "big.yaml", "-o", "x.svg"]) == 1
    assert capsys.readouterr().err == (
        "big.yaml: error: there are 2500 gates; a picture has at most 2000; "
        "--output-net NAME draws only the gates that a net depends on\n"
    )
    assert not Path("x.svg").exists()


def test_drawings_do_not_depend_on_the_hash_seed(folder):
    for seed in ("1", "2"):
        subprocess.run(
            [
                sys.executable,
                "-m",
                "chaoscad",
                "draw",
                str(ROOT / "netlists" / "c17.yaml"),
                "-o",
                f"{seed}.svg",
            ],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
        )
    assert Path("1.svg").read_bytes() == Path("2.svg").read_bytes()


def test_a_design_is_proven_equal_to_circuits_in_any_format(folder, capsys):
    write(to_logic(chaoscad.parse(ADDER)[0]), "ref.bench")
    for reference in ("ref.blif", "ref.bench", "adder.yaml", "d.design.json"):
        assert status(["verify", "d.design.json", "--against", reference]) == 0
        assert capsys.readouterr().out.splitlines()[1] == (
            f"d.design.json: equal to {reference}: proven by exhaustive enumeration, 4 rows"
        )


def test_a_difference_is_a_table_and_exit_status_3(folder, capsys):
    Path("bad.blif").write_text(REFERENCE.replace("11 1", "1- 1"))
    assert status(["verify", "d.design.json", "--against", "bad.blif"]) == 3
    assert capsys.readouterr().out.splitlines()[1:] == [
        "d.design.json: NOT equal to bad.blif: shown by exhaustive enumeration, 4 rows",
        "           design  reference",
        "input   a       1          1",
        "input   b       0          0",
        "output  c       0          1",
        "1 other output is equal there",
    ]
    assert status(["verify", "d.design.json", "--against", "bad.blif", "--json"]) == 3
    data = json.loads(capsys.readouterr().out)
    assert data["ok"] is False
    assert data["files"][0]["against"] == {
        "file": "bad.blif",
        "verdict": "different",
        "method": "exhaustive enumeration, 4 rows",
        "rows": 4,
        "proofs": 0,
        "merged": 0,
        "undecided": [],
        "counterexample": {
            "inputs": {"a": 1, "b": 0},
            "outputs": {
                "s": {"design": 1, "reference": 1},
                "c": {"design": 0, "reference": 1},
            },
        },
    }


def test_a_design_that_computes_something_else_than_it_declares_differs(folder, design, capsys):
    gates = (with_changes(design.gates[0], threshold=2.0), *design.gates[1:])
    broken = replace(design, gates=gates)
    broken.save("broken.design.json")
    assert status(["verify", "broken.design.json", "--against", "adder.yaml"]) == 3
    assert "NOT equal to adder.yaml" in capsys.readouterr().out


def test_other_ports_are_a_difference(folder, capsys):
    Path("ports.blif").write_text(REFERENCE.replace(" s\n", " total\n"))
    command = ["verify", "d.design.json", "--against", "ports.blif"]
    assert status(command) == 3
    out, err = capsys.readouterr()
    assert out.endswith("d.design.json: NOT equal to ports.blif: their ports differ\n")
    assert "  output 's' is in d.design.json and not in ports.blif; ports are matched by" in err
    assert status([*command, "--json"]) == 3
    (entry,) = json.loads(capsys.readouterr().out)["files"]
    assert (entry["ok"], entry["against"]["verdict"]) == (False, "different")
    assert entry["against"]["method"] == "their ports differ"
    assert len(entry["against"]["diagnostics"]) == 2


def test_a_reference_with_free_gates_is_an_error(folder, capsys):
    reference = str(ROOT / "netlists" / "full_adder.yaml")
    assert status(["verify", "d.design.json", "--against", reference]) == 1
    assert "gate 'p' has no function: what it computes is not known" in capsys.readouterr().err
    assert status(["verify", "d.design.json", "--against", "none.blif"]) == 1
    assert capsys.readouterr().err == (
        "none.blif: error: cannot read the file: it does not exist\n"
    )
    assert status(["verify", "d.design.json", "--time-limit", "0"]) == 2


def large(design, gates: int = 100):
    """A design of many gates: a chain of exclusive ORs, one of them with a smaller margin."""
    xor, source = design.gates[0], design.netlist.gates[0]
    names = [f"g{index}" for index in range(gates)]
    reads = [("a", before) for before in ["b", *names[:-1]]]
    netlist = replace(
        design.netlist,
        name="large",
        outputs=(names[-1],),
        gates=tuple(replace(source, name=n, inputs=r) for n, r in zip(names, reads, strict=True)),
    )
    made = tuple(replace(xor, source=gate) for gate in netlist.gates)
    weak = with_changes(made[7], threshold=xor.threshold + 0.1, margin=xor.margin - 0.1)
    made = (*made[:7], weak, *made[8:])
    found = replace(design, netlist=netlist, gates=made)
    return replace(found, verification=verify(found).summary())


def test_a_large_design_is_summarised_with_its_worst_gates(folder, design, capsys):
    large(design).save("large.design.json")
    assert status(["show", "large.design.json"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[3:7] == [
        "inputs   2: a b",
        "outputs  1: g99",
        "gates    100 in 100 levels",
        "arity    100 of 2 inputs",
    ]
    assert lines[8:10] == ["system        n  gates", "logistic a=4  1    100"]
    assert lines[11:13] == ["function  gates", "XOR         100"]
    assert lines[14] == (
        "margins  least 0.4, lower quartile 0.5, median 0.5, upper quartile 0.5, greatest 0.5"
    )
    assert lines[16] == "the 10 gates of least margin (--all lists every gate):"
    assert lines[18].split()[:2] == ["g7", "a"]
    assert len(lines) == 28
    assert status(["show", "large.design.json", "--all"]) == 0
    assert "g42   a g41" in capsys.readouterr().out


def test_a_large_netlist_is_summarised_by_its_functions(folder, capsys):
    Path("r.yaml").write_text(dump_yaml(ripple_adder(40)))
    assert status(["show", "r.yaml"]) == 0
    out = capsys.readouterr().out
    assert "inputs   80: a0 a1 a2 a3 a4 a5 a6 a7 a8 a9 a10 a11 and 68 more" in out
    assert "arity    197 of 2 inputs" in out
    rows = out[out.index("function  gates") :].splitlines()
    assert [row.split() for row in rows[1:4]] == [["XOR", "79"], ["AND", "79"], ["OR", "39"]]
