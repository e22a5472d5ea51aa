"""The one look into a step or a field: the equations are run once on symbols, which note it down."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
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
    namespace = _Namespace(tape)
    if isinstance(system, Flow):
        found = system.field(namespace, tape.note(Symbol("time", "t")), state, parameters)
    else:
        found = system.step(namespace, state, parameters)
    results = tuple(tape.place(item) for item in found)
    return Graph(tuple(tape.nodes), results)


@dataclass
class _Tape:
    """The nodes so far."""

    nodes: list[Node] = field(default_factory=list)

    def note(self, node: Node) -> _Traced:
        self.nodes.append(node)
        return _Traced(self, len(self.nodes) - 1)

    def place(self, value: Any) -> int:
        if isinstance(value, _Traced):
            return value.place
        number = value if isinstance(value, int) else float(value)
        return self.note(Constant(number)).place

    def operation(self, name: str, *operands: Any, curve: Curve | None = None) -> _Traced:
        return self.note(Operation(name, tuple(map(self.place, operands)), curve))


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


class _Namespace:
    """The functions of an array namespace over symbols; any other is refused by its name."""

    def __init__(self, tape: _Tape) -> None:
        self._tape = tape

    def __getattr__(self, name: str) -> Callable[..., _Traced]:
        if name not in FUNCTIONS:
            raise NoForm(name)
        return lambda *operands: self._tape.operation(name, *operands)

    def where(self, condition: Any, yes: Any, no: Any) -> Any:
        if isinstance(condition, _Traced):
            return self._tape.operation("where", condition, yes, no)
        return yes if condition else no

    def interpolate(self, x: Any, curve: Curve) -> _Traced:
        return self._tape.operation("interpolate", x, curve=curve)

    def zeros_like(self, x: Any) -> float:  # noqa: ARG002
        return 0.0
