"""Results as tables: a name with its unit, and an array, for every column."""

from __future__ import annotations

import csv
import io
from typing import Any

import numpy as np
from jaxtyping import Shaped

from chaoscad.systems import Flow, Setting

Table = dict[str, Shaped[np.ndarray, " rows"]]
"""Columns of equal length by their headings."""


def heading(name: str, unit: str) -> str:
    """The heading of a column or an axis: `x`, or `x (V)` when it has a unit."""
    return name if unit == "1" else f"{name} ({unit})"


def state_headings(setting: Setting) -> list[str]:
    """A heading for every coordinate."""
    return [heading(name, setting.system.unit) for name in setting.system.coordinates]


def time_heading(setting: Setting) -> str:
    """The heading of time, or of the iterate."""
    system = setting.system
    return heading("time", system.time_unit) if isinstance(system, Flow) else "iterate"


def states_table(
    setting: Setting,
    when: Shaped[np.ndarray, " rows"],
    states: Shaped[np.ndarray, "rows coordinates"],
) -> Table:
    """When, and every coordinate."""
    return {
        time_heading(setting): when,
        **dict(zip(state_headings(setting), states.T, strict=True)),
    }


def to_csv(table: Table) -> str:
    """The table as CSV text; floats are written so that they read back bit-exactly."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table)
    columns: list[list[Any]] = [column.tolist() for column in table.values()]
    writer.writerows(zip(*columns, strict=True))
    return text.getvalue()
