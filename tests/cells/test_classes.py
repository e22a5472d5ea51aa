"""Classes of functions under permutation and complement of the inputs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaoscad.cells import Transform, canonical, orbits, representatives, support
from chaoscad.logic.truth import TruthTable

tables = st.integers(0, 6).flatmap(
    lambda arity: st.text("01", min_size=1 << arity, max_size=1 << arity).map(TruthTable)
)


def test_the_classes_of_up_to_four_inputs_are_those_of_the_literature():
    assert [len(orbits(arity)) for arity in range(5)] == [2, 3, 6, 22, 402]
    # With the complement of the output, the number that logic synthesis knows.
    found = representatives(4)
    assert len(np.unique(np.minimum(found, found[::-1]))) == 222
    assert sum(count for _, count in orbits(4)) == 65_536


def test_the_tabulated_representatives_are_those_found_one_by_one():
    for arity in (2, 3, 4):
        for function in range(0, 1 << (1 << arity), 97 if arity == 4 else 1):
            rows = format(function, f"0{1 << arity}b")
            table = TruthTable(rows)
            if len(support(table)) == arity:
                least = int(representatives(arity)[function])
                assert canonical(table)[0].rows == format(least, f"0{1 << arity}b")


@given(tables)
def test_a_transform_leads_from_the_representative_to_the_function(table):
    representative, transform = canonical(table)
    assert representative.arity == len(support(table))
    assert canonical(representative)[0] == representative
    for row in range(len(table.rows)):
        bits = [(row >> (table.arity - 1 - place)) & 1 for place in range(table.arity)]
        inner = 0
        for place, flip in zip(transform.places, transform.flipped, strict=True):
            inner = 2 * inner + (bits[place] ^ flip)
        assert representative.rows[inner] == table.rows[row]


@given(tables, st.data())
def test_a_transformed_setting_has_the_same_states_to_the_last_bit(table, data):
    _, transform = canonical(table)
    step = 2.0**-40
    whole = st.integers(0, 2**40 // 8)
    x0 = data.draw(whole) * step
    delta = tuple(data.draw(whole) * step for _ in transform.places)
    moved_x0, moved = transform.apply(x0, delta)
    assert transform.undo(moved_x0, moved) == (x0, delta)
    for row in range(1 << table.arity):
        bits = [(row >> (table.arity - 1 - place)) & 1 for place in range(table.arity)]
        state, expected = moved_x0, x0
        for weight, bit in zip(moved, bits, strict=True):
            state += weight * bit
        for weight, place, flip in zip(delta, transform.places, transform.flipped, strict=True):
            expected += weight * (bits[place] ^ flip)
        assert state == expected


def test_inputs_that_do_not_matter_have_weight_zero():
    table = TruthTable("0101010110101010")
    assert support(table) == (0, 3)
    representative, transform = canonical(table)
    assert representative == TruthTable("0110")
    assert transform == Transform(4, (0, 3), (False, False))
    assert transform.apply(0.125, (0.25, 0.5)) == (0.125, (0.25, 0.0, 0.0, 0.5))


def test_what_has_no_class_is_refused():
    with pytest.raises(ValueError, match="only a complete truth table has a class"):
        canonical(TruthTable("01-0"))
    parity = TruthTable("".join(str(row.bit_count() % 2) for row in range(128)))
    with pytest.raises(
        ValueError, match="the function depends on 7 inputs; classes have at most 6"
    ):
        canonical(parity)
