"""A graph as text: one constant for each operation, in the syntax that C and JavaScript share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from chaoscad.expression import whole_power
from chaoscad.systems.curves import Curve
from chaoscad.systems.symbolic.graph import Operation
from chaoscad.systems.symbolic.operations import OPERATORS, computed


def written(value: str | float) -> str:
    """A name or a number; `repr` gives back the same double."""
    if isinstance(value, str):
        return value
    number = repr(float(value))
    return f"({number})" if number.startswith("-") else number


@dataclass
class Assignments:
    """The constants of a function, in the order in which they are computed.

    **Arguments:**

    - `function`: the name of a function of the equations, or of `power`, in the language.
    - `curve`: the expression of a measured curve at an argument.
    """

    function: Callable[[str], str]
    curve: Callable[[Curve, str], str]
    constants: dict[str, str] = field(default_factory=dict)

    def apply(self, item: Operation, operands: list[str | float]) -> str | float:
        """A new constant, but for numbers alone, which have a value already."""
        if not any(isinstance(operand, str) for operand in operands):
            return computed(item.name, [float(operand) for operand in operands])
        name = f"v{len(self.constants)}"
        self.constants[name] = self._expression(item, operands)
        return name

    def _expression(self, item: Operation, operands: list[str | float]) -> str:
        texts = [written(operand) for operand in operands]
        match item.name:
            case "negate":
                return f"-{texts[0]}"
            case "power" if whole_power(operands[1]) == 2:
                return f"{texts[0]} * {texts[0]}"
            case "where":
                return f"{texts[0]} ? {texts[1]} : {texts[2]}"
            case "interpolate":
                assert item.curve is not None
                return self.curve(item.curve, texts[0])
            case name if name in OPERATORS and name != "power":
                return f"{texts[0]} {OPERATORS[name][1]} {texts[1]}"
            case name:
                return f"{self.function(name)}({', '.join(texts)})"
