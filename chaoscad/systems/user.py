"""Maps that a netlist defines by an expression."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from chaoscad.errors import nearest, shown
from chaoscad.expression import (
    ARITHMETIC,
    Expression,
    ExpressionError,
    evaluate_arithmetic,
    names,
    parse,
)
from chaoscad.systems.folding import fold
from chaoscad.systems.model import Map, Parameter, Setting, State

STATE = "x"
"""The name of the state in a user's expression."""

RESERVED = ("x0", "delta", "threshold")
"""Parameters of every gate; a map's parameter of that name could not be told from them in a tie."""

CONSTANTS = {"pi": math.pi, "e": math.e}
"""Names with a value in every expression, unless a parameter takes the name."""


def user_map(text: str, parameters: Mapping[str, float]) -> Setting:
    """The map x -> `text`, for example `r*x*(1-x)` with `{"r": 3.9}`.

    The default range of its states is [0, 1].

    **Raises:** `ExpressionError` for text outside the grammar, a name that is neither the state
    `x` nor a parameter, a parameter called `x`, or a part that is constant and not a finite number.
    """
    if STATE in parameters:
        raise ExpressionError("the name x is the state and cannot be a parameter", 1)
    for name in RESERVED:
        if name in parameters:
            raise ExpressionError(f"{name} is a gate's own and cannot be a map's parameter", 1)
    tree = fold(parse(text, ARITHMETIC), {**CONSTANTS, **parameters})
    known = {STATE, *parameters, *CONSTANTS}
    used = list(names(tree))
    for name in used:
        if name.name not in known:
            hint = nearest(name.name, known) or "give it a value under 'parameters'"
            raise ExpressionError(f"unknown name {shown(name.name)}", name.column, hint)
    if STATE not in {name.name for name in used}:
        raise ExpressionError("the expression does not depend on the state x", 1)
    system = Map(
        name="user",
        title=f"user map {text}",
        formula=text,
        parameters=tuple(
            Parameter(name, value, -math.inf, math.inf, "1", "given in the netlist")
            for name, value in parameters.items()
        ),
        state=(0.0, 1.0),
        step=_step(tree),
        citation="defined in the netlist",
        expression=text,
    )
    return Setting(system, tuple(float(value) for value in parameters.values()))


def _step(tree: Expression) -> Any:
    def step(xp: Any, state: State, parameters: Mapping[str, Any]) -> State:
        values = {**CONSTANTS, **parameters, STATE: state[0]}
        return (evaluate_arithmetic(tree, values, xp),)

    return step
