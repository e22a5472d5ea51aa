"""Circuits as graphs of nets: what the program asks agrees with networkx, on a circuit of thousands."""

from __future__ import annotations

import networkx
import pytest

from chaoscad.logic import Cycle, Logic, LogicNode, TruthTable, by_level
from chaoscad.logic.graph import arrows, classes, cone, levels, members, supports
from chaoscad.netlist import load
from chaoscad.netlist.generators import array_multiplier
from tests.conftest import ROOT


def node(name: str, *inputs: str) -> LogicNode:
    return LogicNode(name, inputs, TruthTable("01" * (1 << len(inputs) >> 1) or "1"))


def test_a_netlist_is_a_graph_of_its_nets():
    netlist = load(ROOT / "netlists" / "full_adder.yaml")
    graph = netlist.graph()
    assert list(graph) == ["a", "b", "cin", "p", "g", "sum", "t", "cout"]
    assert graph.nodes["a"] == {"kind": "input", "level": 0, "output": False}
    assert graph.nodes["cout"] == {
        "kind": "gate",
        "level": 3,
        "output": True,
        "gate": netlist.gate("cout"),
    }
    assert dict(graph["p"]) == {"sum": {"pins": (0,)}, "t": {"pins": (0,)}}
    assert graph.out_degree("cin") == 2
    assert networkx.ancestors(graph, "sum") == {"a", "b", "cin", "p"}


def test_an_edge_knows_every_pin_that_reads_the_net():
    logic = Logic("twice", ("a", "b"), ("y", "a"), (node("y", "a", "b", "a"),))
    graph = logic.graph()
    assert list(graph.edges(data="pins")) == [("a", "y", (0, 2)), ("b", "y", (1,))]
    assert graph.nodes["a"]["output"]
    assert graph.nodes["y"]["gate"] is logic.node("y")


def test_levels_cones_and_supports_are_those_of_networkx():
    netlist = array_multiplier(16)
    graph = netlist.graph()
    generations = {
        net: level
        for level, nets in enumerate(networkx.topological_generations(graph))
        for net in nets
    }
    assert dict(graph.nodes(data="level")) == generations
    assert levels(netlist.drivers) == {gate.name: generations[gate.name] for gate in netlist.gates}
    assert netlist.depth == networkx.dag_longest_path_length(graph)
    masks = supports(netlist.drivers, netlist.inputs)
    for output in netlist.outputs[::10]:
        above = networkx.ancestors(graph, output) | {output}
        assert cone(netlist.drivers, [output]) == above - set(netlist.inputs)
        assert set(members(masks[output], netlist.inputs)) == above & set(netlist.inputs)


def test_a_cycle_is_a_path_from_the_net_that_stands_first():
    with pytest.raises(Cycle, match=r"^q -> r -> s -> q$"):
        by_level([node("p", "a"), node("q", "s"), node("r", "q", "p"), node("s", "r")])


def test_a_long_path_is_shortened_in_the_middle():
    assert arrows("abc") == "a -> b -> c"
    assert (
        arrows([*"abcdefghijklm"]) == "a -> b -> c -> d -> e -> f -> ... -> i -> j -> k -> l -> m"
    )


def test_nets_stand_by_level_in_the_order_given():
    given = [node("z", "y"), node("b", "i"), node("y", "b"), node("a", "i"), node("one")]
    assert [item.name for item in by_level(given)] == ["b", "a", "one", "y", "z"]


def test_constants_stand_at_the_start_of_a_path():
    nodes = (node("one"), node("y", "one"))
    assert Logic("constant", ("a",), ("one",), nodes).depth == 0
    assert Logic("constant", ("a",), ("y",), nodes).depth == 1


def test_classes_are_numbered_by_their_first_items():
    assert classes("abcdef", []) == {"a": 0, "b": 1, "c": 2, "d": 3, "e": 4, "f": 5}
    links = [("f", "b"), ("d", "c"), ("b", "d"), ("e", "e")]
    assert classes("abcdef", links) == {"a": 0, "b": 1, "c": 1, "d": 1, "e": 2, "f": 1}
