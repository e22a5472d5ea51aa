"""`chaoscad systems` and `chaoscad feasible` from the command line."""

import json
from pathlib import Path

import pytest

from chaoscad.cli.main import status
from chaoscad.systems import SYSTEMS
from tests.conftest import ROOT, gate_text


@pytest.fixture
def folder(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_system_is_listed(capsys):
    assert status(["systems"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1:]] == list(SYSTEMS)


def test_a_system_is_described(capsys):
    assert status(["systems", "chen"]) == 0
    text = capsys.readouterr().out
    assert "chen: Chen flow" in text
    assert "a = 35 in [0, 100], unit 1: rate of x" in text
    assert "z starts x, y (z at 0); the value is z" in text
    assert "read at time 0.5, unit 1; trained with tsit5 in steps of 0.01" in text
    assert "largest Lyapunov exponent 2.024 nats per unit of time" in text
    assert "G. Chen, T. Ueta" in text


def test_a_system_is_described_with_its_parameters_set(capsys):
    assert status(["systems", "logistic", "--set", "a=3.9"]) == 0
    text = capsys.readouterr().out
    assert "  a = 3.9 (default 4) in [0, 4], unit 1: growth rate\n" in text
    assert "exponent 0.6931 nats per iterate at the default parameters\n" in text
    assert status(["systems", "logistic", "--set", "a=3.9", "--json"]) == 0
    (system,) = json.loads(capsys.readouterr().out)["systems"]
    assert (system["parameters"][0]["value"], system["parameters"][0]["default"]) == (3.9, 4.0)


def test_systems_of_files_and_texts_are_described(folder, capsys):
    (folder / "jerk.yaml").write_text(
        'flow: {x: "y", y: "z", z: "-A*z + y**2 - x"}\nparameters: {A: {default: 2.017, bounds: [0, .inf]}}\n'
        "read: x\ntime: 2\nstep: 0.01\n"
    )
    (folder / "two.yaml").write_text(
        "chaoscad: 1\nsystems: {j: {file: jerk.yaml, A: 2.1}}\ninputs: [a]\noutputs: [y]\n"
        "gates: {y: {inputs: [a], function: NOT, system: j}, w: {inputs: [a], function: NOT}}\n"
    )
    assert status(["systems", "jerk.yaml", "--set", "A=2.2"]) == 0
    assert capsys.readouterr().out == (
        "jerk: flow jerk: x' = y, y' = z, z' = -A*z + y**2 - x\n"
        "  A = 2.2 (default 2.017) in [0, inf], unit 1: given in the netlist\n"
        "  states of gates in [-1, 1], unit 1\n"
        "  z starts x (y at 0, z at 0); the value is x\n"
        "  read at time 2, unit 1; trained with tsit5 in steps of 0.01\n"
        "  defined in the netlist\n"
    )
    assert status(["systems", "two.yaml", '{map: "x*x"}', "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["systems"]
    assert [item["name"] for item in found] == ["jerk", "logistic", "user"]
    assert (found[0]["parameters"][0]["value"], found[0]["parameters"][0]["high"]) == (2.1, None)
    assert status(["systems", "two.yaml:k"]) == 1
    assert capsys.readouterr().err == (
        "two.yaml:5:53: warning: gate 'w' is not used\n"
        "two.yaml: error: there is no system 'k'; there are j, w\n"
    )
    assert status(["explore", "two.yaml", "lyapunov"]) == 1
    assert capsys.readouterr().err.endswith(
        "two.yaml: error: there are 2 systems: j, w; name one of them: two.yaml:j\n"
    )


def test_the_list_as_json(capsys):
    assert status(["systems", "duffing", "tent", "--json"]) == 0
    systems = json.loads(capsys.readouterr().out)["systems"]
    assert [system["name"] for system in systems] == ["duffing", "tent"]
    assert [system["kind"] for system in systems] == ["flow", "map"]
    assert systems[0]["time"] == 2.0


def test_a_table_says_what_is_possible_and_what_is_proven_not_to_be(folder, capsys):
    arguments = ["systems", "logistic", "--function", "XNOR", "--function", "XOR"]
    assert status([*arguments, "--iterates", "1", "-o", "table.png"]) == 0
    text = capsys.readouterr().out
    assert "logistic map a=4, states in [0, 1]: best margin by weights and iterates" in text
    rows = {line.split()[0]: line.split()[1:] for line in text.splitlines() if line}
    assert rows["XNOR"][0] == "no"
    assert float(rows["XNOR"][1]) == pytest.approx(0.5, rel=0.01)
    assert "3 of 4 cells feasible, 1 proven infeasible, 0 undecided" in text
    assert (folder / "table.png").stat().st_size > 5000
    assert status([*arguments, "--iterates", "1", "-o", "table.png"]) == 1
    assert "table.png: error: the file exists already; --force" in capsys.readouterr().err


def test_a_table_of_a_changed_flow_as_json(capsys):
    arguments = ["systems", "lorenz", "--set", "rho=17", "--function", "AND", "--weights", "shared"]
    assert status([*arguments, "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    (cell,) = data["systems"]["lorenz"]
    assert cell["verdict"] == "feasible"
    assert cell["upper"] is None
    assert cell["lower"] > 1.0


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["systems", "lorentz"], 1, "unknown system 'lorentz'; did you mean 'lorenz'?"),
        (
            ["systems", "lorenz", "--functions", "--set", "rhoo=1"],
            1,
            "lorenz has no parameter 'rhoo'; did you mean 'rho'?",
        ),
        (["systems", "logistic", "--set", "b=3"], 1, "logistic has no parameter 'b'; it has a"),
        (
            ["systems", "logistic", "--set", "a=3", "--set", "a=3.5"],
            2,
            "--set gives a twice: 3 and 3.5",
        ),
        (
            ["systems", "lorenz", "--functions", "--set", "rho=999"],
            1,
            "rho of lorenz is 999, outside its range [0, 350]",
        ),
        (
            ["systems", "lorenz", "--set", "rho"],
            2,
            "--set takes NAME=VALUE with a number, not 'rho'",
        ),
        (
            ["systems", "--set", "rho=1"],
            2,
            "--set changes one system's parameters; name that system",
        ),
        (
            ["systems", "tent", "--function", "NANT"],
            2,
            "'NANT' is no two-input function; did you mean 'NAND'?",
        ),
        (["systems", "tent", "-o", "t.gif"], 1, "a figure is written as .png, .svg or .pdf"),
    ],
)
def test_bad_requests_are_refused(folder, capsys, arguments, code, message):
    assert status(arguments) == code
    assert message in capsys.readouterr().err


def test_feasible_answers_for_every_gate(capsys):
    assert status(["feasible", str(ROOT / "netlists" / "three_transistor.yaml"), "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["ok"] is True
    assert data["gates"]["nand"]["lower"] == pytest.approx(0.392, rel=0.01)
    assert all(gate["tight"] for gate in data["gates"].values())


def test_feasible_says_no_with_the_proof_and_what_would_help(folder, capsys):
    Path("g.yaml").write_text(gate_text("function: XNOR, weights: shared"))
    assert status(["feasible", "g.yaml"]) == 3
    text = capsys.readouterr().out
    assert (
        "gate 'y' is proven infeasible: no setting within the bounds has a margin of 0.001 or more (66 "
        "boxes of x0 and delta cover the bounds)"
    ) in text
    assert "gate 'y' becomes possible with weights: independent or iterates: 2" in text


def test_feasible_says_that_ties_were_not_considered(folder, capsys):
    gates = "".join(
        f"  {name.lower()}: {{inputs: [a, b], function: {name}}}\n" for name in ("AND", "OR", "XOR")
    )
    Path("t.yaml").write_text(
        f"chaoscad: 1\ninputs: [a, b]\noutputs: [and, or, xor]\ngates:\n{gates}"
        "tie: [{parameter: x0, gates: [and, or]}]\n"
    )
    assert status(["feasible", "t.yaml"]) == 3
    out = capsys.readouterr().out
    assert [line.split()[2:4] for line in out.splitlines()[1:4]] == [
        ["feasible", "alone"],
        ["feasible", "alone"],
        ["feasible", "0.499543"],
    ]
    assert out.endswith(
        "gates 'and', 'or' are tied in x0: ties were not considered, and together they may do less\n"
    )
    assert status(["feasible", "t.yaml", "--json"]) == 3
    data = json.loads(capsys.readouterr().out)
    assert data["ok"] is False
    assert [gate["ties_not_considered"] for gate in data["gates"].values()] == [
        ["x0"],
        ["x0"],
        [],
    ]
    assert status(["feasible", "t.yaml", "--gate", "xor"]) == 0


MORPHING = """chaoscad: 1
inputs: [a, b]
outputs: [p, q, r]
defaults: {weights: shared}
gates:
  p: {inputs: [a, b], function: AND}
  q: {inputs: [a, b], function: OR}
  r: {inputs: [a, b], function: XOR}
tie:
  - {parameter: delta, gates: [p, q, r]}
  - {parameter: %s, gates: [p, q, r]}
"""


def test_feasible_asks_about_gates_of_tied_weights_together(folder, capsys):
    Path("t.yaml").write_text(MORPHING % "threshold")
    assert status(["feasible", "t.yaml"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[4] == (
        "gates 'p', 'q', 'r' together, x0 differing: worst margin 0.09375, at most 0.0946875"
    )
    assert [line.split()[0] for line in lines[5:]] == ["gate", "p", "q", "r"]
    assert len({line.split()[2] for line in lines[6:]}) == 1
    assert status(["feasible", "t.yaml", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    (together,) = data["families"]
    assert together["gates"] == ["p", "q", "r"]
    assert together["controls"] == ["x0"]
    assert together["tight"] is True
    assert list(together["setpoints"]) == ["p", "q", "r"]
    assert [gate["ties_not_considered"] for gate in data["gates"].values()] == [[], [], []]
    # Of a family of which only a part is asked about, the ties of the rest are not considered.
    assert status(["feasible", "t.yaml", "--gate", "p"]) == 3
    assert "tied in delta: ties were not considered" in capsys.readouterr().out


def test_feasible_refutes_gates_of_tied_weights_together(folder, capsys):
    Path("t.yaml").write_text(MORPHING % "x0")
    assert status(["feasible", "t.yaml"]) == 3
    lines = capsys.readouterr().out.splitlines()
    assert lines[4:] == [
        "gates 'p', 'q', 'r' are proven infeasible together: 'p' (AND) needs the value of rows with "
        "2 ones above that of rows with 1 one, 'r' (XOR) needs the value of rows with 1 one above that "
        "of rows with 2 ones; with one x0 and one delta they have the same values, on "
        "any system",
        "gates 'p', 'q', 'r' become possible with controls: [x0] or controls: [iterates] "
        "(p 2, q 5, r 3)",
    ]


def test_feasible_asks_flows_for_the_best_found(folder, capsys):
    Path("g.yaml").write_text(gate_text("function: XOR, system: duffing"))
    assert status(["feasible", "g.yaml"]) == 0
    assert "feasible" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "arguments", "code", "message"),
    [
        ("function: OR", ["--gate", "z"], 1, "g.yaml: error: there is no gate 'z'"),
        ("function: OR", ["--epsilon", "0"], 2, "--epsilon is 0; it is a positive number"),
        ("function: OR", ["--epsilon", "nan"], 2, "--epsilon is nan; it is a positive number"),
        (
            "function: OR, bounds: {state: [-.inf, .inf]}",
            [],
            1,
            "g.yaml:5:3: error: gate 'y': a search needs bounds",
        ),
    ],
)
def test_bad_questions_are_refused(folder, capsys, options, arguments, code, message):
    Path("g.yaml").write_text(gate_text(options))
    assert status(["feasible", "g.yaml", *arguments]) == code
    assert message in capsys.readouterr().err


def test_rows_of_a_flow_show_how_sensitive_they_are(folder, capsys):
    text = gate_text("function: OR, system: {name: lorenz, time: 0.5}")
    Path("g.yaml").write_text(text)
    assert status(["optimize", "g.yaml", "--steps", "50", "--restarts", "4"]) == 0
    shown = capsys.readouterr().out
    assert "lorenz t=0.5: 0.453 Lyapunov times; largest |dv/dz| " in shown
    name = next(path.name for path in folder.glob("*.design.json"))
    assert status(["show", name, "--rows"]) == 0
    assert "|dv/dz|" in capsys.readouterr().out
    assert status(["verify", name, "--json"]) == 0
    gate = json.loads(capsys.readouterr().out)["files"][0]["gates"]["y"]
    assert gate["unconverged"] == []
    assert len(gate["answers"]) == 4
    assert gate["lyapunov_times"] == pytest.approx(0.453)


def test_what_x0_reaches_is_counted_and_drawn(folder, capsys):
    arguments = ["systems", "logistic", "--controls", "x0", "--functions", "--iterates", "3-4"]
    assert status([*arguments, "-o", "growth.svg"]) == 0
    text = capsys.readouterr().out
    rows = [line.split() for line in text.splitlines()]
    assert ["3", "15", "of", "16"] in [row[:4] for row in rows]
    assert ["4", "16", "of", "16"] in [row[:4] for row in rows]
    assert "computing exponent 0.0645 per iterate" in text
    assert Path("growth.svg").read_bytes().startswith(b"<?xml")
    assert status([*arguments, "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert [one["count"] for one in data["iterates"]] == [15, 16]


@pytest.mark.parametrize(
    ("code", "arguments", "message"),
    [
        (2, ["--controls", "x0"], "--controls counts the functions of one system; name it"),
        (1, ["logistic", "--controls", "y"], "unknown --controls 'y'; "),
        (1, ["lorenz", "--controls", "x0"], "counted by iterates, and lorenz is a flow"),
        (2, ["logistic", "--inputs", "3"], "--inputs belongs to --controls; the table is of two"),
        (2, ["logistic", "--iterates", "5-2"], "5-2 runs backwards; did you mean 2-5?"),
    ],
)
def test_counting_refuses_what_it_cannot_count(code, arguments, message, capsys):
    assert status(["systems", *arguments]) == code
    assert message in capsys.readouterr().err
