"""The ASCII form of the raw files of ngspice and LTspice.

A head of `Key: value` lines, `Variables:` with a line for each, `Values:` with the number of every point
and then its values (ngspice manual, chapter "Nutmeg rawfile format").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from chaoscad.errors import ChaoscadError, Diagnostic, counted
from chaoscad.instrument.lines import Style
from chaoscad.instrument.table import Column, Remark, Row, Table
from chaoscad.instrument.units import ONE, Unit

_TYPES = {"voltage": "V", "time": "s", "frequency": "Hz", "temperature": "°C"}


def is_raw(lines: Sequence[str]) -> bool:
    """Whether the lines are a raw file's."""
    head = [line for line in lines[:12] if line.strip()]
    return (
        bool(head)
        and head[0].startswith("Title:")
        and any(line.startswith("Plotname:") for line in head)
    )


def read_raw(lines: Sequence[str], file: str) -> Table:
    """The table of a raw file with one plot of real numbers.

    **Raises:** `ChaoscadError` with the line for complex numbers, several runs or plots, and a file
    that ends too early.
    """
    return _Raw(lines, file).table()


@dataclass
class _Raw:
    lines: Sequence[str]
    file: str

    def fail(self, message: str, index: int, hint: str | None = None) -> NoReturn:
        raise ChaoscadError(
            Diagnostic(message, self.file, min(index, len(self.lines)) + 1, 1, hint)
        )

    def table(self) -> Table:
        head: dict[str, tuple[int, str]] = {}
        index = 0
        for index, line in enumerate(self.lines):
            key, _, value = line.partition(":")
            head[key.strip().lower()] = index, value.strip()
            if key.strip().lower() == "variables":
                break
        flags_at, flags = head.get("flags", (0, ""))
        if "complex" in flags.lower():
            hint = "export a sweep of a voltage or in time, not one in frequency"
            self.fail("the file has complex numbers", flags_at, hint)
        if "stepped" in flags.lower():
            hint = "export one run, without .step"
            self.fail("the file has the runs of several steps", flags_at, hint)
        variables = self._count(head, "no. variables")
        points = self._count(head, "no. points")
        columns: list[Column] = []
        for index in range(index + 1, index + 1 + variables):  # noqa: B020
            words = self.lines[index].split() if index < len(self.lines) else []
            if len(words) < 3:
                self.fail("a variable's number, name and type are expected", index)
            symbol = _TYPES.get(words[2], "A" if "current" in words[2] else "1")
            columns.append(
                Column(words[1], words[1], Unit(symbol, symbol) if symbol != "1" else ONE)
            )
        index += 1
        if index >= len(self.lines) or not self.lines[index].startswith("Values:"):
            self.fail("'Values:' is expected, and the numbers after it", index)
        rows = self._rows(index + 1, variables, points)
        plot = head.get("plotname", (0, "no name"))[1]
        names = counted(variables, "variable")
        remark = Remark(1, f"a raw file of SPICE: {plot}, {names}, {counted(points, 'point')}")
        line = head["variables"][0] + 1
        return Table(
            self.file, tuple(columns), rows, True, line, Style(), (remark,), one_line=False
        )

    def _count(self, head: dict[str, tuple[int, str]], key: str) -> int:
        index, value = head.get(key, (len(self.lines) - 1, ""))
        if not value.isdecimal() or not 0 < int(value) <= len(self.lines):
            self.fail(f"'{key.capitalize()}:' and a number are expected", index)
        return int(value)

    def _rows(self, index: int, variables: int, points: int) -> tuple[Row, ...]:
        rows: list[Row] = []
        cells: list[str] = []
        start = index
        while len(rows) < points:
            if index >= len(self.lines):
                message = f"the file ends after {counted(len(rows), 'point')} of {points}"
                self.fail(message, index, "write it again, or correct 'No. Points'")
            words = self.lines[index].split()
            if words and not cells:
                start, words = index, words[1:]
            cells += words
            index += 1
            if len(cells) >= variables:
                rows.append(Row(start + 1, self.lines[start], tuple(cells[:variables])))
                cells = cells[variables:]
        rest = next((i for i in range(index, len(self.lines)) if self.lines[i].strip()), None)
        if rest is not None:
            self.fail("a second plot begins here", rest, "write one plot into a file")
        return tuple(rows)
