"""Bit error rates of gates and circuits under noise."""

import re
from dataclasses import replace
from itertools import product

import jax
import numpy as np
import pytest
from scipy.stats import norm

from chaoscad.compile.precision import double
from chaoscad.design import load, load_any
from chaoscad.errors import ChaoscadError
from chaoscad.netlist.tolerance import Spread
from chaoscad.robustness import Deviations
from chaoscad.robustness.interval import clopper_pearson
from chaoscad.robustness.noise import bit_error_rates
from chaoscad.robustness.noisy import noisy_bits
from chaoscad.robustness.state_noise import state_noise_error
from chaoscad.robustness.subject import drawn_device, of_design
from tests.conftest import ROOT
from tests.export.designs import with_numbers

DESIGNS = ROOT / "tests" / "data" / "designs"


@pytest.fixture(scope="module")
def adder():
    return load(DESIGNS / "full_adder.json")


def exact(found):
    """Whether every interval, of which there are some dozens, holds the rate that is given."""
    return all(low <= rate <= high for rate, (low, high) in found)


def test_rates_of_one_iterate_are_the_exact_ones(adder):
    found = bit_error_rates(adder, Deviations(state_noise=0.1), confidence=0.9999)
    rates = np.concatenate([state_noise_error(gate.setpoint, 0.1) for gate in adder.gates])
    assert len(found.rows) == 20
    assert exact((rate, row.errors.interval) for rate, row in zip(rates, found.rows, strict=True))
    assert max(rates) > 0.05
    assert (found.checked, found.differ) == (1000, 0)
    # No row of the circuit gives `cout` two zeros.
    assert [(row.gate, row.inputs) for row in found.rows if not row.matters] == [("cout", "00")]


def test_noise_at_the_comparator_is_that_of_the_margin(adder):
    found = bit_error_rates(adder, Deviations(comparator_noise=0.3), confidence=0.9999)
    margins = [
        np.abs(gate.setting.value(gate.setpoint.states(), gate.iterates) - gate.threshold)
        for gate in adder.gates
    ]
    rates = norm.sf(np.concatenate(margins) / 0.3)
    assert exact((rate, row.errors.interval) for rate, row in zip(rates, found.rows, strict=True))


def test_outputs_err_as_the_rows_of_independent_gates_make_them(adder):
    noise = Deviations(state_noise=0.1)
    found = bit_error_rates(adder, noise, confidence=0.9999)
    rate = {
        (gate.name, row): error
        for gate in adder.gates
        for row, error in enumerate(state_noise_error(gate.setpoint, 0.1))
    }
    bit = {
        (gate.name, row): value > gate.threshold
        for gate in adder.gates
        for row, value in enumerate(gate.setting.value(gate.setpoint.states(), gate.iterates))
    }
    assert len(found.outputs) == 16
    assert found.exhaustive
    assert [one.inputs for one in found.outputs[:3]] == ["000", "001", "010"]
    for one in found.outputs:
        total = 0.0
        for flips in product((0, 1), repeat=5):
            nets = dict(zip(("a", "b", "cin"), map(int, one.inputs), strict=True))
            chance = 1.0
            for gate, flip in zip(adder.gates, flips, strict=True):
                row = int("".join(str(int(nets[name])) for name in gate.inputs), 2)
                nets[gate.name] = bool(bit[gate.name, row]) != bool(flip)
                chance *= rate[gate.name, row] if flip else 1 - rate[gate.name, row]
            ones = one.inputs.count("1")
            wanted = ones % 2 if one.output == "sum" else ones >= 2
            total += chance * (nets[one.output] != wanted)
        assert exact([(total, one.errors.interval)]), (one, total)
    assert found.worst_output.errors.value > 0.05


def test_a_device_that_is_drawn_errs_by_its_own_parameters(adder):
    spread = Deviations({"x0": Spread(0.05), "a": Spread(0.02, relative=True)})
    device = drawn_device(adder, spread, seed=3)
    found = bit_error_rates(adder, Deviations(state_noise=0.1), device=device, confidence=0.9999)
    gates = [
        replace(gate.setpoint, x0=float(x0), setting=gate.setting.with_values({"a": float(a)}))
        for gate, x0, a in zip(adder.gates, device.x0[:, 0], device.system[:, 0, 0], strict=True)
    ]
    rates = np.concatenate([state_noise_error(gate, 0.1) for gate in gates])
    assert exact((rate, row.errors.interval) for rate, row in zip(rates, found.rows, strict=True))
    assert found.differ == 0


def test_equal_seeds_give_equal_data(adder):
    noise = Deviations(state_noise=0.1, comparator_noise=0.1)
    one, same, other = (
        bit_error_rates(adder, noise, trials=5000, seed=seed).to_data() for seed in (0, 0, 1)
    )
    assert one == same
    assert one != other
    assert one["deviations"] == {"noise": {"state": 0.1, "comparator": 0.1}}


def test_the_tables_name_what_was_counted(adder):
    found = bit_error_rates(adder, Deviations(state_noise=0.1), trials=1000)
    table, outputs = found.columns(), found.output_columns()
    assert list(table) == ["gate", "inputs", "errors", "rate", "low", "high", "matters"]
    assert (table["gate"][0], table["inputs"][1]) == ("p", "01")
    assert list(outputs["output"][[0, -1]]) == ["sum", "cout"]
    assert (outputs["low"] <= outputs["rate"]).all()
    worst = max(row.errors.count for row in found.rows if row.matters)
    assert found.worst.errors.count == worst


