"""The search for cells: it reaches what is known, and keeps the range of the states."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from chaoscad.cells import Library, check, coverage, dumps
from chaoscad.cells.request import parse_function
from chaoscad.errors import ChaoscadError
from chaoscad.solve.cells.search import add, build, search
from chaoscad.systems import setting

UNIT = (0.0, 1.0)


def test_a_small_build_reaches_the_closed_forms_and_is_repeatable():
    found = build(setting("logistic"), UNIT, inputs=2, iterates=[1], restarts=4, seed=5)
    margins = {rows: entry.margin for rows, entry in found.entries[1].items()}
    assert margins == pytest.approx(
        {"0": 1, "1": 1, "01": 1 / 2, "0001": 1 / 6, "0110": 1 / 2, "0111": 4 / 9}, abs=1e-9
    )
    assert check(found).passed
    (figures,) = coverage(found)
    assert (figures.functions, figures.covered, figures.reached) == (14, 14, 14)
    assert figures.worst == pytest.approx(4 / 9, abs=1e-9)
    assert found.provenance["seed"] == 5
    again = build(setting("logistic"), UNIT, inputs=2, iterates=[1], restarts=4, seed=5)
    assert dumps(again) == dumps(found)


@pytest.mark.slow
def test_processes_build_the_same_library():
    asked = {"inputs": 2, "iterates": [1, 2], "restarts": 2}
    here = build(setting("logistic"), UNIT, **asked)
    assert dumps(build(setting("logistic"), UNIT, **asked, workers=2)) == dumps(here)


def test_states_stay_in_a_range_that_is_not_on_the_grid():
    state = (-0.7, 0.9)
    found = build(setting("cubic"), state, inputs=2, iterates=[2], restarts=1)
    assert {"01", "0001", "0110", "0111"} <= set(found.entries[2])
    assert check(found).passed


def test_functions_of_five_inputs_are_added_with_the_fewest_iterates_that_do():
    empty = Library(setting("logistic"), UNIT, 0, {})
    wide = [parse_function("AND5"), parse_function("a ^ b ^ c ^ d ^ e")]
    found, left = add(empty, wide, margin=0.05, restarts=2, iterates=[1, 3])
    assert left == []
    assert check(found).passed
    cells = [found.fewest(table, 0.05) for table in wide]
    assert [cell.setpoint.iterates for cell in cells if cell is not None] == [1, 3]
    assert found.missing([parse_function("NOR5"), parse_function("XNOR5")], 0.05) == []


def test_a_function_that_is_out_of_reach_is_left():
    empty = Library(setting("logistic"), UNIT, 0, {})
    parity = parse_function("XOR3")
    found, left = add(empty, [parity], margin=0.1, restarts=1, iterates=[1])
    assert left == [parity]
    assert found.entries == {}


def test_what_cannot_be_searched_is_refused():
    with pytest.raises(ChaoscadError) as caught:
        search(setting("lorenz"), (-20.0, 20.0), [parse_function("AND")], 1)
    assert str(caught.value) == (
        "error: the system lorenz is a flow; cells are made of maps; chaoscad optimize solves gates "
        "of flows"
    )
    with pytest.raises(ChaoscadError) as caught:
        build(setting("logistic"), (0.0, float("inf")))
    assert str(caught.value) == (
        "error: the range of states [0, inf] is not a finite range; give two numbers, the lower one "
        "first"
    )


def test_a_library_does_not_depend_on_the_threads_of_blas(tmp_path: Path):
    command = [sys.executable, "-m", "chaoscad", "cells", "--build", "--objective", "yield"]
    options = ["--noise", "state=1", "--iterates", "1", "--inputs", "2", "-o"]
    files = [tmp_path / f"{threads}.json" for threads in (1, 2)]
    for threads, file in enumerate(files, 1):
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": str(threads)}
        subprocess.run([*command, *options, str(file)], env=environment, check=True)
    assert files[0].read_bytes() == files[1].read_bytes()
