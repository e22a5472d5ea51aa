"""`chaoscad map`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from chaoscad.cli.circuit_file import (
    is_standard,
    load_logic,
    output_kind,
    read_standard,
    standard_options,
)
from chaoscad.cli.main import echo_json
from chaoscad.cli.objective import objective_options, tolerance_given
from chaoscad.cli.options import FiniteRange, allow_outside, force_option
from chaoscad.cli.written import check_free
from chaoscad.errors import counted

if TYPE_CHECKING:
    from chaoscad.cells import Library
    from chaoscad.logic import Logic
    from chaoscad.mapping import Effort
    from chaoscad.netlist import Netlist
    from chaoscad.verification.equivalence import Equivalence


@click.command("map")
@click.argument("file", type=click.Path())
@click.option(
    "-k",
    "--inputs",
    type=click.IntRange(2, 6),
    default=4,
    show_default=True,
    help="Most inputs of a gate.",
)
@click.option(
    "--effort",
    type=click.Choice(["depth", "area"]),
    default="depth",
    show_default=True,
    help="What to have little of: levels, or gates, which takes longer.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(),
    help="The netlist (.yaml), or its logic alone (.bench, .blif); '-' for stdout.  "
    "[default: NAME.yaml]",
)
@standard_options
@click.option("--format", "format_", help="The file's format.  [default: by its name]")
@click.option(
    "--margin",
    type=FiniteRange(0.0, min_open=True),
    help="The margin that every gate must have.  [default: 0.1; none with --objective yield]",
)
@objective_options
@click.option("--library", "library_file", type=click.Path(), help="This cell library instead.")
@click.option("--check/--no-check", default=True, help="Prove the result equal to the file.")
@click.option(
    "--time-limit",
    type=FiniteRange(0.0, min_open=True),
    default=300.0,
    show_default=True,
    help="Seconds that ABC may take, and the proof.",
)
@allow_outside
@force_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
def command(
    file: str,
    inputs: int,
    effort: Effort,
    output: str | None,
    format_: str | None,
    margin: float | None,
    objective: str,
    tolerance: dict[str, str] | str | None,
    shared: dict[str, str] | str | None,
    noise: dict[str, float],
    library_file: str | None,
    check: bool,
    time_limit: float,
    outside: bool,
    force: bool,
    as_json: bool,
    **options: Any,
) -> int:
    """Turn any logic into few chaogates.

    FILE is a .bench, BLIF, AIGER or Verilog file, or a netlist whose gates have functions. ABC
    covers it by functions of at most -k inputs, in few levels or, with --effort area, by few of
    them; each becomes a gate with the fewest iterates for which the cell library has the margin.
    With --objective yield it becomes the cell that fails least under the tolerance and the noise,
    of all iterates and both comparators: the one whose rows' probabilities to be wrong have the
    least sum; the netlist fixes its parameters. The result is proven equal to FILE before it is
    written. `chaoscad optimize` then designs it by look-up.
    """
    from chaoscad.files import write_text
    from chaoscad.formats import dumps
    from chaoscad.mapping import map_logic
    from chaoscad.netlist import dump_yaml, to_logic
    from chaoscad.systems import setting

    if output == "-" and as_json:
        raise click.UsageError("-o - and --json both write to stdout; give one of them")
    kind = output_kind(output)
    logic = _logic(file, format_, outside, options)
    path = output or f"{_safe(logic)}.yaml"
    if path != "-":
        check_free(path, force, [file, *options["liberty"]])
    library = _library(library_file)
    system = setting("logistic") if library is None else library.setting
    stands = tolerance_given(system, objective, tolerance, shared, noise)
    netlist = map_logic(
        logic,
        inputs,
        effort=effort,
        library=library,
        margin=margin,
        tolerance=stands,
        time_limit=time_limit,
    )
    covered = to_logic(netlist)
    proof = _proof(logic, covered, file, time_limit) if check else None
    text = dump_yaml(netlist) if kind == "yaml" else dumps(covered, kind)
    if path == "-":
        click.echo(text, nl=False)
    else:
        write_text(path, text)
    if as_json:
        echo_json(_data(netlist, logic, covered, proof, path))
        return 0
    _print(netlist, logic, covered, proof, path)
    return 0


def _logic(file: str, format_: str | None, outside: bool, options: Mapping[str, Any]) -> Logic:
    from chaoscad.formats.file import stem

    if format_ is None and file.endswith((".yaml", ".yml", ".json")):
        is_standard(file, options)
        return load_logic(file, outside)
    logic = read_standard(file, outside, options, format_)
    return replace(logic, name=options["top"] or stem(file))


def _safe(logic: Logic) -> str:
    from chaoscad.netlist.from_logic import file_name

    return file_name(logic.name)


def _library(path: str | None) -> Library | None:
    from chaoscad.cells import load

    return None if path is None else load(path)


def _proof(logic: Logic, covered: Logic, file: str, time_limit: float) -> Equivalence:
    from chaoscad.errors import ChaoscadError, Diagnostic
    from chaoscad.verification.equivalence import equivalent

    proof = equivalent(logic, covered, time_limit=time_limit)
    if not proof.equal:
        message = f"the cover is not proven equal to the file: {proof.verdict}, by {proof.method}"
        hint = (
            "nothing was written; --time-limit gives it longer, --no-check writes it all the same"
        )
        raise ChaoscadError(Diagnostic(message, file, hint=hint))
    return proof


def _data(
    netlist: Netlist, logic: Logic, covered: Logic, proof: Equivalence | None, path: str
) -> dict[str, object]:
    from chaoscad.mapping import MOST_CHOSEN

    return {
        "ok": True,
        "file": path,
        "inputs": len(netlist.inputs),
        "outputs": len(netlist.outputs),
        "original_gates": len(logic.nodes),
        "gates": len(netlist.gates),
        "levels": covered.depth,
        "choices": len(logic.nodes) <= MOST_CHOSEN,
        "iterates": {str(n): count for n, count in _iterates(netlist).items()},
        "equal": None if proof is None else proof.equal,
        "method": None if proof is None else proof.method,
    }


def _iterates(netlist: Netlist) -> dict[int, int]:
    return dict(sorted(Counter(gate.iterates for gate in netlist.gates).items()))


def _print(
    netlist: Netlist, logic: Logic, covered: Logic, proof: Equivalence | None, path: str
) -> None:
    from chaoscad.mapping import MOST_CHOSEN

    to_stderr = path == "-"
    by_iterates = ", ".join(f"{count} of n = {n}" for n, count in _iterates(netlist).items())
    before, after = counted(len(logic.nodes), "gate"), counted(len(netlist.gates), "gate")
    click.echo(
        f"{netlist.name}: {before} became {after} in "
        f"{counted(covered.depth, 'level')} ({by_iterates} iterates)",
        err=to_stderr,
    )
    if len(logic.nodes) > MOST_CHOSEN:
        click.echo(
            f"covered without structural choices, which circuits of more than {MOST_CHOSEN:,} gates "
            "would wait long for",
            err=to_stderr,
        )
    if proof is not None:
        click.echo(f"proven equal to the file: {proof.method}", err=to_stderr)
    if path != "-":
        click.echo(f"written to {path}", err=True)
