"""Reading JSON that others may have written: what JSON readers let pass is refused at its place.

A key that stands twice (the last would win), numbers that no float holds, NaN and Infinity, text that
no file can hold, and nesting that would exhaust the stack of whatever reads the data afterwards.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from chaoscad.errors import ChaoscadError, Diagnostic, shown

DEEPEST = 100
"""Levels of nesting; what we write has fewer than ten."""

LONGEST_NUMBER = 400
"""Digits of a whole number; those of the greatest float are 309."""

MOST_MESSAGES = 20
"""Findings of one file that are listed."""

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|-?[0-9][0-9.eE+-]*')
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def read_json(text: str, file: str | None, what: str) -> Any:
    """The data of a JSON text.

    **Arguments:**

    - `file`: the name that diagnostics give.
    - `what`: what the file should be, such as `design file`.

    **Raises:** `ChaoscadError` with the line and the column.
    """
    try:
        data = json.loads(
            text,
            parse_constant=_constant,
            parse_float=_real,
            parse_int=_whole,
            object_pairs_hook=_object,
        )
    except json.JSONDecodeError as error:
        message = f"this is not valid JSON: {error.msg.lower()}"
        raise ChaoscadError(Diagnostic(message, file, error.lineno, error.colno)) from None
    except _Fault as fault:
        line, column = _place(text, fault)
        raise ChaoscadError(Diagnostic(fault.message, file, line, column, fault.hint)) from None
    except RecursionError:
        raise ChaoscadError(_too_deep(file, what)) from None
    if text.count("[") + text.count("{") > DEEPEST and _depth(data) > DEEPEST:
        raise ChaoscadError(_too_deep(file, what))
    if _SURROGATE.search(text) or not _encodable(text):
        for token, line, column in _tokens(text):
            if token.startswith('"') and not _encodable(json.loads(token)):
                message = f"{shown(token)} holds half of a surrogate pair, which is no character"
                raise ChaoscadError(Diagnostic(message, file, line, column))
    return data


class _Fault(Exception):
    """What is wrong with a token; its place is looked for when it is reported."""

    def __init__(self, message: str, token: str, hint: str | None = None) -> None:
        super().__init__()
        self.message, self.token, self.hint = message, token, hint


def _constant(name: str) -> float:
    raise _Fault(f"this is not valid JSON: {name} is not a JSON number", name)


def _real(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise _Fault(f"{shown(text)} is larger than any number that a float holds", text)
    return number


def _whole(text: str) -> int:
    try:
        if len(text) > LONGEST_NUMBER:
            raise OverflowError
        number = int(text)
        float(number)
    except OverflowError:
        raise _Fault(f"{shown(text)} is larger than any number that a float holds", text) from None
    return number


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))
        raise _Fault(f"the key {shown(twice)} stands there twice", "", "delete one of them")
    return found


def _too_deep(file: str | None, what: str) -> Diagnostic:
    return Diagnostic(f"this is nested more than {DEEPEST} levels deep; no {what} is", file)


def _depth(data: Any) -> int:
    """Levels of nesting, up to one more than `DEEPEST`."""
    level, depth = [data], 0
    while level and depth <= DEEPEST:
        inner = [list(item.values()) if isinstance(item, dict) else item for item in level]
        level = [
            child for item in inner if isinstance(item, list) for child in item
            if isinstance(child, dict | list)
        ]  # fmt: skip
        depth += 1
    return depth


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _tokens(text: str) -> Iterator[tuple[str, int, int]]:
    """The tokens of a JSON text with their lines and columns."""
    line, start, last = 1, 0, 0
    for match in _TOKEN.finditer(text):
        breaks = text.count("\n", last, match.start())
        if breaks:
            line, start = line + breaks, text.rindex("\n", last, match.start()) + 1
        last = match.start()
        yield match[0], line, match.start() - start + 1


def _place(text: str, fault: _Fault) -> tuple[int, int]:
    """The line and the column of the faulty token, or of the first key that stands twice."""
    if fault.token and not fault.token[-1].isdigit():
        place = text.find(fault.token)
        return text.count("\n", 0, place) + 1, place - text.rfind("\n", 0, place)
    keys: list[set[str]] = []
    before = ("", 0, 0)
    for token, line, column in _tokens(text):
        if fault.token:
            if token == fault.token:
                return line, column
        elif token == "{":
            keys.append(set())
        elif token == "}":
            keys.pop()
        elif token == ":":
            name = json.loads(before[0])
            if name in keys[-1]:
                return before[1:]
            keys[-1].add(name)
        before = token, line, column
    return 0, 0
