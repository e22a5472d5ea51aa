"""What `chaoscad optimize` prints of circuits of one configuration."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

import click

from chaoscad.cli import gate_tables, render
from chaoscad.cli.centred import CENTRED
from chaoscad.errors import counted

if TYPE_CHECKING:
    from chaoscad.cli.centred import Told
    from chaoscad.workflow import Optimized

NEAR = 1.0101
"""A bound that is no more than this many times the margin is called reached."""

MOST_BELOW = 10
"""Gates below their bounds that are listed."""


def print_found(result: Optimized, told: Told) -> None:
    """The gates, the verification, how near the margins are to their bounds, and the yields."""
    if result.solution.infeasible or proven_impossible(result):
        return
    out = render.console()
    design, verification = result.design, result.verification
    if len(design.gates) <= render.MOST_GATES:
        out.print(gate_tables.design_table(design))
        for line in [*gate_tables.room_note(design), *render.flow_lines(design, verification)]:
            out.print(line, markup=False, soft_wrap=True)
    state = "solved" if design.solved else "NOT solved"
    out.print(
        f"{design.name}: {state}: {render.rows_right(verification)}, "
        f"worst margin {render.number(verification.worst_margin)}",
        markup=False,
    )
    # Where the yield decides, the margins are not the greatest.
    bounds = bounds_text(result) if design.solved and told.objective not in CENTRED else []
    for line in [*bounds, *told.lines(design)]:
        out.print(line, markup=False, soft_wrap=True)


def bounds_text(result: Optimized) -> list[str]:
    """How near the margins are to what is proven to be possible."""
    found = result.solution.gates
    known = [gate for gate in result.design.gates if isfinite(found[gate.name].bound)]
    below = [gate for gate in known if gate.margin * NEAR < found[gate.name].bound]
    total, near = len(result.design.gates), len(known) - len(below)
    if not known:
        return ["no bound on the margins is proven"]
    if near == total:
        which = "the margin is" if total == 1 else "every margin is"
        return [f"{which} within 1 % of the greatest possible for its function: proven"]
    lines = [
        f"{near} of {total} margins within 1 % of the greatest possible for their functions: proven"
    ]
    for gate in below[:MOST_BELOW]:
        bound = found[gate.name].bound
        lines.append(
            render.printable(
                f"gate {gate.name!r}: margin {render.number(gate.margin)}, proven to be at most "
                f"{render.number(bound)}, {100 * (bound / gate.margin - 1):.2g} % more"
            )
        )
    if len(below) > MOST_BELOW:
        lines.append(f"and {len(below) - MOST_BELOW} more gates below their bounds")
    if len(known) < total:
        lines.append(f"no bound is known of {counted(total - len(known), 'gate')}")
    return lines


def optimized_data(result: Optimized) -> dict[str, Any]:
    """The result of a search as JSON-ready data."""
    from chaoscad.design import to_json

    return {
        "verdict": result.solution.verdict.value,
        "verification": render.verification_data(result.verification),
        "bounds": {
            name: found.bound if isfinite(found.bound) else None
            for name, found in result.solution.gates.items()
        },
        "infeasible": {name: one.to_data() for name, one in result.solution.infeasible.items()},
        "stages": [stage.to_data() for stage in result.solution.stages],
        "design": to_json(result.design),
    }


def proven_impossible(result: Optimized) -> bool:
    """Whether no choice of functions reaches the targets: then there is no design to show."""
    return result.solution.verdict.name in ("WIRING", "IMPOSSIBLE")


def explain(result: Optimized) -> None:
    """What failed and what may help, on stderr."""
    from chaoscad.systems import Flow

    verdict = result.solution.verdict.value
    if result.solution.solved:
        verdict = "The solver was content, and verification finds it wrong."
    click.echo(f"error: {result.design.name} is not solved: {verdict}", err=True)
    if result.solution.infeasible:
        told = dict(list(result.solution.infeasible.items())[:20])
        for sentence in render.infeasible_text(told):
            click.echo(f"  {sentence}", err=True)
        return
    if not proven_impossible(result):
        for sentence in result.verification.findings()[:20]:
            click.echo(f"  {sentence}", err=True)
        for line in render.wrong_rows(result.verification):
            click.echo(f"  {line}", err=True)
    for stage in result.solution.stages:
        if stage.trials <= 1:
            click.echo(f"  {stage.name}: {stage.outcome}", err=True)
            continue
        retired = f", {stage.retired} retired as non-finite" if stage.retired else ""
        click.echo(
            f"  {stage.name}: {stage.solved} of {stage.trials} trials solved in "
            f"{stage.steps} steps{retired}",
            err=True,
        )
    if result.solution.verdict.name == "WIRING":
        click.echo("  what may help: more gates, more inputs a gate, or other wires", err=True)
        return
    netlist = result.design.netlist
    helps = ["fewer ties"] if netlist.ties else []
    if any(gate.weights == "shared" for gate in netlist.gates):
        helps.append("independent weights")
    flows = {isinstance(gate.setting.system, Flow) for gate in netlist.gates}
    helps += ["more iterates"] if False in flows else []
    helps += ["another 'time'"] if True in flows else []
    if True in flows and any(stage.retired for stage in result.solution.stages):
        helps += ["a smaller 'step'", "a range 'state' from which no trajectory escapes"]
    helps += ["wider bounds", "more --restarts or --steps"]
    click.echo(f"  what may help: {', '.join(helps)}", err=True)
