"""Generated circuits compute what they say, at every width, gate count and option."""

import random
from collections.abc import Callable
from math import isqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chaoscad.errors import ChaoscadError
from chaoscad.netlist import Netlist, dump, parse
from chaoscad.netlist.generators import (
    GENERATORS,
    alu,
    array_multiplier,
    barrel_shifter,
    comparator,
    decoder,
    generate,
    hypotenuse,
    lookahead_adder,
    multiplexer,
    parity,
    priority_encoder,
    random_circuit,
    ripple_adder,
)
from chaoscad.systems import setting


def words(netlist: Netlist, rows: list[dict[str, int]]) -> list[dict[str, int]]:
    """The outputs of every row, from its inputs: a gate's table is looked up row by row."""
    nets = {
        name: sum(row[name] << place for place, row in enumerate(rows)) for name in netlist.inputs
    }
    every = (1 << len(rows)) - 1
    for gate in netlist.gates:
        assert gate.function is not None
        word = 0
        for row, bit in enumerate(gate.function.rows):
            if bit == "1":
                term = every
                for place, name in enumerate(gate.inputs):
                    want = row >> (gate.arity - 1 - place) & 1
                    term &= nets[name] if want else ~nets[name]
                word |= term
        nets[gate.name] = word & every
    return [
        {name: nets[name] >> place & 1 for name in netlist.outputs} for place in range(len(rows))
    ]


def bits(name: str, width: int, value: int) -> dict[str, int]:
    return {f"{name}{index}": value >> index & 1 for index in range(width)}


def number(name: str, row: dict[str, int]) -> int:
    """The word whose bits are name0, name1, ..."""
    return sum(
        row[f"{name}{index}"] << index for index in range(len(row)) if f"{name}{index}" in row
    )


def pairs(width: int, width2: int | None = None, most: int = 300) -> list[tuple[int, int]]:
    """Every pair of operands where there are few, random ones and the corners otherwise."""
    high, high2 = 1 << width, 1 << (width if width2 is None else width2)
    if high * high2 <= 4096:
        return [(a, b) for a in range(high) for b in range(high2)]
    chance = random.Random(width)
    drawn = [(chance.randrange(high), chance.randrange(high2)) for _ in range(most)]
    corners = [(a, b) for a in (0, 1, high - 1) for b in (0, 1, high2 - 1)]
    return drawn + corners


@pytest.mark.parametrize("make", [ripple_adder, lookahead_adder])
@pytest.mark.parametrize("cin", [False, True])
@pytest.mark.parametrize("width", [1, 2, 3, 4, 5, 16, 33])
def test_adders_add(make: Callable[..., Netlist], cin: bool, width: int):
    netlist = make(width, cin=cin)
    cases = [(a, b, c) for a, b in pairs(width) for c in ((0, 1) if cin else (0,))]
    rows = [
        bits("a", width, a) | bits("b", width, b) | ({"cin": c} if cin else {}) for a, b, c in cases
    ]
    for (a, b, c), got in zip(cases, words(netlist, rows), strict=True):
        assert number("s", got) + (got["cout"] << width) == a + b + c


@pytest.mark.parametrize("width2", [1, 2, 3, 4, 9])
@pytest.mark.parametrize("width", [1, 2, 3, 4, 16])
def test_multipliers_multiply(width: int, width2: int):
    netlist = array_multiplier(width, width2)
    cases = pairs(width, width2)
    rows = [bits("a", width, a) | bits("b", width2, b) for a, b in cases]
    for (a, b), got in zip(cases, words(netlist, rows), strict=True):
        assert number("m", got) == a * b


@pytest.mark.parametrize("width", [2, 3, 4, 5, 24])
def test_hypotenuses_are_whole_roots_of_the_sum_of_squares(width: int):
    cases = pairs(width)
    rows = [bits("a", width, a) | bits("b", width, b) for a, b in cases]
    for (a, b), got in zip(cases, words(hypotenuse(width), rows), strict=True):
        assert number("h", got) == isqrt(a * a + b * b)


@pytest.mark.parametrize("width", [1, 2, 3, 5, 40])
def test_comparators_compare(width: int):
    cases = [*pairs(width), (7 % (1 << width),) * 2]
    rows = [bits("a", width, a) | bits("b", width, b) for a, b in cases]
    for (a, b), got in zip(cases, words(comparator(width), rows), strict=True):
        assert got == {"lt": int(a < b), "eq": int(a == b), "gt": int(a > b)}


@pytest.mark.parametrize("width", [1, 2, 3, 7, 50])
def test_parity_is_odd(width: int):
    cases = [a for a, _ in pairs(width, 1)]
    rows = [bits("a", width, a) for a in cases]
    assert [got["odd"] for got in words(parity(width), rows)] == [a.bit_count() & 1 for a in cases]


