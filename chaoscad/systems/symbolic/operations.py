"""The operations of a graph, and how every target writes them.

A function that expressions may use is listed in two places: in `expression.ARITHMETIC`, and here.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chaoscad.systems import jet

OPERATORS: dict[str, tuple[Callable[..., Any], str]] = {
    "add": (operator.add, "+"),
    "subtract": (operator.sub, "-"),
    "multiply": (operator.mul, "*"),
    "divide": (operator.truediv, "/"),
    "less": (operator.lt, "<"),
    "less_equal": (operator.le, "<="),
    "greater": (operator.gt, ">"),
    "greater_equal": (operator.ge, ">="),
    "negate": (operator.neg, "-"),
    "power": (operator.pow, ""),
    "where": (lambda condition, yes, no: yes if condition else no, ""),
}
"""Every operation that is no function, but `interpolate`: on numbers, and its sign in C and SPICE."""


@dataclass(frozen=True)
class Function:
    """A function of the equations; NumPy and JAX have it under the name that it has here.

    In fixed point `abs`, `floor`, `minimum` and `maximum` are exact; a step with any other is a table.

    **Arguments:**

    - `jet`: its enclosure.
    - `c`, `spice`: its name in C and in SPICE.
    - `positive`: whether SPICE must keep its argument from 0 and below, where Newton's method may pass.
    """

    jet: Callable[..., jet.Jet]
    c: str
    spice: str
    positive: bool = False


FUNCTIONS: dict[str, Function] = {
    "sin": Function(jet.sin, "sin", "sin"),
    "cos": Function(jet.cos, "cos", "cos"),
    "tan": Function(jet.tan, "tan", "tan"),
    "exp": Function(jet.exp, "exp", "exp"),
    "log": Function(jet.log, "log", "ln", positive=True),
    "sqrt": Function(jet.sqrt, "sqrt", "sqrt", positive=True),
    "tanh": Function(jet.tanh, "tanh", "tanh"),
    "abs": Function(jet.absolute, "fabs", "abs"),
    "floor": Function(jet.floor, "floor", "floor"),
    "minimum": Function(jet.minimum, "fmin", "min"),
    "maximum": Function(jet.maximum, "fmax", "max"),
}


def computed(name: str, numbers: Sequence[float]) -> float:
    """An operation on numbers alone; NaN where it has no real value, as in NumPy."""
    try:
        with np.errstate(all="ignore"):
            function = getattr(np, name) if name in FUNCTIONS else OPERATORS[name][0]
            value = function(*numbers)
    except ArithmeticError:
        return math.nan
    return math.nan if isinstance(value, complex) else float(value)
