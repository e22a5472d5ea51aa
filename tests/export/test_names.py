"""Legal, unique, recognisable names in every language."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaoscad.export.names import (
    LONGEST,
    PLAIN,
    SPICE,
    VERILOG,
    C,
    Namespace,
    circuit_name,
    comment,
    legal_names,
)


def test_legal_names_stay_and_others_make_room():
    names = ["a b", "a/b", "a_b", "sum"]
    assert legal_names(names, VERILOG) == {
        "a b": "a_b_2",
        "a/b": "a_b_3",
        "a_b": "a_b",
        "sum": "sum",
    }


@pytest.mark.parametrize(
    ("language", "name", "legal"),
    [
        (VERILOG, "module", "module_"),
        (VERILOG, "int", "int_"),
        (C, "int", "int_"),
        (C, "_x", "n_x"),
        (C, "7", "n_7"),
        (SPICE, "0", "n_0"),
        (SPICE, "GND", "GND_"),
        (SPICE, "größe", "gro_e"),
        (SPICE, "limit", "limit_"),
        (SPICE, "Gauss", "Gauss_"),
        (PLAIN, "網", "net"),
        (VERILOG, "$(touch x)", "n_touch_x_"),
    ],
)
def test_what_a_language_keeps_for_itself_is_changed(language, name, legal):
    assert legal_names([name], language) == {name: legal}


def test_case_counts_only_where_the_language_sees_it():
    assert legal_names(["a", "A"], VERILOG) == {"a": "a", "A": "A"}
    assert legal_names(["a", "A"], SPICE) == {"a": "a", "A": "A_2"}


def test_a_namespace_gives_out_a_name_once():
    space = Namespace(C, reserved=["sum"])
    assert [space.take("sum"), space.take("sum"), space.take("x")] == ["sum_2", "sum_3", "x"]


def test_a_tighter_length_keeps_short_names_and_tells_long_ones_apart():
    space = Namespace(SPICE)
    long = [f"{'n' * 40}{end}" for end in "ab"]
    assert space.take_all([*long, "n" * 24, "n" * 32], 32) == {
        long[0]: "n" * 24 + "_2",
        long[1]: "n" * 24 + "_3",
        "n" * 24: "n" * 24,
        "n" * 32: "n" * 32,
    }


@pytest.mark.parametrize("language", [VERILOG, C, SPICE, PLAIN], ids=lambda item: item.name)
@given(names=st.lists(st.text(min_size=1), unique=True, max_size=20))
def test_any_names_become_legal_and_distinct(language, names):
    found = legal_names(names, language)
    assert list(found) == names
    assert len({language.key(name) for name in found.values()}) == len(names)
    for name, legal in found.items():
        assert language.allows(legal)
        assert len(legal) <= LONGEST
        assert legal == name or not language.allows(name) or legal.startswith(name[:20])


@given(st.text())
def test_a_comment_is_one_harmless_line(text):
    made = comment(text)
    assert made.isascii()
    assert made.isprintable()
    assert len(made) <= 200
    assert not set(made) & set("\n\r\\*/`$\"'{}%#@!|&;~^")


def test_a_comment_keeps_what_is_harmless():
    assert comment("3.5 V <= x (é*/\n)") == "3.5 V <= x (e???)"


def test_circuits_of_different_names_share_none():
    assert circuit_name("alu", SPICE, 32) == "alu"
    names = [
        "alu.1",
        "alu-1",
        "slice_of_the_processor_left",
        "slice_of_the_processor_left_and_right",
    ]
    assert [circuit_name(name, SPICE, 32) for name in names] == [
        "alu_1_d32b6f",
        "alu_1_e0efd5",
        "slice_of_the_processor_left",
        "slice_of_the_processor_l_0afe31",
    ]
