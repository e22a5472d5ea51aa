"""Free gates from the targets of their circuit."""

from dataclasses import replace

import pytest

from chaoscad.compile import plan_circuit
from chaoscad.netlist import load, parse
from chaoscad.solve import CIRCUIT, Settings, Verdict, solve
from chaoscad.solve.rows import training_rows
from chaoscad.verification import verify
from chaoscad.workflow import optimize, run
from tests.conftest import ROOT


def gallery(name: str):
    return load(ROOT / "netlists" / f"{name}.yaml")


@pytest.mark.parametrize("seed", range(3))
def test_a_full_adder_of_free_gates_is_found_from_its_outputs(seed: int):
    design = optimize(gallery("full_adder"), seed=seed)
    verification = verify(design)
    assert design.solved
    assert verification.passed
    assert verification.rows == 8
    assert verification.worst_margin > 0.3


def test_rows_that_never_occur_are_left_open():
    design = optimize(gallery("full_adder"), seed=0)
    assert any("-" in gate.function.rows for gate in design.gates)


def test_straight_through_solves_too():
    settings = Settings(circuit=replace(CIRCUIT, relaxation="straight-through"))
    assert optimize(gallery("xnor_of_nands"), seed=0, settings=settings).solved


def test_declared_gates_stand_as_declared():
    design = optimize(gallery("full_adder_mixed"), seed=0)
    assert design.gate("g").function.rows == "0001"
    assert design.gate("g").margin == pytest.approx(1 / 6, rel=1e-6)
    assert design.solved


def test_targets_may_have_dont_cares():
    netlist, _ = parse(
        "chaoscad: 1\ninputs: [a, b]\noutputs: [y]\n"
        'gates: {p: {inputs: [a, b]}, y: {inputs: [p, b]}}\ntargets: {y: "01-0"}'
    )
    result = run(netlist)
    assert result.design.solved
    rows = training_rows(netlist, plan_circuit(netlist), 0)
    assert rows.inputs.shape == (2, 3)


def test_a_free_gate_tied_to_a_declared_one_is_trained_with_it():
    netlist, _ = parse(
        "chaoscad: 1\ndefaults: {weights: shared}\ninputs: [a, b]\noutputs: [y, z]\n"
        "gates:\n  y: {inputs: [a, b]}\n  z: {inputs: [a, b], function: OR}\n"
        "targets: {y: a & b}\ntie: [{parameter: delta, gates: [y, z]}]"
    )
    design = optimize(netlist, seed=0)
    assert design.solved
    assert design.gate("y").delta == design.gate("z").delta


def test_a_target_that_no_setting_reaches_is_reported_as_such():
    netlist, _ = parse(
        "chaoscad: 1\ndefaults: {weights: shared}\ninputs: [a, b]\noutputs: [y]\n"
        "gates: {y: {inputs: [a, b]}}\ntargets: {y: XNOR}"
    )
    small = replace(CIRCUIT, restarts=32, steps=200, rounds=2)
    result = run(netlist, settings=Settings(circuit=small))
    assert result.solution.verdict is Verdict.IMPOSSIBLE
    settings = Settings(circuit=small, method="gradient")
    result = run(netlist, settings=settings)
    assert result.solution.verdict is Verdict.TARGETS
    assert not result.design.solved
    assert result.verification.wrong_rows > 0
    assert [stage.name for stage in result.solution.stages] == [
        "circuit, round 1",
        "circuit, round 2",
    ]


def test_a_declared_gate_that_fails_is_named_before_the_circuit_is_trained():
    netlist, _ = parse(
        "chaoscad: 1\ndefaults: {weights: shared}\ninputs: [a, b]\noutputs: [y]\n"
        "gates: {n: {inputs: [a, b], function: XNOR}, y: {inputs: [n]}}\ntargets: {y: XOR}"
    )
    solution = solve(netlist)
    assert solution.verdict is Verdict.INFEASIBLE
    assert solution.unsolved == ("n",)
    assert set(solution.gates) == {"n", "y"}
    assert solution.stages == ()
    assert solution.infeasible["n"].upper < 1e-4
    assert solution.infeasible["n"].remedies == (
        "weights: independent",
        "iterates: 2",
        'compare: "<"',
    )


def test_functions_that_contradict_the_targets_are_caught():
    netlist, _ = parse(
        "chaoscad: 1\ninputs: [a, b]\noutputs: [y]\n"
        "gates: {y: {inputs: [a, b], function: OR}}\ntargets: {y: XOR}"
    )
    result = run(netlist)
    assert not result.design.solved
    assert result.verification.wrong_rows == 1
    assert result.verification.examples[0].outputs == {"y": (1, 0)}


def test_large_tables_are_sampled_and_verified_whole():
    def majority(a: str, b: str, c: str) -> str:
        return f"({a} & {b} | {c} & ({a} | {b}))"

    inputs = [f"i{index}" for index in range(12)]
    triples = [inputs[first : first + 3] for first in (0, 3, 6, 9)]
    gates = [
        f"  m{index}: {{inputs: [{', '.join(three)}], function: MAJ}}"
        for index, three in enumerate(triples)
    ]
    gates.append("  n: {inputs: [m0, m1, m2], function: MAJ}")
    gates.append("  y: {inputs: [n, m3]}")
    inner = majority(*(majority(*three) for three in triples[:3]))
    netlist, _ = parse(
        f"chaoscad: 1\ninputs: [{', '.join(inputs)}]\noutputs: [y]\ngates:\n"
        + "\n".join(gates)
        + f"\ntargets: {{y: {inner} ^ {majority(*triples[3])}}}"
    )
    rows = training_rows(netlist, plan_circuit(netlist), 0)
    assert not rows.exhaustive
    assert rows.inputs.shape == (12, 1024)
    result = run(netlist, settings=Settings(circuit=replace(CIRCUIT, steps=250)))
    assert result.design.solved
    assert result.verification.rows == 1 << 12
    assert result.design.gate("y").function.rows == "0110"


def test_random_starts_are_reproducible():
    first, second = (optimize(gallery("mux2"), seed=5) for _ in range(2))
    assert first == second
