"""The period of a flow's drive: as it was given, or as it is found in the equations."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from chaoscad.expression import (
    Call,
    Chain,
    Expression,
    Name,
    Unary,
    evaluate_arithmetic,
    names,
)
from chaoscad.systems.equation_code import CONSTANTS, TIME
from chaoscad.systems.folding import NUMBERS

if TYPE_CHECKING:
    from chaoscad.systems.equations import Equations

MOST_PARTS = 64
"""Greatest denominator of the ratio of two frequencies that have a common period."""

SAME = 1e-9
"""Ratios that differ by less than this share are the same."""


@dataclass(frozen=True)
class Period:
    """The period of a drive as an expression over the parameters; infinite where it has no value."""

    text: str
    tree: Expression = field(compare=False, repr=False)

    def __call__(self, parameters: Mapping[str, float]) -> float:
        try:
            value = float(evaluate_arithmetic(self.tree, {**CONSTANTS, **parameters}, NUMBERS))
        except (ArithmeticError, ValueError):
            return math.inf
        return value if value > 0 else math.inf


@dataclass(frozen=True)
class FoundPeriod:
    """The least common period of the sines, cosines and tangents in which the time stands.

    It is infinite where their frequencies have no common divisor, where all of them are 0, and where an
    argument is no line in the time.
    """

    equations: Equations

    def __call__(self, parameters: Mapping[str, float]) -> float:
        given = {**CONSTANTS, **parameters}
        for name in self.equations.coordinates:
            given.pop(name, None)
        try:
            rates = [
                abs(_slope(item, given)) * (2 if call.function == "tan" else 1)
                for call in _calls(self.equations)
                for item in call.arguments
            ]
        except (ArithmeticError, KeyError, ValueError):
            return math.inf
        rates = sorted({rate for rate in rates if rate})
        if not rates:
            return math.inf
        parts = [Fraction(rate / rates[0]).limit_denominator(MOST_PARTS) for rate in rates]
        for rate, part in zip(rates, parts, strict=True):
            if abs(rate / rates[0] - part) > SAME * part:
                return math.inf
        whole = math.lcm(*(part.denominator for part in parts))
        divisor = math.gcd(*(int(part * whole) for part in parts))
        return 2 * math.pi / rates[0] * whole / divisor


def found_period(equations: Equations) -> FoundPeriod | None:
    """The period of equations in which the time stands in sines, cosines and tangents only, else `None`."""
    times = sum(name.name == TIME for tree in equations.trees for name in names(tree))
    inside = sum(
        name.name == TIME
        for call in _calls(equations)
        for item in call.arguments
        for name in names(item)
    )
    return FoundPeriod(equations) if times and times == inside else None


def _calls(equations: Equations) -> Iterator[Call]:
    """The outermost sines, cosines and tangents in which the time stands."""
    stack = list(equations.trees)
    while stack:
        match stack.pop():
            case Call("sin" | "cos" | "tan", arguments) as call:
                if any(name.name == TIME for item in arguments for name in names(item)):
                    yield call
            case Call(_, arguments):
                stack.extend(arguments)
            case Unary(_, operand):
                stack.append(operand)
            case Chain(first, rest):
                stack.extend([first, *(item for _, item in rest)])
            case _:
                pass


def _slope(argument: Expression, given: Mapping[str, float]) -> float:
    """The slope of a line in the time.

    **Raises:** `KeyError` where a coordinate stands in it, `ValueError` where it is no line.
    """
    if isinstance(argument, Name):
        return 1.0

    def at(time: float) -> float:
        return float(evaluate_arithmetic(argument, {**given, TIME: time}, NUMBERS))

    begin = at(0.0)
    slope = at(1.0) - begin
    for time in (-1.0, 0.5, 1024.0):
        if not math.isclose(at(time), begin + slope * time, rel_tol=SAME, abs_tol=SAME):
            raise ValueError
    return slope
