"""`chaoscad import`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from chaoscad.cli.circuit_file import output_kind, read_standard, standard_options
from chaoscad.cli.main import echo_json
from chaoscad.cli.options import allow_outside, force_option
from chaoscad.cli.written import check_free

if TYPE_CHECKING:
    from chaoscad.netlist import Netlist


@click.command("import")
@click.argument("file", type=click.Path())
@click.option(
    "-o",
    "--output",
    type=click.Path(),
    help="A netlist (.yaml), or a file of another format (.bench, .blif); '-' for stdout.  "
    "[default: NAME.yaml]",
)
@standard_options
@click.option(
    "--format",
    "format_",
    help="bench, blif, verilog, systemverilog or aiger.  [default: by the file's name]",
)
@click.option("--system", default="logistic", show_default=True, help="The system of every gate.")
@click.option(
    "--iterates",
    type=click.IntRange(min=1),
    help="Of every gate.  [default: by the cell library where it has the function, else 1]",
)
@allow_outside
@force_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
def command(
    file: str,
    output: str | None,
    format_: str | None,
    system: str,
    iterates: int | None,
    outside: bool,
    force: bool,
    as_json: bool,
    **options: Any,
) -> int:
    """Turn a standard netlist into one of chaogates.

    Reads .bench, BLIF, AIGER, and, through yosys, Verilog and SystemVerilog. Every gate becomes a
    chaogate with its function. The circuit is called like the file, or like its --top.
    """
    from chaoscad.files import write_text
    from chaoscad.formats import dumps
    from chaoscad.formats.file import stem
    from chaoscad.netlist import dump_yaml, from_logic

    if output == "-" and as_json:
        raise click.UsageError("-o - and --json both write to stdout; give one of them")
    kind, top = output_kind(output), options["top"]
    logic = read_standard(file, outside, options, format_)
    if top is None and logic.name != stem(file):
        where = f"the circuit of {file} is {logic.name}"
        click.echo(f"{where}; if there are others, --top chooses one", err=True)
    logic = replace(logic, name=top or stem(file))
    if kind == "yaml":
        netlist = from_logic(logic, system=system, iterates=iterates or 1)
        if iterates is None:
            netlist = _with_cells(netlist)
        text, name = dump_yaml(netlist), netlist.name
    else:
        text, name = dumps(logic, kind), logic.name
    counts = {
        "inputs": len(logic.inputs),
        "outputs": len(logic.outputs),
        "gates": len(logic.nodes),
        "levels": logic.depth,
    }
    if output == "-":
        click.echo(text, nl=False)
        click.echo(f"{name}: {_sentence(counts)}", err=True)
        return 0
    path = output or f"{name}.yaml"
    check_free(path, force, [file, *options["liberty"]])
    write_text(path, text)
    if as_json:
        echo_json({"ok": True, "name": name, **counts, "written": path})
    else:
        click.echo(f"{name}: {_sentence(counts)}")
        click.echo(f"written to {path}", err=True)
    return 0


def _with_cells(netlist: Netlist) -> Netlist:
    """The iterates and comparators that the cell library of the gates' system has for them."""
    from chaoscad.cells import library
    from chaoscad.mapping import with_cells

    cells = library(netlist.gates[0].setting)
    return netlist if cells is None else with_cells(netlist, cells, strict=False)


def _sentence(counts: dict[str, Any]) -> str:
    """The counts in words."""
    return ", ".join(
        f"{count} {noun.removesuffix('s') if count == 1 else noun}"
        for noun, count in counts.items()
    )
