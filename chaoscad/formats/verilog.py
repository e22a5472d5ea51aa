"""Verilog and SystemVerilog, elaborated by yosys."""

from __future__ import annotations

import re

from chaoscad.formats.draft import Draft, Place
from chaoscad.formats.module import Module
from chaoscad.formats.structure import build
from chaoscad.logic import Logic
from chaoscad.toolchain import elaborate, mapped

WIDEST_RANGE = 1 << 16
"""Most bits of one signal."""

_SKIPPED = re.compile(r'"(?:\\.|[^"\\\n])*"|\\\S+|//[^\n]*|/\*.*?(?:\*/|\Z)', re.DOTALL)
_INCLUDE = re.compile(r"`include\b")
_FOREIGN = re.compile(r'"DPI(?:-C)?"')
_RANGE = re.compile(r"\[\s*(\d+)\s*:\s*(\d+)\s*\]")


def loads(
    text: str,
    file: str | None = None,
    top: str | None = None,
    system: bool = False,
) -> Logic:
    """Read a combinational Verilog module.

    A module of gates and bitwise operators keeps them, each a node called like its net; primitive
    gates of several inputs stay whole. Where there is more (`+`, `<`, `case` ...), yosys maps the
    module to gates of two inputs and multiplexers, and optimises them. A bus `a` is read as `a[0]`, `a[1]`
    ..., the least significant first. What no output depends on is left out.

    **Arguments:**

    - `top`: the module; by default the root of the deepest hierarchy.
    - `system`: whether it is SystemVerilog.

    **Raises:** `ChaoscadError` when yosys refuses the text, and for registers, latches, memories,
    unknown modules, nets driven twice or never, `x`, `z`, `inout` and loops.
    """
    draft = Draft(file, "declare it as an input, or drive it")
    _check_text(text, draft)
    found = elaborate(text, file=file, top=top, system=system)
    module = Module(found.module, draft)
    module.check(found.assigned_twice, found.empty)
    draft.check()
    if module.simple():
        return build(module, draft, found.name, optimised=False)
    bits = Module(mapped(found, file), draft)
    bits.check_mapped()
    draft.check()
    return build(bits, draft, found.name, optimised=True)


def _check_text(text: str, draft: Draft) -> None:
    """Refuse what would reach beyond the file, and sizes that no circuit has."""
    bare = _SKIPPED.sub(_blank, text)
    if not bare.strip():
        draft.complain("the file is empty", Place(), "a circuit is a module with ports")
    for pattern, message, hint in (
        (_INCLUDE, "`include is not followed", "put everything into this file"),
        (_FOREIGN, "functions of other languages (DPI) are not called", "write it in Verilog"),
    ):
        for match in pattern.finditer(bare):
            draft.complain(message, _place(text, match.start()), hint)
    for match in _RANGE.finditer(bare):
        high, low = (int(number[:18]) for number in match.groups())
        if abs(high - low) >= WIDEST_RANGE:
            message = f"the range {match[0]} is wider than {WIDEST_RANGE} bits"
            draft.complain(message, _place(text, match.start()))
    draft.check()


def _blank(match: re.Match[str]) -> str:
    """A comment as spaces, its line breaks kept; strings and escaped names as they are."""
    text = match[0]
    return re.sub(r"[^\n]", " ", text) if text.startswith("/") else text


def _place(text: str, offset: int) -> Place:
    return Place(text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset))
