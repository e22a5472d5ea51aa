"""What a file is: a netlist of chaogates, a design, a library, or a standard netlist."""

from __future__ import annotations

import re
from typing import Literal

from chaoscad.errors import ChaoscadError, Diagnostic, NetlistError
from chaoscad.formats import FORMATS, format_of

FileKind = Literal["netlist", "design", "cell library", "element library", "standard netlist"]

_NETLIST = re.compile(r"""^\s*\{?\s*["']?chaoscad["']?\s*:""", re.MULTILINE)
_DOCUMENT = re.compile(r'"format"\s*:\s*"chaoscad-(design|cells|elements)"')

DOCUMENTS: dict[str, FileKind] = {
    "design": "design",
    "cells": "cell library",
    "elements": "element library",
}

HEAD = 4096
"""Characters of a document in which its format is looked for."""

ADVICE: dict[tuple[FileKind, FileKind], str] = {
    ("netlist", "design"): "give the netlist that it was made of; chaoscad verify checks designs",
    ("netlist", "cell library"): "chaoscad cells --check FILE checks it",
    ("netlist", "element library"): "chaoscad elements -o FILE writes the netlist of an element",
    ("netlist", "standard netlist"): "chaoscad import FILE makes a netlist of it",
    ("design", "netlist"): "chaoscad optimize FILE makes a design of it",
    ("design", "cell library"): "chaoscad cells --check FILE checks it",
    ("design", "element library"): "chaoscad elements -o FILE writes the design of an element",
    (
        "design",
        "standard netlist",
    ): "chaoscad import FILE and chaoscad optimize make a design of it",
    ("cell library", "netlist"): "chaoscad cells --add FILE searches the cells that it needs",
    ("cell library", "design"): "chaoscad verify FILE checks it",
    ("cell library", "element library"): "chaoscad elements --check FILE checks it",
    ("cell library", "standard netlist"): "chaoscad map FILE covers it with cells",
    ("element library", "netlist"): "chaoscad optimize FILE makes a design of it",
    ("element library", "design"): "chaoscad verify FILE checks it",
    ("element library", "cell library"): "chaoscad cells --check FILE checks it",
    ("element library", "standard netlist"): "chaoscad map FILE covers it with cells",
}
"""What to do with a file of the second kind where the first is wanted."""


def kind_of(text: str | None, file: str | None = None) -> FileKind | None:
    """What a file is by its name, or by its text; `None` where neither says it."""
    if file is not None and format_of(file) is not None:
        return "standard netlist"
    if text is None:
        return None
    if text.lstrip().startswith("{"):
        found = _DOCUMENT.search(text[:HEAD])
        if found is not None:
            return DOCUMENTS[found[1]]
    return "netlist" if _NETLIST.search(text[:HEAD]) else None


def refuse_others(wanted: FileKind, text: str | None, file: str | None) -> None:
    """Refuse a file that is known to be of another kind than the wanted one.

    **Arguments:**

    - `text`: of the file; `None` before it is read, when only its name is looked at.

    **Raises:** `ChaoscadError`, or `NetlistError` where a netlist is wanted, that says what the file is
    and what to do with it.
    """
    found = kind_of(text, file)
    if found is None or found == wanted:
        return
    what = f"{'an' if found[0] in 'aeiou' else 'a'} {found}"
    if file is not None and found == "standard netlist":
        what = f"a {found} ({FORMATS[format_of(file) or ''].title})"
    message = f"this is {what}, and {'an' if wanted[0] in 'aeiou' else 'a'} {wanted} is needed"
    error = NetlistError if wanted == "netlist" else ChaoscadError
    raise error(Diagnostic(message, file, hint=ADVICE[wanted, found]))
