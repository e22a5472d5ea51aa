"""Expressions in netlists: one parser for logic (`a & ~b`) and arithmetic (`r*x*(1-x)`).

Text is parsed into a small tree and never evaluated as code. Evaluation works on anything that
has the operators: Python integers, NumPy words or arrays, JAX tracers.

The parser is our own and not Python's `ast` or SymPy's, since errors need the column in the netlist and
a hint, lengths, depths and powers have limits before anything is built, and nothing is simplified:
values must be those of the formula as it was written, to the last bit.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from chaoscad.errors import nearest, shown

DEEPEST = 100
"""Deepest nesting of parentheses and unary operators that is accepted."""

MOST_FACTORS = 64
"""Highest whole power that is a product; beyond it a power is an exponential of a logarithm."""

LONGEST = 100_000
"""Longest expression that is accepted, in characters."""


class ExpressionError(ValueError):
    """What is wrong in an expression, and at which column (counted from 1) of its text."""

    def __init__(self, message: str, column: int, hint: str | None = None) -> None:
        super().__init__(message)
        self.message, self.column, self.hint = message, column, hint


@dataclass(frozen=True, slots=True)
class Constant:
    """A number; `column` is where it stands in the text."""

    value: int | float
    column: int = field(default=1, compare=False)


@dataclass(frozen=True, slots=True)
class Name:
    """A net, a state or a parameter; `column` is where it stands in the text."""

    name: str
    column: int


@dataclass(frozen=True, slots=True)
class Unary:
    """`~a`, `-a` or `+a`."""

    operator: str
    operand: Expression


@dataclass(frozen=True, slots=True)
class Chain:
    """Operators of one precedence, applied from left to right: `a - b + c`.

    `columns` is where the operators stand in the text.
    """

    first: Expression
    rest: tuple[tuple[str, Expression], ...]
    columns: tuple[int, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A whitelisted function of one or two arguments; `column` is where its name stands."""

    function: str
    arguments: tuple[Expression, ...]
    column: int = field(default=1, compare=False)


Expression = Constant | Name | Unary | Chain | Call


@dataclass(frozen=True)
class Grammar:
    """Which operators, functions and numbers an expression may use."""

    title: str
    binary: Mapping[str, int]
    unary: frozenset[str]
    functions: Mapping[str, int]
    number: Callable[[str], int | float | None]
    allowed: str


def _bit(text: str) -> int | None:
    return int(text) if text in ("0", "1") else None


def _decimal(text: str) -> float:
    return float(text)


LOGIC = Grammar(
    "a logic expression",
    binary={"|": 1, "^": 2, "&": 3},
    unary=frozenset("~"),
    functions={},
    number=_bit,
    allowed="use ~ & ^ | , parentheses and 0 or 1",
)

_FUNCTIONS = {
    **dict.fromkeys(("sin", "cos", "tan", "exp", "log", "sqrt", "tanh", "abs"), 1),
    **dict.fromkeys(("minimum", "maximum"), 2),
}
"""How many arguments each function takes; how targets write it stands in `systems.symbolic.operations`."""

ARITHMETIC = Grammar(
    "an equation",
    binary={"+": 1, "-": 1, "*": 2, "/": 2, "**": 4},
    unary=frozenset("+-"),
    functions=_FUNCTIONS,
    number=_decimal,
    allowed="use + - * / ** , parentheses, numbers and the functions " + " ".join(_FUNCTIONS),
)

_UNARY_PRECEDENCE = 3
_TOKEN = re.compile(
    r"(?P<space>\s+)"
    r"|(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.$]))"
    r"|(?P<name>[A-Za-z_$][\w$]*(?:\.[\w$]+|\[\d+\])*)"
    r"|`(?P<quoted>[^`]+)`"
    r"|(?P<operator>\*\*|&&|\|\||==|[-~&^|()+*/,!'<>=%@])",
    re.ASCII,
)
_HINTS = {"&&": "use & for AND", "||": "use | for OR", "!": "use ~ for NOT", "'": "use ~ for NOT"}
_WORDS = {"and": "use & for AND", "or": "use | for OR", "not": "use ~ for NOT"}


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    column: int


