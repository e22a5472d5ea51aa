"""What a system is: a step written once, over an array namespace, with its parameters as data."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Interval = tuple[float, float]

MOST_ITERATES = 1000
"""Most iterates of a gate; an orbit of a chaotic map is rounding noise long before that."""


@dataclass(frozen=True)
class Parameter:
    """A parameter of a system.

    **Arguments:**

    - `name`: the symbol used in netlists.
    - `default`: the value where a netlist gives none.
    - `low`, `high`: the closed range of allowed values.
    - `unit`: `"1"` for a dimensionless parameter.
    - `meaning`: one phrase.
    """

    name: str
    default: float
    low: float
    high: float
    unit: str
    meaning: str

    def accepts(self, value: float) -> bool:
        """Whether `value` is finite and inside the range."""
        return math.isfinite(value) and self.low <= value <= self.high


@dataclass(frozen=True)
class Map:
    """A one-dimensional map x -> f(x).

    `step(xp, x, parameters)` is elementwise over arrays of `xp`, which is `numpy` or `jax.numpy`:
    the same line is trained by one and certified by the other.

    **Arguments:**

    - `state`: the range of the state in which gates work unless a netlist says otherwise.
    - `unit`: the unit of the state.
    - `citation`: where the map is described.
    - `expression`: the text of a user's map, else `None`.
    """

    name: str
    title: str
    formula: str
    parameters: tuple[Parameter, ...]
    state: Interval
    step: Callable[[Any, Any, Mapping[str, Any]], Any]
    citation: str
    unit: str = "1"
    expression: str | None = None

    def parameter(self, name: str) -> Parameter | None:
        """The parameter called `name`, or `None`."""
        return next((item for item in self.parameters if item.name == name), None)

    def defaults(self) -> dict[str, float]:
        """Every parameter at its default."""
        return {item.name: item.default for item in self.parameters}

    def iterate(self, xp: Any, x: Any, parameters: Mapping[str, Any], iterates: int) -> Any:
        """F(x): the `iterates`-th image of every element of `x`, evaluated step by step.

        **Arguments:**

        - `x`: states, an array of any shape.
        - `parameters`: a value, or an array that broadcasts against `x`, for every parameter.

        **Returns:** an array of the shape of `x`.
        """
        for _ in range(iterates):
            x = self.step(xp, x, parameters)
        return x


@dataclass(frozen=True)
class Setting:
    """A system with a value for each of its parameters, in the system's order.

    Two settings are equal when they compute the same thing: user maps compare by expression.
    """

    system: Map
    values: tuple[float, ...]

    @property
    def parameters(self) -> dict[str, float]:
        """The values by name."""
        return {
            item.name: value
            for item, value in zip(self.system.parameters, self.values, strict=True)
        }

    @property
    def key(self) -> tuple[str, str | None, tuple[str, ...]]:
        """What identifies the equations, whatever the parameters' values."""
        names = tuple(item.name for item in self.system.parameters)
        return self.system.name, self.system.expression, names

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Setting) and self.key == other.key and self.values == other.values

    def __hash__(self) -> int:
        return hash((self.key, self.values))

    def with_values(self, values: Mapping[str, float]) -> Setting:
        """The same system with some parameters at other values."""
        merged = {**self.parameters, **values}
        return Setting(self.system, tuple(merged[item.name] for item in self.system.parameters))

    def to_data(self) -> dict[str, Any]:
        """The setting as the netlist language writes it in a design file."""
        if self.system.expression is not None:
            return {"map": self.system.expression, "parameters": self.parameters}
        return {"name": self.system.name, "parameters": self.parameters}
