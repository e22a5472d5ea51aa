"""Verification against golden vectors, plain Python and spoiled designs."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaoscad.design import Design, DesignGate, VerificationSummary
from chaoscad.gate import Setpoint
from chaoscad.netlist import Netlist, TruthTable, parse
from chaoscad.systems import setting
from chaoscad.verification import GateRows, Node, claims, enumerate_rows, gate_rows, verify
from tests.conftest import gate_text, with_changes

EVERYWHERE = (-math.inf, math.inf)


def golden_rows(vector) -> GateRows:
    system = vector["system"]
    setpoint = Setpoint(
        setting(system["name"], **system["parameters"]),
        vector["iterates"],
        float(vector["x0"]),
        tuple(vector["delta"]),
        float(vector["threshold"]),
        vector["compare"],
    )
    return gate_rows(setpoint, EVERYWHERE)


def test_golden_values_to_the_last_digits_and_outputs_as_stated(golden):
    strict = [vector for vector in golden if vector["compare"] in "<>"]
    assert len(strict) == 24
    for vector in strict:
        rows = golden_rows(vector)
        assert np.allclose(rows.values, vector["values"], rtol=1e-12, atol=1e-12), vector["id"]
        output = "".join(str(int(bit)) for bit in rows.bits)
        assert output == vector["output"], vector["id"]
        margin = rows.margins(TruthTable(vector["expected"])).min()
        assert margin == pytest.approx(vector["min_margin"], abs=1e-12), vector["id"]


def test_golden_settings_with_a_non_strict_comparator_have_the_stated_values(golden):
    for vector in (vector for vector in golden if vector["compare"] == ">="):
        rows = golden_rows({**vector, "compare": ">"})
        assert np.allclose(rows.values, vector["values"], rtol=1e-12, atol=1e-12), vector["id"]
        margin = rows.margins(TruthTable(vector["expected"])).min()
        assert margin == pytest.approx(vector["min_margin"])


def single(function: str, **changes) -> Design:
    netlist, _ = parse(gate_text(f'function: "{function}"'))
    source = netlist.gates[0]
    setpoint = Setpoint.of(source, 0.0, (0.5, 0.5), 0.5)
    gate = DesignGate(source, setpoint, TruthTable(function), 0.5)
    return Design(
        netlist,
        (with_changes(gate, **changes),),
        "solved",
        VerificationSummary(4, True, 0, 0.5, "m"),
    )


def test_a_right_gate_passes():
    verification = verify(single("0110"))
    assert verification.passed
    assert verification.findings() == []
    assert (verification.rows, verification.wrong_rows, verification.worst_margin) == (4, 0, 0.5)
    assert claims(single("0110"), verification) == []


def test_a_value_at_the_threshold_has_margin_zero_and_is_flagged():
    verification = verify(single("0110", threshold=1.0))
    assert not verification.passed
    gate = verification.gates[0]
    assert gate.at_threshold == (1, 2)
    assert "gate 'y': its value equals the threshold in rows 01, 10" in verification.findings()
    assert gate.rows.bits.tolist() == [False] * 4


def test_a_wrong_row_has_a_negative_margin():
    verification = verify(single("0111"))
    assert verification.wrong_rows == 1
    assert verification.worst_margin == -0.5
    assert verification.findings() == ["gate 'y': wrong in rows 11 of its function"]


def test_states_out_of_range_are_found():
    verification = verify(single("0110", x0=-0.1, delta=(0.6, 0.6)))
    assert not verification.passed
    assert (
        verification.findings()[0] == "gate 'y': states out of range in rows 00 -> -0.1, 11 -> 1.1"
    )


def test_an_orbit_that_escapes_is_never_right():
    netlist, _ = parse(gate_text('function: "0000", iterates: 60, bounds: {state: [-9, 9]}'))
    gate = with_changes(single("0000").gates[0], iterates=60, x0=-3.0)
    design = replace(single("0000"), netlist=netlist, gates=(gate,))
    verification = verify(design)
    assert verification.worst_margin == -math.inf
    assert not verification.passed


def test_an_inverted_comparator_is_strict_too():
    netlist, _ = parse(gate_text('function: "1001", compare: "<"'))
    gate = with_changes(single("1001").gates[0], compare="<")
    assert verify(replace(single("1001"), netlist=netlist, gates=(gate,))).passed
    tied = verify(
        replace(single("1001"), netlist=netlist, gates=(with_changes(gate, threshold=0.0),))
    )
    assert tied.gates[0].rows.bits.tolist() == [False] * 4


@pytest.mark.parametrize(
    ("options", "changes", "finding"),
    [
        ("bounds: {x0: [0.1, 0.2]}", {}, "gate 'y': x0 is 0.0, outside its bounds [0.1, 0.2]"),
        ("bounds: {delta: [0, 0.4]}", {}, "gate 'y': delta is 0.5, outside its bounds [0.0, 0.4]"),
        (
            "bounds: {threshold: [0.6, 1]}",
            {},
            "gate 'y': threshold is 0.5, outside its bounds [0.6, 1.0]",
        ),
        ("fixed: {x0: 0.1}", {}, "gate 'y': x0 is not at its fixed value"),
        ("weights: shared", {"delta": (0.5, 0.4)}, "gate 'y': its weights are shared and differ"),
    ],
)
def test_broken_constraints_are_found(options, changes, finding):
    netlist, _ = parse(gate_text(f"function: XOR, {options}"))
    design = single("0110", **changes)
    verification = verify(replace(design, netlist=netlist))
    assert not verification.passed
    assert finding in verification.findings()


def test_claims_that_do_not_hold_are_found():
    design = single("0110", margin=0.9)
    assert claims(design, verify(design)) == [
        "gate 'y': the file claims margin 0.9, verification finds 0.5"
    ]
    wrong = single("0111")
    assert claims(wrong, verify(wrong))[-1] == (
        "the file claims to be solved, and verification disagrees"
    )


@st.composite
def logic(draw):
    inputs = tuple(f"i{k}" for k in range(draw(st.integers(1, 9))))
    nets = list(inputs)
    nodes = []
    for index in range(draw(st.integers(1, 8))):
        arity = draw(st.integers(1, 4))
        own = tuple(draw(st.sampled_from(nets)) for _ in range(arity))
        bits = tuple(draw(st.lists(st.booleans(), min_size=1 << arity, max_size=1 << arity)))
        nodes.append(Node(f"g{index}", own, bits))
        nets.append(f"g{index}")
    return inputs, nodes


@given(logic(), st.integers(0))
def test_enumeration_agrees_with_plain_python(circuit, random):
    inputs, nodes = circuit
    wanted = "".join(str(random >> row & 1) for row in range(1 << len(inputs)))
    netlist, _ = (
        parse(
            f"chaoscad: 1\ninputs: [{', '.join(inputs)}]\noutputs: [y]\n"
            f"gates: {{y: {{inputs: [i0], function: a}}}}".replace("function: a", "function: i0")
            + f'\ntargets: {{y: "{wanted}"}}'
        )
        if len(wanted) > 1 and set(wanted) != {"-"}
        else (None, None)
    )
    assert netlist is not None
    target = replace(netlist.targets[0], output=nodes[-1].name)
    report = enumerate_rows(inputs, nodes, [target])
    wrong = 0
    reached = {node.name: set() for node in nodes}
    for row, bits in enumerate(itertools.product((0, 1), repeat=len(inputs))):
        nets = dict(zip(inputs, bits, strict=True))
        for node in nodes:
            local = int("".join(str(nets[name]) for name in node.inputs), 2)
            reached[node.name].add(local)
            nets[node.name] = int(node.bits[local])
        wrong += nets[nodes[-1].name] != int(wanted[row])
    assert report.rows == 1 << len(inputs)
    assert report.wrong == wrong
    assert len(report.examples) == min(wrong, 8)
    for node in nodes:
        assert set(np.flatnonzero(report.reached[node.name])) == reached[node.name]


def test_examples_give_inputs_and_both_values():
    netlist, _ = parse(gate_text("function: OR", extra="targets: {y: XOR}"))
    design = replace(single("0111", threshold=0.4, delta=(0.25, 0.25)), netlist=netlist)
    verification = verify(design)
    assert verification.wrong_rows == 1
    assert verification.examples[0].inputs == {"a": 1, "b": 1}
    assert verification.examples[0].outputs == {"y": (1, 0)}
    assert "output 'y': wrong in 1 of 4 rows" in verification.findings()


def wide(inputs: int, outputs: int = 1) -> Netlist:
    names = [f"i{k}" for k in range(inputs)]
    lines, ends = [], []
    share = inputs // outputs
    for part in range(outputs):
        own = names[part * share : (part + 1) * share]
        previous = own[0]
        for index, name in enumerate(own[1:]):
            lines.append(f"  g{part}_{index}: {{inputs: [{previous}, {name}], function: XOR}}")
            previous = f"g{part}_{index}"
        ends.append((previous, " ^ ".join(own)))
    return parse(
        f"chaoscad: 1\ninputs: [{', '.join(names)}]\noutputs: [{', '.join(end for end, _ in ends)}]\n"
        "gates:\n"
        + "\n".join(lines)
        + "\ntargets:\n"
        + "\n".join(f"  {end}: {text}" for end, text in ends)
    )[0]


def xor_design(netlist: Netlist) -> Design:
    gates = tuple(replace(single("0110").gates[0], source=gate) for gate in netlist.gates)
    return Design(netlist, gates, "solved", VerificationSummary(0, True, 0, 0.5, "m"))


def test_twenty_inputs_are_enumerated():
    verification = verify(xor_design(wide(20)))
    assert verification.passed
    assert verification.rows == 1 << 20


def test_more_inputs_than_can_be_enumerated_are_taken_output_by_output():
    verification = verify(xor_design(wide(30, outputs=3)))
    assert verification.passed
    assert verification.rows == 3 * (1 << 10)


def test_rows_left_open_but_reached_must_not_be_at_the_threshold():
    netlist, _ = parse(gate_text('function: "01-0"', extra='targets: {y: "01-0"}'))
    design = replace(single("01-0"), netlist=netlist)
    assert verify(design).worst_margin == 0.5
