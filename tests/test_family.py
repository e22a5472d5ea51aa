"""Families: gates that are one piece of hardware."""

from chaoscad.family import Family
from chaoscad.netlist import Tie, TruthTable, parse

TEXT = """
chaoscad: 1
inputs: [a, b]
outputs: [p, q, r]
defaults: {weights: independent}
gates:
  p: {inputs: [a, b], function: AND}
  q: {inputs: [a, b], function: XOR}
  r: {inputs: [a, b], function: OR}
"""


def test_ties_of_every_weight_make_a_family_and_what_is_not_tied_is_a_control() -> None:
    gates = parse(TEXT)[0].gates
    wanted = [gate.function or TruthTable("0000") for gate in gates]
    names = ("p", "q", "r")
    family = Family.of(gates, wanted, [Tie("delta", names), Tie("threshold", ("p", "r"))])
    assert family is not None
    assert family.x0 == (0, 1, 2)
    assert family.delta == (0, 0, 0)
    assert family.threshold == (0, 1, 0)
    assert family.controls == ("x0", "threshold")


def test_gates_with_weights_of_their_own_are_no_family() -> None:
    gates = parse(TEXT)[0].gates
    wanted = [gate.function or TruthTable("0000") for gate in gates]
    assert Family.of(gates, wanted, [Tie("delta", ("p", "q"))]) is None
    assert Family.of(gates[:1], wanted[:1], []) is None
