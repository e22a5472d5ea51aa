"""Logic to netlists and back."""

import pytest

from chaoscad.errors import ChaoscadError
from chaoscad.formats import bench, read
from chaoscad.logic import Logic, LogicNode, TruthTable
from chaoscad.netlist import dump_yaml, from_logic, parse, to_logic
from chaoscad.systems import setting
from tests.conftest import ROOT

DATA = ROOT / "tests" / "data"


def refused(read) -> str:
    with pytest.raises(ChaoscadError) as caught:
        read()
    return str(caught.value)


@pytest.mark.parametrize("file", ["five_nands.bench", "priority.blif", "majority.aag"])
def test_every_node_becomes_a_gate_with_its_function(file):
    logic = read(DATA / file)
    netlist = from_logic(logic)
    assert to_logic(netlist) == logic
    again, warnings = parse(dump_yaml(netlist))
    assert again == netlist
    assert warnings == ()


def test_gates_have_the_system_and_the_options_of_a_gate_without_any():
    netlist = from_logic(bench.loads("INPUT(a)\nOUTPUT(y)\ny = NOT(a)\n", name="my circuit"))
    again, _ = parse(
        "chaoscad: 1\nname: my_circuit\ninputs: [a]\noutputs: [y]\n"
        "gates: {y: {inputs: [a], function: NOT}}\n"
    )
    assert again == netlist


def test_system_and_iterates_are_chosen():
    logic = read(DATA / "priority.blif")
    netlist = from_logic(logic, system=setting("cubic"), iterates=lambda table: table.arity)
    assert [gate.iterates for gate in netlist.gates] == [gate.arity for gate in netlist.gates]
    assert {gate.setting.system.name for gate in netlist.gates} == {"cubic"}
    assert {gate.bounds.state for gate in netlist.gates} == {netlist.gates[0].setting.system.state}


def test_a_constant_becomes_a_gate_that_ignores_its_input():
    logic = bench.loads("INPUT(a)\nINPUT(b)\nOUTPUT(y)\nOUTPUT(one)\none = vdd\ny = AND(one, b)\n")
    gate = from_logic(logic).gate("one")
    assert (gate.inputs, gate.function) == (("a",), TruthTable("11"))


def test_what_cannot_be_a_netlist_is_refused():
    wire = bench.loads("INPUT(a)\nOUTPUT(a)\n", name="wire")
    assert refused(lambda: from_logic(wire)) == (
        "error: the circuit 'wire' has no gate: its outputs are inputs"
    )
    closed = Logic("c", (), ("y",), (LogicNode("y", (), TruthTable("1"), 3, 1),), "f")
    assert refused(lambda: from_logic(closed)) == (
        "f:3:1: error: 'y' is a constant, and the circuit has no input; a gate reads at least one "
        "net; add an input"
    )
    gate = bench.loads("INPUT(a)\nOUTPUT(y)\ny = NOT(a)\n", "f")
    assert refused(lambda: from_logic(gate, system="lorenz", iterates=2)) == (
        "f:3:1: error: gate 'y' gets 2 iterates, and lorenz takes 1 iterate: it is a flow"
    )
    assert refused(lambda: from_logic(gate, iterates=0)) == (
        "f:3:1: error: gate 'y' gets 0 iterates, and logistic takes 1 to 1000"
    )
    assert refused(lambda: from_logic(gate, system="lgistic")) == (
        "error: unknown system 'lgistic'; did you mean 'logistic'?"
    )


def test_gates_whose_function_is_not_known_are_named():
    netlist, _ = parse(
        "chaoscad: 1\ninputs: [a, b]\noutputs: [y]\ngates:\n  p: {inputs: [a, b]}\n"
        '  q: {inputs: [p], function: "1-"}\n  y: {inputs: [q], function: NOT}\ntargets: {y: a}\n',
        "f.yaml",
    )
    hint = "chaoscad optimize finds it; or give it a complete function"
    assert refused(lambda: to_logic(netlist)) == (
        f"f.yaml:5:3: error: gate 'p' has no function: what it computes is not known; {hint}\n"
        "f.yaml:6:3: error: gate 'q' has rows that do not matter: what it computes is not known; "
        f"{hint}"
    )
