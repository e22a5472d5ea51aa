"""The page: a template filled with chapters, its style, and the script that makes it live."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from importlib.metadata import version
from importlib.resources import files
from typing import Any

from chaoscad.reports.chart import text_of
from chaoscad.reports.content import Chapter
from chaoscad.reports.javascript import Equations
from chaoscad.reports.live import as_script, names_of
from chaoscad.reports.sweep import SweepChapter


def render(chapters: Sequence[Chapter | SweepChapter], equations: Equations) -> str:
    """The report as HTML.

    What comes from a netlist is escaped wherever it stands, and the page may run no script but its own
    and fetch nothing at all: its policy says so to the browser.
    """
    # Jinja2 is an extra, and only this needs it.
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("chaoscad.reports", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = _number
    script = _script(equations)
    data = {
        "names": names_of([design for one in chapters for design in one.designs]),
        "chapters": [one.live for one in chapters if one.live is not None],
    }
    return environment.get_template("report.html").render(
        chapters=chapters,
        title=", ".join(chapter.name for chapter in chapters),
        style=_part("style.css"),
        script=script,
        digest=_digest(script),
        data=as_script(data),
        version=version("chaoscad"),
    )


def _script(equations: Equations) -> str:
    """The script of the page: the systems first, which the rest computes with."""
    parts = [_part(name) for name in ("gate.js", "figure.js", "live.js", "tables.js")]
    return '"use strict";\n' + equations.source() + "".join(parts)


def _part(name: str) -> str:
    return files("chaoscad.reports").joinpath("templates", name).read_text("utf-8")


def _digest(script: str) -> str:
    """What the page's policy calls the one script that may run."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _number(value: Any) -> str:
    """A number for a reader, `any` where there is no end."""
    if isinstance(value, float):
        return "any" if value == float("inf") else text_of(value)
    return str(value)
