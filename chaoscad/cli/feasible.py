"""`chaoscad feasible`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from chaoscad.cli.main import ANSWER_IS_NO, echo_json
from chaoscad.cli.options import FiniteRange, allow_outside

if TYPE_CHECKING:
    from chaoscad.family import Family
    from chaoscad.feasibility import Feasibility
    from chaoscad.gate import Setpoint
    from chaoscad.netlist import Gate, Netlist, Tie


@click.command("feasible")
@click.argument("netlist", type=click.Path())
@click.option("--gate", "names", multiple=True, help="Only this gate; may be given again.")
@click.option(
    "--epsilon",
    type=float,
    help="The margin that counts as none.  [default: 0.001 of the range of the gate's values]",
)
@click.option(
    "--accuracy",
    type=FiniteRange(1e-4, 1.0),
    default=0.01,
    show_default=True,
    help="How tightly the best margin is bounded, relatively.",
)
@click.option(
    "--boxes",
    type=click.IntRange(1, 100_000_000),
    default=2_000_000,
    show_default=True,
    help="Budget of the search, per gate or family.",
)
@allow_outside
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
def command(
    netlist: str,
    names: tuple[str, ...],
    epsilon: float | None,
    accuracy: float,
    boxes: int,
    outside: bool,
    as_json: bool,
) -> int:
    """Prove what the gates of a netlist can and cannot do.

    For every gate with a function, interval branch and bound over x0 and the weights finds the best
    margin, between one that is attained and one that is proven, or proves that there is none. Gates
    whose weights are tied are one element in several settings: they are asked about together too, over
    what they share. For flows, of which there is no proof, it is the best margin found that integrators
    agree on. Other ties are not considered: what is feasible alone is not proven together. The exit
    status is 3 unless all is feasible and every tie was considered.
    """
    from chaoscad.errors import ChaoscadError, Diagnostic, nearest, shown
    from chaoscad.family import families
    from chaoscad.feasibility import (
        best_found,
        feasibility,
        feasible_family,
        with_family_remedies,
        with_remedies,
    )
    from chaoscad.netlist import check, unrolled
    from chaoscad.systems import Flow

    if epsilon is not None and not 0 < epsilon < float("inf"):
        raise click.UsageError(f"--epsilon is {epsilon:g}; it is a positive number")
    circuit, warnings = check(netlist, outside=outside)
    for warning in warnings:
        click.echo(str(warning), err=True)
    if circuit.configurations:
        circuit = unrolled(circuit)
    known = [gate.name for gate in circuit.gates]
    for name in names:
        if name not in known:
            hint = nearest(name, known) or "the gates are " + ", ".join(known[:20])
            raise ChaoscadError(Diagnostic(f"there is no gate {shown(name)}", netlist, hint=hint))
    gates = [gate for gate in circuit.gates if not names or gate.name in names]
    asked = [gate for gate in gates if gate.function is not None]
    if not asked:
        message = "no gate has a function: free gates can be asked about once they have one"
        raise ChaoscadError(Diagnostic(message, netlist))
    answers: dict[str, Feasibility] = {}
    for gate in asked:
        assert gate.function is not None
        with _placed(gate, netlist):
            if isinstance(gate.setting.system, Flow):
                found = best_found(gate)
            else:
                found = feasibility(gate, epsilon=epsilon, accuracy=accuracy, boxes=boxes)
        answers[gate.name] = with_remedies(gate, gate.function, found)
    together: list[tuple[Family, Feasibility]] = []
    for family in families(asked, circuit.sharing):
        if any(len(gate.variants) > 1 for gate in family.gates):
            # What holds of their first iterates, times and comparators holds of no others.
            continue
        if any(answers[gate.name].verdict == "infeasible" for gate in family.gates):
            # What one gate cannot do alone, it cannot do with others.
            continue
        with _placed(family.gates[0], netlist):
            found = feasible_family(family, epsilon=epsilon, accuracy=accuracy, boxes=boxes)
        together.append((family, with_family_remedies(family, found)))
    tied = {
        name: [
            tie.parameter
            for tie in circuit.sharing
            if name in tie.gates and not _within(tie, together)
        ]
        for name in answers
    }
    every = all(found.verdict == "feasible" for found in answers.values())
    every = every and all(found.verdict == "feasible" for _, found in together)
    every = every and not any(tied.values())
    if as_json:
        data: dict[str, Any] = {
            "ok": every,
            "gates": {
                name: {**found.to_data(), "ties_not_considered": tied[name]}
                for name, found in answers.items()
            },
            "families": [
                {"gates": list(found.family), "controls": list(family.controls), **found.to_data()}
                for family, found in together
            ],
        }
        echo_json(data)
    else:
        _print(circuit, answers, together, tied)
    return 0 if every else ANSWER_IS_NO


@contextmanager
def _placed(gate: Gate, netlist: str) -> Iterator[None]:
    """Errors about a gate, with its place in the file."""
    from chaoscad.errors import ChaoscadError, Diagnostic

    try:
        yield
    except ChaoscadError as error:
        place = gate.file or netlist, gate.line, gate.column
        raise ChaoscadError(
            [Diagnostic(item.message, *place, item.hint) for item in error.diagnostics]
        ) from None


def _within(tie: Tie, together: Sequence[tuple[Family, Feasibility]]) -> bool:
    """Whether a family was asked about in which the tie holds."""
    from chaoscad.family import PARAMETERS

    known = tie.parameter in PARAMETERS
    return known and any(set(found.family) >= set(tie.gates) for _, found in together)


def _print(
    circuit: Netlist,
    answers: Mapping[str, Feasibility],
    together: Sequence[tuple[Family, Feasibility]],
    tied: Mapping[str, Sequence[str]],
) -> None:
    from chaoscad.cli import render
    from chaoscad.netlist import title

    out, number = render.console(), render.number
    made = render.table(
        *("gate", "function", "verdict", "best margin", "at most", "boxes", "x0", "delta"),
        "threshold",
        right=("best margin", "at most", "boxes", "x0", "threshold"),
    )

    def shown(point: Setpoint | None, compare: str) -> tuple[str, ...]:
        if point is None:
            return "", "", ""
        weights = " ".join(number(weight) for weight in point.delta)
        return number(point.x0), weights, f"{compare} {number(point.threshold)}"

    several = {name for _, found in together for name in found.family}
    for gate in circuit.gates:
        found = answers.get(gate.name)
        if found is None:
            continue
        alone = found.setpoint and (tied[gate.name] or gate.name in several)
        made.add_row(
            render.printable(gate.name),
            render.printable("" if gate.function is None else title(gate.function)),
            found.verdict + (" alone" if alone else ""),
            number(found.lower) if found.setpoint else "",
            number(found.upper) if found.upper < float("inf") else "",
            str(found.boxes),
            *shown(found.setpoint, gate.compare),
        )
    out.print(made)
    for family, found in together:
        if not found.setpoints:
            continue
        bound = f", at most {number(found.upper)}" if found.upper < float("inf") else ""
        controls = " and ".join(family.controls) or "nothing but iterates"
        text = f"{render.quoted(found.family)} together, {controls} differing: worst margin "
        out.print(text + number(found.lower) + bound, markup=False, soft_wrap=True)
        each = render.table("gate", "x0", "delta", "threshold", right=("x0", "threshold"))
        for gate, point in zip(family.gates, found.setpoints, strict=True):
            each.add_row(render.printable(gate.name), *shown(point, gate.compare))
        out.print(each)
    unsure = [(f"gate {name!r}", found) for name, found in answers.items()]
    unsure += [(render.quoted(found.family) + " together", found) for _, found in together]
    proven = {who: found for who, found in answers.items() if found.verdict == "infeasible"}
    proven |= {found.family[0]: found for _, found in together if found.verdict == "infeasible"}
    for line in render.infeasible_text(proven):
        out.print(line, markup=False, soft_wrap=True)
    for who, found in unsure:
        if found.verdict == "undecided":
            out.print(f"{who}: undecided: {found.reason}", markup=False, soft_wrap=True)
    for tie in circuit.sharing:
        if any(name in answers for name in tie.gates) and not _within(tie, together):
            names = ", ".join(repr(name) for name in tie.gates)
            out.print(
                f"gates {names} are tied in {tie.parameter}: ties were not considered, and together "
                "they may do less",
                markup=False,
                soft_wrap=True,
            )
