"""Functions and targets as netlists write them: a name, a truth table or an expression."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chaoscad.errors import listed, nearest, shown
from chaoscad.expression import LOGIC, Expression, ExpressionError, evaluate_logic, names, parse
from chaoscad.logic.truth import NAMED, WIDEST_GATE, TruthTable, from_column, input_column
from chaoscad.netlist.source import Scalar

WIDEST_TABLE = 16
"""Most inputs of a target that is written as a truth table."""


@dataclass(frozen=True)
class Refusal(Exception):
    """Why a function is refused; `column` counts from 1 inside the text, 0 for the whole."""

    message: str
    hint: str | None = None
    column: int = 0


def read(
    text: str, inputs: Sequence[str], what: str, widest_table: int
) -> Expression | TruthTable | str:
    """The function that `text` stands for over `inputs`.

    `what` names the owner in messages (`gate 'p'`). A quoted run of `0 1 -` is a truth table, an
    upper-case name a named function, and anything else an expression.

    **Raises:** `Refusal`.
    """
    # A function's name is the function, also where a net is called so: the net stands in backquotes.
    if text in NAMED:
        function = NAMED[text]
        if not function.accepts(len(inputs)):
            message = f"{text} takes {function.arities()}, and {what} has {len(inputs)}"
            raise Refusal(message)
        return text
    if len(text) > 1 and not set(text) - set("01-"):
        return _table(text, inputs, what, widest_table)
    try:
        tree = parse(text, LOGIC)
    except ExpressionError as error:
        raise Refusal(error.message, error.hint, error.column) from None
    for name in names(tree):
        if name.name not in inputs:
            near = nearest(name.name, [*inputs, *NAMED])
            hint = near or f"the inputs of {what} are {listed(inputs)}"
            raise Refusal(f"unknown name {shown(name.name)}", hint, name.column)
    return tree


def gate_table(text: Scalar, inputs: Sequence[str], what: str) -> TruthTable:
    """The truth table of a gate's function.

    **Raises:** `Refusal`.
    """
    function = read(text, inputs, what, WIDEST_GATE)
    arity = len(inputs)
    if isinstance(function, TruthTable):
        return function
    if isinstance(function, str):
        return NAMED[function].table(arity)
    columns = {name: input_column(index, arity) for index, name in enumerate(inputs)}
    return from_column(evaluate_logic(function, columns, 0), arity)


def _table(text: str, inputs: Sequence[str], what: str, widest: int) -> TruthTable:
    arity = len(inputs)
    if arity > widest:
        message = f"{what} has {arity} inputs; a truth table may have at most {widest}"
        raise Refusal(message, "write an expression instead")
    if len(text) != 1 << arity:
        noun = "input needs" if arity == 1 else "inputs need"
        message = f"the truth table has {len(text)} rows; {arity} {noun} {1 << arity}"
        raise Refusal(message)
    if set(text) == {"-"}:
        raise Refusal("the truth table has no row that matters", "leave the function out")
    return TruthTable(text)
