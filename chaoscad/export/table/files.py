"""The files of a table, what is said of them, and how they are read back."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from chaoscad.design.model import Design
from chaoscad.errors import counted
from chaoscad.export.gate_table import GateTable
from chaoscad.export.table.check import compare
from chaoscad.export.table.spread_check import compare_spreads
from chaoscad.export.table.tolerances import OHMS_FILE, TOLERANCES_FILE, RowSpreads
from chaoscad.files import read_text
from chaoscad.hardware import Hardware
from chaoscad.logic import Logic

ROWS = "rows.csv"
GATES = "gates.csv"
RESISTORS = "resistors.csv"
PARTS = "parts.csv"
DOCUMENT = "table.json"

CHECKED = (
    "states, values, bits and codes computed again from the voltages of the table",
    "states and margins with rounded resistors computed again from their ohms",
)


@dataclass(frozen=True)
class TablePlan:
    """A design on its way to tables: what it computes, and the numbers of every gate.

    **Arguments:**

    - `elements`: the names of elements in the files, by their keys; of a gate's own, the gate's.
    """

    design: Design
    hardware: Hardware
    logic: Logic
    tables: Sequence[GateTable]
    names: Mapping[str, str]
    elements: Mapping[str, str]
    spread: RowSpreads | None


@dataclass(frozen=True)
class ReadBack:
    """What the tables of a folder say.

    **Arguments:**

    - `complaints`: what does not agree.
    - `drawn`: how the spreads were drawn again, in words.
    - `rows`: how many were compared.
    """

    complaints: list[str]
    drawn: list[str]
    rows: int


def read_back(made: TablePlan, names: Mapping[str, str], folder: Path) -> ReadBack:
    """Compare the tables of a folder with what the design computes.

    **Raises:** `ChaoscadError` for a file that cannot be read.
    """
    files = {"rows": ROWS, "gates": GATES, "resistors": RESISTORS, "document": DOCUMENT}
    if made.spread is not None:
        files |= {"tolerances": TOLERANCES_FILE, "tolerances_ohms": OHMS_FILE}
    texts = {key: read_text(folder / name) for key, name in files.items()}
    complaints, rows = compare(texts, names, made.elements, made.design, made.logic, made.hardware)
    drawn: list[str] = []
    if made.spread is not None:
        found, drawn = compare_spreads(texts, names, made.design, made.hardware, made.spread)
        complaints += found
    return ReadBack(complaints, drawn, rows)


def verdict(complaints: Sequence[str]) -> list[str]:
    last = f"{len(complaints)} do not agree" if complaints else "every row agrees"
    return [*complaints[:20], last]


def bullets(columns: Mapping[str, str]) -> str:
    return "\n".join(f"- `{name}`: {meaning}" for name, meaning in columns.items())


def findings(tables: Sequence[GateTable], hardware: Hardware) -> list[str]:
    """What rounding leaves of the margins, in words."""
    found: list[str] = []
    series = hardware.resistors
    how = "ideal resistors" if series == "ideal" else f"resistors of the {series} series"
    ways = {how: [table.summed for table in tables]}
    if hardware.dac_bits is not None:
        what = f"a DAC of {counted(hardware.dac_bits, 'bit')}"
        ways[what] = [table.dac.realised for table in tables if table.dac is not None]
        ways[f"{what} and codes that add up"] = [
            table.dac.added for table in tables if table.dac is not None
        ]
    for what, realised in ways.items():
        worst, wrong = math.inf, 0
        for table, item in zip(tables, realised, strict=True):
            margins = item.margins[table.matters]
            wrong += int((~(margins > 0)).sum())
            worst = min(worst, float(np.nan_to_num(margins, nan=-math.inf).min()))
        before = min(float(table.margins[table.matters].min()) for table in tables)
        after = f"{worst:.6g} V" if math.isfinite(worst) else "none"
        text = f"With {what} the least margin is {after}; before rounding it is {before:.6g} V."
        if wrong:
            text += f" {wrong} rows of gates come out wrong, or leave the system's range."
        found.append(text)
    return found


def csv_text(columns: Sequence[str], lines: Sequence[Mapping[str, object]]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    for line in lines:
        cells = [line[name] for name in columns]
        writer.writerow(
            [
                "" if cell is None else repr(cell) if isinstance(cell, float) else cell
                for cell in cells
            ]
        )
    return stream.getvalue()
