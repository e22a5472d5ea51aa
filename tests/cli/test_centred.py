"""`chaoscad optimize` with a tolerance."""

import json
from dataclasses import replace

import pytest

from chaoscad.cli.centred import Told
from chaoscad.cli.main import status
from chaoscad.design import load
from chaoscad.robustness import (
    Centred,
    Deviations,
    YieldEstimate,
    certified_tolerance,
    deviations_of,
)
from chaoscad.robustness.interval import share
from tests.conftest import ROOT, gate_text


@pytest.fixture(autouse=True)
def _netlist(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gate.yaml").write_text(gate_text("function: NAND"))
    (tmp_path / "bench.yaml").write_text(
        gate_text("function: NAND", extra="hardware: {tolerance: {x0: 0.05, delta: 0.05}}\n")
    )


def test_the_yield_is_told_and_a_target_that_is_not_reached_is_an_answer(capsys):
    options = ["--objective", "yield", "--tolerance", "0.05", "--yield", "0.99"]
    assert status(["optimize", "gate.yaml", *options, "--json"]) == 3
    told = capsys.readouterr()
    found = json.loads(told.out)
    before, after = (found["yield"][key]["yield"]["value"] for key in ("before", "after"))
    assert before == pytest.approx(0.9211, abs=0.005)
    assert after == pytest.approx(0.950, abs=0.004)
    assert found["ok"] is False
    assert told.err.startswith("error: a yield of 99 % is not reached: 95.")
    assert found["design"]["provenance"]["command"] == (
        "chaoscad optimize gate.yaml --objective yield --tolerance 0.05 --yield 0.99 --seed 0"
    )


def test_margins_stay_the_objective_and_the_yield_is_told(capsys):
    assert status(["optimize", "bench.yaml"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert any("worst margin 0.444444" in line for line in said)
    assert any(line.startswith("yield 9") and "100000 devices)" in line for line in said)
    assert any(line.startswith("a short centring reaches 9") for line in said)
    # The design remembers the yield that was told, and of what.
    kept = load("bench.design.json").provenance["robustness"]
    assert (
        kept["deviations"]["tolerance"] == load("bench.design.json").netlist.hardware["tolerance"]
    )
    told = next(line for line in said if line.startswith("yield 9"))
    assert told.startswith(f"yield {100 * kept['yield']['value']:.4g} % ")


def test_the_objective_tolerance_keeps_what_is_certified(capsys):
    assert status(["optimize", "bench.yaml", "--objective", "tolerance"]) == 0
    design = load("bench.design.json")
    kept = design.provenance["robustness"]
    assert kept["certified"]["deviations"] == kept["deviations"]
    proven = certified_tolerance(design, deviations_of(design)).proven
    assert kept["certified"]["proven"] == proven
    assert capsys.readouterr().out.splitlines()[-2] == (
        f"certified: every bit stays while all errors are within {proven:.6g} times these sizes"
    )


def test_a_yield_that_the_objective_tolerance_lowers_is_said():
    design = load(ROOT / "tests" / "data" / "designs" / "full_adder.json")
    design = replace(design, provenance={"robustness": {}})
    before, after = (
        YieldEstimate(Deviations(), share(right, 1000, 0.99), 0, (), {}, {}, 0, 0, 0)
        for right in (800, 750)
    )
    told = Told(Centred(design, before, after, (), {}), "tolerance", None).lines(design)
    assert told[0].startswith("yield 75 % ")
    assert told[0].endswith("; with the best margins of the same functions it is 80 %")
    assert told[1:] == [
        "the nearest failing device is farther away, and fewer devices work: --objective yield is for "
        "the most of them"
    ]
    assert len(Told(Centred(design, after, before, (), {}), "tolerance", None).lines(design)) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["--objective", "yield"],
            "--objective yield needs to know what deviates: give --tolerance 0.02, or "
            "hardware.tolerance in the netlist",
        ),
        (["--yield", "0.9"], "--yield needs to know what deviates: give --tolerance 0.02"),
        (["--objective", "yeild"], "unknown objective 'yeild'; did you mean 'yield'?"),
        (["--objective", "yield", "--tolerance", "0"], "every tolerance is 0"),
        (["--objective", "yield", "--global", "0"], "every tolerance is 0"),
        (["--objective", "yield", "--global", "b=1"], "global: no gate has a parameter 'b'"),
        (["--objective", "yield", "--tolerance", "-1"], "the tolerance '-1' of all parameters"),
        (["--objective", "yield", "--tolerance", "xo=1"], "no gate has a parameter 'xo'"),
    ],
)
def test_wrong_requests_are_refused_before_anything_is_solved(options, message, capsys, tmp_path):
    assert status(["optimize", "gate.yaml", *options]) in (1, 2)
    assert message in capsys.readouterr().err
    assert not list(tmp_path.glob("*.json"))


def test_a_percentage_of_a_parameter_that_came_out_as_0_does_not_lose_the_design(capsys, tmp_path):
    (tmp_path / "xor.yaml").write_text(gate_text("function: XOR"))
    assert status(["optimize", "xor.yaml", "--tolerance", "2 %"]) == 0
    assert capsys.readouterr().err == (
        "warning: no yield is told: tolerance of x0: it is 0 in gate 'y', and 2 % of 0 is 0; "
        "give an absolute size\n"
    )
    assert list(tmp_path.glob("*.design.json"))
