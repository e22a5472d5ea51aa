"""The schematic of a design as SVG in the colours of the page; its gates are links."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from chaoscad.design import Design
from chaoscad.reports.chart import text_of
from chaoscad.schematic.sheet import MOST_DRAWN, Box, Label, Sheet, laid_out, works

SCALE = 96.0
"""CSS pixels of an inch."""

SMALLEST = 0.62
"""To what share of its size a schematic shrinks on a narrow screen; then it scrolls."""

EDGE = 0.12
"""The room around the picture, in inches."""


def draw(design: Design, anchors: Mapping[str, str]) -> str | None:
    """The schematic, or `None` of a circuit too large for one.

    **Arguments:**

    - `anchors`: of every gate, the id of what its box leads to.
    """
    if len(design.gates) > MOST_DRAWN:
        return None
    return _Drawing(laid_out(design), anchors).svg(design)


class _Drawing:
    """A sheet with its y turned downwards and its inches made pixels."""

    def __init__(self, sheet: Sheet, anchors: Mapping[str, str]) -> None:
        self.sheet, self.anchors = sheet, anchors
        margins = [box.margin for *_, box in sheet.gates if box.margin is not None]
        self.best = max((one for one in margins if works(one)), default=0.0)
        self.labels: dict[str, list[Label]] = {}
        for label in sheet.texts:
            if label.box is not None:
                self.labels.setdefault(label.box.name, []).append(label)

    def x(self, value: float) -> str:
        return f"{(value - self.sheet.left + EDGE) * SCALE:.1f}"

    def y(self, value: float) -> str:
        return f"{(self.sheet.high - value + EDGE) * SCALE:.1f}"

    def svg(self, design: Design) -> str:
        sheet = self.sheet
        width = (sheet.right - sheet.left + 2 * EDGE) * SCALE
        height = (sheet.high - sheet.low + 2 * EDGE) * SCALE
        wires = "".join(self._line(line) for line in sheet.lines)
        joints = "".join(f"M{self.x(x)} {self.y(y)}h0" for x, y in sheet.joints)
        kind = "schematic" if sheet.large else "schematic small"
        told = (
            f"Schematic of {design.name}: {len(design.gates)} gates in {sheet.levels} levels, "
            f"inputs {', '.join(design.netlist.inputs)}, outputs {', '.join(design.netlist.outputs)}"
        )
        # A reader who hears the page has the table of the gates, which says the same.
        return (
            f'<svg class="{kind}" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
            f'height="{height:.0f}" style="min-width:{SMALLEST * width:.0f}px" role="group" '
            f'aria-label="{escape(told[:400])}">'
            f'<path class="wire" d="{wires}"/><path class="joint" d="{joints}"/>'
            f"{''.join(self._gate(*gate) for gate in sheet.gates)}{self._ports()}</svg>"
        )

    def _line(self, line: list[tuple[float, float]]) -> str:
        points = [f"{self.x(x)} {self.y(y)}" for x, y in line]
        return "M" + "L".join(points)

    def _gate(self, x: float, y: float, width: float, height: float, box: Box) -> str:
        margin = box.margin or 0.0
        right = works(margin)
        share = round(10 * margin / self.best) if right and self.best else 0
        kind = f"gate m{share}" if right else "gate failed"
        shape = (
            f'<rect class="{kind}" x="{self.x(x)}" y="{self.y(y + height)}" '
            f'width="{width * SCALE:.1f}" height="{height * SCALE:.1f}" rx="5"/>'
        )
        told = f"gate {box.name}: {box.label}, margin {text_of(margin)}"
        texts = "".join(
            f'<text x="{self.x(label.x)}" y="{self.y(label.y)}" dy="0.35em" text-anchor="middle" '
            f'class="{"of-gate" if place == 0 else "function"}">{escape(label.text)}</text>'
            for place, label in enumerate(self.labels.get(box.name, ()))
        )
        return (
            f'<a href="#{self.anchors[box.name]}" data-gate="{escape(box.name)}" '
            f'aria-label="{escape(told)}">'
            f"<title>{escape(told)}</title>{shape}{texts}</a>"
        )

    def _ports(self) -> str:
        anchors = {"left": "start", "right": "end"}
        size = self.sheet.sizes.text * SCALE / 72
        return "".join(
            f'<text class="port" x="{self.x(label.x)}" y="{self.y(label.y)}" dy="0.35em" '
            f'font-size="{size:.1f}" text-anchor="{anchors[label.side]}">{escape(label.text)}</text>'
            for label in self.sheet.texts
            if label.box is None
        )
