"""`chaoscad verify`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from chaoscad.cli.circuit_file import load_logic, standard_options
from chaoscad.cli.main import ANSWER_IS_NO, FAILED, echo_json
from chaoscad.cli.options import (
    FiniteRange,
    allow_outside,
    configuration_option,
    force_option,
    global_option,
    tolerance_option,
)

if TYPE_CHECKING:
    from chaoscad.design import Reconfigurable


@click.command("verify")
@click.argument("designs", nargs=-1, required=True, type=click.Path())
@click.option(
    "--against",
    "reference",
    type=click.Path(),
    help="A circuit that the designs must equal: .bench, .blif, .v, .sv, .aig, .aag, a netlist or "
    "a design.",
)
@click.option(
    "--time-limit",
    type=FiniteRange(0, min_open=True),
    default=300.0,
    show_default=True,
    help="Seconds for the proof of --against.",
)
@configuration_option
@tolerance_option
@global_option
@click.option(
    "-o",
    "--output",
    type=click.Path(),
    help="Write the design with its certified tolerance; of one design, with a tolerance.",
)
@force_option
@standard_options
@allow_outside
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
def command(
    designs: tuple[str, ...],
    reference: str | None,
    time_limit: float,
    configuration: str | None,
    tolerance: dict[str, str] | str | None,
    shared: dict[str, str] | str | None,
    output: str | None,
    force: bool,
    outside: bool,
    as_json: bool,
    **options: Any,
) -> int:
    """Evaluate design files again, row by row, and compare.

    Every gate is evaluated in float64 at each of its rows, the circuit on every row of its inputs;
    ranges, fixed values and ties are checked; and what the file claims is compared with what is
    found. With --against, each design is also proven equal to another circuit, by its ports' names,
    or a counterexample is shown. The exit status is 3 when anything differs or stays undecided.

    With --tolerance or --global, or where the netlist's `hardware` has them, the certified tolerance of
    every design is told: within how many sizes of it, all parameters off at once, every bit provably
    stays, and parameters just outside at which one does not. Flows have no proof, but such parameters.
    With -o the design file keeps it.
    """
    from chaoscad.cli import render
    from chaoscad.cli.certified import certified, keep, print_tolerance, wants_tolerance
    from chaoscad.design import Reconfigurable, load, load_any
    from chaoscad.errors import ChaoscadError
    from chaoscad.evidence import Evidence
    from chaoscad.verification import PortsDiffer, claims, equivalent

    if output is not None:
        from chaoscad.cli.written import check_all_free

        if len(designs) > 1:
            raise click.UsageError("-o writes one design; verify them one by one")
        # A file may be written over by itself with what is certified of it, as --force says.
        check_all_free({"-o": output}, force, [] if force else designs)
    against = None
    if reference is not None:
        against = load_logic(reference, outside, options)
    elif any(options.values()):
        raise click.UsageError("--top, --mux-order and --liberty are for the file of --against")
    failed = False
    entries: list[dict[str, Any]] = []
    for path in designs:
        try:
            design = load_any(path) if configuration is None else load(path, configuration)
        except ChaoscadError as error:
            failed = True
            for item in error.diagnostics:
                click.echo(str(item), err=True)
            entries.append(
                {
                    "file": path,
                    "ok": False,
                    "diagnostics": [item.to_data() for item in error.diagnostics],
                }
            )
            continue
        if isinstance(design, Reconfigurable):
            if against is not None or tolerance or shared or output:
                what = "--against, --tolerance, --global and -o take one configuration"
                raise click.UsageError(f"{what}: --configuration NAME")
            entries.append(_every_configuration(path, design, as_json))
            continue
        if output is not None and not wants_tolerance(design, tolerance, shared):
            raise click.UsageError(
                "-o keeps a certified tolerance, and nothing says what deviates; give --tolerance"
            )
        evidence = Evidence(design)
        verification = evidence.verification
        differences = claims(design, verification)
        passed = verification.passed and not differences
        entries.append(
            {
                "file": path,
                "ok": passed,
                "differences": differences,
                **render.verification_data(verification),
            }
        )
        if not as_json:
            click.echo(
                f"{path}: {'verified' if passed else 'NOT verified'}: "
                f"{render.rows_right(verification)}, "
                f"worst margin {render.number(verification.worst_margin)}, "
                f"least room {render.number(verification.least_room)}"
            )
        if not passed:
            for sentence in [*verification.findings(), *differences][:20]:
                click.echo(f"  {sentence}", err=True)
            for line in render.wrong_rows(verification):
                click.echo(f"  {line}", err=True)
        render.warn(verification.warnings())
        if wants_tolerance(design, tolerance, shared):
            if passed:
                try:
                    found = certified(evidence, tolerance, shared)
                except ChaoscadError as error:
                    failed = True
                    told = error.about(path).diagnostics
                    for item in told:
                        click.echo(str(item), err=True)
                    entries[-1] |= {"ok": False, "diagnostics": [item.to_data() for item in told]}
                    continue
                entries[-1]["tolerance"] = found.to_data()
                if output is not None:
                    keep(design, found, output)
                    entries[-1]["written"] = output
                if not as_json:
                    print_tolerance(found)
                    if output is not None:
                        click.echo(f"written to {output}")
            else:
                entries[-1]["tolerance"] = None
                click.echo("  no tolerance is certified of a design that does not verify", err=True)
        if against is None:
            continue
        logic = replace(evidence.logic, file=path)
        try:
            proof = equivalent(logic, replace(against, file=reference), time_limit=time_limit)
        except PortsDiffer as error:
            entries[-1] |= {"ok": False, "against": render.ports_data(str(reference), error)}
            if not as_json:
                click.echo(f"{path}: NOT equal to {reference}: their ports differ")
            for item in error.diagnostics[:20]:
                click.echo(f"  {item.message}" + (f"; {item.hint}" if item.hint else ""), err=True)
            continue
        entries[-1]["ok"] = passed and proof.equal
        entries[-1]["against"] = {"file": reference, **render.equivalence_data(proof)}
        if not as_json:
            render.print_equivalence(proof, path, str(reference))
    passed = all(entry["ok"] for entry in entries)
    if as_json:
        echo_json({"ok": passed, "files": entries})
    return FAILED if failed else 0 if passed else ANSWER_IS_NO


def _every_configuration(path: str, design: Reconfigurable, as_json: bool) -> dict[str, Any]:
    """Verify a design in every one of its configurations."""
    from chaoscad.cli import render
    from chaoscad.verification import claims, verify

    found: dict[str, Any] = {}
    passed = not design.differences
    for sentence in design.differences:
        click.echo(f"  {sentence}", err=True)
    for name, one in design.configurations.items():
        verification = verify(one)
        differences = claims(one, verification)
        right = verification.passed and not differences
        passed = passed and right
        data = render.verification_data(verification)
        found[name] = {"ok": right, "differences": differences, **data}
        if not as_json:
            click.echo(
                f"{path}: {name}: {'verified' if right else 'NOT verified'}: "
                f"{render.rows_right(verification)}, "
                f"worst margin {render.number(verification.worst_margin)}"
            )
        if not right:
            for sentence in [*verification.findings(), *differences][:20]:
                click.echo(f"  {sentence}", err=True)
    if not as_json:
        state = "one hardware, verified" if passed else "NOT verified"
        click.echo(f"{path}: {len(found)} configurations: {state}")
    return {
        "file": path,
        "ok": passed,
        "differences": list(design.differences),
        "configurations": found,
    }
