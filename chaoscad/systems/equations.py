"""Equations written as text: checked, and turned into the step of a map or the field of a flow.

They become a function over an array namespace, as the built-in systems are. So NumPy certifies it, JAX
trains it, intervals prove about it, and the tracer of `systems.symbolic` makes C, SPICE and integers
of it: one definition for all of them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from chaoscad.errors import nearest, shown
from chaoscad.expression import (
    ARITHMETIC,
    Call,
    Chain,
    Constant,
    Expression,
    ExpressionError,
    Name,
    Unary,
    names,
    parse,
)
from chaoscad.systems.equation_code import CONSTANTS, TIME, compiled
from chaoscad.systems.folding import fold
from chaoscad.systems.model import Flow, Interval, Parameter, Setting, State
from chaoscad.systems.periods import Period

RESERVED = ("x0", "delta", "threshold")
"""Parameters of every gate; a system's parameter of that name could not be told from them in a tie."""

STATE = "x"
"""The name of the state in a map that is one expression."""

NAME = "user"
"""The name of a system that has none of its own."""

STATES: Interval = (-1.0, 1.0)
"""The range of the states of gates where nothing says it; of a map of one expression [0, 1]."""

MOST_COORDINATES = 32
"""Most coordinates of a system of one's own."""

_COORDINATE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,19}", re.ASCII)
_SYSTEM = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}", re.ASCII)


@dataclass(frozen=True)
class Equations:
    """One right-hand side per coordinate; two are equal when their texts and parameters are.

    **Arguments:**

    - `coordinates`, `texts`: in their order.
    - `parameters`: their names.
    - `of_flow`: whether they are rates, in which `t` is the time, and not next values.
    - `trees`: the texts, parsed and checked by `equation`.
    """

    coordinates: tuple[str, ...]
    texts: tuple[str, ...]
    parameters: tuple[str, ...]
    of_flow: bool
    trees: tuple[Expression, ...] = field(compare=False, repr=False)

    @property
    def used(self) -> frozenset[str]:
        """Every name that stands in them."""
        return frozenset(name.name for tree in self.trees for name in names(tree))

    @property
    def driven(self) -> bool:
        """Whether they depend on the time."""
        return self.of_flow and TIME in self.used

    @property
    def linear(self) -> bool:
        """Whether every right-hand side is affine in the state."""
        return all(_degree(tree, frozenset(self.coordinates)) <= 1 for tree in self.trees)

    def to_data(self, setting: Setting) -> dict[str, Any]:
        """A setting of the system that has them, as the netlist language writes it."""
        return _own_data(setting)


@dataclass(frozen=True)
class Step:
    """The step of a map, `step(xp, state, parameters)`."""

    equations: Equations

    def __call__(self, xp: Any, state: State, parameters: Mapping[str, Any]) -> State:
        return compiled(self.equations)(xp, 0.0, state, parameters)


@dataclass(frozen=True)
class Field:
    """The field of a flow, `field(xp, t, state, parameters)`."""

    equations: Equations

    def __call__(self, xp: Any, t: Any, state: State, parameters: Mapping[str, Any]) -> State:
        return compiled(self.equations)(xp, t, state, parameters)


def equation(
    text: str, coordinates: Collection[str], parameters: Mapping[str, float], of_flow: bool
) -> Expression:
    """One right-hand side, parsed, with its constant parts computed.

    **Raises:** `ExpressionError` for text outside the grammar, a name that is neither a coordinate nor
    a parameter, or a part that is constant and not a finite number.
    """
    given = {**CONSTANTS, **parameters}
    for name in coordinates:
        given.pop(name, None)
    tree = fold(parse(text, ARITHMETIC), given)
    known = {*coordinates, *given, *((TIME,) if of_flow else ())}
    for name in names(tree):
        if name.name in known:
            continue
        message = f"unknown name {shown(name.name)}"
        hint = nearest(name.name, known) or "give it a value under 'parameters'"
        if name.name in ARITHMETIC.functions:
            hint = f"{name.name} is a function: its argument stands in parentheses"
        elif len(coordinates) > 1 or of_flow:
            what = "derivative under 'flow'" if of_flow else "next value under 'map'"
            hint = nearest(name.name, known) or f"give its {what}, or its value under 'parameters'"
        raise ExpressionError(message, name.column, hint)
    return tree


