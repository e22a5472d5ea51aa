"""Equivalence: every answer is proven or comes with a counterexample that was evaluated again."""

import subprocess
import sys
import time
from dataclasses import replace
from functools import reduce
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import chaoscad
from chaoscad.errors import ChaoscadError
from chaoscad.evidence import Evidence
from chaoscad.formats import dumps, loads
from chaoscad.logic import Logic, LogicNode, TruthTable
from chaoscad.netlist import to_logic
from chaoscad.netlist.generators import array_multiplier, lookahead_adder, ripple_adder
from chaoscad.toolchain import available, require
from chaoscad.verification import design_logic, equivalent
from chaoscad.verification.sat import WHOLE, WINDOWS, Prover, installed
from chaoscad.verification.sweep import sweep
from chaoscad.verification.xag import Simulator, Xag
from tests.conftest import needs, with_changes

needs_sat = pytest.mark.skipif(not installed(), reason="python-sat is not installed")


def circuit(inputs: str, outputs: str, *nodes: str) -> Logic:
    """A circuit from lines such as `y a b 0110`."""
    made = []
    for node in nodes:
        name, *reads, rows = node.split()
        made.append(LogicNode(name, tuple(reads), TruthTable(rows)))
    return Logic("c", tuple(inputs.split()), tuple(outputs.split()), tuple(made))


def remapped(logic: Logic, folder: Path) -> Logic:
    """The circuit after ABC has restructured it into four-input tables."""
    (folder / "one.blif").write_text(dumps(logic, "blif"))
    script = "read_blif one.blif; strash; dch; if -K 4; write_blif two.blif"
    done = require("yosys-abc").run(["-q", script], folder=folder)
    assert done.status == 0, done.output
    return loads((folder / "two.blif").read_text(), "blif")


def changed(logic: Logic, index: int) -> Logic:
    """The circuit with the first row of one table flipped."""
    node = logic.nodes[index]
    rows = node.function.rows
    wrong = replace(node, function=TruthTable("10"[int(rows[0])] + rows[1:]))
    return replace(logic, nodes=(*logic.nodes[:index], wrong, *logic.nodes[index + 1 :]))


def random_logic(inputs: int, gates: int, arity: int, seed: int) -> Logic:
    """Random tables over random earlier nets; every net that nothing reads is an output."""
    random = np.random.default_rng(seed)
    nets = [f"x{index}" for index in range(inputs)]
    nodes: list[LogicNode] = []
    for index in range(gates):
        reads = tuple(nets[place] for place in random.choice(len(nets), arity, replace=False))
        rows = "".join(str(bit) for bit in random.integers(0, 2, 1 << arity))
        if len(set(rows)) == 1:
            rows = rows[:-1] + "10"[int(rows[-1])]
        nodes.append(LogicNode(f"n{index}", reads, TruthTable(rows)))
        nets.append(f"n{index}")
    read = {name for node in nodes for name in node.inputs}
    outputs = tuple(node.name for node in nodes if node.name not in read)
    return Logic("random", tuple(nets[:inputs]), outputs, tuple(nodes))


AND = circuit("a b", "y", "y a b 0001")
NANDS = circuit("b a", "y", "n a b 1110", "y n 10")


def test_equal_circuits_are_enumerated_whatever_the_order_of_their_ports():
    found = equivalent(AND, NANDS)
    assert (found.verdict, found.rows) == ("equal", 4)
    assert found.method == "exhaustive enumeration, 4 rows"
    assert found.equal
    assert found.counterexample is None


def test_the_first_row_that_differs_is_the_counterexample():
    found = equivalent(AND, circuit("a b", "y", "y a b 0111"))
    assert found.verdict == "different"
    assert found.counterexample is not None
    assert found.counterexample.inputs == {"a": 0, "b": 1}
    assert found.counterexample.outputs == {"y": (0, 1)}
    assert found.counterexample.differing == ("y",)


