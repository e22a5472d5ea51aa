"""Tables for the bench: every gate in every row, with DAC codes and resistors, as CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chaoscad.design.model import Design
from chaoscad.errors import ChaoscadError, Diagnostic
from chaoscad.export.model import CheckLog, Export, Options, swamped
from chaoscad.export.names import PLAIN, legal_names
from chaoscad.export.readme import readme
from chaoscad.export.resistors import NETWORK
from chaoscad.export.table_check import compare
from chaoscad.export.table_rows import GateTable, gate_table, outside, step
from chaoscad.files import read_text
from chaoscad.verification.gates import every_gate

ROWS = "rows.csv"
GATES = "gates.csv"
RESISTORS = "resistors.csv"
DOCUMENT = "table.json"

MOST_ROWS = 1_000_000
"""Most rows of all gates together."""

COLUMNS = {
    "gate": "name of the gate",
    "row": "its row, as input bits, the first input first",
    "matters": "whether the circuit needs this row: 0 where the function leaves it open",
    "state": "x0 + sum(delta_k * input_k), in the system's unit",
    "state_volts": "the voltage at the summing node",
    "value": "what the system makes of it, in its unit",
    "value_volts": "the voltage at the comparator",
    "threshold_volts": "the comparator's threshold",
    "bit": "the output",
    "margin_volts": "distance of the value from the threshold",
    "dac_code": "code of the state: round((V - Vmin) / LSB), LSB = (Vmax - Vmin) / (2^bits - 1)",
    "dac_error_volts": "what this rounding adds to the state",
    "dac_margin_volts": "the margin with the DAC's states and threshold; negative: wrong bit",
    "e96_state_volts": "the state by resistors of the E96 series",
    "e96_margin_volts": "the margin with that state; negative: wrong bit, empty: no value",
}
"""The columns of `rows.csv`."""


@dataclass(frozen=True)
class Table:
    """Designs as tables."""

    name: str = "table"
    title: str = "CSV and JSON for the bench: volts, DAC codes, resistors"

    def refuse(self, design: Design, options: Options) -> list[Diagnostic]:
        """A DAC that cannot set the voltages, and more rows than a table holds."""
        count = sum(1 << gate.arity for gate in design.gates)
        if count > MOST_ROWS:
            message = f"the gates have {count} rows, and a table holds {MOST_ROWS}"
            return [Diagnostic(message, hint="map it to gates of fewer inputs (chaoscad map -k)")]
        return swamped(design, options.hardware) or outside(design, options.hardware)

    def export(self, design: Design, options: Options) -> Export:
        """`rows.csv`, `gates.csv`, `resistors.csv`, and all of them in `table.json`."""
        hardware = options.hardware
        inputs = design.netlist.inputs
        names = legal_names([*inputs, *(gate.name for gate in design.gates)], PLAIN)
        rows = every_gate(design)
        tables = [gate_table(gate, rows[gate.name], hardware) for gate in design.gates]
        lines = [line for table in tables for line in _rows(table, names, options)]
        gates = [_gate(table, names, options) for table in tables]
        resistors = [line for table in tables for line in _resistors(table, names)]
        document = {
            "format": "chaoscad-table",
            "version": 1,
            "design": design.name,
            "hardware": {**asdict(hardware), "dac_step_volts": _lsb(options)},
            "network": _network(options),
            "columns": COLUMNS,
            "gates": gates,
            "rows": lines,
            "resistors": resistors,
        }
        notes = [
            "Columns of `rows.csv`:",
            "\n".join(f"- `{name}`: {meaning}" for name, meaning in COLUMNS.items()),
            _network(options),
            *_findings(tables, options),
        ]
        files = {
            ROWS: _csv(list(COLUMNS), lines),
            GATES: _csv(list(gates[0]), gates),
            RESISTORS: _csv(list(resistors[0]), resistors),
            DOCUMENT: json.dumps(document, indent=1, allow_nan=False) + "\n",
            "README.md": readme(
                design,
                names,
                title="tables for the bench",
                files={
                    ROWS: "every gate in every row of its inputs",
                    GATES: "every gate: its parameters, its threshold, its least margins in volts",
                    RESISTORS: "the summing network of every gate",
                    DOCUMENT: "all of it in one JSON document",
                },
                run=[f"column -s, -t < {ROWS}"],
                notes=notes,
                hardware=hardware,
            ),
        }
        return Export(self.name, files, names)

    def check(self, export: Export, design: Design, options: Options, folder: Path) -> CheckLog:
        """Read the written tables back and compute every row again from their numbers."""
        try:
            texts = {name: read_text(folder / name) for name in (ROWS, DOCUMENT)}
        except ChaoscadError as error:
            return CheckLog(False, f"{error}\n", 0)
        complaints, count = compare(texts[ROWS], texts[DOCUMENT], export.names, design, options)
        complaints += [
            f"gate {line['gate']}, row {line['row']}: with the DAC the margin is {line['dac_margin_volts']} V"
            for line in csv.DictReader(io.StringIO(texts[ROWS]))
            if line["matters"] == "1"
            and line["dac_margin_volts"]
            and not float(line["dac_margin_volts"]) > 0
        ]
        rows = every_gate(design)
        tables = [gate_table(gate, rows[gate.name], options.hardware) for gate in design.gates]
        said = [
            f"{ROWS} and {DOCUMENT} read back: {_count(len(design.gates), 'gate')}, {count} rows",
            "states, values, bits and codes computed again from the voltages of the table",
            *_findings(tables, options),
            *complaints[:20],
            "every row agrees" if not complaints else f"{len(complaints)} do not agree",
        ]
        return CheckLog(not complaints, "\n".join(said) + "\n", count)


EXPORTER = Table()


def _rows(
    table: GateTable, names: Mapping[str, str], options: Options
) -> Iterable[dict[str, object]]:
    gate, rows, hardware = table.gate, table.rows, options.hardware
    for row in range(len(rows.states)):
        line: dict[str, object] = {
            "gate": names[gate.name],
            "row": format(row, f"0{gate.arity}b"),
            "matters": int(gate.function.rows[row] != "-"),
            "state": float(rows.states[row]),
            "state_volts": hardware.volts(float(rows.states[row])),
            "value": _finite(rows.values[row]),
            "value_volts": _finite(hardware.volts(float(rows.values[row]))),
            "threshold_volts": hardware.volts(gate.threshold),
            "bit": int(rows.bits[row]),
            "margin_volts": _finite(table.margins[row]),
            "dac_code": None,
            "dac_error_volts": None,
            "dac_margin_volts": None,
            "e96_state_volts": hardware.volts(float(table.summed.states[row])),
            "e96_margin_volts": _finite(table.summed.margins[row]),
        }
        if table.dac is not None:
            line["dac_code"] = int(table.dac.codes[row])
            line["dac_error_volts"] = float(table.dac.errors[row])
            line["dac_margin_volts"] = _finite(table.dac.realised.margins[row])
        yield line


def _gate(table: GateTable, names: Mapping[str, str], options: Options) -> dict[str, object]:
    gate, hardware = table.gate, options.hardware
    matters = _matters(table)
    dac = table.dac
    return {
        "gate": names[gate.name],
        "inputs": " ".join(names[name] for name in gate.inputs),
        "iterates": gate.iterates,
        "x0": gate.x0,
        "delta": " ".join(map(repr, gate.delta)),
        "threshold": gate.threshold,
        "x0_volts": hardware.volts(gate.x0),
        "delta_volts": " ".join(repr(hardware.volts_per_unit * item) for item in gate.delta),
        "threshold_volts": hardware.volts(gate.threshold),
        "one_where_volts_are": "above" if _above(table, options) else "below",
        "threshold_dac_code": dac.threshold_code if dac is not None else None,
        "margin_volts": _least(table.margins[matters]),
        "dac_margin_volts": _least(dac.realised.margins[matters]) if dac is not None else None,
        "e96_margin_volts": _least(table.summed.margins[matters]),
    }


def _above(table: GateTable, options: Options) -> bool:
    """Whether the output is 1 above the threshold's voltage: a negative scale turns the order."""
    return (table.gate.compare == ">") == (options.hardware.volts_per_unit > 0)


