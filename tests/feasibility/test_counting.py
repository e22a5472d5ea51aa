"""How many functions an element can have at most: the counts, what they rest on, and what they prove."""

import numpy as np
import pytest

from chaoscad.feasibility import refuted
from chaoscad.feasibility.counting import most_functions
from chaoscad.systems import setting
from tests.feasibility.test_families import EVERY, SYMMETRIC, family

PERIODS = {"tent": 2.0, "bernoulli": 1.0}


def functions(name: str, iterates: int, weights: np.ndarray, levels: np.ndarray) -> set[int]:
    """All functions along x0 with any of the thresholds, by plain NumPy."""
    bits = (np.arange(1 << len(weights))[:, None] >> np.arange(len(weights))) & 1
    shift = bits @ weights
    x0 = np.linspace(-shift.min(), 1 - shift.max(), 4001)
    value = setting(name).value(np.clip(x0 + shift[:, None], 0, 1), iterates)
    codes = (value > levels[:, None, None]).transpose(0, 2, 1) @ (1 << np.arange(len(shift)))
    return set(np.unique(codes).tolist())


@pytest.mark.parametrize("name", PERIODS)
@pytest.mark.parametrize("iterates", [1, 2, 5])
def test_the_iterates_have_the_period_that_the_proof_rests_on(name, iterates):
    z = np.arange(2**12 + 1) / 2**12
    unit = PERIODS[name] * 2.0**-iterates
    share = z / unit % 1
    once = 1 - np.abs(1 - 2 * share) if name == "tent" else share
    # Powers of 2 are exact in float64.
    assert np.array_equal(setting(name).value(z, iterates), once)


@pytest.mark.parametrize("name", ["tent", "bernoulli", "logistic", "sine"])
@pytest.mark.parametrize(("inputs", "iterates"), [(1, 2), (2, 1), (2, 3), (3, 2)])
def test_no_drawn_hardware_has_more_functions_than_are_counted(name, inputs, iterates):
    random = np.random.default_rng(inputs)
    one, rows = setting(name), 1 << inputs
    alone = most_functions(one, (0.0, 1.0), iterates, rows, "x0")
    both = most_functions(one, (0.0, 1.0), iterates, rows, "x0,threshold")
    assert alone is not None
    for _ in range(40):
        weights = random.uniform(-1, 1, inputs) / inputs * 10 ** random.uniform(-1, 0)
        levels = random.uniform(0, 1, 6)
        each = [functions(name, iterates, weights, level[None]) for level in levels]
        assert max(map(len, each)) <= alone.count
        if both is not None:
            assert len(set().union(*each)) <= both.count
    assert (both is None) == (name in ("logistic", "sine"))


def test_more_functions_than_the_tent_map_has_are_proven_impossible_after_any_iterates():
    proof = (
        "16 functions are more than 8: F of the tent map has the period 2^(1 - n) after n iterates and "
        "lies above a threshold on one interval of each, so that the 4 states cross its ends at most 8 "
        "times as x0 turns them"
    )
    for iterates in (1, 9):
        found = refuted(family(EVERY, options=f"system: tent, iterates: {iterates}"))
        assert (found.verdict, found.upper, found.reason) == ("infeasible", 0.0, proof)
    shared = "system: tent, weights: shared, iterates: 4"
    assert refuted(family(SYMMETRIC, options=shared)).reason.startswith(
        "8 functions are more than 6: "
    )
    both = family(EVERY, ("x0", "threshold"), "system: tent, iterates: 3")
    assert refuted(both).reason.startswith("16 functions are more than 14: ")
    # The complement by the other comparator is the same function of the values.
    turned = {f"g{number}": "compare: '<'" for number in range(8, 16)}
    mixed = family(EVERY, options="system: tent, iterates: 3", each=turned)
    assert len({table.rows for table in mixed.wanted[:8]}) == 8
    assert refuted(mixed) is None


def test_few_laps_are_too_few_for_all_functions():
    assert refuted(family(EVERY, options="iterates: 1")).reason == (
        "16 functions are more than 9: F of the logistic map has at most 2 laps, so that the 4 states "
        "cross the threshold at most 8 times along x0"
    )
    assert refuted(family(EVERY, options="iterates: 2")) is None
    # A flatter tent, and states outside of the range, do not repeat themselves.
    assert refuted(family(EVERY, options="system: {name: tent, mu: 1.9}, iterates: 4")) is None
    wide = "system: tent, iterates: 4, bounds: {state: [-1, 2]}"
    assert refuted(family(EVERY, options=wide)) is None
