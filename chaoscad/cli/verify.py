"""`chaoscad verify`."""

from __future__ import annotations

from typing import Any

import click

from chaoscad.cli.main import ANSWER_IS_NO, FAILED, echo_json


@click.command("verify")
@click.argument("designs", nargs=-1, required=True, type=click.Path())
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
def command(designs: tuple[str, ...], as_json: bool) -> int:
    """Evaluate design files again, row by row, and compare.

    Every gate is evaluated in float64 at each of its rows, the circuit on every row of its inputs;
    ranges, fixed values and ties are checked; and what the file claims is compared with what is
    found. The exit status is 3 when anything differs.
    """
    from chaoscad.cli import render
    from chaoscad.design import load
    from chaoscad.errors import ChaoscadError
    from chaoscad.verification import claims, verify

    failed = False
    entries: list[dict[str, Any]] = []
    for path in designs:
        try:
            design = load(path)
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
        verification = verify(design)
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
                f"{verification.rows - verification.wrong_rows} of {verification.rows} rows right, "
                f"worst margin {render.number(verification.worst_margin)}"
            )
        if not passed:
            for sentence in [*verification.findings(), *differences][:20]:
                click.echo(f"  {sentence}", err=True)
            for line in render.wrong_rows(verification):
                click.echo(f"  {line}", err=True)
    passed = all(entry["ok"] for entry in entries)
    if as_json:
        echo_json({"ok": passed, "files": entries})
    return FAILED if failed else 0 if passed else ANSWER_IS_NO
