"""Functions as a command line gives them: a name, a truth table or an expression."""

from __future__ import annotations

import re

from chaoscad.cells.classes import WIDEST_CELL
from chaoscad.errors import ChaoscadError, Diagnostic, nearest, shown
from chaoscad.expression import LOGIC, ExpressionError, Name, evaluate_logic, names, parse
from chaoscad.logic.truth import NAMED, TruthTable, from_column, input_column

_NAMED = re.compile(r"([A-Z]+)(\d{0,3})", re.ASCII)

CONSTANTS = {"FALSE": TruthTable("0"), "TRUE": TruthTable("1")}


def parse_function(text: str) -> TruthTable:
    """The table that a text stands for.

    It is a name, with a number of inputs where that is not the least (`XOR`, `AND4`), a truth table
    (`0110`), or an expression, whose inputs are its names in the order in which they first stand.

    **Raises:** `ChaoscadError`.
    """
    if text in CONSTANTS:
        return CONSTANTS[text]
    match = _NAMED.fullmatch(text)
    if match is not None and match[1] in NAMED:
        return _named(text, match[1], match[2])
    if len(text) > 1 and not set(text) - set("01-"):
        return _table(text)
    try:
        tree = parse(text, LOGIC)
    except ExpressionError as error:
        raise _refused(text, f"{error.message} (column {error.column})", error.hint) from None
    if isinstance(tree, Name):
        known = [*NAMED, *CONSTANTS]
        hint = nearest(text, known) or "a name (" + ", ".join(known) + "), rows or an expression"
        raise _refused(text, "there is no function of that name", hint)
    inputs = list(dict.fromkeys(name.name for name in names(tree)))
    _check_width(text, len(inputs))
    columns = {name: input_column(index, len(inputs)) for index, name in enumerate(inputs)}
    return from_column(evaluate_logic(tree, columns, 0), len(inputs))


def _named(text: str, name: str, digits: str) -> TruthTable:
    function = NAMED[name]
    arity = int(digits) if digits else function.least
    if not function.accepts(arity):
        raise _refused(text, f"{name} takes {function.arities()}")
    _check_width(text, arity)
    return function.table(arity)


def _table(text: str) -> TruthTable:
    if len(text) & (len(text) - 1):
        raise _refused(text, f"a truth table has 2^k rows, not {len(text)}")
    if set(text) == {"-"}:
        raise _refused(text, "the truth table has no row that matters")
    _check_width(text, len(text).bit_length() - 1)
    return TruthTable(text)


def _check_width(text: str, arity: int) -> None:
    if arity > WIDEST_CELL:
        hint = "make it of several gates"
        raise _refused(text, f"it has {arity} inputs; cells have at most {WIDEST_CELL}", hint)


def _refused(text: str, message: str, hint: str | None = None) -> ChaoscadError:
    return ChaoscadError(Diagnostic(f"function {shown(text)}: {message}", hint=hint))
