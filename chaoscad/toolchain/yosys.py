"""Verilog elaborated by yosys: its modules flattened, as data."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chaoscad.errors import ChaoscadError, Diagnostic, NetlistError, nearest, shown
from chaoscad.toolchain.tools import require

SOURCE = "design.v"
"""The name under which yosys sees the text, and which its places bear."""

LONGEST_RUN = 120.0
"""Seconds that yosys may take."""

FIRST_RUN = 600.0
"""Seconds that the one from PyPI may take, whose first run compiles it for minutes."""

LIMIT_HINT = "make loops and vectors smaller, or take a smaller part of the circuit"

# What a command of yosys takes as one word.
_NAME = re.compile(r"""[^\s;#"'\\]+""")
_MODULE = re.compile(r"\b(?:macro)?module\s+(?:\\([!-~]+)|([A-Za-z_][A-Za-z0-9_$]*))")
_ERROR = re.compile(r"^(?:(?:.*?[ /])?(\w+\.v):(\d+)[^ ]* )?ERROR: (.*)$", re.MULTILINE)
_DERIVED = re.compile(r"\$paramod(?:\$[0-9a-f]+)?\\([^\\]+).*")
_CONNECT = re.compile(r"^  connect ([^{\s]\S*(?: \[[\d:]+\])?) ", re.MULTILINE)


@dataclass(frozen=True)
class Text:
    """Verilog text for yosys.

    **Arguments:**

    - `file`: its name in diagnostics.
    - `included`: the texts that it includes, by the names under which it does.
    - `files`: the names of those in diagnostics.
    - `bare`: all of them without comments; by default the text.
    """

    text: str
    file: str | None = None
    included: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    bare: str | None = None

    @property
    def modules(self) -> tuple[str, ...]:
        """The modules that may be named as the top."""
        text = self.text if self.bare is None else self.bare
        return tuple(dict.fromkeys(one or other for one, other in _MODULE.findall(text)))


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


def elaborate(given: Text, *, top: str | None = None, system: bool = False) -> Elaborated:
    """Elaborate Verilog text.

    **Arguments:**

    - `top`: the top module; by default the one that no other contains.
    - `system`: whether the text is SystemVerilog.

    **Raises:** `ChaoscadError` when yosys is missing, takes too much, or refuses the text (then with its
    message, and the file's own name and line in it), and when several modules may be the top.
    """
    if top is not None:
        _check_top(top, given)
    several = top is None and len(given.modules) > 1
    commands = (
        f"read_verilog {'-sv ' if system else ''}{SOURCE}",
        *(("write_json all.json",) if several else ()),
        "hierarchy -auto-top" if top is None else f"hierarchy -top \\{top}",
        *(("tee -q -o kept.txt ls",) if several else ()),
        # The text may ask for borders that yosys keeps, and a circuit has none.
        "setattr -mod -unset keep_hierarchy",
        "setattr -unset keep_hierarchy",
        "proc -noopt -norom",
        "flatten",
        "write_json module.json",
        "write_rtlil module.il",
    )
    with _folder({SOURCE: given.text, **given.included}) as folder:
        _run(commands, folder, given)
        modules, listing = _modules(folder / "module.json"), _read(folder / "module.il")
        written, kept = _modules(folder / "all.json"), _read(folder / "kept.txt")
    empty = tuple(name for name, module in modules.items() if flag(module, "blackbox"))
    for name, module in modules.items():
        if flag(module, "top"):
            _check_choice(name, written, kept, given)
            return Elaborated(name, module, empty, listing)
    hint = "a circuit is a module with ports and contents"
    what = f"the module {shown(empty[0])} is empty" if empty else "the file holds no module"
    raise NetlistError(Diagnostic(what, given.file, hint=hint))


def _check_choice(top: str, modules: Mapping[str, dict[str, Any]], kept: str, given: Text) -> None:
    """Refuse a text of which another module may be the circuit as well as yosys's choice.

    **Arguments:**

    - `modules`: all of them, with the instances that default parameters give them.
    - `kept`: a list of the choice and of what it contains, with the parameters that it has there.
    """
    if any(flag(module, "top") for module in modules.values()):
        return
    inside = {cell["type"] for module in modules.values() for cell in module["cells"].values()}
    inside |= {_DERIVED.sub(r"\1", line.strip()) for line in kept.splitlines()}
    roots = [
        name
        for name in dict.fromkeys((*given.modules, *modules))
        if name == top
        or (name in modules and name not in inside and not flag(modules[name], "blackbox"))
    ]
    if len(roots) > 1:
        listed = ", ".join(shown(name) for name in roots[:20])
        message = f"{len(roots)} modules are in no other, and each may be the circuit: {listed}"
        hint = f"choose one: --top {roots[0]}"
        raise NetlistError(Diagnostic(message, given.file, hint=hint))


def mapped(
    elaborated: Elaborated,
    file: str | None = None,
    boxes: Mapping[str, Mapping[str, str]] | None = None,
) -> dict[str, Any]:
    """The module as gates of single bits, mapped and optimised by yosys, in its JSON.

    Undefined values, which only unreachable cases may hold, become 0.

    **Arguments:**

    - `boxes`: cells that stay as they are: the direction (`input`, `output`) of each of their pins.

    **Raises:** `ChaoscadError` when yosys cannot map it.
    """
    commands = (
        "read_verilog -lib boxes.v",
        "read_rtlil listing.il",
        *("setundef -zero", "opt", "techmap", "opt", "clean"),
        "write_json module.json",
    )
    with _folder({"listing.il": elaborated.listing, "boxes.v": _boxes(boxes or {})}) as folder:
        _run(commands, folder, Text("", file))
        modules = _modules(folder / "module.json")
    if elaborated.name not in modules:
        raise ChaoscadError(Diagnostic("yosys lost the module while mapping it", file))
    return modules[elaborated.name]


def _boxes(boxes: Mapping[str, Mapping[str, str]]) -> str:
    """Cells as Verilog modules without contents."""
    lines: list[str] = []
    for kind, pins in boxes.items():
        ports = ", ".join(f"{direction} \\{pin} " for pin, direction in pins.items())
        lines.append(f"module \\{kind} ({ports}); endmodule\n")
    return "".join(lines)


@contextmanager
def _folder(texts: Mapping[str, str]) -> Iterator[Path]:
    """A folder with these files, for as long as it is needed."""
    with tempfile.TemporaryDirectory(prefix="chaoscad-") as made:
        for name, text in texts.items():
            (Path(made) / name).write_text(text, encoding="utf-8", newline="\n")
        yield Path(made)


def _run(commands: Sequence[str], folder: Path, given: Text) -> None:
    """Run yosys's commands in a folder.

    **Raises:** `ChaoscadError` about the file when they fail or take too much.
    """
    tool = require("yosys")
    (folder / "script.ys").write_text("\n".join([*commands, ""]), encoding="utf-8")
    arguments = ["-q", "-s", "script.ys"]
    timeout = LONGEST_RUN if tool.native else FIRST_RUN
    try:
        done = tool.run(arguments, folder=folder, timeout=timeout, hint=LIMIT_HINT)
    except ChaoscadError as error:
        raise error.about(given.file) from None
    if done.status != 0:
        raise NetlistError(_refusal(done.output, done.status, given))


def _read(path: Path) -> str:
    """What yosys wrote, or nothing."""
    return path.read_text("utf-8", "replace") if path.is_file() else ""


def _check_top(top: str, given: Text) -> None:
    modules = given.modules
    if _NAME.fullmatch(top) and top in modules:
        return
    hint = nearest(top, modules) or "the modules are " + (", ".join(modules[:20]) or "none")
    raise NetlistError(Diagnostic(f"there is no module {shown(top)}", given.file, hint=hint))


def _modules(path: Path) -> dict[str, dict[str, Any]]:
    """The modules of a JSON file that yosys wrote."""
    try:
        return json.loads(path.read_text("utf-8", "replace"))["modules"]
    except (OSError, ValueError, KeyError):
        return {}


def flag(item: Mapping[str, Any], name: str) -> bool:
    """Whether an attribute of a module or a cell is set: a number that is not 0, or a word."""
    value = str(item["attributes"].get(name, "0"))
    return "1" in value if set(value) <= set("01xz") else bool(value.strip())


def _refusal(output: str, status: int, given: Text) -> Diagnostic:
    """Yosys's own error, or its last words where it stopped without one."""
    match = _ERROR.search(output)
    if match is None:
        words = [line for line in output.splitlines() if line.strip()]
        last = shown(words[-1]) if words else "nothing was said"
        hint = "look for a module that contains itself" if status < 0 else None
        return Diagnostic(f"yosys stopped with status {status}: {last}", given.file, hint=hint)
    message = match[3]
    for name, file in ((SOURCE, given.file or "the text"), *given.files.items()):
        message = message.replace(name, file)
    known = match[1] == SOURCE or match[1] in given.files
    line = int(match[2]) if known else 0
    file = given.files.get(match[1] or "", given.file)
    return Diagnostic(f"yosys: {message}", file, line, 1 if line else 0)
