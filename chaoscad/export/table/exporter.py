"""Tables for the bench: every gate in every row, with DAC codes and resistors, as CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chaoscad.design.model import Design
from chaoscad.errors import ChaoscadError, Diagnostic, Refused, counted
from chaoscad.evidence import Evidence
from chaoscad.export.gate_table import (
    GateTable,
    gate_tables,
    outside,
    unusual,
    wrong_by_dac,
    wrong_by_resistors,
    wrong_by_sums,
)
from chaoscad.export.model import CheckLog, Export
from chaoscad.export.multipliers import SETTLING
from chaoscad.export.names import PLAIN, legal_names
from chaoscad.export.options import (
    Option,
    Options,
)
from chaoscad.export.readme import readme
from chaoscad.export.resistors import NETWORK, reference_volts
from chaoscad.export.table import OPTIONS
from chaoscad.export.table.check import compare
from chaoscad.export.table.columns import (
    gate_columns,
    gate_line,
    resistor_lines,
    row_columns,
    row_lines,
)
from chaoscad.export.table.parts import circuits, parts
from chaoscad.export.table.spread_check import compare_spreads
from chaoscad.export.table.tolerances import OHMS_FILE, TOLERANCES_FILE, RowSpreads, spreads
from chaoscad.export.timing import Delay, delays
from chaoscad.export.voltages import beyond_supply, levels_beyond_supply, reach, volts
from chaoscad.files import read_text
from chaoscad.hardware import Hardware, swamped
from chaoscad.logic import Logic
from chaoscad.systems import Flow

ROWS = "rows.csv"
GATES = "gates.csv"
RESISTORS = "resistors.csv"
PARTS = "parts.csv"
DOCUMENT = "table.json"

MOST_ROWS = 1_000_000
"""Most rows of all gates together."""


@dataclass(frozen=True)
class TablePlan:
    """A design on its way to tables: what it computes, and the numbers of every gate."""

    design: Design
    hardware: Hardware
    logic: Logic
    tables: Sequence[GateTable]
    names: Mapping[str, str]
    spread: RowSpreads | None


@dataclass(frozen=True)
class Table:
    """Designs as tables."""

    name: str = "table"
    title: str = "CSV and JSON for the bench: volts, DAC codes, resistors"
    options: tuple[Option[Any], ...] = OPTIONS

    def prepare(self, evidence: Evidence, options: Options) -> TablePlan:
        """Refused: a DAC that cannot set the voltages, and more rows than a table holds."""
        design, hardware = evidence.design, options.hardware
        count = sum(1 << gate.arity for gate in design.gates)
        if count > MOST_ROWS:
            message = f"the gates have {count} rows, and a table holds {MOST_ROWS}"
            hint = "map it to gates of fewer inputs (chaoscad map -k)"
            raise Refused(Diagnostic(message, hint=hint))
        refused = swamped(design, hardware) or outside(design, hardware)
        if refused:
            raise Refused(refused)
        names = legal_names([*design.netlist.inputs, *(gate.name for gate in design.gates)], PLAIN)
        spread = spreads(evidence, options, names, hardware)
        tables = gate_tables(evidence, hardware)
        return TablePlan(design, hardware, evidence.logic, tables, names, spread)

    def export(self, made: TablePlan) -> Export:
        """`rows.csv`, `gates.csv`, `resistors.csv`, `parts.csv`, and all of them in `table.json`."""
        design, hardware, tables = made.design, made.hardware, made.tables
        names, spread = made.names, made.spread
        took = delays(design, hardware)
        reached = {gate.name: reach(gate) for gate in design.gates}
        lines = [line for table in tables for line in row_lines(table, names, hardware)]
        gates = [
            gate_line(
                table,
                names,
                hardware,
                took[table.gate.name],
                volts(reached[table.gate.name], hardware),
            )
            for table in tables
        ]
        resistors = [line for table in tables for line in resistor_lines(table, names, hardware)]
        bill = parts(tables, hardware)
        columns = row_columns(hardware)
        warnings = [
            *beyond_supply(design.gates, reached, hardware),
            *levels_beyond_supply(hardware),
            *unusual(tables, hardware),
            *wrong_by_sums(tables, hardware),
            *([] if spread is None else spread.warnings),
        ]
        document = {
            "format": "chaoscad-table",
            "version": 1,
            "design": design.name,
            "hardware": {**asdict(hardware), "dac_step_volts": _lsb(hardware)},
            "network": _network(hardware),
            "circuits": circuits(tables, hardware),
            "columns": columns,
            "gates": gates,
            "rows": lines,
            "resistors": resistors,
            "parts": bill,
        }
        if spread is not None:
            document |= {"tolerances": spread.lines, "tolerances_ohms": spread.ohms}
        notes = [
            "Columns of `rows.csv`:",
            _list(columns),
            "Columns of `gates.csv`, beside the gate's numbers in its own units and in volts:",
            _list(gate_columns(hardware)),
            "All numbers of the tables are rounded in the same way as those above, and computed from "
            "exact ones.",
            _network(hardware),
            *circuits(tables, hardware),
            _clock(design, took),
            *_findings(tables, hardware),
            *(f"{item.message[0].upper()}{item.message[1:]}; {item.hint}." for item in warnings),
            *(() if spread is None else spread.told),
        ]
        own, spread_files = {}, {}
        if spread is not None:
            own = {
                TOLERANCES_FILE: "the spread of every row's margin",
                OHMS_FILE: "the tolerances as those of the summing network's resistors",
            }
            spread_files = {
                TOLERANCES_FILE: _csv(list(spread.lines[0]), spread.lines),
                OHMS_FILE: _csv(list(spread.ohms[0]), spread.ohms),
            }
        files = {
            ROWS: _csv(list(columns), lines),
            GATES: _csv(list(gates[0]), gates),
            RESISTORS: _csv(list(resistors[0]), resistors),
            PARTS: _csv(list(bill[0]), bill),
            **spread_files,
            DOCUMENT: json.dumps(document, indent=1, allow_nan=False) + "\n",
            "README.md": readme(
                design,
                names,
                title="tables for the bench",
                files={
                    ROWS: "every gate in every row of its inputs",
                    GATES: "every gate: its parameters, its threshold, its least margins in volts",
                    RESISTORS: "the summing network of every gate",
                    PARTS: "the bill of materials",
                    **own,
                    DOCUMENT: "all of it in one JSON document",
                },
                run=[f"column -s, -t < {ROWS}"],
                notes=notes,
                hardware=hardware,
                deviations=() if spread is None else ("tolerance", "global"),
            ),
        }
        wrong = [*wrong_by_resistors(tables, hardware), *wrong_by_dac(tables, hardware)]
        return Export(self.name, files, names, tuple(wrong), tuple(warnings))

    def check(self, made: TablePlan, export: Export, folder: Path) -> CheckLog:
        """Read the written tables back and compute every row again from their numbers."""
        try:
            texts = {
                "rows": read_text(folder / ROWS),
                "gates": read_text(folder / GATES),
                "resistors": read_text(folder / RESISTORS),
                "document": read_text(folder / DOCUMENT),
            }
            if made.spread is not None:
                texts["tolerances"] = read_text(folder / TOLERANCES_FILE)
                texts["tolerances_ohms"] = read_text(folder / OHMS_FILE)
        except ChaoscadError as error:
            return CheckLog(False, f"{error}\n", 0)
        complaints, count = compare(texts, export.names, made.design, made.logic, made.hardware)
        complaints += [item.message for item in export.wrong]
        drawn: list[str] = []
        if made.spread is not None:
            found, drawn = compare_spreads(
                texts, export.names, made.design, made.hardware, made.spread
            )
            complaints += found
        said = [
            f"{ROWS} and {DOCUMENT} read back: {counted(len(made.design.gates), 'gate')}, {count} rows",
            "states, values, bits and codes computed again from the voltages of the table",
            "states and margins with rounded resistors computed again from their ohms",
            *drawn,
            *_findings(made.tables, made.hardware),
            *complaints[:20],
            "every row agrees" if not complaints else f"{len(complaints)} do not agree",
        ]
        return CheckLog(not complaints, "\n".join(said) + "\n", count)


EXPORTER = Table()
"""The exporter of the target `table`."""


def _list(columns: Mapping[str, str]) -> str:
    return "\n".join(f"- `{name}`: {meaning}" for name, meaning in columns.items())


def _lsb(hardware: Hardware) -> float | None:
    return hardware.dac_step if hardware.dac_bits is not None else None


def _network(hardware: Hardware) -> str:
    low, high = hardware.logic_levels
    return NETWORK.format(
        ohms=hardware.reference_ohms, low=low, high=high, reference=reference_volts(hardware)
    )


def _clock(design: Design, took: Mapping[str, Delay]) -> str:
    """How long a decision takes, as far as a design knows."""
    found: list[str] = []
    iterates = max(took[gate.name].path_iterates for gate in design.gates)
    seconds = max(took[gate.name].path_seconds for gate in design.gates)
    if iterates:
        found.append(
            f"From inputs to outputs it is at most {counted(iterates, 'iterate')} of a map one after "
            "another; a clock waits for as many times what one takes to settle, and for the "
            f"comparators. With {SETTLING:g} s, in which an AD633 settles to 1 % of 20 V (its data "
            f"sheet), that is {iterates * SETTLING:.3g} s."
        )
    if any(isinstance(gate.setting.system, Flow) for gate in design.gates):
        found.append(
            f"The flows run for at most {seconds:.6g} s one after another, and their starts are set "
            "before they run."
        )
    return " ".join(found)


def _findings(tables: Sequence[GateTable], hardware: Hardware) -> list[str]:
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


def _csv(columns: Sequence[str], lines: Sequence[Mapping[str, object]]) -> str:
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
