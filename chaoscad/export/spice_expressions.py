"""A system's own equations as SPICE expressions.

A `Term` is the text of an expression over node voltages. The step of a map and the field of a flow
are written over an array namespace; run over `NAMESPACE` and terms, the same lines give the text of
behavioural sources.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

LONGEST = 120
"""Characters of a part of an expression beyond which it gets a node of its own."""

TINY = "1e-30"
"""What roots and logarithms take for numbers that are not positive: Newton's method may pass there."""


class Sheet:
    """The sources that an expression needs besides its own: long parts that have nodes."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def term(self, text: str) -> Term:
        """The term of a text in parentheses or of a single call."""
        return Term(text, self)

    def node(self, text: str) -> str:
        """The voltage of a node at which `text` stands."""
        name = f"t{len(self.lines) + 1}"
        self.lines.append(f"B{name} {name} 0 V={text}")
        return f"v({name})"


@dataclass(frozen=True, eq=False)
class Term:
    """An expression over node voltages."""

    text: str
    sheet: Sheet

    def short(self) -> str:
        """The text, or the node that it stands at where it is long."""
        return self.text if len(self.text) <= LONGEST else self.sheet.node(self.text)

    def _make(self, operator: str, left: Any, right: Any) -> Term:
        one, other = written(left), written(right)
        return Term(f"({one}{operator}{other})", self.sheet)

    def __add__(self, other: Any) -> Any:
        return self if _is(other, 0) else self._make("+", self, other)

    def __radd__(self, other: Any) -> Any:
        return self if _is(other, 0) else self._make("+", other, self)

    def __sub__(self, other: Any) -> Any:
        return self if _is(other, 0) else self._make("-", self, other)

    def __rsub__(self, other: Any) -> Any:
        return -self if _is(other, 0) else self._make("-", other, self)

    def __mul__(self, other: Any) -> Any:
        if _is(other, 0):
            return 0.0
        return self if _is(other, 1) else self._make("*", self, other)

    def __rmul__(self, other: Any) -> Any:
        return self * other if _is(other, 0) or _is(other, 1) else self._make("*", other, self)

    def __truediv__(self, other: Any) -> Any:
        return self if _is(other, 1) else self._make("/", self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return self._make("/", other, self)

    def __lt__(self, other: Any) -> Term:
        return self._make("<", self, other)

    def __le__(self, other: Any) -> Term:
        return self._make("<=", self, other)

    def __gt__(self, other: Any) -> Term:
        return self._make(">", self, other)

    def __ge__(self, other: Any) -> Term:
        return self._make(">=", self, other)

    def __neg__(self) -> Term:
        return Term(f"(-{self.short()})", self.sheet)

    def __pow__(self, power: Any) -> Any:
        # SPICE's own powers take the absolute value of the base.
        if isinstance(power, int):
            return _product(self, power) if power >= 0 else 1.0 / _product(self, -power)
        return NAMESPACE.exp(power * NAMESPACE.log(self))

    def __rpow__(self, base: Any) -> Any:
        return NAMESPACE.exp(self * NAMESPACE.log(base))


def _is(value: Any, number: float) -> bool:
    return isinstance(value, int | float) and value == number


def _product(term: Term, power: int) -> Any:
    if power == 0:
        return 1.0
    if power == 1:
        return term
    half = _product(Term(term.short(), term.sheet), power // 2)
    square = half * half
    return square * term if power % 2 else square


def written(value: Any) -> str:
    """A term or a number as text; negative numbers in parentheses."""
    if isinstance(value, Term):
        return value.short()
    number = repr(float(value))
    return f"({number})" if number.startswith("-") else number


class _Namespace:
    """The functions of an array namespace over terms; any other is refused by its name."""

    def __getattr__(self, name: str) -> Any:
        raise NoForm(name)

    def sin(self, x: Any) -> Any:
        return _call("sin", x)

    def cos(self, x: Any) -> Any:
        return _call("cos", x)

    def tan(self, x: Any) -> Any:
        return _call("tan", x)

    def tanh(self, x: Any) -> Any:
        return _call("tanh", x)

    def exp(self, x: Any) -> Any:
        return _call("exp", x)

    def abs(self, x: Any) -> Any:
        return _call("abs", x)

    def floor(self, x: Any) -> Any:
        return _call("floor", x)

    def log(self, x: Any) -> Any:
        return _call("ln", _positive(x))

    def sqrt(self, x: Any) -> Any:
        return _call("sqrt", _positive(x))

    def minimum(self, x: Any, y: Any) -> Any:
        return _call("min", x, y)

    def maximum(self, x: Any, y: Any) -> Any:
        return _call("max", x, y)

    def where(self, condition: Any, yes: Any, no: Any) -> Any:
        if not isinstance(condition, Term):
            return yes if condition else no
        text = f"({condition.short()}?{written(yes)}:{written(no)})"
        return Term(text, condition.sheet)

    def zeros_like(self, x: Any) -> float:  # noqa: ARG002
        return 0.0


NAMESPACE: Any = _Namespace()


class NoForm(Exception):
    """A function of a system that SPICE expressions have not."""


def _positive(x: Any) -> Any:
    return Term(f"max({written(x)},{TINY})", x.sheet) if isinstance(x, Term) else x


def _call(name: str, *arguments: Any) -> Any:
    terms = [item for item in arguments if isinstance(item, Term)]
    if not terms:
        return float(getattr(np, _NUMPY.get(name, name))(*arguments))
    return Term(f"{name}({','.join(map(written, arguments))})", terms[0].sheet)


_NUMPY = {"ln": "log", "min": "minimum", "max": "maximum"}
