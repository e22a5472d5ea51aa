"""`chaoscad export`."""

from __future__ import annotations

from typing import Any

import click

from chaoscad.cli.main import ANSWER_IS_NO, echo_json

TARGETS = ("verilog", "spice", "c", "table", "blif")
"""The exporters' names; a test holds them against the exporters, which are heavy to import."""

FORMS = ("combinational", "pipelined", "reconfigurable", "pipelined-reconfigurable")


@click.command("export")
@click.argument("file", metavar="DESIGN", type=click.Path())
@click.option("--target", required=True, type=click.Choice(TARGETS), help="What to write.")
@click.option(
    "-o",
    "--output",
    type=click.Path(),
    help="The folder.  [default: NAME.TARGET]",
)
@click.option("--check", is_flag=True, help="Run it in the real tool; compare with the design.")
@click.option("--force", is_flag=True, help="Replace a folder that an export wrote.")
@click.option(
    "--form",
    type=click.Choice(FORMS),
    default=FORMS[0],
    show_default=True,
    help="Of a Verilog export.",
)
@click.option("--volts-per-unit", type=float, help="Volts that a state of 1 stands for.")
@click.option("--offset-volts", type=float, help="Volts that a state of 0 stands for.")
@click.option("--dac-bits", type=click.IntRange(1, 32), help="Bits of the converter.")
@click.option("--dac-range", type=float, nargs=2, metavar="LOW HIGH", help="Its range in volts.")
@click.option("--integer-bits", type=click.IntRange(0, 31), help="Of a fixed-point word.")
@click.option("--fraction-bits", type=click.IntRange(0, 31), help="Of a fixed-point word.")
@click.option(
    "--rounding",
    type=click.Choice(["truncate", "nearest"]),
    help="Of fixed-point iterates.  [default: as the design was tuned for, else truncate]",
)
@click.option("--reference-ohms", type=float, help="Resistor of the summing network.")
@click.option("--seconds-per-unit", type=float, help="Seconds of one unit of a flow's time.")
@click.option(
    "--rows",
    "most_rows",
    type=click.IntRange(2, 1 << 20),
    default=4096,
    show_default=True,
    help="Most rows that a bench walks; of more a sample.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
def command(
    file: str,
    target: str,
    output: str | None,
    check: bool,
    force: bool,
    form: Any,
    most_rows: int,
    seed: int,
    as_json: bool,
    **given: Any,
) -> int:
    """Write a design as a folder for a lab, a simulator or an FPGA.

    The folder holds all that its receiver needs: the files of the target, the design, a README and
    the names. With --check the files are run in ngspice, iverilog, a C compiler or yosys, and every
    row is compared with the design; the log goes into the folder, and the exit status is 3 when
    anything differs. What is not given by an option comes from the netlist's `hardware`.
    """
    from chaoscad.design import load
    from chaoscad.errors import ChaoscadError, Diagnostic
    from chaoscad.export import Options
    from chaoscad.export.handover import check_folder, export
    from chaoscad.export.model import hardware_of
    from chaoscad.netlist.hardware import unread_of

    design = load(file)
    for message in unread_of(design.netlist.hardware):
        click.echo(str(Diagnostic(message, file, severity="warning")), err=True)
    folder = output or f"{design.name}.{target}"
    check_folder(folder, force=force)
    try:
        options = Options(hardware_of(design, **given), form, most_rows, seed)
        written = export(design, target, folder, options=options, check=check, force=force)
    except ChaoscadError as error:
        raise ChaoscadError(
            [
                Diagnostic(item.message, item.file or file, item.line, item.column, item.hint)
                for item in error.diagnostics
            ]
        ) from None
    log = written.log
    passed = log is None or log.passed
    if as_json:
        data: dict[str, Any] = {
            "ok": passed,
            "target": target,
            "folder": folder,
            "files": list(written.files),
        }
        if log is not None:
            data["check"] = {"passed": log.passed, "rows": log.rows, "log": log.text}
        echo_json(data)
    else:
        if log is not None:
            click.echo(log.text, err=True, nl=False)
        click.echo(f"written to {folder}")
        if log is not None:
            rows = f"{log.rows} row{'s' if log.rows != 1 else ''}"
            click.echo(f"check: {'passed' if passed else 'FAILED'}, {rows} compared")
    return 0 if passed else ANSWER_IS_NO
