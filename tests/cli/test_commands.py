"""The command line as a user meets it: output, exit status, and never a traceback."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from chaoscad.cli.main import status
from tests.conftest import ROOT, gate_text

GOOD = gate_text("function: XOR")
HOPELESS = gate_text("function: XNOR, weights: shared")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(name: str, text: str) -> str:
    Path(name).write_text(text)
    return name


def test_help_lists_the_commands(capsys):
    assert status(["--help"]) == 0
    out = capsys.readouterr().out
    for name in ("check", "optimize", "show", "verify"):
        assert f"  {name} " in out


@pytest.mark.parametrize("name", ["check", "optimize", "show", "verify"])
def test_every_command_has_help(name: str, capsys):
    assert status([name, "--help"]) == 0
    assert "--json" in capsys.readouterr().out


def test_wrong_usage_has_status_2(capsys):
    assert status(["chek"]) == 2
    assert "no command 'chek'; did you mean 'check'?" in capsys.readouterr().err
    assert status(["check"]) == 2
    assert status(["optimize", "x.yaml", "--seed", "-1"]) == 2
    assert status([]) == 2


def test_check_says_what_a_netlist_is(folder, capsys):
    write("g.yaml", GOOD)
    assert status(["check", "g.yaml"]) == 0
    assert capsys.readouterr().out == (
        "g.yaml: ok: 2 inputs, 1 output, 1 gate (0 free) in 1 level, 0 targets\n"
    )


def test_check_reports_every_file_and_fails_when_one_does(folder, capsys):
    write("g.yaml", GOOD)
    write("bad.yaml", gate_text("functon: XOR"))
    assert status(["check", "g.yaml", "bad.yaml", "none.yaml"]) == 1
    captured = capsys.readouterr()
    assert "g.yaml: ok" in captured.out
    assert captured.err.splitlines() == [
        "bad.yaml:5:23: error: unknown key 'functon'; did you mean 'function'?",
        "none.yaml: error: cannot read the file: it does not exist",
    ]


def test_check_as_json(folder, capsys):
    write("bad.yaml", gate_text("functon: XOR"))
    assert status(["check", "bad.yaml", "--json"]) == 1
    data = json.loads(capsys.readouterr().out)
    assert data["ok"] is False
    assert data["files"][0]["diagnostics"] == [
        {
            "file": "bad.yaml",
            "line": 5,
            "column": 23,
            "severity": "error",
            "message": "unknown key 'functon'",
            "hint": "did you mean 'function'?",
        }
    ]


def test_optimize_writes_a_design_and_verify_and_show_read_it(folder, capsys):
    write("g.yaml", GOOD)
    assert status(["optimize", "g.yaml"]) == 0
    out = capsys.readouterr().out
    assert "g: solved: 4 of 4 rows right, worst margin 0.5" in out
    assert "room 0: a state is at the end of its range; the formula goes on beyond it" in out
    assert "written to g.design.json" in out
    assert os.listdir(folder) == ["g.yaml", "g.design.json"] or set(os.listdir(folder)) == {
        "g.yaml",
        "g.design.json",
    }
    assert status(["verify", "g.design.json"]) == 0
    assert capsys.readouterr().out == (
        "g.design.json: verified: 4 of 4 rows right, worst margin 0.5, least room 0\n"
    )
    assert status(["show", "g.design.json", "--rows"]) == 0
    out = capsys.readouterr().out
    assert "y = XOR(a, b)" in out
    assert "logistic a=4" in out
    assert status(["verify", "g.design.json", "--json"]) == 0
    entry = json.loads(capsys.readouterr().out)["files"][0]
    assert entry["worst_margin"] == 0.5
    assert {
        **entry["gates"]["y"],
        "input_margin": round(entry["gates"]["y"]["input_margin"], 6),
    } == {
        "margin": 0.5,
        "room": 0.0,
        "input_margin": 0.146447,
        "measured_room": None,
        "at_threshold": [],
        "wrong": [],
        "out_of_range": [],
    }
    assert status(["show", "g.design.json", "--json", "--rows"]) == 0
    assert len(json.loads(capsys.readouterr().out)["rows"]["y"]) == 4


def test_optimize_to_stdout_is_the_design_and_nothing_else(folder, capsys):
    write("g.yaml", GOOD)
    assert status(["optimize", "g.yaml", "-o", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["format"] == "chaoscad-design"
    assert os.listdir(folder) == ["g.yaml"]


def test_optimize_as_json(folder, capsys):
    write("g.yaml", GOOD)
    assert status(["optimize", "g.yaml", "--json", "--seed", "7"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["ok"] is True
    assert data["file"] == "g.design.json"
    assert data["design"]["provenance"]["seed"] == 7


def test_optimize_takes_its_options(folder, capsys):
    write("g.yaml", GOOD)
    options = [
        "--restarts",
        "64",
        "--steps",
        "300",
        "--optimizer",
        "adabelief",
        "--learning-rate",
        "0.02",
        "--optimizer-argument",
        "b1=0.8",
        "--objective",
        "cross-entropy + 0.1*margin",
        "--schedule",
        "cosine",
        "--clip-norm",
        "10",
        "--seed",
        "1",
        "--json",
    ]
    assert status(["optimize", "g.yaml", *options]) == 0
    settings = json.loads(capsys.readouterr().out)["design"]["provenance"]["settings"]["gates"]
    assert settings["optimizer"] == {
        "name": "adabelief",
        "learning_rate": 0.02,
        "schedule": "cosine",
        "arguments": {"b1": 0.8},
        "clip_norm": 10.0,
        "clip_value": None,
    }
    assert settings["objective"] == "cross-entropy + 0.1*margin"
    assert (settings["restarts"], settings["steps"]) == (64, 300)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--optimizer", "adm"], "error: unknown optimizer 'adm'; did you mean 'adam'?"),
        (["--objective", "marginn"], "error: unknown objective 'marginn'; did you mean 'margin'?"),
        (["--recipe", "publishd"], "error: unknown recipe 'publishd'; did you mean 'published'?"),
        (["--learning-rate", "0"], "error: the learning rate is 0, and must be a positive number"),
        (
            ["--learning-rate", "nan"],
            "error: the learning rate is nan, and must be a positive number",
        ),
        (
            ["-o", "g.yaml", "--force"],
            "g.yaml: error: this is a file that is read; give the result another name by -o",
        ),
        (
            ["--optimizer-argument", "b1=nan"],
            "error: the argument b1 of the optimizer adam is not finite",
        ),
        (
            ["--optimizer-argument", "learning_rate=1"],
            "error: learning_rate is an option of its own, not an optimizer argument",
        ),
        (
            ["--optimizer-argument", "b1=none"],
            "error: the argument b1 of the optimizer adam is a number, not None",
        ),
        (["--clip-norm", "0"], "error: clip_norm is 0, and must be a positive number"),
        (["--objective", "0*huber"], "error: the weight of huber must be positive and finite"),
        (["--optimizer-argument", "b1"], "error: an optimizer argument is NAME=VALUE, not 'b1'"),
        (
            ["-o", "no/x.json"],
            "no/x.json: error: cannot write the file: the folder 'no' does not "
            "exist; create it, or give another path",
        ),
        (["-o", "."], ".: error: cannot write the file: it is a directory"),
    ],
)
def test_optimize_refuses_bad_options_before_it_works(folder, capsys, options, message):
    write("g.yaml", GOOD)
    # A path that cannot be written is a failure; anything else here is wrong usage.
    usage = message.startswith("error: ")
    assert status(["optimize", "g.yaml", *options]) == (2 if usage else 1)
    expected = f"\nError: {message.removeprefix('error: ')}" if usage else message
    assert capsys.readouterr().err.endswith(expected + "\n")
    assert os.listdir(folder) == ["g.yaml"]


def test_an_unsolved_circuit_exits_3_says_why_and_writes_nothing(folder, capsys):
    write("g.yaml", HOPELESS)
    assert status(["optimize", "g.yaml"]) == 3
    captured = capsys.readouterr()
    assert captured.out == ""
    assert (
        "gate 'y' is proven infeasible: no setting within the bounds has a margin of 0.0001 or more"
        in captured.err
    )
    assert (
        "gate 'y' becomes possible with weights: independent or iterates: 2 or compare: \"<\""
        in captured.err
    )
    assert "nothing was written; --keep-unsolved writes the design all the same" in captured.err
    assert os.listdir(folder) == ["g.yaml"]


def test_an_unsolved_design_is_kept_on_demand_and_does_not_verify(folder, capsys):
    write("g.yaml", HOPELESS)
    assert status(["optimize", "g.yaml", "--keep-unsolved"]) == 3
    assert json.loads(Path("g.design.json").read_text())["status"] == "unsolved"
    assert status(["verify", "g.design.json"]) == 3
    assert "NOT verified" in capsys.readouterr().out


def test_verify_finds_a_changed_parameter(folder, capsys):
    write("g.yaml", GOOD)
    assert status(["optimize", "g.yaml"]) == 0
    data = json.loads(Path("g.design.json").read_text())
    data["gates"]["y"]["threshold"] = 0.25
    Path("g.design.json").write_text(json.dumps(data))
    capsys.readouterr()
    assert status(["verify", "g.design.json"]) == 3
    captured = capsys.readouterr()
    assert "NOT verified: 4 of 4 rows right, worst margin 0.25" in captured.out
    assert "the file claims margin 0.5, verification finds 0.25" in captured.err


def test_errors_are_json_on_demand(folder, capsys):
    write("d.json", "{}")
    assert status(["verify", "d.json", "--json"]) == 1
    data = json.loads(capsys.readouterr().out)
    assert data["files"][0]["diagnostics"][0]["message"] == "this is not a design file"


def test_show_of_a_netlist(folder, capsys):
    assert status(["show", str(ROOT / "netlists" / "c17.yaml")]) == 0
    out = capsys.readouterr().out
    assert "level 2  n16 = ?(i2, n11)   n19 = ?(n11, i7)" in out
    assert "target   o23 = (i2 | i7) & ~(i3 & i6)" in out
    assert status(["show", str(ROOT / "netlists" / "c17.yaml"), "--rows"]) == 2


def test_show_has_a_line_for_an_element_and_one_for_each_of_its_readings(capsys):
    path = ROOT / "tests" / "data" / "designs" / "half_adder_element.json"
    assert status(["show", str(path)]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[4:7] == [
        ["core", "a", "b", "logistic", "a=4", "0.998871", "-0.46529", "(all)", "0.00112897"],
        ["sum", "XOR", "1", ">", "0.625", "0.370489"],
        ["carry", "AND", "2", ">", "0.388451", "0.370489"],
    ]


def test_show_summarises_a_large_circuit(folder, capsys):
    gates = "".join(
        f"  g{index}: {{inputs: [{f'g{index - 1}' if index else 'a'}, b], function: XOR}}\n"
        for index in range(100)
    )
    write("large.yaml", f"chaoscad: 1\ninputs: [a, b]\noutputs: [g99]\ngates:\n{gates}")
    assert status(["show", "large.yaml"]) == 0
    assert "g50" not in capsys.readouterr().out
    assert status(["optimize", "large.yaml"]) == 0
    capsys.readouterr()
    assert status(["show", "large.design.json"]) == 0
    text = capsys.readouterr().out
    assert "gates    100 in 100 levels" in text
    assert "the 10 gates of least margin (--all lists every gate):" in text
    assert "g50" not in text
    assert status(["show", "large.design.json", "--all"]) == 0
    assert "g50" in capsys.readouterr().out


def test_names_with_markup_are_shown_as_they_are(folder, capsys):
    write(
        "g.yaml",
        'chaoscad: 1\ninputs: ["[red]a"]\noutputs: [y]\n'
        'gates: {y: {inputs: ["[red]a"], function: NOT}}',
    )
    assert status(["show", "g.yaml"]) == 0
    assert "[red]a" in capsys.readouterr().out


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\x01\x02",
        b"\xff\xfe",
        b"[" * 1_000_000,
        b"a: &a [*a]",
        b"chaoscad: 1\n" * 3,
        b"!!python/object/apply:os.system ['true']",
        b"? {a: b}\n: c",
        b"chaoscad: 1\ngates: {a: }\n",
        b"chaoscad: 1\ninputs: [a]\noutputs: [y]\ngates: {y: {inputs: [a], function: {}}}",
        b"chaoscad: 1\ninputs: {}\noutputs: 3\ngates: [1]\ntargets: x\ntie: {}\nhardware: []\n",
    ],
)
@pytest.mark.parametrize("command", ["check", "optimize", "show", "verify"])
def test_rubbish_never_gives_a_traceback(folder, capsys, content: bytes, command: str):
    Path("x.yaml").write_bytes(content)
    assert status([command, "x.yaml"]) == 1
    err = capsys.readouterr().err
    assert "error: " in err
    assert "Traceback" not in err
    assert "internal error" not in err
    assert os.listdir(folder) == ["x.yaml"]


HEARS = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
"""A shell starts what runs in the background with SIGINT ignored, and children inherit that."""


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_an_interrupt_leaves_no_file_behind(folder):
    write("g.yaml", Path(ROOT / "netlists" / "multiplier_2x2.yaml").read_text())
    script = f"{HEARS}from chaoscad.cli import main; main.run()"
    options = ["--steps", "10000000", "--restarts", "16", "-o", "out.json"]
    with subprocess.Popen(
        [sys.executable, "-c", script, "optimize", "g.yaml", *options],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            time.sleep(3)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=120)
        finally:
            process.kill()
    assert process.returncode == 130
    assert "interrupted; nothing was written" in err
    assert "Traceback" not in err
    assert out == ""
    assert os.listdir(folder) == ["g.yaml"]


def test_an_interrupt_that_a_callback_swallows_is_raised_again():
    """JAX has a callback of the garbage collector, and exceptions within one are dropped."""
    script = (
        f"{HEARS}import gc, os, sys, time\n"
        "from chaoscad.cli import check, main\n"
        "def swallow(phase, _):\n"
        "    gc.callbacks.clear()\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    sum(range(1000))\n"
        "def work(**_):\n"
        "    gc.callbacks.append(swallow)\n"
        "    gc.collect()\n"
        "    print('swallowed', flush=True)\n"
        "    time.sleep(60)\n"
        "check.command.callback = work\n"
        "main.run(['check', 'x.yaml'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=50, check=False
    )
    assert done.stdout == "swallowed\n"
    assert done.stderr == "\n\ninterrupted; nothing was written\n"
    assert done.returncode == 130


def test_a_reader_that_goes_away_is_no_failure_to_report(folder):
    command = f"{sys.executable} -m chaoscad show {ROOT / 'netlists' / 'c17.yaml'} | true"
    result = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert "Traceback" not in result.stderr
    assert "Exception" not in result.stderr


def test_chaos_that_rounding_decides_is_not_called_solved(folder, capsys):
    write("g.yaml", gate_text("function: XOR, iterates: 200"))
    assert status(["optimize", "g.yaml", "--steps", "60", "--restarts", "16"]) == 3
    assert "NOT solved" in capsys.readouterr().out


def test_wiring_that_cannot_reach_its_targets_is_told_with_what_may_help(folder, capsys):
    write(
        "w.yaml",
        "chaoscad: 1\ninputs: [a, b, c]\noutputs: [y]\n"
        "gates: {p: {inputs: [a, b]}, y: {inputs: [p, c]}}\ntargets: {y: MAJ}\n",
    )
    assert status(["optimize", "w.yaml", "--method", "sat"]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert err == (
        "error: w is not solved: With this wiring, no functions of the gates reach the targets: "
        "proven.\n"
        "  exact search, 2 gates, 16 rows: No functions do it: proven.\n"
        "  what may help: more gates, more inputs a gate, or other wires\n"
        "nothing was written; --keep-unsolved writes the design all the same\n"
    )
    assert os.listdir(folder) == ["w.yaml"]


def test_values_at_the_threshold_are_not_right_rows(folder, capsys):
    write("g.yaml", gate_text("function: XOR, system: {map: 'x-x+1'}"))
    assert status(["optimize", "g.yaml", "--steps", "60", "--restarts", "16"]) == 3
    assert "gate 'y' is proven infeasible" in capsys.readouterr().err


def test_a_half_open_range_of_states_is_kept_too(folder, capsys):
    write("g.yaml", gate_text("function: XOR, bounds: {state: [-.inf, 1]}"))
    assert status(["optimize", "g.yaml", "--steps", "60", "--restarts", "16"]) == 0


def test_ties_that_contradict_each_other_are_named_as_in_the_file(folder, capsys):
    gates = "".join(
        f"  {name}: {{inputs: [a, b], function: OR, bounds: {{x0: [{low}, {high}]}}}}\n"
        for name, low, high in (("y", 0, 0.1), ("z", 0.1, 0.3), ("w", 0.3, 0.4))
    )
    write(
        "g.yaml",
        f"chaoscad: 1\ninputs: [a, b]\noutputs: [y, z, w]\ngates:\n{gates}"
        "tie: [{parameter: x0, gates: [y, z]}, {parameter: x0, gates: [z, w]}]",
    )
    assert status(["optimize", "g.yaml"]) == 1
    assert capsys.readouterr().err == (
        "g.yaml:7:3: error: the gates tied in x0 ('y', 'z', 'w') have no value of it in common; "
        "widen their bounds\n"
    )


def test_what_show_writes_show_reads(folder, capsys):
    write("g.yaml", GOOD)
    assert status(["show", "g.yaml", "--json"]) == 0
    write("n.json", capsys.readouterr().out)
    assert status(["show", "n.json"]) == 0
    assert status(["check", "n.json"]) == 0


def test_control_characters_do_not_reach_the_terminal(folder, capsys):
    write(
        "g.yaml",
        'chaoscad: 1\ndescription: ":heart:\\e[31m"\ninputs: ["a\\nb"]\noutputs: ["\\e[31my"]\n'
        'gates: {"\\e[31my": {inputs: ["a\\nb"], function: NOT}}',
    )
    assert status(["show", "g.yaml"]) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert ":heart:?[31m" in out
    assert "?[31my = NOT(a?b)" in out


def test_wide_gates_fit_a_table(folder, capsys):
    names = ", ".join(f"i{k}" for k in range(8))
    write("g.yaml", gate_text("function: AND", names))
    assert status(["show", "g.yaml"]) == 0
    assert "AND8" in capsys.readouterr().out


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_reported(folder):
    write("g.yaml", GOOD)
    command = f"{sys.executable} -m chaoscad show --json g.yaml > /dev/full"
    result = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert result.stderr == "error: cannot write the output: no space left on device\n"


def test_verify_goes_on_after_a_file_that_it_cannot_read(folder, capsys):
    write("g.yaml", GOOD)
    assert status(["optimize", "g.yaml"]) == 0
    capsys.readouterr()
    assert status(["verify", "none.json", "g.design.json"]) == 1
    captured = capsys.readouterr()
    assert "g.design.json: verified" in captured.out
    assert captured.err == "none.json: error: cannot read the file: it does not exist\n"


@pytest.mark.parametrize("key", ["[key]"])
def test_a_key_called_like_the_validator_s_own_mark(folder, capsys, key: str):
    for text in (
        f'chaoscad: 1\ninputs: [a]\noutputs: ["{key}"]\ngates: {{"{key}": {{inputs: 5}}}}',
        gate_text(f'"{key}": 1'),
        gate_text("function: AND", extra=f'tie: [{{"{key}": 1}}]'),
    ):
        write("g.yaml", text)
        assert status(["check", "g.yaml"]) == 1
        assert "internal error" not in capsys.readouterr().err


DESIGN = str(ROOT / "tests" / "data" / "designs" / "full_adder.json")
BLIF = str(ROOT / "tests" / "data" / "priority.blif")


@pytest.mark.parametrize("command", ["check", "optimize", "feasible"])
def test_a_design_is_no_netlist(folder, capsys, command: str):
    assert status([command, DESIGN]) == 1
    assert capsys.readouterr().err == (
        f"{DESIGN}: error: this is a design, and a netlist is needed; give the netlist that it was made "
        "of; chaoscad verify checks designs\n"
    )


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (
            ["verify", "g.yaml"],
            "g.yaml: error: this is a netlist, and a design is needed; chaoscad optimize FILE makes a "
            "design of it",
        ),
        (
            ["show", BLIF],
            f"{BLIF}: error: this is a standard netlist (Berkeley logic interchange format), and a "
            "netlist is needed; chaoscad import FILE makes a netlist of it",
        ),
        (
            ["verify", BLIF],
            f"{BLIF}: error: this is a standard netlist (Berkeley logic interchange format), and a "
            "design is needed; chaoscad import FILE and chaoscad optimize make a design of it",
        ),
        (
            ["cells", "--library", DESIGN],
            f"{DESIGN}: error: this is a design, and a cell library is needed; chaoscad verify FILE "
            "checks it",
        ),
        (
            ["check", str(ROOT / "chaoscad" / "cells" / "data" / "logistic_a4.json")],
            "error: this is a cell library, and a netlist is needed; chaoscad cells --check FILE "
            "checks it",
        ),
    ],
)
def test_a_file_of_another_kind_is_called_what_it_is(folder, capsys, arguments, what):
    write("g.yaml", GOOD)
    assert status(arguments) == 1
    assert capsys.readouterr().err.endswith(what + "\n")


def test_a_design_is_not_written_under_another_format_s_name(folder, capsys):
    write("g.yaml", GOOD)
    assert status(["optimize", "g.yaml", "-o", "g.v"]) == 2
    message = "a design is JSON; -o g.v names a file of another format"
    assert capsys.readouterr().err.splitlines()[-1] == f"Error: {message}"


def test_gates_that_ties_forbid_are_proven_infeasible_together(folder, capsys):
    write(
        "t.yaml",
        "chaoscad: 1\nsystem: logistic\ninputs: [a, b]\noutputs: [y, z]\n"
        "gates: {y: {inputs: [a, b], function: XOR}, z: {inputs: [a, b], function: AND}}\n"
        "tie: [{parameter: x0, gates: [y, z]}, {parameter: delta, gates: [y, z]}]\n",
    )
    assert status(["optimize", "t.yaml"]) == 3
    assert capsys.readouterr().err.splitlines()[-4:] == [
        "error: t is not solved: Some gates are proven infeasible within their bounds; nothing was "
        "trained.",
        "  gates 'y', 'z' are proven infeasible together: 'y' (XOR) needs the value of row 01 above "
        "that of row 11, 'z' (AND) needs the value of row 11 above that of row 01; with one x0 and "
        "one delta they have the same values, on any system",
        "  gates 'y', 'z' become possible with controls: [x0] or controls: [iterates] (y 1, z 3)",
        "nothing was written; --keep-unsolved writes the design all the same",
    ]


def test_gates_that_ties_forbid_are_told_what_may_help(folder, capsys):
    write(
        "t.yaml",
        "chaoscad: 1\nsystem: logistic\ninputs: [a, b]\noutputs: [y, z]\n"
        "gates: {y: {inputs: [a, b], function: XOR}, z: {inputs: [a, b], function: AND}}\n"
        "defaults: {fixed: {delta: 0.25}}\ntie: [{parameter: x0, gates: [y, z]}]\n",
    )
    assert status(["optimize", "t.yaml", "--restarts", "16", "--steps", "20"]) == 3
    assert capsys.readouterr().err.splitlines()[-2:] == [
        "  what may help: fewer ties, more iterates, wider bounds, more --restarts or --steps",
        "nothing was written; --keep-unsolved writes the design all the same",
    ]
