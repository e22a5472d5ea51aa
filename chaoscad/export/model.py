"""What an export is: its files, and the log of its check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chaoscad.errors import Diagnostic


@dataclass(frozen=True)
class Export:
    """A design in the language of a tool.

    **Arguments:**

    - `target`: the exporter's name.
    - `files`: the text of every file by its name in the folder; `README.md` says how to run them.
    - `names`: the name of every net and gate in those files, by its name in the design.
    - `wrong`: every row that comes out wrong with the numbers of these files, and what to do. Such
      an export is written, for its receiver may need it, but never without a word.
    - `warnings`: what is right in the files and may not be in a real circuit.
    """

    target: str
    files: Mapping[str, str]
    names: Mapping[str, str]
    wrong: tuple[Diagnostic, ...] = ()
    warnings: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True)
class CheckLog:
    """What a real tool made of an export.

    **Arguments:**

    - `passed`: whether every compared row is right.
    - `text`: what was run, what it said and what was compared, line by line.
    - `rows`: how many rows were compared.
    """

    passed: bool
    text: str
    rows: int
