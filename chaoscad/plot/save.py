"""Figures as files."""

from __future__ import annotations

import io
import os
import re
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from chaoscad.errors import ChaoscadError, Diagnostic, shown
from chaoscad.files import check_writable, write_bytes
from chaoscad.plot.style import styled

# What would make two runs differ is left out: the date, and in a bitmap the version.
_METADATA: dict[str, dict[str, Any]] = {
    ".png": {"Software": None},
    ".svg": {"Date": None},
    ".pdf": {"CreationDate": None},
}


def check_figure_path(path: str | os.PathLike[str]) -> None:
    """Refuse a path that `save` could not write, before any work is done.

    **Raises:** `ChaoscadError` for a suffix other than .png, .svg and .pdf, and a place that cannot
    be written.
    """
    suffix = Path(path).suffix
    if suffix.lower() not in _METADATA:
        given = f"the suffix {shown(suffix)}" if suffix else "a name without a suffix"
        message = f"a figure is written as .png, .svg or .pdf, and this is {given}"
        raise ChaoscadError(Diagnostic(message, os.fspath(path)))
    check_writable(path)


def save(figure: Figure, path: str | os.PathLike[str], *, dpi: int | None = None) -> None:
    """Write a figure as PNG, SVG or PDF, by the suffix of `path`: whole or not at all.

    The same figure gives the same bytes.

    **Arguments:**

    - `dpi`: dots per inch of a bitmap; by default the figure's own.

    **Raises:** `ChaoscadError` as `check_figure_path`.
    """
    check_figure_path(path)
    suffix = Path(path).suffix.lower()
    data = io.BytesIO()
    with styled():
        fine: Any = "figure" if dpi is None else dpi
        figure.savefig(data, format=suffix[1:], dpi=fine, metadata=_METADATA[suffix])
    made = data.getvalue()
    write_bytes(path, _numbered(made) if suffix == ".svg" else made)


def _numbered(svg: bytes) -> bytes:
    """The drawing with its clip paths numbered.

    Matplotlib names them by a hash of their corners, and the layout's last digit is not the same in
    every run.
    """
    names = dict.fromkeys(re.findall(rb'<clipPath id="(p[0-9a-f]+)"', svg))
    numbers = {name: b"clip%d" % number for number, name in enumerate(names, 1)}
    return re.sub(
        rb'(?<=[#"])p[0-9a-f]{10}(?=[")])', lambda found: numbers.get(found[0], found[0]), svg
    )
