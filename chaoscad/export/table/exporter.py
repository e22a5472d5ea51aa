"""Tables for the bench: every gate in every row, with DAC codes and resistors, as CSV and JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from chaoscad.design.model import Design
from chaoscad.design.reconfigurable import Reconfigurable
from chaoscad.errors import ChaoscadError, Diagnostic, Refused, counted
from chaoscad.evidence import Evidence
from chaoscad.export.gate_table import (
    gate_tables,
    outside,
    unusual,
    wrong_by_dac,
    wrong_by_resistors,
    wrong_by_sums,
)
from chaoscad.export.model import CheckLog, Export
from chaoscad.export.multipliers import SETTLING
from chaoscad.export.names import PLAIN, Namespace, legal_names
from chaoscad.export.options import Option, Options
from chaoscad.export.readme import readme
from chaoscad.export.resistors import NETWORK, reference_volts
from chaoscad.export.table import OPTIONS
from chaoscad.export.table.columns import (
    gate_columns,
    gate_line,
    resistor_lines,
    row_columns,
    row_lines,
)
from chaoscad.export.table.configured import ConfiguredTables, check_all, export_all
from chaoscad.export.table.controls import ControlTable
from chaoscad.export.table.files import (
    CHECKED,
    DOCUMENT,
    GATES,
    PARTS,
    RESISTORS,
    ROWS,
    TablePlan,
    bullets,
    csv_text,
    findings,
    read_back,
    verdict,
)
from chaoscad.export.table.parts import circuits, parts
from chaoscad.export.table.tolerances import OHMS_FILE, TOLERANCES_FILE, spreads
from chaoscad.export.target import in_configuration
from chaoscad.export.timing import Delay, delays
from chaoscad.export.voltages import beyond_supply, levels_beyond_supply, reach, volts
from chaoscad.hardware import Hardware, swamped
from chaoscad.systems import Flow

MOST_ROWS = 1_000_000
"""Most rows of all gates together."""


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
        space = Namespace(PLAIN, names.values())
        elements = {
            element.key: space.take(element.name) if element.shared else names[element.key]
            for element in design.elements
        }
        spread = spreads(evidence, options, names, elements, hardware)
        tables = gate_tables(evidence, hardware)
        return TablePlan(design, hardware, evidence.logic, tables, names, elements, spread)

    def prepare_configurations(
        self, evidence: Mapping[str, Evidence], design: Reconfigurable, options: Options
    ) -> ConfiguredTables:
        """Refused as in `prepare`, for each configuration."""
        every: dict[str, TablePlan] = {}
        found: list[Diagnostic] = []
        for name, one in evidence.items():
            try:
                every[name] = self.prepare(one, options)
            except Refused as refused:
                found += in_configuration(name, refused.diagnostics)
        if found:
            raise Refused(found)
        folders = legal_names(design.configurations, PLAIN)
        names = next(iter(every.values())).names
        return ConfiguredTables(
            design, every, ControlTable(design, options.hardware, names, folders)
        )

    def export(self, made: TablePlan | ConfiguredTables) -> Export:
        """`rows.csv`, `gates.csv`, `resistors.csv`, `parts.csv`, and all of them in `table.json`.

        Of several configurations, these in a folder for each, beside `configurations.csv` with the
        controls and `switching.json` with what changes between them.
        """
        if isinstance(made, ConfiguredTables):
            return export_all(made, self)
        design, hardware, tables = made.design, made.hardware, made.tables
        names, spread = made.names, made.spread
        took = delays(design, hardware)
        reached = {gate.name: reach(gate) for gate in design.gates}
        lines = [line for table in tables for line in row_lines(table, names, hardware)]
        gates = [
            gate_line(
                table,
                names,
                made.elements,
                hardware,
                took[table.gate.name],
                volts(reached[table.gate.name], hardware),
            )
            for table in tables
        ]
        resistors = [
            line
            for table in tables
            if table.first
            for line in resistor_lines(table, names, made.elements[table.element.key], hardware)
        ]
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
            bullets(columns),
            "Columns of `gates.csv`, beside the gate's numbers in its own units and in volts:",
            bullets(gate_columns(hardware)),
            "All numbers of the tables are rounded in the same way as those above, and computed from "
            "exact ones.",
            _network(hardware),
            *circuits(tables, hardware),
            _clock(design, took),
            *findings(tables, hardware),
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
                TOLERANCES_FILE: csv_text(list(spread.lines[0]), spread.lines),
                OHMS_FILE: csv_text(list(spread.ohms[0]), spread.ohms),
            }
        files = {
            ROWS: csv_text(list(columns), lines),
            GATES: csv_text(list(gates[0]), gates),
            RESISTORS: csv_text(list(resistors[0]), resistors),
            PARTS: csv_text(list(bill[0]), bill),
            **spread_files,
            DOCUMENT: json.dumps(document, indent=1, allow_nan=False) + "\n",
            "README.md": readme(
                design,
                names,
                title="tables for the bench",
                files={
                    ROWS: "every gate in every row of its inputs",
                    GATES: "every gate: its parameters, its threshold, its least margins in volts",
                    RESISTORS: "the summing network of every gate, or of an element of several gates",
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

    def check(self, made: TablePlan | ConfiguredTables, export: Export, folder: Path) -> CheckLog:
        """Read the written tables back and compute every row again from their numbers."""
        if isinstance(made, ConfiguredTables):
            return check_all(made, export, folder)
        try:
            read = read_back(made, export.names, folder)
        except ChaoscadError as error:
            return CheckLog(False, f"{error}\n", 0)
        complaints = [*read.complaints, *(item.message for item in export.wrong)]
        said = [
            f"{ROWS} and {DOCUMENT} read back: {counted(len(made.design.gates), 'gate')}, {read.rows} rows",
            *CHECKED,
            *read.drawn,
            *findings(made.tables, made.hardware),
            *verdict(complaints),
        ]
        return CheckLog(not complaints, "\n".join(said) + "\n", read.rows)


EXPORTER = Table()
"""The exporter of the target `table`."""


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
