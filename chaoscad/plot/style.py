"""How all figures look."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from matplotlib import rc_context, rcdefaults
from matplotlib.figure import Figure

from chaoscad.systems import Setting

# The colours of M. Okabe, K. Ito (2008), which the colour-blind can tell apart.
INK = "#333333"
FAINT = "#b0b0b0"
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
MAP_OF_COLOURS = "viridis"

DOTS = 150
"""Dots per inch of a bitmap."""

MOST_VECTORS = 5000
"""Points up to which a cloud of them is drawn as vectors; a larger one is a bitmap in the file."""

_STYLE: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.labelsize": 9,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
    "legend.fontsize": 8,
    "lines.linewidth": 1.0,
    "figure.dpi": DOTS,
    "savefig.dpi": DOTS,
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
    setting: Setting, what: str, size: tuple[float, float] = (7.0, 4.2), varied: str | None = None
) -> Figure:
    """An empty figure with its title: the system, what is drawn, and the parameters' values."""
    made = Figure(figsize=size, layout="constrained")
    made.suptitle(f"{title(setting, varied)}\n{what}", fontsize=10)
    return made


def title(setting: Setting, varied: str | None = None) -> str:
    """The system's title and the values of its parameters, but for one that varies."""
    name = setting.system.title
    values = [
        f"{item.name} = {value:.6g}" + ("" if item.unit == "1" else f" {item.unit}")
        for item, value in zip(setting.system.parameters, setting.values, strict=True)
        if item.name != varied
    ]
    return ": ".join([name[:1].upper() + name[1:], *([", ".join(values)] if values else [])])
