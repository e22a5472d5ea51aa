"""Tables that stand beside other columns of a file, as three kinds of instruments write them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from chaoscad.instrument.lines import Style
from chaoscad.instrument.table import Column, Table
from chaoscad.instrument.units import ONE, Unit, unit_of


@dataclass(frozen=True)
class Dialect:
    """The lines of a file with its table alone, line by line.

    **Arguments:**

    - `shift`: how many columns of the file were left of the table.
    - `line`, `told`, `changes`: the remark about it, as in `Remark`.
    - `columns`: what the columns are, by their places, where the lines don't say it.
    """

    lines: list[str]
    shift: int
    line: int
    told: str
    changes: bool = False
    columns: Mapping[int, Column] = field(default_factory=dict)


def dialect_of(lines: Sequence[str], style: Style) -> Dialect | None:
    """The dialect of a file, or `None` where its table is all of its lines."""
    return _beside_header(lines, style) or _counted(lines, style) or _prefixed(lines, style)


def completed(table: Table, dialect: Dialect) -> Table:
    """The table with the columns that the dialect knows."""
    if not dialect.columns:
        return table
    columns = tuple(dialect.columns.get(place, item) for place, item in enumerate(table.columns))
    return replace(table, columns=columns, named=True)


def _beside_header(lines: Sequence[str], style: Style) -> Dialect | None:
    """Tektronix TDS: a header in the first columns of the first lines, time and voltage right of it."""
    if style.delimiter != "," or not lines:
        return None
    first = style.cells(lines[0])
    if len(first) < 5 or first[0].lower() != "record length" or style.number(first[3]) is None:
        return None
    header: dict[str, str] = {}
    bodies: list[str] = []
    for line in lines:
        cells = style.cells(line)
        if cells and cells[0]:
            header[cells[0].lower()] = cells[1] if len(cells) > 1 else ""
        bodies.append(",".join(cells[3:5]))
    source = header.get("source") or "voltage"
    columns = {
        0: Column("time", "time", unit_of(header.get("horizontal units", "s")) or ONE),
        1: Column(source, source, unit_of(header.get("vertical units", "V")) or ONE),
    }
    told = "the header stands left of the numbers, in columns 1 to 3"
    return Dialect(bodies, 3, 1, told, columns=columns)


def _counted(lines: Sequence[str], style: Style) -> Dialect | None:
    """Rigol: the first column counts the samples; their start and increment stand in the second line."""
    if style.delimiter != "," or len(lines) < 3:
        return None
    names, units = style.cells(lines[0]), style.cells(lines[1])
    lower = [name.lower() for name in names]
    if lower[-2:] != ["start", "increment"] or len(units) != len(names):
        return None
    start, step = (style.number(cell) for cell in units[-2:])
    if start is None or not step:
        return None
    width = len(names) - 2
    bodies = [",".join(style.cells(line)[:width]) for line in lines]
    time = Column("time", names[0], Unit("s", factor=step, offset=start))
    told = f"the samples are counted; they start at {start:g} s and are {step:g} s apart"
    return Dialect(bodies, 0, 2, told, changes=True, columns={0: time})


def _prefixed(lines: Sequence[str], style: Style) -> Dialect | None:
    """Keysight EasyEXPERT: lines of the table begin with `DataName` or `DataValue`."""
    if style.delimiter != ",":
        return None
    at = next((i for i, line in enumerate(lines) if line.startswith("DataName,")), None)
    if at is None:
        return None
    bodies = [
        line.partition(",")[2].strip() if line.startswith(("DataName,", "DataValue,")) else ""
        for line in lines
    ]
    return Dialect(bodies, 1, at + 1, "the table is in the lines of DataName and DataValue")
