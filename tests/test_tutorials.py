"""The tutorials do what they say: every command is run, and what they show is what it prints.

So do the pages of `GUIDES`.

`python -m tests.test_tutorials` writes into the pages what the commands print now, where that differs.
"""

from __future__ import annotations

import contextlib
import io
import math
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from chaoscad.cli.main import status
from chaoscad.toolchain import available
from tests.conftest import ROOT

DOCS = ROOT / "docs"
GUIDES = ("commands", "dynamics", "flows", "measured_devices", "netlist")
PAGES = [*sorted((DOCS / "tutorials").glob("*.md")), *(DOCS / f"{name}.md" for name in GUIDES)]

BLOCK = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', re.M | re.S)
"""A block of a page: its language, the file that it is, its text."""

COMMAND = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.M)
"""A command of a `console` block, and what is shown below it."""

NUMBER = re.compile(r"(-?\d+\.?\d*(?:e[-+]?\d+)?)")

SHELL = 'chaoscad() { python -m chaoscad "$@"; }\n'


def play(page: Path, folder: Path) -> Iterator[tuple[str, str, str, int]]:
    """Write a page's files and run its commands in a folder.

    **Returns:** of each command: its text, what the page shows, what it printed, its exit status.
    """
    (folder / "netlists").symlink_to(ROOT / "netlists")
    last = 0
    for language, name, body in BLOCK.findall(page.read_text()):
        if name:
            (folder / name).write_text(body)
        for line, expected in COMMAND.findall(body) if language == "console" else ():
            printed, last = run(line, last)
            yield line, expected, printed, last


def run(line: str, last: int) -> tuple[str, int]:
    """What a command prints, both streams together, and its exit status."""
    if line.startswith("chaoscad ") and not re.search(r"[|<>&;$]", line):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            found = status(shlex.split(line)[1:])
        return printed.getvalue(), found
    script = f"{SHELL}(exit {last})\n{line}"
    paths = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PATH": paths, "PYTHONPATH": str(ROOT), "MPLBACKEND": "agg"},
    )
    return done.stdout, done.returncode


def shows(expected: str, printed: str) -> bool:
    """Whether a page shows what was printed; a line `...` stands for any lines.

    Blanks and the last digits of numbers may differ.
    """
    there = [words(line) for line in printed.splitlines()]
    wanted = [words(line) for line in expected.splitlines()]

    def match(i: int, j: int) -> bool:
        if i == len(wanted):
            return j == len(there)
        if wanted[i] == ["..."]:
            return any(match(i + 1, k) for k in range(j, len(there) + 1))
        return j < len(there) and equal(wanted[i], there[j]) and match(i + 1, j + 1)

    return match(0, 0)


def words(line: str) -> list[str]:
    return [word for word in NUMBER.split(" ".join(line.split())) if word]


def equal(one: list[str], other: list[str]) -> bool:
    return len(one) == len(other) and all(
        math.isclose(float(a), float(b), rel_tol=2e-3, abs_tol=1e-6)
        if NUMBER.fullmatch(a) and NUMBER.fullmatch(b)
        else a.strip() == b.strip()
        for a, b in zip(one, other, strict=True)
    )


TOOLS = {"analog_engineer": ("ngspice",), "fpga_engineer": ("yosys", "iverilog", "verilator")}
"""What the commands of a page run beside chaoscad."""

SLOW = ("machine_learning",)


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, id=page.stem, marks=[pytest.mark.slow] * (page.stem in SLOW))
        for page in PAGES
    ],
)
def test_its_commands_print_what_it_shows(page: Path, tmp_path: Path, monkeypatch):
    missing = [name for name in TOOLS.get(page.stem, ()) if available(name) is None]
    if missing and not os.environ.get("CHAOSCAD_REQUIRE_TOOLS"):
        pytest.skip(f"{', '.join(missing)} not installed")
    monkeypatch.chdir(tmp_path)
    played = list(play(page, tmp_path))
    assert played
    for line, expected, printed, _ in played:
        assert shows(expected, printed), f"$ {line}\n{printed}"
    told = [line for line, *_ in played[1:]] + [""]
    failed = [
        line
        for (line, *_, found), after in zip(played, told, strict=True)
        if found and after != "echo $?"
    ]
    assert failed == []


def rewrite(page: Path) -> None:
    """Put what the commands print into a page, where it shows something else."""
    text, at = page.read_text(), 0
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        for line, expected, printed, _ in play(page, Path(folder)):
            at = text.index(f"$ {line}\n{expected}", at) + len(f"$ {line}\n")
            if not shows(expected, printed):
                tidy = "".join(f"{row.rstrip()}\n" for row in printed.splitlines())
                text = text[:at] + tidy + text[at + len(expected) :]
    page.write_text(text)


if __name__ == "__main__":
    for each in sys.argv[1:] or PAGES:
        rewrite(Path(each).resolve())
