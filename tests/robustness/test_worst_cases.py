"""Worst cases, rare failures and certified tolerances, against closed forms and plain sampling."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import norm

from chaoscad.cli.main import status
from chaoscad.design import Design, load
from chaoscad.errors import ChaoscadError
from chaoscad.robustness import (
    certified_tolerance,
    deviations_of,
    measure,
    rare_failures,
    worst_cases,
)
from chaoscad.robustness.branch import ACCURACY
from chaoscad.systems import SYSTEMS, Map, setting
from chaoscad.systems.interval import Box
from chaoscad.systems.parametric import enclose_over
from tests.conftest import ROOT, gate_text
from tests.export.designs import with_numbers

DESIGNS = ROOT / "tests" / "data" / "designs"


@pytest.fixture(scope="module")
def gate() -> Design:
    """NAND of the best margin: the values are 8/9, 8/9, 8/9 and 0, the threshold lies midway."""
    text = gate_text("function: NAND")
    return with_numbers(text, {"y": (1 / 3, (1 / 3, 1 / 3), 4 / 9)})


@pytest.fixture(scope="module")
def adder() -> Design:
    return load(DESIGNS / "full_adder.json")


@pytest.mark.parametrize("name", [n for n, one in SYSTEMS.items() if isinstance(one, Map)])
@pytest.mark.parametrize("iterates", [1, 3])
def test_every_value_over_ranges_of_parameters_is_enclosed(name, iterates):
    chosen, random = setting(name), np.random.default_rng(0)
    own = [item.name for item in chosen.system.parameters if not item.whole]
    low, high = chosen.system.state
    half = 10 ** random.uniform(-6, 0, 500) * (high - low) / 2
    middle = np.stack(
        [random.uniform(low, high, 500), *(chosen.parameters[n] + 0 * half for n in own)]
    )
    box = Box(middle - half, middle + half)
    ranges = {n: Box(box.low[i], box.high[i]) for i, n in enumerate(own, 1)}
    value, slopes = enclose_over(chosen, Box(box.low[0], box.high[0]), ranges, iterates)
    assert len(slopes) == 1 + len(own)
    for _ in range(100):
        at = random.uniform(box.low, box.high)
        found = chosen.value(at[0], iterates, dict(zip(own, at[1:], strict=True)))
        defined = np.isfinite(found)
        slack = 1e-14 * (1 + np.abs(found))
        assert (value.low - slack <= found)[defined].all()
        assert (found <= value.high + slack)[defined].all()


def test_the_certified_tolerance_of_a_threshold_is_its_margin(gate: Design):
    found = certified_tolerance(gate, deviations_of(gate, tolerance={"threshold": 0.02}))
    assert found.proven == pytest.approx(4 / 9 / 0.02, rel=1e-9)
    assert found.weakest.counterexample is not None
    assert found.weakest.counterexample.times == pytest.approx(4 / 9 / 0.02, rel=1e-6)


def test_the_certified_tolerance_of_an_offset_is_a_root_of_the_map(gate: Design):
    found = certified_tolerance(gate, deviations_of(gate, tolerance={"x0": 0.02}))
    # The row 11 stands at 1, where 4 z (1 - z) = 4/9 has its root below.
    root = (1 + math.sqrt(5 / 9)) / 2
    assert found.proven is not None
    assert found.proven <= (1 - root) / 0.02 <= found.proven * (1 + 2 * ACCURACY)
    assert found.weakest.row == "11"


def test_no_device_of_the_certified_box_fails_and_one_just_outside_does(adder: Design):
    found = certified_tolerance(adder, deviations_of(adder, tolerance=0.02, shared={"x0": 0.01}))
    # Row 11 of g stands at 0, and x0, both weights and the global error lift it by 0.07 t.
    wanted = brentq(lambda t: (4 + 0.08 * t) * 0.07 * t * (1 - 0.07 * t) - 4 / 9 + 0.02 * t, 0, 3)
    assert found.proven == pytest.approx(wanted, rel=2 * ACCURACY)
    assert found.proven is not None
    box, common = (f"{size * found.proven!r} uniform" for size in (0.02, 0.01))
    inside = deviations_of(adder, tolerance=box, shared={"x0": common})
    assert measure(adder, inside, devices=100_000).yield_.value == 1.0
    for gate in found.gates:
        point, own = gate.counterexample, adder.gate(gate.gate)
        assert point is not None
        assert gate.proven is not None
        assert gate.proven < point.times <= 1.05 * gate.proven
        state = np.array([point.x0]) + sum(
            weight for weight, bit in zip(point.delta, point.inputs, strict=True) if bit == "1"
        )
        value = own.setting.value(state, 1, point.parameters)[0]
        was = own.setting.value(own.setpoint.states(), 1)[int(point.inputs, 2)]
        assert (value > point.threshold) != (was > own.threshold)
        # All errors together reach the sizes, and no more.
        assert abs(point.x0 - own.x0) <= 0.03 * point.times * (1 + 1e-9)
        assert abs(point.threshold - own.threshold) <= 0.02 * point.times * (1 + 1e-9)


def test_a_measured_curve_is_certified_beyond_its_ends():
    design = load(DESIGNS / "three_transistor.json")
    found = certified_tolerance(design, deviations_of(design, tolerance={"x0": 5.0}))
    assert found.proven is not None
    assert found.proven > 0
    inside = deviations_of(design, tolerance={"x0": f"{5.0 * found.proven!r} uniform"})
    assert measure(design, inside, devices=20_000).yield_.value == 1.0


def test_the_linear_formula_fails_where_the_nearest_failure_does_not(gate: Design):
    found = worst_cases(gate, deviations_of(gate, tolerance={"x0": 0.02, "threshold": 0.02}))
    rows = {row.inputs: row for row in found.rows}
    # d^2 = (x/.02)^2 + ((f - 4/9)/.02)^2 with f = 4 z (1 - z), its least over all x.
    x = np.linspace(-0.5, 0.5, 1_000_001)
    for inputs, state in (("00", 1 / 3), ("01", 2 / 3), ("10", 2 / 3), ("11", 1.0)):
        z = state + x
        wanted = np.sqrt(x**2 + np.square(4 * z * (1 - z) - 4 / 9)).min() / 0.02
        assert rows[inputs].distance == pytest.approx(wanted, rel=1e-3)
        assert (rows[inputs].confirmed, rows[inputs].breaks) == (True, True)
    first = rows["11"]
    assert first.gradient == pytest.approx(
        {"x0": 4.0, "delta 1": 4.0, "delta 2": 4.0, "threshold": 1.0, "a": 0.0}
    )
    assert first.sigma == pytest.approx(0.02 * math.sqrt(17))
    assert first.linear == pytest.approx(4 / 9 / 0.02 / math.sqrt(17))
    assert found.distance == found.least == found.rows[0].distance


def test_a_row_on_a_critical_point_has_a_distance_where_its_gradient_vanishes():
    text = gate_text("function: XOR")
    design = with_numbers(text, {"y": (0.0, (0.5, 0.5), 0.5)})
    found = worst_cases(design, deviations_of(design, tolerance={"x0": 0.05}))
    row = next(row for row in found.rows if row.inputs == "01")
    assert (row.linear, row.sigma) == (None, 0.0)
    # 4 z (1 - z) = 1/2 at 1/2 +- sqrt(1/8): both sides are found.
    assert row.distance == pytest.approx(math.sqrt(1 / 8) / 0.05, rel=1e-9)
    assert row.others == pytest.approx((math.sqrt(1 / 8) / 0.05,), rel=1e-9)


def test_uniform_errors_have_no_distance_where_their_box_is_right(gate: Design):
    found = worst_cases(gate, deviations_of(gate, tolerance={"threshold": "0.4 uniform"}))
    assert found.distance is None
    wide = worst_cases(gate, deviations_of(gate, tolerance={"threshold": "0.5 uniform"}))
    # The normal number that is as likely: erf(d / sqrt 2) = 8/9.
    assert wide.distance == pytest.approx(norm.ppf(0.5 + 4 / 9), rel=1e-6)


@pytest.mark.parametrize(("size", "devices"), [(0.03, 100_000), (0.0195, 1_000_000)])
def test_rare_failures_are_those_of_plain_sampling(adder: Design, size: float, devices: int):
    deviations = deviations_of(adder, tolerance=size)
    rare = rare_failures(adder, deviations)
    low, high = measure(adder, deviations, devices=devices).yield_.interval
    assert rare.trusted
    assert rare.interval is not None
    assert rare.interval[0] < 1 - low
    assert 1 - high < rare.interval[1]
    assert rare.interval[1] - rare.interval[0] < 0.2 * rare.failure


def test_a_failure_of_1e_7_is_that_of_an_integral(gate: Design):
    size = 0.0245
    rare = rare_failures(gate, deviations_of(gate, tolerance={"x0": size}))
    # All rows share the error: 11, at 1, fails below the upper root of the map, 01, at 2/3, above it.
    root = (1 + math.sqrt(5 / 9)) / 2
    wanted = norm.sf((1 - root) / size) + norm.sf((root - 2 / 3) / size)
    assert 1e-8 < wanted < 2e-7
    assert rare.failure == pytest.approx(wanted, rel=0.1)
    assert rare.samples == 20_000


def test_what_cannot_be_trusted_says_so(gate: Design):
    far = rare_failures(gate, deviations_of(gate, tolerance={"threshold": "0.4 uniform"}))
    assert (far.trusted, far.interval, far.failure) == (False, None, 0.0)
    assert (
        far.reason == "none of 20000 devices fails; draw more samples, or take a larger tolerance"
    )
    few = rare_failures(gate, deviations_of(gate, tolerance={"threshold": 0.1}), samples=100)
    assert few.reason is not None
    assert "equally heavy ones, and 100 are asked for; draw more samples" in few.reason
    assert few.to_data()["interval"] is None


def test_what_does_not_deviate_or_verify_is_refused(gate: Design):
    none = deviations_of(gate, tolerance=0.0)
    wrong = with_numbers(gate_text("function: AND"), {"y": (1 / 3, (1 / 3, 1 / 3), 4 / 9)})
    for ask in (certified_tolerance, worst_cases, rare_failures):
        with pytest.raises(ChaoscadError, match="nothing deviates: give a tolerance"):
            ask(gate, none)
        with pytest.raises(ChaoscadError, match="does not verify"):
            ask(wrong, deviations_of(wrong, tolerance=0.01))
    other = worst_cases(gate, deviations_of(gate, tolerance={"x0": 0.02, "threshold": 0.02}))
    with pytest.raises(ChaoscadError, match="the worst cases are of other deviations"):
        rare_failures(gate, deviations_of(gate, tolerance=0.01), cases=other)
    with pytest.raises(ChaoscadError, match="the number of samples is 0, and must be from 100"):
        rare_failures(gate, deviations_of(gate, tolerance=0.01), samples=0)


def test_verify_tells_the_certified_tolerance(capsys):
    path = str(DESIGNS / "full_adder.json")
    assert status(["verify", path, "--tolerance", "0.02"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "  tolerance x0 0.02, delta 0.02, threshold 0.02, a 2 %"
    assert lines[2].startswith("  certified: every bit stays while all errors are within 1.8")
    assert lines[3].startswith("  at 1.8")
    assert "times, gate 'g' fails in row 11: x0 " in lines[3]
    assert lines[4].split() == ["gate", "row", "certified", "fails", "at"]
    assert len(lines) == 10
    assert status(["verify", path, "--tolerance", "x0=0.02", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)["files"][0]["tolerance"]
    assert data["deviations"] == {"tolerance": {"x0": 0.02}}
    assert data["proven"] == min(gate["proven"] for gate in data["gates"])


def test_a_design_keeps_its_certified_tolerance(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    path, out = str(DESIGNS / "full_adder.json"), "kept.json"
    assert status(["verify", path, "-o", out]) == 2
    assert "-o keeps a certified tolerance, and nothing says what deviates" in (
        capsys.readouterr().err
    )
    assert status(["verify", path, "--tolerance", "x0=0.02", "-o", out]) == 0
    kept = load(out).provenance["robustness"]["certified"]
    assert kept["deviations"] == {"tolerance": {"x0": 0.02}}
    assert (kept["weakest"], kept["proven"]) == ("g", min(kept["gates"].values()))
    assert kept["proven"] < kept["fails_at"] < 1.05 * kept["proven"]
    assert capsys.readouterr().out.splitlines()[-1] == "written to kept.json"
    # Nothing else of the file changes, and a second time gives the same bytes.
    first = Path(out).read_bytes()
    assert status(["verify", out, "--tolerance", "x0=0.02", "-o", out]) == 1
    assert "kept.json: error: this is a file that is read" in capsys.readouterr().err
    assert status(["verify", out, "--tolerance", "x0=0.02", "-o", out, "--force"]) == 0
    assert Path(out).read_bytes() == first


def test_verify_says_where_nothing_is_proven(tmp_path, capsys):
    text = gate_text("system: {map: 'sqrt(x)*(1.5-x)'}, bounds: {state: [0, 1.5]}, function: XOR")
    path = with_numbers(text, {"y": (0.0, (0.75, 0.75), 0.324918)}).save(str(tmp_path / "d.json"))
    assert status(["verify", path, "--tolerance", "0.2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[2].endswith("within 0 times these sizes")
    assert lines[4] == (
        "  between 0 and 0.192169 times nothing is proven: a state or a parameter may leave the domain "
        "of its formula, or the values are too entangled for the budget of boxes"
    )


def test_verify_refuses_a_tolerance_of_nothing(capsys):
    path = str(DESIGNS / "full_adder.json")
    assert status(["verify", path, "--tolerance", "0"]) == 1
    assert capsys.readouterr().err == (
        f"{path}: error: nothing deviates: give a tolerance, or hardware.tolerance in the netlist\n"
    )
    assert status(["verify", path, "--tolerance", "offset=0.1"]) == 1
    assert "no gate has a parameter 'offset'; the gates have x0, delta, threshold, a" in (
        capsys.readouterr().err
    )


def test_verify_certifies_nothing_of_a_design_that_does_not_verify(tmp_path, capsys):
    path = tmp_path / "wrong.json"
    data = json.loads((DESIGNS / "full_adder.json").read_text())
    data["gates"]["g"]["threshold"] = 5.0
    path.write_text(json.dumps(data))
    assert status(["verify", str(path), "--tolerance", "0.02", "--json"]) == 3
    captured = capsys.readouterr()
    assert json.loads(captured.out)["files"][0]["tolerance"] is None
    assert "  no tolerance is certified of a design that does not verify\n" in captured.err


@pytest.mark.slow
def test_flows_are_not_proven_but_their_failures_are_found():
    design = load(DESIGNS / "lorenz.json")
    found = certified_tolerance(design, deviations_of(design, tolerance="1 %"))
    assert found.proven is None
    assert (found.weakest.gate, found.weakest.row) == ("xnor", "00")
    assert found.weakest.counterexample is not None
    assert found.weakest.counterexample.times == pytest.approx(0.648, abs=0.01)
