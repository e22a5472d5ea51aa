"""Maps and flows of a program's own, known by name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from chaoscad.errors import ChaoscadError
from chaoscad.netlist import parse, parse_data, to_data
from chaoscad.systems import SYSTEMS, Map, Parameter, register, setting
from tests.conftest import gate_text

RICKER = Map(
    name="ricker",
    title="Ricker map",
    formula="x*exp(r*(1 - x))",
    parameters=(Parameter("r", 2.6, 0.0, 3.0, "1", "growth rate"),),
    state=(0.0, 2.0),
    step=lambda xp, s, p: (s[0] * xp.exp(p["r"] * (1 - s[0])),),
    citation="W. E. Ricker, J. Fish. Res. Board Can. 11, 559 (1954)",
)


@pytest.fixture
def ricker() -> Iterator[Map]:
    yield register(RICKER)
    del SYSTEMS["ricker"]


def test_a_registered_system_stands_where_a_built_in_one_may(ricker):
    netlist, _ = parse(gate_text("function: XOR, system: {name: ricker, r: 2.7}"))
    assert netlist.gates[0].setting == setting("ricker", r=2.7)
    data = to_data(netlist)
    assert parse_data(data) == netlist
    del SYSTEMS["ricker"]
    with pytest.raises(ChaoscadError) as caught:
        parse_data(data)
    assert str(caught.value) == (
        "error: unknown system 'ricker'; chaoscad.systems.register makes one known that a program defines"
    )
    register(ricker)


@pytest.mark.parametrize(
    ("system", "message"),
    [
        (3, "a Map or a Flow is registered, not 3"),
        (
            replace(RICKER, name="lorenz"),
            "the map 'lorenz' cannot be registered: there is a built-in system lorenz; give yours "
            "another name",
        ),
        (
            replace(RICKER, coordinates=("x", "y")),
            "the map 'ricker' cannot be registered: start has 1 numbers for 2 coordinates",
        ),
        (
            replace(RICKER, step=lambda xp, s, p: s[0] * p["r"]),
            "'ricker' cannot be registered: of 1 coordinates in arrays of two numbers its step gives 2 "
            "results of the shapes [(), ()]",
        ),
        (
            replace(RICKER, step=lambda xp, s, p: (xp.arctan(s[0]),)),
            "'ricker' cannot be registered: its step uses arctan, which proofs and exports have not",
        ),
        (
            replace(RICKER, step=lambda xp, s, p: (xp.where(s[0] < 0.5, s[0], 1 - s[0]),)),
            "'ricker' cannot be registered: its step fails: TypeError: '<' not supported between instances "
            "of 'Jet' and 'float'",
        ),
        (
            replace(RICKER, step=lambda xp, s, p: (s[0] * p["q"],)),
            "'ricker' cannot be registered: its step fails: KeyError: 'q'",
        ),
    ],
)
def test_what_is_no_system_is_refused(system, message):
    with pytest.raises(ChaoscadError) as caught:
        register(system)
    assert str(caught.value) == f"error: {message}"
    assert "ricker" not in SYSTEMS
