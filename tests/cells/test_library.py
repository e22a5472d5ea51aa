"""The shipped library: what it offers, and that its cells are what they claim."""

from dataclasses import replace

import numpy as np
import pytest

from chaoscad.cells import Library, check, coverage, library, library_for
from chaoscad.cells.request import parse_function
from chaoscad.errors import ChaoscadError
from chaoscad.logic.truth import TruthTable
from chaoscad.netlist import parse
from chaoscad.verification.gates import gate_rows
from tests.conftest import gate_text


@pytest.fixture(autouse=True)
def no_cache_of_the_user(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def shipped() -> Library:
    found = library()
    assert found is not None
    return found


def margin_of(found: Library, cell) -> float:
    """The margin of a cell as the verification of designs computes it; every row must be sure."""
    rows = gate_rows(cell.setpoint, found.state)
    assert rows.in_range.all()
    assert not rows.unsure.any()
    return float(rows.margins(cell.function).min())


def every(arity: int) -> list[TruthTable]:
    length = 1 << arity
    return [TruthTable(format(index, f"0{length}b")) for index in range(1 << length)]


@pytest.mark.parametrize("compare", [None, ">", "<"])
def test_every_function_of_up_to_three_inputs_is_verified(shipped, compare):
    for arity in range(4):
        for table in every(arity):
            cell = shipped.fewest(table, 0.1, compare)
            assert cell is not None
            assert cell.function == table
            assert cell.setpoint.compare in (compare or "><")
            assert cell.margin >= 0.1
            assert margin_of(shipped, cell) == cell.margin


def test_a_sample_of_functions_of_four_inputs_is_verified(shipped):
    random = np.random.default_rng(1)
    for function in random.integers(1 << 16, size=150).tolist():
        table = TruthTable(format(function, "016b"))
        for iterates in shipped.iterates:
            cell = shipped.look_up(table, iterates)
            if cell is not None:
                assert cell.setpoint.iterates == iterates
                assert margin_of(shipped, cell) == cell.margin


@pytest.mark.usefixtures("untyped")
def test_the_whole_library_is_right(shipped):
    found = check(shipped)
    assert found.findings == ()
    assert found.functions > 150_000


def test_all_functions_of_four_inputs_are_one_gate_of_at_most_four_iterates(shipped):
    for compare, worst in ((None, 0.17), (">", 0.138)):
        figures = coverage(shipped, 0.1, compare)
        assert [item.iterates for item in figures] == [1, 2, 3, 4]
        assert figures[-1].covered == figures[-1].reached == 65_534
        assert figures[-1].worst is not None
        assert figures[-1].worst > worst
        assert sum(item.first for item in figures) == 65_534


@pytest.mark.parametrize(
    ("function", "compare", "best"),
    [
        ("AND", ">", 1 / 6),
        ("NOR", ">", 1 / 6),
        ("OR", ">", 4 / 9),
        ("NAND", ">", 4 / 9),
        ("AND", None, 4 / 9),
        ("NOR", "<", 4 / 9),
        ("XOR", ">", 0.5),
        ("XNOR", ">", 0.5),
        ("NOT", "<", 0.5),
        ("BUF", ">", 0.5),
        ("TRUE", ">", 1.0),
        ("FALSE", None, 1.0),
    ],
)
def test_one_iterate_has_the_margins_of_the_closed_forms(shipped, function, compare, best):
    cell = shipped.look_up(parse_function(function), 1, compare)
    assert cell is not None
    assert cell.margin == pytest.approx(best, abs=1e-9)


def test_open_rows_are_filled_so_that_the_margin_is_best(shipped):
    partial = TruthTable("0-1-0-01")
    cell = shipped.look_up(partial, 2, ">")
    assert cell is not None
    assert partial.agrees(cell.function.rows)
    completions = [table for table in every(3) if partial.agrees(table.rows)]
    assert len(completions) == 8
    found = [shipped.look_up(table, 2, ">") for table in completions]
    assert cell.margin == max(other.margin for other in found if other is not None)


def test_what_the_library_has_not_is_none(shipped):
    parity = parse_function("XOR4")
    assert shipped.look_up(parity, 1) is None
    assert shipped.look_up(parity, 9) is None
    assert shipped.fewest(parity, 0.9) is None
    assert shipped.look_up(parse_function("AND5"), 4) is None
    assert shipped.look_up(TruthTable("-" * 31 + "1"), 4) is None
    assert shipped.missing([parity, parse_function("AND5"), parity]) == [parse_function("AND5")]
    assert shipped.missing([parity], margin=0.9) == [parity]


def test_wide_functions_of_few_inputs_have_cells(shipped):
    table = parse_function("a & ~b | 0 & (c ^ d ^ e ^ f)")
    assert table.arity == 6
    cell = shipped.look_up(table, 1)
    assert cell is not None
    assert [weight != 0 for weight in cell.setpoint.delta] == [
        True,
        True,
        False,
        False,
        False,
        False,
    ]
    assert margin_of(shipped, cell) == cell.margin == pytest.approx(4 / 9, abs=1e-9)


def test_a_damaged_cell_is_found(shipped):
    def findings(rows: str, **change: float) -> tuple[str, ...]:
        damaged = {rows: replace(shipped.entries[1][rows], **change)}
        found = check(Library(shipped.setting, shipped.state, 2, {1: damaged}))
        assert not found.passed
        return found.findings

    assert findings("01", margin=0.4)[0] == (
        "01 with 1 iterate and compare '>': the margin is 0.5, not 0.4"
    )
    assert findings("0001", threshold=2.0)[0] == (
        "0001 with 1 iterate and compare '>': row 11 is not on its side of the threshold"
    )
    assert findings("01", x0=-0.25, margin=0.25)[0].startswith(
        "01 with 1 iterate and compare '>': "
    )
    alone = Library(shipped.setting, shipped.state, 2, {1: {"1000": shipped.entries[1]["0001"]}})
    text = "class 1000 with 1 iterate is not the representative of its class"
    assert text in check(alone).findings


@pytest.mark.parametrize(
    "options",
    [
        "function: AND, weights: shared",
        "function: AND, weights: independent, bounds: {x0: [0, 1]}",
        "function: AND, weights: independent, bounds: {state: [0, 0.9]}",
        "function: AND, weights: independent, fixed: {x0: 0}",
        "function: AND, weights: independent, train: {a: [3.9, 4]}",
        "function: AND, weights: independent, system: {name: logistic, a: 3.9}",
        "function: AND, weights: independent, system: tent",
    ],
)
def test_a_gate_that_is_restricted_has_no_library(options):
    assert library_for(parse(gate_text(options))[0].gates[0]) is None


def test_a_gate_that_is_free_has_the_library(shipped):
    gate = parse(gate_text("function: AND, weights: independent, iterates: 2"))[0].gates[0]
    assert library_for(gate) is shipped
    assert gate.function is not None
    assert shipped.look_up(gate.function, gate.iterates, gate.compare) is not None
    inverter = parse(gate_text("function: NOT, weights: shared", inputs="a"))[0].gates[0]
    assert library_for(inverter) is shipped


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("XOR", "0110"),
        ("AND3", "00000001"),
        ("b & a | c", "01010111"),
        ("TRUE", "1"),
        ("0--1", "0--1"),
        ("~`x y`", "10"),
    ],
)
def test_functions_are_read(text, rows):
    assert parse_function(text).rows == rows


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("XNAND", "function 'XNAND': there is no function of that name; did you mean 'NAND'?"),
        ("a & ", "function 'a & ': the expression ends where a name is expected (column 5)"),
        ("MUX4", "function 'MUX4': MUX takes exactly 3 inputs"),
        ("010", "function '010': a truth table has 2^k rows, not 3"),
        ("----", "function '----': the truth table has no row that matters"),
        (
            "AND7",
            "function 'AND7': it has 7 inputs; cells have at most 6; make it of several gates",
        ),
    ],
)
def test_functions_that_cannot_be_are_refused(text, message):
    with pytest.raises(ChaoscadError) as caught:
        parse_function(text)
    assert str(caught.value) == f"error: {message}"