def test_every_one_sided_port_is_an_error_with_the_nearest_name():
    one = replace(circuit("a b cin", "sum", "sum a b cin 01101001"), file="one.blif")
    other = circuit("a b c_in", "sum", "t a b 0110", "sum t c_in 0110")
    other = replace(other, outputs=("sum", "t"))
    with pytest.raises(ChaoscadError) as caught:
        equivalent(one, other)
    assert str(caught.value).splitlines() == [
        "error: input 'cin' is in one.blif and not in the second circuit; did you mean 'c_in'?",
        "error: input 'c_in' is in the second circuit and not in one.blif; did you mean 'cin'?",
        "error: output 't' is in the second circuit and not in one.blif; ports are matched by their"
        " exact names",
    ]


def test_circuits_without_outputs_and_senseless_limits_are_refused():
    with pytest.raises(ChaoscadError, match="the circuits have no output to compare"):
        equivalent(circuit("a", ""), circuit("a", ""))
    with pytest.raises(ChaoscadError, match="the time limit is nan s; it is a positive number"):
        equivalent(AND, AND, time_limit=float("nan"))


def test_constants_and_outputs_that_are_inputs_are_compared():
    one = circuit("a", "k a", "k 1")
    other = circuit("a", "a k", "n a 10", "z a n 0000", "k a n z 01111111")
    provers = [
        name for name, there in (("sat", installed()), ("abc", available("yosys-abc"))) if there
    ]
    for method in ("exhaustive", *provers):
        assert equivalent(one, other, method=method).equal
        opposite = circuit("a", "a k", "k 0")
        found = equivalent(one, opposite, method=method).counterexample
        assert found is not None
        assert found.outputs == {"k": (1, 0), "a": (found.inputs["a"],) * 2}


@given(st.integers(0, 2**32), st.integers(1, 6))
@settings(max_examples=25)
def test_a_graph_computes_what_its_circuit_does(seed, arity):
    logic = random_logic(8, 12, arity, seed)
    graph = Xag(8)
    nets = graph.add(logic, {name: 2 * (i + 1) for i, name in enumerate(logic.inputs)})
    random = np.random.default_rng(seed)
    words = random.integers(0, 2**64, (8, 3), dtype=np.uint64)
    values = Simulator(graph).run(words)
    columns = dict(zip(logic.inputs, words, strict=True))
    wanted = logic.evaluate(columns, np.zeros(3, np.uint64))
    for name, literal in nets.items():
        got = ~values[literal >> 1] if literal & 1 else values[literal >> 1]
        assert (got == wanted[name]).all()


@needs_sat
@given(st.integers(0, 2**32), st.integers(0, 39))
@settings(max_examples=25)
def test_proofs_and_enumeration_agree(seed, index):
    one = random_logic(9, 40, 3, seed)
    other = changed(one, index)
    by_rows = equivalent(one, other, method="exhaustive")
    by_proof = equivalent(one, other, method="sat", seed=seed)
    assert by_proof.verdict == by_rows.verdict
    assert equivalent(one, one, method="sat").method.startswith("structure, ")


@needs_sat
def test_what_a_window_cannot_see_is_left_to_whole_cones():
    graph = Xag(600)
    literals = [2 * (index + 1) for index in range(600)]
    forwards, backwards = (reduce(graph.conjunction, order) for order in (literals, literals[::-1]))
    wrong = reduce(graph.conjunction, literals[1:])
    later = time.monotonic() + 60
    near, whole = (Prover(graph, later, windows) for windows in (WINDOWS, WHOLE))
    assert near.equal(forwards, backwards, 200) is None
    assert whole.equal(forwards, backwards, 200) is True
    assert near.equal(forwards, wrong, 200) is None
    refuted = whole.equal(forwards, wrong, 200)
    assert isinstance(refuted, dict)
    assert refuted[0] is False
    assert all(refuted[index] for index in range(1, 600))
    found = sweep(graph, [(forwards, backwards)])
    assert found.equal == (True,)


@needs_sat
@needs("yosys-abc")
def test_a_restructured_16_bit_multiplier_is_proven(tmp_path):
    logic = to_logic(array_multiplier(16))
    other = remapped(logic, tmp_path)
    found = equivalent(logic, other, time_limit=60)
    assert found.equal, found
    assert found.method.startswith("SAT sweeping, ")
    assert found.proofs > 300
    wrong = equivalent(changed(logic, 700), other)
    assert wrong.verdict == "different"


