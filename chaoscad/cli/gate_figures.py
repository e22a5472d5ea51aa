"""`chaoscad explore DESIGN curve`, `control` and `region`."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from chaoscad.cli.gate_of import gate_of
from chaoscad.cli.look import Look
from chaoscad.cli.main import echo_json

if TYPE_CHECKING:
    from chaoscad.analysis.gate_plane import Wall
    from chaoscad.analysis.region import Region
    from chaoscad.design import Design, DesignGate
    from chaoscad.systems import Interval


def draw(
    path: str,
    kind: str,
    *,
    gate_name: str | None,
    configuration: str | None,
    axes: str | None,
    ranges: Mapping[str, Interval],
    columns: int | None,
    tolerance: Mapping[str, str] | str | None,
    output: str | None,
    csv: str | None,
    look: Look,
    force: bool,
    as_json: bool,
) -> int:
    """Draw one gate of a design: its value curve, or its region of operation in two parameters."""
    from chaoscad.cli.written import check_all_free
    from chaoscad.design import load
    from chaoscad.files import write_text
    from chaoscad.plot.save import check_figure_path

    if kind == "control":
        of_others = {
            "--coordinates": axes,
            "--range": ranges,
            "--columns": columns,
            "--tolerance": tolerance,
            "--csv": csv,
            "--configuration": configuration,
        }
        for flag, given in of_others.items():
            if given:
                raise click.UsageError(f"{flag} says nothing about a gate's functions along x0")
        return _control(path, gate_name, output, look, force, as_json)
    design = load(path, configuration)
    gate = gate_of(design, gate_name, path)
    figure_path = output or f"{design.name}_{_safe(gate.name)}_{kind}.png"
    check_figure_path(figure_path)
    check_all_free({"-o": figure_path, "--csv": csv}, force, [path])
    from chaoscad.analysis.region import COLUMNS, region
    from chaoscad.plot.gates import draw_gate, draw_region

    bounds = design.netlist.gate(gate.name).bounds
    if kind == "curve":
        of_region = {
            "--coordinates": axes,
            "--range": ranges,
            "--columns": columns,
            "--tolerance": tolerance,
        }
        for flag, given in of_region.items():
            if given:
                raise click.UsageError(f"{flag} is about a gate's region, not about its curve")
        if csv is not None:
            write_text(csv, _rows(gate, bounds.state))
        look.save(draw_gate(gate, bounds.state), figure_path)
        summary = {"gate": gate.name, "margin": gate.margin, "figure": figure_path}
        words = [f"{gate.name}: margin {gate.margin:.6g}"]
    else:
        names = tuple((axes or "x0,threshold").split(","))
        if len(names) != 2:
            raise click.UsageError(f"a region has two parameters, such as x0,delta, not {axes!r}")
        plane = names[0].strip(), names[1].strip()
        with _progress() as told:
            found = region(
                *(gate, plane, bounds),
                ranges=ranges,
                columns=COLUMNS if columns is None else columns,
                told=told,
            )
        if csv is not None:
            from chaoscad.analysis import to_csv

            write_text(csv, to_csv(found.columns()))
        spreads = _spreads(design, gate, plane, tolerance)
        look.save(draw_region(gate, found, spreads), figure_path)
        summary = _summary(gate, found, figure_path)
        words = _words(gate, found)
        if spreads is not None:
            nearest_failure = found.scaled_failure(spreads)
            summary["tolerance"] = list(spreads)
            summary["worst_case"] = None if nearest_failure is None else list(nearest_failure)
            words += _worst(found, spreads)
    if as_json:
        echo_json({"ok": True, **summary})
    else:
        for line in words:
            click.echo(line)
        click.echo(f"drawn to {figure_path}")
    return 0


def _control(
    path: str, gate_name: str | None, output: str | None, look: Look, force: bool, as_json: bool
) -> int:
    """Draw the functions of a gate along x0, with the values of all configurations."""
    from chaoscad.cli.written import check_all_free
    from chaoscad.design import Reconfigurable, load_any
    from chaoscad.plot.save import check_figure_path

    design = load_any(path)
    several = isinstance(design, Reconfigurable)
    one = next(iter(design.configurations.values())) if several else design
    gate = gate_of(one, gate_name, path)
    figure_path = output or f"{design.name}_{_safe(gate.name)}_control.png"
    check_figure_path(figure_path)
    check_all_free({"-o": figure_path}, force, [path])
    from chaoscad.plot.control import draw_control

    drawn = draw_control(design, gate.name) if several else draw_control([gate.setpoint])
    look.save(drawn, figure_path)
    designs = design.configurations if several else {design.name: design}
    chosen = {name: each.gate(gate.name).x0 for name, each in designs.items()}
    if as_json:
        echo_json({"ok": True, "gate": gate.name, "x0": chosen, "figure": figure_path})
    else:
        for name, x0 in chosen.items():
            click.echo(f"{name}: x0 {x0:.6g}")
        click.echo(f"drawn to {figure_path}")
    return 0


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None] | None]:
    """A bar on stderr when that is a terminal, else silence."""
    if not sys.stderr.isatty():
        yield None
        return
    with click.progressbar(length=1000, label="settings", file=sys.stderr) as bar:

        def told(done: int, total: int) -> None:
            bar.update(1000 * done // total - bar.pos)

        yield told


def _spreads(
    design: Design,
    gate: DesignGate,
    axes: tuple[str, str],
    given: Mapping[str, str] | str | None,
) -> tuple[float, float] | None:
    """The sizes of the tolerance along the axes, `None` where neither has one."""
    from chaoscad.analysis.gate_plane import parameters_of
    from chaoscad.robustness.model import deviations_of

    known = deviations_of(design, tolerance=given).tolerance
    values = parameters_of(gate)

    def size(axis: str) -> float:
        weight = axis.startswith("delta") and axis.removeprefix("delta").isdigit()
        spread = known.get("delta" if weight else axis)
        return 0.0 if spread is None else spread.absolute(values[axis])

    found = size(axes[0]), size(axes[1])
    return found if any(found) else None


def _worst(found: Region, spreads: tuple[float, float]) -> list[str]:
    worst = found.scaled_failure(spreads)
    if worst is None:
        return ["no point of the window fails within the tolerance's directions"]
    return [
        f"the nearest failing point of the window, in units of the tolerance, is {worst[2]:.3g} away: "
        f"({worst[0]:.6g}, {worst[1]:.6g})"
    ]


def _summary(gate: DesignGate, found: Region, path: str) -> dict[str, object]:
    return {
        "gate": gate.name,
        "axes": list(found.axes),
        "point": list(found.point),
        "radius": None if found.wall is None else found.radius,
        "wall": None if found.wall is None else list(found.wall.point),
        "limit": None if found.wall is None else found.wall.reason,
        "failure": None if found.failure is None else list(found.failure.point),
        "failure_distance": None if found.failure is None else found.failure.distance,
        "reaches": [[None if math.isinf(end) else end for end in ends] for ends in found.reaches],
        "settled": found.settled,
        "figure": path,
    }


def _words(gate: DesignGate, found: Region) -> list[str]:
    plane = ", ".join(found.axes)
    if found.wall is None:
        return [f"{gate.name}: no setting was found at which it fails, in {plane}"]
    lines = [
        f"{gate.name}: works within {found.radius:.6g} of the design point in {plane}; at "
        f"{_at(found.wall)} {found.wall.reason}"
    ]
    if found.failure is not None and found.failure is not found.wall:
        lines.append(
            f"inside all ranges the gate fails first at a distance of {found.failure.distance:.6g}, "
            f"at {_at(found.failure)}"
        )
    for name, (down, up) in zip(found.axes, found.reaches, strict=True):
        lines.append(f"{name} alone: {_step(-down)} to {_step(up)}")
    if not found.settled:
        lines.append(
            "in parts of the window the values still change when the step is halved: the flow is too "
            "sensitive or too stiff there, and its margins are not to be trusted"
        )
    return lines


def _step(distance: float) -> str:
    """A distance with its sign; below rounding it is none."""
    if math.isinf(distance):
        return "any"
    return f"{distance:+.6g}" if abs(distance) > 1e-12 else "0"


def _at(wall: Wall) -> str:
    return f"({wall.point[0]:.6g}, {wall.point[1]:.6g})"


def _safe(name: str) -> str:
    return "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in name)[:40]


def _rows(gate: DesignGate, state: Interval) -> str:
    """The rows, and then the points of the curve, which are no rows."""
    import numpy as np

    from chaoscad.analysis import to_csv
    from chaoscad.plot.gates import value_curve

    states, values = gate.setpoint.states(), gate.setpoint.values()
    z, curve = value_curve(gate, state)
    none = [""] * len(z)
    rows = [format(row, f"0{gate.arity}b") for row in range(len(states))]
    return to_csv(
        {
            "row": np.array([*rows, *none]),
            "state": np.concatenate([states, z]),
            "value": np.concatenate([values, curve]),
            "threshold": np.full(len(states) + len(z), gate.threshold),
            "wanted": np.array([*gate.function.rows, *none]),
        }
    )
