"""What the tolerances of a design are in ohms, and do to its voltages: the spread of every margin."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from chaoscad.design import Element
from chaoscad.errors import ChaoscadError, Diagnostic
from chaoscad.evidence import Evidence
from chaoscad.export.options import TOLERANCES, Options
from chaoscad.export.resistors import network
from chaoscad.hardware import Hardware
from chaoscad.systems import Flow

if TYPE_CHECKING:
    from chaoscad.robustness import Deviations

TOLERANCES_FILE = "tolerances.csv"
OHMS_FILE = "tolerances_ohms.csv"

DEVICES = 20_000
"""Devices that are drawn, at most."""

DEVICES_OF_FLOWS = 1000
"""The same, where a gate is a flow."""

CELLS = 1 << 23
"""Values of rows that are held together."""

LOWEST = 0.00135
"""The share of a normal distribution beyond three standard deviations on one side."""

COLUMNS = {
    "gate, row": "a row that the circuit needs",
    "margin_volts": "distance of the design's value from the threshold",
    "sigma_volts": "standard deviation of that distance over the devices",
    "low_margin_volts": "what all but 0.135 % of the devices have at least, as three standard deviations "
    "of a normal distribution would; negative: wrong bit",
    "wrong_share": "devices in which the bit is wrong",
}
"""The columns of `tolerances.csv`, and what they mean."""

COLUMNS_OF_OHMS = {
    "gate, input": "a resistor of the summing network, as in `resistors.csv`",
    "sigma_volts": "standard deviation of what it adds to the state, by the tolerance of x0 or of the "
    "weight and by what all gates share",
    "sigma_ohms": "by how much its resistance would be off to do so; empty where there is no resistor",
    "sigma_percent": "the same in per cent; a maker's tolerance is about three standard deviations",
}
"""The columns of `tolerances_ohms.csv`, and what they mean."""


@dataclass(frozen=True)
class RowSpreads:
    """The margins of a design's rows over devices, in volts.

    **Arguments:**

    - `lines`: of the file; `ohms`: of that of the resistors.
    - `told`: the tolerances and the devices, in words.
    - `warnings`: about tolerances that say nothing.
    """

    deviations: Deviations
    lines: list[dict[str, object]]
    ohms: list[dict[str, object]]
    told: list[str]
    warnings: list[Diagnostic]


def spreads(
    evidence: Evidence,
    options: Options,
    names: Mapping[str, str],
    elements: Mapping[str, str],
    hardware: Hardware,
) -> RowSpreads | None:
    """The spread of every row's margin; `None` where nothing deviates.

    Devices are drawn (`chaoscad.robustness`), since first order is not enough at a map's critical
    points.

    **Raises:** `ChaoscadError` for tolerances that are none.
    """
    given = {option.name: option.of(options) for option in TOLERANCES}
    known = evidence.design.netlist.hardware or {}
    if not any((*given.values(), known.get("tolerance"), known.get("global"))):
        return None
    # Imported here, because it loads JAX.
    from chaoscad.robustness import deviations_of
    from chaoscad.robustness.curves import row_margins

    deviations = deviations_of(evidence.design.netlist, **given)
    warnings: list[Diagnostic] = []
    try:
        deviations_of(evidence.design, **given)
    except ChaoscadError as error:
        # A percentage of a parameter that is 0: the others have their spreads all the same.
        warnings += [replace(item, severity="warning") for item in error.diagnostics]
    if not deviations.spread:
        return None
    gates = evidence.design.gates
    flows = any(isinstance(gate.setting.system, Flow) for gate in gates)
    most = CELLS // sum(1 << gate.arity for gate in gates)
    devices = max(100, min(DEVICES_OF_FLOWS if flows else DEVICES, most))
    scale = abs(hardware.volts_per_unit)
    found = {
        (row.gate, row.inputs): row.margins
        for row in row_margins(evidence, deviations, devices=devices)
    }
    lines: list[dict[str, object]] = []
    for gate in gates:
        design = np.abs(evidence.rows[gate.name].distances)
        for row, margin in enumerate(design):
            inputs = format(row, f"0{gate.arity}b")
            margins = found.get((gate.name, inputs))
            if margins is None:
                continue
            finite = margins[np.isfinite(margins)]
            numbers = (margin, finite.std(), np.quantile(finite, LOWEST))
            in_volts = (float(f"{scale * number:.6g}") for number in numbers)
            columns = ("margin_volts", "sigma_volts", "low_margin_volts")
            line = {"gate": names[gate.name], "row": inputs}
            lines.append(
                {
                    **line,
                    **dict(zip(columns, in_volts, strict=True)),
                    "wrong_share": float(np.mean(~(margins > 0))),
                }
            )
    ohms = [
        line
        for element in evidence.design.elements
        for line in _ohms(element, elements[element.key], deviations, names, hardware)
    ]
    told = _told(deviations.to_data(), devices, hardware)
    return RowSpreads(deviations, lines, ohms, told, warnings)


def _ohms(
    element: Element,
    called: str,
    deviations: Deviations,
    names: Mapping[str, str],
    hardware: Hardware,
) -> Iterator[dict[str, object]]:
    """The tolerances of an element's state as those of its resistors, to first order: dR / R = dV / V."""
    gate = element.longest
    values = (("x0", gate.x0), *(("delta", weight) for weight in gate.delta))
    sources = ("x0", *(names[name] for name in gate.inputs))
    for (name, value), source, item in zip(values, sources, network(gate, hardware), strict=True):
        sigma = abs(hardware.volts_per_unit) * deviations.deviation(name, value)
        share = None if item.ohms is None else sigma / abs(item.volts)
        yield {
            "gate": called,
            "input": source,
            "sigma_volts": float(f"{sigma:.6g}"),
            "sigma_ohms": None
            if share is None or item.ohms is None
            else float(f"{item.ohms * share:.6g}"),
            "sigma_percent": None if share is None else float(f"{100 * share:.6g}"),
        }


def _told(data: Mapping[str, object], devices: int, hardware: Hardware) -> list[str]:
    told = [f"`{TOLERANCES_FILE}` is of {devices} devices, drawn with these deviations:"]
    lines = []
    for key in ("tolerance", "global"):
        given = data.get(key)
        for name, size in given.items() if isinstance(given, dict) else ():
            volts = ""
            if name in ("x0", "delta", "threshold") and isinstance(size, float):
                volts = f" ({abs(hardware.volts_per_unit) * size:.4g} V)"
            lines.append(f"- {key} of {name}: {size}{volts}")
    if hardware.dac_bits is not None and hardware.dac_range is not None:
        low, high = hardware.dac_range
        lines.append(
            f"- beside them, a step of the DAC is {(high - low) / (2**hardware.dac_bits - 1):.4g} V"
        )
    told.append("\n".join(lines))
    told.append("\n".join(f"- `{name}`: {meaning}" for name, meaning in COLUMNS.items()))
    told.append(f"Columns of `{OHMS_FILE}`:")
    told.append("\n".join(f"- `{name}`: {meaning}" for name, meaning in COLUMNS_OF_OHMS.items()))
    return told
