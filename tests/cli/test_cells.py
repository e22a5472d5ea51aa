"""`chaoscad cells` from the command line."""

import json
import shlex
from pathlib import Path

import pytest

from chaoscad.cells import load
from chaoscad.cells.shelf import SHIPPED
from chaoscad.cli.main import status
from chaoscad.cli.system_named import system_named
from tests.conftest import gate_text

TINY = ["cells", "--build", "--inputs", "2", "--iterates", "1", "--restarts", "4"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


def test_the_summary_says_what_the_library_offers(capsys):
    assert status(["cells"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "logistic a=4 with states in [0, 1]: cells by iterates"
    rows = [line.split() for line in lines[2:6]]
    assert [row[:3] for row in rows] == [
        ["1", "16124", "24.6%"],
        ["2", "19206", "29.3%"],
        ["3", "64766", "98.8%"],
        ["4", "65534", "100.0%"],
    ]
    assert lines[6] == "of the 65534 functions of 4 inputs, constants left out"


def test_the_summary_as_json_for_one_comparator_and_some_iterates(capsys):
    arguments = [
        "cells",
        "--compare",
        ">",
        "--iterates",
        "1",
        "--iterates",
        "4",
        "--margin",
        "0.13",
    ]
    assert status([*arguments, "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["system"] == {"name": "logistic", "parameters": {"a": 4.0}}
    assert data["margin"] == 0.13
    assert [figures["iterates"] for figures in data["iterates"]] == [1, 4]
    assert [figures["covered"] for figures in data["iterates"]] == [11_128, 65_534]
    assert data["iterates"][1]["reached"] == 65_534
    assert data["wider_classes"] == 0


def test_cells_are_shown(capsys):
    arguments = ["cells", "--function", "XOR", "--function", "a & ~b | c"]
    assert status(arguments) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["function", "rows", "n", "x0", "delta", "threshold", "margin"]
    assert lines[1].split()[:3] == ["XOR", "0110", "1"]
    assert lines[1].split()[-1] == "0.5"
    assert lines[2].split()[:2] == ["01011101", "01011101"]


def test_a_cell_as_json(capsys):
    arguments = ["cells", "--function", "OR", "--iterates", "1", "--compare", ">", "--json"]
    assert status(arguments) == 0
    data = json.loads(capsys.readouterr().out)
    (found,) = data["cells"]
    assert (found["asked"], data["ok"]) == ("OR", True)
    cell = found["cell"]
    assert (cell["function"], cell["iterates"], cell["compare"]) == ("0111", 1, ">")
    assert cell["delta"] == pytest.approx([1 / 3, 1 / 3], abs=1e-9)
    assert cell["margin"] == pytest.approx(4 / 9, abs=1e-9)


def test_what_has_no_cell_is_an_answer(capsys):
    assert status(["cells", "--function", "XOR4", "--iterates", "1", "--iterates", "2"]) == 3
    captured = capsys.readouterr()
    assert len(captured.out.splitlines()) == 2
    assert captured.err == "'XOR4' has no cell with 1 iterate\n"
    assert status(["cells", "--function", "AND5", "--margin", "0.2"]) == 3
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "'AND5' has no cell with margin 0.2\n")


def test_a_tiny_library_is_built_read_and_checked(folder, capsys):
    assert status([*TINY, "-o", "tiny.json"]) == 0
    captured = capsys.readouterr()
    assert captured.err == "1 iterate: 6 classes have a cell\nwritten to tiny.json\n"
    assert captured.out.splitlines()[2].split()[:3] == ["1", "14", "100.0%"]
    assert load("tiny.json").provenance["command"] == (
        "chaoscad cells --system logistic --set a=4.0 --state 0.0 1.0 --build --inputs 2 --seed 0 "
        "--iterates 1 --restarts 4"
    )
    assert status(["cells", "--check", "tiny.json", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["ok"], found["wrong"], found["findings"]) == (True, 0, [])
    assert status(["cells", "--library", "tiny.json", "--function", "XOR", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["cells"][0]["cell"]["margin"] == pytest.approx(0.5)


def test_a_library_of_own_equations_carries_them(folder, capsys):
    body = "map: {x: 1 - a*x*x + y, y: b*x}\nparameters: {a: {default: 1.4, bounds: [1, 1.5]}, b: 0.3}\nread: x\n"
    (folder / "bent.yaml").write_text(body)
    assert status([*TINY, "--system", "bent.yaml", "--set", "a=1.2", "-o", "bent.json"]) == 0
    text = "bent a=1.2, b=0.3 with states in [-1, 1]: cells by iterates"
    assert capsys.readouterr().out.splitlines()[0] == text
    (folder / "bent.yaml").unlink()
    own = load("bent.json")
    assert own.setting.parameters == {"a": 1.2, "b": 0.3}
    assert own.setting.system.parameter("a").high == 1.5  # type: ignore[union-attr]
    command = shlex.split(own.provenance["command"])
    assert command[:3] == ["chaoscad", "cells", "--system"]
    assert system_named(command[3], {}) == own.setting
    assert status(["cells", "--check", "bent.json"]) == 0


def test_a_library_for_yield_is_built_shown_and_checked(folder, capsys):
    sizes = ["--objective", "yield", "--tolerance", "x0=0.02", "--noise", "state=0.01"]
    assert status([*TINY[:6], *sizes, "--restarts", "1", "-o", "mine.json"]) == 0
    captured = capsys.readouterr()
    assert captured.err == "1 iterate: 6 classes have a cell\nwritten to mine.json\n"
    lines = captured.out.splitlines()
    assert lines[0] == "logistic a=4 with states in [0, 1]: cells for yield by iterates"
    assert lines[2].split()[:3] == ["1", "14", "100.0%"]
    assert lines[3] == (
        "reach: by how much x0 0.02, noise on the state 0.01 may be multiplied until the worst row "
        "fails with a probability of 0.001"
    )
    assert (
        load("mine.json")
        .provenance["command"]
        .endswith(
            "--objective yield --tolerance x0=0.02 --noise state=0.01 --iterates 1 --restarts 1"
        )
    )
    assert status(["cells", "--check", "mine.json"]) == 0
    assert capsys.readouterr().out.endswith("every one right\n")
    assert status(["cells", "--library", "mine.json", "--function", "XOR", "--json"]) == 0
    cell = json.loads(capsys.readouterr().out)["cells"][0]["cell"]
    # Alone, noise of 0.0784 on the state makes a row of XOR fail with a probability of 1e-3.
    assert cell["reach"] == pytest.approx(0.0784 / 0.02236, rel=1e-2)


def test_a_library_with_a_wrong_cell_fails_the_check(folder, capsys):
    data = json.loads((SHIPPED / "logistic_a4.json").read_text())
    data["cells"] = {"1": {"01": [*data["cells"]["1"]["01"][:3], 0.25]}}
    (folder / "wrong.json").write_text(json.dumps(data))
    assert status(["cells", "--check", "wrong.json"]) == 3
    captured = capsys.readouterr()
    assert captured.out.endswith(" of them wrong\n")
    text = "  01 with 1 iterate and compare '>': the margin is 0.5, not 0.25"
    assert captured.err.splitlines()[0] == text


def test_wide_functions_are_added_to_the_user_s_library(folder, capsys):
    (folder / "wide.yaml").write_text(gate_text("function: AND", inputs="a, b, c, d, e"))
    arguments = ["cells", "--add", "wide.yaml", "XOR", "--margin", "0.04", "--restarts", "4"]
    assert status(arguments) == 0
    captured = capsys.readouterr()
    assert captured.out == "1 functions had a cell, 1 were added, 0 were not solved\n"
    (path,) = (folder / "cache" / "chaoscad" / "cells").iterdir()
    assert captured.err == f"1 iterate: 1 functions reach the margin\nwritten to {path}\n"
    assert status(["cells", "--function", "AND5", "--margin", "0.04"]) == 0
    assert capsys.readouterr().out.splitlines()[1].split()[0] == "AND5"
    # What is there is not sought again.
    assert status([*arguments, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "ok": True,
        "functions": 2,
        "added": 0,
        "unsolved": [],
        "written": None,
    }


def test_the_command_that_is_advised_builds_the_library_that_was_asked_for(folder, capsys):
    asked = ["--system", "logistic", "--set", "a=3.5", "--state", "0", "0.875"]
    assert status(["cells", *asked, "--function", "XOR"]) == 1
    advice = capsys.readouterr().err.split("chaoscad ")[1].split(" makes one")[0].split()
    (folder / "FILE").touch()
    assert status(advice) == 1
    assert capsys.readouterr().err.startswith("FILE: error: the file exists already")
    assert advice == (
        [
            "cells",
            "--system",
            "logistic",
            "--set",
            "a=3.5",
            "--state",
            "0.0",
            "0.875",
            "--build",
            "-o",
            "FILE",
        ]
    )


def test_a_margin_that_no_cell_can_have_is_not_sought(folder, capsys):
    assert status(["cells", "--add", "AND", "MAJ", "--margin", "0.6"]) == 3
    out, err = capsys.readouterr()
    assert out == "0 functions had a cell, 0 were added, 2 were not solved\n"
    assert err == (
        "no cell of logistic a=4 with states in [0, 1] has a margin above 0.5, half the range of "
        "its values; --margin asks for less\n  not solved: 0001\n  not solved: 00010111\n"
    )


def test_adding_keeps_what_a_file_holds_and_never_replaces_another(folder, capsys):
    (folder / "notes.txt").write_text("mine")
    assert status(["cells", "--add", "AND5", "-o", "notes.txt"]) == 1
    message = "notes.txt:1:1: error: this is not valid JSON: expecting value; write to another file with -o"
    assert capsys.readouterr().err.strip() == message
    assert (folder / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["cells", "--build"], "--build needs -o FILE"),
        (["cells", "--add"], "--add needs netlists or functions"),
        (
            ["cells", "half.yaml"],
            "unexpected argument 'half.yaml'; --function shows a cell, --add searches cells",
        ),
        (["cells", "--seed", "1"], "--seed has no meaning here"),
        (["cells", "--check", "--margin", "1"], "--margin has no meaning with --check"),
        (["cells", "--noise", "state=1"], "--noise belongs to --build --objective yield"),
        (
            ["cells", "--build", "-o", "x.json", "--tolerance", "0.1"],
            "--tolerance belongs to --objective yield",
        ),
        (
            ["cells", "--build", "-o", "x.json", "--objective", "yield"],
            "--objective yield needs --tolerance, --global or --noise",
        ),
        (
            ["cells", "--add", "XOR", "--objective", "yield"],
            "--add searches for the margin; --build --objective yield makes a whole library",
        ),
        (
            ["cells", "--check", "--function", "OR"],
            "--check and --function are two jobs; give one of them",
        ),
        (["cells", "--margin", "0"], "--margin is 0; it is a positive number"),
        (["cells", "--set", "a"], "--set takes NAME=VALUE with a number, not 'a'"),
        (
            ["cells", "--library", "x.json", "--system", "tent"],
            "--library names a file, which says its system itself",
        ),
    ],
)
def test_wrong_usage_is_explained(arguments, message, capsys):
    assert status(arguments) == 2
    assert capsys.readouterr().err.splitlines()[-1] == f"Error: {message}"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["cells", "--function", "XNAND"],
            "error: function 'XNAND': there is no function of that name; did you mean 'NAND'?",
        ),
        (
            ["cells", "--system", "tent"],
            "error: there is no cell library of tent mu=2 with states in [0, 1]; chaoscad cells "
            "--system tent --set mu=2.0 --state 0.0 1.0 --build -o FILE makes one, and --library FILE "
            "reads it",
        ),
        (
            ["cells", "--system", "tent", "--objective", "yield"],
            "error: there is no cell library for yield of tent mu=2 with states in [0, 1]; chaoscad "
            "cells --system tent --set mu=2.0 --state 0.0 1.0 --build --objective yield --tolerance "
            "0.01 -o FILE makes one, and --library FILE reads it",
        ),
        (
            ["cells", "--build", "-o", "x.json", "--objective", "yield", "--tolerance", "mu=0.1"],
            "error: tolerance: no gate has a parameter 'mu'; the gates have x0, delta, threshold, a",
        ),
        (
            ["cells", "--build", "--system", "lorenz", "-o", "x.json"],
            "error: the system lorenz is a flow; cells are made of maps; chaoscad optimize solves "
            "gates of flows",
        ),
        (
            ["cells", "--library", "none.json"],
            "none.json: error: cannot read the file: it does not exist",
        ),
        (
            [*TINY, "-o", "none/x.json"],
            "none/x.json: error: cannot write the file: the folder 'none' does not exist; create it, "
            "or give another path",
        ),
        (
            ["cells", "--add", "AND7", "--", "--"],
            "error: function 'AND7': it has 7 inputs; cells have at most 6; make it of several gates",
        ),
    ],
)
def test_what_cannot_be_done_is_explained(arguments, message, capsys):
    assert status(arguments) == 1
    assert capsys.readouterr().err.splitlines()[0] == message


def test_a_netlist_of_another_system_has_nothing_to_add(folder, capsys):
    (folder / "tent.yaml").write_text(gate_text("function: AND, system: tent"))
    assert status(["cells", "--add", "tent.yaml"]) == 1
    assert capsys.readouterr().err.strip() == (
        "tent.yaml: error: no gate has both a function and the library's system and states; the "
        "library is of logistic a=4 with states in [0, 1]"
    )
