"""Verilog text before yosys sees it: the files that it includes, and what is refused in it.

Yosys reads whatever file a text names, so every `include` is looked up here. What yosys gets are
copies under names made here, and a text that could name a file in another way is refused.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from chaoscad.errors import ChaoscadError, shown
from chaoscad.files import LARGEST_FILE, read_text
from chaoscad.formats.draft import Draft, Place

WIDEST_RANGE = 1 << 16
"""Most bits of one signal."""

MOST_INCLUDED = 1_000
"""Most files that one file includes, with all that they include."""

OUTSIDE_HINT = "move it there, or allow it: --allow-outside, or outside=True in Python"

# Yosys ends strings and escaped names like this, and both may hold what looks like a directive.
_TOKEN = re.compile(
    r'"(?P<string>(?:\\.|[^"\\])*)(?:"|\Z)|\\(?P<escaped>[!-~]+)|(?P<comment>//[^\n]*|/\*.*?(?:\*/|\Z))'
    r'|`include\b(?:[ \t]*"(?P<name>[^"\\\n]+)")?|\$(?P<task>\w*)',
    re.DOTALL | re.ASCII,
)
_FOREIGN = re.compile(r'"DPI(?:-C)?"')
_RANGE = re.compile(r"\[\s*(\d+)\s*:\s*(\d+)\s*\]", re.ASCII)
_CONDITION = re.compile(r"`(?:ifn?def|elsif)\b")
_MEMORY_FILES = ("$readmemh", "$readmemb")


@dataclass
class Source:
    """A text and those that it includes, as yosys gets them.

    **Arguments:**

    - `draft`: gets the complaints, and the names of included files by those that yosys sees.
    - `folder`: where included files are looked for; `None` for a text that is in no file.
    - `outside`: whether they may lie outside of that folder.
    - `texts`: the included ones by the names that yosys sees.
    - `path`: the names and texts of those that are being read, each included by the one before.
    - `missing`: the same of files that do not exist, with the place that includes them. Yosys says
      whether they are needed.
    """

    draft: Draft
    folder: Path | None = None
    outside: bool = False
    texts: dict[str, str] = field(default_factory=dict)
    missing: dict[str, tuple[str, Place]] = field(default_factory=dict)
    aliases: dict[Path, str] = field(default_factory=dict)
    bare: list[str] = field(default_factory=list)
    path: list[tuple[str, str]] = field(default_factory=list)

    def checked(self, text: str) -> str:
        """The text with the names of its files replaced.

        **Raises:** `ChaoscadError` with everything that is refused in it and in what it includes.
        """
        found = self.scan(text, None, self.folder)
        if not self.bare[-1].strip():
            self.draft.complain("the file is empty", Place(), "a circuit is a module with ports")
        self.draft.check()
        return found

    def scan(self, text: str, alias: str | None, folder: Path | None) -> str:
        """One text, and the texts that it includes; comments become blanks in `bare`."""
        given: list[str] = []
        bare: list[str] = []
        end = 0
        for match in _TOKEN.finditer(text):
            given.append(text[end : match.start()])
            bare.append(given[-1])
            end = match.end()
            word = match[0]
            given.append(word)
            bare.append(re.sub(r"[^\n]", " ", word) if match["comment"] is not None else word)
            if match["string"] is not None and re.search(r"(?<!\\)\n", match["string"]):
                at = _place(text, match.start(), alias)
                self.draft.complain("the string does not end on its line", at, "add its '\"'")
            elif word.startswith("`include"):
                at = _place(text, match.start(), alias)
                name = self.included(match["name"], folder, at)
                given[-1] = "" if name is None else f'`include "{name}"'
            elif _names_file(match["escaped"] or f"${match['task']}"):
                message = "a file is read into a memory by $readmemh or $readmemb"
                message = f"{shown(word)} is refused: {message}, and circuits have none"
                hint = "write a table of constants as a case statement"
                self.draft.complain(message, _place(text, match.start(), alias), hint)
        given.append(text[end:])
        bare.append(given[-1])
        self.bare.append("".join(bare))
        self.check(self.bare[-1], alias)
        return "".join(given)

    def check(self, bare: str, alias: str | None) -> None:
        """Complain about calls of other languages, and sizes that no circuit has."""
        for match in _FOREIGN.finditer(bare):
            message = "functions of other languages (DPI) are not called"
            self.draft.complain(message, _place(bare, match.start(), alias), "write it in Verilog")
        for match in _RANGE.finditer(bare):
            high, low = (int(number[:18]) for number in match.groups())
            if abs(high - low) >= WIDEST_RANGE:
                message = f"the range {match[0]} is wider than {WIDEST_RANGE} bits"
                self.draft.complain(message, _place(bare, match.start(), alias))

    def included(self, name: str | None, folder: Path | None, at: Place) -> str | None:
        """The name that yosys sees of an included file, or `None` when it is refused."""
        complain = self.draft.complain
        if folder is None or self.folder is None:
            complain("`include is not followed", at, "put everything into this file")
            return None
        if name is None:
            complain("`include takes the name of a file in quotes", at, 'write `include "FILE"')
            return None
        path = next((path for path in (folder / name, self.folder / name) if _exists(path)), None)
        place = _resolved(path or folder / name)
        inside = (
            not Path(name).is_absolute()
            and place is not None
            and place.is_relative_to(self.folder.resolve())
        )
        if not inside and not self.outside:
            message = f"the included file {shown(name)} lies outside of the file's folder"
            complain(message, at, OUTSIDE_HINT)
            return None
        if place is None or (path is not None and not path.is_file()):
            complain(f"the included file {shown(name)} is not a regular file", at)
            return None
        if place in self.aliases:
            self.check_path(self.aliases[place], name, at)
            return self.aliases[place]
        alias = self.aliases[place] = f"included_{len(self.aliases) + 1}.v"
        if path is None:
            self.missing[alias] = name, at
        else:
            self.read(path, alias, at)
        return alias

    def read(self, path: Path, alias: str, at: Place) -> None:
        """Take an included file in."""
        self.draft.files[alias] = os.fspath(path)
        if len(self.aliases) > MOST_INCLUDED:
            self.draft.fail(f"more than {MOST_INCLUDED} files are included", at)
        left = LARGEST_FILE - sum(map(len, self.texts.values()))
        try:
            text = read_text(path, left)
        except ChaoscadError as error:
            self.draft.diagnostics.extend(error.diagnostics)
            return
        self.path.append((alias, text))
        self.texts[alias] = self.scan(text, alias, path.parent)
        self.path.pop()

    def check_path(self, alias: str, name: str, at: Place) -> None:
        """Refuse a file that includes itself for ever: no condition of its own stops it."""
        above = [item for item, _ in self.path]
        if alias in above:
            texts = [text for _, text in self.path[above.index(alias) :]]
            if not any(_CONDITION.search(text) for text in texts):
                message = f"the included file {shown(name)} includes itself"
                self.draft.complain(message, at, "guard its text by `ifndef, `define and `endif")


def _names_file(word: str) -> bool:
    """Whether a name reads a file, or is the start of one that does, which a macro may complete.

    To yosys `\\$readmemh ` is `$readmemh`, though a name that is escaped calls nothing in Verilog.
    """
    return word[:1] == "$" and any(name.startswith(word.split("`")[0]) for name in _MEMORY_FILES)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _resolved(path: Path) -> Path | None:
    """The path without links, or `None` when it leads nowhere."""
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):
        return None


def _place(text: str, offset: int, file: str | None) -> Place:
    return Place(text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset), file)
