"""Net names that a text format cannot hold: written as plain ones, restored on reading.

A name such as `a b` is written as `a_b`, and a comment of the file says so:

    # chaoscad name a_b = "a b"

Other programs see a plain name and a comment; the readers here put the name back.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping

from chaoscad.errors import shown
from chaoscad.files import lines_of
from chaoscad.formats.draft import Draft, Place, fresh

_PLAIN = re.compile(r"[A-Za-z0-9_$\[\]<>/:|@!~*+&^%?;'{}-][A-Za-z0-9_$\[\]<>/:|@!~*+&^%?;'{}.-]*")
_UNFIT = re.compile(r"[^A-Za-z0-9_$.\[\]-]")
_COMMENT = re.compile(r'\s*#\s*chaoscad name (\S+) = (".*")\s*', re.ASCII)
_COMMENT_HINT = 'the comment reads # chaoscad name WORD = "NAME"; the name is written as in JSON'


def plain_names(names: Iterable[str], reserved: Iterable[str] = ()) -> dict[str, str]:
    """For every name, the one that stands for it in a file: itself where the format can hold it.

    **Arguments:**

    - `names`: distinct, in the order of the file.
    - `reserved`: words that the format keeps for itself, in lower case.
    """
    wanted = list(names)
    words = set(reserved)
    found = {name: name for name in wanted if _PLAIN.fullmatch(name) and name.lower() not in words}
    used = set(found)
    for name in wanted:
        if name not in found:
            stem = _UNFIT.sub("_", name)[:100].lstrip(".") or "_"
            stem = f"{stem}_" if stem.lower() in words else stem
            found[name] = fresh(stem, used.__contains__)
            used.add(found[name])
    return found


def name_comments(plain: Mapping[str, str]) -> list[str]:
    """The comment lines by which `restored` finds the names again."""
    return [
        f"# chaoscad name {written} = {json.dumps(name)}"
        for name, written in plain.items()
        if name != written
    ]


def restored(text: str, words: Callable[[str], Iterable[str]], draft: Draft) -> dict[str, str]:
    """The names that the comments of a file restore, by the words that stand for them.

    Names that are empty, cannot be encoded, or belong to two words of the file are complaints.

    **Arguments:**

    - `words`: the words of a line of the file that may be names.
    """
    found: dict[str, str] = {}
    if "chaoscad name " not in text:
        return found
    lines = lines_of(text)
    used = {word for line in lines for word in words(line)}
    places: dict[str, Place] = {}
    for number, line in enumerate(lines, 1):
        match = _COMMENT.fullmatch(line)
        if match:
            written = match[1]
            name, fault = _read(match[2])
            place = Place(number, match.start(1) + 1)
            if fault is not None:
                draft.complain(f"the name of {shown(written)} {fault}", place, _COMMENT_HINT)
            elif found.get(written, name) != name:
                message = f"{shown(written)} has two names, this one and {shown(found[written])}"
                draft.complain(message, place, "remove one of the comments")
            elif written in used:
                found[written] = name
                places.setdefault(written, place)
    owner: dict[str, str] = {word: word for word in used if word not in found}
    for written, name in found.items():
        if owner.setdefault(name, written) != written:
            message = f"{shown(written)} has the name {shown(name)}, and so has another net"
            draft.complain(message, places[written], "give every net a name of its own")
    return found


def _read(quoted: str) -> tuple[str, str | None]:
    """The text of a JSON string, and why no net has this name."""
    try:
        name: str = json.loads(quoted)
    except ValueError:
        return "", "cannot be read"
    if any("\ud800" <= letter <= "\udfff" for letter in name):
        return name, f"is {shown(name)}, half of a character, which cannot be encoded"
    return name, None if name else "is empty"
