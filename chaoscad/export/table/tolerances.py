"""What the tolerances of a design do to its voltages: the spread of every row's margin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from chaoscad.evidence import Evidence
from chaoscad.export.options import TOLERANCES, Options
from chaoscad.hardware import Hardware
from chaoscad.systems import Flow

TOLERANCES_FILE = "tolerances.csv"

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
"""The columns of the file, and what they mean."""


@dataclass(frozen=True)
class RowSpreads:
    """The margins of a design's rows over devices, in volts.

    **Arguments:**

    - `lines`: of the file.
    - `told`: the tolerances and the devices, in words.
    """

    lines: list[dict[str, object]]
    told: list[str]


def spreads(
    evidence: Evidence, options: Options, names: Mapping[str, str], hardware: Hardware
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

    deviations = deviations_of(evidence.design, **given)
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
    return RowSpreads(lines, _told(deviations.to_data(), devices, hardware))


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
    return told
