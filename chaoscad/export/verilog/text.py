"""Verilog text that every module is made of: constants, widths, what is left unread, whole files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

LONGEST_LINE = 96
"""Characters after which a list of names is broken."""


def literal(value: int, width: int) -> str:
    """A signed constant of `width` bits."""
    return f"{'-' if value < 0 else ''}{width}'sd{abs(value)}"


def constant(value: int, bits: int) -> str:
    """A constant of some bits without a sign."""
    return f"1'b{value}" if bits == 1 else f"{bits}'d{value}"


def lowest(bits: int) -> str:
    """What stands behind a word of which some bits are meant; 0 stands for all of it."""
    return ("[0]" if bits == 1 else f"[{bits - 1}:0]") if bits else ""


def extended(name: str, width: int, wanted: int) -> str:
    """A signed value of `width` bits as one of `wanted` bits, which are at least as many."""
    missing = wanted - width
    if not missing:
        return name
    sign = f"{name}[{width - 1}]"
    return f"$signed({{{sign if missing == 1 else f'{{{missing}{{{sign}}}}}'}, {name}}})"


def listed(items: Sequence[str]) -> list[str]:
    """Ports or parameters, one a line, with a comma after all but the last."""
    return [f"  {item}{',' if index < len(items) - 1 else ''}" for index, item in enumerate(items)]


def runs(mask: int) -> Iterator[tuple[int, int]]:
    """The runs of ones of a mask, each as its highest and its lowest bit, from the lowest on."""
    low = 0
    while mask >> low:
        if not mask >> low & 1:
            low += 1
            continue
        high = low
        while mask >> (high + 1) & 1:
            high += 1
        yield high, low
        low = high + 1


def unread(name: str, parts: Sequence[str]) -> list[str]:
    """A wire called `name` that reads what nothing else reads, so that a linter sees it is meant."""
    if not parts:
        return []
    return wrapped(f"  wire {name} = &{{1'b0, ", parts, "};")


def wrapped(before: str, items: Sequence[str], after: str, between: str = ", ") -> list[str]:
    """A list of names between two texts, broken where lines grow long."""
    lines, line = [], before
    for index, item in enumerate(items):
        last = index == len(items) - 1
        line += item + (after if last else between)
        if not last and len(line) > LONGEST_LINE:
            lines.append(line.rstrip())
            line = "    "
    return [*lines, line]


def file_text(about: Sequence[str], lines: Sequence[str]) -> str:
    """A file of one module, in which no wire is declared by a slip of the pen."""
    comments = [f"// {line}" for line in about]
    head = [*comments, "`default_nettype none", ""]
    return "\n".join([*head, *lines, "`default_nettype wire", ""])
