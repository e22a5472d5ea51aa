"""The one look into a step or a field: the equations are run once on symbols, which note it down."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from typing import Any

from chaoscad.systems.curves import Curve
from chaoscad.systems.model import Flow, Setting
from chaoscad.systems.symbolic.graph import Constant, Graph, Node, Operation, Symbol
from chaoscad.systems.symbolic.operations import FUNCTIONS


class NoForm(Exception):
    """Something that the equations need, and a graph or a target has not."""


def trace(setting: Setting, named: Collection[str] = ()) -> Graph:
    """The graph of one step of a map, or of the field of a flow.

    **Arguments:**

    - `named`: the parameters that stay symbols; all others stand with their values.

    **Raises:** `NoForm` with the name of a function that graphs have not, or for a choice by the state.
    """
    tape = _Tape()
    system = setting.system
    state = tuple(tape.note(Symbol("state", name)) for name in system.coordinates)
    parameters: dict[str, Any] = {
        name: tape.note(Symbol("parameter", name)) if name in named else value
        for name, value in setting.parameters.items()
    }
    if isinstance(system, Flow):
        found = system.field(tape, tape.note(Symbol("time", "t")), state, parameters)
    else:
        found = system.step(tape, state, parameters)
    results = tuple(map(tape.placed, found))
    return Graph(tuple(tape.nodes), results)


class _Tape:
    """An array namespace over symbols that notes every operation; what it lacks is refused by its name."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []

    def note(self, node: Node) -> _Traced:
        self.nodes.append(node)
        return _Traced(self, len(self.nodes) - 1)

    def placed(self, value: Any) -> int:
        """The place of a node, or of the new node of a number."""
        if isinstance(value, _Traced):
            return value.place
        return self.note(Constant(value if isinstance(value, int) else float(value))).place

    def operation(self, name: str, *operands: Any, curve: Curve | None = None) -> _Traced:
        return self.note(Operation(name, tuple(map(self.placed, operands)), curve))

    def __getattr__(self, name: str) -> Callable[..., _Traced]:
        if name not in FUNCTIONS:
            raise NoForm(name)
        return partial(self.operation, name)

    def where(self, condition: Any, yes: Any, no: Any) -> Any:
        if isinstance(condition, _Traced):
            return self.operation("where", condition, yes, no)
        return yes if condition else no

    def interpolate(self, x: Any, curve: Curve) -> _Traced:
        return self.operation("interpolate", x, curve=curve)

    def zeros_like(self, x: Any) -> float:  # noqa: ARG002
        return 0.0


def _forward(name: str) -> Callable[[_Traced, Any], _Traced]:
    return lambda self, other: self.tape.operation(name, self, other)


def _backward(name: str) -> Callable[[_Traced, Any], _Traced]:
    return lambda self, other: self.tape.operation(name, other, self)


@dataclass(frozen=True, eq=False)
class _Traced:
    """A node under the operators of Python."""

    tape: _Tape
    place: int

    # NumPy must leave its numbers' operators to this class.
    __array_ufunc__ = None

    __add__, __radd__ = _forward("add"), _backward("add")
    __sub__, __rsub__ = _forward("subtract"), _backward("subtract")
    __mul__, __rmul__ = _forward("multiply"), _backward("multiply")
    __truediv__, __rtruediv__ = _forward("divide"), _backward("divide")
    __pow__, __rpow__ = _forward("power"), _backward("power")
    __lt__, __le__ = _forward("less"), _forward("less_equal")
    __gt__, __ge__ = _forward("greater"), _forward("greater_equal")

    def __neg__(self) -> _Traced:
        return self.tape.operation("negate", self)

    def __pos__(self) -> _Traced:
        return self

    def __bool__(self) -> bool:
        raise NoForm("a choice by the state")
