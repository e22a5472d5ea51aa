"""The fixed-point half of a C export: the integer form of each map as C."""

from __future__ import annotations

from collections.abc import Sequence

from chaoscad.fixed_point.form import Form, Instruction, Range, bits
from chaoscad.fixed_point.orbits import GateOrbit

WIDEST = 63
"""Most bits of an intermediate integer: those of `int64_t`, one of them to spare."""

NARROW = 31
"""Most bits of an intermediate integer where `int32_t` is enough."""


def reach(found: Sequence[GateOrbit]) -> list[Range]:
    """For every coordinate of a map, the range of its states before an iterate, over some gates."""
    width = len(found[0].orbit[0])
    ends: list[list[int]] = [[] for _ in range(width)]
    for item in found:
        for state in item.orbit[:-1]:
            for coordinate, values in enumerate(state):
                ends[coordinate] += [min(values), max(values)]
    return [(min(values), max(values)) for values in ends]


def widest(form: Form, states: Sequence[Range]) -> int:
    """The bits of the widest intermediate integer of a step."""
    return max(bits(item) for item in form.ranges(states))


SHIFT = """\
/* Division by 2^count that rounds towards minus infinity, whatever >> does to negative numbers. */
static wide shift_down(wide value, int count)
{
    return value >= 0 ? value >> count : ~(~value >> count);
}
"""
"""C code that the steps call."""


def step_function(name: str, form: Form, coordinates: Sequence[str], macro: str) -> list[str]:
    """One iterate in place, `static void NAME(int32_t *s)`, and the tables that it reads.

    **Arguments:**

    - `macro`: with which the names of the header's macros begin.
    """
    lines: list[str] = []
    for index, table in enumerate(form.tables):
        lines.append(f"static const int32_t {name}_table_{index}[{len(table)}] {macro}_FLASH = {{")
        for start in range(0, len(table), 10):
            lines.append("    " + ", ".join(map(str, table[start : start + 10])) + ",")
        lines.append("};")
    lines += [f"static void {name}(int32_t *s)", "{"]
    named: list[str] = []
    for place, item in enumerate(form.instructions):
        if item.operation == "constant":
            named.append(f"(wide)INT64_C({item.number})")
            continue
        named.append(coordinates[item.number] if item.operation == "state" else f"v{place}")
        operands = [named[operand] for operand in item.operands]
        lines.append(f"    const wide {named[-1]} = {_expression(name, item, operands, macro)};")
    lines += [
        f"    s[{index}] = (int32_t){named[place]};" for index, place in enumerate(form.results)
    ]
    return [*lines, "}", ""]


def _expression(name: str, item: Instruction, operands: list[str], macro: str) -> str:
    number = item.number
    match item.operation:
        case "state":
            return f"s[{number}]"
        case "add":
            return f"{operands[0]} + {operands[1]}"
        case "subtract":
            return f"{operands[0]} - {operands[1]}"
        case "multiply":
            return f"{operands[0]} * {operands[1]}"
        case "minimum":
            return f"{operands[0]} < {operands[1]} ? {operands[0]} : {operands[1]}"
        case "maximum":
            return f"{operands[0]} > {operands[1]} ? {operands[0]} : {operands[1]}"
        case "absolute":
            return f"{operands[0]} < 0 ? -{operands[0]} : {operands[0]}"
        case "shift_left":
            return f"{operands[0]} * (wide)INT64_C({1 << number})"
        case "shift_right":
            return f"shift_down({operands[0]}, {number})"
        case "low_bits":
            return f"{operands[0]} & (wide)INT64_C({(1 << number) - 1})"
        case "look_up":
            return f"(int32_t){macro}_READ(&{name}_table_{number}[{operands[0]}])"
        case "constant":
            raise AssertionError("a constant stands where it is used")
