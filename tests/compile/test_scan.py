"""The scan over levels against the levels written out, and the size of what is lowered."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from chaoscad.compile import (
    bit_words,
    compile_circuit,
    expected,
    plan_circuit,
    plan_scan,
    propagate,
    read_heads,
    selected,
)
from chaoscad.netlist import Netlist, parse
from chaoscad.solve.circuit import CircuitObjective
from chaoscad.solve.model import CIRCUIT
from chaoscad.solve.rows import training_rows
from chaoscad.solve.slots import build_space
from chaoscad.solve.space import spread, start
from tests.compile.test_program import MIXED, layered

# Twelve iterates at a = 2.8 reach the fixed point from everywhere: equal values have no one gradient.
SMOOTH = MIXED.replace("iterates: 12, system: {name: logistic, a: 2.8}", "iterates: 3")


def objective_of(netlist: Netlist, compiler: str):
    """Loss and gradient of the training objective, as a function of raw parameters."""
    plan, topology = plan_scan(netlist) if compiler == "scan" else (plan_circuit(netlist), None)
    space = build_space(netlist.gates, netlist.ties)
    assert CIRCUIT.loss is not None
    objective = CircuitObjective(plan, CIRCUIT.loss, CIRCUIT.steepness, CIRCUIT.relaxation)
    rows = training_rows(netlist, plan, 0).on_device()
    data = (spread([space], 1), rows, {}, {}, topology)
    raw = start(space, np.random.default_rng(0), 3)

    def total(parameters, given):
        loss, evaluation = objective(parameters, given, jnp.asarray(0.5))
        return loss.sum(), (loss, evaluation.score)

    return jax.value_and_grad(total, has_aux=True), raw, data


@pytest.mark.parametrize("text", [SMOOTH, layered(6, 5)], ids=["mixed", "layered"])
def test_scan_and_levels_give_equal_losses_and_gradients(text: str):
    netlist, _ = parse(text)
    found = {}
    for compiler in ("levels", "scan"):
        function, raw, data = objective_of(netlist, compiler)
        (_, (loss, score)), gradient = jax.jit(function)(raw, data)
        found[compiler] = (loss, score, gradient)
    loss, score, gradient = found["levels"]
    assert np.allclose(loss, found["scan"][0], rtol=1e-5)
    assert np.array_equal(score, found["scan"][1])
    for one, other in zip(gradient, found["scan"][2], strict=True):
        assert np.allclose(one, other, rtol=1e-4, atol=1e-6)
    assert all(np.abs(part).max() > 0 for part in gradient[:3])


def test_scan_and_levels_give_equal_nets_and_words():
    netlist, _ = parse(MIXED)
    random = np.random.default_rng(1)
    bits = {1: random.random((2, 2, 5)) < 0.5, 2: random.random((2, 4, 5)) < 0.5}
    bits[3] = random.random((2, 8, 5)) < 0.5
    numbers = {arity: jnp.asarray(table, jnp.float32) for arity, table in bits.items()}
    words = {arity: bit_words(jnp.asarray(table)) for arity, table in bits.items()}
    rows = random.random((3, 32)) < 0.5
    packed = np.packbits(rows, axis=1, bitorder="little").view("<u4").astype(np.uint32)
    found = {}
    for compiler in (plan_circuit, plan_scan):
        made = compiler(netlist)
        plan, topology = made if isinstance(made, tuple) else (made, None)
        nets = propagate(plan, topology, expected, numbers, jnp.asarray(rows, jnp.float32))
        in_words = propagate(plan, topology, selected, words, jnp.asarray(packed))
        places = list(plan.net_of_gate)
        heads = read_heads(plan, topology, expected, numbers, nets)
        found[compiler] = [np.asarray(item) for item in (nets[jnp.asarray(places)], heads)]
        found[compiler].append(np.asarray(in_words)[places])
    for one, other in zip(found[plan_circuit], found[plan_scan], strict=True):
        assert np.array_equal(one, other)


def test_a_step_of_the_scan_reads_only_earlier_ones():
    netlist, _ = parse(layered(7, 9))
    plan, topology = plan_scan(netlist)
    assert plan.scan is not None
    width, inputs = plan.scan.width, len(netlist.inputs)
    for step, (sources, gates) in enumerate(
        zip(np.asarray(topology.sources), np.asarray(topology.gates), strict=True)
    ):
        used = gates < len(netlist.gates)
        assert (sources[used] < inputs + step * width).all()
    assert sorted(np.asarray(topology.gates)[np.asarray(topology.gates) < 63]) == list(range(63))


def test_lowered_code_of_the_scan_does_not_grow():
    sizes = []
    for width, depth in ((16, 4), (32, 8), (64, 16), (64, 64)):
        function, raw, data = objective_of(parse(layered(width, depth))[0], "scan")
        sizes.append(len(jax.jit(function).lower(raw, data).as_text().splitlines()))
    assert len(set(sizes)) == 1


def test_circuits_of_one_shape_share_one_program():
    one, _ = parse(layered(6, 5))
    other, _ = parse(
        layered(6, 5).replace("g1_2: {inputs: [g0_2, g0_3]}", "g1_2: {inputs: [g0_0, g0_5]}")
    )
    assert one != other
    first, second = plan_scan(one), plan_scan(other)
    assert first[0] == second[0]
    assert hash(first[0]) == hash(second[0])
    assert not np.array_equal(first[1].sources, second[1].sources)
    traced = []

    @jax.jit
    def nets(topology, tables):
        traced.append(1)
        return propagate(first[0], topology, expected, tables, jnp.zeros((2, 4)))

    tables = {2: jnp.ones((30, 4, 1))}
    nets(first[1], tables)
    nets(second[1], tables)
    assert len(traced) == 1


def test_the_compiler_is_chosen_by_depth_and_size():
    assert compile_circuit(parse(layered(4, 3))[0])[1] is None
    assert compile_circuit(parse(layered(4, 16))[0])[1] is not None
    assert compile_circuit(parse(layered(128, 2))[0])[1] is not None
