"""From a map to its integer form: the map's own step, run once on symbols.

A step of sums, products, `abs`, `minimum`, `maximum` and `floor` is computed exactly and rounded once to
the word. Any other step becomes a table of the step over the range of its states, with straight lines
between the entries.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import Any, Literal

import numpy as np

from chaoscad.errors import Refused
from chaoscad.export.fixed_point_form import (
    Form,
    Instruction,
    Operation,
    Rounding,
    bits,
    to_grid,
)
from chaoscad.systems import Interval, Map, Setting

MOST_SEGMENTS = 1024
"""Most straight lines of a table; up to this many states it holds every one."""

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
    states = tuple(
        _Number(build, build.emit("state", (), index), fraction_bits)
        for index in range(len(system.coordinates))
    )
    try:
        following = system.step(_Symbols(build), states, setting.parameters)
        results = tuple(build.rounded(build.number(item)) for item in following)
        found = build.form(results, "exact")
        word = (-(1 << (fraction_bits + 8)), 1 << (fraction_bits + 8))
        if all(bits(item) <= WIDEST for item in found.ranges([word] * len(states))):
            return found
    except _NoForm:
        pass
    if len(states) > 1:
        raise Refused(f"the map {system.name} has no integer form in several coordinates")
    return _table(setting, fraction_bits, rounding, domain)


class _NoForm(Exception):
    """The step does something that integers cannot do exactly."""


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

    def number(self, value: Any) -> _Number:
        """A traced number; a plain one is rounded to the grid, without the zeros at its end."""
        if isinstance(value, _Number):
            return value
        scale = self.fraction_bits
        mantissa = to_grid(float(value), scale)
        while scale and mantissa % 2 == 0:
            mantissa, scale = mantissa // 2, scale - 1
        return _Number(self, self.emit("constant", (), mantissa), scale)

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


@dataclass(frozen=True, eq=False)
class _Number:
    """A symbol for the integer `place`, which stands for itself over 2^scale.

    `whole` is set on the floor of another number, the place of which it names.
    """

    build: _Builder
    place: int
    scale: int
    whole: int | None = None

    def _both(self, other: Any, operation: Operation, swap: bool = False) -> _Number:
        right = self.build.number(other)
        left, right = (right, self) if swap else (self, right)
        scale = max(left.scale, right.scale)
        if operation == "subtract" and right.whole == left.place:
            return _Number(self.build, self.build.emit("low_bits", (left.place,), scale), scale)
        operands = (self.build.raised(left, scale), self.build.raised(right, scale))
        known = [self.build.constant(place) for place in operands]
        if operation in ("add", "subtract") and known[0] is not None and known[1] is not None:
            value = known[0] + known[1] if operation == "add" else known[0] - known[1]
            return _Number(self.build, self.build.emit("constant", (), value), scale)
        return _Number(self.build, self.build.emit(operation, operands), scale)

    def __add__(self, other: Any) -> _Number:
        return self._both(other, "add")

    def __radd__(self, other: Any) -> _Number:
        return self._both(other, "add", swap=True)

    def __sub__(self, other: Any) -> _Number:
        return self._both(other, "subtract")

    def __rsub__(self, other: Any) -> _Number:
        return self._both(other, "subtract", swap=True)

    def __mul__(self, other: Any) -> _Number:
        return self._times(self.build.number(other), swap=False)

    def __rmul__(self, other: Any) -> _Number:
        return self._times(self.build.number(other), swap=True)

    def _times(self, other: _Number, swap: bool) -> _Number:
        left, right = (other, self) if swap else (self, other)
        constants = [self.build.constant(item.place) for item in (left, right)]
        if 0 in constants:
            return self.build.number(0)
        if constants[0] is not None and constants[1] is not None:
            place = self.build.emit("constant", (), constants[0] * constants[1])
        elif 1 in constants:
            place = (right if constants[0] == 1 else left).place
        else:
            place = self.build.emit("multiply", (left.place, right.place))
        return _Number(self.build, place, left.scale + right.scale)

    def __neg__(self) -> _Number:
        return 0 - self

    def __pos__(self) -> _Number:
        return self

    def __truediv__(self, other: Any) -> _Number:
        if isinstance(other, _Number) or not other:
            raise _NoForm
        return self * (1 / other)

    def __rtruediv__(self, other: Any) -> _Number:
        raise _NoForm

    def __pow__(self, exponent: Any) -> _Number:
        if not isinstance(exponent, int) or not 0 <= exponent <= 16:
            raise _NoForm
        found = self.build.number(1)
        for _ in range(exponent):
            found = found * self
        return found

    def __rpow__(self, base: Any) -> _Number:
        raise _NoForm

    def __bool__(self) -> bool:
        raise _NoForm

    def __lt__(self, other: Any) -> bool:
        raise _NoForm

    __gt__ = __le__ = __ge__ = __lt__


class _Symbols:
    """The array namespace of a trace; what it lacks has no exact integer form."""

    def __init__(self, build: _Builder) -> None:
        self._build = build

    def __getattr__(self, name: str) -> Any:
        raise _NoForm(name)

    def minimum(self, left: Any, right: Any) -> _Number:
        return self._build.number(left)._both(right, "minimum")

    def maximum(self, left: Any, right: Any) -> _Number:
        return self._build.number(left)._both(right, "maximum")

    def abs(self, value: Any) -> _Number:
        number = self._build.number(value)
        return _Number(self._build, self._build.emit("absolute", (number.place,)), number.scale)

    def floor(self, value: Any) -> _Number:
        number = self._build.number(value)
        if not number.scale:
            return number
        place = self._build.emit("shift_right", (number.place,), number.scale)
        return _Number(self._build, place, 0, number.place)

    def where(self, condition: Any, yes: Any, no: Any) -> Any:
        return yes if bool(condition) else no


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
        rise = build.emit("multiply", (build.emit("look_up", (index,), 1), between))
        result = build.emit(
            "add", (build.emit("look_up", (index,), 0), build.lowered(rise, spacing))
        )
    else:
        result = build.emit("look_up", (offset,), 0)
    if namespace.folds:
        result = build.emit("low_bits", (result,), fraction_bits)
    return build.form((result,), "table", domain)
