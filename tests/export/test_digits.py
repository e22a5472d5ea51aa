"""Numbers of the files that people read: no dust, and every row as it was."""

import numpy as np
import pytest

from chaoscad.export import EXPORTERS, Hardware, Options
from chaoscad.export.digits import decimals, decimals_of_volts, neat, tidied, tidied_gate
from tests.conftest import gate_text, with_changes
from tests.export.conftest import exported, gallery_design
from tests.export.designs import on_system, with_numbers


def numbers(gate):
    return (gate.x0, *gate.delta, gate.threshold)


def test_a_half_is_a_half_and_a_third_has_nine_digits():
    design = gallery_design("full_adder")
    gates = {gate.name: numbers(gate) for gate in tidied(design).gates}
    assert design.gates[0].x0 == 0.5000000002228262
    assert gates["p"] == (0.5, 0.5, -0.5, 0.5)
    assert gates["g"] == (0.666666667, -0.333333333, -0.333333333, 0.444444444)
    assert gates["cout"] == (0.0, 0.5, 0.5, 0.5)
    files = {
        target: exported(EXPORTERS[target], design, Options()).files
        for target in ("spice", "table")
    }
    for target, made in files.items():
        for name, text in made.items():
            assert "0.500000000" not in text, (target, name)
    assert (
        "| p | a b | logistic map, a = 4.0 | 1 | 0.5 | 0.5 -0.5 | > 0.5 |"
        in files["table"]["README.md"]
    )
    assert "p_x0=0.5 p_delta1=0.5 p_delta2=-0.5 p_threshold=0.5" in (
        files["spice"]["circuit.cir"].replace("\n+ ", "")
    )


def test_a_chaotic_gate_keeps_the_digits_that_its_rows_need():
    design = on_system("logistic", (0.0, 1.0), iterates=16)
    gate = with_changes(design.gates[0], x0=0.07 + 1e-10 / 3)
    found = tidied_gate(gate, decimals(gate.setpoint))
    assert decimals(gate.setpoint) > 9
    before, after = (item.setpoint.values() - item.threshold for item in (gate, found))
    assert (np.sign(before) == np.sign(after)).all()
    assert np.abs(after - before).max() <= 1e-6 * np.abs(before).min()


def test_states_at_the_end_of_a_curve_stay_on_it():
    for gate in tidied(gallery_design("three_transistor")).gates:
        assert np.isfinite(gate.setpoint.values()).all()


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e6])
def test_volts_are_as_fine_as_the_numbers(scale: float):
    design = with_numbers(gate_text("function: NAND"), {"y": (1 / 3, (1 / 3, 1 / 3), 4 / 9)})
    gate = design.gates[0]
    hardware = Hardware(volts_per_unit=3 * scale)
    assert decimals(gate.setpoint) == 9
    assert decimals_of_volts(decimals(gate.setpoint), hardware) == 9 - round(np.log10(scale))
    rows = exported(EXPORTERS["table"], design, Options(hardware)).files["rows.csv"]
    assert (
        repr(neat(round(scale * 4 / 3, decimals_of_volts(decimals(gate.setpoint), hardware))))
        in rows
    )


def test_dust_of_a_computation_is_not_printed():
    assert (0.1 + 0.2, neat(0.1 + 0.2), neat(1 / 3, 9)) == (0.30000000000000004, 0.3, 0.333333333)
