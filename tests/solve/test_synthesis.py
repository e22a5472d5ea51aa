"""Functions of free gates by exact search: solutions, the best margins, and proofs that there are none."""

import numpy as np
import pytest

from chaoscad.logic import TruthTable
from chaoscad.netlist import Netlist, parse
from chaoscad.netlist.generators import array_multiplier, ripple_adder
from chaoscad.solve.greatest import greatest_sum
from chaoscad.solve.probes import probes, reached_rows
from chaoscad.solve.synthesis import synthesise

LOGISTIC = {
    format(number, "04b"): (
        0.167
        if format(number, "04b").count("1") == 1
        else 0.444
        if number in (7, 11, 13, 14)
        else 0.5
    )
    for number in range(16)
}
"""Best margins of the logistic map in one iterate, for the comparator >."""


def search(netlist: Netlist, seed: int = 0, known=None, menu=LOGISTIC):
    known = known or {}
    free = [gate.name for gate in netlist.gates if gate.name not in known]
    checked = probes(netlist, seed)
    found = synthesise(netlist, known, dict.fromkeys(free, menu), checked, seed=seed)
    return found, checked


@pytest.mark.parametrize("seed", range(5))
def test_an_adder_is_found_from_its_outputs_with_the_best_margins(seed: int):
    netlist = ripple_adder(8, free=True)
    found, checked = search(netlist, seed)
    assert found.tables is not None
    assert not checked[0].wrong(checked[0].nets(found.tables)).any()
    assert (found.margin, found.best) == (0.444, True)
    assert set(found.tables) == {gate.name for gate in netlist.gates}


def test_a_multiplier_of_64_gates_is_found_from_its_outputs():
    found, checked = search(array_multiplier(4, free=True))
    assert found.tables is not None
    assert not checked[0].wrong(checked[0].nets(found.tables)).any()
    # Its first output is an AND, so no choice does better than that.
    assert (found.margin, found.best) == (0.167, True)


def test_that_no_functions_compute_the_targets_is_proven():
    netlist, _ = parse(
        "chaoscad: 1\ninputs: [a, b, c]\noutputs: [y]\n"
        "gates: {p: {inputs: [a, b]}, y: {inputs: [p, c]}}\ntargets: {y: MAJ}"
    )
    found, _ = search(netlist)
    assert found.tables is None
    assert found.impossible


def test_a_net_may_be_its_complement_where_no_reader_can_undo_that():
    netlist, _ = parse(
        "chaoscad: 1\ninputs: [a, b, c]\noutputs: [y]\n"
        "gates: {p: {inputs: [a, b]}, y: {inputs: [p, c]}}\ntargets: {y: ~(a & b) & c}"
    )
    # With shared weights AND is no AND of a complement.
    symmetric = {rows: 0.5 for rows in LOGISTIC if rows[1] == rows[2]}
    found, _ = search(netlist, menu=symmetric)
    assert found.tables is not None
    assert {name: one.rows for name, one in found.tables.items()} == {"p": "1110", "y": "0001"}


def test_margins_of_many_digits_are_no_reason_for_a_refusal():
    digits = 4.9999959246166194e-7
    menu = {rows: value + digits for rows, value in LOGISTIC.items()}
    found, _ = search(ripple_adder(8, free=True), menu=menu)
    assert (found.margin, found.best) == (0.444 + digits, True)
    found, _ = search(array_multiplier(2, free=True), menu=menu)
    assert (found.margin, found.best) == (0.167 + digits, True)


def test_functions_outside_the_menu_are_not_used():
    netlist, _ = parse(
        "chaoscad: 1\ninputs: [a, b]\noutputs: [y]\n"
        "gates: {p: {inputs: [a, b]}, q: {inputs: [a, p]}, r: {inputs: [b, p]}, "
        "y: {inputs: [q, r]}}\ntargets: {y: a ^ b}"
    )
    found, _ = search(netlist, menu={"1110": 0.444})
    assert found.tables == {name: TruthTable("1110") for name in ("p", "q", "r", "y")}
    found, _ = search(netlist, menu={"0001": 0.1, "0111": 0.4})
    assert found.impossible


