"""Systems of one's own through the commands: what each prints or writes of four solved designs."""

import shutil
from pathlib import Path

import pytest

from chaoscad.cli.main import status
from chaoscad.design import load
from chaoscad.netlist import load as load_netlist
from tests.conftest import ROOT, needs

DESIGNS = ROOT / "tests" / "data" / "designs"

JERK = (
    'flow: {p: "q", q: "s", s: "-A*s + q**2 - p"}\nparameters: {A: 2.017}\nread: p\ntime: 4\n'
    "step: 0.02\nstate: [-1, 4]\ninitial: {p: -0.05, q: -0.02, s: -0.04}\n"
)
GATE = "inputs: [a, b]\noutputs: [y]\ngates: {y: {inputs: [a, b], function: "
FIXED = "hardware: {fixed_point: {integer_bits: 3, fraction_bits: 5}}\n"
NETLISTS = {
    "own_map": 'system: {map: "r*x*(1-x)", parameters: {r: {default: 3.9, bounds: [3, 4]}}}\n'
    f"{GATE}XOR}}}}\n{FIXED}",
    "own_map_of_two": 'systems:\n  sheet: {map: {u: "1 - a*u*u + w", w: "b*u"}, '
    "parameters: {a: 1.4, b: 0.3}, read: u}\n"
    f"system: sheet\n{GATE}NAND, iterates: 2}}}}\n{FIXED}",
    "own_flow": f"system: {{file: jerk.yaml, A: 2.05}}\n{GATE}XOR}}}}\n",
    "own_driven_flow": 'system:\n  flow: {q: "v", v: "g*cos(w*t) - d*v - q**3"}\n'
    "  parameters: {g: 0.5, w: 1.5, d: 0.1}\n  name: forced\n  read: q\n  time: 3\n  step: 0.02\n"
    f'  period: "2*pi/w"\n  state: [-2, 2]\n{GATE}XOR}}}}\n',
}
"""A map of one coordinate, one of two with a name, a flow of a file, and a flow with a drive."""