@pytest.mark.parametrize("width", [1, 2, 3, 4, 5, 7])
def test_one_line_of_a_decoder_is_1(width: int):
    rows = [bits("s", width, a) for a in range(1 << width)]
    for a, got in enumerate(words(decoder(width), rows)):
        assert number("y", got) == 1 << a


@pytest.mark.parametrize("width", [1, 2, 3, 6])
def test_multiplexers_choose(width: int):
    chance = random.Random(0)
    count = 1 << width
    cases = [(chance.randrange(1 << count), s) for s in range(count) for _ in range(8)]
    rows = [bits("d", count, d) | bits("s", width, s) for d, s in cases]
    for (d, s), got in zip(cases, words(multiplexer(width), rows), strict=True):
        assert got == {"y": d >> s & 1}


@pytest.mark.parametrize("width", [1, 2, 3, 4, 5, 8, 9, 33])
def test_priority_encoders_find_the_highest(width: int):
    cases = [0, *(1 << index for index in range(width)), *(a for a, _ in pairs(width, 1))]
    rows = [bits("r", width, a) for a in cases]
    for a, got in zip(cases, words(priority_encoder(width), rows), strict=True):
        assert got["valid"] == (a > 0)
        assert number("y", got) == max(a.bit_length() - 1, 0)


@pytest.mark.parametrize("direction", ["rotate", "left", "right"])
@pytest.mark.parametrize("width", [1, 2, 3, 5, 8, 24])
def test_barrel_shifters_move(width: int, direction: str):
    netlist = barrel_shifter(width, direction=direction)  # type: ignore[arg-type]
    stages = (width - 1).bit_length()
    every = (1 << width) - 1
    cases = [(d, s) for d, _ in pairs(width, 1, most=40) for s in range(1 << stages)]
    rows = [bits("d", width, d) | bits("s", stages, s) for d, s in cases]
    for (d, s), got in zip(cases, words(netlist, rows), strict=True):
        turn = s % width
        wanted = {
            "rotate": (d << turn | d >> (width - turn)) & every,
            "left": d << s & every,
            "right": d >> s,
        }
        assert number("y", got) == wanted[direction]


@pytest.mark.parametrize("width", [1, 2, 3, 16])
def test_the_alu_does_its_eight_operations(width: int):
    netlist = alu(width)
    every = (1 << width) - 1
    cases = [(a, b, op) for a, b in pairs(width) for op in range(8)]
    rows = [bits("a", width, a) | bits("b", width, b) | bits("op", 3, op) for a, b, op in cases]
    for (a, b, op), got in zip(cases, words(netlist, rows), strict=True):
        y = [a + b, a - b, a & b, a | b, a ^ b, ~(a | b), a, ~a][op] & every
        assert number("y", got) == y
        assert got["zero"] == (y == 0)
        assert got["cout"] == [a + b > every, a >= b, 0, 0, 0, 0, 0, 0][op]


def test_gate_counts_are_those_of_the_textbook():
    counts = {width: len(ripple_adder(width).gates) for width in (1, 2, 8, 64)}
    assert counts == {1: 2, 2: 7, 8: 37, 64: 317}
    assert len(ripple_adder(8, cin=True).gates) == 40
    assert len(array_multiplier(3).gates) == 30
    assert len(array_multiplier(16).gates) == 1408


def test_a_lookahead_adder_is_shallow():
    assert ripple_adder(64).depth == 126 + 1
    assert lookahead_adder(64).depth == 14


def test_names_are_those_of_the_textbook():
    netlist = ripple_adder(3)
    assert netlist.inputs == ("a0", "a1", "a2", "b0", "b1", "b2")
    assert netlist.outputs == ("s0", "s1", "s2", "cout")
    drawn = {gate.name: gate.inputs for gate in netlist.gates}
    assert drawn == {
        "s0": ("a0", "b0"),
        "c1": ("a0", "b0"),
        "p1": ("a1", "b1"),
        "g1": ("a1", "b1"),
        "s1": ("p1", "c1"),
        "t1": ("p1", "c1"),
        "c2": ("g1", "t1"),
        "p2": ("a2", "b2"),
        "g2": ("a2", "b2"),
        "s2": ("p2", "c2"),
        "t2": ("p2", "c2"),
        "cout": ("g2", "t2"),
    }


SMALL = {
    kind: range(GENERATORS[kind].least, 18 if GENERATORS[kind].most > 12 else 7)
    for kind in GENERATORS
}


@settings(max_examples=25)
@given(st.sampled_from(sorted(GENERATORS)), st.data())
def test_every_circuit_is_sound_with_two_inputs_a_gate_and_nothing_unused(kind, data):
    width = data.draw(st.sampled_from(SMALL[kind]))
    netlist = generate(kind, width)
    again, warnings = parse(dump(netlist))
    assert warnings == ()
    assert again == netlist
    assert all(gate.arity <= 2 and gate.function is not None for gate in netlist.gates)
    assert netlist.targets == ()


