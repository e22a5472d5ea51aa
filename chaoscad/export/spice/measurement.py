"""What ngspice measured on a bench, against what a design computes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from chaoscad.design.model import Design
from chaoscad.export.options import Options
from chaoscad.export.rows import Expected
from chaoscad.export.spice.agreement import LONGEST_RUN
from chaoscad.export.spice.monte_carlo import Sampling
from chaoscad.export.spice.nodes import Nodes
from chaoscad.export.spice.noise import Noisy
from chaoscad.export.spice.timing import Timing
from chaoscad.systems import Flow
from chaoscad.toolchain import Tool

CIRCUIT = "circuit.cir"
BENCH = "bench.cir"

MAP_TOLERANCE = 1e-3
"""How far a value of a map may be off, in volts."""

SHARE_OF_MARGIN = 0.1
"""How far any value may be off, as a part of the gate's margin."""

_MEASURED = re.compile(r"^([yv])(\d+)_(\w+)\s*=\s*(\S+)", re.MULTILINE)


@dataclass(frozen=True)
class SpicePlan:
    """A design on its way to SPICE: its names, when its gates run, the rows of the bench, devices."""

    design: Design
    options: Options
    nodes: Nodes
    timing: Timing
    rows: Expected
    sampled: Sampling | None
    noisy: Noisy | None


@dataclass(frozen=True)
class Measured:
    """What ngspice measured, by `y` or `v`, row and node.

    **Arguments:**

    - `said`: the lines of the log, with its last words where it measured nothing.
    """

    values: Mapping[tuple[str, int, str], float]
    said: tuple[str, ...]


def measure(tool: Tool, folder: Path) -> Measured:
    """Run ngspice on the bench of a folder."""
    done = tool.run(["-b", BENCH], folder=folder, timeout=LONGEST_RUN)
    values = {
        (kind, int(row), name): float(number)
        for kind, row, name, number in _MEASURED.findall(done.stdout)
        if _is_number(number)
    }
    said = [f"$ ngspice -b {BENCH}"]
    if not values:
        words = [line for line in done.output.splitlines() if line.strip()]
        said += [*words[-20:], f"ngspice measured nothing; its status is {done.status}"]
    return Measured(values, tuple(said))


def compare(
    measured: Mapping[tuple[str, int, str], float],
    names: Mapping[str, str],
    made: SpicePlan,
    first: int = 0,
) -> tuple[tuple[float, float], list[str]]:
    """The largest difference, in volts and as a part of the margin, and what does not agree.

    **Arguments:**

    - `first`: how many rows the bench walks before those of the plan.
    """
    hardware, rows = made.options.hardware, made.rows
    between = sum(hardware.logic_levels) / 2
    scale = abs(hardware.volts_per_unit)
    worst = (0.0, 0.0)
    complaints: list[str] = []
    for gate in made.design.gates:
        name = names[gate.name]
        found = rows.gates[gate.name]
        local = rows.local(gate)
        reached = np.unique(local)
        margin = float(np.abs(found.distances[reached]).min()) * scale
        allowed = SHARE_OF_MARGIN * margin
        if not isinstance(gate.setting.system, Flow):
            allowed = min(allowed, MAP_TOLERANCE)
        for row, place in enumerate(local.tolist()):
            bit = measured.get(("y", first + row, name.lower()))
            value = measured.get(("v", first + row, name.lower()))
            if bit is None or value is None:
                complaints.append(f"row {row}: gate {name} was not measured")
                continue
            wanted = hardware.volts(float(found.values[place]))
            off = abs(value - wanted)
            worst = max(worst[0], off), max(worst[1], off / margin if margin else np.inf)
            if (bit > between) != bool(found.bits[place]):
                complaints.append(f"row {row}: gate {name} gives {int(bit > between)}")
            # Seven digits of ngspice's output are not more than they are; the margin bounds all.
            elif off > min(allowed + 1e-6 * abs(wanted), SHARE_OF_MARGIN * margin):
                complaints.append(f"row {row}: gate {name} has {value:.7g} V, not {wanted:.7g} V")
    return worst, complaints


def _is_number(text: str) -> bool:
    try:
        return bool(np.isfinite(float(text)))
    except ValueError:
        return False
