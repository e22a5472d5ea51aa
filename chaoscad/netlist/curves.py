"""A `system` value that is a measured curve: a file, or the points that a resolved netlist holds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from chaoscad.errors import ChaoscadError, nearest, shown
from chaoscad.instrument import read_instrument_text
from chaoscad.netlist.complaints import Complain
from chaoscad.netlist.source import MappingNode, Node, Scalar, SequenceNode, describe, place
from chaoscad.systems import Curve, curve_of_points, curve_reading
from chaoscad.systems.sweeps import SWEEPS, Sweep

KEYS = ("curve", "input", "output", "sweep", "units", "points")

Number = Callable[[Scalar, Node], float | None]

Locate = Callable[[Scalar, str], Path | None]
"""Where a file lies that a netlist names as a kind of file, or `None` when it was refused."""


def measured_curve(
    node: MappingNode, locate: Locate, complain: Complain, number: Number
) -> Curve | None:
    """The curve that a mapping of `KEYS` stands for, or `None` when it was refused.

    **Arguments:**

    - `locate`: finds its file, or complains.
    - `number`: reads a finite number, or complains.
    """
    file = node[Scalar("curve")]
    columns: list[str | None] = []
    for key in ("input", "output"):
        item = node.get(Scalar(key))
        if item is not None and not isinstance(item, Scalar):
            complain(f"{shown(key)} is a column's name", place(item))
            return None
        columns.append(None if item is None else str(item))
    if not isinstance(file, Scalar) or not file:
        complain(f"a curve is a file's name, not {describe(file)}", place(file))
        return None
    points, units = node.get(Scalar("points")), node.get(Scalar("units"))
    sweep = node.get(Scalar("sweep"))
    chosen: Sweep | None = next((name for name in SWEEPS if sweep == name), None)
    if sweep is not None and chosen is None:
        hint = nearest(sweep, SWEEPS) if isinstance(sweep, Scalar) else None
        message = f"'sweep' is {', '.join(SWEEPS[:-1])} or {SWEEPS[-1]}, not {describe(sweep)}"
        complain(message, place(sweep), hint)
        return None
    if sweep is not None and points is not None:
        complain("'sweep' chooses among the points of a file", place(sweep), "leave it out")
        return None
    if units is not None and points is None:
        message = "'units' stands beside 'points' only"
        complain(message, place(units), "a file gives them in a line '# V,A' below its names")
        return None
    try:
        if points is not None:
            return _resolved(node, str(file), points, complain, number)
        path = locate(file, "curve")
        if path is None:
            return None
        text = read_instrument_text(path)
        found = curve_reading(text, str(file), columns[0], columns[1], chosen)
        for remark in found.remarks:
            if remark.changes:
                where = f" in line {remark.line}" if remark.line else ""
                message = f"the curve {shown(file)}{where}: {remark.text}"
                complain(message, file, severity="warning")
        return found.curve
    except ChaoscadError as error:
        for item in error.diagnostics:
            where = f" in line {item.line}" if item.line else ""
            complain(f"the curve {shown(file)}{where}: {item.message}", file, item.hint)
        return None


def _resolved(
    node: MappingNode, file: str, points: Node, complain: Complain, number: Number
) -> Curve | None:
    """A curve whose points stand in the netlist, as in a design."""
    names = [node.get(Scalar("input")), node.get(Scalar("output"))]
    if not isinstance(points, MappingNode) or set(points) != {"input", "output"} or None in names:
        message = "'points' needs 'input' and 'output' here, and as names of the columns"
        complain(message, place(points))
        return None
    rows = [
        row
        for row in (points[Scalar("input")], points[Scalar("output")])
        if isinstance(row, SequenceNode)
    ]
    if len(rows) < 2 or len(rows[0]) != len(rows[1]):
        complain("'points' holds two lists of equal length", place(points))
        return None
    values: list[list[float]] = [[], []]
    for key, row, found in zip(("input", "output"), rows, values, strict=True):
        for item in row:
            value = number(Scalar(key), item)
            if value is None:
                return None
            found.append(value)
    units = node.get(Scalar("units"), SequenceNode([Scalar("1"), Scalar("1")]))
    pair = [item for item in units if isinstance(item, Scalar)]
    if not isinstance(units, SequenceNode) or len(units) != 2 or len(pair) != 2:
        complain("'units' holds the units of the input and the output", place(units))
        return None
    columns = (str(names[0]), str(names[1]))
    return curve_of_points(
        values[0], values[1], file, columns, (str(pair[0]) or "1", str(pair[1]) or "1")
    )
