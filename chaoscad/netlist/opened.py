"""The files that a netlist names: where they may lie, and each read once."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from chaoscad.errors import ChaoscadError, Diagnostic, shown
from chaoscad.files import read_text
from chaoscad.logic.graph import arrows
from chaoscad.netlist.complaints import Complain
from chaoscad.netlist.source import MappingNode, Scalar, compose
from chaoscad.systems import Setting

OUTSIDE_HINT = "move it there, or allow it: --allow-outside, or outside=True in Python"


@dataclass(eq=False)
class Opened:
    """The files of a netlist.

    **Arguments:**

    - `root`: the netlist's own folder, with every link followed.
    - `found`: takes every complaint.
    - `outside`: whether files outside of that folder may be read.
    - `files`: those that were read, in their order.
    """

    root: Path | None
    found: list[Diagnostic]
    outside: bool
    files: list[str | None]
    systems: dict[Path, Setting | None] = field(default_factory=dict)
    reading: list[Path] = field(default_factory=list)

    def path(self, folder: Path, name: Scalar, what: str, complain: Complain) -> Path | None:
        """Where a file lies that is named in `folder`, or `None` when it may not be read."""
        if not name:
            complain(f"the {what} file has no name", name)
            return None
        path = folder / str(name)
        place = resolved(path)
        inside = (
            not Path(name).is_absolute()
            and place is not None
            and self.root is not None
            and place.is_relative_to(self.root)
        )
        if place is None or (path.exists() and not (path.is_file() or path.is_dir())):
            complain(f"the {what} file {shown(name)} is not a regular file", name)
            return None
        if not inside and not self.outside:
            message = f"the {what} file {shown(name)} lies outside of the netlist's folder"
            complain(message, name, OUTSIDE_HINT)
            return None
        return path

    def tree(self, path: Path, name: Scalar, what: str, complain: Complain) -> MappingNode | None:
        """The text of a file as a tree, or `None` when it was refused."""
        try:
            text = read_text(path)
        except ChaoscadError as error:
            for item in error.diagnostics:
                where = f" in line {item.line}" if item.line else ""
                message = f"the {what} file {shown(name)}{where}: {item.message}"
                complain(message, name, item.hint)
            return None
        file = os.fspath(path)
        self.files.append(file)
        try:
            return compose(text, file, self.found)
        except ChaoscadError as error:
            self.found.extend(error.diagnostics)
            return None

    def system(
        self,
        path: Path,
        name: Scalar,
        complain: Complain,
        read: Callable[[Opened, MappingNode, Path], Setting | None],
    ) -> Setting | None:
        """The system of a file, or `None` when it was refused.

        **Arguments:**

        - `read`: makes it of the file's tree.
        """
        place = resolved(path) or path
        if place in self.reading:
            ring = [*self.reading[self.reading.index(place) :], place]
            message = f"the file of a system names itself: {arrows([item.name for item in ring])}"
            complain(message, name, "a chain of files ends at one with equations")
            return None
        if place not in self.systems:
            tree = self.tree(path, name, "system", complain)
            self.reading.append(place)
            self.systems[place] = None if tree is None else read(self, tree, path)
            self.reading.pop()
        return self.systems[place]


def folder_of(file: str | None) -> Path:
    """Where the files that a netlist names are looked for."""
    return Path(file).parent if file is not None else Path()


def base(file: str) -> str:
    """A file's name without its folders."""
    return Path(file).name


def resolved(path: Path) -> Path | None:
    """The path with every link followed, or `None` where that is impossible."""
    try:
        return path.resolve()
    except (OSError, ValueError, RuntimeError):
        return None
