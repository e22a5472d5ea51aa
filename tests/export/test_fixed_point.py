"""Maps and gates in integers: the formulas, their tables, and the golden widths."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaoscad.errors import ChaoscadError
from chaoscad.evidence import Evidence
from chaoscad.fixed_point.form import Form, Rounding, bits, to_grid
from chaoscad.fixed_point.lowering import MOST_SEGMENTS, form
from chaoscad.fixed_point.orbits import ESCAPED, integer_bits, iterated, orbits, rounded
from chaoscad.systems import setting
from chaoscad.systems.maps import MAPS
from chaoscad.systems.user import user_map
from tests.export.designs import on_system
from tests.export.family import GOLDEN, iterate_family


def made(
    name: str, fraction_bits: int, rounding: Rounding = "truncate", **parameters: float
) -> Form:
    chosen = setting(name, **parameters)
    return form(chosen, fraction_bits, rounding, domain=chosen.system.state)


FORMULAS = {
    "logistic": lambda x, s, f: (4 * x * (s - x)) >> f,
    "tent": lambda x, s, f: 2 * min(x, s - x),
    "cubic": lambda x, s, f: (to_grid(1.5 * 3**0.5, f) * x * (s * s - x * x)) >> (3 * f),
    "chebyshev": lambda x, s, f: (8 * x**4 - 8 * x * x * s * s + s**4) >> (3 * f),
    "quadratic": lambda x, s, f: (x * x - 2 * s * s) >> f,
    "bernoulli": lambda x, s, f: (2 * x) % s,
}
"""Every map of one coordinate that has an exact form: x in steps of 1/s, s = 2^f."""


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize("fraction_bits", [2, 5, 11, 20])
def test_a_polynomial_map_is_computed_exactly_and_truncated_once(name: str, fraction_bits: int):
    found = made(name, fraction_bits)
    scale = 1 << fraction_bits
    low, high = setting(name).system.state
    states = np.linspace(low * scale, high * scale, 101).astype(int).tolist()
    assert found.kind == "exact"
    wanted = [FORMULAS[name](state, scale, fraction_bits) for state in states]
    assert [found.step((state,))[0] for state in states] == wanted
    assert iterated([states], 1, found)[1][0] == tuple(wanted)


def test_maps_of_two_coordinates_are_exact_too():
    scale, a, b = 1 << 10, to_grid(1.4, 10), to_grid(0.3, 10)
    x, y = 517, -201
    wanted = ((scale**3 - a * x * x + y * scale * scale) >> 20, (b * x) >> 10)
    assert made("henon", 10).step((x, y)) == wanted
    a, b = to_grid(1.7, 10), to_grid(0.5, 10)
    wanted = ((scale * scale - a * abs(x) + y * scale) >> 10, (b * x) >> 10)
    assert made("lozi", 10).step((x, y)) == wanted
    assert made("lozi", 10).step((-x, y))[0] == wanted[0]


def test_nearest_takes_halves_up_and_truncation_goes_down():
    # 3.9 * 0.25 * 0.75 is 0.73125: 11.7 sixteenths; 3.9 is 62 sixteenths.
    assert made("logistic", 4, a=3.9).step((4,)) == ((62 * 4 * 12) >> 8,)
    assert made("logistic", 4, "nearest", a=3.9).step((4,)) == ((62 * 4 * 12 + 128) >> 8,)
    assert made("quadratic", 2, c=0.0).step((-3,)) == (2,)
    assert made("quadratic", 2, "nearest", c=0.0).step((-3,)) == (2,)
    assert made("cubic", 2, r=1.0).step((-1,)) == (-1,)
    assert made("cubic", 2, "nearest", r=1.0).step((-2,)) == (-1,)


@pytest.mark.parametrize("name", ["sine", "gauss"])
def test_other_maps_are_tables_of_every_state_where_these_are_few(name: str):
    chosen = setting(name)
    found = made(name, 6)
    low, high = (int(end * 64) for end in chosen.system.state)
    states = list(range(low, high + 1))
    assert found.kind == "table"
    assert len(found.tables) == 1
    values = chosen.value(np.array(states) / 64)
    assert iterated([states], 1, found)[1][0] == tuple(round(value * 64) for value in values)


@pytest.mark.parametrize("name", ["sine", "gauss", "circle"])
def test_longer_tables_have_straight_lines_between_their_entries(name: str):
    chosen = setting(name)
    found = made(name, 14)
    assert len(found.tables) == 2
    assert MOST_SEGMENTS / 2 < len(found.tables[0]) <= MOST_SEGMENTS + 1
    states = np.arange(3, 1 << 14, 7)
    exact = chosen.value(states / 2**14) * 2**14
    got = np.array(iterated([states.tolist()], 1, found)[1][0])
    off = np.abs(got - exact)
    if name == "circle":
        off = np.minimum(off, 2**14 - off)
    assert off.max() < 2.5


def test_states_beyond_a_table_count_as_its_ends():
    found = made("sine", 6)
    assert found.step((-5,)) == found.step((0,)) == (0,)
    assert found.step((70,)) == found.step((64,))


def test_users_polynomials_are_exact_and_their_other_maps_tables():
    polynomial = user_map("r*x**2*(1 - x/2) + maximum(x, 0.25)", {"r": 1.5})
    found = form(polynomial, 4, domain=(0.0, 1.0))
    assert found.kind == "exact"
    x, s = 6, 16
    exact = 1.5 * (x / s) ** 2 * (1 - x / s / 2) + max(x / s, 0.25)
    assert found.step((x,)) == (int(exact * s),)
    for text in ("exp(x) - 1", "1/(1 + x)", "x**0.5", "x**-1 - x"):
        assert form(user_map(text, {}), 4, domain=(0.25, 1.0)).kind == "table"


def test_a_product_that_is_too_wide_becomes_a_table():
    assert made("chebyshev", 16, k=8.0).kind == "exact"
    assert made("chebyshev", 24, k=8.0).kind == "table"
    assert form(user_map("x**16*x**16", {}), 24, domain=(0.0, 1.0)).kind == "table"


def test_a_map_without_a_value_is_refused():
    message = "error: the map user has no value at 0, within its states"
    with pytest.raises(ChaoscadError, match=f"^{message}$"):
        form(user_map("log(x)", {}), 4, domain=(0.0, 1.0))


@given(
    st.sampled_from([system.name for system in MAPS]),
    st.integers(2, 24),
    st.sampled_from(["truncate", "nearest"]),
    st.lists(st.floats(0, 1), min_size=2, max_size=2),
)
def test_arrays_equal_python_s_integers_and_ranges_hold_them(name, fraction_bits, rounding, where):
    chosen = setting(name)
    low, high = chosen.system.state
    found = made(name, fraction_bits, rounding)
    scale = 1 << fraction_bits
    state = [round((low + share * (high - low)) * scale) for share in where]
    start = [state[index : index + 1] for index in range(len(chosen.system.coordinates))]
    values = tuple(item[0] for item in start)
    orbit = iterated(start, 3, found)
    for after in orbit[1:]:
        ranges = found.ranges([(value, value) for value in values])
        values = found.step(values)
        assert tuple(item[0] for item in after) == values
        for place, value in zip(found.results, values, strict=True):
            assert ranges[place][0] <= value <= ranges[place][1]


def test_widths_of_ranges():
    assert [bits(item) for item in ((0, 0), (0, 1), (-1, 0), (-2, 1), (0, 127), (-129, 0))] == [
        1,
        2,
        1,
        2,
        8,
        9,
    ]


LEAST_FROM = {"I1": 3, "I2": 3, "I3": 4, "I4": 4, "I5": 8}


def test_the_iterate_family_needs_the_golden_widths():
    design = iterate_family()
    right = {gate["id"]: set() for gate in GOLDEN}
    for width in range(2, 25):
        found = orbits(Evidence(design), width)
        for golden, gate in zip(GOLDEN, design.gates, strict=True):
            if found[gate.name].table == golden["expected"]:
                right[golden["id"]].add(width)
    for name, least in LEAST_FROM.items():
        odd = {5} if name == "I5" else set()
        assert right[name] == set(range(least, 25)) | odd
    assert not {6, 7} & right["I5"]


def test_parameters_go_to_the_nearest_point_and_states_are_sums_of_integers():
    gate = iterate_family().gates[0]
    words = rounded(gate.setpoint, 4)
    assert (words.x0, words.delta, words.threshold, words.below) == (5, (4, 4), 12, False)
    assert words.states == (5, 9, 9, 13)


def test_a_tie_is_never_a_one_and_margins_are_told_in_halves():
    below, above = on_system("tent", (0.0, 1.0), compare="<"), on_system("tent", (0.0, 1.0))
    for design, sign in ((above, 1), (below, -1)):
        found = next(iter(orbits(Evidence(design), 8).values()))
        for value, bit in zip(found.values, found.bits, strict=True):
            assert bit == (sign * (value - found.words.threshold) > 0)
        assert found.margin(found.table) == min(
            abs(sign * (value - found.words.threshold) - 0.5) for value in found.values
        )
        wrong = "".join("0" if bit == "1" else "1" for bit in found.table)
        assert found.margin(wrong) < 0
        assert found.margin("----") == float("inf")


def test_integer_bits_hold_every_iterate():
    design = on_system("quadratic", (-2.0, 2.0))
    found = list(orbits(Evidence(design), 6).values())
    low, high = found[0].range
    assert integer_bits(found, 6) == 2 if max(high, -low - 1) >= 128 else 1


def test_orbits_that_escape_are_held_and_never_right():
    # 41 sixteenths: the logistic map squares what is beyond 1 at every iterate.
    step = made("logistic", 4)
    orbit = iterated([[41, 3]], 60, step)
    assert orbit[-1][0][0] == -ESCAPED
    assert 0 <= orbit[-1][0][1] <= 16
    design = on_system("logistic", (0.0, 1.0))
    found = next(iter(orbits(Evidence(design), 4).values()))
    escaped = replace(found, orbit=((found.words.states,), ((-ESCAPED, 3, 3, 16),)))
    assert escaped.margin(escaped.table) == float("-inf")
