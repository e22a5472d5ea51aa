"""Equations as one function of Python: what NumPy, JAX, intervals and the tracer of symbols all run."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from chaoscad.expression import (
    Call,
    Chain,
    Constant,
    Expression,
    Name,
    Unary,
    applied,
    names,
    whole_power,
)
from chaoscad.systems.model import State

if TYPE_CHECKING:
    from chaoscad.systems.equations import Equations

TIME = "t"
"""The time in a flow's equations."""

CONSTANTS = {"pi": math.pi, "e": math.e}
"""Names with a value in every expression, unless a parameter or a coordinate takes the name."""


@lru_cache(maxsize=256)
def compiled(equations: Equations) -> Callable[..., State]:
    """The equations as one function of Python, `(xp, t, state, parameters) -> state`.

    A walk over the trees takes longer than the arithmetic on a few hundred numbers. So the trees are
    written as assignments, of one operation each, to variables whose names are counted here: nothing of
    the text reaches Python but numbers and the names of known functions.
    """
    writer = _Writer(equations)
    function = "\n    ".join(["def run(xp, t, state, parameters):", *writer.lines])
    scope: dict[str, Any] = {"applied": applied}
    exec(compile(function, "<equations>", "exec"), scope)
    return scope["run"]


class _Writer:
    """The body of the function: every part of a tree stands in a variable of its depth."""

    def __init__(self, equations: Equations) -> None:
        self.names: dict[str, str] = {name: repr(value) for name, value in CONSTANTS.items()}
        self.lines: list[str] = []
        for index, name in enumerate(equations.parameters):
            self.names[name] = f"p{index}"
            if name in equations.used:
                self.lines.append(f"p{index} = parameters[{name!r}]")
        if equations.of_flow:
            self.names[TIME] = TIME
        state = [f"s{index}" for index, _ in enumerate(equations.coordinates)]
        self.names |= dict(zip(equations.coordinates, state, strict=True))
        self.lines.append(f"{', '.join(state)}, = state")
        results: list[str] = []
        for index, tree in enumerate(equations.trees):
            value = self.part(tree, 0)
            if not {name.name for name in names(tree)} & set(equations.coordinates):
                # Every trajectory has a rate, also one that is the same for all.
                value = f"xp.zeros_like(s0) + {value}"
            self.lines.append(f"r{index} = {value}")
            results.append(f"r{index}")
        self.lines.append(f"return {', '.join(results)},")

    def part(self, part: Expression, depth: int) -> str:
        """A number, a name, or the variable in which the value of a part stands."""
        match part:
            case Constant(value):
                return f"({value!r})"
            case Name(name):
                return self.names[name]
            case Unary("-", operand):
                return self.variable(depth, f"-{self.part(operand, depth)}")
            case Unary(_, operand):
                return self.part(operand, depth)
            case Chain(first, rest):
                total = self.part(first, depth)
                for operator, item in rest:
                    total = self.variable(depth, self.operation(total, operator, item, depth))
                return total
            case Call(function, arguments):
                given = [self.part(item, depth + index) for index, item in enumerate(arguments)]
                return self.variable(depth, f"xp.{function}({', '.join(given)})")

    def operation(self, left: str, operator: str, item: Expression, depth: int) -> str:
        right = self.part(item, depth + 1)
        value = item.value if isinstance(item, Constant) else 0
        if operator in "+-*" or (operator == "/" and value):
            return f"{left} {operator} {right}"
        if operator == "**" and whole_power(value) is not None and value:
            right = f"({whole_power(value)})"
        return f"applied({operator!r}, {left}, {right})"

    def variable(self, depth: int, value: str) -> str:
        self.lines.append(f"v{depth} = {value}")
        return f"v{depth}"
