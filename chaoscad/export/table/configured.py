"""Tables of several configurations: a folder for each, the controls, and what it takes to switch."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chaoscad.design.reconfigurable import Reconfigurable
from chaoscad.errors import ChaoscadError, Diagnostic, counted, shown
from chaoscad.export.model import CheckLog, Export
from chaoscad.export.names import comment
from chaoscad.export.readme import readme
from chaoscad.export.table.columns import gate_columns, row_columns
from chaoscad.export.table.controls import COLUMNS, NAMES, ControlTable
from chaoscad.export.table.files import (
    CHECKED,
    DOCUMENT,
    GATES,
    ROWS,
    TablePlan,
    bullets,
    csv_text,
    findings,
    read_back,
    verdict,
)
from chaoscad.export.target import Exporter, in_configuration
from chaoscad.files import read_text
from chaoscad.switching import switching

CONFIGURATIONS = "configurations.csv"
SWITCHING = "switching.json"


@dataclass(frozen=True)
class ConfiguredTables:
    """A design of several configurations on its way to tables: those of each, and the controls."""

    design: Reconfigurable
    every: Mapping[str, TablePlan]
    controls: ControlTable


def export_all(made: ConfiguredTables, exporter: Exporter[TablePlan]) -> Export:
    """The tables of each configuration in a folder of its own, the controls, and the switches."""
    table = made.controls
    hardware, folders, lines = table.hardware, table.folders, table.lines()
    plan = switching(made.design, hardware)
    files = {
        CONFIGURATIONS: csv_text(NAMES, lines),
        SWITCHING: json.dumps(plan.to_data(), indent=1, allow_nan=False) + "\n",
    }
    about = {
        CONFIGURATIONS: "the controls of every configuration: volts and codes",
        SWITCHING: "what changes between two configurations, and the order in which least does",
    }
    wrong, warnings = table.wrong_by_codes(lines), list[Diagnostic]()
    for name, one in made.every.items():
        own = exporter.export(one)
        kept = {file: text for file, text in own.files.items() if file != "README.md"}
        files |= {f"{folders[name]}/{file}": text for file, text in kept.items()}
        about[f"{folders[name]}/"] = f"the tables of {comment(name)}: {', '.join(kept)}"
        wrong += in_configuration(name, own.wrong)
        warnings += in_configuration(name, own.warnings)
    files["README.md"] = readme(
        next(iter(made.every.values())).design,
        table.names,
        title=f"tables for the bench of {counted(len(folders), 'configuration')}",
        files=about,
        run=[f"column -s, -t < {CONFIGURATIONS}"],
        notes=[
            "The table of gates above is that of the first configuration; the others differ from it "
            f"as {CONFIGURATIONS} says. Its columns:",
            bullets(COLUMNS),
            f"Columns of every `{ROWS}`:",
            bullets(row_columns(hardware)),
            f"Columns of every `{GATES}`, beside the gate's numbers in its own units and in volts:",
            bullets(gate_columns(hardware)),
            "A control that is switched comes from a source that can be set, to its volts or its code; "
            "the resistors of a folder are those of a circuit that stays in its configuration.",
            f"The cheapest order is {', '.join(folders[name] for name in plan.order.names)}: "
            f"{counted(plan.order.cost[0], 'control')} in all, by at most "
            f"{max(item.largest_volts or 0.0 for item in plan.order.switches):.6g} V at once."
            if plan.order.switches
            else "There is one configuration, and nothing to switch.",
            *(f"{item.message[0].upper()}{item.message[1:]}; {item.hint}." for item in warnings),
        ],
        hardware=hardware,
        deviations=("tolerance", "global")
        if any(one.spread for one in made.every.values())
        else (),
    )
    return Export(exporter.name, files, table.names, tuple(wrong), tuple(warnings))


def check_all(made: ConfiguredTables, export: Export, folder: Path) -> CheckLog:
    """Every table read back, and every row computed again, from the controls' voltages too."""
    table, rows = made.controls, 0
    said: list[str] = []
    complaints: list[str] = []
    try:
        for name, one in made.every.items():
            place = table.folders[name]
            read = read_back(one, export.names, folder / place)
            complaints += [f"in configuration {shown(name)}: {item}" for item in read.complaints]
            rows += read.rows
            said += [
                f"{place}: {ROWS} and {DOCUMENT} read back, {read.rows} rows",
                *read.drawn,
                *findings(one.tables, one.hardware),
            ]
        lines = list(csv.DictReader(io.StringIO(read_text(folder / CONFIGURATIONS))))
    except ChaoscadError as error:
        return CheckLog(False, f"{error}\n", 0)
    complaints += table.complaints(lines)
    complaints += [item.message for item in export.wrong]
    said += [
        *CHECKED,
        f"{CONFIGURATIONS} read back: the bits of all rows computed again from its volts",
        *verdict(complaints),
    ]
    return CheckLog(not complaints, "\n".join(said) + "\n", rows)