def _resistors(table: GateTable, names: Mapping[str, str]) -> Iterable[dict[str, object]]:
    sources = ["1 V (x0)", *(names[name] for name in table.gate.inputs)]
    for source, item in zip(sources, table.resistors, strict=True):
        yield {
            "gate": names[table.gate.name],
            "input": source,
            "volts": item.volts,
            "op_amp": item.opamp if item.ohms is not None else None,
            "ohms": item.ohms,
            "e96_ohms": item.rounded,
            "e96_volts": item.rounded_volts,
        }


def _matters(table: GateTable) -> np.ndarray:
    """The rows that count for a gate's margin: all, where its function leaves every row open."""
    found = np.array([want != "-" for want in table.gate.function.rows])
    return found if found.any() else ~found


def _least(margins: np.ndarray) -> float | None:
    """The least margin; `None` where a row has no value."""
    return _finite(margins.min()) if np.isfinite(margins).all() else None


def _finite(value: Any) -> float | None:
    return float(value) if math.isfinite(value) else None


def _lsb(options: Options) -> float | None:
    return step(options.hardware) if options.hardware.dac_bits is not None else None


def _network(options: Options) -> str:
    return NETWORK.format(reference=options.hardware.reference_ohms)


def _findings(tables: Sequence[GateTable], options: Options) -> list[str]:
    """What rounding leaves of the margins, in words."""
    found: list[str] = []
    ways = {"resistors of the E96 series": [table.summed for table in tables]}
    if options.hardware.dac_bits is not None:
        what = f"a DAC of {options.hardware.dac_bits} bits"
        ways[what] = [table.dac.realised for table in tables if table.dac is not None]
    for what, realised in ways.items():
        worst, wrong = math.inf, 0
        for table, item in zip(tables, realised, strict=True):
            margins = item.margins[_matters(table)]
            wrong += int((~(margins > 0)).sum())
            worst = min(worst, float(np.nan_to_num(margins, nan=-math.inf).min()))
        before = min(float(table.margins[_matters(table)].min()) for table in tables)
        after = f"{worst:.6g} V" if math.isfinite(worst) else "none"
        text = f"With {what} the least margin is {after}; before rounding it is {before:.6g} V."
        if wrong:
            text += f" {wrong} rows of gates come out wrong, or leave the system's range."
        found.append(text)
    return found


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' if number != 1 else ''}"


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
