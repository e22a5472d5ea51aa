"""Texts of figures: where they break, and how numbers stand in them."""

from __future__ import annotations

from chaoscad.schematic.text import length

MOST_LINES = 4
"""Lines of the longest heading; what is beyond them is cut."""


def wrapped(text: str, size: float, width: float) -> str:
    """A heading in lines that fit a width in inches, broken between words; `a = 4` stays together."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.replace(" = ", "\0").split(" "):
            given = word.replace("\0", " = ")
            longer = f"{line} {given}" if line else given
            if length(longer, size) <= width:
                line = longer
                continue
            if line:
                lines.append(line)
            line = given
            while length(line, size) > width:
                count = next(n for n in range(len(line), 0, -1) if length(line[:n], size) <= width)
                lines.append(line[:count])
                line = line[count:]
        lines.append(line)
    if len(lines) > MOST_LINES:
        lines = [*lines[: MOST_LINES - 1], lines[MOST_LINES - 1][:-1] + "\u2026"]
    return "\n".join(lines)


def decimal(value: float, digits: int) -> str:
    """A number with so many decimals; a zero has no sign."""
    return f"{value:z.{digits}f}".replace("-", "\u2212")
