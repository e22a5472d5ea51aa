"""A setpoint gives the states, values, bits and margin of its gate, as verification finds them."""

import math
from dataclasses import replace

import numpy as np
import pytest

from chaoscad.gate import Setpoint, local_states
from chaoscad.netlist import TruthTable, parse
from chaoscad.systems import setting
from tests.conftest import gate_text


def golden_setpoint(vector) -> Setpoint:
    system = vector["system"]
    return Setpoint(
        setting(system["name"], **system["parameters"]),
        vector["iterates"],
        float(vector["x0"]),
        tuple(vector["delta"]),
        float(vector["threshold"]),
        vector["compare"],
    )


def test_golden_gates_have_the_stated_values_bits_and_margins(golden):
    strict = [vector for vector in golden if vector["compare"] in "<>"]
    assert len(strict) == 24
    for vector in strict:
        found = golden_setpoint(vector)
        assert np.allclose(found.values(), vector["values"], rtol=1e-12, atol=1e-12), vector["id"]
        assert "".join("01"[int(bit)] for bit in found.bits()) == vector["output"], vector["id"]
        margin = found.margin(TruthTable(vector["expected"]))
        assert margin == pytest.approx(vector["min_margin"], abs=1e-12), vector["id"]


def test_a_setpoint_of_a_gate_takes_its_system_iterates_and_comparator():
    netlist, _ = parse(gate_text('function: OR, system: {name: logistic, a: 3.5}, compare: "<"'))
    found = Setpoint.of(netlist.gates[0], 0.5, [0.25, 0.0], 0.75)
    assert found == Setpoint(setting("logistic", a=3.5), 1, 0.5, (0.25, 0.0), 0.75, "<")
    assert Setpoint.of(netlist.gates[0], 0, [], 0, {"a": 3.9}).setting.values == (3.9,)


def test_states_are_summed_from_the_first_input_on_in_floats_and_in_integers():
    assert local_states(0.1, (0.2, 0.3)) == [0.1, 0.1 + 0.3, 0.1 + 0.2, 0.1 + 0.2 + 0.3]
    assert local_states(1, (4, 2)) == [1, 3, 5, 7]


def test_a_value_at_the_threshold_is_no_1_and_an_orbit_that_escapes_has_no_margin():
    # Logistic: 1 at 0.5, 0.75 at 0.25 and at 0.75.
    found = Setpoint(setting("logistic"), 1, 0.25, (0.25,), 0.75, ">")
    assert found.distances().tolist() == [0.0, 0.25]
    assert found.bits().tolist() == [False, True]
    assert found.margin(TruthTable("01")) == 0
    assert found.margin(TruthTable("-1")) == 0.25
    assert found.margin(TruthTable("--")) == math.inf
    assert replace(found, compare="<").bits().tolist() == [False, False]
    escapes = replace(found, iterates=40, delta=(9.0,))
    assert escapes.margin(TruthTable("-1")) == -math.inf
    assert escapes.margin(TruthTable("0-")) == 0
