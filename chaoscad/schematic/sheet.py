"""A circuit laid out: its gates as boxes by level, the wires between them, and the texts, in inches."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from chaoscad.design import Design
from chaoscad.errors import ChaoscadError, Diagnostic, nearest, shown
from chaoscad.logic import Logic, TruthTable, title
from chaoscad.logic.graph import cone, levels
from chaoscad.netlist import Netlist
from chaoscad.schematic.layers import Item, layered, place
from chaoscad.schematic.text import length, short
from chaoscad.schematic.wires import wires

MOST_WITH_TEXT = 150
"""Gates up to which each shows its name and function."""

MOST_DRAWN = 2000
"""Gates of the largest picture."""

LONGEST_TABLE = 16
"""Rows of the largest function that is shown as its table."""


@dataclass(frozen=True)
class Box:
    """A gate as it is drawn: its name, its inputs with the first on top, what its function is called."""

    name: str
    inputs: tuple[str, ...]
    label: str
    margin: float | None = None
    dashed: bool = False
    element: str = ""


@dataclass(frozen=True)
class Sizes:
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


_LARGE = Sizes(
    gate=0.56, reading=0.2, width=0.5, port=0.26, wire=0.15, pitch=0.13, track=0.1, line=0.9, text=8
)
_SMALL = Sizes(
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


def _small(boxes: Sequence[Box], ports: int) -> Sizes:
    """Small boxes; many ports stand closer together, in smaller letters."""
    level = levels({box.name: box.inputs for box in boxes})
    tallest = max(Counter(level.values()).values()) * _SMALL.gate
    port = min(_SMALL.port, max(0.06, tallest / ports))
    return replace(_SMALL, port=port, text=_SMALL.text * port / _SMALL.port)


def laid_out(circuit: Netlist | Design | Logic, nets: Sequence[str] = ()) -> Sheet:
    """The circuit on a sheet: inputs on the left, outputs on the right, gates as boxes between them.

    An element that is read several times is one box with several outputs. From `MOST_WITH_TEXT` gates
    on they are small boxes without text, and wires are straight.

    **Arguments:**

    - `nets`: only the gates that these nets depend on; by default those of the whole circuit.

    **Raises:** `ChaoscadError` for a net that no gate drives, and for more than `MOST_DRAWN` gates.
    """
    boxes, inputs, outputs = _boxes(circuit)
    if nets:
        boxes, inputs, outputs = _cone(boxes, inputs, nets)
    if len(boxes) > MOST_DRAWN:
        message = f"there are {len(boxes)} gates; a picture has at most {MOST_DRAWN}"
        hint = "--output-net NAME draws only the gates that a net depends on"
        raise ChaoscadError(Diagnostic(message, hint=hint))
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
    columns = layered(inputs, gates, outputs, room, through=large, together=together(boxes))
    place(columns, graphviz=large)
    sheet = Sheet(sizes, {box.name: box for box in boxes}, large)
    sheet.lay_out(columns)
    return sheet


def _boxes(
    circuit: Netlist | Design | Logic,
) -> tuple[list[Box], tuple[str, ...], tuple[str, ...]]:
    if isinstance(circuit, Design):
        boxes = [
            Box(
                gate.name,
                gate.inputs,
                _label(gate.function),
                gate.margin,
                element=gate.source.element,
            )
            for gate in circuit.gates
        ]
        return boxes, circuit.netlist.inputs, circuit.netlist.outputs
    if isinstance(circuit, Logic):
        boxes = [Box(node.name, node.inputs, _label(node.function)) for node in circuit.nodes]
    else:
        boxes = [
            Box(
                gate.name,
                gate.inputs,
                _label(gate.function),
                dashed=gate.function is None,
                element=gate.element,
            )
            for gate in circuit.gates
        ]
    return boxes, circuit.inputs, circuit.outputs


def together(boxes: Iterable[Box]) -> dict[str, list[str]]:
    """The readings of every element that has several, by the first of them."""
    found: dict[str, list[str]] = {}
    for box in boxes:
        if box.element:
            found.setdefault(box.element, []).append(box.name)
    return {names[0]: names for names in found.values() if len(names) > 1}


def _label(function: TruthTable | None) -> str:
    if function is None:
        return "free"
    name = title(function)
    return name if len(name) <= LONGEST_TABLE else f"{len(function.rows)} rows"


def _cone(
    boxes: Sequence[Box], inputs: Sequence[str], nets: Sequence[str]
) -> tuple[list[Box], tuple[str, ...], tuple[str, ...]]:
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


class Label(NamedTuple):
    """A text: on the left of a point, on its right, or in the middle of a box."""

    x: float
    y: float
    text: str
    side: Literal["left", "right", "center"]
    size: float
    box: Box | None


class Sheet:
    """Shapes and texts in inches, y upwards, before they become a picture.

    `gates` has the left and the lower end of every box, its width and its height; `levels` is the
    number of columns of gates.
    """

    def __init__(self, sizes: Sizes, boxes: Mapping[str, Box], large: bool) -> None:
        self.sizes, self.boxes, self.large = sizes, boxes, large
        self.lines: list[list[tuple[float, float]]] = []
        self.joints: list[tuple[float, float]] = []
        self.gates: list[tuple[float, float, float, float, Box]] = []
        self.texts: list[Label] = []
        self.left = self.right = self.low = self.high = 0.0
        self.levels = 0

    def lay_out(self, columns: Sequence[Sequence[Item]]) -> None:
        """Give every column its place, and route the wires between them."""
        self.levels = len(columns) - 2
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
        for label in self.texts:
            if label.side == "right":
                self.left = min(self.left, -length(label.text, label.size) - 0.12)
            elif label.side == "left":
                self.right = max(self.right, x + length(label.text, label.size) + 0.12)

    def _width(self, column: Sequence[Item]) -> float:
        widest = 0.0
        for item in column:
            if item.kind == "gate":
                widest = max(widest, self.sizes.width)
                if self.large:
                    texts = [text for text, *_ in self._texts(item)]
                    widest = max(widest, *(length(t, self.sizes.text) + 0.2 for t in texts))
        return widest

    def _item(self, item: Item, x: float, width: float) -> None:
        size = self.sizes.text
        middle = x + width / 2
        if item.kind == "wire":
            self.lines.append([(x, item.y), (x + width, item.y)])
        elif item.kind == "input":
            self.texts.append(Label(x - 0.07, item.y, short(item.net), "right", size, None))
            self.joints.append((x, item.y))
        elif item.kind == "output":
            self.texts.append(Label(x + 0.07, item.y, short(item.net), "left", size, None))
            self.joints.append((x, item.y))
        else:
            box = self._box(item)
            # The room of a gate includes the distance to the next one.
            height = item.height - (0.16 if self.large else 0.05)
            self.gates.append((x, item.y - height / 2, width, height, box))
            if self.large:
                self.texts += [
                    Label(middle, item.y + rise, text, "center", size - smaller, box)
                    for text, rise, smaller in self._texts(item)
                ]

    def _box(self, item: Item) -> Box:
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
        heading = (short(box.element), item.outs[0][1] + self.sizes.reading, 0)
        readings = [(net, self.boxes[net].label, rise) for net, rise in item.outs]
        return [heading, *((f"{short(net)}: {label}", rise, 1) for net, label, rise in readings)]


def works(margin: float) -> bool:
    """Whether a gate has a margin that can be drawn."""
    return margin > 0 and math.isfinite(margin)
