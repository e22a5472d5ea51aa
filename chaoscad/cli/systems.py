"""`chaoscad systems`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from chaoscad.cli.main import echo_json
from chaoscad.cli.options import force_option, set_option
from chaoscad.cli.reached import Iterates

if TYPE_CHECKING:
    from chaoscad.feasibility import Cell
    from chaoscad.systems import Parameter, Setting


@click.command("systems")
@click.argument("names", nargs=-1)
@click.option(
    "--functions",
    "table",
    is_flag=True,
    help="Print what the systems can compute: the best margin of every two-input function.",
)
@click.option(
    "--function",
    "wanted",
    multiple=True,
    metavar="F",
    help="Only this function (AND, XOR, 0110, ...); may be given again.",
)
@click.option(
    "--weights",
    type=click.Choice(["shared", "independent"]),
    help="Only one kind of weights.  [default: both]",
)
@click.option(
    "--iterates",
    type=Iterates(1, 20),
    multiple=True,
    help="Only this number of iterates, or these: 1-9; may be given again.  [default: 1 to 5]",
)
@click.option(
    "--controls",
    metavar="C",
    help="Count the functions that x0, or x0,threshold, reach while all else is fixed.",
)
@click.option("--inputs", type=click.IntRange(2, 3), help="Inputs, with --controls.  [default: 2]")
@set_option
@click.option("-o", "--output", type=click.Path(), help="Draw the table: PNG, SVG or PDF.")
@force_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
def command(
    names: tuple[str, ...],
    table: bool,
    wanted: tuple[str, ...],
    weights: str | None,
    iterates: tuple[tuple[int, ...], ...],
    controls: str | None,
    inputs: int | None,
    settings: dict[str, float],
    output: str | None,
    force: bool,
    as_json: bool,
) -> int:
    """List the systems, or say what some of them can do.

    NAMES are built-in systems, files of a system, netlists (FILE:NAME for one of their systems), or texts
    such as '{map: "r*x*(1-x)", parameters: {r: 3.9}}'.

    With --functions, every cell of the table is the certified best margin of a map (proven within
    1 %), "no" where it is proven that there is none, or, for a flow, the best margin found on which
    independent integrators agree. With --controls, how many functions one piece of hardware reaches
    when only these are changed.
    """
    from chaoscad.cli.system_named import systems_named
    from chaoscad.systems import SYSTEMS, setting
    from chaoscad.systems.registry import changed

    if wanted or weights or iterates or output:
        table = True
    numbers = tuple(dict.fromkeys(number for each in iterates for number in each)) or (
        1,
        2,
        3,
        4,
        5,
    )
    if inputs is not None and controls is None:
        raise click.UsageError("--inputs belongs to --controls; the table is of two inputs")
    if controls is not None and wanted:
        raise click.UsageError("--function belongs to the table of margins; leave it out")
    if controls is not None and not names:
        raise click.UsageError("--controls counts the functions of one system; name it")
    chosen = {name: item for text in names for name, item in systems_named(text).items()}
    if not names:
        chosen = {name: setting(name) for name in SYSTEMS}
    if settings and (len(names) != 1 or len(chosen) != 1):
        raise click.UsageError("--set changes one system's parameters; name that system")
    if controls is not None and len(chosen) != 1:
        raise click.UsageError("--controls counts the functions of one system; name it")
    chosen = {name: changed(item, settings) for name, item in chosen.items()}
    systems = list(chosen.values())
    if not table and controls is None:
        return _list(systems, bool(names), as_json)
    functions = _functions(wanted)
    if output is not None:
        from chaoscad.cli.written import check_free
        from chaoscad.plot.save import check_figure_path

        check_figure_path(output)
        check_free(output, force)
    if controls is not None:
        from chaoscad.cli.reached import count

        return count(
            systems[0],
            controls=controls,
            iterates=tuple(sorted(numbers)),
            inputs=2 if inputs is None else inputs,
            weights=weights or "independent",
            output=output,
            as_json=as_json,
        )
    from chaoscad.feasibility import survey

    cells: dict[str, list[Cell]] = {}
    for name, chosen_setting in chosen.items():
        cells[name] = []
        found = survey(
            chosen_setting,
            functions,
            (weights,) if weights else ("shared", "independent"),  # type: ignore[arg-type]
            numbers,
        )
        for cell in found:
            cells[name].append(cell)
        if not as_json:
            _print(chosen_setting, cells[name])
    every = [cell.answer for found in cells.values() for cell in found]
    share = sum(answer.verdict == "feasible" for answer in every)
    if as_json:
        data = {name: [cell.to_data() for cell in found] for name, found in cells.items()}
        echo_json({"ok": True, "cells": len(every), "feasible": share, "systems": data})
    else:
        barred = sum(answer.verdict == "infeasible" for answer in every)
        click.echo(
            f"{share} of {len(every)} cells feasible, {barred} proven infeasible, "
            f"{len(every) - share - barred} undecided"
        )
    if output is not None:
        from chaoscad.plot.abilities import draw_abilities
        from chaoscad.plot.save import save

        save(draw_abilities(cells), output)
        if not as_json:
            click.echo(f"drawn to {output}")
    return 0


def _functions(wanted: tuple[str, ...]) -> Any:
    from chaoscad.errors import nearest, shown
    from chaoscad.feasibility import TWO_INPUT
    from chaoscad.netlist import title

    if not wanted:
        return TWO_INPUT
    known = {title(table): table for table in TWO_INPUT}
    known |= {table.rows: table for table in TWO_INPUT}
    found = []
    for text in wanted:
        if text not in known:
            named = [name for name in known if not name.isdigit()]
            hint = nearest(text, known) or "a name (" + ", ".join(named) + ") or four rows: 0110"
            raise click.UsageError(f"{shown(text)} is no two-input function; {hint}")
        found.append(known[text])
    return tuple(dict.fromkeys(found))


def _list(settings: Sequence[Setting], detailed: bool, as_json: bool) -> int:
    systems = [setting.system for setting in settings]
    if as_json:
        echo_json({"ok": True, "systems": [_data(setting) for setting in settings]})
        return 0
    from chaoscad.cli import render

    out = render.console()
    if not detailed:
        made = render.table(
            "system", "kind", "parameters", "states", "z -> v", "Lyapunov", "formula"
        )
        for system, setting in zip(systems, settings, strict=True):
            data = _data(setting)
            made.add_row(
                system.name,
                data["kind"],
                ", ".join(f"{p.name}={render.number(p.default)}" for p in system.parameters),
                f"[{system.state[0]:g}, {system.state[1]:g}]",
                f"{','.join(system.encode)} -> {system.read}",
                "" if system.lyapunov is None else f"{system.lyapunov:.4g}",
                system.formula,
            )
        out.print(made)
        return 0
    for setting in settings:
        for line in _details(setting):
            out.print(line, markup=False, soft_wrap=True)
    return 0


def _details(setting: Setting) -> list[str]:
    from chaoscad.systems import Flow

    system, values = setting.system, setting.parameters
    changed = values != system.defaults()
    lines = [f"{system.name}: {system.title}"]
    lines += [f"  {system.formula}"] if system.formula not in system.title else []
    for item in system.parameters:
        whole = ", whole" if item.whole else ""
        value = values[item.name]
        default = "" if value == item.default else f" (default {item.default:.6g})"
        lines.append(
            f"  {item.name} = {value:.6g}{default}{_range(item)}{whole}, unit {item.unit}: {item.meaning}"
        )
    lines.append(
        f"  states of gates in [{system.state[0]:g}, {system.state[1]:g}], unit {system.unit}"
    )
    rest = [
        f"{name} at {value:g}"
        for name, value in zip(system.coordinates, system.start, strict=True)
        if name not in system.encode
    ]
    lines.append(
        f"  z starts {', '.join(system.encode)}"
        + (f" ({', '.join(rest)})" if rest else "")
        + f"; the value is {system.read}"
    )
    if isinstance(system, Flow):
        lines.append(
            f"  read at time {system.time:g}, unit {system.time_unit}; trained with tsit5 in steps of "
            f"{system.step:g}"
        )
    if system.lyapunov is not None:
        per = "unit of time" if isinstance(system, Flow) else "iterate"
        where = " at the default parameters" if changed else ""
        lines.append(f"  largest Lyapunov exponent {system.lyapunov:.4g} nats per {per}{where}")
    lines.append(f"  {system.citation}")
    return lines


def _range(item: Parameter) -> str:
    """The range of a parameter, where it has one."""
    free = math.isinf(item.low) and math.isinf(item.high)
    return "" if free else f" in [{item.low:g}, {item.high:g}]"


def _data(setting: Setting) -> dict[str, Any]:
    from chaoscad.systems import Flow

    system = setting.system
    data: dict[str, Any] = {
        "name": system.name,
        "kind": "flow" if isinstance(system, Flow) else "map",
        "title": system.title,
        "formula": system.formula,
        "parameters": [
            {
                "name": item.name,
                "value": setting.parameters[item.name],
                "default": item.default,
                "low": item.low if math.isfinite(item.low) else None,
                "high": item.high if math.isfinite(item.high) else None,
                "unit": item.unit,
                "meaning": item.meaning,
            }
            for item in system.parameters
        ],
        "state": list(system.state),
        "unit": system.unit,
        "coordinates": list(system.coordinates),
        "encode": list(system.encode),
        "read": system.read,
        "start": dict(zip(system.coordinates, system.start, strict=True)),
        "lyapunov": system.lyapunov,
        "citation": system.citation,
    }
    if isinstance(system, Flow):
        data |= {"time": system.time, "time_unit": system.time_unit, "step": system.step}
    return data


def _print(setting: Setting, cells: list[Cell]) -> None:
    from chaoscad.cli import render
    from chaoscad.netlist import title

    columns = list(dict.fromkeys((cell.weights, cell.iterates) for cell in cells))
    heads = [f"{weights} {iterates}" for weights, iterates in columns]
    made = render.table("function", *heads, right=tuple(heads))
    found = {(cell.function, cell.weights, cell.iterates): cell.answer for cell in cells}
    for function in dict.fromkeys(cell.function for cell in cells):
        row = []
        for weights, iterates in columns:
            answer = found[function, weights, iterates]
            mark = {"feasible": "", "infeasible": "no", "undecided": "?"}[answer.verdict]
            if not mark:
                mark = f"{answer.lower:.4g}" + ("" if answer.tight else "+")
            row.append(mark)
        made.add_row(title(function), *row)
    out = render.console()
    values = ", ".join(f"{name}={value:g}" for name, value in setting.parameters.items())
    run = f", time {setting.time:g}" if setting.time is not None else ""
    low, high = setting.system.state
    out.print(
        f"{setting.system.title} {values}{run}, states in [{low:g}, {high:g}]: best margin by weights "
        "and iterates",
        markup=False,
        soft_wrap=True,
    )
    out.print(made)
    out.print(
        "no: proven infeasible;  +: attained, and more is not excluded;  ?: nothing found",
        markup=False,
        soft_wrap=True,
    )
    out.print()
