"""The columns of the tables, and the cells of every line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from jaxtyping import Float64

from chaoscad.documents import known
from chaoscad.export.digits import DIGITS, decimals_of_volts, neat, tidied_gate
from chaoscad.export.gate_table import GateTable
from chaoscad.export.resistors import reference_volts
from chaoscad.export.timing import Delay
from chaoscad.hardware import Hardware
from chaoscad.systems import Interval


def prefix(hardware: Hardware) -> str:
    """With which the columns of rounded resistors begin: their series."""
    return hardware.resistors.lower()


def row_columns(hardware: Hardware) -> dict[str, str]:
    """The columns of `rows.csv`, and what they mean."""
    series = prefix(hardware)
    how = "trimmed resistors" if series == "ideal" else f"resistors of the {series.upper()} series"
    threshold = "" if hardware.supply is None else " and the divider's threshold"
    return {
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
        f"{series}_state_volts": f"the state by {how}",
        f"{series}_margin_volts": f"the margin with that state{threshold}; negative: wrong bit, "
        "empty: no value",
    }


def gate_columns(hardware: Hardware) -> dict[str, str]:
    """Those columns of `gates.csv` that do not say for themselves what they mean."""
    low, high = hardware.logic_levels
    found = {
        "element": "which gates are readings of one element: its x0, weights and resistors stand at the "
        "first of them",
        "output_volts": f"of an output that is 0 and one that is 1: {low:g} and {high:g}",
        "lowest_volts, highest_volts": "over all that occurs in the gate: states, iterates or the "
        "flow's coordinates, values, threshold",
        "seconds": "that the gate's flow runs; empty for a map, whose iterates are the unit",
        "path_iterates, path_seconds": "of the slowest path from the inputs to the gate's output",
        "divider_top_ohms, divider_bottom_ohms, divider_volts": "of the threshold, from the upper end "
        "of the supply to the lower",
    }
    if hardware.dac_bits is not None:
        found["x0_dac_code, delta_dac_steps"] = (
            "x0 as a code, every delta in steps of the DAC: their sum is the code of a state where the "
            "inputs add to it digitally"
        )
        found["dac_sum_margin_volts"] = (
            "the least margin when codes are added up so, and rounding with them; negative: wrong bit"
        )
    return found


def row_lines(
    table: GateTable, names: Mapping[str, str], hardware: Hardware
) -> Iterable[dict[str, object]]:
    """The lines of `rows.csv` of one gate."""
    gate, rows, dac, series = table.gate, table.rows, table.dac, prefix(hardware)
    for row in range(len(rows.states)):
        line: dict[str, object] = {
            "gate": names[gate.name],
            "row": format(row, f"0{gate.arity}b"),
            "matters": int(gate.function.rows[row] != "-"),
            "state": float(rows.states[row]),
            "state_volts": hardware.volts(float(rows.states[row])),
            "value": known(rows.values[row]),
            "value_volts": known(hardware.volts(float(rows.values[row]))),
            "threshold_volts": hardware.volts(gate.threshold),
            "bit": int(rows.bits[row]),
            "margin_volts": known(table.margins[row]),
            "dac_code": None if dac is None else int(dac.codes[row]),
            "dac_error_volts": None if dac is None else float(dac.errors[row]),
            "dac_margin_volts": None if dac is None else known(dac.realised.margins[row]),
            f"{series}_state_volts": hardware.volts(float(table.summed.states[row])),
            f"{series}_margin_volts": known(table.summed.margins[row]),
        }
        yield _printed(line, table, hardware)


def gate_line(
    table: GateTable,
    names: Mapping[str, str],
    elements: Mapping[str, str],
    hardware: Hardware,
    delay: Delay,
    reached: Interval,
) -> dict[str, object]:
    """The line of `gates.csv` of one gate; `reached` are its extreme voltages.

    **Arguments:**

    - `elements`: their names in the file, by their keys.
    """
    dac, halves, series = table.dac, table.divider, prefix(hardware)
    gate = tidied_gate(table.gate, table.decimals)
    matters, once = table.matters, table.first
    line: dict[str, object] = {
        "gate": names[gate.name],
        "inputs": " ".join(names[name] for name in gate.inputs),
        "element": elements[table.element.key],
        "iterates": gate.iterates,
        "x0": gate.x0 if once else None,
        "delta": " ".join(map(repr, gate.delta)) if once else None,
        "threshold": gate.threshold,
        "x0_volts": hardware.volts(gate.x0) if once else None,
        "delta_volts": " ".join(repr(neat(hardware.volts_per_unit * item)) for item in gate.delta)
        if once
        else None,
        "threshold_volts": hardware.volts(gate.threshold),
        "one_where_volts_are": "above" if _above(table, hardware) else "below",
        "output_volts": " ".join(map(repr, hardware.logic_levels)),
        "lowest_volts": reached[0],
        "highest_volts": reached[1],
        "divider_top_ohms": None if halves is None else halves.top,
        "divider_bottom_ohms": None if halves is None else halves.bottom,
        "divider_volts": None if halves is None else halves.volts,
        "threshold_dac_code": None if dac is None else dac.threshold_code,
        "x0_dac_code": dac.x0_code if dac is not None and once else None,
        "delta_dac_steps": " ".join(map(str, dac.delta_steps))
        if dac is not None and once
        else None,
        "margin_volts": least(table.margins[matters]),
        "dac_margin_volts": None if dac is None else least(dac.realised.margins[matters]),
        "dac_sum_margin_volts": None if dac is None else least(dac.added.margins[matters]),
        f"{series}_margin_volts": least(table.summed.margins[matters]),
        "seconds": delay.seconds or None,
        "path_iterates": delay.path_iterates,
        "path_seconds": delay.path_seconds,
    }
    return _printed(line, table, hardware)


def resistor_lines(
    table: GateTable, names: Mapping[str, str], element: str, hardware: Hardware
) -> Iterable[dict[str, object]]:
    """The lines of `resistors.csv` of one element: the offset's, then those of the inputs."""
    series = prefix(hardware)
    offset = f"{reference_volts(hardware):g} V (x0)"
    sources = [offset, *(names[name] for name in table.gate.inputs)]
    for source, item in zip(sources, table.resistors, strict=True):
        line: dict[str, object] = {
            "gate": element,
            "input": source,
            "volts": item.volts,
            "op_amp": item.opamp if item.ohms is not None else None,
            "ohms": item.ohms,
            f"{series}_ohms": item.rounded,
            f"{series}_volts": item.rounded_volts,
        }
        yield _printed(line, table, hardware)


def _printed(line: dict[str, object], table: GateTable, hardware: Hardware) -> dict[str, object]:
    """The line with its numbers as they are printed: states and voltages to the gate's decimals."""
    places, of_volts = table.decimals, decimals_of_volts(table.decimals, hardware)

    def cell(name: str, value: object) -> object:
        if not isinstance(value, float):
            return value
        if "ohms" in name or "seconds" in name:
            return neat(value, DIGITS)
        return neat(round(value, of_volts if "volts" in name else places) + 0.0)

    return {name: cell(name, value) for name, value in line.items()}


def _above(table: GateTable, hardware: Hardware) -> bool:
    """Whether the output is 1 above the threshold's voltage: a negative scale turns the order."""
    return (table.gate.compare == ">") == (hardware.volts_per_unit > 0)


def least(margins: Float64[np.ndarray, " rows"]) -> float | None:
    """The least margin; `None` where a row has no value."""
    return known(margins.min()) if np.isfinite(margins).all() else None
