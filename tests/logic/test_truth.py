import itertools

import pytest

from chaoscad.logic.truth import NAMED, TruthTable, from_column, input_column, title

PYTHON = {
    "AND": lambda bits: all(bits),
    "OR": lambda bits: any(bits),
    "NAND": lambda bits: not all(bits),
    "NOR": lambda bits: not any(bits),
    "XOR": lambda bits: sum(bits) % 2 == 1,
    "XNOR": lambda bits: sum(bits) % 2 == 0,
    "NOT": lambda bits: not bits[0],
    "BUF": lambda bits: bool(bits[0]),
    "MAJ": lambda bits: sum(bits) > len(bits) / 2,
    "MUX": lambda bits: bool(bits[2] if bits[0] else bits[1]),
}


@pytest.mark.parametrize(
    ("name", "arity"),
    [(name, arity) for name in NAMED for arity in range(1, 10) if NAMED[name].accepts(arity)],
)
def test_named_functions_are_what_their_names_say(name: str, arity: int):
    function = NAMED[name]
    rows = itertools.product((0, 1), repeat=arity)
    assert function.table(arity).rows == "".join(str(int(PYTHON[name](row))) for row in rows)


def test_every_named_function_has_an_arity():
    for function in NAMED.values():
        assert any(function.accepts(arity) for arity in range(1, 5))


def test_the_first_input_is_the_most_significant():
    assert from_column(input_column(0, 2), 2).rows == "0011"
    assert from_column(input_column(1, 2), 2).rows == "0101"


@pytest.mark.parametrize("rows", ["", "011", "01x0", "0 1 "])
def test_tables_that_are_none_are_refused(rows: str):
    with pytest.raises(ValueError, match="truth table"):
        TruthTable(rows)


def test_a_complement_keeps_the_dont_cares():
    assert TruthTable("01-0").complement() == TruthTable("10-1")


def test_dont_cares_agree_with_everything():
    assert TruthTable("01--").agrees("0110")
    assert not TruthTable("01--").agrees("0010")


def test_titles():
    assert title(TruthTable("0110")) == "XOR"
    assert title(TruthTable("00010111")) == "MAJ3"
    assert title(TruthTable("0000")) == "FALSE"
    assert title(TruthTable("01-0")) == "01-0"
