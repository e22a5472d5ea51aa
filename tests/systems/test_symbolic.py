"""The graph of a system's equations."""

from dataclasses import replace

import pytest

from chaoscad.systems import setting, user_map
from chaoscad.systems.symbolic import (
    Constant,
    Graph,
    NoForm,
    Operation,
    Symbol,
    computed,
    interpret,
    trace,
)


def with_step(step):
    chosen = setting("logistic")
    return replace(chosen, system=replace(chosen.system, step=step))


def test_a_step_is_traced_in_the_order_in_which_it_computes():
    assert trace(user_map("r*x*(1-x)", {"r": 3.5})) == Graph(
        (
            Symbol("state", "x"),
            Constant(3.5),
            Operation("multiply", (1, 0)),
            Constant(1.0),
            Operation("subtract", (3, 0)),
            Operation("multiply", (2, 4)),
        ),
        (5,),
    )


def test_a_named_parameter_stays_a_symbol_and_what_is_computed_once_is_one_node():
    def step(xp, state, parameters):
        turned = parameters["a"] * state[0]
        xp.sin(turned)
        return (turned - xp.floor(turned),)

    graph = trace(with_step(step), ["a"])
    assert graph.nodes[:3] == (
        Symbol("state", "x"),
        Symbol("parameter", "a"),
        Operation("multiply", (1, 0)),
    )
    assert graph.nodes[3:] == (
        Operation("sin", (2,)),
        Operation("floor", (2,)),
        Operation("subtract", (2, 4)),
    )
    assert graph.needed() == {0, 1, 2, 4, 5}
    symbols = {Symbol("state", "x"): 0.75, Symbol("parameter", "a"): 3.0}
    made = interpret(graph, symbols, lambda item, values: computed(item.name, values))
    assert made[5] == 0.25


def test_what_a_graph_has_not_is_named():
    with pytest.raises(NoForm, match=r"^round$"):
        trace(with_step(lambda xp, state, _: (xp.round(state[0]),)))
    with pytest.raises(NoForm, match=r"^a choice by the state$"):
        trace(with_step(lambda xp, state, _: (0.0 if state[0] < 0.5 else 1.0,)))


def test_numbers_without_a_real_value_are_nan():
    for name, numbers in (("divide", (1.0, 0.0)), ("power", (-8.0, 0.5)), ("log", (-1.0,))):
        assert repr(computed(name, numbers)) == "nan"
