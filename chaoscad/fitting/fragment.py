"""A fit as a part of a netlist: the system, its tolerance, its noise; and a curve as a file."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path
from typing import Any

from chaoscad.errors import counted
from chaoscad.fitting.curve import CurveFit
from chaoscad.fitting.system import SystemFit
from chaoscad.fitting.verb import Scale
from chaoscad.netlist.yaml_text import flow
from chaoscad.systems import Curve


def fragment(
    found: CurveFit | SystemFit,
    source: str | os.PathLike[str],
    *,
    points: str | None = None,
    scale: Scale | None = None,
) -> str:
    """The keys `system` and `hardware` of a netlist, below comments that say where they are from.

    The tolerance of a parameter is its standard error: how far off it may be. The noise of a map is on
    its state, that of a record in time at the comparator.

    **Arguments:**

    - `source`: the file that was fitted.
    - `points`: the file that holds the points of a curve.
    """
    name = Path(source).name
    scale = scale or Scale()
    hardware: dict[str, Any] = {}
    if isinstance(found, CurveFit):
        curve = found.curve
        told = f"{counted(len(found.inputs), 'point')}, noise {found.noise:.4g}"
        system: dict[str, Any] = {
            "curve": points or curve.file,
            "input": curve.input,
            "output": curve.output,
        }
        hardware["noise"] = {"state": _short(found.noise)}
    else:
        told = f"{counted(len(found.axis), 'point')}, residual {found.residual:.4g}"
        told += "".join(
            f", {one} = {value:.6g} +- {found.errors[one]:.2g}"
            for one, value in found.parameters.items()
        )
        system = found.setting.to_data()
        if scale.volts_per_unit != 1 or scale.offset_volts != 0:
            hardware["volts_per_unit"] = scale.volts_per_unit
            hardware["offset_volts"] = scale.offset_volts
        hardware["tolerance"] = {one: _short(error) for one, error in found.errors.items()}
        kind = "state" if found.kind == "input" else "comparator"
        hardware["noise"] = {kind: _short(found.residual)}
    lines = [f"# Fitted to {name} by chaoscad fit: {told}."]
    lines += [f"# Warning: {text}." for text in found.warnings]
    lines += [f"system: {flow(system)}", "hardware:"]
    lines += [f"  {key}: {flow(value)}" for key, value in hardware.items()]
    return "\n".join(lines) + "\n"


def _short(value: float) -> float:
    return float(f"{value:.3g}")


def curve_table(curve: Curve, source: str | os.PathLike[str]) -> str:
    """The points of a curve as a CSV file that netlists take."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    text.write(f"# Smooth curve fitted to {Path(source).name} by chaoscad fit\n")
    writer.writerow([curve.input, curve.output])
    text.write("# ")
    writer.writerow(curve.units)
    writer.writerows(zip(*curve.points, strict=True))
    return text.getvalue()