@needs_sat
def test_a_ripple_adder_is_proven_equal_to_a_lookahead_adder():
    one, other = (to_logic(adder(64, cin=True)) for adder in (ripple_adder, lookahead_adder))
    found = equivalent(one, other, time_limit=60)
    assert found.equal, found
    # The low outputs depend on few inputs; the rest takes a proof.
    assert found.method.startswith("exhaustive enumeration, ")
    assert " and SAT sweeping, " in found.method
    # Through the carry of all 64 bits.
    broken = changed(other, len(other.nodes) - 1)
    assert equivalent(one, broken).verdict == "different"


@needs_sat
@needs("yosys-abc")
def test_random_logic_is_proven_equal_to_its_remapped_self(tmp_path):
    logic = random_logic(60, 400, 3, 1)
    assert equivalent(logic, remapped(logic, tmp_path)).equal


@needs_sat
@needs("yosys-abc")
@pytest.mark.slow
def test_ten_thousand_tables_are_proven_equal_to_their_remapped_selves(tmp_path):
    logic = random_logic(200, 10_000, 4, 1)
    assert equivalent(logic, remapped(logic, tmp_path)).equal


@needs_sat
def test_a_difference_in_one_row_of_many_is_found():
    # Parity of 40 inputs, and the same but for the row in which all of them are 1.
    names = [f"x{index}" for index in range(40)]
    nodes = [f"p1 {names[0]} {names[1]} 0110", f"a1 {names[0]} {names[1]} 0001"]
    for index in range(2, 40):
        nodes.append(f"p{index} p{index - 1} {names[index]} 0110")
        nodes.append(f"a{index} a{index - 1} {names[index]} 0001")
    one = circuit(" ".join(names), "y", *nodes, "y p39 01")
    other = circuit(" ".join(names), "y", *nodes, "y p39 a39 0110")
    found = equivalent(one, other)
    assert found.verdict == "different"
    assert found.counterexample is not None
    assert set(found.counterexample.inputs.values()) == {1}
    assert found.counterexample.outputs == {"y": (0, 1)}


@needs_sat
def test_what_takes_too_long_is_undecided():
    logic = to_logic(array_multiplier(16))
    swap = {**{f"a{i}": f"b{i}" for i in range(16)}, **{f"b{i}": f"a{i}" for i in range(16)}}
    nodes = tuple(
        replace(node, inputs=tuple(swap.get(name, name) for name in node.inputs))
        for node in logic.nodes
    )
    found = equivalent(logic, replace(logic, nodes=nodes), time_limit=1.0)
    assert found.verdict == "undecided"
    assert not found.equal
    assert found.method.startswith("SAT sweeping for 1 s, ")
    assert set(found.open) <= set(logic.outputs)
    assert "m16" in found.open


@needs_sat
def test_the_same_seed_gives_the_same_answer():
    one, other = (to_logic(adder(32)) for adder in (ripple_adder, lookahead_adder))
    answers = [equivalent(one, other, seed=3, method="sat") for _ in range(2)]
    assert answers[0] == answers[1]
    # Whichever is named first.
    assert equivalent(other, one, seed=3, method="sat") == answers[0]


@needs("yosys-abc")
def test_abc_proves_and_refutes_without_python_sat(monkeypatch):
    monkeypatch.setattr("chaoscad.verification.sat.find_spec", lambda name: None)
    one, other = (to_logic(adder(20)) for adder in (ripple_adder, lookahead_adder))
    # Names that no tool would take.
    odd = {name: f"{name} $()|;\n" for name in (*one.inputs, *one.outputs)}

    def renamed(logic: Logic) -> Logic:
        return Logic(
            "odd name",
            tuple(odd[name] for name in logic.inputs),
            tuple(odd[name] for name in logic.outputs),
            tuple(
                replace(
                    node,
                    name=odd.get(node.name, node.name),
                    inputs=tuple(odd.get(name, name) for name in node.inputs),
                )
                for node in logic.nodes
            ),
        )

    found = equivalent(renamed(one), renamed(other))
    assert found.equal
    assert found.method.endswith(" and ABC's combinational equivalence check")
    broken = changed(one, len(one.nodes) - 1)
    found = equivalent(renamed(broken), renamed(other), method="abc")
    assert found.verdict == "different"
    assert found.counterexample is not None
    assert found.counterexample.differing


