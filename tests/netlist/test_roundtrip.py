"""A netlist written out and read again is the same netlist."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaoscad.netlist import (
    Bounds,
    Gate,
    Netlist,
    TruthTable,
    dump,
    load,
    parse,
    parse_data,
    to_data,
)
from chaoscad.systems import setting, user_map
from tests.conftest import ROOT

net_names = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs",)), min_size=1, max_size=12
)
numbers = st.floats(-10, 10, allow_nan=False)


@st.composite
def netlists(draw) -> Netlist:
    """Chains of gates with any names, options and numbers."""
    names = draw(st.lists(net_names, min_size=3, max_size=8, unique=True))
    count = draw(st.integers(1, 2))
    inputs, gate_names = names[:count], names[count:]
    gates: list[Gate] = []
    driven = list(inputs)
    for name in gate_names:
        arity = draw(st.integers(1, 3))
        own = (
            driven[-1],
            *draw(st.lists(st.sampled_from(driven), min_size=arity - 1, max_size=arity - 1)),
        )
        rows = draw(st.text("01-", min_size=1 << arity, max_size=1 << arity))
        if set(rows) == {"-"}:
            rows = "1" + rows[1:]
        system = draw(
            st.sampled_from(
                [setting("logistic", a=3.7), setting("cubic"), user_map("r*x*(1-x)", {"r": 3.5})]
            )
        )
        low = draw(st.floats(-5, -1, allow_nan=False))
        gates.append(
            Gate(
                name=name,
                inputs=own,
                function=TruthTable(rows),
                setting=system,
                iterates=draw(st.integers(1, 9)),
                weights=draw(st.sampled_from(["shared", "independent"])),
                compare=draw(st.sampled_from([">", "<"])),
                bounds=Bounds(state=(low, draw(st.sampled_from([5.5, float("inf")])))),
                fixed=draw(st.sampled_from([{}, {"x0": (0.25,)}, {"threshold": (1 / 3,)}])),
            )
        )
        driven.append(name)
    return Netlist("generated", "", tuple(inputs), (gate_names[-1],), tuple(gates))


@given(netlists())
def test_any_netlist_survives(netlist: Netlist):
    text = dump(netlist)
    json.loads(text)
    again, _ = parse(text)
    assert again == netlist
    assert dump(again) == text
    assert parse_data(json.loads(json.dumps(to_data(netlist)))) == netlist


@pytest.mark.parametrize(
    "path", sorted((ROOT / "netlists").glob("*.yaml")), ids=lambda path: path.stem
)
def test_the_gallery_survives(path: Path):
    netlist = load(path)
    again, _ = parse(dump(netlist))
    assert again == netlist


def test_the_written_form_has_every_default():
    netlist, _ = parse(
        "chaoscad: 1\ninputs: [a]\noutputs: [y]\ngates: {y: {inputs: [a], function: NOT}}"
    )
    assert to_data(netlist)["gates"]["y"] == {
        "inputs": ["a"],
        "function": "10",
        "system": {"name": "logistic", "parameters": {"a": 4.0}},
        "iterates": 1,
        "weights": "independent",
        "compare": ">",
        "bounds": {"state": [0.0, 1.0]},
    }
