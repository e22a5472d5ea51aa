"""`report`: designs and exports as one HTML file that needs nothing else."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from chaoscad.arguments import whole
from chaoscad.design import Design, Reconfigurable, load_any
from chaoscad.errors import ChaoscadError, Diagnostic, ToolMissing
from chaoscad.export.handover import DESIGN, LOG, SUMS
from chaoscad.files import check_writable, lines_of, read_text, write_text
from chaoscad.reports.content import Chapter, chapter
from chaoscad.reports.exported import exported_files
from chaoscad.reports.javascript import Equations
from chaoscad.reports.page import render
from chaoscad.reports.robustness import DEVICES, Asked, Sizes
from chaoscad.reports.sweep import SweepChapter, is_sweep, sweep_chapter

Given = Design | Reconfigurable | str | os.PathLike[str]
"""A design, or the path of a design file, of an export's folder, or of the results of a sweep."""

MOST_DEVICES = 10**9
"""Most devices of a yield."""

MOST_CHAPTERS = 20
"""Most designs of one report."""

_SUM = re.compile(r"([0-9a-f]{64})  ([^/].*)")


@dataclass(frozen=True)
class Report:
    """A report that is not written yet.

    **Arguments:**

    - `names`: of the designs.
    - `html`: the page.
    - `right`: whether every design verifies.
    """

    names: tuple[str, ...]
    html: str
    right: bool

    @property
    def default_path(self) -> str:
        """`NAME.report.html`, with `_` for what no file's name should have."""
        plain = re.sub(r"[^A-Za-z0-9_-]", "_", self.names[0])[:100] or "circuit"
        return f"{plain}.report.html"


def report(
    what: Given | Sequence[Given],
    path: str | os.PathLike[str] | None = None,
    *,
    tolerance: Sizes = None,
    shared: Sizes = None,
    noise: Mapping[str, float] | None = None,
    devices: int = DEVICES,
    seed: int = 0,
) -> str:
    """Write a report of designs: one HTML file with everything in it, and a live gate.

    Every design is verified anew. The same designs, arguments and version give the same bytes.

    **Arguments:**

    - `what`: one or more designs, or paths of design files, of folders that an export wrote, and of the
      results of sweeps.
    - `path`: of the report; `NAME.report.html` in the working folder where it is left out.
    - `tolerance`, `shared`, `noise`: as for `chaoscad.robustness.deviations_of`; what is left out is as
      the netlists' `hardware` says. Where nothing deviates, no yield is measured.
    - `devices`: of a yield; `seed` of its draws.

    **Returns:** the path.

    **Raises:** `ToolMissing` without Jinja2; `ChaoscadError` for a file that is no design, a folder that
    no export wrote, deviations that a design has not, and a place that cannot be written.
    """
    if path is not None:
        check_writable(path)
    single = isinstance(what, Design | Reconfigurable | str | os.PathLike)
    given: list[Given] = [what] if single else list(what)  # type: ignore[list-item,arg-type]
    made = compose(
        given, tolerance=tolerance, shared=shared, noise=noise, devices=devices, seed=seed
    )
    target = os.fspath(path) if path is not None else made.default_path
    write_text(target, made.html)
    return target


def compose(
    given: Sequence[Given],
    *,
    tolerance: Sizes = None,
    shared: Sizes = None,
    noise: Mapping[str, float] | None = None,
    devices: int = DEVICES,
    seed: int = 0,
) -> Report:
    """The report that `report` writes; arguments and errors as there."""
    _require_jinja()
    if not 0 < len(given) <= MOST_CHAPTERS:
        raise ChaoscadError(
            f"a report has 1 to {MOST_CHAPTERS} designs, and these are {len(given)}"
        )
    devices, seed = whole("devices", devices, 1, MOST_DEVICES), whole("seed", seed, 0)
    asked = Asked(tolerance, shared, noise, devices, seed)
    equations = Equations()
    chapters = [_chapter(item, f"d{place}", equations, asked) for place, item in enumerate(given)]
    return Report(
        tuple(one.name for one in chapters),
        render(chapters, equations),
        all(one.solved for one in chapters),
    )


def _require_jinja() -> None:
    """Refuse to go on without the package that fills the page.

    **Raises:** `ToolMissing` that says what to install.
    """
    if find_spec("jinja2") is None:
        hint = "pip install 'chaoscad[report]'"
        raise ToolMissing(Diagnostic("reports need Jinja2, which is not installed", hint=hint))


def _chapter(
    what: Given, anchor: str, equations: Equations, asked: Asked
) -> Chapter | SweepChapter:
    if isinstance(what, Design | Reconfigurable):
        return chapter(what, "", anchor, equations, asked)
    path = Path(what)
    if is_sweep(path):
        return sweep_chapter(path, anchor)
    if path.is_dir():
        return _of_folder(path, anchor, equations, asked)
    try:
        return chapter(load_any(path), path.name, anchor, equations, asked)
    except ChaoscadError as error:
        raise error.about(os.fspath(path)) from None


def _of_folder(folder: Path, anchor: str, equations: Equations, asked: Asked) -> Chapter:
    """The chapter of an export: that of its design, with its files and the log of its check."""
    if not (folder / SUMS).is_file() or not (folder / DESIGN).is_file():
        message = (
            f"the folder holds no {SUMS} or no {DESIGN}, so it is not one that an export wrote"
        )
        hint = "give the folder of chaoscad export, or a design file"
        raise ChaoscadError(Diagnostic(message, os.fspath(folder), hint=hint))
    listed = [_SUM.fullmatch(line) for line in lines_of(read_text(folder / SUMS))]
    sums = [(found[1], found[2]) for found in listed if found and ".." not in found[2]]
    log = read_text(folder / LOG) if (folder / LOG).is_file() else ""
    path = folder / DESIGN
    try:
        design = load_any(path)
        made = chapter(design, f"{folder.name}/", anchor, equations, asked)
    except ChaoscadError as error:
        raise error.about(os.fspath(path)) from None
    return made.exported_as(exported_files(folder, sums), log)