def parse(text: str, grammar: Grammar) -> Expression:
    """The tree of `text` under `grammar`.

    Names are letters, digits, `_`, `$`, dotted parts and `[3]`; any other name stands in
    backquotes. Precedence is Python's: `~` binds before `&`, then `^`, then `|`.

    **Raises:** `ExpressionError` with the column of the first thing that is not allowed.
    """
    if len(text) > LONGEST:
        raise ExpressionError(f"the expression is longer than {LONGEST} characters", 1)
    return _Parser(text, grammar).whole()


def names(expression: Expression) -> Iterator[Name]:
    """Every name of the tree, from left to right, repeats included."""
    stack = [expression]
    while stack:
        node = stack.pop()
        match node:
            case Name():
                yield node
            case Unary():
                stack.append(node.operand)
            case Chain():
                stack.extend(operand for _, operand in reversed(node.rest))
                stack.append(node.first)
            case Call():
                stack.extend(reversed(node.arguments))
            case Constant():
                pass


def evaluate_logic(expression: Expression, bits: Mapping[str, Any], zero: Any) -> Any:
    """The value over bits, or over words of bits: only `~ & ^ |` are applied to the operands.

    `zero` is the all-zero word; it stands for the constant 0, and its complement for 1.
    """
    match expression:
        case Constant(value):
            return ~zero if value else zero
        case Name(name):
            return bits[name]
        case Unary(_, operand):
            return ~evaluate_logic(operand, bits, zero)
        case Chain(first, rest):
            value = evaluate_logic(first, bits, zero)
            for operator, operand in rest:
                right = evaluate_logic(operand, bits, zero)
                if operator == "&":
                    value = value & right
                elif operator == "|":
                    value = value | right
                else:
                    value = value ^ right
            return value
        case Call():
            raise AssertionError("the logic grammar has no calls")


def evaluate_arithmetic(expression: Expression, values: Mapping[str, Any], xp: Any) -> Any:
    """The value over an array namespace `xp` (numpy or jax.numpy)."""
    match expression:
        case Constant(value):
            return value
        case Name(name):
            return values[name]
        case Unary(operator, operand):
            value = evaluate_arithmetic(operand, values, xp)
            return -value if operator == "-" else value
        case Chain(first, rest):
            value = evaluate_arithmetic(first, values, xp)
            for operator, operand in rest:
                right = evaluate_arithmetic(operand, values, xp)
                value = applied(operator, value, right)
            return value
        case Call(function, arguments):
            return getattr(xp, function)(
                *(evaluate_arithmetic(argument, values, xp) for argument in arguments)
            )


def whole_power(power: Any) -> int | None:
    """The number of factors where a power is a product, which also negative numbers have, else `None`."""
    if isinstance(power, int | float) and float(power).is_integer() and abs(power) <= MOST_FACTORS:
        return int(power)
    return None


def applied(operator: str, left: Any, right: Any) -> Any:
    """Two operands under an operator; a number of Python that has no real value is NaN, as in NumPy."""
    try:
        match operator:
            case "+":
                return left + right
            case "-":
                return left - right
            case "*":
                return left * right
            case "/":
                return left / right
            case _:
                times = whole_power(right)
                value = left ** (right if times is None else times)
                return math.nan if isinstance(value, complex) else value
    except ArithmeticError:
        if isinstance(left, int | float) and isinstance(right, int | float):
            return math.nan
        raise


