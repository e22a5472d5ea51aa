"""What commands print of circuits of several configurations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any

import click

from chaoscad.cli import gate_tables, render
from chaoscad.errors import counted, listed

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from chaoscad.cli.centred import Told
    from chaoscad.design import Reconfigurable
    from chaoscad.feasibility import Feasibility
    from chaoscad.verification import Verification
    from chaoscad.workflow import Reconfigured


MOST_NAMED = 12
"""Configurations that a sentence names."""

OF_READINGS = ("threshold", "iterates", "time")
"""Controls that every reading of an element has of its own."""


def summary(design: Reconfigurable) -> str:
    """The design in a line."""
    count = len(design.configurations)
    solved = sum(one.solved for one in design.configurations.values())
    state = "solved" if design.solved else "NOT solved"
    return (
        f"{design.name}: {state}: {solved} of {count} configurations right, worst margin "
        f"{render.number(design.worst_margin)}"
    )


def print_design(out: Console, design: Reconfigurable) -> None:
    """The hardware, which is built once, and what differs in every configuration."""
    from chaoscad.design.reconfigurable import told
    from chaoscad.netlist import title
    from chaoscad.netlist.unrolled import controls_of

    netlist = design.netlist
    first = next(iter(design.configurations.values()))
    hardware = render.table("gate", "inputs", "system", "n", "x0", "delta", "threshold", "controls")
    controls = {gate.name: controls_of(netlist, gate) for gate in netlist.gates}
    for element in first.elements:
        found = element.longest
        once = {
            "inputs": " ".join(element.inputs),
            "system": gate_tables.element_text(element, controls[found.name]),
            "x0": render.number(found.x0),
            "delta": " ".join(render.number(value) for value in found.delta),
        }
        if element.shared:
            _hardware_row(hardware, element.name, once, controls[found.name], of_reading=False)
        for gate in element.readings:
            own = {
                "n": str(gate.iterates),
                "threshold": f"{gate.compare} {render.number(gate.threshold)}",
            }
            moving = controls[gate.name]
            if element.shared:
                own["system"] = gate_tables.reading_text(gate, moving)
                _hardware_row(hardware, f"  {gate.name}", own, moving, of_reading=True)
            else:
                _hardware_row(hardware, gate.name, {**once, **own}, moving)
    out.print(hardware)
    table = render.table(
        "configuration", "gate", "function", "controls", "margin", right=("margin",)
    )
    for name, one in design.configurations.items():
        shown = name
        for element in one.elements:
            for gate in element.readings:
                values = told(gate)
                # What an element has once is told once.
                moving = [
                    key
                    for key in controls[gate.name]
                    if key in values and (key in OF_READINGS or gate is element.readings[0])
                ]
                table.add_row(
                    render.plain(shown),
                    render.plain(gate.name),
                    render.plain(title(gate.function)),
                    render.plain(", ".join(f"{key} {_told(values[key])}" for key in moving)),
                    render.number(gate.margin),
                )
                shown = ""
    out.print(table)


def _hardware_row(
    hardware: Table,
    name: str,
    cells: Mapping[str, str],
    moving: Sequence[str],
    of_reading: bool | None = None,
) -> None:
    """A line of the hardware; what moves is left out, and listed at its end.

    **Arguments:**

    - `of_reading`: whether the line is of a reading, of an element of several, or of a gate alone.
    """
    listed = [key for key in moving if of_reading is None or (key in OF_READINGS) == of_reading]
    columns = ("inputs", "system", "n", "x0", "delta", "threshold")
    hidden = {"n" if key == "iterates" else key for key in listed}
    shown = ["" if column in hidden else cells.get(column, "") for column in columns]
    hardware.add_row(*map(render.plain, [name, *shown, ", ".join(listed)]))


def print_switching(out: Console, design: Reconfigurable) -> None:
    """What switching between configurations changes, and the cheapest order."""
    from chaoscad.switching import switching

    plan = switching(design)
    if not plan.switches:
        return
    most = max(plan.switches, key=lambda item: item.cost)
    size, unit = max(item.largest_step for item in plan.switches), "(in units of the state)"
    if plan.scale is not None:
        size, unit = max(item.largest_volts or 0.0 for item in plan.switches), "V"
    step = f"largest step {render.number(size)} {unit}" if size else "no voltage among them"
    order = plan.order
    changes, _ = order.cost
    lines = [
        f"{counted(len(plan.own), 'control')}; at most {counted(len(most.changes), 'change')}, from "
        f"{most.before} to {most.after}; {step}",
        f"{'cheapest' if order.exact else 'a cheap'} order: {' > '.join(order.names)}: "
        f"{counted(changes, 'change')}",
    ]
    for line in lines:
        out.print(render.printable(line), markup=False, soft_wrap=True)


def _told(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(render.number(item) for item in value)
    return str(value) if isinstance(value, int) else render.number(value)


def print_found(result: Reconfigured, told: Told) -> None:
    """The hardware, the configurations and the yields."""
    design = result.design
    if result.solution.infeasible and found_in_part(design) is None:
        return
    out = render.console()
    if len(design.netlist.gates) <= render.MOST_GATES:
        print_design(out, design)
    for line in [render.printable(summary(design)), *told.lines(design)]:
        out.print(line, markup=False, soft_wrap=True)


def optimized_data(result: Reconfigured) -> dict[str, Any]:
    """The result of a search as JSON-ready data."""
    from chaoscad.design import to_json

    return {
        "verdict": result.solution.verdict.value,
        "verification": verification_data(result.verification),
        "infeasible": {name: one.to_data() for name, one in result.solution.infeasible.items()},
        "undecided": [one.to_data() for one in result.solution.undecided],
        "stages": [stage.to_data() for stage in result.solution.stages],
        "design": to_json(result.design),
    }


def verification_data(found: Mapping[str, Verification]) -> dict[str, Any]:
    """The verification of every configuration as JSON-ready data."""
    return {name: render.verification_data(one) for name, one in found.items()}


def found_in_part(design: Reconfigurable) -> str | None:
    """Which configurations one hardware was found for; `None` where there are none, or all."""
    right = [name for name, one in design.configurations.items() if one.solved]
    wrong = [name for name in design.configurations if name not in right]
    if not right or not wrong:
        return None
    worst = min(design.configurations[name].verification.worst_margin for name in right)
    return (
        f"one hardware was found for {len(right)} of {len(design.configurations)} configurations, with "
        f"a worst margin of {render.number(worst)}, and not for {listed(wrong, MOST_NAMED)}"
    )


def _bounded(found: Feasibility) -> str:
    """What is proven of gates that were not found together."""
    return (
        f"{render.quoted(found.family)} together have a worst margin of at most "
        f"{render.number(found.upper)}: proven"
    )


def explain(result: Reconfigured) -> None:
    """Why there is no design, on stderr."""
    solution = result.solution
    click.echo(f"error: {result.design.name} is not solved: {solution.verdict.value}", err=True)
    if part := found_in_part(result.design):
        click.echo(f"  {render.printable(part)}", err=True)
    if solution.infeasible:
        told = dict(list(solution.infeasible.items())[:20])
        for sentence in render.infeasible_text(told):
            click.echo(f"  {sentence}", err=True)
        return
    for sentence in result.findings()[:20]:
        click.echo(f"  {sentence}", err=True)
    for one in solution.undecided:
        if isfinite(one.upper):
            click.echo(f"  {render.printable(_bounded(one))}", err=True)
    click.echo("  what may help: more controls, more iterates, or independent weights", err=True)
