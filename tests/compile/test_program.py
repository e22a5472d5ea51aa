"""The traced circuit against NumPy, and the size of what is lowered."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from chaoscad.compile import (
    bit_words,
    expected,
    look_up,
    lowest_of,
    plan_circuit,
    propagate,
    read_heads,
    row_bits,
    selected,
    states,
    straight_through,
    take,
    values,
)
from chaoscad.netlist import parse

MIXED = """
chaoscad: 1
inputs: [a, b, c]
outputs: [y, z]
gates:
  p: {inputs: [a, b], iterates: 2}
  q: {inputs: [c], system: tent}
  r: {inputs: [a, b, c], system: {name: logistic, a: 3.7}}
  s: {inputs: [p, q]}
  y: {inputs: [s, r, p], system: sine}
  z: {inputs: [q], iterates: 12, system: {name: logistic, a: 2.8}}
targets: {y: a ^ b ^ c, z: ~c}
"""


def circuit(seed: int = 0, trials: int = 4):
    netlist, _ = parse(MIXED)
    random = np.random.default_rng(seed)
    gates = len(netlist.gates)
    x0 = random.uniform(0.0, 0.3, (gates, trials)).astype(np.float32)
    delta = random.uniform(0.0, 0.2, (gates, 3, trials)).astype(np.float32)
    system = np.array([[gate.setting.values[0]] for gate in netlist.gates], np.float32)
    system = np.repeat(system[:, :, None], trials, axis=2)
    return netlist, plan_circuit(netlist), x0, delta, system


def test_states_are_lexicographic_sums():
    netlist, plan, x0, delta, _ = circuit()
    found = states(plan, jnp.asarray(x0), jnp.asarray(delta))
    for arity, table in found.items():
        for position, index in enumerate(plan.members(arity)):
            expected_states = x0[index] + row_bits(arity) @ delta[index, :arity]
            assert np.allclose(table[position], expected_states, atol=1e-6)
    assert sum(len(table) for table in found.values()) == len(netlist.gates)


def test_wide_gates_have_lexicographic_states_too():
    inputs = ", ".join(f"i{k}" for k in range(6))
    netlist, _ = parse(
        f"chaoscad: 1\ninputs: [{inputs}]\noutputs: [y]\n"
        f"gates: {{y: {{inputs: [{inputs}], function: AND}}}}"
    )
    plan = plan_circuit(netlist)
    delta = np.random.default_rng(0).uniform(size=(1, 6, 2)).astype(np.float32)
    x0 = np.zeros((1, 2), np.float32)
    found = states(plan, jnp.asarray(x0), jnp.asarray(delta))[6]
    assert np.allclose(found[0], row_bits(6) @ delta[0], atol=1e-6)


def test_values_are_those_of_the_systems():
    netlist, plan, x0, delta, system = circuit()
    tables = values(plan, *(jnp.asarray(array) for array in (x0, delta, system)))
    for arity, table in tables.items():
        for position, index in enumerate(plan.members(arity)):
            gate = netlist.gates[index]
            z = x0[index].astype(np.float64) + row_bits(arity) @ delta[index, :arity]
            exact = gate.setting.value(z, gate.iterates)
            assert np.allclose(table[position], exact, atol=1e-4)


def reference(netlist, plan, bits, inputs):
    """The circuit by plain Python look-ups: {net: value}, bits[arity][position][row]."""
    nets = dict(zip(netlist.inputs, inputs, strict=True))
    places = {
        index: (arity, position)
        for arity in plan.arities
        for position, index in enumerate(plan.members(arity))
    }
    for index, gate in enumerate(netlist.gates):
        arity, position = places[index]
        row = int("".join(str(int(nets[name])) for name in gate.inputs), 2)
        nets[gate.name] = int(bits[arity][position][row])
    return nets


@pytest.mark.parametrize("seed", range(5))
def test_look_ups_on_bits_and_on_words_agree_with_plain_python(seed: int):
    netlist, plan, *_ = circuit()
    random = np.random.default_rng(seed)
    trials = 3
    bits = {
        arity: random.random((len(plan.members(arity)), 1 << arity, trials)) < 0.5
        for arity in plan.arities
    }
    rows = row_bits(3).T
    numbers = {arity: jnp.asarray(table, jnp.float32) for arity, table in bits.items()}
    words = {arity: bit_words(jnp.asarray(table)) for arity, table in bits.items()}
    packed = np.array([[sum(int(bit) << r for r, bit in enumerate(column))] for column in rows])
    nets = np.asarray(propagate(plan, None, expected, numbers, jnp.asarray(rows, jnp.float32)))
    word_nets = np.asarray(propagate(plan, None, selected, words, jnp.asarray(packed, jnp.uint32)))
    heads = np.asarray(read_heads(plan, None, expected, numbers, jnp.asarray(nets)))
    for trial in range(trials):
        own = {arity: table[..., trial] for arity, table in bits.items()}
        for row in range(8):
            plain = reference(netlist, plan, own, rows[:, row])
            for index, gate in enumerate(netlist.gates):
                net = plan.net_of_gate[index]
                assert nets[net, row, trial] == plain[gate.name]
                assert int(word_nets[net, 0, trial]) >> row & 1 == plain[gate.name]
            for position, output in enumerate(plan.outputs):
                assert heads[position, row, trial] == plain[output]


def test_the_gradient_of_a_look_up_is_the_boolean_difference():
    table = jnp.asarray(np.random.default_rng(0).random((1, 8, 1)), jnp.float32)
    base = np.array([[[1.0]], [[0.0]], [[1.0]]], np.float32).reshape(1, 3, 1, 1)

    def output(bits):
        return look_up(expected, table, bits)[0, 0, 0]

    slope = np.asarray(jax.grad(output)(jnp.asarray(base)))[0, :, 0, 0]
    for index in range(3):
        low, high = base.copy(), base.copy()
        low[0, index], high[0, index] = 0, 1
        difference = output(jnp.asarray(high)) - output(jnp.asarray(low))
        assert slope[index] == pytest.approx(float(difference), abs=1e-6)


def test_straight_through_is_hard_forward_and_smooth_back():
    def f(x):
        return straight_through((x > 0).astype(x.dtype), jax.nn.sigmoid(x))

    assert float(f(jnp.asarray(0.3))) == 1.0
    assert float(jax.grad(f)(jnp.asarray(0.3))) == pytest.approx(0.2444583, abs=1e-6)


def layered(width: int, depth: int = 4) -> str:
    """A circuit of `depth` levels of `width` free gates each, seen at one output per gate."""
    lines = ["chaoscad: 1", "inputs: [a, b]"]
    outputs = [f"g{depth - 1}_{index}" for index in range(width)]
    lines += [f"outputs: [{', '.join(outputs)}]", "gates:"]
    for level in range(depth):
        for index in range(width):
            before = level - 1
            pair = (
                ("a", "b")
                if level == 0
                else (f"g{before}_{index}", f"g{before}_{(index + 1) % width}")
            )
            lines.append(f"  g{level}_{index}: {{inputs: [{pair[0]}, {pair[1]}]}}")
    lines.append("targets: {" + ", ".join(f"{name}: a ^ b" for name in outputs) + "}")
    return "\n".join(lines)


def lowered_lines(width: int, depth: int = 4) -> int:
    from chaoscad.solve.circuit import CircuitObjective
    from chaoscad.solve.model import CIRCUIT
    from chaoscad.solve.rows import training_rows
    from chaoscad.solve.slots import build_space
    from chaoscad.solve.space import spread, start

    netlist, _ = parse(layered(width, depth))
    plan = plan_circuit(netlist)
    space = build_space(netlist.gates, netlist.ties)
    assert CIRCUIT.loss is not None
    objective = CircuitObjective(plan, CIRCUIT.loss, CIRCUIT.steepness, CIRCUIT.relaxation)
    data = (spread([space], 1), training_rows(netlist, plan, 0).on_device(), {}, {}, None)
    raw = start(space, np.random.default_rng(0), 2)

    def total(parameters):
        return objective(parameters, data, jnp.asarray(0.5))[0].sum()

    return len(jax.jit(jax.grad(total)).lower(raw).as_text().splitlines())


def test_lowered_code_grows_with_depth_and_not_with_gates():
    sizes = {gates: lowered_lines(gates // 4) for gates in (64, 256, 1024)}
    assert max(sizes.values()) - min(sizes.values()) <= 0.02 * min(sizes.values())
    assert lowered_lines(16, depth=8) > 1.3 * sizes[64]


def test_take_reads_the_same_whatever_way_it_chooses():
    array = jnp.arange(40.0).reshape(20, 2)
    for places in ([*range(20)], [3, 3, 3], [5, 1], [*range(19, -1, -1)]):
        assert np.array_equal(take(array, places), np.asarray(array)[places])


def test_lowest_of_classes():
    found = np.asarray(lowest_of(jnp.asarray([[3.0], [1.0], [2.0]]), (0, 1, 0)))
    assert found.tolist() == [[2.0], [1.0]]
    everything = lowest_of(jnp.asarray([[3.0, 5.0], [1.0, 9.0]]), (0, 0))
    assert np.asarray(everything).tolist() == [[1.0, 5.0]]
