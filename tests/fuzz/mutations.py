"""Inputs that are almost right: small random damage to files that are."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Sequence
from typing import Any

WORDS = (
    *(
        "",
        " ",
        "\t",
        "\n",
        "\r\n",
        "\0",
        "\x0b",
        "\x85",
        "\u2028",
        "\ufeff",
        "\\ud800",
        "\U0001f600",
        "é",
    ),
    *(
        "0",
        "-1",
        "1_000",
        "１",
        "1e999",
        "-1e-400",
        "nan",
        ".inf",
        "0x10",
        "1" * 400,
        "10**400",
        "1e308",
    ),
    *(
        "{",
        "}",
        "[",
        "]",
        "(",
        ")",
        ":",
        "-",
        "- ",
        "#",
        '"',
        "'",
        "`",
        "\\",
        "|",
        ">",
        "<",
        "&x",
        "*x",
        "!!python/x",
    ),
    *(
        "<<: *x",
        "~",
        "null",
        "true",
        "on",
        "a",
        "y",
        "x" * 300,
        "INPUT(a)",
        "y = DFF(a)",
        ".names a a",
        ".end",
    ),
    *(
        "aag 1 1 0 1 0",
        "c",
        "/dev/zero",
        "../x",
        "DROP",
        "%s%n",
        "$HOME",
        "((((((((((((",
        "**",
        "/0",
        "~" * 50,
    ),
)
"""What is inserted: what parsers of all kinds stumble over."""

VALUES: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        0,
        -1,
        1.5,
        2**63,
        10**400,
        -(10**400),
        1e308,
        5e-324,
        float("nan"),
        float("inf"),
    ),
    *("", "a", "\ud800", "\u2028", "1_0", ".inf", "x" * 5000, "../../x", "0110", "-", "a & "),
    *([], {}, [[]], [0] * 2000, {"a": {}}, {"name": "logistic"}, {"": ""}),
)
"""What replaces a value of a document."""


def damaged_text(text: str, random: random.Random, others: Sequence[str] = ()) -> str:
    """`text` after one to four small changes: of characters, words, lines, or a piece of another."""
    for _ in range(random.randint(1, 4)):
        text = _once(text, random, others)
    return text


def _once(text: str, random: random.Random, others: Sequence[str]) -> str:
    start = random.randint(0, len(text))
    end = min(len(text), start + random.choice((0, 1, 1, 2, 5, 20, 100)))
    kind = random.randrange(8)
    if kind == 0:
        return text[:start] + text[end:]
    if kind == 1:
        return text[:end] + text[start:end] * random.choice((1, 1, 2, 50)) + text[end:]
    if kind in (2, 3):
        return text[:start] + random.choice(WORDS) + text[end:]
    if kind == 4 and others:
        other = random.choice(others)
        place = random.randint(0, len(other))
        return text[:start] + other[place : place + random.choice((3, 30, 300))] + text[start:]
    if kind == 5:
        return (
            text[:start]
            + chr(random.choice((random.randrange(128), random.randrange(0xD7FF))))
            + text[end:]
        )
    lines = text.split("\n")
    one, other_line = random.randrange(len(lines)), random.randrange(len(lines))
    if kind == 6:
        lines[one], lines[other_line] = lines[other_line], lines[one]
    else:
        lines.insert(one, lines[other_line])
    return "\n".join(lines)


def damaged_bytes(data: bytes, random: random.Random) -> bytes:
    """`data` after one to four small changes."""
    found = bytearray(data)
    for _ in range(random.randint(1, 4)):
        start = random.randint(0, len(found))
        end = start + random.choice((0, 1, 1, 2, 8))
        found[start:end] = random.randbytes(random.choice((0, 1, 1, 2, 8)))
    return bytes(found)


def damaged_document(data: Any, random: random.Random) -> str:
    """JSON of `data` after one or two changes: a value replaced, a key renamed, dropped or given twice."""
    data = json.loads(json.dumps(data))
    for _ in range(random.randint(1, 2)):
        holder, key = _place(data, random)
        if holder is None:
            return json.dumps(random.choice(VALUES))
        kind = random.randrange(5)
        if kind == 0 and isinstance(holder, dict):
            holder[random.choice(("", "x", "status", "\ud800", key + " "))] = holder.pop(key)
        elif kind == 1:
            del holder[key]
        elif kind == 2 and isinstance(holder, list):
            holder.insert(key, holder[key])
        else:
            holder[key] = copy.deepcopy(random.choice(VALUES))
    text = json.dumps(data, indent=random.choice((None, 1)), ensure_ascii=random.random() < 0.5)
    if random.random() < 0.2:
        text = damaged_text(text, random)
    return text


def _place(data: Any, random: random.Random) -> tuple[Any, Any]:
    """A container of the document and one of its keys, the deep ones as likely as the shallow ones."""
    places: list[tuple[Any, Any]] = []

    def walk(node: Any) -> None:
        keys = (
            node if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
        )
        for key in keys:
            places.append((node, key))
            walk(node[key])

    walk(data)
    return random.choice(places) if places else (None, None)
