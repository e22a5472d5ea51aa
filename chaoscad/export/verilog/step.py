"""The Verilog module of one iterate, made of the integer form of a map; every width is written out."""

from __future__ import annotations

import re
from collections.abc import Sequence

from chaoscad.export.coordinates import legal, renamed
from chaoscad.export.names import comment
from chaoscad.export.verilog.text import extended, listed, literal, runs, unread
from chaoscad.fixed_point.form import Form, Instruction, bits
from chaoscad.fixed_point.orbits import Word
from chaoscad.systems import Map, Setting

_UNFIT = re.compile(r"[^A-Za-z0-9 _.,()+*/^|'=-]")

_BETWEEN = {"add": "+", "subtract": "-", "multiply": "*"}


def step_module(name: str, setting: Setting, form: Form, word: Word) -> list[str]:
    """The module of one iterate, without a register."""
    system = legal(setting).system
    word_type = f"signed [{word.length - 1}:0]"
    ports = [f"input  wire {word_type} {item}" for item in system.coordinates]
    ports += [f"output wire {word_type} {item}_next" for item in system.coordinates]
    lines = [f"module {name} (", *listed(ports), ");"]
    for index, table in enumerate(form.tables):
        lines += _table(index, table)
    wires = _Wires(form, word, system.coordinates)
    for place in range(len(form.instructions)):
        lines += wires.declared(place)
    for coordinate, place in zip(system.coordinates, form.results, strict=True):
        lines.append(f"  assign {coordinate}_next = {wires.lowest(place, word.length)};")
    named = wires.names.values()
    rest = [*(name for name in system.coordinates if name not in named), *wires.unread()]
    if rest:
        lines.append("  // Bits that the rounding, the word or the map itself leaves out.")
    return [*lines, *unread("unused", rest), "endmodule", ""]


