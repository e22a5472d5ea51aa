"""How all figures look."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from matplotlib import rc_context, rcdefaults
from matplotlib.figure import Figure

from chaoscad.plot.text import wrapped
from chaoscad.systems import Setting

# The colours of M. Okabe, K. Ito (2008), which the colour-blind can tell apart.
INK = "#333333"
FAINT = "#b0b0b0"
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
MAP_OF_COLOURS = "viridis"

DOTS = 300
"""Dots per inch of a bitmap."""

COLUMN = 3.35
PAGE = 6.69
"""Widths of figures in inches: 8.5 cm, a column of a journal, and 17 cm, its page. Figures are drawn as
large as they are printed, so that their letters are."""

TITLE = 8.0
"""The size of a heading's letters, in points."""

MOST_VECTORS = 5000
"""Points up to which a cloud of them is drawn as vectors; a larger one is a bitmap in the file."""

_STYLE: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "axes.titlesize": TITLE,
    "axes.labelsize": 8,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.frameon": False,
    "legend.fontsize": 7,
    "legend.title_fontsize": 7,
    "lines.linewidth": 1.0,
    "figure.dpi": DOTS,
    "savefig.dpi": "figure",
    "svg.hashsalt": "chaoscad",
    "text.parse_math": False,
}


@contextmanager
def styled() -> Iterator[None]:
    """The style inside a `with`; matplotlib's own settings are left alone."""
    with rc_context():
        rcdefaults()
        with rc_context(_STYLE):  # type: ignore[arg-type]
            yield


def figure(
    setting: Setting, what: str, size: tuple[float, float] = (PAGE, 4.0), varied: str | None = None
) -> Figure:
    """An empty figure with its heading: the system, the parameters' values, and what is drawn."""
    made = Figure(figsize=size, layout="constrained")
    head(made, f"{title(setting, varied)}\n{what}")
    return made


def head(made: Figure, text: str) -> None:
    """Give a figure a heading that fits its width."""
    width = made.get_size_inches()[0] - 0.2
    made.suptitle(wrapped(text, TITLE, width), fontsize=TITLE)


def title(setting: Setting, varied: str | None = None) -> str:
    """The system's title and the values of its parameters, but for one that varies."""
    name = setting.system.title
    values = [
        f"{item.name} = {value:.6g}" + ("" if item.unit == "1" else f" {item.unit}")
        for item, value in zip(setting.system.parameters, setting.values, strict=True)
        if item.name != varied
    ]
    return ": ".join([name[:1].upper() + name[1:], *([", ".join(values)] if values else [])])