@settings(max_examples=40)
@given(st.integers(1, 64), st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1), st.booleans())
def test_adders_of_any_width_agree(width: int, a: int, b: int, cin: bool):
    a, b = a % (1 << width), b % (1 << width)
    row = bits("a", width, a) | bits("b", width, b) | ({"cin": 1} if cin else {})
    for make in (ripple_adder, lookahead_adder):
        (got,) = words(make(width, cin=cin), [row])
        assert number("s", got) + (got["cout"] << width) == a + b + cin


@settings(max_examples=30)
@given(st.integers(2, 40), st.integers(20, 120), st.integers(0, 5))
def test_random_circuits_use_everything(width: int, gates: int, seed: int):
    netlist = random_circuit(width, gates=gates, seed=seed)
    _, warnings = parse(dump(netlist))
    assert warnings == ()
    assert len(netlist.gates) == gates
    assert len(netlist.inputs) == width
    assert netlist == random_circuit(width, gates=gates, seed=seed)
    assert all(len(set(gate.inputs)) == 2 for gate in netlist.gates)
    if gates >= 3 * width:
        assert len(netlist.outputs) <= width // 2 + 1


def test_the_same_seed_gives_the_same_circuit_for_ever():
    netlist = random_circuit(4, gates=5, seed=1)
    assert netlist != random_circuit(4, gates=5, seed=2)
    drawn = [(gate.name, gate.inputs, str(gate.function)) for gate in netlist.gates]
    assert drawn == DRAWN


DRAWN = [
    ("n0", ("i0", "i3"), "1011"),
    ("n1", ("i1", "i2"), "0111"),
    ("n2", ("i3", "n0"), "0001"),
    ("n3", ("i0", "n1"), "0111"),
    ("n4", ("n2", "i0"), "0111"),
]


def test_options_reach_every_gate():
    netlist = ripple_adder(
        2, system=setting("logistic", a=3.9), iterates=2, weights="shared", free=True
    )
    for gate in netlist.gates:
        assert (gate.function, gate.iterates, gate.weights) == (None, 2, "shared")
        assert gate.setting.parameters == {"a": 3.9}
    assert {target.output for target in netlist.targets} == {"s0", "s1", "cout"}


@pytest.mark.parametrize("kind", sorted(GENERATORS))
def test_free_circuits_have_the_functions_of_the_given_ones_as_targets(kind: str):
    width = 4 if kind != "multiplexer" else 2
    given_, free = generate(kind, width), generate(kind, width, free=True)
    count = len(given_.inputs)
    chance = random.Random(1)
    rows = [{name: chance.randrange(2) for name in given_.inputs} for _ in range(200)]
    wanted = words(given_, rows)
    columns = {
        name: sum(row[name] << place for place, row in enumerate(rows)) for name in given_.inputs
    }
    assert len(free.targets) == len(given_.outputs)
    for target in free.targets:
        assert set(target.inputs) <= set(free.inputs)
        ones, care = target.evaluate(columns, 0)
        assert care == ~0
        for place, row in enumerate(wanted):
            assert ones >> place & 1 == row[target.output], (kind, count)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ripple_adder(0), "the width is 0, and must be from 1 to 4096"),
        (lambda: ripple_adder(5000), "the width is 5000, and must be from 1 to 4096"),
        (lambda: parity(2.5), "the width is 2.5, and must be a whole number"),  # type: ignore[arg-type]
        (
            lambda: array_multiplier(3, 0),
            "the width of b is 0, and must be from 1 to 128",
        ),
        (
            lambda: random_circuit(9, gates=4),
            "4 gates of two inputs cannot read 9 inputs; take 5 gates or more",
        ),
        (
            lambda: barrel_shifter(4, direction="lft"),  # type: ignore[arg-type]
            "there is no direction 'lft'; did you mean 'left'?",
        ),
        (
            lambda: generate("riple_adder", 4),
            "there is no circuit of kind 'riple_adder'; did you mean 'ripple_adder'?",
        ),
        (
            lambda: generate("decoder", 4, cin=True),
            "decoder has no option 'cin'; it belongs to ripple_adder, lookahead_adder",
        ),
        (
            lambda: parity(2, iterates=0),
            "gate 'odd' gets 0 iterates, and logistic takes 1 to 1000",
        ),
        (
            lambda: parity(2, iterates=2, system=setting("lorenz")),
            "gate 'odd' gets 2 iterates, and lorenz takes 1 iterate: it is a flow",
        ),
        (
            lambda: parity(2, weights="own"),  # type: ignore[typeddict-item]
            "there are no 'own' weights; they are independent or shared",
        ),
    ],
)
def test_what_cannot_be_generated_is_refused(call: Callable[[], Netlist], message: str):
    with pytest.raises(ChaoscadError) as caught:
        call()
    assert [str(item) for item in caught.value.diagnostics] == [f"error: {message}"]
