"""`chaoscad generate`."""

from __future__ import annotations

from typing import Any

import click

from chaoscad.cli.main import echo_json
from chaoscad.cli.options import force_option


@click.command("generate")
@click.argument("kind", required=False)
@click.option("--width", type=int, help="How wide; what it counts depends on the kind.")
@click.option("--width2", type=int, help="Bits of b, of an array_multiplier.  [default: --width]")
@click.option("--cin", is_flag=True, default=None, help="A carry comes in, of an adder.")
@click.option("--direction", help="rotate, left or right, of a barrel_shifter.  [default: rotate]")
@click.option("--gates", type=int, help="How many gates, of a random circuit.  [default: 100]")
@click.option("--seed", type=int, help="Of a random circuit's choices.  [default: 0]")
@click.option(
    "--free",
    is_flag=True,
    default=None,
    help="Leave the gates' functions out, and give the outputs a reference circuit as target.",
)
@click.option("--system", help="Of every gate: a name, or {name: logistic, a: 3.9}.")
@click.option("--iterates", type=int, help="Of every gate.  [default: 1]")
@click.option("--weights", type=click.Choice(["independent", "shared"]), help="Of every gate.")
@click.option("--list", "as_list", is_flag=True, help="List the kinds and what they take.")
@click.option(
    "-o",
    "--output",
    type=click.Path(),
    help="The netlist's file, '-' for stdout.  [default: NAME.yaml]",
)
@force_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
def command(
    kind: str | None,
    width: int | None,
    as_list: bool,
    output: str | None,
    force: bool,
    as_json: bool,
    **given: Any,
) -> int:
    """Write the netlist of a standard circuit: an adder, a multiplier, a decoder, ...

    Every gate has two inputs, or one, and its function. Bit 0 of a word is the least significant.
    """
    if as_list:
        return _list(as_json)
    if kind is None:
        raise click.UsageError("which kind of circuit? --list lists them")
    options = {name: value for name, value in given.items() if value is not None}
    netlist = _generate(kind, width, options)
    return _write(netlist, output, force, as_json)


def _generate(kind: str, width: int | None, options: dict[str, Any]) -> Any:
    from chaoscad.errors import ChaoscadError
    from chaoscad.netlist.generators import GENERATORS, generate

    try:
        if kind in GENERATORS and width is None:
            known = GENERATORS[kind]
            message = f"--width is missing: {known.width}, {known.least} to {known.most}"
            raise click.UsageError(message)
        if "system" in options:
            options["system"] = _system(options["system"])
        return generate(kind, width or 0, **options)
    except ChaoscadError as error:
        found = [
            item.message + (f"; {item.hint}" if item.hint else "") for item in error.diagnostics
        ]
        raise click.UsageError("; ".join(found)) from None


def _system(text: str) -> Any:
    """The system that an option names, as netlists do."""
    from chaoscad.errors import ChaoscadError, Diagnostic
    from chaoscad.files import lines_of
    from chaoscad.netlist import parse

    if len(lines_of(text)) != 1:
        raise ChaoscadError("--system is one line: a name, or {name: logistic, a: 3.9}")
    # A netlist of one gate: what is refused, and how, is then the same everywhere.
    block = (
        f"system: {text}\nchaoscad: 1\ninputs: [a]\noutputs: [y]\n"
        "gates: {y: {inputs: [a], function: BUF}}\n"
    )
    try:
        return parse(block)[0].gates[0].setting
    except ChaoscadError as error:
        raise ChaoscadError(
            [Diagnostic(f"--system: {item.message}", hint=item.hint) for item in error.diagnostics]
        ) from None


def _write(netlist: Any, output: str | None, force: bool, as_json: bool) -> int:
    from chaoscad.cli.check import sentence, summary
    from chaoscad.cli.written import check_free
    from chaoscad.files import write_text
    from chaoscad.netlist import dump_yaml

    path = f"{netlist.name}.yaml" if output is None else output
    if path == "-":
        if as_json:
            raise click.UsageError("-o - and --json both write to stdout; give one of them")
        click.echo(dump_yaml(netlist), nl=False)
        return 0
    check_free(path, force)
    write_text(path, dump_yaml(netlist))
    counts = summary(netlist)
    if as_json:
        echo_json({"ok": True, "written": path, "summary": counts})
    else:
        click.echo(f"{netlist.name}: {sentence(counts)}")
        click.echo(f"written to {path}")
    return 0


def _list(as_json: bool) -> int:
    from chaoscad.netlist.generators import GENERATORS

    if as_json:
        kinds = [
            {
                "kind": kind.name,
                "computes": kind.meaning,
                "width": kind.width,
                "least": kind.least,
                "most": kind.most,
                "options": {item.name: item.meaning for item in kind.parameters},
            }
            for kind in GENERATORS.values()
        ]
        echo_json({"ok": True, "kinds": kinds})
        return 0
    widest = max(len(name) for name in GENERATORS)
    for kind in GENERATORS.values():
        click.echo(f"{kind.name:{widest}}  {kind.meaning}")
        click.echo(f"{'':{widest}}    --width: {kind.width}, {kind.least} to {kind.most}")
        for item in kind.parameters:
            click.echo(f"{'':{widest}}    --{item.name}: {item.meaning}")
    return 0
