"""`chaoscad export`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from chaoscad.cli.main import ANSWER_IS_NO, echo_json
from chaoscad.cli.options import configuration_option, spread_option
from chaoscad.errors import ChaoscadError, Diagnostic, counted
from chaoscad.export import TARGETS, Option, options_of_targets
from chaoscad.export.options import SHARED

if TYPE_CHECKING:
    from chaoscad.export.handover import HandOver

MOST_SAID = 20
"""Most wrong rows that are listed; the files have them all."""


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command every option of every target, once."""
    found = {option.name: option for option in SHARED}
    own = [option for declared in options_of_targets().values() for option in declared]
    listed = {option.name: option for option in own if option.name not in found} | found
    for option in reversed(listed.values()):
        flag = option.flag or f"--{option.name.replace('_', '-')}"
        if option.kind == "spreads":
            command = spread_option(flag, option.name, option.help or option.name)(command)
        else:
            command = click.option(flag, option.name, help=option.help, **_typed(option))(command)
    return command


def _typed(option: Option[Any]) -> dict[str, Any]:
    """An option's type and default, in the words of click."""
    given: dict[str, Any] = {"default": option.default, "show_default": option.default is not None}
    if option.kind == "choice":
        given["type"] = click.Choice(option.choices, case_sensitive=not option.folds_case)
    elif option.kind == "count":
        given["type"] = click.IntRange(option.least, option.most)
    else:
        given["type"] = float
    return given | ({"nargs": 2, "metavar": "LOW HIGH"} if option.kind == "ends" else {})


@click.command("export")
@click.argument("file", metavar="DESIGN", type=click.Path())
@click.option("--target", required=True, type=click.Choice(TARGETS), help="What to write.")
@click.option(
    "-o",
    "--output",
    type=click.Path(),
    help="The folder.  [default: NAME.TARGET]",
)
@configuration_option
@click.option("--check", is_flag=True, help="Run it in the real tool; compare with the design.")
@click.option("--force", is_flag=True, help="Replace a folder that an export wrote.")
@options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
def command(
    file: str,
    target: str,
    output: str | None,
    configuration: str | None,
    check: bool,
    force: bool,
    as_json: bool,
    **given: Any,
) -> int:
    """Write a design as a folder for a lab, a simulator or an FPGA.

    The folder holds all that its receiver needs: the files of the target, the design, a README and
    the names. With --check the files are run in ngspice, iverilog, a C compiler or yosys, and every
    row is compared with the design; the log goes into the folder, and the exit status is 3 when
    anything differs. It is 3 without --check too where rows come out wrong with the DAC or the
    resistors. Of a design of several configurations all are verified, and are exported in one form
    where the target has one. What is not given by an option comes from the netlist's `hardware`.
    """
    from chaoscad.design import load_any
    from chaoscad.export.handover import check_folder, export

    _check_options(target)
    known = {option.name for option in options_of_targets()[target]}
    chosen = {name: value for name, value in given.items() if name in known and value is not None}
    design = load_any(file)
    folder = output or f"{design.name}.{target}"
    check_folder(folder, force=force)
    try:
        written = export(
            design,
            target,
            folder,
            configuration=configuration,
            check=check,
            force=force,
            **chosen,
        )
    except ChaoscadError as error:
        raise ChaoscadError(
            [
                Diagnostic(item.message, item.file or file, item.line, item.column, item.hint)
                for item in error.diagnostics
            ]
        ) from None
    _say(written, target, as_json)
    return 0 if written.right else ANSWER_IS_NO


def _check_options(target: str) -> None:
    """Refuse an option that the target does not read: it would do nothing."""
    context = click.get_current_context()
    for parameter in context.command.params:
        readers = [
            name
            for name, declared in options_of_targets().items()
            if parameter.name in {option.name for option in declared}
        ]
        given = context.get_parameter_source(parameter.name or "") is ParameterSource.COMMANDLINE
        if readers and given and target not in readers:
            option = parameter.opts[0]
            which = " and ".join(filter(None, (", ".join(readers[:-1]), readers[-1])))
            raise click.UsageError(f"{option} is an option of {which}; {target} does not read it")


def _say(written: HandOver, target: str, as_json: bool) -> None:
    log = written.log
    for item in (*written.warnings, *written.wrong[:MOST_SAID]):
        click.echo(str(item), err=True)
    more = len(written.wrong) - MOST_SAID
    if more > 0:
        click.echo(f"error: and {more} more rows, which the files have", err=True)
    if as_json:
        data: dict[str, Any] = {
            "ok": written.right,
            "target": target,
            "folder": written.folder,
            "files": list(written.files),
            "wrong": [item.to_data() for item in written.wrong],
            "warnings": [item.to_data() for item in written.warnings],
        }
        if log is not None:
            data["check"] = {"passed": log.passed, "rows": log.rows, "log": log.text}
        echo_json(data)
        return
    if log is not None:
        click.echo(log.text, err=True, nl=False)
    click.echo(f"written to {written.folder}")
    if log is not None:
        verdict = "passed" if log.passed else "FAILED"
        click.echo(f"check: {verdict}, {counted(log.rows, 'row')} compared")
    if written.wrong:
        count = len(written.wrong)
        wrong = f"{count} row{'s come' if count != 1 else ' comes'} out wrong with these numbers"
        click.echo(f"NOT RIGHT: {wrong}")
