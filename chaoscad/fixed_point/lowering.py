"""From a map to its integer form.

A step of sums, products, `abs`, `minimum`, `maximum` and `floor` is computed exactly and rounded once to
the word. Any other step becomes a table of the step over the range of its states, with straight lines
between the entries.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import Any, Literal

import numpy as np

from chaoscad.errors import Refused
from chaoscad.expression import whole_power
from chaoscad.fixed_point.form import (
    Form,
    Instruction,
    Operation,
    Rounding,
    bits,
    to_grid,
)
from chaoscad.systems import Interval, Map, Setting, symbolic
from chaoscad.systems.symbolic import NoForm, Symbol, interpret, trace

MOST_SEGMENTS = 1024
"""Most straight lines of a table; up to this many states it holds every one."""

MOST_FACTORS = 16
"""Highest whole power that is a product."""

WIDEST = 256
"""Most bits of an exact intermediate product; a step that needs more becomes a table."""


def form(
    setting: Setting, fraction_bits: int, rounding: Rounding = "truncate", *, domain: Interval
) -> Form:
    """The integer form of a map's step.

    **Arguments:**

    - `setting`: its parameters are rounded to the grid of `fraction_bits`.
    - `domain`: the range of states that a table covers, where one is needed.

    **Raises:** `Refused` when the map has no value somewhere in `domain`, or needs a table in
    more than one coordinate.
    """
    return _form(setting, fraction_bits, rounding, domain)


@lru_cache(maxsize=512)
def _form(setting: Setting, fraction_bits: int, rounding: Rounding, domain: Interval) -> Form:
    system = setting.system
    assert isinstance(system, Map)
    build = _Builder(fraction_bits, rounding)
    states: dict[Symbol, _Number | float] = {
        Symbol("state", name): _Number(build.emit("state", (), index), fraction_bits)
        for index, name in enumerate(system.coordinates)
    }
    try:
        graph = trace(setting)
        made = interpret(graph, states, build.apply)
        results = tuple(build.rounded(build.number(made[place])) for place in graph.results)
        found = build.form(results, "exact")
        word = (-(1 << (fraction_bits + 8)), 1 << (fraction_bits + 8))
        if all(bits(item) <= WIDEST for item in found.ranges([word] * len(states))):
            return found
    except NoForm:
        pass
    if len(states) > 1:
        raise Refused(f"the map {system.name} has no integer form in several coordinates")
    return _table(setting, fraction_bits, rounding, domain)


@dataclass(frozen=True)
class _Number:
    """The integer `place`, which stands for itself over 2^scale.

    `whole` is set on the floor of another number, the place of which it names.
    """

    place: int
    scale: int
    whole: int | None = None


@dataclass
class _Builder:
    """Collects the instructions of a step; equal ones are emitted once."""

    fraction_bits: int
    rounding: Rounding
    instructions: list[Instruction] = field(default_factory=list)
    tables: list[tuple[int, ...]] = field(default_factory=list)

    def emit(self, operation: Operation, operands: tuple[int, ...] = (), number: int = 0) -> int:
        made = Instruction(operation, operands, number)
        if made in self.instructions:
            return self.instructions.index(made)
        self.instructions.append(made)
        return len(self.instructions) - 1

    def number(self, value: _Number | float) -> _Number:
        """A number of integers; a plain one is rounded to the grid, without the zeros at its end."""
        if isinstance(value, _Number):
            return value
        if not math.isfinite(value):
            raise NoForm("a number that is not finite")
        scale = self.fraction_bits
        mantissa = to_grid(float(value), scale)
        while scale and mantissa % 2 == 0:
            mantissa, scale = mantissa // 2, scale - 1
        return _Number(self.emit("constant", (), mantissa), scale)

    def apply(self, item: symbolic.Operation, operands: list[_Number | float]) -> _Number:
        """An operation of a graph, exactly.

        **Raises:** `NoForm` for one that integers cannot do exactly.
        """
        match item.name, operands:
            case "add" | "subtract" | "minimum" | "maximum" as operation, (left, right):
                return self.both(operation, self.number(left), self.number(right))
            case "multiply", (left, right):
                return self.times(self.number(left), self.number(right))
            case "divide", (left, float() | int() as right) if right:
                return self.times(self.number(left), self.number(1 / right))
            case "power", (base, float() | int() as power):
                return self.power(self.number(base), power)
            case "negate", (value,):
                return self.both("subtract", self.number(0), self.number(value))
            case "abs", (value,):
                number = self.number(value)
                return _Number(self.emit("absolute", (number.place,)), number.scale)
            case "floor", (value,):
                number = self.number(value)
                if not number.scale:
                    return number
                place = self.emit("shift_right", (number.place,), number.scale)
                return _Number(place, 0, number.place)
        raise NoForm(item.name)

    def both(self, operation: Operation, left: _Number, right: _Number) -> _Number:
        """An operation on two numbers at the larger of their scales."""
        scale = max(left.scale, right.scale)
        # x - floor(x) is the fraction bits of x, of a negative one too: floor rounds down.
        if operation == "subtract" and right.whole == left.place:
            return _Number(self.emit("low_bits", (left.place,), scale), scale)
        operands = (self.raised(left, scale), self.raised(right, scale))
        known = [self.constant(place) for place in operands]
        if operation in ("add", "subtract") and known[0] is not None and known[1] is not None:
            value = known[0] + known[1] if operation == "add" else known[0] - known[1]
            return _Number(self.emit("constant", (), value), scale)
        return _Number(self.emit(operation, operands), scale)

    def times(self, left: _Number, right: _Number) -> _Number:
        constants = [self.constant(item.place) for item in (left, right)]
        if 0 in constants:
            return self.number(0)
        if constants[0] is not None and constants[1] is not None:
            place = self.emit("constant", (), constants[0] * constants[1])
        elif 1 in constants:
            place = (right if constants[0] == 1 else left).place
        else:
            place = self.emit("multiply", (left.place, right.place))
        return _Number(place, left.scale + right.scale)

    def power(self, base: _Number, power: float) -> _Number:
        times = whole_power(power)
        if times is None or not 0 <= times <= MOST_FACTORS:
            raise NoForm("power")
        found = self.number(1)
        for _ in range(times):
            found = self.times(found, base)
        return found

    def constant(self, place: int) -> int | None:
        item = self.instructions[place]
        return item.number if item.operation == "constant" else None

    def raised(self, number: _Number, scale: int) -> int:
        """The instruction with the number at a larger scale."""
        missing = scale - number.scale
        value = self.constant(number.place)
        if not missing:
            return number.place
        if value is not None:
            return self.emit("constant", (), value << missing)
        return self.emit("shift_left", (number.place,), missing)

    def rounded(self, number: _Number) -> int:
        """The instruction with the number at the scale of the word."""
        return self.lowered(number.place, number.scale - self.fraction_bits, number)

    def lowered(self, place: int, extra: int, number: _Number | None = None) -> int:
        if extra <= 0:
            return place if number is None else self.raised(number, self.fraction_bits)
        if self.rounding == "nearest":
            place = self.emit("add", (place, self.emit("constant", (), 1 << (extra - 1))))
        return self.emit("shift_right", (place,), extra)

    def form(
        self,
        results: tuple[int, ...],
        kind: Literal["exact", "table"],
        domain: Interval | None = None,
    ) -> Form:
        """The form, without the instructions that no result needs."""
        needed = set(results)
        for place in range(len(self.instructions) - 1, -1, -1):
            if place in needed:
                needed.update(self.instructions[place].operands)
        kept = sorted(needed)
        where = {place: index for index, place in enumerate(kept)}
        instructions = tuple(
            Instruction(
                self.instructions[place].operation,
                tuple(where[item] for item in self.instructions[place].operands),
                self.instructions[place].number,
            )
            for place in kept
        )
        return Form(
            instructions,
            tuple(where[place] for place in results),
            tuple(self.tables),
            self.fraction_bits,
            self.rounding,
            kind,
            domain,
        )


class _Unfolded:
    """NumPy, but for a floor of 0: a step modulo 1 without its jumps."""

    def __init__(self) -> None:
        self.folds = False

    def __getattr__(self, name: str) -> Any:
        if name == "interpolate":
            raise AttributeError(name)
        return getattr(np, name)

    def floor(self, value: Any) -> Any:
        self.folds = True
        return np.zeros_like(value)


def _table(setting: Setting, fraction_bits: int, rounding: Rounding, domain: Interval) -> Form:
    """The step as a table over `domain`: entries every 2^s states, straight lines between them."""
    system = setting.system
    assert isinstance(system, Map)
    scale = 1 << fraction_bits
    low, high = int(np.floor(domain[0] * scale)), int(np.ceil(domain[1] * scale))
    span = max(high - low, 1)
    # Entries every 2^s states: the entry is a shift of the offset, the share between two its low bits.
    spacing = 0
    while -(-span >> spacing) > MOST_SEGMENTS:
        spacing += 1
    count = -(-span >> spacing) + 1
    knots = (low + (np.arange(count, dtype=np.float64) * (1 << spacing))) / scale
    namespace = _Unfolded()
    with np.errstate(all="ignore"):
        found = system.step(namespace, (np.clip(knots, *domain),), setting.parameters)
    values = np.broadcast_to(np.asarray(found[0], np.float64), knots.shape)
    if not np.isfinite(values).all():
        where = float(knots[np.flatnonzero(~np.isfinite(values))[0]])
        raise Refused(f"the map {system.name} has no value at {where:g}, within its states")
    entries = [to_grid(float(value), fraction_bits) for value in values]
    build = _Builder(fraction_bits, rounding)
    state = build.emit("state")
    offset = build.emit("subtract", (state, build.emit("constant", (), low)))
    offset = build.emit("maximum", (offset, build.emit("constant", (), 0)))
    offset = build.emit("minimum", (offset, build.emit("constant", (), span)))
    build.tables.append(tuple(entries))
    if spacing:
        index = build.emit("shift_right", (offset,), spacing)
        rises = [after - before for before, after in pairwise(entries)]
        build.tables.append((*rises, 0))
        between = build.emit("low_bits", (offset,), spacing)
        # y_i + (y_(i+1) - y_i) * low / 2^s, the division a shift that rounds as all products do.
        rise = build.emit("multiply", (build.emit("look_up", (index,), 1), between))
        result = build.emit(
            "add", (build.emit("look_up", (index,), 0), build.lowered(rise, spacing))
        )
    else:
        result = build.emit("look_up", (offset,), 0)
    if namespace.folds:
        result = build.emit("low_bits", (result,), fraction_bits)
    return build.form((result,), "table", domain)
