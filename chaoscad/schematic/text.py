"""Texts in a picture: how long they are, and what the font can show of them."""

from __future__ import annotations

from functools import lru_cache

from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.ft2font import FT2Font

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
