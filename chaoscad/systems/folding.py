"""The constant parts of a map's expression: computed once, and refused where they are no number."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from chaoscad.expression import (
    ARITHMETIC,
    Call,
    Chain,
    Constant,
    Expression,
    ExpressionError,
    Name,
    Unary,
    evaluate_arithmetic,
    names,
)

NUMBERS = SimpleNamespace(
    **{name: getattr(math, name, None) for name in ARITHMETIC.functions},
)
"""The functions of expressions, of numbers of Python."""

NUMBERS.abs, NUMBERS.minimum, NUMBERS.maximum = abs, min, max


def fold(expression: Expression, values: Mapping[str, float]) -> Expression:
    """The same expression, in which a part without names is one number.

    **Arguments:**

    - `values`: of the names that are constant; their parts are computed too, and stay as they are.

    **Raises:** `ExpressionError` with the column of a constant part that is not a finite number,
    or of a division by a constant 0.
    """
    return _Folder(values).fold(expression)[0]


class _Folder:
    """Folds a tree from its leaves; every part comes with its value where it has one."""

    def __init__(self, values: Mapping[str, float]) -> None:
        self.values = values

    def fold(self, part: Expression) -> tuple[Expression, float | None]:
        match part:
            case Constant(value):
                return part, self.checked(value, f"{value:g}", part)
            case Name(name):
                return part, self.values.get(name)
            case Unary(operator, operand):
                inner, value = self.fold(operand)
                known = None if value is None else -value if operator == "-" else value
                return self.made(Unary(operator, inner), [inner], known)
            case Chain():
                return self.chain(part)
            case Call(function, arguments):
                folded = [self.fold(item) for item in arguments]
                inner = [item for item, _ in folded]
                known = [value for _, value in folded if value is not None]
                made = Call(function, tuple(inner), part.column)
                total = None
                if len(known) == len(folded):
                    told = f"{function}({', '.join(f'{value:g}' for value in known)})"
                    numbers = Call(function, tuple(map(Constant, known)))
                    total = self.checked(_value(numbers), told, part)
                return self.made(made, inner, total)

    def chain(self, part: Chain) -> tuple[Expression, float | None]:
        first, total = self.fold(part.first)
        rest: list[tuple[str, Expression]] = []
        for (operator, item), column in zip(part.rest, part.columns, strict=True):
            right, value = self.fold(item)
            count = len(rest)
            rest.append((operator, right))
            if operator == "/" and value == 0:
                if total is None:
                    raise self.refusal("a division by 0", item, column)
                raise self.refusal(f"{total:g} / 0", _until(part, count), column)
            if total is not None and value is not None:
                pair = Chain(Constant(total), ((operator, Constant(value)),))
                made = _value(pair)
                if not _finite(made):
                    told = f"{total:g} {operator} {value:g}"
                    raise self.refusal(told, _until(part, count), column)
                total = float(made)
            else:
                total = None
        inner = [first, *(item for _, item in rest)]
        return self.made(Chain(first, tuple(rest), part.columns), inner, total)

    def made(
        self, part: Expression, inner: list[Expression], value: float | None
    ) -> tuple[Expression, float | None]:
        if value is not None and all(isinstance(item, Constant) for item in inner):
            return Constant(value), value
        return part, value

    def checked(self, value: Any, told: str, part: Expression) -> float:
        if _finite(value):
            return value
        raise self.refusal(told, part, getattr(part, "column", 1))

    def refusal(self, told: str, part: Expression, column: int) -> ExpressionError:
        """The refusal of `part`, with the values of the names in it."""
        used = dict.fromkeys(name.name for name in names(part))
        known = ", ".join(f"{name} = {self.values[name]:g}" for name in used)
        message = f"a constant part of the expression is not a finite number: {told}"
        return ExpressionError(message + (f" with {known}" if known else ""), column)


def _until(chain: Chain, last: int) -> Chain:
    """The chain up to one of its operators."""
    return Chain(chain.first, chain.rest[: last + 1], chain.columns[last : last + 1])


def _finite(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _value(part: Expression) -> Any:
    try:
        return evaluate_arithmetic(part, {}, NUMBERS)
    except (ArithmeticError, ValueError):
        return math.nan