def test_a_curve_keeps_the_value_of_its_end():
    design = load(DESIGNS / "three_transistor.json")
    found = bit_error_rates(design, Deviations(state_noise=1.0), trials=2000, confidence=0.9999)
    rates = np.concatenate([state_noise_error(gate.setpoint, 1.0) for gate in design.gates])
    assert exact((rate, row.errors.interval) for rate, row in zip(rates, found.rows, strict=True))
    assert found.differ == 0


def test_a_circuit_of_many_inputs_is_measured_on_a_sample():
    import chaoscad

    netlist, _ = chaoscad.parse(
        "chaoscad: 1\ninputs: [a, b, c, d, e, f, g, h, i, j, k]\noutputs: [y]\n"
        "gates:\n  y: {inputs: [a, b], function: AND}\n"
    )
    found = bit_error_rates(chaoscad.optimize(netlist), Deviations(state_noise=0.1), trials=500)
    assert not found.exhaustive
    assert len(found.outputs) == 256
    assert len(found.outputs[0].inputs) == 11


def test_a_design_of_flows_is_integrated_under_noise():
    found = bit_error_rates(
        load(DESIGNS / "duffing_half_adder.json"), Deviations(state_noise=0.3), trials=2000
    )
    assert (found.checked, found.differ) == (100, 0)
    assert (found.worst.gate, found.worst.inputs) == ("sum", "11")
    # About 2 % of 2000 trials.
    assert 0.01 < found.worst.errors.value < 0.04
    # Nothing stands between the gates and the outputs.
    rates = {(row.gate, row.inputs): row.errors.count for row in found.rows}
    assert {(one.output, one.inputs): one.errors.count for one in found.outputs} == rates


def test_noise_on_an_orbit_is_the_same_for_all_that_is_read_of_it():
    def differing(element: str) -> float:
        """How often two gates with the same numbers have different bits."""
        gate = f"{{inputs: [a, b], function: NOR{element}}}"
        text = f"chaoscad: 1\ninputs: [a, b]\noutputs: [y, z]\ngates: {{y: {gate}, z: {gate}}}\n"
        subject, _ = of_design(with_numbers(text, dict.fromkeys("yz", (0.5, (0.2, 0.3), 0.92))))
        with double():
            found = noisy_bits(
                *(subject.plan, subject.device, subject.below),
                *(jax.random.key(3), 256, 0.1, None, subject.elements),
            )
        y, z = np.asarray(found[2])
        return float((y != z).mean())

    assert differing(", element: core") == 0.0
    assert differing("") > 0.01


def test_readings_of_a_flow_at_two_times_are_checked_on_one_orbit():
    design = load_any(DESIGNS / "swapped_times.json").configuration("plain")  # type: ignore[union-attr]
    found = bit_error_rates(design, Deviations(state_noise=1.5), trials=100)
    assert (found.checked, found.differ) == (100, 0)
    assert (found.worst.gate, found.worst.inputs) == ("z", "00")


def test_intervals_are_those_of_clopper_and_pearson():
    low, high = clopper_pearson(np.array([0, 3, 10]), 10, 0.95)
    # C. J. Clopper and E. S. Pearson: 0 of n gives 1 - (alpha / 2)^(1 / n).
    assert np.allclose(low, [0.0, 0.06673951, 1 - (1 - 0.025 ** (1 / 10))])
    assert np.allclose(high, [1 - 0.025 ** (1 / 10), 0.65245285, 1.0])


@pytest.mark.parametrize(
    ("noise", "options", "message"),
    [
        (
            Deviations({"x0": Spread(0.1)}),
            {},
            "there is no noise: give one, or hardware.noise in the netlist",
        ),
        (
            Deviations(state_noise=-0.1),
            {},
            "the noise on the state is -0.1, and must be zero or a positive number",
        ),
        (
            Deviations(state_noise=0.1, comparator_noise=float("inf")),
            {},
            "the noise at the comparator is inf, and must be zero or a positive number",
        ),
        (
            Deviations(state_noise=0.1),
            {"trials": 0},
            "the number of trials is 0, and must be from 1 to 1000000000",
        ),
    ],
)
def test_bad_noise_is_refused(adder, noise, options, message):
    with pytest.raises(ChaoscadError) as error:
        bit_error_rates(adder, noise, **options)
    assert str(error.value) == "error: " + message


def test_a_design_that_does_not_verify_is_refused(tmp_path):
    text = (DESIGNS / "full_adder.json").read_text()
    broken = tmp_path / "broken.json"
    broken.write_text(re.sub(r'"threshold": 0\.\d+', '"threshold": 0.99', text))
    with pytest.raises(ChaoscadError) as error:
        bit_error_rates(load(broken), Deviations(state_noise=0.1))
    assert str(error.value) == (
        "error: the design 'full_adder' does not verify (gate 'g': wrong in rows 00, 01, 10 of its "
        "function), so that no device of it is expected to work"
    )


def test_a_device_of_another_design_is_refused(adder):
    device = drawn_device(load(DESIGNS / "full_adder_two_gates.json"), Deviations())
    with pytest.raises(ChaoscadError) as error:
        bit_error_rates(adder, Deviations(state_noise=0.1), device=device)
    assert str(error.value) == (
        "error: x0 of the device has shape (2, 1), and that of the design (5, 1); "
        "draw the device from this design"
    )
