"""Boolean functions as Liberty writes them: `(A1 & A2)'`, `!A + B C`, `A ^ B`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chaoscad.errors import nearest, shown
from chaoscad.logic import TruthTable, from_column, input_column
from chaoscad.logic.truth import WIDEST_GATE

DEEPEST = 100
"""Most parentheses inside each other."""

_TOKEN = re.compile(r"\s*([A-Za-z0-9_][\w.$\[\]]*|[!'&*|+^()]|\S)", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9_][\w.$\[\]]*", re.ASCII)


class FunctionError(Exception):
    """Why a function cannot be read; the sentence goes on after the function and its pin."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True)
class PinFunction:
    """What an output pin computes: a complete table over input pins, the most significant first."""

    pins: tuple[str, ...]
    table: TruthTable


def pin_function(text: str, inputs: Sequence[str]) -> PinFunction:
    """The function that a text describes, over those of the input pins that it names.

    A complement (`!` before, `'` after) binds most, then `^`, then `&`, `*` or nothing between two
    operands, then `|` or `+`.

    **Raises:** `FunctionError`.
    """
    tokens = _TOKEN.findall(text)
    named = {token for token in tokens if _NAME.fullmatch(token)} - {"0", "1"}
    for name in sorted(named - {*inputs}):
        hint = nearest(name, inputs) or "the inputs are " + (", ".join(inputs) or "none")
        raise FunctionError(f"names {shown(name)}, which is no input of the cell", hint)
    pins = tuple(pin for pin in inputs if pin in named)
    if len(pins) > WIDEST_GATE:
        raise FunctionError(f"has {len(pins)} inputs; at most {WIDEST_GATE} are read")
    columns = {pin: input_column(index, len(pins)) for index, pin in enumerate(pins)}
    column = _Parser(tokens, columns | {"0": 0, "1": -1}).whole()
    return PinFunction(pins, from_column(column, len(pins)))


class _Parser:
    """Tokens to the column of their value over all rows."""

    def __init__(self, tokens: list[str], columns: Mapping[str, int]) -> None:
        self.tokens, self.columns = tokens, columns
        self.at, self.depth = 0, 0

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self) -> str:
        token = self.peek()
        self.at += 1
        return token

    def whole(self) -> int:
        value = self.either()
        if self.peek():
            raise self.unexpected(self.peek())
        return value

    def either(self) -> int:
        value = self.both()
        while self.peek() in ("|", "+"):
            self.take()
            value |= self.both()
        return value

    def both(self) -> int:
        value = self.parity()
        while self.peek() and self.peek() not in "|+)^'":
            if self.peek() in "&*":
                self.take()
            value &= self.parity()
        return value

    def parity(self) -> int:
        value = self.literal()
        while self.peek() == "^":
            self.take()
            value ^= self.literal()
        return value

    def literal(self) -> int:
        complements = 0
        while self.peek() == "!":
            self.take()
            complements += 1
        token = self.take()
        if token == "(":
            self.depth += 1
            if self.depth > DEEPEST:
                raise FunctionError(f"has more than {DEEPEST} parentheses inside each other")
            value = self.either()
            if self.peek() != ")":
                raise FunctionError("has no closing ')'") if not self.peek() else self.unexpected()
            self.take()
            self.depth -= 1
        elif token in self.columns:
            value = self.columns[token]
        else:
            raise self.unexpected(token)
        while self.peek() == "'":
            self.take()
            complements += 1
        return ~value if complements % 2 else value

    def unexpected(self, token: str | None = None) -> FunctionError:
        token = self.peek() if token is None else token
        what = f"has {shown(token)} where it cannot stand" if token else "ends too early"
        return FunctionError(what, "a function is written with pins and ! ' & * | + ^ ( ) 0 1")