COMMANDS = {
    "check": "check {}.yaml",
    "feasible": "feasible {}.yaml",
    "verify": "verify {}.design.json",
    "show": "show {}.design.json --rows",
    "yield": "yield {}.design.json --tolerance {parameter}=30% --devices 400",
    "region": "explore {}.design.json region --columns 9 -o region.svg --coordinates x0,{parameter}",
    "portrait": "explore {}.yaml portrait -o portrait.svg",
    "recurrence": "explore {}.yaml recurrence --steps 300 -o recurrence.svg",
    "draw": "draw {}.design.json -o drawn.svg",
    "quantise": "quantise {}.design.json -o {}.grid.json",
    "c": "export {}.design.json --target c -o c --check",
    "spice": "export {}.design.json --target spice -o spice --check",
    "table": "export {}.design.json --target table -o table --check",
    "verilog": "export {}.design.json --target verilog -o verilog --check",
    "report": "report {}.design.json -o report.html",
}
EXPORTS = ("c", "spice", "table", "verilog")
PARAMETER = {"own_map": "r", "own_map_of_two": "a", "own_flow": "A", "own_driven_flow": "g"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """The netlists and their designs, which are those of the netlists."""
    made = tmp_path_factory.mktemp("own")
    (made / "jerk.yaml").write_text(JERK)
    for name, text in NETLISTS.items():
        (made / f"{name}.yaml").write_text(f"chaoscad: 1\nname: {name}\n{text}")
        shutil.copy(DESIGNS / f"{name}.json", made / f"{name}.design.json")
        assert load(DESIGNS / f"{name}.json").netlist == load_netlist(made / f"{name}.yaml")
    return made


SAID = {
    "own_map": {
        "check": "own_map.yaml: ok: 2 inputs, 1 output, 1 gate (0 free) in 1 level, 0 targets\n",
        "verify": "verified: 4 of 4 rows right, worst margin 0.4875, least room 0\n",
        "feasible": "XOR       feasible     0.487054  0.487501",
        "show": "y     01     0.5  0.975  1    1       0.4875   0.5      0.353553\n",
        "yield": "yield 95.0 %, between 91.5 % and 97.4 % with 99 % confidence",
        "region": "r alone: -0.9 to +0.1\n",
        "portrait": "user has one coordinate, and a portrait needs two; explore its orbit\n",
        "recurrence": "recurrence rate 0.21497\n",
        "quantise": "own_map: on the grid of Q3.4, worst margin 0.46875",
        "c": "PASS: 4 rows in fixed and float point\n",
        "spice": "every bit and value agrees\n",
        "table": "With resistors of the E96 series the least margin is 0.4875 V",
        "verilog": "PASS: 4 rows and all intermediate integers of 1 gates\n",
    },
    "own_map_of_two": {
        "check": "own_map_of_two.yaml: ok: 2 inputs, 1 output, 1 gate (0 free) in 1 level, 0 targets\n",
        "verify": "verified: 4 of 4 rows right, worst margin 0.518587, least room 0\n",
        "feasible": "NAND      feasible     0.518191  0.523355",
        "show": "y     11   0.140073  -0.282122  0    0       0.518587  0.859927      0.245005\n",
        "yield": "yield 67.8 %, between 61.4 % and 73.7 % with 99 % confidence",
        "region": "a alone: -0.567466 to +0.374231\n",
        "portrait": "fixed point (0.631354, 0.189406): saddle flip, eigenvalues -1.924, 0.1559\n",
        "recurrence": "recurrence rate 0.14131\n",
        "quantise": "own_map_of_two: on the grid of Q3.4, worst margin 0.46875",
        "c": "PASS: 4 rows in fixed and float point\n",
        "spice": "every bit and value agrees\n",
        "table": "the least margin is 0.515655 V; before rounding it is 0.518587 V.\n",
        "verilog": "PASS: 4 rows and all intermediate integers of 1 gates\n",
    },
    "own_flow": {
        "check": "own_flow.yaml: ok: 2 inputs, 1 output, 1 gate (0 free) in 1 level, 0 targets\n",
        "verify": "verified: 4 of 4 rows right, worst margin 0.113466, least room 0.000131\n",
        "feasible": "XOR       feasible     0.113466           200000",
        "show": "y     01   0.612548  -0.518277  1    1       0.310871   1.61255      0.504237    0.616518\n",
        "yield": "yield 66.5 %, between 60.1 % and 72.5 % with 99 % confidence",
        "region": "A alone: -1.20137 to +0.409266\n",
        "portrait": "fixed point (0, 0, 0): saddle focus, eigenvalues 0.09895+0.6596i",
        "recurrence": "recurrence rate 0.38800\n",
        "quantise": "gate 'y' is on the flow jerk, which has no fixed-point form",
        "c": "PASS: 4 rows in float point\n",
        "spice": "every bit and value agrees\n",
        "table": "the least margin is 0.113479 V; before rounding it is 0.113466 V.\n",
        "verilog": "gate 'y' is on the flow jerk, which has no fixed-point form",
    },
    "own_driven_flow": {
        "check": "own_driven_flow.yaml: ok: 2 inputs, 1 output, 1 gate (0 free) in 1 level, 0 targets\n",
        "verify": "verified: 4 of 4 rows right, worst margin 0.581285, least room 0\n",
        "feasible": "XOR       feasible     0.581804           200000",
        "show": "y     01   0.665  -0.261715  1    1       0.581285  1.335      0.428175   1.35759\n",
        "yield": "yield 100.0 %, between 98.7 % and 100.0 % with 99 % confidence",
        "region": "g alone: -1.15479 to +0.581702\n",
        "portrait": "forced is driven and has no equilibria\n",
        "recurrence": "recurrence rate 0.04497\n",
        "quantise": "gate 'y' is on the flow forced, which has no fixed-point form",
        "c": "PASS: 4 rows in float point\n",
        "spice": "every bit and value agrees\n",
        "table": "the least margin is 0.579019 V; before rounding it is 0.581285 V.\n",
        "verilog": "gate 'y' is on the flow forced, which has no fixed-point form",
    },
}
"""A line of what each command says."""

HELD = {
    "own_map": {"draw": "XOR", "report": "<code>r*x*(1-x)</code>"},
    "own_map_of_two": {
        "draw": "NAND",
        "report": "<code>u&#39; = 1 - a*u*u + w, w&#39; = b*u</code>",
    },
    "own_flow": {"draw": "XOR", "report": "q&#39; = s, s&#39; = -A*s + q**2 - p</code>"},
    "own_driven_flow": {"draw": "XOR", "report": "v&#39; = g*cos(w*t) - d*v - q**3</code>"},
}
"""What stands in the file of each command that only writes one."""


REFUSED = {
    ("own_map", "portrait"): 2,
    **{
        (name, what): 1
        for name in ("own_flow", "own_driven_flow")
        for what in ("quantise", "verilog")
    },
}
"""The exit status of what a system cannot do."""


@pytest.fixture
def here(folder: Path, tmp_path: Path, monkeypatch) -> None:
    """The netlists and designs in a folder that a command may write to."""
    for path in folder.iterdir():
        shutil.copy(path, tmp_path)
    monkeypatch.chdir(tmp_path)


def followed(name: str, command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Run a command, and look for its line."""
    words = COMMANDS[command].replace("{}", name).replace("{parameter}", PARAMETER[name]).split()
    assert status(words) == REFUSED.get((name, command), 0)
    said = "".join(capsys.readouterr())
    if command in HELD[name]:
        said = Path(words[words.index("-o") + 1]).read_text()
    assert {**SAID[name], **HELD[name]}[command] in said


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("name", NETLISTS)
@pytest.mark.parametrize("command", [one for one in COMMANDS if one not in EXPORTS])
def test_a_command_takes_a_system_of_ones_own(name: str, command: str, capsys):
    followed(name, command, capsys)


@needs("cc", "ngspice", "iverilog", "vvp")
@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("name", NETLISTS)
@pytest.mark.parametrize("target", EXPORTS)
def test_an_export_of_a_system_of_ones_own_is_checked_by_its_tool(name: str, target: str, capsys):
    followed(name, target, capsys)