class _Parser:
    """Precedence climbing over the tokens of one expression."""

    def __init__(self, text: str, grammar: Grammar) -> None:
        self.grammar = grammar
        self.tokens = list(self._tokens(text))
        self.position = 0
        self.depth = 0

    def _tokens(self, text: str) -> Iterator[_Token]:
        position = 0
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None:
                message = f"{shown(text[position])} is not allowed in {self.grammar.title}"
                raise ExpressionError(message, position + 1, self.grammar.allowed)
            kind = match.lastgroup or ""
            if kind != "space":
                token = match[kind]
                yield _Token("name" if kind == "quoted" else kind, token, position + 1)
            position = match.end()
        yield _Token("end", "", len(text) + 1)

    def whole(self) -> Expression:
        if self.tokens[0].kind == "end":
            raise ExpressionError("the expression is empty", 1)
        expression = self.binary(1)
        token = self.tokens[self.position]
        if token.kind != "end":
            raise self.unexpected(token)
        return expression

    def binary(self, lowest: int) -> Expression:
        left = self.unary()
        while True:
            precedence = self.precedence()
            if precedence < lowest:
                return left
            rest: list[tuple[str, Expression]] = []
            columns: list[int] = []
            while self.precedence() == precedence:
                operator = self.take()
                self.enter(operator)
                # ** groups from the right, everything else from the left.
                tighter = _UNARY_PRECEDENCE if operator.text == "**" else precedence + 1
                rest.append((operator.text, self.binary(tighter)))
                columns.append(operator.column)
                self.depth -= 1
            left = Chain(left, tuple(rest), tuple(columns))

    def precedence(self) -> int:
        token = self.tokens[self.position]
        return self.grammar.binary.get(token.text, 0) if token.kind == "operator" else 0

    def unary(self) -> Expression:
        token = self.tokens[self.position]
        if token.kind != "operator" or token.text not in self.grammar.unary:
            return self.atom()
        self.take()
        self.enter(token)
        # -x**2 is -(x**2): a power binds before the sign on its left.
        operand = self.binary(_UNARY_PRECEDENCE + 1)
        self.depth -= 1
        return Unary(token.text, operand)

    def atom(self) -> Expression:
        token = self.take()
        if token.kind == "number":
            value = self.grammar.number(token.text)
            if value is None:
                message = f"{token.text} is not allowed in {self.grammar.title}"
                raise ExpressionError(message, token.column, self.grammar.allowed)
            return Constant(value, token.column)
        if token.kind == "name":
            if self.tokens[self.position].text == "(":
                return self.call(token)
            return Name(token.text, token.column)
        if token.text == "(":
            inner = self.inside(token)
            self.close(token)
            return inner
        raise self.unexpected(token)

    def call(self, name: _Token) -> Expression:
        functions = self.grammar.functions
        if name.text not in functions:
            hint = nearest(name.text, functions) or self.grammar.allowed
            message = f"a call of {shown(name.text)} is not allowed in {self.grammar.title}"
            raise ExpressionError(message, name.column, hint)
        opening = self.take()
        arguments = [self.inside(opening)]
        while self.tokens[self.position].text == ",":
            self.take()
            arguments.append(self.inside(opening))
        self.close(opening)
        if len(arguments) != functions[name.text]:
            message = f"{name.text} takes {functions[name.text]} argument(s), not {len(arguments)}"
            raise ExpressionError(message, name.column)
        return Call(name.text, tuple(arguments), name.column)

    def inside(self, opening: _Token) -> Expression:
        self.enter(opening)
        inner = self.binary(1)
        self.depth -= 1
        return inner

    def enter(self, token: _Token) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            message = f"the expression is nested deeper than {DEEPEST} levels"
            raise ExpressionError(message, token.column)

    def close(self, opening: _Token) -> None:
        token = self.take()
        if token.text == ")" and token.kind == "operator":
            return
        if token.kind == "end":
            raise ExpressionError("this parenthesis is never closed", opening.column)
        raise self.unexpected(token)

    def take(self) -> _Token:
        token = self.tokens[self.position]
        if token.kind != "end":
            self.position += 1
        return token

    def unexpected(self, token: _Token) -> ExpressionError:
        if token.kind == "end":
            return ExpressionError("the expression ends where a name is expected", token.column)
        if token.kind == "name" and token.text.lower() in _WORDS:
            hint = _WORDS[token.text.lower()]
        elif token.text in self.grammar.binary or token.text in "()," or token.kind != "operator":
            hint = None
        else:
            message = f"{token.text!r} is not allowed in {self.grammar.title}"
            hint = _HINTS.get(token.text, self.grammar.allowed)
            return ExpressionError(message, token.column, hint)
        return ExpressionError(f"unexpected {shown(token.text)}", token.column, hint)
