"""Tables read back as their receiver reads them, every row computed again from their numbers."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping
from fractions import Fraction

import numpy as np

from chaoscad.design.model import Design
from chaoscad.documents import read_json
from chaoscad.export.digits import SHARE, decimals_of, decimals_of_volts
from chaoscad.export.resistors import reference_volts
from chaoscad.export.table.columns import prefix
from chaoscad.hardware import Hardware
from chaoscad.logic import Logic

ROUNDING = 1e-9
"""How far numbers may differ that are computed in another order, relatively."""

PLACES = 4
"""Units of the last decimal by which sums of rounded numbers may be off."""


def compare(
    texts: Mapping[str, str],
    names: Mapping[str, str],
    elements: Mapping[str, str],
    design: Design,
    logic: Logic,
    hardware: Hardware,
) -> tuple[list[str], int]:
    """What does not agree, and how many rows were compared.

    **Arguments:**

    - `elements`: the names of elements in the tables, by their keys.
    - `logic`: what the design computes.
    - `texts`: of the files `rows`, `gates` and `resistors`, of those of tolerances where there are
      some, and of the `document` in JSON.
    """
    tables = [name for name in texts if name != "document"]
    read = {name: list(csv.DictReader(io.StringIO(texts[name]))) for name in tables}
    whole = read_json(texts["document"], None, "table")
    complaints = [
        f"{name}.csv and the JSON document differ"
        for name, found in read.items()
        if found
        != [
            {key: "" if cell is None else str(cell) for key, cell in line.items()}
            for line in whole[name]
        ]
    ]
    lines = read["rows"]
    functions = {node.name: node.function.rows for node in logic.nodes}
    slacks = {
        name: PLACES * 10.0 ** -decimals_of_volts(places, hardware)
        for name, places in decimals_of(design).items()
    }
    position = 0
    for gate in design.gates:
        count = 1 << gate.arity
        part = lines[position : position + count]
        position += count
        name = names[gate.name]
        slack = slacks[gate.name]
        if [line["gate"] for line in part] != [name] * count:
            complaints.append(f"gate {name}: {count} rows are not there")
            continue
        volts = np.array([float(line["state_volts"]) for line in part])
        values = gate.setting.value(hardware.state(volts), gate.iterates)  # type: ignore[arg-type]
        bits = functions[gate.name]
        for row, line in enumerate(part):
            where = f"gate {name}, row {line['row']}"
            if line["row"] != format(row, f"0{gate.arity}b") or line["bit"] != bits[row]:
                complaints.append(f"{where}: the bit is {line['bit']}, not {bits[row]}")
            wanted = hardware.volts(gate.x0) + hardware.volts_per_unit * sum(
                weight for weight, bit in zip(gate.delta, line["row"], strict=True) if bit == "1"
            )
            if not _near(volts[row], wanted, hardware, slack):
                complaints.append(
                    f"{where}: the state is {float(volts[row])!r} V, not {wanted!r} V"
                )
            margin = abs(float(line["margin_volts"] or "inf"))
            if line["value_volts"] and not (
                abs(hardware.volts(float(values[row])) - float(line["value_volts"]))
                <= max(2 * SHARE * margin, ROUNDING * abs(float(line["value_volts"]))) + slack
            ):
                complaints.append(f"{where}: the value is not {line['value_volts']} V")
            if hardware.dac_bits is not None and not _is_code(line, hardware, slack):
                complaints.append(f"{where}: the code is not {line['dac_code']}")
    complaints += _by_resistors(read, names, elements, slacks, design, hardware)
    if position != len(lines):
        complaints.append(f"there are {len(lines) - position} rows too many")
    return complaints, len(lines)


def _by_resistors(
    read: Mapping[str, list[dict[str, str]]],
    names: Mapping[str, str],
    elements: Mapping[str, str],
    slacks: Mapping[str, float],
    design: Design,
    hardware: Hardware,
) -> list[str]:
    """The states and margins that the ohms of the tables give, against those of the tables."""
    series = prefix(hardware)
    low, high = hardware.logic_levels
    complaints: list[str] = []
    of = {gate.name: elements[item.key] for item in design.elements for gate in item.readings}
    for gate in design.gates:
        name = names[gate.name]
        slack = slacks[gate.name]
        line, *_ = [line for line in read["gates"] if line["gate"] == name] or [{}]
        gains = [
            (1 if item["op_amp"] == "1" else -1) * hardware.reference_ohms / float(ohms)
            if (ohms := item[f"{series}_ohms"])
            else 0.0
            for item in read["resistors"]
            if item["gate"] == of[gate.name]
        ]
        if len(gains) != 1 + gate.arity or not line:
            complaints.append(f"gate {name}: its resistors are not there")
            continue
        threshold = float(line["divider_volts"] or line["threshold_volts"])
        if line["divider_volts"] and hardware.supply is not None:
            top, bottom = float(line["divider_top_ohms"]), float(line["divider_bottom_ohms"])
            ends = hardware.supply
            between = ends[0] + (ends[1] - ends[0]) * bottom / (top + bottom)
            if not _near(between, threshold, hardware, slack):
                complaints.append(f"gate {name}: the divider does not give {threshold!r} V")
        rows = [item for item in read["rows"] if item["gate"] == name]
        states = np.array([hardware.state(float(item[f"{series}_state_volts"])) for item in rows])
        with np.errstate(all="ignore"):
            values = gate.setting.value(states, gate.iterates)
        for item, reached in zip(rows, values.tolist(), strict=True):
            sources = [reference_volts(hardware)]
            sources += [high if bit == "1" else low for bit in item["row"]]
            total = sum(gain * source for gain, source in zip(gains, sources, strict=True))
            where = f"gate {name}, row {item['row']}: with resistors"
            if not _near(total, float(item[f"{series}_state_volts"]), hardware, slack):
                complaints.append(f"{where} the state is {total!r} V")
            value = hardware.volts(reached)
            one = (value > threshold) == (line["one_where_volts_are"] == "above")
            margin = abs(value - threshold) * (1 if one == (item["bit"] == "1") else -1)
            told = item[f"{series}_margin_volts"]
            if bool(told) != math.isfinite(margin) or (
                told
                and abs(float(told) - margin)
                > 2 * SHARE * abs(margin) + ROUNDING * abs(value) + slack
            ):
                complaints.append(f"{where} the margin is {margin!r} V, not {told or 'none'}")
    return complaints


def _near(one: float, other: float, hardware: Hardware, slack: float) -> bool:
    size = max(abs(other), abs(hardware.volts_per_unit), abs(hardware.offset_volts))
    return abs(one - other) <= ROUNDING * size + slack


def _is_code(line: Mapping[str, str], hardware: Hardware, slack: float) -> bool:
    """Whether the code is the nearest, in exact arithmetic; between two, either."""
    assert hardware.dac_range is not None
    assert hardware.dac_bits is not None
    low, high = (Fraction(end) for end in hardware.dac_range)
    step = (high - low) / (2**hardware.dac_bits - 1)
    off = abs(low + int(line["dac_code"]) * step - Fraction(line["state_volts"]))
    return off <= step / 2 + Fraction(slack)
