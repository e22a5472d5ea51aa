"""How far states may move: closed forms of the logistic map, and the hard ends of a measured curve."""

import math

import pytest

from chaoscad.cli.main import status
from chaoscad.design import Design, DesignGate, VerificationSummary, load
from chaoscad.gate import Setpoint
from chaoscad.netlist import Netlist, parse
from chaoscad.verification import verify

CURVE = "v_in,v_out\n#V,V\n0,0\n0.25,2\n0.5,3\n0.75,2\n1,0\n"

NETLIST = """chaoscad: 1
name: bench
system: {{curve: c.csv, input: v_in, output: v_out}}
defaults: {{iterates: {iterates}{bounds}}}
inputs: [a, b]
outputs: [y]
gates: {{y: {{inputs: [a, b], function: {function}}}}}
"""


def design(netlist: Netlist, x0: float, delta: tuple[float, ...], threshold: float) -> Design:
    source = netlist.gates[0]
    assert source.function is not None
    gate = DesignGate(source, Setpoint.of(source, x0, delta, threshold), source.function, 0.0)
    return Design(netlist, (gate,), "solved", VerificationSummary(4, True, 0, 0.0, ""))


def logistic(function: str, iterates: int = 1) -> Netlist:
    netlist, _ = parse(
        "chaoscad: 1\ninputs: [a, b]\noutputs: [y]\ngates: "
        f'{{y: {{inputs: [a, b], function: "{function}", iterates: {iterates}}}}}'
    )
    return netlist


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c.csv").write_text(CURVE)
    return tmp_path


def bench(function: str, iterates: int = 1, bounds: str = "") -> Netlist:
    netlist, _ = parse(
        NETLIST.format(function=function, iterates=iterates, bounds=bounds), "bench.yaml"
    )
    return netlist


def test_the_input_referred_margin_of_the_logistic_map_is_where_the_value_crosses():
    (gate,) = verify(design(logistic("0110"), 0.0, (0.5, 0.5), 0.5)).gates
    # 4 z (1 - z) = 1/2 at z = (1 -+ sqrt(1/2)) / 2.
    outer, inner = (1 - math.sqrt(0.5)) / 2, math.sqrt(0.5) / 2
    assert gate.reach.crossing == pytest.approx([outer, inner, inner, outer], rel=1e-9)
    assert (gate.room, gate.reach.measured_room) == (0.0, math.inf)
    assert gate.input_margin == pytest.approx(outer, rel=1e-9)
    # A formula goes on beyond a range that is declared: that is no warning.
    assert verify(design(logistic("0110"), 0.0, (0.5, 0.5), 0.5)).warnings() == []


def test_rows_that_the_function_leaves_open_limit_nothing():
    (gate,) = verify(design(logistic("-110"), 0.0, (0.5, 0.5), 0.5)).gates
    (other,) = verify(design(logistic("-11-"), 0.0, (0.5, 0.5), 0.5)).gates
    assert (gate.room, other.room) == (0.0, 0.5)


def test_a_wrong_row_has_no_input_margin_and_iterates_are_sampled_too():
    (wrong,) = verify(design(logistic("0111"), 0.0, (0.5, 0.5), 0.5)).gates
    assert wrong.input_margin == 0.0
    # f(f(z)) = 0.9 near z = 1/2 +- sqrt(1/8): f(z) = (1 -+ sqrt(0.1)) / 2.
    top = 0.5 + math.sqrt(0.125)
    (gate,) = verify(design(logistic("1111", 2), top, (0.0, 0.0), 0.9)).gates
    crossings = [0.5 + math.sqrt(1 - (1 + sign * math.sqrt(0.1)) / 2) / 2 for sign in (-1, 1)]
    nearest = min(abs(z - top) for z in crossings)
    assert gate.input_margin == pytest.approx(nearest, rel=1e-9)


def test_a_margin_that_ends_with_the_measured_curve_is_warned_of(folder):
    found = verify(design(bench("AND"), 1.0 - 1e-7, (-0.25, -0.25), 2.5))
    (gate,) = found.gates
    assert found.passed
    assert gate.margin == pytest.approx(0.5, abs=1e-5)
    assert gate.room == gate.reach.measured_room == pytest.approx(1e-7)
    assert found.warnings() == [
        "gate 'y' works only within 1e-07 V of its states, less than the 0.0915 V that its margin "
        "allows: the measured curve ends 1e-07 V from the state 1 V of row 00; measure further, or "
        "keep away by 'state: [0.092, 0.908]' under its 'bounds'"
    ]
    # Farther from the end than the margin allows the states to move: the margin decides.
    assert verify(design(bench("AND"), 0.85, (-0.175, -0.175), 2.9)).warnings() == []


def test_the_bounds_that_are_proposed_keep_away_from_the_ends(folder, capsys):
    (folder / "bench.yaml").write_text(NETLIST.format(function="AND", iterates=1, bounds=""))
    assert status(["optimize", "bench.yaml"]) == 0
    out, err = capsys.readouterr()
    assert "the measured curve ends" in err
    proposed = err.split("keep away by '")[1].split("'")[0]
    bounds = f", bounds: {{{proposed}}}"
    (folder / "bench.yaml").write_text(NETLIST.format(function="AND", iterates=1, bounds=bounds))
    assert status(["optimize", "bench.yaml", "--force"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    found = verify(load("bench.design.json"))
    (gate,) = found.gates
    assert gate.reach.measured_room >= gate.input_margin
    assert status(["verify", "bench.design.json"]) == 0
    out = capsys.readouterr().out
    assert out.endswith(f"worst margin {found.worst_margin:.6g}, least room {gate.room:.6g}\n")


def test_a_flow_s_input_margin_is_of_first_order():
    from tests.conftest import ROOT

    lorenz = load(ROOT / "tests" / "data" / "designs" / "lorenz.json")
    one = lorenz.gates[0]
    found = verify(lorenz).gates[0]
    assert found.rows.convergence is not None
    row = int(found.reach.crossing.argmin())
    slope = abs(found.rows.convergence.slopes[row])
    assert found.input_margin == pytest.approx(found.rows.margins(one.function)[row] / slope)


def test_a_state_far_off_the_curve_is_a_finding_and_no_warning(folder):
    found = verify(design(bench("AND"), 1e308, (-0.25, -0.25), 2.5))
    assert found.warnings() == []
    assert "gate 'y': states out of range in rows 00 -> 1e+308" in found.findings()[0]