class _Wires:
    """The wires of a step: their names, their widths, and which of their bits something reads.

    An instruction that has one value whatever the state is a constant, and has no wire.
    """

    def __init__(self, form: Form, word: Word, coordinates: Sequence[str]) -> None:
        self.form = form
        self.ranges = form.ranges([word.range] * len(coordinates))
        self.names: dict[int, str] = {}
        self.widths: dict[int, int] = {}
        self.read: dict[int, int] = {}
        for place, item in enumerate(form.instructions):
            if item.operation == "state":
                self._add(place, coordinates[item.number], word.length)
            elif self._constant(place) is None:
                self._add(place, f"v{place}", self._width(place, item))

    def declared(self, place: int) -> list[str]:
        """The line that declares the wire of an instruction, where it has one."""
        item = self.form.instructions[place]
        if item.operation == "state" or place not in self.widths:
            return []
        width = self.widths[place]
        value = self._value(item, width)
        return [f"  wire signed [{width - 1}:0] {self.names[place]} = {value};"]

    def lowest(self, place: int, width: int) -> str:
        """The value of an instruction in a word of `width` bits."""
        if self._size(place) > width:
            return self._part(place, width - 1, 0)
        return self._whole(place, width)

    def unread(self) -> list[str]:
        """The bits that nothing reads."""
        found = []
        for place, width in self.widths.items():
            missing = ((1 << width) - 1) & ~self.read[place]
            for high, low in runs(missing):
                whole = high - low + 1 == width
                part = f"[{high}:{low}]" if high > low else f"[{low}]"
                found.append(self.names[place] + ("" if whole else part))
        return found

    def _add(self, place: int, name: str, width: int) -> None:
        self.names[place], self.widths[place], self.read[place] = name, width, 0

    def _constant(self, place: int) -> int | None:
        low, high = self.ranges[place]
        return low if low == high else None

    def _size(self, place: int) -> int:
        """The bits of an operand, a constant's own where it is one."""
        return self.widths.get(place) or bits(self.ranges[place])

    def _width(self, place: int, item: Instruction) -> int:
        """Bits that hold the result, and every operand that is computed with at that width."""
        needed = bits(self.ranges[place])
        match item.operation:
            case "shift_left":
                return self._size(item.operands[0]) + item.number
            case "shift_right":
                return max(1, self._size(item.operands[0]) - item.number)
            case "low_bits" | "look_up":
                return needed
            case _:
                return max(needed, *(self._size(operand) for operand in item.operands))

    def _whole(self, place: int, width: int) -> str:
        """A value, extended to a width that it is read at."""
        value = self._constant(place)
        if value is not None and place not in self.widths:
            return literal(value, width)
        self.read[place] |= (1 << self.widths[place]) - 1
        return extended(self.names[place], self.widths[place], width)

    def _part(self, place: int, high: int, low: int) -> str:
        """Some bits of a value, without a sign."""
        value = self._constant(place)
        if value is not None and place not in self.widths:
            width = high - low + 1
            return f"{width}'d{value >> low & ((1 << width) - 1)}"
        self.read[place] |= ((1 << (high - low + 1)) - 1) << low
        if (high, low) == (self.widths[place] - 1, 0):
            return self.names[place]
        return f"{self.names[place]}[{high}:{low}]"

    def _value(self, item: Instruction, width: int) -> str:
        number = item.number
        match item.operation:
            case "add" | "subtract" | "multiply":
                left, right = (self._whole(place, width) for place in item.operands)
                return f"{left} {_BETWEEN[item.operation]} {right}"
            case "minimum" | "maximum":
                left, right = (self._whole(place, width) for place in item.operands)
                sign = "<" if item.operation == "minimum" else ">"
                return f"({left} {sign} {right}) ? {left} : {right}"
            case "absolute":
                operand = self._whole(item.operands[0], width)
                return f"({operand} < {literal(0, width)}) ? -{operand} : {operand}"
            case "shift_left":
                operand = self._whole(item.operands[0], width - number)
                return f"{{{operand}, {number}'d0}}"
            case "shift_right":
                high = self._size(item.operands[0]) - 1
                return self._part(item.operands[0], high, min(number, high))
            case "low_bits":
                (place,) = item.operands
                if self._size(place) >= number:
                    return f"{{1'b0, {self._part(place, number - 1, 0)}}}"
                return f"{{1'b0, {self._whole(place, number)}}}"
            case "look_up":
                address = _address(self.form.tables[number])
                return f"table_{number}({self._part(item.operands[0], address - 1, 0)})"
            case "state" | "constant":
                raise AssertionError(f"a {item.operation} has no expression")


def about_step(setting: Setting, form: Form) -> list[str]:
    """What a step computes, in words."""
    system = setting.system
    assert isinstance(system, Map)
    values = ", ".join(f"{name} = {value!r}" for name, value in setting.parameters.items())
    how = "computed exactly, rounded once"
    if form.kind == "table":
        assert form.domain is not None
        low, high = form.domain
        how = (
            f"a table of {len(form.tables[0])} entries over [{low:g}, {high:g}]"
            + (", straight lines between them" if len(form.tables) > 1 else "")
            + "; states beyond it count as its ends"
        )
    where = f" with {values} on the grid" if values else ""
    return [
        f"One iterate of the {comment(system.title)}:",
        f"  {formula(system.formula)}{comment(where)}",
        f"{how}.",
        *renamed(setting),
    ]


def formula(text: str) -> str:
    """A map's formula as it may stand behind `//`: one line of harmless characters."""
    return _UNFIT.sub("?", " ".join(text.split()))[:200]


def _address(table: Sequence[int]) -> int:
    """The bits of an index of a table."""
    return max(1, (len(table) - 1).bit_length())


def _table(index: int, table: Sequence[int]) -> list[str]:
    width = bits((min(table), max(table)))
    address = _address(table)
    lines = [
        f"  function automatic signed [{width - 1}:0] table_{index};",
        f"    input [{address - 1}:0] index;",
        "    case (index)",
    ]
    lines += [
        f"      {address}'d{place}: table_{index} = {literal(value, width)};"
        for place, value in enumerate(table[:-1])
    ]
    lines += [f"      default: table_{index} = {literal(table[-1], width)};", "    endcase"]
    return [*lines, "  endfunction"]
