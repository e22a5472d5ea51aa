"""Verilog and SystemVerilog, elaborated by yosys."""

from __future__ import annotations

from pathlib import Path

from chaoscad.errors import ChaoscadError, shown
from chaoscad.formats.draft import Draft
from chaoscad.formats.liberty import Cells
from chaoscad.formats.module import Module
from chaoscad.formats.structure import build
from chaoscad.formats.verilog_source import Source
from chaoscad.logic import Logic
from chaoscad.toolchain import Elaborated, Text, elaborate, mapped


def loads(
    text: str,
    file: str | None = None,
    top: str | None = None,
    system: bool = False,
    *,
    cells: Cells | None = None,
    folder: Path | None = None,
    outside: bool = False,
) -> Logic:
    """Read a combinational Verilog module.

    A module of gates and bitwise operators keeps them, each a node called like its net; primitive
    gates of several inputs stay whole. Where there is more (`+`, `<`, `case` ...), yosys maps the
    module to gates of two inputs and multiplexers, and optimises them. A bus `a` is read as `a[0]`, `a[1]`
    ..., the least significant first. What no output depends on is left out.

    **Arguments:**

    - `top`: the module; by default the one that no other contains.
    - `system`: whether it is SystemVerilog.
    - `cells`: of the library whose cells it may instantiate.
    - `folder`: where included files are looked for; without it none is read.
    - `outside`: whether they may lie outside of that folder.

    **Raises:** `ChaoscadError` when yosys refuses the text, and for registers, latches, memories,
    unknown modules, nets driven twice or never, `x`, `z`, `inout`, loops, and several modules that no
    other contains.
    """
    draft = Draft(file, "declare it as an input, or drive it")
    source = Source(draft, folder, outside)
    checked = source.checked(text)
    found = _elaborated(source, checked, top, system)
    library = cells or {}
    # Also in comments, which other tools read it from.
    full_case = any("full_case" in part for part in (checked, *source.texts.values()))
    module = Module(found.module, draft, library, full_case)
    module.check(found.assigned_twice, found.empty)
    draft.check()
    if module.simple():
        return build(module, draft, found.name, optimised=False)
    kinds = {cell["type"] for cell in module.cells.values()}
    boxes = {kind: cell.directions for kind, cell in library.items() if kind in kinds}
    bits = Module(mapped(found, file, boxes), draft, library)
    bits.check_mapped()
    draft.check()
    return build(bits, draft, found.name, optimised=True)


def _elaborated(source: Source, text: str, top: str | None, system: bool) -> Elaborated:
    """What yosys makes of a text; a missing included file that it needs is a complaint."""
    draft = source.draft
    given = Text(text, draft.file, source.texts, draft.files, "\n".join(source.bare))
    try:
        return elaborate(given, top=top, system=system)
    except ChaoscadError as error:
        for alias, (name, at) in source.missing.items():
            if f"`{alias}'" in str(error):
                draft.fail(f"the included file {shown(name)} does not exist", at)
        raise
