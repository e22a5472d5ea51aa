"""The cells that fail least: the shipped ones stand the noise that was asked for, and are right."""

import json
from dataclasses import replace

import numpy as np
import pytest

from chaoscad.cells import (
    Library,
    check,
    dumps,
    library,
    loads,
    reached,
    tolerance_of,
    yield_libraries,
)
from chaoscad.cells.failures import Failures
from chaoscad.cells.request import parse_function
from chaoscad.cells.shelf import FOR_YIELD
from chaoscad.errors import ChaoscadError
from chaoscad.solve.cells.reaching import build_for
from chaoscad.systems import setting

LOGISTIC, UNIT = setting("logistic"), (0.0, 1.0)


@pytest.fixture(scope="module")
def shelf() -> Library:
    (found,) = yield_libraries(LOGISTIC, UNIT)
    return found


@pytest.fixture(scope="module")
def small() -> Library:
    sizes = {"x0": 0.01, "delta": 0.01, "threshold": 0.02, "a": "1 %"}
    stands = tolerance_of(LOGISTIC, tolerance=sizes)
    return build_for(LOGISTIC, UNIT, stands, inputs=2, iterates=[1, 2], restarts=2, workers=1)


def test_the_shipped_cells_stand_more_noise_than_those_of_the_best_margin(shelf):
    margin = library()
    assert margin is not None
    # The medians of the cells whose margin is at least 0.1 when only their threshold is moved.
    for iterates, wanted in ((1, 0.0257), (2, 0.0098), (3, 0.0036), (4, 0.0014)):
        chosen = margin.margins(4, iterates)[1:-1] >= 0.1
        reaches = shelf.merits(4, iterates)[1:-1]
        assert np.median(reaches[chosen]) > wanted
    # Every function has a cell, and most stand more with another n than that of the best margin.
    figures = reached(shelf)
    assert figures[-1].covered == sum(item.best for item in figures) == 65_534
    best = shelf.greatest(parse_function("0110100110010110"))
    assert best is not None
    assert best.reach is not None
    with_others = [shelf.look_up(best.function, count) for count in shelf.iterates]
    assert all(best.reach >= (one.reach or 0) for one in with_others if one is not None)


@pytest.mark.usefixtures("untyped")
def test_every_shipped_cell_is_right(shelf):
    found = check(shelf)
    assert found.findings == ()
    assert found.functions > 150_000


def test_the_shipped_file_is_as_it_would_be_written(shelf):
    text = (FOR_YIELD / "logistic_a4_noise.json").read_text()
    assert dumps(shelf) == text
    assert shelf.provenance["command"].endswith(
        "--build --inputs 4 --seed 0 --objective yield --noise state=1.0"
    )


def test_a_library_for_a_tolerance_is_built_by_any_number_of_workers_checked_and_read_back(small):
    assert set(small.entries[1]) == {"0", "1", "01", "0001", "0110", "0111"}
    assert check(small).passed
    assert loads(dumps(small)) == small
    asked = {"inputs": 2, "iterates": [1, 2], "restarts": 2, "workers": 2}
    assert dumps(build_for(LOGISTIC, UNIT, small.objective, **asked)) == dumps(small)
    # No cell of the best margin stands as much.
    margin = library()
    assert margin is not None
    assert small.objective is not None
    for iterates in (1, 2):
        failures = Failures(LOGISTIC, UNIT, iterates, small.objective)
        for name in ("AND", "XOR", "OR"):
            mine = small.look_up(parse_function(name), iterates, ">")
            other = margin.look_up(parse_function(name), iterates, ">")
            assert mine is not None
            assert other is not None
            assert mine.reach is not None
            assert mine.reach > 0.999 * failures.reach(other)


def test_a_reach_that_is_not_so_is_found(small):
    entry = small.entries[1]["0110"]
    assert entry.reach is not None
    entries = {1: {"0110": replace(entry, reach=1.01 * entry.reach)}}
    found = check(replace(small, entries=entries))
    text = f"class 0110 with 1 iterate: the reach is {entry.reach:.9g}, not {1.01 * entry.reach!r}"
    assert found.findings == (text,)


@pytest.mark.parametrize(
    ("objective", "message"),
    [
        ({"margin": 1}, "'objective' has the key 'yield', with a tolerance"),
        (
            {"yield": {"spread": {}}},
            "'objective.yield' has the keys tolerance, global, noise, objects of sizes",
        ),
        ({"yield": {"noise": {"state": [1]}}}, "'objective.yield': a size is a number, or a text"),
        ({"yield": {"noise": {"state": "1"}}}, "in 'objective': the noise state"),
        ({"yield": {}}, "in 'objective': the objective yield needs a tolerance or noise"),
    ],
)
def test_an_objective_that_is_none_is_refused(small, objective, message):
    data = json.loads(dumps(small))
    data["objective"] = objective
    with pytest.raises(ChaoscadError) as caught:
        loads(json.dumps(data), "mine.json")
    assert message.replace("in 'objective'", "in 'objective.yield'") in str(caught.value)
    assert str(caught.value).startswith("mine.json: error: ")


def test_sizes_in_per_cent_of_what_a_class_changes_are_refused():
    stands = tolerance_of(LOGISTIC, tolerance="2 %")
    with pytest.raises(ChaoscadError) as caught:
        build_for(LOGISTIC, UNIT, stands, inputs=1, iterates=[1])
    assert str(caught.value) == (
        "error: the tolerance 2 % of x0 is in per cent of its value; a cell serves every function of "
        "a class, by other values of x0 and delta; give an absolute size"
    )
