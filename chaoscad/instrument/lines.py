"""Lines of an instrument's file as cells: the delimiter, the decimal mark, numbers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from chaoscad.files import cells_of, number_of

DELIMITERS = {"\t": "tabs", ";": "semicolons", ",": "commas", " ": "blanks"}
"""In the order in which they are believed: a file of tabs or semicolons may have commas in its numbers."""

MARKS = ("#", "%", "!", "//")
"""What comments begin with."""

SAMPLE = 1000
"""Most lines that are looked at to find the delimiter."""

OVERLOADS = ("ol", "ovl", "ovld", "ovf", "overflow", "overload", "over", "out of range", "clip")
OVERLOADS += ("compliance", "∞", "-∞", "+∞", "***", "****", "*****")

_RULE = re.compile(r"[-=+_ \t]{3,}")


@dataclass(frozen=True)
class Style:
    """How the cells of a file are written.

    **Arguments:**

    - `delimiter`: a blank stands for any blanks.
    - `comma`: whether decimals are behind a comma.
    """

    delimiter: str = ","
    comma: bool = False

    def split(self, line: str) -> list[str]:
        """The cells; raises `ValueError` for a line that is no CSV."""
        if self.delimiter == " ":
            return re.findall(r"[^ \t]+", line)
        return cells_of(line, self.delimiter)

    def cells(self, line: str) -> list[str]:
        """The cells, one for a line that is no CSV, without empty ones at the end."""
        try:
            return trimmed(self.split(line))
        except ValueError:
            return [line]

    def number(self, cell: str) -> float | None:
        """The number that a cell writes, or `None`."""
        if self.comma:
            return None if "." in cell else number_of(cell.replace(",", ".", 1))
        return number_of(cell)

    def column(self, line: str, place: int) -> int:
        """Where a cell begins, counted from 1, in a line without quoted delimiters."""
        if self.delimiter == " ":
            starts = [found.start() + 1 for found in re.finditer(r"[^ \t]+", line)]
            return starts[place] if place < len(starts) else 1
        return len(self.delimiter.join(line.split(self.delimiter)[:place])) + (2 if place else 1)


def trimmed(cells: list[str]) -> list[str]:
    """Without empty cells at the end, as a delimiter at the end of lines makes them."""
    count = len(cells)
    while count and not cells[count - 1]:
        count -= 1
    return cells[:count]


def comment(line: str) -> str | None:
    """The text of a comment, or `None` for another line."""
    text = line.lstrip()
    mark = next((mark for mark in MARKS if text.startswith(mark)), None)
    return None if mark is None else text[len(mark) :]


def is_rule(line: str) -> bool:
    """Whether a line is only drawn: dashes between a head and its numbers."""
    return _RULE.fullmatch(line.strip()) is not None and number_of(line.strip()) is None


def style_of(lines: Sequence[str]) -> Style:
    """The delimiter by which most cells are numbers, and their decimal mark."""
    bodies = [line for line in lines if line.strip() and comment(line) is None]
    sample = bodies[:: max(1, len(bodies) // SAMPLE)]
    scores: dict[str, float] = {}
    widths: dict[str, float] = {}
    for delimiter in DELIMITERS:
        style = Style(delimiter)
        scores[delimiter] = widths[delimiter] = 0.0
        for line in sample:
            cells = [cell for cell in style.cells(line) if cell]
            numbers = sum(_either(cell) for cell in cells)
            # Cells of text that hold blanks are one for the delimiter that is right.
            scores[delimiter] += numbers / len(cells) if numbers > 1 else 0.0
            widths[delimiter] += len(cells) > 1
    best = max(scores, key=scores.__getitem__)
    if scores[best] == 0:
        # No line has two numbers: the delimiter that most lines have, but no blanks of sentences.
        best = max((",", ";", "\t"), key=widths.__getitem__)
        if widths[best] == 0 and _even(sample):
            best = " "
    return Style(best, best != "," and _decimal_commas(sample, best))


def _even(sample: Sequence[str]) -> bool:
    """Whether most lines have the same number of words, more than one."""
    widths = Counter(len(line.split()) for line in sample)
    width, count = widths.most_common(1)[0] if widths else (0, 0)
    return width > 1 and 2 * count > len(sample)


def _either(cell: str) -> bool:
    """Whether a cell is a number with a decimal point or a decimal comma."""
    return Style().number(cell) is not None or Style(";", comma=True).number(cell) is not None


def _decimal_commas(sample: Sequence[str], delimiter: str) -> bool:
    style = Style(delimiter)
    cells = [cell for line in sample for cell in style.cells(line) if _either(cell)]
    return sum("," in cell for cell in cells) > sum("." in cell for cell in cells)


def advice(cell: str, style: Style) -> str | None:
    """What to do about a cell that is no number."""
    if cell.lower() in OVERLOADS or cell.startswith("**"):
        return "it marks an overload; leave the line out"
    joined = re.sub(r"(?<=\d)[_'\u00a0\u2009 ](?=\d)", "", cell)
    if joined != cell and style.number(joined) is not None:
        return f"write {joined}, without marks between the digits"
    joined = re.sub(r"(?<=\d),(?=\d{3})", "", cell)
    if joined != cell and number_of(joined) is not None and not style.comma:
        other = cell.replace(",", ".") if cell.count(",") == 1 else joined
        return f"write {joined}" + (f" or {other}" if other != joined else "")
    if re.fullmatch(r"[-+]?\d+,\d+([eE][-+]?\d+)?", cell):
        return "most numbers of the file have decimal points; write this one so, too"
    if re.fullmatch(r"[-+]?\d+\.\d+([eE][-+]?\d+)?", cell) and style.comma:
        return "most numbers of the file have decimal commas; write this one so, too"
    if re.fullmatch(r"[-+]?[\d.]+(e[-+]?\d+)?\s*[a-zA-Zµμ°Ω%]+", cell, re.IGNORECASE):
        return "write the number alone, and its unit in the column's name, such as 'v (mV)'"
    if re.fullmatch(r"\(?[-+\d.eE]+(dB)?,\s*[-+\d.eE]+°?\)?", cell):
        return "it is a complex number; export a sweep in time or of a voltage"
    return None
