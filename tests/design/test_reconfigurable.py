"""Designs of several configurations: found together, kept once, read back, refused where they contradict."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from chaoscad.cli.main import status
from chaoscad.design import Reconfigurable, dumps, load, load_any, loads, loads_any
from chaoscad.errors import ChaoscadError
from chaoscad.netlist import load as load_netlist
from chaoscad.netlist import parse
from chaoscad.switching import switching
from chaoscad.verification import verify
from chaoscad.workflow import apart, optimize, reconfigure, side_by_side
from tests.conftest import ROOT, with_changes

TEXT = """chaoscad: 1
name: morph
defaults: {iterates: 4}
inputs: [a, b]
outputs: [y]
gates:
  y: {inputs: [a, b]}
configurations:
  and: {functions: {y: AND}}
  xor: {functions: {y: XOR}}
controls: [x0]
"""


@pytest.fixture(scope="module")
def morph() -> Reconfigurable:
    return reconfigure(parse(TEXT)[0])


def test_one_hardware_is_found_for_all_configurations(morph: Reconfigurable):
    assert morph.solved
    first, second = morph.configuration("and").gate("y"), morph.configuration("xor").gate("y")
    assert (first.delta, first.threshold) == (second.delta, second.threshold)
    assert first.x0 != second.x0
    assert [one.function.rows for one in (first, second)] == ["0001", "0110"]
    for design in morph.configurations.values():
        assert verify(design).passed
    assert morph.worst_margin == min(first.margin, second.margin) > 0.3


def test_the_fewest_controls_and_then_the_fewest_iterates_are_taken(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    text = TEXT.replace("controls: [x0]", "controls: [x0, threshold]")
    (tmp_path / "m.yaml").write_text(text.replace("iterates: 4", "iterates: [1, 2]"))
    assert status(["optimize", "m.yaml", "--objective", "fewest", "-o", "m.json"]) == 0
    capsys.readouterr()
    found = load_any("m.json")
    assert isinstance(found, Reconfigurable)
    # With both, and after two iterates, the margin would be larger.
    assert found.netlist.controls == ("x0",)
    gates = [one.gate("y") for one in found.configurations.values()]
    assert [gate.iterates for gate in gates] == [1, 1]
    assert gates[0].threshold == gates[1].threshold


def test_the_file_holds_the_shared_values_once(morph: Reconfigurable):
    data = json.loads(dumps(morph))
    assert set(data["gates"]["y"]) == {"iterates", "delta", "threshold", "compare"}
    assert set(data["configurations"]["xor"]["gates"]["y"]) == {"x0", "function", "margin"}
    assert loads_any(dumps(morph)) == morph


def test_one_configuration_is_chosen_by_name(morph: Reconfigurable, tmp_path: Path):
    path = morph.save(str(tmp_path / "m.json"))
    assert load(path, "xor") == morph.configuration("xor")
    for name, message in (
        (None, "error: this is a design of 2 configurations: and, xor; choose one by"),
        ("xo", "error: morph has no configuration 'xo'; did you mean 'xor'?"),
    ):
        with pytest.raises(ChaoscadError, match="configuration") as caught:
            load(path, name)
        assert str(caught.value).startswith(f"{path}: {message}")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda data: data["configurations"].pop("and"),
            "its configurations are not those of its netlist",
        ),
        (
            lambda data: data["configurations"]["and"]["gates"]["y"].update(threshold=0.5),
            "gate 'y' has 'threshold' in configuration 'and', where it is no control",
        ),
        (lambda data: data["gates"].pop("y"), "its gates are not those of its netlist"),
        (
            lambda data: data["gates"]["y"].update(delta=[0.1]),
            "gate 'y' has another number of weights than of inputs",
        ),
    ],
)
def test_a_file_that_contradicts_itself_is_refused(morph: Reconfigurable, change, message: str):
    data = json.loads(dumps(morph))
    change(data)
    with pytest.raises(ChaoscadError) as caught:
        loads_any(json.dumps(data))
    assert str(caught.value) == f"error: the design file contradicts itself: {message}"


def test_hardware_that_differs_is_said(morph: Reconfigurable):
    xor = morph.configuration("xor")
    moved = with_changes(xor.gate("y"), threshold=0.5 * xor.gate("y").threshold)
    designs = {"and": morph.configuration("and"), "xor": replace(xor, gates=(moved,))}
    mixed = Reconfigurable(morph.netlist, designs)
    assert not mixed.solved
    assert any("threshold is no control" in sentence for sentence in mixed.differences)


def test_what_is_for_one_configuration_says_what_is_for_several(morph: Reconfigurable):
    with pytest.raises(ChaoscadError, match="has 2 configurations"):
        optimize(morph.netlist)
    with pytest.raises(ChaoscadError, match="has no configurations"):
        reconfigure(load_netlist(ROOT / "netlists" / "half_adder.yaml"))
    with pytest.raises(ChaoscadError, match="this is a design of 2 configurations"):
        loads(dumps(morph))


def test_what_was_found_in_part_is_said_and_what_is_proven(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    text = TEXT.replace("iterates: 4", "iterates: 1").replace(
        "  xor:", '  nimp: {functions: {y: "0010"}}\n  nand: {functions: {y: NAND}}\n  xor:'
    )
    (tmp_path / "m.yaml").write_text(text)
    assert status(["optimize", "m.yaml", "--keep-unsolved", "-o", "m.json"]) == 3
    told = capsys.readouterr()
    assert "3 of 4 configurations right" in told.out
    assert told.err.splitlines()[1:4] == [
        "  one hardware was found for 3 of 4 configurations, with a worst margin of 0.09375, and not "
        "for nimp",
        "  in configuration 'nimp': gate 'y': wrong in rows 00, 01 of its function",
        "  gates 'y@and', 'y@nimp', 'y@nand', 'y@xor' together have a worst margin of at most "
        "0.0558543: proven",
    ]
    kept = load_any("m.json")
    assert sum(one.solved for one in kept.configurations.values()) == 3


def test_commands_show_and_verify_every_configuration(morph: Reconfigurable, tmp_path, capsys):
    path = morph.save(str(tmp_path / "m.json"))
    assert status(["show", path]) == 0
    shown = capsys.readouterr().out
    assert "morph: solved: 2 of 2 configurations right" in shown
    assert status(["verify", path]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == (
        f"{path}: 2 configurations: one hardware, verified"
    )
    assert status(["verify", path, "--configuration", "and"]) == 0
    assert status(["verify", path, "--tolerance", "0.01"]) == 2
    capsys.readouterr()
    assert status(["verify", path, "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert list(data["files"][0]["configurations"]) == ["and", "xor"]


def test_the_times_of_flows_are_controls_like_any_other(capsys):
    path = ROOT / "tests" / "data" / "designs" / "swapped_times.json"
    design = load_any(path)
    assert isinstance(design, Reconfigurable)
    assert dumps(design) == path.read_text()
    data = json.loads(path.read_text())
    assert "time" not in data["gates"]["y"]
    assert data["configurations"]["plain"]["gates"]["z"]["time"] == 0.5
    first = design.configuration("plain")
    assert [gate.name for gate in first.elements[0].readings] == ["y", "z"]
    assert [one.gate("y").setting.time for one in design.configurations.values()] == [0.2, 0.35]
    assert verify(first).passed
    assert verify(side_by_side(design)).passed
    changes = {
        (change.gate, change.control): (change.before, change.after, change.volts)
        for change in switching(design).switches[0].changes
    }
    assert changes["z", "time"] == (0.5, 0.2, None)
    assert status(["show", str(path)]) == 0
    shown = capsys.readouterr().out
    assert "core  a b     lorenz     1   3 1.5" in shown
    assert "plain          y     OR        time 0.2, threshold 10.1   3.47614" in shown
    held = replace(design, netlist=replace(design.netlist, controls=("threshold",)))
    assert (
        held.differences[0]
        == "gate 'y': time is no control, and is 0.2 in plain and 0.35 in swapped"
    )
    data["configurations"]["plain"]["gates"]["z"]["time"] = 0.6
    with pytest.raises(ChaoscadError) as caught:
        loads_any(json.dumps(data), "d.json")
    assert str(caught.value) == (
        "d.json: error: the design file contradicts itself: gate 'z' has another time than in the netlist"
    )
    del data["configurations"]["plain"]["gates"]["z"]["time"]
    with pytest.raises(ChaoscadError) as caught:
        loads_any(json.dumps(data), "d.json")
    assert str(caught.value) == (
        "d.json: error: the design file contradicts itself: gate 'z' has no time, and its netlist has several "
        "to choose from"
    )


def test_a_device_works_when_it_is_right_in_every_configuration(morph, tmp_path, capsys):
    path = morph.save(str(tmp_path / "m.json"))
    assert status(["yield", path, "--tolerance", "0.02", "--devices", "2000", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    each = [one["value"] for one in found["configurations"].values()]
    assert list(found["configurations"]) == ["and", "xor"]
    together = found["yield"]["value"]
    # What both have in common fails in both at once, so that more work than if they were independent.
    assert each[0] * each[1] - 0.03 < together < min(each)
    assert {row["gate"] for row in found["rows"]} == {"y@and", "y@xor"}
    assert status(["yield", path, "--tolerance", "0.02", "--devices", "2000"]) == 0
    assert "configuration" in capsys.readouterr().out


def test_configurations_are_put_side_by_side_and_taken_apart(morph: Reconfigurable):
    whole = side_by_side(morph)
    assert whole.solved
    assert [gate.name for gate in whole.gates] == ["y@and", "y@xor"]
    assert {tie.parameter for tie in whole.netlist.ties} == {"delta", "threshold"}
    assert apart(morph, whole) == morph


@pytest.mark.slow
def test_sixteen_functions_are_centred_for_the_devices_that_do_them_all(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    chosen = [
        "--system",
        "logistic",
        "--inputs",
        "2",
        "--weights",
        "independent",
        "--iterates",
        "4",
    ]
    assert status(["elements", *chosen, "-o", "all.yaml"]) == 0
    centre = ["--tolerance", "0.003", "--objective", "yield", "-o", "all.json", "--json"]
    capsys.readouterr()
    assert status(["optimize", "all.yaml", *centre]) == 0
    told = json.loads(capsys.readouterr().out)["yield"]
    assert told["before"]["yield"]["value"] < 0.25
    assert told["after"]["yield"]["value"] > 0.5
    assert load_any("all.json").solved
