"""Texts as they are drawn: how long they are, where they break, what the font can show of them."""

from __future__ import annotations

from functools import lru_cache

from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.ft2font import FT2Font

MOST_LINES = 4
"""Lines of the longest heading; what is beyond them is cut."""

LONGEST_NAME = 18
"""Letters of the longest name that is drawn whole."""


def length(text: str, size: float) -> float:
    """The length of a text, in inches."""
    return sum(_advance(letter) for letter in text) * size / 72


@lru_cache(maxsize=4096)
def _advance(letter: str) -> float:
    """The width of a letter, in sizes of the font."""
    font = _font()
    font.set_size(100, 72)
    return font.load_char(ord(letter)).linearHoriAdvance / 65536 / 100


def _font() -> FT2Font:
    return get_font(findfont(FontProperties(family="DejaVu Sans")))


@lru_cache(maxsize=4096)
def short(text: str, limit: int = LONGEST_NAME) -> str:
    """A name as it is drawn: what the font lacks is a question mark, and long ones are cut."""
    font = _font()
    known = [
        letter if letter.isprintable() and font.get_char_index(ord(letter)) else "?"
        for letter in text
    ]
    return "".join(known) if len(known) <= limit else "".join(known[: limit - 1]) + "\u2026"


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
