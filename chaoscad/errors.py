"""Diagnostics: what is wrong, where, and what to do about it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal, Self

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Diagnostic:
    """One finding about a file or an argument.

    `str()` gives `file:line:column: severity: message; hint`, without the parts that are unknown.

    **Arguments:**

    - `message`: what was given and what is allowed.
    - `file`: the file's path as the user gave it, or `None` for an argument.
    - `line`, `column`: counted from 1; 0 where there is no position.
    - `hint`: what to do, or the nearest allowed name.
    """

    message: str
    file: str | None = None
    line: int = 0
    column: int = 0
    hint: str | None = None
    severity: Severity = "error"

    def __str__(self) -> str:
        place = "" if self.file is None else f"{self.file}:"
        if self.line:
            place += f"{self.line}:{self.column}:"
        if place:
            place += " "
        tail = f"; {self.hint}" if self.hint else ""
        return f"{place}{self.severity}: {self.message}{tail}"

    def to_data(self) -> dict[str, object]:
        """The diagnostic as JSON-ready data."""
        return {
            "file": self.file,
            "line": self.line or None,
            "column": self.column or None,
            "severity": self.severity,
            "message": self.message,
            "hint": self.hint,
        }


class ChaoscadError(Exception):
    """What the program cannot do as it was asked to; carries every diagnostic that was found.

    The kinds of it below can be caught by themselves; every other error is of this class.
    """

    def __init__(self, diagnostics: Diagnostic | Iterable[Diagnostic] | str) -> None:
        if isinstance(diagnostics, str):
            diagnostics = Diagnostic(diagnostics)
        if isinstance(diagnostics, Diagnostic):
            diagnostics = (diagnostics,)
        self.diagnostics: tuple[Diagnostic, ...] = tuple(diagnostics)
        super().__init__("\n".join(str(diagnostic) for diagnostic in self.diagnostics))

    def about(self, file: str | None) -> Self:
        """The same error about a file, for what was found in data or by a tool."""
        return type(self)(replace(item, file=file) for item in self.diagnostics)


class NetlistError(ChaoscadError):
    """A netlist, of chaogates or a standard one, that is wrong or says what cannot be read."""


class ToolMissing(ChaoscadError):
    """A program or a package that is not installed; the hint says how to install it."""


class Refused(ChaoscadError):
    """Something that can be read, and is not done because its result would be wrong.

    An export of a design that does not verify or that the target cannot express, a word in which a
    design does not work, a comparison of circuits whose ports differ.
    """


class NotSolved(ChaoscadError):
    """A netlist for which no parameters were found that compute it."""


def nearest(name: str, allowed: Iterable[str]) -> str | None:
    """A hint with the allowed name nearest to `name`, or `None` when nothing is near."""
    candidates = {choice.lower(): choice for choice in allowed}
    matches = difflib.get_close_matches(name.lower(), candidates, n=1, cutoff=0.6)
    return f"did you mean {candidates[matches[0]]!r}?" if matches else None


def shown(text: str, limit: int = 60) -> str:
    """`text` quoted for a message, shortened so that a huge value never floods a terminal."""
    return repr(text if len(text) <= limit else text[: limit - 3] + "...")


def listed(names: Iterable[str], most: int = 20, separator: str = ", ") -> str:
    """The first names of many for a message, and how many there are besides."""
    known = list(names)
    words = [name if len(name) <= 60 else name[:57] + "..." for name in known[:most]]
    if len(known) > most:
        words.append(f"and {len(known) - most} more")
    return separator.join(words)


def counted(number: int, noun: str) -> str:
    """A number with its noun: `1 row`, `3 rows`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def told(value: object) -> str:
    """`value` as it would be written in Python, on one line and shortened."""
    try:
        text = " ".join(repr(value).split())
    except ValueError:  # a whole number of thousands of digits
        return "a whole number of too many digits"
    return text if len(text) <= 60 else text[:57] + "..."
