"""Flows are certified by integrators that agree; a published artefact of Euler's method is refused."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from chaoscad.cli.main import status
from chaoscad.design import load, load_any
from chaoscad.netlist import parse
from chaoscad.systems import Solver, setting
from chaoscad.systems.convergence import converge
from chaoscad.systems.evaluate import integrate_readings, with_fixed_steps
from chaoscad.verification import every_gate, gate_rows, verify
from chaoscad.workflow import optimize

# Radhakrishnan et al., Chaos, Solitons & Fractals (2025), 116007, as published for the half adder:
# explicit Euler with step 0.01 over a time of 10.
PUBLISHED = {
    "sum": ("XOR", 0.3112305700778961, 0.39306458830833435, 0.24647212028503418),
    "carry": ("AND", 1.2890511751174927, -1.3150402307510376, 3.418865203857422),
}
EULER = {
    "sum": [-0.7113639421088999, 1.1803697477781139, 1.1803697477781139, -0.6638861745326925],
    "carry": [-0.13330024806873128, -0.09990050939486206, -0.09990050939486206, 8.85735720989106],
}
EXACT = {
    "sum": [0.45906882548166006, 0.8922962991585526, 0.8922962991585526, -0.1844638564877136],
    "carry": [-0.2366849644049812, -0.7117640928834439, -0.7117640928834439, -0.21321747542982036],
}


def published(solver: str) -> str:
    gates = "".join(
        f"  {name}: {{inputs: [a, b], function: {function}, fixed: {{x0: {x0}, delta: {delta}, "
        f"threshold: {threshold}}}}}\n"
        for name, (function, x0, delta, threshold) in PUBLISHED.items()
    )
    return (
        f"chaoscad: 1\nname: published\nsystem: {{name: duffing, time: 10{solver}}}\n"
        f"inputs: [a, b]\noutputs: [sum, carry]\ngates:\n{gates}"
    )


@pytest.mark.parametrize("name", ["sum", "carry"])
def test_published_duffing_values(name: str):
    _, x0, delta, _ = PUBLISHED[name]
    z = x0 + delta * np.array([0, 1, 1, 2])
    duffing = replace(setting("duffing"), time=10.0)
    assert np.allclose(
        with_fixed_steps(duffing, z, Solver("euler", step=0.01)), EULER[name], atol=1e-9
    )
    assert np.allclose(duffing.value(z), EXACT[name], atol=1e-8)


def test_the_published_half_adder_is_refused_with_both_answers(tmp_path: Path, capsys):
    path = tmp_path / "published.yaml"
    path.write_text(published(", solver: {method: euler, step: 0.01}"))
    output = tmp_path / "published.design.json"
    assert status(["optimize", str(path), "-o", str(output), "--keep-unsolved"]) == 3
    error = capsys.readouterr().err
    assert (
        "gate 'sum': not converged in row 00: DOP853 at tolerance 1e-11 gives 0.459069 (above the "
        "threshold 0.246472), euler with step 0.01 gives -0.711364 (not above)"
    ) in error
    assert (
        "gate 'carry': not converged in row 11: DOP853 at tolerance 1e-11 gives -0.213217 (not above "
        "the threshold 3.41887), euler with step 0.01 gives 8.85736 (above)"
    ) in error
    assert json.loads(output.read_text())["status"] == "unsolved"
    assert status(["verify", str(output)]) == 3


def test_with_resolved_steps_the_published_half_adder_is_simply_wrong():
    netlist, _ = parse(published(""))
    verification = verify(optimize(netlist))
    assert not verification.passed
    by_name = {gate.name: gate for gate in verification.gates}
    assert [int(bit) for bit in by_name["sum"].rows.bits] == [1, 1, 1, 0]
    assert [int(bit) for bit in by_name["carry"].rows.bits] == [0, 0, 0, 0]
    assert by_name["sum"].margin == pytest.approx(-0.21259670519662588, abs=1e-8)
    assert by_name["carry"].margin == pytest.approx(-3.632082679287242, abs=1e-8)
    assert by_name["sum"].unconverged == ()


def test_a_gate_of_a_flow_says_how_long_it_runs_and_how_sensitive_it_is():
    found = converge(setting("lorenz"), np.array([1.0, 5.0]))
    assert found.lyapunov_times == pytest.approx(0.906)
    assert [answer.how for answer in found.answers] == [
        "DOP853 at tolerance 1e-11",
        "DOP853 at tolerance 1e-08",
        "LSODA at tolerance 1e-09",
        "tsit5 with step 0.025",
    ]
    h = 1e-4
    lorenz = setting("lorenz")
    quotient = (lorenz.value(np.array([5.0 + h])) - lorenz.value(np.array([5.0 - h]))) / (2 * h)
    assert found.slopes[1] == pytest.approx(quotient[0], rel=1e-4)
    assert not found.moved(1e-3).any()


def test_a_flow_that_escapes_is_reported_and_not_a_hang():
    text = (
        "chaoscad: 1\nsystem: {name: rossler, a: 1, c: 0, time: 4}\ninputs: [a]\noutputs: [y]\n"
        "gates: {y: {inputs: [a], function: NOT, fixed: {x0: -10, delta: 0.1, threshold: 0}}}"
    )
    netlist, _ = parse(text)
    verification = verify(optimize(netlist))
    assert not verification.passed
    assert any(
        finding.startswith("gate 'y', row 0: the trajectory escapes at time ")
        for finding in verification.findings()
    )


def test_all_readings_of_an_element_are_read_of_one_orbit():
    kept = Path(__file__).parents[1] / "data" / "designs"
    design = load_any(kept / "swapped_times.json").configuration("plain")  # type: ignore[union-attr]
    rows = every_gate(design.netlist, design.by_name)
    settings = [gate.setting for gate in design.gates]
    for gate, one in zip(design.gates, integrate_readings(settings, rows["y"].states), strict=True):
        assert np.array_equal(rows[gate.name].values, one.values)
        assert rows[gate.name].convergence is not None
        # The orbit that stops only at the later reading agrees as far as it is precise.
        alone = gate_rows(gate.setpoint, gate.source.bounds.state)
        assert np.abs(rows[gate.name].values - alone.values).max() < 1e-9
    adder = load(kept / "full_adder_element.json")
    for name, found in every_gate(adder.netlist, adder.by_name).items():
        gate = adder.gate(name)
        alone = gate_rows(gate.setpoint, gate.source.bounds.state)
        assert np.array_equal(found.values, gate.setpoint.values())
        assert np.array_equal(found.unsure, alone.unsure)


def test_a_trajectory_that_escapes_late_has_its_early_readings():
    early, late = (replace(parse(OWN)[0].gates[0].setting, time=time) for time in (0.5, 2.0))
    first, last = integrate_readings([early, late], np.array([1.0, 0.1]))
    # dx/dt = x^2 from 1 is 1 / (1 - t), which has no value from t = 1 on.
    assert np.allclose(first.values, [2.0, 1 / 9.5])
    assert np.isnan(last.values[0])
    assert np.isclose(last.values[1], 1 / 8)
    assert first.failures == {}
    assert list(last.failures) == [0]
    assert last.failures[0].startswith("the trajectory escapes at time ")


OWN = (
    "chaoscad: 1\ninputs: [a]\noutputs: [y]\n"
    "system: {flow: {x: x**2}, encode: x, read: x, time: 1, step: 0.01}\n"
    "gates: {y: {inputs: [a], function: BUF, bounds: {state: [0, 1]}}}\n"
)


@pytest.mark.parametrize(
    ("equations", "time", "message"),
    [
        ("x*x + 1", 3, "gate 'y', row 0: the trajectory escapes at time 1.571"),
        pytest.param(
            "-1e6*(x - cos(t))",
            10,
            "gate 'y', row 0: more than 20000 steps are needed; at time 0.1277 they are up",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_own_equations_that_escape_or_are_stiff_are_said_to_be(equations, time, message):
    text = (
        f"chaoscad: 1\nsystem: {{flow: {{x: '{equations}'}}, read: x, time: {time}, step: 0.1}}\n"
        "inputs: [a]\noutputs: [y]\n"
        "gates: {y: {inputs: [a], function: NOT, fixed: {x0: 0, delta: 0.1, threshold: 0}}}"
    )
    findings = verify(optimize(parse(text)[0])).findings()
    assert message in findings
