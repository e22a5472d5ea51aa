"""Versioned JSON documents, read as others may have written them.

What JSON readers let pass is refused at its place: a key that stands twice (the last would win),
numbers that no float holds, NaN and Infinity, text that no file can hold, and nesting that would
exhaust the stack of whatever reads the data afterwards. JSON has no infinity and no NaN: both are
written as words.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from chaoscad.errors import ChaoscadError, Diagnostic, nearest, shown, told

if TYPE_CHECKING:
    from pydantic import BaseModel

    Model = TypeVar("Model", bound=BaseModel)

DEEPEST = 100
"""Levels of nesting; what we write has fewer than ten."""

LONGEST_NUMBER = 400
"""Digits of a whole number; those of the greatest float are 309."""

MOST_MESSAGES = 20
"""Findings of one file that are listed."""

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|-?[0-9][0-9.eE+-]*|true|false|null')
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


WORDS = {".inf": math.inf, "-.inf": -math.inf, ".nan": math.nan}
"""The words that stand for numbers that JSON has not."""


def word(value: float) -> float | str:
    """The number, or the word that stands for it."""
    if math.isfinite(value):
        return value
    return ".inf" if value > 0 else "-.inf" if value < 0 else ".nan"


def known(value: float) -> float | None:
    """A finite number, or `None` where nothing is known that JSON could hold."""
    return float(value) if math.isfinite(value) else None


def from_word(value: object) -> object:
    """The number that a word stands for; anything else is left to whoever checks it."""
    return WORDS.get(value, value) if isinstance(value, str) else value


def read_document(
    text: str,
    file: str | None,
    what: str,
    *,
    format: str,
    version: int,
    older: Sequence[int] = (),
    writer: str,
) -> dict[str, Any]:
    """The data of a document of a format and a version.

    **Arguments:**

    - `what`: what the file should be, such as `design file`.
    - `older`: versions that are read besides.
    - `writer`: what writes such files, a hint.

    **Raises:** `ChaoscadError`.
    """
    data = read_json(text, file, what)
    if not isinstance(data, dict) or data.get("format") != format:
        raise ChaoscadError(Diagnostic(f"this is not a {what}", file, hint=writer))
    known, given = (*older, version), data.get("version")
    if given not in known or isinstance(given, bool):
        message = f"the {what} has version {told(given)}"
        hint = f"this program reads version {' or '.join(map(str, known))}"
        raise ChaoscadError(Diagnostic(message, file, hint=hint))
    return data


def validated(
    model: type[Model],
    parts: Sequence[type[BaseModel]],
    data: Any,
    file: str | None,
    place: Callable[[tuple[str | int, ...]], tuple[int, int]] = lambda _: (0, 0),
) -> Model:
    """The data as a model.

    **Arguments:**

    - `parts`: the models that it is made of, whose keys a hint may name.
    - `place`: the line and the column of a value by the keys that lead to it.

    **Raises:** `ChaoscadError` with the findings, up to `MOST_MESSAGES`.
    """
    from pydantic import ValidationError

    def complaint(item: Any) -> Diagnostic:
        name, at = ".".join(str(part) for part in item["loc"]), place(item["loc"])
        if item["type"] == "extra_forbidden":
            known = [field for one in (model, *parts) for field in one.model_fields]
            hint = nearest(str(item["loc"][-1]), known)
            return Diagnostic(f"unknown key {name!r}", file, *at, hint=hint)
        if item["type"] == "missing":
            return Diagnostic(f"the key {name!r} is missing", file, *at)
        return Diagnostic(f"{name!r}: {item['msg'].lower()}", file, *at)

    try:
        return model.model_validate(data)
    except ValidationError as error:
        items = error.errors(include_url=False, include_input=False)
        raise ChaoscadError(limited(map(complaint, items), len(items), file)) from None


def limited(findings: Iterable[Diagnostic], count: int, file: str | None) -> list[Diagnostic]:
    """The first `MOST_MESSAGES` of `count` findings, and how many there are besides."""
    found = [item for item, _ in zip(findings, range(MOST_MESSAGES), strict=False)]
    if count > MOST_MESSAGES:
        found.append(Diagnostic(f"and {count - MOST_MESSAGES} more", file))
    return found


def place_of(text: str, location: tuple[str | int, ...]) -> tuple[int, int]:
    """The line and the column of a value of a JSON text, or of the innermost one around it.

    **Arguments:**

    - `location`: the keys and the indices that lead to it.
    """
    found, path, before = (0, 0), list[str | int](), ""
    for token, line, column in _tokens(text):
        if token in ("}", "]"):
            path.pop()
        elif token == "," and isinstance(path[-1], int):
            path[-1] += 1
        elif before in ("{", ",") and path and isinstance(path[-1], str):
            path[-1] = json.loads(token)
        elif token not in (":", ","):
            if tuple(path) == location[: len(path)]:
                found = line, column
                if len(path) == len(location):
                    break
            if token in ("{", "["):
                path.append("" if token == "{" else 0)
        before = token
    return found


def read_json(text: str, file: str | None, what: str, *, finite: bool = True) -> Any:
    """The data of a JSON text.

    **Arguments:**

    - `file`: the name that diagnostics give.
    - `what`: what the file should be, such as `design file`.
    - `finite`: whether NaN and Infinity are refused, which Python writes for numbers by itself.

    **Raises:** `ChaoscadError` with the line and the column.
    """
    try:
        data = json.loads(
            text,
            parse_constant=_constant if finite else float,
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
