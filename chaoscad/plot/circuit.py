"""A circuit as a picture: its gates from left to right by level."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection, PatchCollection
from matplotlib.colors import Normalize, to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Rectangle

from chaoscad.design import Design
from chaoscad.errors import ChaoscadError, Diagnostic, counted, nearest, shown
from chaoscad.logic import Logic, TruthTable, title
from chaoscad.logic.graph import cone, levels
from chaoscad.netlist import Netlist
from chaoscad.plot.layers import Item, layered, place
from chaoscad.plot.style import COLOURS, DOTS, FAINT, INK, MAP_OF_COLOURS, styled
from chaoscad.plot.text import length, short
from chaoscad.plot.wires import wires

MOST_WITH_TEXT = 150
"""Gates up to which each shows its name and function."""

MOST_DRAWN = 2000
"""Gates of the largest picture."""

LARGEST = (150.0, 2500.0)
"""Longest side and area of a picture, in inches and square inches; a larger one is scaled down."""

FINE = 100.0
"""Area of the largest picture that has all its dots, in square inches; a larger one has half as many
along either side, so that a bitmap of it fits the memory."""

LONGEST_TABLE = 16
"""Rows of the largest function that is shown as its table."""

_FAILED = COLOURS[1]
_FILL = "#eef4f9"
_MARGIN = 0.25


@dataclass(frozen=True)
class _Box:
    name: str
    inputs: tuple[str, ...]
    label: str
    margin: float | None = None
    dashed: bool = False
    element: str = ""


@dataclass(frozen=True)
class _Sizes:
    """Lengths in inches, and sizes of text in points."""

    gate: float
    reading: float
    width: float
    port: float
    wire: float
    pitch: float
    track: float
    line: float
    text: float


_LARGE = _Sizes(
    gate=0.56, reading=0.2, width=0.5, port=0.26, wire=0.15, pitch=0.13, track=0.1, line=0.9, text=8
)
_SMALL = _Sizes(
    gate=0.15,
    reading=0.06,
    width=0.1,
    port=0.13,
    wire=0.04,
    pitch=0.02,
    track=0.0,
    line=0.3,
    text=5,
)


def _small(boxes: Sequence[_Box], ports: int) -> _Sizes:
    """Small boxes; many ports stand closer together, in smaller letters."""
    level = levels({box.name: box.inputs for box in boxes})
    tallest = max(Counter(level.values()).values()) * _SMALL.gate
    port = min(_SMALL.port, max(0.06, tallest / ports))
    return replace(_SMALL, port=port, text=_SMALL.text * port / _SMALL.port)


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
    boxes, inputs, outputs = _boxes(circuit)
    if nets:
        boxes, inputs, outputs = _cone(boxes, inputs, nets)
    if len(boxes) > MOST_DRAWN:
        message = f"there are {len(boxes)} gates; a picture has at most {MOST_DRAWN}"
        hint = "--output-net NAME draws only the gates that a net depends on"
        raise ChaoscadError(Diagnostic(message, hint=hint))
    with styled():
        return _drawn(circuit, boxes, inputs, outputs)


def _boxes(
    circuit: Netlist | Design | Logic,
) -> tuple[list[_Box], tuple[str, ...], tuple[str, ...]]:
    if isinstance(circuit, Design):
        boxes = [
            _Box(
                gate.name,
                gate.inputs,
                _label(gate.function),
                gate.margin,
                False,
                gate.source.element,
            )
            for gate in circuit.gates
        ]
        return boxes, circuit.netlist.inputs, circuit.netlist.outputs
    if isinstance(circuit, Logic):
        boxes = [_Box(node.name, node.inputs, _label(node.function)) for node in circuit.nodes]
    else:
        boxes = [
            _Box(
                gate.name,
                gate.inputs,
                _label(gate.function),
                dashed=gate.function is None,
                element=gate.element,
            )
            for gate in circuit.gates
        ]
    return boxes, circuit.inputs, circuit.outputs


def _label(function: TruthTable | None) -> str:
    if function is None:
        return "free"
    name = title(function)
    return name if len(name) <= LONGEST_TABLE else f"{len(function.rows)} rows"


def _cone(
    boxes: Sequence[_Box], inputs: Sequence[str], nets: Sequence[str]
) -> tuple[list[_Box], tuple[str, ...], tuple[str, ...]]:
    """The gates and inputs that `nets` depend on; the nets are its outputs."""
    driven = {box.name: box.inputs for box in boxes}
    found: list[Diagnostic] = []
    for name in nets:
        if name not in driven:
            hint = nearest(name, driven)
            what = "is an input, and no gate drives it" if name in inputs else "does not exist"
            found.append(Diagnostic(f"the net {shown(name)} {what}", hint=hint))
    if found:
        raise ChaoscadError(found)
    needed = cone(driven, nets)
    kept = [box for box in boxes if box.name in needed]
    read = {name for box in kept for name in box.inputs}
    return kept, tuple(name for name in inputs if name in read), tuple(dict.fromkeys(nets))


def _drawn(
    circuit: Netlist | Design | Logic,
    boxes: Sequence[_Box],
    inputs: tuple[str, ...],
    outputs: tuple[str, ...],
) -> Figure:
    large = len(boxes) <= MOST_WITH_TEXT
    sizes = _LARGE if large else _small(boxes, max(len(inputs), len(outputs)))
    room = {
        "input": sizes.port,
        "output": sizes.port,
        "gate": sizes.gate,
        "reading": sizes.reading,
        "wire": sizes.wire,
        "pitch": sizes.pitch,
    }
    gates = {box.name: box.inputs for box in boxes}
    columns = layered(inputs, gates, outputs, room, through=large, together=_together(boxes))
    place(columns, graphviz=large)
    sheet = _Sheet(sizes, {box.name: box for box in boxes}, large, _colours(boxes))
    sheet.lay_out(columns)
    return sheet.figure(circuit.name, _subtitle(circuit, boxes, len(columns) - 2), _unit(circuit))


def _together(boxes: Sequence[_Box]) -> dict[str, list[str]]:
    """The readings of every element that has several, by the first of them."""
    found: dict[str, list[str]] = {}
    for box in boxes:
        if box.element:
            found.setdefault(box.element, []).append(box.name)
    return {names[0]: names for names in found.values() if len(names) > 1}


def _subtitle(circuit: Netlist | Design | Logic, boxes: Sequence[_Box], levels: int) -> str:
    several = sum(len(names) - 1 for names in _together(boxes).values())
    words = f"{counted(len(boxes), 'gate')} "
    words += f"of {counted(len(boxes) - several, 'element')} " if several else ""
    words += f"in {counted(levels, 'level')}"
    margins = [box.margin for box in boxes if box.margin is not None]
    if isinstance(circuit, Design) and margins:
        unit = _unit(circuit)
        words += f"; {circuit.status}, least margin {min(margins):.4g}" + (
            f" {unit}" if unit else ""
        )
        failed = sum(not _works(margin) for margin in margins)
        if failed:
            words += f"; {failed} without a margin in orange"
    return words


def _unit(circuit: Netlist | Design | Logic) -> str:
    """The unit of the margins, empty where they have none, or not all the same."""
    if not isinstance(circuit, Design):
        return ""
    units = {gate.setting.system.unit for gate in circuit.gates}
    return units.pop() if len(units) == 1 and units != {"1"} else ""


def _works(margin: float) -> bool:
    return margin > 0 and math.isfinite(margin)


def _colours(boxes: Sequence[_Box]) -> ScalarMappable | None:
    """The colours of margins, or `None` where there are none."""
    margins = [box.margin for box in boxes if box.margin is not None]
    good = [margin for margin in margins if _works(margin)]
    if not good:
        return None
    # From 0: what looks twice as good is, and two designs can be compared.
    return ScalarMappable(Normalize(0.0, max(good)), MAP_OF_COLOURS)


class _Sheet:
    """Shapes and texts in inches, before they become a figure."""

    def __init__(
        self,
        sizes: _Sizes,
        boxes: Mapping[str, _Box],
        large: bool,
        colours: ScalarMappable | None,
    ) -> None:
        self.sizes, self.boxes, self.large, self.colours = sizes, boxes, large, colours
        self.lines: list[list[tuple[float, float]]] = []
        self.joints: list[tuple[float, float]] = []
        self.gates: list[tuple[float, float, float, float, _Box]] = []
        self.texts: list[tuple[float, float, str, str, float, str]] = []
        self.left = self.right = self.low = self.high = 0.0

    def lay_out(self, columns: Sequence[Sequence[Item]]) -> None:
        """Give every column its place, and route the wires between them."""
        ends: dict[int, tuple[float, float]] = {}
        tall = max(sum(item.height for item in column) for column in columns)
        # Straight wires need a picture that is about as wide as it is high.
        wide = max(0.35, tall / len(columns) - self.sizes.width)
        x = 0.0
        for number, column in enumerate(columns):
            width = self._width(column)
            for item in column:
                ends[id(item)] = (x, x + width)
                self._item(item, x, width)
            x += width
            if number == len(columns) - 1:
                break
            if self.large:
                routed = wires(column)
                tracks = 1 + max((w.track for w in routed if w.track is not None), default=0)
                gap = max(0.3, (tracks + 1.6) * self.sizes.track)
                first = x + (gap - (tracks - 1) * self.sizes.track) / 2
                for wire in routed:
                    if wire.track is None:
                        self.lines.append([(x, wire.start), (x + gap, wire.start)])
                        continue
                    turn = first + wire.track * self.sizes.track
                    self.lines.append([(x, wire.start), (turn, wire.start)])
                    self.lines.append([(turn, wire.heights[0]), (turn, wire.heights[-1])])
                    self.lines += [[(turn, y), (x + gap, y)] for y in dict.fromkeys(wire.ends)]
                    self.joints += [(turn, y) for y in wire.joints()]
                x += gap
            else:
                x += wide
        if not self.large:
            for column in columns:
                for item in column:
                    start = ends[id(item)][1]
                    self.lines += [
                        [(start, item.y + out), (ends[id(sink)][0], sink.y + offset)]
                        for sink, offset, out in item.sinks
                    ]
        items = [item for column in columns for item in column]
        self.right = x
        self.low = min((item.y - item.height / 2 for item in items), default=0.0)
        self.high = max((item.y + item.height / 2 for item in items), default=0.0)
        for _, __, text, side, size, ___ in self.texts:
            if side == "right":
                self.left = min(self.left, -length(text, size) - 0.12)
            elif side == "left":
                self.right = max(self.right, x + length(text, size) + 0.12)

    def _width(self, column: Sequence[Item]) -> float:
        widest = 0.0
        for item in column:
            if item.kind == "gate":
                widest = max(widest, self.sizes.width)
                if self.large:
                    shown = [text for text, *_ in self._texts(item)]
                    widest = max(widest, *(length(t, self.sizes.text) + 0.2 for t in shown))
        return widest

    def _item(self, item: Item, x: float, width: float) -> None:
        size = self.sizes.text
        middle = x + width / 2
        if item.kind == "wire":
            self.lines.append([(x, item.y), (x + width, item.y)])
        elif item.kind == "input":
            self.texts.append((x - 0.07, item.y, short(item.net), "right", size, INK))
            self.joints.append((x, item.y))
        elif item.kind == "output":
            self.texts.append((x + 0.07, item.y, short(item.net), "left", size, INK))
            self.joints.append((x, item.y))
        else:
            box = self._box(item)
            # The room of a gate includes the distance to the next one.
            height = item.height - (0.16 if self.large else 0.05)
            self.gates.append((x, item.y - height / 2, width, height, box))
            if self.large:
                ink = _ink(_fill(box, self.colours))
                self.texts += [
                    (middle, item.y + rise, text, "center", size - smaller, ink)
                    for text, rise, smaller in self._texts(item)
                ]

    def _box(self, item: Item) -> _Box:
        """The gate, or the element that is as good as the worst of its readings."""
        own = [self.boxes[net] for net, _ in item.outs]
        margins = [box.margin for box in own if box.margin is not None]
        dashed = any(box.dashed for box in own)
        return replace(own[0], margin=min(margins, default=None), dashed=dashed)

    def _texts(self, item: Item) -> list[tuple[str, float, int]]:
        """What stands in a box, how far above its middle, and by how much smaller."""
        box = self.boxes[item.net]
        if len(item.outs) == 1:
            return [(short(box.name), 0.085, 0), (box.label, -0.085, 1)]
        title = (short(box.element), item.outs[0][1] + self.sizes.reading, 0)
        readings = [(net, self.boxes[net].label, rise) for net, rise in item.outs]
        return [title, *((f"{short(net)}: {label}", rise, 1) for net, label, rise in readings)]

    def figure(self, name: str, subtitle: str, unit: str) -> Figure:
        """The figure, one unit of its axes an inch, or less where it would be too large."""
        bar = 0.95 if self.colours is not None else 0.0
        head = 0.62
        least = max(length(short(name, 60), 11), length(subtitle, 8)) + 2 * _MARGIN
        width = max(self.right - self.left + 2 * _MARGIN + bar, least)
        height = max(self.high - self.low, 0.9 if bar else 0.2) + _MARGIN + head
        scale = min(1.0, LARGEST[0] / max(width, height), (LARGEST[1] / (width * height)) ** 0.5)
        area = scale * width * scale * height
        dots = DOTS if area <= FINE else DOTS / 2
        figure = Figure(figsize=(scale * width, scale * height), dpi=dots)
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        # Centred in what the head and the colour bar leave.
        x = self.left - (width - bar - (self.right - self.left)) / 2
        y = self.low - (height - head + _MARGIN - (self.high - self.low)) / 2
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
        sizes = self.sizes
        axes.add_collection(
            LineCollection(
                self.lines,
                colors=INK if self.large else FAINT,
                linewidths=sizes.line * scale,
                capstyle="projecting" if self.large else "butt",
                zorder=1,
            )
        )
        if self.joints:
            across, up = zip(*self.joints, strict=True)
            area = (3.2 if self.large else 1.5) ** 2 * scale**2
            axes.scatter(across, up, s=area, color=INK, linewidths=0, zorder=2)
        if self.large:
            for x, y, width, height, box in self.gates:
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
            patches = [Rectangle((x, y), width, height) for x, y, width, height, _ in self.gates]
            axes.add_collection(
                PatchCollection(
                    patches,
                    facecolors=[_fill(box, self.colours) for *_, box in self.gates],
                    edgecolors=INK,
                    linewidths=0.3 * scale,
                    zorder=3,
                )
            )
        for x, y, text, side, size, ink in self.texts:
            axes.text(
                *(x, y, text),
                ha=side,
                va="center_baseline",
                fontsize=size * scale,
                color=ink,
                zorder=4,
            )


def _fill(box: _Box, colours: ScalarMappable | None) -> tuple[float, float, float]:
    if box.margin is None:
        return to_rgb("white" if box.dashed else _FILL)
    if colours is None or not _works(box.margin):
        return to_rgb(_FAILED)
    red, green, blue = colours.to_rgba(np.array([box.margin]))[0, :3]
    return float(red), float(green), float(blue)


def _ink(fill: tuple[float, float, float]) -> str:
    """Text that can be read on the fill."""
    red, green, blue = fill
    return INK if 0.3 * red + 0.59 * green + 0.11 * blue > 0.5 else "white"
