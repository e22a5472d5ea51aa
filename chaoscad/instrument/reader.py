"""The reader of instruments' files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NoReturn

from chaoscad.errors import ChaoscadError, Diagnostic, counted
from chaoscad.files import lines_of
from chaoscad.instrument.dialects import completed, dialect_of
from chaoscad.instrument.layout import STEP, Layout, layout_of
from chaoscad.instrument.lines import DELIMITERS, Style, comment, is_rule, style_of
from chaoscad.instrument.spice_raw import is_raw, read_raw
from chaoscad.instrument.table import MOST_FINDINGS, Column, Remark, Row, Table
from chaoscad.instrument.units import ONE, Unit, bare, name_and_unit, unit_of, unit_of_quantity

_GROUPED = re.compile(r"[-+]?[1-9]\d{0,2},\d{3}")


def read_table(text: str, file: str) -> Table:
    """The table of a file of an instrument or of SPICE.

    **Arguments:**

    - `file`: the name that diagnostics give.

    **Raises:** `ChaoscadError` with the line for an empty file, rows of another length, a second
    table, and a file of several runs.
    """
    lines = lines_of(text)
    if is_raw(lines):
        return read_raw(lines, file)
    return _Reader(file, lines).table()


@dataclass
class _Reader:
    file: str
    lines: list[str]
    remarks: list[Remark] = field(default_factory=list)
    findings: list[Diagnostic] = field(default_factory=list)

    def fail(self, message: str, line: int, hint: str | None = None) -> NoReturn:
        raise ChaoscadError(Diagnostic(message, self.file, line, 1, hint))

    def say(self, line: int, text: str, changes: bool = False) -> None:
        self.remarks.append(Remark(line, text, changes))

    def table(self) -> Table:
        style = style_of(self.lines)
        dialect = dialect_of(self.lines, style)
        lines = self.lines
        if dialect is not None:
            lines = dialect.lines
            self.say(dialect.line, dialect.told, dialect.changes)
        found = layout_of(lines, style)
        if found is None:
            self.fail("the file is empty; it has no line of column names", 1)
        self._describe(found, style, dialect is None or not dialect.columns)
        rows = tuple(self._rows(lines, found, style))
        table = Table(
            file=self.file,
            columns=self._columns(found),
            rows=rows,
            named=bool(found.names),
            names_line=(found.names_at if found.names_at >= 0 else found.first) + 1,
            style=style,
            remarks=tuple(self.remarks),
            shift=0 if dialect is None else dialect.shift,
            names_text=self.lines[found.names_at] if found.names_at >= 0 else "",
            findings=tuple(self.findings),
        )
        return table if dialect is None else completed(table, dialect)

    def _describe(self, found: Layout, style: Style, unnamed: bool) -> None:
        line = found.first + 1
        if found.header_lines:
            self.say(1, f"a header of {counted(found.header_lines, 'line')} stands above the table")
        if style.delimiter != ",":
            self.say(line, f"the columns are separated by {DELIMITERS[style.delimiter]}")
        if style.comma:
            self.say(line, "decimals stand behind a comma")
        if found.in_comment:
            self.say(found.names_at + 1, "the names stand behind the mark of a comment")
        elif unnamed and not found.names and found.columns > 1:
            self.say(line, "the columns have no names; they go by their numbers, from 1", True)

    def _columns(self, found: Layout) -> tuple[Column, ...]:
        """The columns, each with the unit of its line, of its name or of the header."""
        below: list[Unit | None] = [None] * found.columns
        for place, cell in enumerate(found.units[: found.columns]):
            text = bare(cell)
            below[place] = (unit_of(text) or Unit(text, text)) if text else None
        heads = found.names or [str(place + 1) for place in range(found.columns)]
        columns: list[Column] = []
        for place, (head, unit) in enumerate(zip(heads, below, strict=True)):
            name, own = name_and_unit(head)
            unit = unit or own or _of_header(found, place) or unit_of_quantity(head) or ONE
            columns.append(Column(name, head, unit))
        return tuple(columns)

    def _rows(self, lines: Sequence[str], found: Layout, style: Style) -> list[Row]:
        above = {line.strip() for line in lines[: found.first]}
        rows: list[Row] = []
        trailing = repeated = False
        for index in range(found.first, len(lines)):
            line, number = lines[index], index + 1
            text = line.strip()
            if text.startswith(STEP):
                hint = "export one run, or leave out the lines from here on"
                self.fail("a second run begins here", number, hint)
            if not _is_body(line):
                continue
            try:
                cells = style.split(line)
            except ValueError as error:
                self.find(str(error), number)
                continue
            if not any(cells):
                continue
            if text in above:
                if not repeated:
                    self.say(number, "the head of the table is repeated, and passed over")
                repeated = True
                continue
            if len(cells) > found.columns and not any(cells[found.columns :]):
                trailing = True
                cells = cells[: found.columns]
            if len(cells) != found.columns:
                self._ragged(cells, number, found, style)
                continue
            rows.append(Row(number, self.lines[index], tuple(cells)))
        if style.comma and _thousands(rows):
            text = "every comma stands before three digits; they were read as decimals, not as thousands"
            self.say(found.first + 1, text, True)
        if trailing:
            self.say(found.first + 1, "rows end with empty cells, which are passed over")
        return rows

    def _ragged(self, cells: list[str], number: int, found: Layout, style: Style) -> None:
        columns = (
            f"there {'are' if found.columns != 1 else 'is'} {counted(found.columns, 'column')}"
        )
        hint = None
        if not any(style.number(cell) is not None for cell in cells):
            hint = "if a second table or remarks begin here, leave them out"
        elif len(cells) == 2 * found.columns and style.delimiter == ",":
            hint = "if decimals stand behind commas, separate the columns by semicolons"
        self.find(f"the line has {len(cells)} fields, and {columns}", number, hint)

    def find(self, message: str, line: int, hint: str | None = None) -> None:
        self.findings.append(Diagnostic(message, self.file, line, 1, hint))
        if len(self.findings) >= MOST_FINDINGS:
            raise ChaoscadError(self.findings)


def _of_header(found: Layout, place: int) -> Unit | None:
    """The unit that the header gives for the first column, or for the others."""
    for key in ("horizontal units", "xunits") if place == 0 else ("vertical units", "yunits"):
        if said := found.header.get(key):
            # A file of several channels has a unit for each of them.
            return unit_of(said[min(max(place - 1, 0), len(said) - 1)])
    return None


def _thousands(rows: Sequence[Row]) -> bool:
    """Whether the commas of numbers may be marks of thousands."""
    cells = [cell for row in rows for cell in row.cells if "," in cell]
    return bool(cells) and all(_GROUPED.fullmatch(cell) for cell in cells)


def _is_body(line: str) -> bool:
    return bool(line.strip()) and comment(line) is None and not is_rule(line)
