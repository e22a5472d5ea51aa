"""A circuit as a picture: its gates from left to right by level."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection, PatchCollection
from matplotlib.colors import Normalize, to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Rectangle

from chaoscad.design import Design
from chaoscad.errors import counted
from chaoscad.logic import Logic
from chaoscad.netlist import Netlist
from chaoscad.plot.style import COLOURS, DOTS, FAINT, INK, MAP_OF_COLOURS, styled
from chaoscad.schematic.sheet import Box, Sheet, laid_out, together, works
from chaoscad.schematic.text import length, short

LARGEST = (150.0, 2500.0)
"""Longest side and area of a picture, in inches and square inches; a larger one is scaled down."""

FINE = 100.0
"""Area of the largest picture that has all its dots, in square inches; a larger one has half as many
along either side, so that a bitmap of it fits the memory."""

_FAILED = COLOURS[1]
_FILL = "#eef4f9"
_MARGIN = 0.25


def draw_circuit(circuit: Netlist | Design | Logic, nets: Sequence[str] = ()) -> Figure:
    """Draw a circuit: inputs on the left, outputs on the right, gates as boxes between them.

    A gate shows its name and its function, the first input on top; the gates of a design have the
    colours of their margins. An element that is read several times is one box with several outputs, in
    the colour of its worst reading. From 150 gates on they are small boxes without text, and wires are
    straight.

    **Arguments:**

    - `nets`: draw only the gates that these nets depend on; by default those of the whole circuit.

    **Raises:** `ChaoscadError` for a net that no gate drives, and for more than 2,000 gates.
    """
    sheet = laid_out(circuit, nets)
    with styled():
        return _Picture(circuit, sheet).figure()


def _subtitle(circuit: Netlist | Design | Logic, boxes: Collection[Box], levels: int) -> str:
    several = sum(len(names) - 1 for names in together(boxes).values())
    words = f"{counted(len(boxes), 'gate')} "
    words += f"of {counted(len(boxes) - several, 'element')} " if several else ""
    words += f"in {counted(levels, 'level')}"
    margins = [box.margin for box in boxes if box.margin is not None]
    if isinstance(circuit, Design) and margins:
        unit = _unit(circuit)
        words += f"; {circuit.status}, least margin {min(margins):.4g}" + (
            f" {unit}" if unit else ""
        )
        failed = sum(not works(margin) for margin in margins)
        if failed:
            words += f"; {failed} without a margin in orange"
    return words


def _unit(circuit: Netlist | Design | Logic) -> str:
    """The unit of the margins, empty where they have none, or not all the same."""
    if not isinstance(circuit, Design):
        return ""
    units = {gate.setting.system.unit for gate in circuit.gates}
    return units.pop() if len(units) == 1 and units != {"1"} else ""


def _colours(boxes: Collection[Box]) -> ScalarMappable | None:
    """The colours of margins, or `None` where there are none."""
    margins = [box.margin for box in boxes if box.margin is not None]
    good = [margin for margin in margins if works(margin)]
    if not good:
        return None
    # From 0: what looks twice as good is, and two designs can be compared.
    return ScalarMappable(Normalize(0.0, max(good)), MAP_OF_COLOURS)


class _Picture:
    """A sheet that becomes a figure."""

    def __init__(self, circuit: Netlist | Design | Logic, sheet: Sheet) -> None:
        boxes = sheet.boxes.values()
        self.name, self.sheet, self.colours = circuit.name, sheet, _colours(boxes)
        self.subtitle, self.unit = _subtitle(circuit, boxes, sheet.levels), _unit(circuit)

    def figure(self) -> Figure:
        """The figure, one unit of its axes an inch, or less where it would be too large."""
        name, subtitle, unit, sheet = self.name, self.subtitle, self.unit, self.sheet
        bar = 0.95 if self.colours is not None else 0.0
        head = 0.62
        least = max(length(short(name, 60), 11), length(subtitle, 8)) + 2 * _MARGIN
        width = max(sheet.right - sheet.left + 2 * _MARGIN + bar, least)
        height = max(sheet.high - sheet.low, 0.9 if bar else 0.2) + _MARGIN + head
        scale = min(1.0, LARGEST[0] / max(width, height), (LARGEST[1] / (width * height)) ** 0.5)
        area = scale * width * scale * height
        dots = DOTS if area <= FINE else DOTS / 2
        figure = Figure(figsize=(scale * width, scale * height), dpi=dots)
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        # Centred in what the head and the colour bar leave.
        x = sheet.left - (width - bar - (sheet.right - sheet.left)) / 2
        y = sheet.low - (height - head + _MARGIN - (sheet.high - sheet.low)) / 2
        axes.set_xlim(x, x + width)
        axes.set_ylim(y, y + height)
        self._paint(axes, scale)
        corner = x + _MARGIN, y + height - 0.16
        axes.text(*corner, short(name, 60), va="top", fontsize=11 * scale, color=INK)
        below = y + height - 0.38
        axes.text(corner[0], below, subtitle, va="top", fontsize=8 * scale, color=INK)
        if self.colours is not None:
            tall = min(height - head - _MARGIN, 3.0)
            bottom = (height - head + _MARGIN - tall) / 2
            place = ((width - bar + 0.1) / width, bottom / height, 0.12 / width, tall / height)
            mapped = figure.colorbar(self.colours, cax=figure.add_axes(place))
            mapped.set_label(f"margin ({unit})" if unit else "margin", fontsize=8 * scale)
            mapped.ax.tick_params(labelsize=7 * scale, width=0.6 * scale, length=3 * scale)
            mapped.outline.set_linewidth(0.6 * scale)  # type: ignore[operator]
        return figure

    def _paint(self, axes: Axes, scale: float) -> None:
        sheet = self.sheet
        sizes = sheet.sizes
        axes.add_collection(
            LineCollection(
                sheet.lines,
                colors=INK if sheet.large else FAINT,
                linewidths=sizes.line * scale,
                capstyle="projecting" if sheet.large else "butt",
                zorder=1,
            )
        )
        if sheet.joints:
            across, up = zip(*sheet.joints, strict=True)
            area = (3.2 if sheet.large else 1.5) ** 2 * scale**2
            axes.scatter(across, up, s=area, color=INK, linewidths=0, zorder=2)
        if sheet.large:
            for x, y, width, height, box in sheet.gates:
                patch = FancyBboxPatch(
                    (x, y),
                    width,
                    height,
                    boxstyle="round,pad=0,rounding_size=0.05",
                    facecolor=_fill(box, self.colours),
                    edgecolor=INK,
                    linewidth=0.9 * scale,
                    linestyle=(0, (3, 2)) if box.dashed else "-",
                    zorder=3,
                )
                axes.add_patch(patch)
        else:
            patches = [Rectangle((x, y), width, height) for x, y, width, height, _ in sheet.gates]
            axes.add_collection(
                PatchCollection(
                    patches,
                    facecolors=[_fill(box, self.colours) for *_, box in sheet.gates],
                    edgecolors=INK,
                    linewidths=0.3 * scale,
                    zorder=3,
                )
            )
        for label in sheet.texts:
            axes.text(
                *(label.x, label.y, label.text),
                ha=label.side,
                va="center_baseline",
                fontsize=label.size * scale,
                color=INK if label.box is None else _ink(_fill(label.box, self.colours)),
                zorder=4,
            )


def _fill(box: Box, colours: ScalarMappable | None) -> tuple[float, float, float]:
    if box.margin is None:
        return to_rgb("white" if box.dashed else _FILL)
    if colours is None or not works(box.margin):
        return to_rgb(_FAILED)
    red, green, blue = colours.to_rgba(np.array([box.margin]))[0, :3]
    return float(red), float(green), float(blue)


def _ink(fill: tuple[float, float, float]) -> str:
    """Text that can be read on the fill."""
    red, green, blue = fill
    return INK if 0.3 * red + 0.59 * green + 0.11 * blue > 0.5 else "white"
