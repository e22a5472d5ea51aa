"""A system's own equations as SPICE expressions, the texts of behavioural sources.

SPICE has no variables, so every operation is written into the one that uses it; a part that gets long
stands at a node of its own.
"""

from __future__ import annotations

from typing import Any

from chaoscad.expression import whole_power
from chaoscad.systems.curves import Curve, pieces
from chaoscad.systems.symbolic import FUNCTIONS, Operation, computed
from chaoscad.systems.symbolic.operations import OPERATORS

LONGEST = 120
"""Characters of a part of an expression beyond which it gets a node of its own."""

PIECES = 32
"""Pieces of a curve in one behavioural source."""

TINY = "1e-30"
"""What roots and logarithms take for numbers that are not positive: Newton's method may pass there."""

Term = str | float
"""An expression over node voltages, in parentheses or a single call, or a number."""


def written(number: float) -> str:
    """A number as text, negative ones in parentheses."""
    text = repr(float(number))
    return f"({text})" if text.startswith("-") else text


class Sheet:
    """Expressions, and the sources that they need besides their own: long parts that have nodes."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def node(self, text: str) -> str:
        """The voltage of a node at which `text` stands."""
        name = f"t{len(self.lines) + 1}"
        self.lines.append(f"B{name} {name} 0 V={text}")
        return f"v({name})"

    def text(self, term: Term) -> str:
        """The text of a term, or the node that it stands at where it is long."""
        if not isinstance(term, str):
            return written(term)
        return term if len(term) <= LONGEST else self.node(term)

    def apply(self, item: Operation, operands: list[Term]) -> Term:
        """The term of an operation of a graph."""
        if item.curve is not None:
            return self._curve(item.curve, operands[0])
        return self.term(item.name, *operands)

    def term(self, name: str, *operands: Term) -> Term:
        """The term of an operation, without sums with 0 and products with 0 and 1."""
        if not any(isinstance(operand, str) for operand in operands):
            return computed(name, [float(operand) for operand in operands])
        match name, operands:
            case ("add", (0, term)) | ("add" | "subtract", (term, 0)):
                return term
            case "subtract", (0, term):
                return self.term("negate", term)
            case "multiply", (0, _) | (_, 0):
                return 0.0
            case ("multiply", (1, term)) | ("multiply" | "divide", (term, 1)):
                return term
            case "power", (base, power):
                return self._power(base, power)
            case "negate", (term,):
                return f"(-{self.text(term)})"
            case "where", (condition, yes, no):
                return f"({self.text(condition)}?{self.text(yes)}:{self.text(no)})"
            case _ if name in OPERATORS:
                left, right = (self.text(operand) for operand in operands)
                return f"({left}{OPERATORS[name][1]}{right})"
        function = FUNCTIONS[name]
        if function.positive:
            operands = tuple(f"max({self.text(operand)},{TINY})" for operand in operands)
        return f"{function.spice}({','.join(map(self.text, operands))})"

    def _power(self, base: Term, power: Term) -> Term:
        # SPICE's own powers take the absolute value of the base.
        times = whole_power(power)
        if times is None:
            return self.term("exp", self.term("multiply", power, self.term("log", base)))
        product = self._product(base, abs(times))
        return product if times >= 0 else self.term("divide", 1.0, product)

    def _product(self, base: Term, times: int) -> Term:
        if times == 0:
            return 1.0
        if times == 1:
            return base
        half = self._product(self.text(base), times // 2)
        square = self.term("multiply", half, half)
        return self.term("multiply", square, base) if times % 2 else square

    def _curve(self, curve: Curve, x: Any) -> str:
        """The cubic of the piece in which x lies, chosen by halving."""
        knots, cubics = pieces(curve)
        at = self.text(x)
        leaves: list[str] = []
        for index in range(len(knots) - 1):
            a, b, c, d = (written(row[index]) for row in cubics)
            t = f"({at}-{written(knots[index])})"
            leaves.append(f"((({a}*{t}+{b})*{t}+{c})*{t}+{d})")
        edges = [float(knot) for knot in knots]
        while len(leaves) > 1:
            nodes: list[str] = []
            for first in range(0, len(leaves), PIECES):
                part = leaves[first : first + PIECES]
                nodes.append(self.node(_chosen(at, part, edges[first : first + len(part) + 1])))
            edges = [*edges[:-1:PIECES], edges[-1]]
            leaves = nodes
        return leaves[0]


def _chosen(at: str, leaves: list[str], edges: list[float]) -> str:
    if len(leaves) == 1:
        return leaves[0]
    half = len(leaves) // 2
    low = _chosen(at, leaves[:half], edges[: half + 1])
    high = _chosen(at, leaves[half:], edges[half:])
    return f"({at}<{written(edges[half])}?{low}:{high})"
