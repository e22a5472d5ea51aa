"""`chaoscad show`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from chaoscad.cli.circuit_file import is_design
from chaoscad.cli.main import echo_json
from chaoscad.cli.options import allow_outside, configuration_option

if TYPE_CHECKING:
    from chaoscad.design import Reconfigurable


@click.command("show")
@click.argument("file", type=click.Path())
@click.option("--rows", is_flag=True, help="List every row of every gate of a design.")
@click.option("--all", "everything", is_flag=True, help="List every gate of a large circuit.")
@configuration_option
@allow_outside
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
def command(
    file: str,
    rows: bool,
    everything: bool,
    configuration: str | None,
    outside: bool,
    as_json: bool,
) -> int:
    """Show a netlist or a design: its gates, their parameters and margins."""
    from chaoscad.files import read_text
    from chaoscad.netlist.kind import refuse_others

    refuse_others("netlist", None, file)
    if is_design(read_text(file)):
        return _design(file, rows, everything, as_json, configuration)
    if rows:
        raise click.UsageError("--rows needs a design file; a netlist has no parameters yet")
    if configuration is not None:
        raise click.UsageError("--configuration is for designs")
    return _netlist(file, everything, outside, as_json)


def _reconfigurable(design: Reconfigurable, rows: bool, as_json: bool) -> int:
    from chaoscad.cli import reconfigured, render
    from chaoscad.design import to_json

    if rows:
        raise click.UsageError("--rows needs one configuration: --configuration NAME")
    if as_json:
        from chaoscad.switching import switching

        echo_json({"design": to_json(design), "switching": switching(design).to_data()})
        return 0
    out = render.console()
    title = f"{design.name}: {design.netlist.description}".rstrip(": ")
    out.print(render.printable(title), markup=False)
    out.print(render.printable(reconfigured.summary(design)), markup=False)
    out.print()
    reconfigured.print_design(out, design)
    reconfigured.print_switching(out, design)
    return 0


def _design(
    file: str, rows: bool, everything: bool, as_json: bool, configuration: str | None
) -> int:
    from chaoscad.cli import gate_tables, render
    from chaoscad.design import Design, load, load_any, to_json
    from chaoscad.verification import end_of_curve, reaches, verify

    loaded = load_any(file)
    if configuration is not None:
        loaded = load(file, configuration)
    if not isinstance(loaded, Design):
        return _reconfigurable(loaded, rows, as_json)
    design = loaded
    ends = [end_of_curve(name, reach) for name, reach in reaches(design).items()]
    render.warn([sentence for sentence in ends if sentence is not None])
    if as_json:
        data = to_json(design)
        if rows:
            data = {"design": data, "rows": _rows(design)}
        echo_json(data)
        return 0
    out = render.console()
    summary = design.verification
    out.print(
        render.printable(f"{design.name}: {design.netlist.description}".rstrip(": ")),
        markup=False,
    )
    out.print(
        f"{design.status}; {summary.rows - summary.wrong_rows} of {summary.rows} rows right, worst "
        f"margin {render.number(summary.worst_margin)}; seed {design.provenance.get('seed')}",
        markup=False,
    )
    out.print()
    if len(design.gates) <= render.MOST_GATES or everything:
        out.print(gate_tables.design_table(design))
        for line in gate_tables.room_note(design):
            out.print(line, markup=False)
        out.print()
        for line in render.circuit_text(design.netlist, render.functions_of(design)):
            out.print(line, markup=False, soft_wrap=True)
        if rows:
            out.print()
            out.print(render.rows_table(design, verify(design)))
    else:
        from chaoscad.cli.large import print_summary

        print_summary(out, design)
    return 0


def _rows(design: object) -> dict[str, list[dict[str, object]]]:
    from chaoscad.design import Design
    from chaoscad.documents import known, word
    from chaoscad.verification import verify

    assert isinstance(design, Design)
    found: dict[str, list[dict[str, object]]] = {}
    for gate, verdict in zip(design.gates, verify(design).gates, strict=True):
        reach = verdict.reach
        found[gate.name] = [
            {
                "row": format(row, f"0{gate.arity}b"),
                "state": word(float(verdict.rows.states[row])),
                "value": word(float(verdict.rows.values[row])),
                "bit": int(verdict.rows.bits[row]),
                "wanted": wanted,
                "room": known(float(min(reach.declared[row], reach.measured[row]))),
                "input_margin": known(float(reach.crossing[row])),
            }
            for row, wanted in enumerate(gate.function.rows)
        ]
    return found


def _netlist(file: str, everything: bool, outside: bool, as_json: bool) -> int:
    from chaoscad.cli import gate_tables, render
    from chaoscad.cli.check import sentence, summary
    from chaoscad.netlist import check, title, to_data

    netlist, warnings = check(file, outside=outside)
    for warning in warnings:
        click.echo(str(warning), err=True)
    if as_json:
        echo_json(to_data(netlist))
        return 0
    out = render.console()
    out.print(render.printable(f"{netlist.name}: {netlist.description}".rstrip(": ")), markup=False)
    out.print(sentence(summary(netlist)))
    if len(netlist.gates) <= render.MOST_GATES or everything:
        out.print()
        out.print(gate_tables.netlist_table(netlist))
        out.print()
        functions = {
            gate.name: title(gate.function) if gate.function is not None else "?"
            for gate in netlist.gates
        }
        for line in render.circuit_text(netlist, functions):
            out.print(line, markup=False, soft_wrap=True)
    else:
        from chaoscad.cli.large import print_summary

        out.print()
        print_summary(out, netlist)
    for circuit, names in _instances(netlist).items():
        shown = ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")
        line = render.printable(f"instance {shown} of {circuit}")
        out.print(line, markup=False, soft_wrap=True)
    for target in netlist.targets:
        out.print(f"target   {target.output} = {target.text}", markup=False, soft_wrap=True)
    return 0


def _instances(netlist: Any) -> dict[str, list[str]]:
    """The instances of every circuit."""
    found: dict[str, list[str]] = {}
    for instance in netlist.instances:
        found.setdefault(instance.circuit, []).append(instance.name)
    return found
