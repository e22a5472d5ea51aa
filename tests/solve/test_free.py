"""How free gates get their functions: by training, by exact search, output by output."""

from dataclasses import replace

import pytest

from chaoscad.gate import Setpoint
from chaoscad.logic import TruthTable
from chaoscad.netlist import load, parse
from chaoscad.netlist.generators import array_multiplier, ripple_adder
from chaoscad.solve import CIRCUIT, GATES, GateSolution, Settings, Verdict
from chaoscad.solve.circuit import hold
from chaoscad.solve.gates import solve_problems
from chaoscad.solve.menu import menus
from chaoscad.solve.probes import probes
from chaoscad.solve.problem import problem
from chaoscad.solve.slots import build_space
from chaoscad.solve.staged import search_staged
from chaoscad.workflow import optimize, run
from tests.conftest import ROOT

QUICK = replace(CIRCUIT, restarts=128)


@pytest.mark.parametrize("seed", range(3))
def test_an_adder_of_37_free_gates_is_designed_from_its_outputs(seed: int):
    result = run(ripple_adder(8, free=True), seed=seed)
    assert result.design.solved
    assert result.verification.rows == 65536
    assert result.verification.worst_margin == pytest.approx(4 / 9, rel=1e-9)
    first, second = result.solution.stages
    assert first.name.startswith("exact search, 37 gates")
    assert first.outcome == "A solution was found; no other tables have a better least margin."
    assert second.name == "cell library"


def test_an_adder_is_trained_output_by_output():
    netlist = ripple_adder(2, free=True)
    found = search_staged(netlist, {}, probes(netlist, 0), QUICK, seed=0)
    assert found.tables is not None
    checked = probes(netlist, 0)[0]
    assert not checked.wrong(checked.nets(found.tables)).any()
    names = [stage.name.split(", round")[0] for stage in found.stages]
    assert list(dict.fromkeys(names)) == [
        "output s0, 1 gates",
        "output s1, 3 gates",
        "output cout, 3 gates",
    ]


def test_outputs_are_searched_one_after_the_other():
    netlist = array_multiplier(3, free=True)
    menu = {format(number, "04b"): 0.5 for number in range(16)}
    checked = probes(netlist, 0)
    found = search_staged(
        netlist,
        {},
        checked,
        QUICK,
        seed=0,
        menus=dict.fromkeys((gate.name for gate in netlist.gates), menu),
    )
    assert found.tables is not None
    assert not checked[0].wrong(checked[0].nets(found.tables)).any()
    assert {stage.name.split(", ")[2] for stage in found.stages} == {"exact search"}


def test_a_stage_that_settled_gates_make_impossible_goes_back():
    # p may be found as a, which is enough for y, and too little for z.
    netlist, _ = parse(
        "chaoscad: 1\ninputs: [a, b, c]\noutputs: [y, z]\n"
        "gates: {p: {inputs: [a, b]}, y: {inputs: [p, a]}, q: {inputs: [p, c]}, z: {inputs: [q]}}\n"
        "targets: {y: a, z: a & b & c}"
    )
    for seed in range(3):
        found = search_staged(netlist, {}, probes(netlist, seed), QUICK, seed=seed)
        assert found.tables is not None
        assert found.tables["p"].rows in ("0001", "1110")


def test_a_search_that_finds_nothing_names_the_output():
    netlist, _ = parse(
        "chaoscad: 1\ninputs: [a, b, c]\noutputs: [y, z]\n"
        "gates: {p: {inputs: [a, b]}, y: {inputs: [p, c]}, z: {inputs: [a, b]}}\n"
        "targets: {y: MAJ, z: a}"
    )
    search = replace(QUICK, steps=100, rounds=1)
    found = search_staged(netlist, {}, probes(netlist, 0), search, seed=0)
    assert (found.tables, found.failed) == (None, "y")


def test_wiring_that_cannot_do_it_is_proven_so():
    netlist, _ = parse(
        "chaoscad: 1\ninputs: [a, b, c]\noutputs: [y]\n"
        "gates: {p: {inputs: [a, b]}, y: {inputs: [p, c]}}\ntargets: {y: MAJ}"
    )
    result = run(netlist, settings=Settings(method="sat"))
    assert result.solution.verdict is Verdict.WIRING
    assert not result.design.solved


def test_training_that_fails_is_followed_by_exact_search():
    netlist = load(ROOT / "netlists" / "full_adder.yaml")
    hopeless = replace(CIRCUIT, steps=1, restarts=8, rounds=1)
    result = run(netlist, settings=Settings(circuit=hopeless))
    assert result.design.solved
    names = [stage.name for stage in result.solution.stages]
    assert names[0] == "circuit, round 1"
    assert names[1].startswith("exact search, 5 gates")
    assert names[2] == "cell library"
    gradient = run(netlist, settings=Settings(circuit=hopeless, method="gradient"))
    assert not gradient.design.solved


