"""The hardware of a design as a page shows it: volts and codes of every row, and what switching changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chaoscad.design import Reconfigurable
from chaoscad.evidence import Evidence
from chaoscad.export.gate_table import gate_tables
from chaoscad.hardware import hardware_of
from chaoscad.reports.chart import text_of
from chaoscad.switching import switching

SCALES = frozenset({"volts_per_unit", "offset_volts", "dac", "logic_levels", "supply"})
"""What of a netlist's `hardware` is about voltages; the rest is of tolerances and words."""

MOST_ROWS = 1024
"""Most rows of the table."""


@dataclass(frozen=True)
class HardwareRow:
    """A row of a gate: its state, its value and its margin in volts, and the DAC's code of the state."""

    gate: str
    row: str
    volts: tuple[float, float, float]
    code: int | None


@dataclass(frozen=True)
class HardwareView:
    """The scale in words, the rows, and how many are left out.

    `thresholds` has the voltage of every gate's threshold, and its code.
    """

    scale: str
    rows: tuple[HardwareRow, ...]
    thresholds: tuple[tuple[str, float, int | None], ...]
    hidden: int


def hardware_view(evidence: Evidence) -> HardwareView | None:
    """The voltages of a design, or `None` where its netlist says nothing of them.

    **Raises:** `ChaoscadError` for hardware that contradicts itself.
    """
    given = evidence.design.netlist.hardware or {}
    if not SCALES & set(given):
        return None
    hardware = hardware_of(evidence.design)
    rows: list[HardwareRow] = []
    thresholds: list[tuple[str, float, int | None]] = []
    for table in gate_tables(evidence, hardware):
        gate, dac = table.gate, table.dac
        code = None if dac is None else dac.threshold_code
        thresholds.append((gate.name, hardware.volts(gate.threshold), code))
        for row, state in enumerate(table.rows.states.tolist()):
            volts = (
                hardware.volts(state),
                hardware.volts(float(table.rows.values[row])),
                float(table.margins[row]),
            )
            own = None if dac is None else int(dac.codes[row])
            rows.append(HardwareRow(gate.name, format(row, f"0{gate.arity}b"), volts, own))
    return HardwareView(
        _scale(given, hardware.volts_per_unit, hardware.offset_volts),
        tuple(rows[:MOST_ROWS]),
        tuple(thresholds),
        max(0, len(rows) - MOST_ROWS),
    )


def _scale(given: Mapping[str, Any], gain: float, offset: float) -> str:
    told = [f"A state x stands as {text_of(offset)} V + {text_of(gain)} V \u00d7 x."]
    dac = given.get("dac")
    if dac:
        low, high = dac["range"]
        told.append(f"The DAC has {dac['bits']} bits from {text_of(low)} V to {text_of(high)} V.")
    for key, what in (("logic_levels", "Logic levels"), ("supply", "Supply")):
        if key in given:
            low, high = given[key]
            told.append(f"{what}: {text_of(low)} V and {text_of(high)} V.")
    return " ".join(told)


MOST_PAIRS = 24
"""Configurations up to which the switches between every two are listed; of more those in their order."""


@dataclass(frozen=True)
class SwitchingView:
    """The controls in every configuration, what each switch changes, and the cheapest order.

    `in_order` says that only the switches of that order are listed, `unit` is of the largest steps.
    """

    configurations: tuple[str, ...]
    controls: tuple[tuple[str, str, tuple[str, ...]], ...]
    switches: tuple[tuple[str, str, int, float], ...]
    order: str
    unit: str
    in_order: bool


def switching_view(design: Reconfigurable) -> SwitchingView:
    """What it takes to switch a design between its configurations."""
    plan = switching(design)
    names = tuple(design.configurations)
    controls: list[tuple[str, str, tuple[str, ...]]] = []
    for control in plan.own:
        cells: list[str] = []
        for value in control.values.values():
            cell = text_of(value)
            volts = None if plan.scale is None else control.volts(value, plan.scale)
            if plan.scale is not None and volts is not None:
                code = control.code(value, plan.scale)
                cell += f" ({text_of(volts)} V" + ("" if code is None else f", code {code}") + ")"
            cells.append(cell)
        controls.append((control.gate, control.name, tuple(cells)))
    in_order = len(names) > MOST_PAIRS
    switches = plan.order.switches if in_order else plan.switches
    return SwitchingView(
        names,
        tuple(controls),
        tuple(
            (
                item.before,
                item.after,
                len(item.changes),
                item.largest_step if item.largest_volts is None else item.largest_volts,
            )
            for item in switches
        ),
        " \u2192 ".join(plan.order.names),
        "in units of the state" if plan.scale is None else "V",
        in_order,
    )
