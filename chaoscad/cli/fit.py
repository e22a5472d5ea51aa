"""`chaoscad fit`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from chaoscad.cli.main import echo_json
from chaoscad.cli.options import force_option, set_option
from chaoscad.cli.system_named import system_named

if TYPE_CHECKING:
    from chaoscad.fitting import CurveFit, SystemFit
    from chaoscad.systems import Setting


@click.command("fit")
@click.argument("file", type=click.Path())
@click.option(
    "--curve", "as_curve", is_flag=True, help="Fit a smooth curve; so it is without --system."
)
@click.option(
    "--system",
    metavar="SYSTEM",
    help="The system whose parameters are fitted: logistic, a file of a system, or what a netlist writes, "
    "'{map: \"r*x*(1-x)\", parameters: {r: 3}}'.",
)
@set_option
@click.option(
    "--free",
    multiple=True,
    metavar="NAME",
    help="A parameter that is fitted; may be given again.  [default: all of them]",
)
@click.option(
    "--input",
    "input_column",
    metavar="COLUMN",
    help="The column of the inputs, or of time, by name or number.  [default: the first]",
)
@click.option(
    "--measured",
    multiple=True,
    metavar="[X=]COLUMN",
    help="The column of the outputs, or of a flow's coordinate X; may be given again.  [default: the second]",
)
@click.option(
    "--sweep",
    type=click.Choice(["up", "down", "mean"]),
    help="Which of an upward and a downward sweep is meant.",
)
@click.option(
    "--series",
    is_flag=True,
    help="Every row is the next iterate of a map, not an input and an output.",
)
@click.option(
    "--volts-per-unit", type=float, default=1.0, help="Volts of a state of 1, beyond those of 0."
)
@click.option("--offset-volts", type=float, default=0.0, help="Volts of a state of 0.")
@click.option(
    "--seconds-per-unit", type=float, default=1.0, help="Seconds of a flow's unit of time."
)
@click.option("-o", "--output", type=click.Path(), help="A figure of the fit and its residuals.")
@click.option(
    "--csv", type=click.Path(), help="The points of the curve.  [default: NAME.curve.csv]"
)
@click.option("--fragment", "part", type=click.Path(), help="Write the part of a netlist here.")
@force_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
def command(
    file: str,
    as_curve: bool,
    system: str | None,
    settings: dict[str, float],
    free: tuple[str, ...],
    input_column: str | None,
    measured: tuple[str, ...],
    sweep: str | None,
    series: bool,
    volts_per_unit: float,
    offset_volts: float,
    seconds_per_unit: float,
    output: str | None,
    csv: str | None,
    part: str | None,
    force: bool,
    as_json: bool,
) -> int:
    """Make a system of a measurement: a smooth curve, or the parameters of a map or a flow.

    FILE is of an oscilloscope, a source-measure unit or SPICE: a transfer curve, or for a flow a record
    in time. What is printed on stdout is a part of a netlist, with the system, the tolerance of its
    parameters and the noise; what was understood of FILE is told on stderr.
    """
    from chaoscad.cli.written import check_free
    from chaoscad.fitting import CurveFit, Scale, curve_table, fit, fragment

    _refuse_unused(as_curve, system, settings, free, csv)
    chosen = None if system is None else system_named(system, settings)
    points = csv if csv is not None or system is not None else f"{Path(file).stem}.curve.csv"
    if output is not None:
        from chaoscad.plot.save import check_figure_path

        check_figure_path(output)
    written = [path for path in (output, points, part) if path is not None]
    for path in written:
        check_free(path, force, [file])
    if len({Path(path).resolve() for path in written}) < len(written):
        raise click.UsageError("two of -o, --csv and --fragment name the same file")
    scale = Scale(volts_per_unit, offset_volts, seconds_per_unit)
    found = fit(
        file,
        chosen,
        free=free or None,
        input=input_column,
        measured=_measured(measured, chosen, series),
        sweep=sweep,  # type: ignore[arg-type]
        series=series,
        scale=scale,
    )
    from chaoscad.files import write_text

    if isinstance(found, CurveFit) and points is not None:
        write_text(points, curve_table(found.curve, file))
    text = fragment(found, file, points=points and _beside(points, part), scale=scale)
    if part is not None:
        write_text(part, text)
    if output is not None:
        from chaoscad.plot.fits import draw_fit
        from chaoscad.plot.save import save

        save(draw_fit(Path(file).name, found), output)
    if as_json:
        echo_json({"ok": True, "file": file, **found.to_data(), "fragment": text})
        return 0
    _tell(file, found)
    for what, path in (("points", points), ("figure", output), ("part of a netlist", part)):
        if path is not None:
            click.echo(f"{what} written to {path}", err=True)
    if part is None:
        click.echo(text, nl=False)
    return 0


def _refuse_unused(
    as_curve: bool,
    system: str | None,
    settings: dict[str, float],
    free: tuple[str, ...],
    csv: str | None,
) -> None:
    if as_curve and system is not None:
        raise click.UsageError("--curve and --system exclude each other")
    if system is None and (settings or free):
        flag = "--set" if settings else "--free"
        raise click.UsageError(f"{flag} is of a system's parameters; name one by --system")
    if system is not None and csv is not None:
        raise click.UsageError("--csv is of the points of a curve")


def _measured(
    texts: tuple[str, ...], chosen: Setting | None, series: bool
) -> str | dict[str, str] | None:
    """Columns by coordinates of a flow, or the one column of a curve."""
    from chaoscad.systems import Flow

    if not texts:
        return None
    if chosen is None or not (series or isinstance(chosen.system, Flow)):
        first, *others = texts
        if others:
            raise click.UsageError("--measured is given twice; a curve has one column of outputs")
        return first
    found: dict[str, str] = {}
    for text in texts:
        name, separator, column = text.partition("=")
        name, column = (name.strip(), column.strip()) if separator else (chosen.read, text)
        if name in found:
            raise click.UsageError(f"--measured gives {name} twice: {found[name]} and {column}")
        found[name] = column
    return found


def _beside(points: str, part: str | None) -> str:
    """The points as a netlist in the folder of the part names them."""
    if part is None or Path(points).resolve().parent != Path(part).resolve().parent:
        return points
    return Path(points).name


def _tell(file: str, found: CurveFit | SystemFit) -> None:
    from chaoscad.cli import render
    from chaoscad.fitting import CurveFit

    lines = [f"{file}: {remark}" for remark in found.remarks]
    if isinstance(found, CurveFit):
        lines.append(
            f"{len(found.inputs)} points, noise {found.noise:.3g}, residual {found.residual:.3g}; "
            f"{len(found.curve.points[0])} points are kept; {found.course}"
        )
        if found.hysteresis is not None:
            lines.append(f"two sweeps: {found.hysteresis}")
        lines.append(f"residuals: {found.structure}")
    else:
        for name, value in found.parameters.items():
            lines.append(f"{name} = {value:.8g} +- {found.errors[name]:.2g} (one standard error)")
        lines.append(f"{len(found.axis)} points, residual {found.residual:.3g}; {found.structure}")
    lines += [f"warning: {text}" for text in found.warnings]
    for line in lines:
        click.echo(render.printable(line), err=True)
