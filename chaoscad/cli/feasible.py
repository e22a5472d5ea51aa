"""`chaoscad feasible`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from chaoscad.cli.main import ANSWER_IS_NO, echo_json
from chaoscad.cli.options import FiniteRange, allow_outside

if TYPE_CHECKING:
    from chaoscad.feasibility import Feasibility
    from chaoscad.netlist import Netlist


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
    help="Budget of the search, per gate.",
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
    margin, between one that is attained and one that is proven, or proves that there is none. For
    flows, of which there is no proof, it is the best margin found that integrators agree on. Ties are
    not considered: gates that share a parameter are asked about one by one, and what is feasible alone
    is not proven together. The exit status is 3 unless every gate is feasible, and none is tied.
    """
    from chaoscad.errors import ChaoscadError, Diagnostic, nearest, shown
    from chaoscad.feasibility import best_found, feasibility, with_remedies
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
        try:
            if isinstance(gate.setting.system, Flow):
                found = best_found(gate)
            else:
                found = feasibility(gate, epsilon=epsilon, accuracy=accuracy, boxes=boxes)
        except ChaoscadError as error:
            raise ChaoscadError(
                [
                    Diagnostic(
                        item.message, gate.file or netlist, gate.line, gate.column, item.hint
                    )
                    for item in error.diagnostics
                ]
            ) from None
        answers[gate.name] = with_remedies(gate, gate.function, found)
    tied = {name: [tie.parameter for tie in circuit.ties if name in tie.gates] for name in answers}
    every = all(found.verdict == "feasible" for found in answers.values())
    every = every and not any(tied.values())
    if as_json:
        data: dict[str, Any] = {
            "ok": every,
            "gates": {
                name: {**found.to_data(), "ties_not_considered": tied[name]}
                for name, found in answers.items()
            },
        }
        echo_json(data)
    else:
        _print(circuit, answers, tied)
    return 0 if every else ANSWER_IS_NO


def _print(
    circuit: Netlist, answers: Mapping[str, Feasibility], tied: Mapping[str, Sequence[str]]
) -> None:
    from chaoscad.cli import render
    from chaoscad.netlist import title

    made = render.table(
        *("gate", "function", "verdict", "best margin", "at most", "boxes", "x0", "delta"),
        "threshold",
        right=("best margin", "at most", "boxes", "x0", "threshold"),
    )
    number = render.number
    for gate in circuit.gates:
        found = answers.get(gate.name)
        if found is None:
            continue
        point = found.setpoint
        made.add_row(
            render.printable(gate.name),
            render.printable("" if gate.function is None else title(gate.function)),
            found.verdict + (" alone" if tied[gate.name] and point else ""),
            number(found.lower) if point else "",
            number(found.upper) if found.upper < float("inf") else "",
            str(found.boxes),
            number(point.x0) if point else "",
            " ".join(number(weight) for weight in point.delta) if point else "",
            f"{gate.compare} {number(point.threshold)}" if point else "",
        )
    out = render.console()
    out.print(made)
    for name, found in answers.items():
        if found.verdict == "infeasible":
            for line in render.infeasible_text(name, found):
                out.print(line, markup=False, soft_wrap=True)
        elif found.verdict == "undecided":
            out.print(f"gate {name!r}: undecided: {found.reason}", markup=False, soft_wrap=True)
    for tie in circuit.ties:
        if any(name in answers for name in tie.gates):
            names = ", ".join(repr(name) for name in tie.gates)
            out.print(
                f"gates {names} are tied in {tie.parameter}: ties were not considered, and together "
                "they may do less",
                markup=False,
                soft_wrap=True,
            )
