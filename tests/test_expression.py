import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaoscad.expression import (
    ARITHMETIC,
    LOGIC,
    ExpressionError,
    evaluate_arithmetic,
    evaluate_logic,
    names,
    parse,
)


def error(text: str, grammar=LOGIC) -> tuple[str, int, str | None]:
    with pytest.raises(ExpressionError) as caught:
        parse(text, grammar)
    return caught.value.message, caught.value.column, caught.value.hint


logic_text = st.recursive(
    st.sampled_from(["a", "b", "c", "0", "1"]),
    lambda inner: st.one_of(
        st.tuples(st.just("~"), inner).map("".join),
        st.tuples(inner, st.sampled_from([" & ", " ^ ", " | ", "&", "|"]), inner).map("".join),
        inner.map("({})".format),
    ),
    max_leaves=20,
)


@given(logic_text, st.integers(0, 7))
def test_logic_agrees_with_python(text: str, row: int):
    bits = {"a": row >> 2 & 1, "b": row >> 1 & 1, "c": row & 1}
    python = eval(text, {}, dict(bits))  # our own grammar is a part of Python's
    assert evaluate_logic(parse(text, LOGIC), bits, 0) & 1 == python & 1


arithmetic_text = st.recursive(
    st.sampled_from(["x", "r", "2", "0.5", "1e-1"]),
    lambda inner: st.one_of(
        st.tuples(st.just("-"), inner).map("".join),
        st.tuples(inner, st.sampled_from(["+", "-", "*", " - "]), inner).map("".join),
        inner.map("({})".format),
        inner.map("({})**2".format),
    ),
    max_leaves=12,
)


@given(arithmetic_text)
def test_arithmetic_agrees_with_python(text: str):
    values = {"x": 0.3, "r": 3.7}
    python = eval(text, {}, dict(values))
    ours = evaluate_arithmetic(parse(text, ARITHMETIC), values, np)
    assert ours == pytest.approx(python, rel=1e-12, abs=1e-12)


def test_powers_group_from_the_right_and_bind_before_signs():
    assert evaluate_arithmetic(parse("2**3**2", ARITHMETIC), {}, np) == 512
    assert evaluate_arithmetic(parse("-3**2", ARITHMETIC), {}, np) == -9
    assert evaluate_arithmetic(parse("2**-1", ARITHMETIC), {}, np) == 0.5


def test_functions_are_those_of_the_array_namespace():
    tree = parse("minimum(sin(x), exp(-x))", ARITHMETIC)
    x = np.array([0.1, 2.0])
    expected = np.minimum(np.sin(x), np.exp(-x))
    assert np.array_equal(evaluate_arithmetic(tree, {"x": x}, np), expected)


def test_names_may_have_dots_and_indices_and_anything_in_backquotes():
    tree = parse("fa0.sum & x[3] | `a b` ^ `1`", LOGIC)
    assert [name.name for name in names(tree)] == ["fa0.sum", "x[3]", "a b", "1"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ("the expression is empty", 1, None)),
        ("a &", ("the expression ends where a name is expected", 4, None)),
        ("(a & b", ("this parenthesis is never closed", 1, None)),
        ("a b", ("unexpected 'b'", 3, None)),
        ("a and b", ("unexpected 'and'", 3, "use & for AND")),
        ("a & & b", ("unexpected '&'", 5, None)),
        (
            "a & 2",
            ("2 is not allowed in a logic expression", 5, "use ~ & ^ | , parentheses and 0 or 1"),
        ),
        (
            "a ** b",
            (
                "'**' is not allowed in a logic expression",
                3,
                "use ~ & ^ | , parentheses and 0 or 1",
            ),
        ),
        ("a && b", ("'&&' is not allowed in a logic expression", 3, "use & for AND")),
        ("!a", ("'!' is not allowed in a logic expression", 1, "use ~ for NOT")),
        (
            "f(a)",
            (
                "a call of 'f' is not allowed in a logic expression",
                1,
                "use ~ & ^ | , parentheses and 0 or 1",
            ),
        ),
        (
            "a # b",
            ("'#' is not allowed in a logic expression", 3, "use ~ & ^ | , parentheses and 0 or 1"),
        ),
    ],
)
def test_logic_refusals_say_what_and_where(text, expected):
    assert error(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("__import__(x)", "a call of '__import__' is not allowed in an equation"),
        ("x.real", "unexpected 'x.real'"),
        ("minimum(x)", "minimum takes 2 argument(s), not 1"),
        ("x & 1", "'&' is not allowed in an equation"),
        ("'x'", '"\'" is not allowed in an equation'),
    ],
)
def test_arithmetic_refusals(text, message):
    if text == "x.real":
        # A dotted name is a name; whether it exists is not the grammar's business.
        assert [name.name for name in names(parse(text, ARITHMETIC))] == ["x.real"]
    else:
        assert error(text, ARITHMETIC)[0] == message


@pytest.mark.parametrize("text", ["(" * 10_000 + "a" + ")" * 10_000, "~" * 50_000 + "a"])
def test_deep_nesting_is_refused(text):
    assert error(text)[0] == "the expression is nested deeper than 100 levels"


def test_long_chains_are_not_deep():
    assert evaluate_logic(parse("^".join(["a"] * 9_999), LOGIC), {"a": 1}, 0) == 1
    assert evaluate_arithmetic(parse("+".join(["x"] * 9_999), ARITHMETIC), {"x": 1}, np) == 9_999


def test_powers_of_powers_are_deep():
    assert (
        error("x" + "**x" * 5_000, ARITHMETIC)[0]
        == "the expression is nested deeper than 100 levels"
    )


def test_a_constant_needs_a_zero_word():
    zero = np.zeros(2, np.uint64)
    assert evaluate_logic(parse("1", LOGIC), {}, zero).tolist() == [2**64 - 1] * 2
    assert math.isfinite(evaluate_arithmetic(parse("1.5", ARITHMETIC), {}, np))
