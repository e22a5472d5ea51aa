"""Tables read back as their receiver reads them, every row computed again from their numbers."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from fractions import Fraction

import numpy as np

from chaoscad.design.model import Design
from chaoscad.export.model import Hardware, Options
from chaoscad.verification import design_logic

ROUNDING = 1e-9
"""How far numbers may differ that are computed in another order, relatively."""


def compare(
    rows: str, document: str, names: Mapping[str, str], design: Design, options: Options
) -> tuple[list[str], int]:
    """What does not agree, and how many rows were compared.

    **Arguments:**

    - `rows`, `document`: the texts of the CSV and the JSON file.
    """
    hardware = options.hardware
    lines = list(csv.DictReader(io.StringIO(rows)))
    same = [
        {key: "" if cell is None else str(cell) for key, cell in line.items()}
        for line in json.loads(document)["rows"]
    ]
    complaints = [] if lines == same else ["the two files differ"]
    logic = design_logic(design)
    position = 0
    for gate in design.gates:
        count = 1 << gate.arity
        part = lines[position : position + count]
        position += count
        name = names[gate.name]
        if [line["gate"] for line in part] != [name] * count:
            complaints.append(f"gate {name}: {count} rows are not there")
            continue
        volts = np.array([float(line["state_volts"]) for line in part])
        values = gate.setting.value(hardware.state(volts), gate.iterates)  # type: ignore[arg-type]
        bits = logic.node(gate.name).function.rows
        for row, line in enumerate(part):
            where = f"gate {name}, row {line['row']}"
            if line["row"] != format(row, f"0{gate.arity}b") or line["bit"] != bits[row]:
                complaints.append(f"{where}: the bit is {line['bit']}, not {bits[row]}")
            wanted = hardware.volts(gate.x0) + hardware.volts_per_unit * sum(
                weight for weight, bit in zip(gate.delta, line["row"], strict=True) if bit == "1"
            )
            if not _near(volts[row], wanted, hardware):
                complaints.append(
                    f"{where}: the state is {float(volts[row])!r} V, not {wanted!r} V"
                )
            margin = abs(float(line["margin_volts"] or "inf"))
            if line["value_volts"] and not (
                abs(hardware.volts(float(values[row])) - float(line["value_volts"]))
                <= max(1e-6 * margin, ROUNDING * abs(float(line["value_volts"])))
            ):
                complaints.append(f"{where}: the value is not {line['value_volts']} V")
            if hardware.dac_bits is not None and line["dac_code"] != str(_code(line, hardware)):
                complaints.append(f"{where}: the code is not {line['dac_code']}")
    if position != len(lines):
        complaints.append(f"there are {len(lines) - position} rows too many")
    return complaints, len(lines)


def _near(one: float, other: float, hardware: Hardware) -> bool:
    size = max(abs(other), abs(hardware.volts_per_unit), abs(hardware.offset_volts))
    return abs(one - other) <= ROUNDING * size


def _code(line: Mapping[str, str], hardware: Hardware) -> int:
    """The code in exact arithmetic; halves go to the even code."""
    assert hardware.dac_range is not None
    assert hardware.dac_bits is not None
    low, high = (Fraction(end) for end in hardware.dac_range)
    return round((Fraction(line["state_volts"]) - low) / (high - low) * (2**hardware.dac_bits - 1))