def name_refusal(name: str, what: str, others: Collection[str], of_flow: bool) -> str | None:
    """Why a coordinate or a parameter cannot have its name, or `None`.

    **Arguments:**

    - `what`: "coordinate" or "parameter".
    - `others`: names that are taken.
    """
    kind = "flow" if of_flow else "map"
    if name in RESERVED:
        return f"{name} is a gate's own and cannot be a {kind}'s {what}"
    if name in ARITHMETIC.functions:
        return f"{name} is a function of expressions and cannot be a {what}"
    if of_flow and name == TIME:
        return f"t is the time of a flow and cannot be a {what}"
    if name in others:
        whose = "the state" if len(others) == 1 else "a coordinate"
        return f"the name {name} is {whose} and cannot be a {what}"
    if what == "coordinate" and not _COORDINATE.fullmatch(name):
        return f"{shown(name)} cannot name a coordinate: up to 20 letters, digits and '_', a letter first"
    return None


def system_name_refusal(name: str) -> str | None:
    """Why a system cannot be called `name`, or `None`."""
    if _SYSTEM.fullmatch(name):
        return None
    return f"{shown(name)} cannot name a system: up to 40 letters, digits and '_', a letter first"


def _degree(part: Expression, state: frozenset[str]) -> float:
    """The degree in the state, infinite for what is no polynomial."""
    match part:
        case Constant():
            return 0
        case Name(name):
            return int(name in state)
        case Unary(_, operand):
            return _degree(operand, state)
        case Chain(first, rest):
            total = _degree(first, state)
            for operator, item in rest:
                right = _degree(item, state)
                match operator:
                    case "+" | "-":
                        total = max(total, right)
                    case "*":
                        total += right
                    case "/":
                        total = math.inf if right else total
                    case _:
                        total = 0 if total == right == 0 else math.inf
            return total
        case Call(_, arguments):
            return math.inf if any(_degree(item, state) for item in arguments) else 0


def _own_data(setting: Setting) -> dict[str, Any]:
    """A system of one's own as the netlist language writes it; what is a default is left out."""
    system, made = setting.system, setting.system.equations
    assert made is not None
    texts: Any = dict(zip(made.coordinates, made.texts, strict=True))
    plain = not made.of_flow and made.coordinates == (STATE,)
    data: dict[str, Any] = {} if system.name == NAME else {"name": system.name}
    data["flow" if made.of_flow else "map"] = made.texts[0] if plain else texts
    data["parameters"] = {
        item.name: _parameter_data(item, value)
        for item, value in zip(system.parameters, setting.values, strict=True)
    }
    if not plain:
        data["encode"] = list(setting.encode)
        data["read"] = setting.read
        starts = zip(made.coordinates, setting.start, strict=True)
        data["start"] = {name: value for name, value in starts if name not in setting.encode}
    usual = (0.0, 1.0) if plain else STATES
    if system.state != usual:
        data["state"] = list(system.state)
    if system.initial != ((0.3,) if plain else (0.1,) * len(made.coordinates)):
        data["initial"] = dict(zip(made.coordinates, system.initial, strict=True))
    if isinstance(system, Flow):
        assert setting.solver is not None
        data |= {"time": setting.time, "step": system.step}
        if isinstance(system.period, Period):
            data["period"] = system.period.text
        if setting.solver.to_data() != {"method": "tsit5", "step": system.step}:
            data["solver"] = setting.solver.to_data()
        if system.time_unit != "1":
            data["time_unit"] = system.time_unit
    if system.unit != "1":
        data["unit"] = system.unit
    if system.lyapunov is not None and setting.parameters == system.defaults():
        data["lyapunov"] = system.lyapunov
    if system.title != own_title(system.name, system.formula, made.of_flow):
        data["title"] = system.title
    if system.citation != "defined in the netlist":
        data["citation"] = system.citation
    return data


def own_title(name: str, formula: str, of_flow: bool) -> str:
    """The title of a system of one's own that has none."""
    kind = "flow" if of_flow else "map"
    return f"user {kind} {formula}" if name == NAME else f"{kind} {name}: {formula}"


def _parameter_data(item: Parameter, value: float) -> Any:
    data: dict[str, Any] = {"default": value}
    if math.isfinite(item.low) or math.isfinite(item.high):
        ends = (item.low, item.high)
        data["bounds"] = [
            end if math.isfinite(end) else ".inf" if end > 0 else "-.inf" for end in ends
        ]
    if item.unit != "1":
        data["unit"] = item.unit
    if item.meaning != "given in the netlist":
        data["meaning"] = item.meaning
    return value if len(data) == 1 else data