def test_known_gates_stand():
    netlist, _ = parse(
        "chaoscad: 1\ninputs: [a, b, c]\noutputs: [y]\n"
        "gates: {p: {inputs: [a, b], function: NAND}, y: {inputs: [p, c]}}\n"
        "targets: {y: a & b & c}"
    )
    found, _ = search(netlist, known={"p": TruthTable("1110")})
    assert found.tables is not None
    assert found.tables["p"].rows == "1110"
    assert found.tables["y"].rows == "0100"


def test_barred_tables_are_not_taken():
    netlist, _ = parse(
        "chaoscad: 1\ninputs: [a, b]\noutputs: [y]\n"
        'gates: {y: {inputs: [a, b]}}\ntargets: {y: "01-1"}'
    )
    checked = probes(netlist, 0)
    found = synthesise(netlist, {}, {"y": None}, checked, barred={"y": {"0101"}})
    assert found.tables is not None
    assert found.tables["y"].rows == "0111"
    found = synthesise(netlist, {}, {"y": None}, checked, barred={"y": {"0101", "0111"}})
    assert found.impossible


def test_the_same_seed_finds_the_same():
    netlist = array_multiplier(3, free=True)
    assert search(netlist, 4)[0] == search(netlist, 4)[0]


def test_targets_of_few_inputs_are_checked_on_all_their_rows():
    netlist = ripple_adder(12, free=True)
    checked = probes(netlist, 0)
    assert [probe.exact for probe in checked].count(False) == 1
    exact = {
        wanted.target.output: probe for probe in checked if probe.exact for wanted in probe.wanted
    }
    assert set(exact) == {f"s{bit}" for bit in range(8)}
    assert len(exact["s7"].wanted[0].ones) == 2**16 // 64


def test_hard_rows_join_a_sample():
    netlist = ripple_adder(12, free=True)
    row = dict.fromkeys(netlist.inputs, 1)
    sampled = next(probe for probe in probes(netlist, 0, [row]) if not probe.exact)
    rows = 64 * len(sampled.wanted[0].ones)
    assert sampled.row(rows - 1) == row
    assert rows == 64 * 1025


def test_local_rows_that_never_occur_are_told():
    netlist, _ = parse(
        "chaoscad: 1\ninputs: [a, b]\noutputs: [y]\n"
        "gates: {p: {inputs: [a, b]}, q: {inputs: [a, b]}, y: {inputs: [p, q]}}\n"
        "targets: {y: a ^ b}"
    )
    tables = {"p": TruthTable("0001"), "q": TruthTable("0111"), "y": TruthTable("0110")}
    reached = reached_rows(netlist, tables, probes(netlist, 0))
    assert reached == {"p": "1111", "q": "1111", "y": "1101"}
    assert np.array_equal(
        probes(netlist, 0)[0].wrong(probes(netlist, 0)[0].nets(tables)), [False] * 64
    )


def test_levels_between_those_asked_for_first_are_asked_for_too():
    netlist, _ = parse(
        "chaoscad: 1\ninputs: [a, b]\noutputs: [y]\ngates: {y: {inputs: [a, b]}}\n"
        'targets: {y: "01--"}'
    )
    # Of fifteen levels six are asked for first: 0.2 is found, 0.35 refuted.
    menu = {format(number, "04b"): (16 - number) / 20 for number in range(1, 16)}
    found = synthesise(netlist, {}, {"y": menu}, probes(netlist, 0))
    assert found.tables == {"y": TruthTable("0100")}
    assert (found.margin, found.best) == (12 / 20, True)


def test_of_the_greatest_least_margin_the_greatest_sum_is_taken():
    # The first output is an AND, whose margin nothing raises; the others can still be NANDs.
    netlist = array_multiplier(2, free=True)
    found, checked = search(netlist)
    menus = dict.fromkeys((gate.name for gate in netlist.gates), LOGISTIC)
    best = greatest_sum(netlist, {}, menus, checked, found.margin, barred={})
    assert best is not None
    assert found.tables is not None
    assert not checked[0].wrong(checked[0].nets(best)).any()
    margins = sorted(LOGISTIC[table.rows] for table in best.values())
    assert margins == [0.167, 0.444, 0.444, 0.444, 0.444, 0.5, 0.5, 0.5]
    wide = array_multiplier(4, free=True)
    menus = dict.fromkeys((gate.name for gate in wide.gates), LOGISTIC)
    assert greatest_sum(wide, {}, menus, checked, 0.0, barred={}) is None
