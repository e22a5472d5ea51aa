"""Pages of the site that are made from the repository: the start, the command line, the API.

MkDocs calls `on_files` and `on_page_markdown`. Their text stands in one place only: the README, the help
of the commands, the docstrings.
"""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parent.parent

PACKAGES = {
    "chaoscad": [
        "chaoscad",
        "chaoscad.netlist",
        "chaoscad.logic",
        "chaoscad.formats",
        "chaoscad.systems",
        "chaoscad.cells",
        "chaoscad.feasibility",
        "chaoscad.solve",
        "chaoscad.mapping",
        "chaoscad.design",
        "chaoscad.verification",
        "chaoscad.analysis",
        "chaoscad.export",
        "chaoscad.plot",
        "chaoscad.tune",
    ],
    "neural": [
        "neural.activations",
        "neural.analysis",
        "neural.compare",
        "neural.growing",
        "neural.hamiltonian",
        "neural.metalearn",
        "neural.tasks",
    ],
}
"""The packages whose public names, those of `__all__`, are the API."""

REPOSITORY = r"\[([^\]]*)\]\((?:\.\./)?(?:examples|netlists|benchmarks|tests|CITATION)[\w./]*\)"
"""Links to files of the repository that are no pages of the site."""


def on_files(files: Files, config: Any) -> Files:
    """Add the pages that are made."""
    pages = {
        "index.md": _start(),
        "contributing.md": (ROOT / "CONTRIBUTING.md").read_text(),
        "reference/options.md": _options(),
        **{f"reference/{name}.md": _api(name) for name in PACKAGES},
    }
    for path, text in pages.items():
        files.append(File.generated(config, path, content=text))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Name the files of the repository that are no pages, instead of linking them."""
    return re.sub(REPOSITORY, r"`\1`", markdown)


def _start() -> str:
    """The README, its links as they are seen from the site."""
    text = (ROOT / "README.md").read_text()
    return text.replace("](docs/", "](").replace("](CONTRIBUTING.md)", "](contributing.md)")


def _options() -> str:
    """The help of every command, as the command line prints it."""
    import click

    from chaoscad.cli.main import COMMANDS, main

    parts = ["# Every option", "As `chaoscad COMMAND --help` prints it.", ""]
    for name in COMMANDS:
        command = main.get_command(click.Context(main), name)
        assert command is not None
        context = click.Context(
            command, info_name=f"chaoscad {name}", terminal_width=100, max_content_width=100
        )
        parts += [f"## {name}", "", "```text", command.get_help(context), "```", ""]
    return "\n".join(parts)


def _api(name: str) -> str:
    """Every public name of the packages, from its docstring."""
    parts = [f"# API of `{name}`", ""]
    for package in PACKAGES[name]:
        module = importlib.import_module(package)
        parts += [f"## {package}", "", (module.__doc__ or "").strip().split("\n\n")[0], ""]
        for public in sorted(getattr(module, "__all__", ()), key=str.lower):
            parts += [f"::: {package}.{public}", ""]
    return "\n".join(parts)
