"""Figures of a design's gates: the value curve, and the region of operation."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

import chaoscad
from chaoscad.analysis.region import region
from chaoscad.cli.main import status
from tests.conftest import gate_text


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
    assert found.radius == pytest.approx(abs(4.0 - 4 * 0.5) / np.hypot(1, 4), rel=1e-3)
    assert found.wall is not None
    assert found.wall[1] == pytest.approx(4 * found.wall[0], rel=1e-3)


def test_the_region_is_where_the_margin_is_positive(design):
    gate = design.gates[0]
    found = region(gate, ("x0", "threshold"))
    i, j = 40, 90
    x0, threshold = found.first[i], found.second[j]
    z = x0 + gate.delta[0] * np.array([0, 1, 2])
    distance = (4 * z * (1 - z) - threshold) * np.array([-1, 1, -1])
    assert found.margin[i, j] == pytest.approx(distance.min())


def test_a_region_of_a_flow_is_drawn_from_its_table():
    netlist, _ = chaoscad.parse(gate_text("function: OR, system: {name: damped}"))
    found = region(chaoscad.optimize(netlist).gates[0], ("x0", "threshold"))
    assert found.radius > 0.05


def test_figures_and_tables_are_written(folder, capsys):
    assert status(["explore", "g.design.json", "curve", "--csv", "rows.csv"]) == 0
    text = capsys.readouterr().out
    name = next(path.name for path in folder.glob("*_curve.png"))
    assert f"drawn to {name}" in text
    rows = list(csv.DictReader(Path("rows.csv").read_text().splitlines()))
    assert [row["wanted"] for row in rows] == list("0110")
    assert [float(row["threshold"]) for row in rows] == [0.5] * 4
    arguments = ["explore", "g.design.json", "region", "--coordinates", "x0,delta"]
    assert status([*arguments, "-o", "r.svg", "--csv", "r.csv", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["axes"] == ["x0", "delta"]
    assert data["radius"] > 0.05
    assert Path("r.svg").read_text().startswith("<?xml")
    assert len(Path("r.csv").read_text().splitlines()) == 161 * 161 + 1


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["region", "--coordinates", "x0,q"], 1, "gate 'y' has no parameter 'q'"),
        (["region", "--coordinates", "x0,x0"], 1, "a region needs two different parameters"),
        (["region", "--coordinates", "x0"], 2, "a region has two parameters, such as x0,delta"),
        (["curve", "--gate", "z"], 1, "g.design.json: error: there is no gate 'z'"),
        (["curve", "--steps", "5"], 2, "--steps says nothing about a gate's curve"),
        (["curve", "-o", "c.gif"], 1, "a figure is written as .png, .svg or .pdf"),
        (["orbit", "--gate", "y"], 2, "--gate belongs to curve and region, of a design file"),
    ],
)
def test_bad_requests_are_refused(folder, capsys, arguments, code, message):
    assert status(["explore", "g.design.json", *arguments]) == code
    assert message in capsys.readouterr().err