def test_gates_of_known_function_are_looked_up_unless_a_search_is_asked_for():
    netlist = load(ROOT / "netlists" / "full_adder_two_gates.yaml")
    netlist = netlist.map_gates(lambda gate: replace(gate, weights="independent"))
    usual = run(netlist)
    assert [stage.name for stage in usual.solution.stages] == ["cell library"]
    for settings in (Settings(look_up=False), Settings(gates=replace(GATES, restarts=64))):
        trained = run(netlist, settings=settings)
        assert {stage.name for stage in trained.solution.stages} == {"gates"}
        for gate in trained.design.gates:
            assert usual.design.gate(gate.name).margin >= gate.margin - 1e-6


def test_gates_with_bounds_of_their_own_are_not_looked_up():
    netlist, _ = parse(
        "chaoscad: 1\ninputs: [a, b]\noutputs: [y]\n"
        "gates: {y: {inputs: [a, b], function: OR, bounds: {x0: [0.0, 0.2]}}}"
    )
    result = run(netlist)
    assert result.design.solved
    assert "cell library" not in [stage.name for stage in result.solution.stages]


def test_other_systems_are_searched_with_what_their_gates_are_found_to_do():
    text = "chaoscad: 1\nsystem: tent\ninputs: [a, b, cin]\noutputs: [sum, cout]\n"
    text += "gates: {p: {inputs: [a, b]}, g: {inputs: [a, b]}, sum: {inputs: [p, cin]}, "
    text += "t: {inputs: [p, cin]}, cout: {inputs: [g, t]}}\n"
    text += "targets: {sum: a ^ b ^ cin, cout: a & b | cin & (a ^ b)}"
    result = run(parse(text)[0], settings=Settings(method="sat"))
    assert result.design.solved
    assert result.solution.stages[0].name == "functions of a gate with 2 inputs"


def test_the_same_seed_gives_the_same_design():
    netlist = array_multiplier(3, free=True)
    assert optimize(netlist, seed=1) == optimize(netlist, seed=1)


def test_a_declared_gate_at_the_end_of_its_range_is_no_conflict_by_rounding():
    text = """chaoscad: 1
inputs: [a, b]
outputs: [y, n]
gates:
  n: {inputs: [a, b], function: NOR, weights: shared, system: {map: "r*x*(1-x)", parameters: {r: 3.9}}}
  y: {inputs: [a, n], system: logistic}
targets: {y: a | b}
"""
    netlist = parse(text)[0]
    # 2/3 and twice 1/6 are more than 1 in float64, so the sum of the held gate leaves [0, 1].
    own = Setpoint(netlist.gates[0].setting, 1, 0.6666666666666667, (1 / 6 + 1e-16,) * 2, 0.7, ">")
    held = hold(netlist.gates[0], GateSolution(own, TruthTable("1000")))
    assert held.fixed["x0"] == (own.x0,)
    build_space([held, netlist.gates[1]], ())


def test_a_menu_holds_every_function_with_the_margin_of_its_own_search():
    # Functions that differ by exchanged or complemented inputs are searched once.
    gate = parse("chaoscad: 1\nsystem: tent\ninputs: [a, b]\noutputs: [y]\n"
                 "gates: {y: {inputs: [a, b], function: AND}}")[0].gates[0]  # fmt: skip
    offered, stages = menus([gate], GATES, seed=0, look_up=False)
    menu = offered["y"]
    assert menu is not None
    assert sum(stage.problems for stage in stages) == 6
    assert len(menu) == 16
    for rows in ("0100", "1101", "1010", "0110"):
        item = problem([gate], [TruthTable(rows)], [])
        own = solve_problems([item], GATES, seed=0)[0][item]
        assert menu[rows] == pytest.approx(own.margin[0], abs=1e-3)


def test_a_circuit_is_trained_first_where_its_gates_abilities_take_training():
    netlist, _ = parse(
        "chaoscad: 1\nsystem: {name: logistic, a: 3}\ninputs: [a, b]\noutputs: [y]\n"
        "gates: {p: {inputs: [a, b], train: {a: [2, 4]}}, y: {inputs: [p, b]}}\ntargets: {y: a & ~b}"
    )
    trained = run(netlist, settings=Settings(circuit=QUICK))
    assert trained.design.solved
    assert trained.solution.stages[0].name == "circuit, round 1"
