"""Figures of a design's gates: the value curve, and the region of operation."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import chaoscad
from chaoscad.analysis.read_outs import enough_steps
from chaoscad.analysis.region import region
from chaoscad.cli.main import status
from chaoscad.design import DesignGate, load
from chaoscad.errors import ChaoscadError
from chaoscad.gate import Setpoint
from chaoscad.netlist import Bounds, TruthTable, parse
from chaoscad.plot.gates import draw_gate
from tests.conftest import ROOT, gate_text, with_changes


@pytest.fixture(scope="module")
def design():
    return chaoscad.optimize(chaoscad.parse(gate_text("function: XOR, weights: shared"))[0])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch, design) -> Path:
    monkeypatch.chdir(tmp_path)
    design.save("g.design.json")
    return tmp_path


def test_the_circle_touches_the_nearest_setting_that_fails(design):
    gate = design.gates[0]
    # The lone output above the threshold is the crest, 1; the outer rows are at 0.
    found = region(gate, ("threshold", "a"))
    assert found.point == (0.5, 4.0)
    # It fails where the crest a/4 falls to the threshold: the line a = 4 threshold.
    assert found.failure is not None
    assert found.failure.distance == pytest.approx(abs(4.0 - 4 * 0.5) / np.hypot(1, 4), rel=1e-3)
    threshold, a = found.failure.point
    assert a == pytest.approx(4 * threshold, rel=1e-3)


def test_the_window_is_as_large_as_what_works_where_a_state_is_at_the_end_of_a_curve():
    curve = load(ROOT / "tests" / "data" / "designs" / "three_transistor.json")
    found = region(curve.gate("xor"), ("x0", "threshold"))
    # The state of row 01 is at the end of the curve, and the gate fails at .122.
    assert found.second[-1] - found.point[1] > 0.12
    nearest = found.scaled_failure((0.02, 0.02))
    assert nearest is not None
    assert nearest[2] == pytest.approx(0.12218 / 0.02, rel=0.06)


def test_what_is_outside_a_declared_range_does_not_work(design):
    gate = with_changes(design.gates[0], x0=0.0, delta=(0.5, 0.5))
    lower = with_changes(gate, setting=gate.setting.with_values({"a": 3.9}))
    found = region(lower, ("threshold", "a"))
    assert found.wall is not None
    assert found.radius == pytest.approx(0.1)
    assert found.wall.point == pytest.approx((0.5, 4.0))
    assert found.wall.reason == "a reaches the end of its range [0, 4]"
    assert not found.works[:, found.second > 4].any()
    # The outer states, 0 and 1, are the ends of their range; wider ones leave .2 on either side.
    assert region(gate, ("x0", "threshold")).radius == pytest.approx(0, abs=1e-12)
    found = region(gate, ("x0", "threshold"), Bounds((-0.05, 1.2), threshold=(0.48, 2.0)))
    assert found.wall is not None
    assert found.wall.reason == "threshold reaches the end of its range [0.48, 2]"
    assert found.radius == pytest.approx(0.02)
    found = region(gate, ("x0", "delta"), Bounds((-0.05, 1.04)))
    assert found.wall is not None
    assert found.wall.reason == "the state of row 11 reaches the end of the range [-0.05, 1.04]"
    # That state is x0 + 2 delta.
    assert found.radius == pytest.approx(0.04 / np.sqrt(5))
    assert found.works.any()
    first, second = np.meshgrid(found.first, found.second, indexing="ij")
    assert ((first + 2 * second <= 1.04) & (first >= -0.05))[found.works].all()


def constant(inputs: str, iterates: int, *numbers) -> DesignGate:
    """A gate that gives 0, with x0, delta, threshold and margin."""
    text = gate_text(f"function: AND, iterates: {iterates}", "a, b")
    source = replace(parse(text)[0].gates[0], inputs=tuple(inputs))
    function = TruthTable("0" * 2 ** len(inputs))
    return DesignGate(source, Setpoint.of(source, *numbers[:3]), function, numbers[3])


def test_a_region_of_too_many_states_is_refused():
    wide = constant("abcdefghijklmno", 1, 0.0, (0.01,) * 15, 0.9, 0.1)
    with pytest.raises(ChaoscadError) as caught:
        region(wide)
    assert str(caught.value) == (
        "error: 161 by 161 settings of a gate of 15 inputs are 2055241728 states, and at most "
        "1000000000 are followed; ask for fewer columns"
    )


def test_a_narrow_failure_that_rays_miss_ends_the_circle():
    # The sixth iterate has crests far narrower than the rays' steps.
    gate = constant("a", 6, 0.5, (0.0,), 0.999, 0.999)
    found = region(gate, ("x0", "threshold"), Bounds((0.4, 0.6)), columns=801)
    assert found.failure is not None
    failing = found.inside & ~(found.margin > 0)
    x, y = np.meshgrid(found.first, found.second, indexing="ij")
    nearest = np.hypot(x - 0.5, y - 0.999)[failing].min()
    assert found.failure.distance <= nearest


def test_the_region_is_where_the_margin_is_positive(design):
    gate = design.gates[0]
    found = region(gate, ("x0", "threshold"))
    i, j = 40, 90
    x0, threshold = found.first[i], found.second[j]
    z = x0 + gate.delta[0] * np.array([0, 1, 2])
    distance = (4 * z * (1 - z) - threshold) * np.array([-1, 1, -1])
    assert found.margin[i, j] == pytest.approx(distance.min())


@pytest.fixture(scope="module")
def lorenz() -> DesignGate:
    return load("tests/data/designs/lorenz.json").gate("and")


@pytest.mark.parametrize("axes", [("x0", "threshold"), ("x0", "rho")])
def test_the_margins_of_a_flow_are_those_of_its_certificate(lorenz, axes):
    found = region(lorenz, axes, columns=9)
    for i, j in ((4, 4), (2, 6), (5, 1)):
        at = dict(zip(axes, (found.first[i], found.second[j]), strict=True))
        states = at["x0"] + np.arange(3) * lorenz.delta[0]
        values = lorenz.setting.value(states, 1, {"rho": at.get("rho", 28.0)})
        distance = (values - at.get("threshold", lorenz.threshold)) * np.array([-1, -1, 1])
        assert found.margin[i, j] == pytest.approx(distance.min(), abs=1e-3)
    assert found.settled


def test_values_that_no_step_settles_are_told_of(lorenz):
    flow = lorenz.setting
    states = np.linspace(-20, 20, 9)
    assert enough_steps(flow, states, {})[1]
    # After a time of 40 an error of 1e-16 has grown to the size of the attractor.
    steps, settled = enough_steps(replace(flow, time=40.0), states, {})
    assert (steps, settled) == (32 * 1600, False)


def test_figures_and_tables_are_written(folder, capsys):
    assert status(["explore", "g.design.json", "curve", "--csv", "rows.csv"]) == 0
    text = capsys.readouterr().out
    name = next(path.name for path in folder.glob("*_curve.png"))
    assert f"drawn to {name}" in text
    rows = list(csv.DictReader(Path("rows.csv").read_text().splitlines()))
    assert [row["wanted"] for row in rows[:4]] == list("0110")
    assert {float(row["threshold"]) for row in rows} == {0.5}
    # Behind the rows stands the curve.
    assert {row["row"] for row in rows[4:]} == {""}
    z, curve = (np.array([float(row[key]) for row in rows[4:]]) for key in ("state", "value"))
    assert np.allclose(curve, 4 * z * (1 - z))
    assert (z[0], z[-1]) == (0.0, 1.0)
    arguments = ["explore", "g.design.json", "region", "--coordinates", "x0,delta"]
    assert status([*arguments, "-o", "r.svg", "--csv", "r.csv", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["axes"] == ["x0", "delta"]
    assert data["radius"] == pytest.approx(0, abs=1e-12)
    assert data["limit"] == "the state of row 00 reaches the end of the range [0, 1]"
    assert Path("r.svg").read_text().startswith("<?xml")
    lines = Path("r.csv").read_text().splitlines()
    assert lines[0] == "x0,delta,margin,works"
    assert len(lines) == 161 * 161 + 1


def test_a_region_has_the_window_and_the_columns_that_are_asked_for(folder, capsys):
    window = ["--range", "threshold=0.4:0.6", "--range", "a=3.5:4.5", "--columns", "5"]
    arguments = ["explore", "g.design.json", "region", "--coordinates", "threshold,a", *window]
    assert status([*arguments, "-o", "w.svg", "--csv", "w.csv"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "y: works within 0 of the design point in threshold, a; at (0.5, 4) a reaches the end of its "
        "range [0, 4]",
        "inside all ranges the gate fails first at a distance of 0.485071, at (0.970663, 3.88265)",
        "threshold alone: -0.5 to +0.5",
        "a alone: -2 to 0",
        "drawn to w.svg",
    ]
    rows = list(csv.DictReader(Path("w.csv").read_text().splitlines()))
    assert [float(row["a"]) for row in rows[:5]] == [3.5, 3.75, 4.0, 4.25, 4.5]
    assert [row["works"] for row in rows[:5]] == list("11100")
    words = Path("w.svg").read_text()
    for label in ("design point", "outside the declared ranges", "a reaches the end of its range"):
        assert label in words


def test_rows_that_share_a_state_share_a_label():
    # p of the full adder has its rows 00 and 11 at the same state but for rounding.
    design = load("tests/data/designs/full_adder.json")
    figure = draw_gate(design.gate("p"), (0.0, 1.0))
    assert sorted(text.get_text() for text in figure.axes[0].texts) == ["00, 11", "01", "10"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["region", "--coordinates", "x0,q"], 1, "gate 'y' has no parameter 'q'"),
        (["region", "--coordinates", "x0,x0"], 1, "a region needs two different parameters"),
        (["region", "--coordinates", "x0"], 2, "a region has two parameters, such as x0,delta"),
        (
            ["region", "--range", "q=0:1"],
            1,
            "a range of 'q' is given, and the region is over x0 and",
        ),
        (["region", "--range", "x0=1:0"], 1, "x0 goes from 1 to 0, and must rise between finite"),
        (["region", "--range", "x0=0:1", "--range", "x0=0:2"], 2, "--range gives x0 twice"),
        (["region", "--columns", "1"], 1, "columns is 1, and must be from 2 to 20000000"),
        (
            ["region", "--coordinates", "x0,a", "--range", "a=5:6", "--range", "x0=0:1"],
            1,
            "there is no margin anywhere with x0 = 0 to 1 and a = 5 to 6: the "
            "parameters are outside their ranges, or the orbits escape; choose another window",
        ),
        (["curve", "--columns", "9"], 2, "--columns is about a gate's region, not about its curve"),
        (["curve", "--gate", "z"], 1, "g.design.json: error: there is no gate 'z'"),
        (["curve", "--steps", "5"], 2, "--steps says nothing about a gate's curve"),
        (["curve", "-o", "c.gif"], 1, "a figure is written as .png, .svg or .pdf"),
        (
            ["orbit", "--gate", "y"],
            2,
            "--gate belongs to curve, control and region, of a design file",
        ),
    ],
)
def test_bad_requests_are_refused(folder, capsys, arguments, code, message):
    assert status(["explore", "g.design.json", *arguments]) == code
    assert message in capsys.readouterr().err


def test_the_functions_of_a_reconfigurable_gate_are_drawn_along_x0(folder, capsys):
    path = str(ROOT / "tests" / "data" / "designs" / "three_functions.json")
    assert status(["explore", path, "control", "--gate", "y", "-o", "along.svg"]) == 0
    words = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in words[:3]] == ["and", "xor", "nor"]
    assert words[3] == "drawn to along.svg"
    assert Path("along.svg").read_bytes().startswith(b"<?xml")
    assert status(["explore", path, "control", "--csv", "along.csv", "--force"]) == 2
    assert "--csv says nothing about a gate's functions along x0" in capsys.readouterr().err
    assert status(["explore", path, "curve"]) == 1
    assert "--configuration NAME" in capsys.readouterr().err
    assert status(["explore", path, "curve", "--configuration", "xor", "-o", "xor.svg"]) == 0
    margin = load(path, "xor").gate("y").margin
    assert capsys.readouterr().out == f"y: margin {margin:.6g}\ndrawn to xor.svg\n"