def test_without_any_prover_both_are_named(monkeypatch):
    monkeypatch.setattr("chaoscad.verification.sat.find_spec", lambda name: None)
    monkeypatch.setenv("PATH", "/nowhere")
    inputs = " ".join(f"x{index}" for index in range(26))
    nodes = [f"n{index} x{index} x{index + 13} 0110" for index in range(13)]
    logic = circuit(
        inputs, "y", *nodes, "y " + " ".join(f"n{i}" for i in range(12)) + " " + "01" * 2048
    )
    deep = replace(
        logic,
        outputs=("z",),
        nodes=(*logic.nodes, LogicNode("z", ("y", "n12"), TruthTable("0110"))),
    )
    wide = replace(
        deep,
        nodes=(*deep.nodes[:-1], LogicNode("z", ("n12", "y"), TruthTable("0110"))),
    )
    with pytest.raises(ChaoscadError) as caught:
        equivalent(deep, wide)
    assert str(caught.value) == (
        "error: output 'z' takes a proof, and nothing that proves is installed: neither python-sat "
        "nor yosys-abc; pip install 'chaoscad[sat]', or install it (Debian: apt install yosys, which "
        "has yosys-abc)"
    )
    # What can be enumerated needs no prover.
    assert equivalent(AND, NANDS).equal


def test_too_many_inputs_for_an_enumeration_are_refused_when_it_is_asked_for():
    logic = to_logic(ripple_adder(16))
    with pytest.raises(ChaoscadError) as caught:
        equivalent(logic, logic, method="exhaustive")
    assert str(caught.value) == (
        "error: output 's12' depends on more than 24 inputs; rows of so many are not enumerated"
    )


def test_the_solver_is_loaded_only_when_it_is_needed():
    code = "import sys, chaoscad.verification; assert 'pysat' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.fixture(scope="module")
def design():
    text = (
        "chaoscad: 1\nname: adder\nsystem: logistic\ninputs: [a, b]\noutputs: [s, c]\n"
        "gates:\n  s: {inputs: [a, b], function: XOR}\n  c: {inputs: [a, b], function: AND}\n"
    )
    return chaoscad.optimize(chaoscad.parse(text)[0])


def test_a_design_is_what_its_gates_compute_not_what_they_declare(design):
    assert [node.function.rows for node in design_logic(design).nodes] == ["0110", "0001"]
    # A threshold above every value: the gate gives 0 whatever its declared function.
    gates = (with_changes(design.gates[0], threshold=2.0), *design.gates[1:])
    broken = replace(design, gates=gates)
    assert design_logic(broken).node("s").function.rows == "0000"
    assert Evidence(broken).logic == design_logic(broken)


def test_equal_gates_of_a_large_design_are_evaluated_once(design, monkeypatch):
    from chaoscad.verification import gates

    calls = []
    original = gates.orbit_rows

    def counted(readings):
        calls.extend(setpoint for setpoint, _ in readings)
        return original(readings)

    monkeypatch.setattr(gates, "orbit_rows", counted)
    xor, source = design.gates[0], design.netlist.gates[0]
    names = [f"g{index}" for index in range(3000)]
    netlist = replace(
        design.netlist,
        outputs=(names[-1],),
        gates=tuple(
            replace(source, name=name, inputs=("a", before))
            for name, before in zip(names, ["b", *names], strict=False)
        ),
        targets=(),
    )
    large = replace(
        design,
        netlist=netlist,
        gates=tuple(replace(xor, source=gate) for gate in netlist.gates),
    )
    evidence = Evidence(large)
    found = evidence.verification
    assert calls == [xor.setpoint]
    assert found.passed
    assert [verdict.name for verdict in found.gates] == names
    # An even number of exclusive ORs with a leaves b.
    assert equivalent(evidence.logic, circuit("a b", "g2999", "g2999 b 01")).equal
