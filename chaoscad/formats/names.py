"""Net names that a text format cannot hold: written as plain ones, restored on reading.

A name such as `a b` is written as `a_b`, and a comment of the file says so:

    # chaoscad name a_b = "a b"

Other programs see a plain name and a comment; the readers here put the name back.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping

from chaoscad.formats.draft import fresh

_PLAIN = re.compile(r"[A-Za-z0-9_$\[\]<>/:|@!~*+&^%?;'{}-][A-Za-z0-9_$\[\]<>/:|@!~*+&^%?;'{}.-]*")
_UNFIT = re.compile(r"[^A-Za-z0-9_$.\[\]-]")
_COMMENT = re.compile(r'#\s*chaoscad name (\S+) = (".*")\s*')


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


def restored(text: str) -> dict[str, str]:
    """The names that the comments of a file restore, by the words that stand for them."""
    found: dict[str, str] = {}
    if "chaoscad name " not in text:
        return found
    for line in text.splitlines():
        match = _COMMENT.fullmatch(line)
        if match:
            try:
                found[match[1]] = json.loads(match[2])
            except ValueError:
                continue
    return found
