"""`chaoscad generate` and hierarchical netlists, as a user meets them."""

import json
from pathlib import Path

import pytest

from chaoscad.cli.main import status
from chaoscad.netlist import load, parse
from chaoscad.netlist.generators import array_multiplier, generate, ripple_adder

FULL_ADDER = """\
chaoscad: 1
inputs: [a, b, cin]
outputs: [sum, cout]
gates:
  p:    {inputs: [a, b], function: XOR}
  g:    {inputs: [a, b], function: AND}
  sum:  {inputs: [p, cin], function: XOR}
  t:    {inputs: [p, cin], function: AND}
  cout: {inputs: [g, t], function: OR}
"""

TOP = """\
chaoscad: 1
name: top
inputs: [x, y, z]
outputs: [s, c]
circuits: {full_adder: {file: fa.yaml}}
instances: {fa0: {circuit: full_adder, connect: {a: x, b: y, cin: z, sum: s, cout: c}}}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_generated_file_is_the_generator_s_netlist(folder, capsys):
    assert status(["generate", "ripple_adder", "--width", "8"]) == 0
    assert capsys.readouterr().out == (
        "ripple_adder8: 16 inputs, 9 outputs, 37 gates (0 free) in 15 levels, 0 targets\n"
        "written to ripple_adder8.yaml\n"
    )
    assert load("ripple_adder8.yaml") == ripple_adder(8)


def test_stdout_holds_the_netlist_and_nothing_else(folder, capsys):
    assert status(["generate", "array_multiplier", "--width", "3", "--width2", "2", "-o", "-"]) == 0
    assert parse(capsys.readouterr().out)[0] == array_multiplier(3, 2)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "keywords"),
    [
        (["lookahead_adder", "--width", "4", "--cin"], {"width": 4, "cin": True}),
        (
            ["barrel_shifter", "--width", "5", "--direction", "left"],
            {"width": 5, "direction": "left"},
        ),
        (
            ["random", "--width", "5", "--gates", "9", "--seed", "3"],
            {"width": 5, "gates": 9, "seed": 3},
        ),
        (
            ["parity", "--width", "4", "--iterates", "2", "--weights", "shared"],
            {"width": 4, "iterates": 2, "weights": "shared"},
        ),
        (["comparator", "--width", "2", "--free"], {"width": 2, "free": True}),
    ],
)
def test_options_reach_the_generator(folder, capsys, options, keywords):
    assert status(["generate", *options, "-o", "out.yaml"]) == 0
    netlist = load("out.yaml")
    assert netlist == generate(options[0], **keywords)


def test_the_system_is_written_as_in_a_netlist(folder, capsys):
    options = ["generate", "parity", "--width", "2", "-o", "-", "--system"]
    assert status([*options, "{name: logistic, a: 3.9}"]) == 0
    netlist, _ = parse(capsys.readouterr().out)
    assert netlist.gates[0].setting.parameters == {"a": 3.9}
    assert status([*options, "logistik"]) == 2
    assert (
        "--system: unknown system 'logistik'; did you mean 'logistic'?" in capsys.readouterr().err
    )
    assert status([*options, "logistic\nname: other"]) == 2
    assert "--system is one line" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "which kind of circuit? --list lists them"),
        (["ripple_adder"], "--width is missing: bits of a and b, 1 to 4096"),
        (
            ["ripple_adder", "--width", "0"],
            "the width is 0, and must be from 1 to 4096",
        ),
        (
            ["riple_adder", "--width", "4"],
            "there is no circuit of kind 'riple_adder'; did you mean 'ripple_adder'?",
        ),
        (
            ["parity", "--width", "4", "--cin"],
            "parity has no option 'cin'; it belongs to ripple_adder, lookahead_adder",
        ),
        (
            ["parity", "--width", "4", "--iterates", "0"],
            "gets 0 iterates, and logistic takes 1 to 1000",
        ),
        (["parity", "--width", "four"], "'four' is not a valid integer"),
        (["parity", "--width", "4", "-o", "-", "--json"], "both write to stdout"),
    ],
)
def test_wrong_usage_has_status_2_and_writes_nothing(folder, capsys, options, message):
    assert status(["generate", *options]) == 2
    assert message in capsys.readouterr().err
    assert list(folder.iterdir()) == []


def test_a_file_that_exists_is_kept_unless_forced(folder, capsys):
    Path("parity2.yaml").write_text("mine")
    assert status(["generate", "parity", "--width", "2"]) == 1
    assert capsys.readouterr().err == (
        "parity2.yaml: error: the file exists already; --force writes over it, -o chooses another name\n"
    )
    assert Path("parity2.yaml").read_text() == "mine"
    assert status(["generate", "parity", "--width", "2", "--force"]) == 0
    assert load("parity2.yaml") == generate("parity", 2)


def test_the_kinds_are_listed_with_what_they_take(capsys):
    assert status(["generate", "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == [
        "ripple_adder      a + b, carry by carry",
        "                    --width: bits of a and b, 1 to 4096",
        "                    --cin: a carry comes in; none by default",
    ]
    assert status(["generate", "--list", "--json"]) == 0
    kinds = json.loads(capsys.readouterr().out)["kinds"]
    assert [kind["kind"] for kind in kinds] == [
        "ripple_adder",
        "lookahead_adder",
        "array_multiplier",
        "hypotenuse",
        "comparator",
        "parity",
        "decoder",
        "multiplexer",
        "priority_encoder",
        "barrel_shifter",
        "alu",
        "random",
    ]


def test_json_says_what_was_written(folder, capsys):
    assert status(["generate", "decoder", "--width", "2", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "ok": True,
        "written": "decoder2.yaml",
        "summary": {
            "name": "decoder2",
            "inputs": 2,
            "outputs": 4,
            "gates": 4,
            "free_gates": 0,
            "targets": 0,
            "instances": 0,
            "levels": 1,
        },
    }


def test_a_free_circuit_is_solved_from_its_own_file(folder, capsys):
    assert status(["generate", "ripple_adder", "--width", "1", "--free"]) == 0
    assert status(["optimize", "ripple_adder1.yaml"]) == 0
    assert status(["verify", "ripple_adder1.design.json"]) == 0
    assert "4 of 4 rows right" in capsys.readouterr().out


def test_check_and_show_mention_instances(folder, capsys):
    Path("fa.yaml").write_text(FULL_ADDER)
    Path("top.yaml").write_text(TOP)
    assert status(["check", "top.yaml"]) == 0
    assert capsys.readouterr().out == (
        "top.yaml: ok: 3 inputs, 2 outputs, 5 gates (0 free) in 3 levels, 0 targets, 1 instance\n"
    )
    assert status(["show", "top.yaml"]) == 0
    assert "instance fa0 of full_adder\n" in capsys.readouterr().out


def test_outside_files_need_a_flag_for_every_command_that_reads_them(folder, capsys):
    Path("fa.yaml").write_text(FULL_ADDER)
    Path("inner").mkdir()
    Path("inner/top.yaml").write_text(TOP.replace("fa.yaml", "../fa.yaml"))
    for command in (["check"], ["show"], ["feasible"], ["optimize"]):
        assert status([*command, "inner/top.yaml"]) == 1
        assert "lies outside of the netlist's folder" in capsys.readouterr().err
        assert status([*command, "inner/top.yaml", "--allow-outside"]) == 0
    assert status(["verify", "top.design.json"]) == 0
    design = json.loads(Path("top.design.json").read_text())
    assert design["provenance"]["command"] == (
        "chaoscad optimize top.yaml --allow-outside --seed 0"
    )


def test_optimize_never_writes_over_a_file_that_the_netlist_reads(folder, capsys):
    Path("fa.yaml").write_text(FULL_ADDER)
    Path("top.yaml").write_text(TOP)
    assert status(["optimize", "top.yaml", "-o", "fa.yaml", "--force"]) == 1
    assert capsys.readouterr().err.startswith("fa.yaml: error: this is a file that is read; ")
    assert Path("fa.yaml").read_text() == FULL_ADDER
