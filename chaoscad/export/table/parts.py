"""The bill of materials of a table, and the circuits of the maps in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from chaoscad.export.gate_table import GateTable
from chaoscad.export.multipliers import PART, realisation
from chaoscad.export.names import comment
from chaoscad.hardware import Hardware
from chaoscad.systems import Flow, Setting

SUMMING = "summing networks"


def parts(tables: Sequence[GateTable], hardware: Hardware) -> list[dict[str, object]]:
    """Every part with its value and how many the whole circuit takes, one circuit an iterate.

    Of an element that is read several times, only the comparators and their dividers are.
    """
    found: Counter[tuple[str, object, str]] = Counter()
    for table in tables:
        found["comparator", None, "outputs"] += 1
        if table.divider is not None:
            for ohms in (table.divider.top, table.divider.bottom):
                found["resistor in ohms", ohms, "dividers of thresholds"] += 1
        if not table.first:
            continue
        found["op-amp", None, SUMMING] += 2
        found["resistor in ohms", hardware.reference_ohms, SUMMING] += 3
        for item in table.resistors:
            if item.rounded is not None:
                found["resistor in ohms", item.rounded, SUMMING] += 1
        element = table.element
        made = realisation(element.setting, hardware)
        use = comment(element.setting.system.title)
        if made is None:
            kind = "flow" if isinstance(element.setting.system, Flow) else "map"
            found[f"circuit of the {kind}", None, use] += element.iterates
            if element.held:
                found["sample-and-hold", None, "earlier readings of flows"] += len(element.held)
            continue
        found[f"multiplier {PART}", None, use] += made.multipliers * element.iterates
        if made.gain != 1:
            found["op-amp", None, use] += element.iterates
            for ohms in (made.lower, made.upper):
                found["resistor in ohms", ohms, use] += element.iterates
    return [
        {"part": part, "value": value, "count": count, "use": use}
        for (part, value, use), count in sorted(found.items(), key=_order)
    ]


def _order(item: tuple[tuple[str, object, str], int]) -> tuple[str, str, float]:
    part, value, use = item[0]
    return part, use, value if isinstance(value, float) else 0.0


def circuits(tables: Sequence[GateTable], hardware: Hardware) -> list[str]:
    """How every system of a design is built, one paragraph each."""
    settings: dict[Setting, None] = {table.element.setting: None for table in tables}
    found = [f"{_title(item)}: {_said(item, hardware)}" for item in settings]
    most = max(table.gate.iterates for table in tables)
    if most > 1:
        found.append(
            "Gates of several iterates have as many copies of the circuit in a row, as counted in "
            "the bill of materials, or one with two sample-and-holds and a clock."
        )
    return found


def _title(setting: Setting) -> str:
    values = [f"{comment(name)} = {value!r}" for name, value in setting.parameters.items()]
    return ", ".join([comment(setting.system.title), *values]).capitalize()


def _said(setting: Setting, hardware: Hardware) -> str:
    made = realisation(setting, hardware)
    if made is not None:
        return made.said()
    system = setting.system
    if isinstance(system, Flow):
        return (
            f"{len(system.coordinates)} integrators of an analog computer, as the SPICE export has "
            "them; there is no one standard circuit."
        )
    if system.curve is not None:
        return "the circuit that was measured."
    return (
        f"there is no standard circuit of multipliers for it at {hardware.volts_per_unit:g} V per unit; "
        "the SPICE export says what it computes."
    )
