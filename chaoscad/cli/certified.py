"""The certified tolerance of a design, for `chaoscad verify`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from chaoscad.design import Design
    from chaoscad.evidence import Evidence
    from chaoscad.robustness import CertifiedTolerance, GateTolerance

GAP = 1.05
"""A counterexample that lies farther outside of what is proven is told to be so."""

Sizes = dict[str, str] | str | None


def wants_tolerance(design: Design, tolerance: Sizes, shared: Sizes) -> bool:
    """Whether the options or the netlist say what may deviate."""
    hardware = design.netlist.hardware or {}
    given = tolerance is not None or shared is not None
    return given or bool(hardware.get("tolerance") or hardware.get("global"))


def certified(evidence: Evidence, tolerance: Sizes, shared: Sizes) -> CertifiedTolerance:
    """The certified tolerance of a verified design.

    **Raises:** `ChaoscadError` for sizes that are none, and where nothing deviates.
    """
    from chaoscad.robustness import certified_tolerance, deviations_of

    deviations = deviations_of(evidence.design, tolerance=tolerance, shared=shared)
    return certified_tolerance(evidence, deviations)


def keep(design: Design, found: CertifiedTolerance, path: str) -> None:
    """Write the design with what is certified of it."""
    from chaoscad.design import save
    from chaoscad.robustness.certified import with_certified

    save(with_certified(design, found), path)


def print_tolerance(found: CertifiedTolerance) -> None:
    """The tolerance of the circuit, and of every gate."""
    from chaoscad.cli import render

    sizes = "; ".join(
        f"{key} " + ", ".join(f"{name} {size}" for name, size in given.items())
        for key, given in found.deviations.to_data().items()
        if isinstance(given, dict) and key != "noise"
    )
    click.echo(f"  {render.printable(sizes)}")
    weakest = found.weakest
    flows = [gate.gate for gate in found.gates if gate.proven is None]
    click.echo("  " + certified_line(found.proven, f"gate {flows[0]!r}" if flows else ""))
    click.echo(f"  {_outside(weakest)}")
    point = weakest.counterexample
    if found.proven is not None and point is not None and point.times > GAP * found.proven:
        click.echo(
            f"  between {render.number(found.proven)} and {render.number(point.times)} times nothing is "
            "proven: a state or a parameter may leave the domain of its formula, or the values are too "
            "entangled for the budget of boxes"
        )
    out = render.console()
    made = render.table("gate", "row", "certified", "fails at", right=("certified", "fails at"))
    for gate in found.gates[: render.MOST_GATES]:
        point = gate.counterexample
        made.add_row(
            render.plain(gate.gate),
            gate.row,
            "not proven" if gate.proven is None else render.number(gate.proven),
            "not found" if point is None else render.number(point.times),
        )
    out.print(made)
    if len(found.gates) > render.MOST_GATES:
        click.echo(f"  {len(found.gates) - render.MOST_GATES} more gates; --json has all of them")


def certified_line(proven: float | None, flow: str = "some gate") -> str:
    """What is proven, in a sentence; `flow` names the gate of which nothing is."""
    from chaoscad.cli import render

    if proven is None:
        return f"not proven: {flow} is a flow, of which there are no enclosures here"
    return (
        f"certified: every bit stays while all errors are within {render.number(proven)} times "
        "these sizes"
    )


def _outside(gate: GateTolerance) -> str:
    from chaoscad.cli import render

    point = gate.counterexample
    if point is None:
        return f"no errors were found at which gate {render.printable(gate.gate)!r} fails"
    numbers = {"x0": repr(point.x0), "delta": " ".join(map(repr, point.delta))}
    numbers |= {"threshold": repr(point.threshold)}
    numbers |= {name: repr(value) for name, value in point.parameters.items()}
    told = ", ".join(f"{name} {value}" for name, value in numbers.items())
    return (
        f"at {render.number(point.times)} times, gate {render.printable(gate.gate)!r} fails in row "
        f"{point.inputs}: {told}"
    )
