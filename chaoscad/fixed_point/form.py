"""A map's step as integer instructions, from which the Python model, Verilog and C are all made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from chaoscad.hardware import Rounding
from chaoscad.systems import Interval

Operation = Literal[
    "state",
    "constant",
    "add",
    "subtract",
    "multiply",
    "minimum",
    "maximum",
    "absolute",
    "shift_left",
    "shift_right",
    "low_bits",
    "look_up",
]

Range = tuple[int, int]
"""The least and the greatest integer of a value."""


@dataclass(frozen=True)
class Instruction:
    """One integer operation on the results of earlier ones.

    **Arguments:**

    - `operands`: positions of earlier instructions.
    - `number`: of `state` the coordinate, of `constant` the value, of the shifts and `low_bits` the
      number of bits, of `look_up` the table.
    """

    operation: Operation
    operands: tuple[int, ...] = ()
    number: int = 0


@dataclass(frozen=True)
class Form:
    """One step of a map in integers; a state x stands as the integer x * 2^fraction_bits.

    `shift_right` rounds towards minus infinity, `low_bits` keeps the remainder modulo a power of two
    (never negative), and everything else is exact.

    **Arguments:**

    - `results`: the instruction that is the new state of each coordinate.
    - `tables`: whole numbers that `look_up` reads.
    - `kind`: `exact` for a step computed exactly and rounded once, `table` for a table.
    - `domain`: of a table, the range of its states.
    """

    instructions: tuple[Instruction, ...]
    results: tuple[int, ...]
    tables: tuple[tuple[int, ...], ...]
    fraction_bits: int
    rounding: Rounding
    kind: Literal["exact", "table"]
    domain: Interval | None = None

    def step(self, state: Sequence[Any]) -> tuple[Any, ...]:
        """The next state, of integers or of NumPy arrays of them (int64 or Python's own)."""
        values: list[Any] = []
        for item in self.instructions:
            values.append(_evaluate(item, [values[place] for place in item.operands], state, self))
        return tuple(values[place] for place in self.results)

    def ranges(self, state: Sequence[Range]) -> tuple[Range, ...]:
        """For every instruction, a range that holds its value for all states in `state`."""
        found: list[Range] = []
        for item in self.instructions:
            found.append(_range(item, [found[place] for place in item.operands], state, self))
        return tuple(found)


def bits(values: Range) -> int:
    """The width of the signed word that holds all of a range."""
    return 1 + max(values[1].bit_length(), (-values[0] - 1).bit_length() if values[0] < 0 else 0)


def _evaluate(item: Instruction, operands: list[Any], state: Sequence[Any], form: Form) -> Any:
    number = item.number
    match item.operation:
        case "state":
            return state[number]
        case "constant":
            return number
        case "add":
            return operands[0] + operands[1]
        case "subtract":
            return operands[0] - operands[1]
        case "multiply":
            return operands[0] * operands[1]
        case "minimum":
            return _extreme(np.minimum, min, operands)
        case "maximum":
            return _extreme(np.maximum, max, operands)
        case "absolute":
            return abs(operands[0])
        case "shift_left":
            return operands[0] * (1 << number)
        case "shift_right":
            return operands[0] >> number
        case "low_bits":
            return operands[0] & ((1 << number) - 1)
        case "look_up":
            table = form.tables[number]
            index = operands[0]
            if not isinstance(index, np.ndarray):
                return table[index]
            return np.array(table, index.dtype)[index.astype(np.int64)]


def _extreme(arrays: Any, numbers: Any, operands: list[Any]) -> Any:
    chosen = arrays if any(isinstance(item, np.ndarray) for item in operands) else numbers
    return chosen(*operands)


def _range(item: Instruction, operands: list[Range], state: Sequence[Range], form: Form) -> Range:
    number = item.number
    match item.operation:
        case "state":
            return state[number]
        case "constant":
            return number, number
        case "add":
            (a, b), (c, d) = operands
            return a + c, b + d
        case "subtract":
            (a, b), (c, d) = operands
            return a - d, b - c
        case "multiply":
            products = [left * right for left in operands[0] for right in operands[1]]
            return min(products), max(products)
        case "minimum":
            (a, b), (c, d) = operands
            return min(a, c), min(b, d)
        case "maximum":
            (a, b), (c, d) = operands
            return max(a, c), max(b, d)
        case "absolute":
            a, b = operands[0]
            return (0 if a <= 0 <= b else min(abs(a), abs(b))), max(abs(a), abs(b))
        case "shift_left":
            a, b = operands[0]
            return a << number, b << number
        case "shift_right":
            a, b = operands[0]
            return a >> number, b >> number
        case "low_bits":
            return 0, (1 << number) - 1
        case "look_up":
            return min(form.tables[number]), max(form.tables[number])


def to_grid(value: float, fraction_bits: int) -> int:
    """The nearest multiple of 2^-fraction_bits, counted in those; halves go to the even one."""
    return round(value * (1 << fraction_bits))
