"""Verilog elaborated by yosys: its modules flattened, as data."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chaoscad.errors import ChaoscadError, Diagnostic, nearest, shown
from chaoscad.toolchain.tools import require

SOURCE = "design.v"
"""The name under which yosys sees the text, and which its places bear."""

LONGEST_RUN = 600.0
"""Seconds that yosys may take; the first run of the one from PyPI compiles it for minutes."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")
_MODULE = re.compile(r"\bmodule\s+([A-Za-z_][A-Za-z0-9_$]*)")
_ERROR = re.compile(r"^(?:.*?" + re.escape(SOURCE) + r":(\d+)[^ ]* )?ERROR: (.*)$", re.MULTILINE)
_CONNECT = re.compile(r"^  connect ([^{\s]\S*(?: \[[\d:]+\])?) ", re.MULTILINE)


@dataclass(frozen=True)
class Elaborated:
    """The top module, its hierarchy and processes gone, nothing optimised.

    **Arguments:**

    - `name`: of the module.
    - `module`: it in yosys's JSON.
    - `empty`: the names of modules without contents, which yosys takes for black boxes.
    - `listing`: the same in yosys's own language.
    """

    name: str
    module: dict[str, Any]
    empty: tuple[str, ...]
    listing: str

    @property
    def assigned_twice(self) -> tuple[str, ...]:
        """The signals, as yosys writes them, that two assignments drive."""
        counts: dict[str, int] = {}
        for match in _CONNECT.finditer(self.listing):
            counts[match[1]] = counts.get(match[1], 0) + 1
        return tuple(signal for signal, count in counts.items() if count > 1)


def elaborate(
    text: str, *, file: str | None = None, top: str | None = None, system: bool = False
) -> Elaborated:
    """Elaborate Verilog text.

    **Arguments:**

    - `file`: the name in diagnostics.
    - `top`: the top module; by default yosys chooses the root of the deepest hierarchy.
    - `system`: whether the text is SystemVerilog.

    **Raises:** `ChaoscadError` when yosys is missing or refuses the text; then with its message, the
    file's own name and line in it.
    """
    if top is not None:
        _check_top(top, text, file)
    commands = (
        f"read_verilog {'-sv ' if system else ''}{SOURCE}",
        f"hierarchy {'-auto-top' if top is None else f'-top {top}'}",
        "proc -noopt -norom",
        "flatten",
        "write_json module.json",
        "write_rtlil module.il",
    )
    modules, listing = _run(commands, SOURCE, text, file)
    empty = tuple(name for name, module in modules.items() if _flag(module, "blackbox"))
    for name, module in modules.items():
        if _flag(module, "top"):
            return Elaborated(name, module, empty, listing)
    hint = "a circuit is a module with ports and contents"
    what = f"the module {shown(empty[0])} is empty" if empty else "the file holds no module"
    raise ChaoscadError(Diagnostic(what, file, hint=hint))


def mapped(elaborated: Elaborated, file: str | None = None) -> dict[str, Any]:
    """The module as gates of single bits, mapped and optimised by yosys, in its JSON.

    Undefined values, which only unreachable cases may hold, become 0.

    **Raises:** `ChaoscadError` when yosys cannot map it.
    """
    commands = (
        "read_rtlil listing.il",
        *("setundef -zero", "opt", "techmap", "opt", "clean"),
        "write_json module.json",
    )
    modules, _ = _run(commands, "listing.il", elaborated.listing, file)
    if elaborated.name not in modules:
        raise ChaoscadError(Diagnostic("yosys lost the module while mapping it", file))
    return modules[elaborated.name]


def _run(
    commands: Sequence[str], name: str, text: str, file: str | None
) -> tuple[dict[str, dict[str, Any]], str]:
    """Run yosys's commands beside a file; returns the modules and the listing that it wrote."""
    tool = require("yosys")
    with tempfile.TemporaryDirectory(prefix="chaoscad-") as made:
        folder = Path(made)
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
        (folder / "script.ys").write_text("\n".join([*commands, ""]), encoding="utf-8")
        done = tool.run(["-q", "-s", "script.ys"], folder=folder, timeout=LONGEST_RUN)
        if done.status != 0:
            raise ChaoscadError(_refusal(done.output, done.status, file))
        listing = folder / "module.il"
        written = listing.read_text("utf-8", "replace") if listing.is_file() else ""
        return _modules(folder / "module.json"), written


def _check_top(top: str, text: str, file: str | None) -> None:
    modules = _MODULE.findall(text)
    if _NAME.fullmatch(top) and top in modules:
        return
    hint = nearest(top, modules) or "the modules are " + (", ".join(modules[:20]) or "none")
    raise ChaoscadError(Diagnostic(f"there is no module {shown(top)}", file, hint=hint))


def _modules(path: Path) -> dict[str, dict[str, Any]]:
    """The modules of a JSON file that yosys wrote."""
    try:
        return json.loads(path.read_text("utf-8", "replace"))["modules"]
    except (OSError, ValueError, KeyError):
        return {}


def _flag(module: dict[str, Any], name: str) -> bool:
    return bool(int(str(module["attributes"].get(name, "0")), 2))


def _refusal(output: str, status: int, file: str | None) -> Diagnostic:
    """Yosys's own error, or its last words where it stopped without one."""
    match = _ERROR.search(output)
    if match is None:
        words = [line for line in output.splitlines() if line.strip()]
        last = shown(words[-1]) if words else "nothing was said"
        return Diagnostic(f"yosys stopped with status {status}: {last}", file)
    message = match[2].replace(SOURCE, file or "the text")
    line = int(match[1]) if match[1] else 0
    return Diagnostic(f"yosys: {message}", file, line, 1 if line else 0)
