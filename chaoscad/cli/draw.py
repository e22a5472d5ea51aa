"""`chaoscad draw`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click

from chaoscad.cli.circuit_file import is_standard, load_circuit, read_standard, standard_options
from chaoscad.cli.main import echo_json
from chaoscad.cli.options import allow_outside, configuration_option, force_option


@click.command("draw")
@click.argument("file", type=click.Path())
@click.option(
    "-o",
    "--output",
    type=click.Path(),
    help="The picture: .svg, .png or .pdf.  [default: NAME.svg]",
)
@click.option(
    "--output-net",
    "nets",
    multiple=True,
    metavar="NAME",
    help="Draw only the gates that this net depends on; may be given again.",
)
@configuration_option
@standard_options
@allow_outside
@force_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
def command(
    file: str,
    output: str | None,
    nets: tuple[str, ...],
    configuration: str | None,
    outside: bool,
    force: bool,
    as_json: bool,
    **options: Any,
) -> int:
    """Draw a circuit: a netlist, a design, or a standard netlist (.bench, .blif, .v, .sv, .aig).

    Inputs stand on the left, outputs on the right, gates between them by level, each with its name
    and function; those of a design have the colours of their margins. Of more than 150 gates the text
    is left out, and of more than 2,000 only a part is drawn: --output-net says which. A standard
    netlist is called like its file.
    """
    from chaoscad.cli.written import check_free
    from chaoscad.errors import ChaoscadError, Diagnostic
    from chaoscad.formats.file import stem
    from chaoscad.plot.save import check_figure_path, save

    if is_standard(file, options):
        circuit = replace(read_standard(file, outside, options), name=stem(file))
    else:
        circuit = load_circuit(file, outside, configuration)
    path = output or f"{_plain(circuit.name)}.svg"
    check_figure_path(path)
    check_free(path, force, [file])
    from chaoscad.plot.circuit import draw_circuit

    try:
        figure = draw_circuit(circuit, nets)
    except ChaoscadError as error:
        raise ChaoscadError(
            [Diagnostic(item.message, file, hint=item.hint) for item in error.diagnostics]
        ) from None
    save(figure, path)
    if as_json:
        echo_json({"ok": True, "name": circuit.name, "nets": list(nets), "figure": path})
    else:
        click.echo(f"drawn to {path}")
    return 0


def _plain(name: str) -> str:
    """A name as a file's name."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "_-") else "_" for c in name)
    return plain[:100] or "circuit"
