"""`chaoscad explore`."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chaoscad.cli.explore_orbits import STROBE
from chaoscad.cli.explorers import EXPLORERS
from chaoscad.cli.look import Look, look_options
from chaoscad.cli.main import echo_json
from chaoscad.cli.options import (
    assignment,
    configuration_option,
    finite_number,
    force_option,
    once,
    range_assignment,
    set_option,
    tolerance_option,
)

if TYPE_CHECKING:
    from chaoscad.systems import Setting

OF_GATES = {
    "curve": "a gate's value curve, with its rows and its threshold",
    "control": "a gate of several configurations: its functions along x0",
    "region": "where in the plane of two parameters (--coordinates x0,delta) a gate works",
}
"""Kinds of a design's gates; NAME is then a design file."""

_FLAGS = {
    "low": "--from",
    "high": "--to",
    "ranges": "--range",
    "plane": "--section",
    "both_ways": "--both-ways",
}


def _listed(kinds: dict[str, str]) -> str:
    return "\n".join(f"  {name:<12} {title}" for name, title in kinds.items())


HELP = f"""Show the dynamics of a system, or a gate of a design: a figure, its data, a summary.

NAME is a built-in system, a file of a system, a netlist (FILE:NAME for one of its systems), or a text such as
'{{map: "r*x*(1-x)", parameters: {{r: 3.9}}}}'.

\b
KIND is one of
{_listed({name: kind.title for name, kind in EXPLORERS.items()})}
or, where NAME is a design file,
{_listed(OF_GATES)}
"""


@click.command("explore", help=HELP)
@click.argument("name", metavar="NAME")
@click.argument("kind", metavar="KIND", type=click.Choice([*EXPLORERS, *OF_GATES]))
@set_option
@click.option("--initial", metavar="X,Y,...", help="The initial state, one number per coordinate.")
@click.option(
    "--steps",
    type=int,
    help="Iterates of a map; samples, crossings, periods of the drive of a flow.",
)
@click.option("--time", type=float, help="How long a flow runs.")
@click.option(
    "--skip",
    type=float,
    help="Iterates, time, or periods of a diagram once per period, left out at first.  [default: 0; of a "
    "section, 5000 of the flow's steps; of a diagram, until it has settled]",
)
@click.option(
    "--parameter", help="The parameter that a bifurcation diagram, or a spectrum, varies."
)
@click.option("--from", "low", type=float, help="Its least value.")
@click.option("--to", "high", type=float, help="Its greatest value.")
@click.option("--columns", type=int, help="Values of the parameter, or points along a grid.")
@click.option(
    "--both-ways",
    is_flag=True,
    help="Follow a bifurcation diagram up and down, each value from where the last one ended.",
)
@click.option("--coordinates", metavar="X,Y", help="The plane of the figure.")
@click.option(
    "--range",
    "ranges",
    multiple=True,
    metavar="X=LOW:HIGH",
    help="The range of a coordinate, or of a region's parameter, in the figure; may be given again.",
)
@click.option(
    "--section",
    "plane",
    metavar="X=LEVEL",
    help=f"Where a section is taken, or '{STROBE}': once per period of the drive.",
)
@click.option("--down", is_flag=True, help="Crossings on the way down instead of up.")
@click.option(
    "--period",
    metavar="EXPRESSION",
    help="Of the drive, where it is not known: 2*pi/omega, over the flow's parameters.",
)
@click.option("--phase", type=float, help="When in the period, from 0 to 1.  [default: 0]")
@click.option("--maxima", is_flag=True, help="Read a driven flow at its maxima instead.")
@click.option("--threshold", type=float, help="Of recurrence, as a share of the diameter.")
@click.option("--gate", help="The gate of a design.")
@configuration_option
@tolerance_option
@click.option(
    "-o",
    "--output",
    type=click.Path(),
    help="The figure: .png, .svg or .pdf.  [default: NAME_KIND.png]",
)
@click.option("--csv", "table", type=click.Path(), help="Write the figure's data, too.")
@look_options
@force_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
def command(
    name: str,
    kind: str,
    settings: dict[str, float],
    gate: str | None,
    configuration: str | None,
    tolerance: dict[str, str] | str | None,
    output: str | None,
    table: str | None,
    look: Look,
    force: bool,
    as_json: bool,
    **options: Any,
) -> int:
    from chaoscad.cli.system_named import SUFFIXES, stem_of, system_named
    from chaoscad.systems import SYSTEMS

    if kind in OF_GATES:
        from chaoscad.cli.gate_figures import draw

        if name in SYSTEMS and not Path(name).exists():
            raise click.UsageError(f"{kind} is of a design's gate, and {name} is a system")
        axes, columns = options.pop("coordinates"), options.pop("columns")
        ranges = _ranges(options.pop("ranges"))
        for option in (*_given(options), *(("settings",) if settings else ())):
            flag = "--set" if option == "settings" else _FLAGS.get(option, f"--{option}")
            raise click.UsageError(f"{flag} says nothing about a gate's {kind}")
        return draw(
            *(name, kind),
            gate_name=gate,
            configuration=configuration,
            axes=axes,
            ranges=ranges,
            columns=columns,
            tolerance=tolerance,
            output=output,
            csv=table,
            look=look,
            force=force,
            as_json=as_json,
        )
    if tolerance is not None:
        raise click.UsageError("--tolerance belongs to region, of a design file")
    for flag, given in (("--gate", gate), ("--configuration", configuration)):
        if given is not None:
            raise click.UsageError(f"{flag} belongs to {_kinds()}, of a design file")
    path = Path(name)
    if name not in SYSTEMS and path.is_file() and path.suffix not in SUFFIXES:
        raise click.UsageError(
            f"{kind} is of a system, and {name} is a file; of a design: {_kinds()}"
        )
    _refuse_unused(kind, options)
    system = _driven(system_named(name, settings), options)
    _refuse_mismatch(system, kind, options)
    figure_path = f"{stem_of(name)}_{kind}.png" if output is None else output
    if table is not None and Path(table).resolve() == Path(figure_path).resolve():
        raise click.UsageError("-o and --csv name the same file; give them two names")
    given = _parsed(system, options)

    # Both files are known to be writable before anything long is computed.
    from chaoscad.cli.written import check_all_free
    from chaoscad.files import write_text
    from chaoscad.plot import check_figure_path

    check_figure_path(figure_path)
    check_all_free({"-o": figure_path, "--csv": table}, force)
    columns, drawn, summary, data = EXPLORERS[kind].explore(system, given)
    look.save(drawn, figure_path)
    written = [figure_path]
    if table is not None:
        from chaoscad.analysis import to_csv

        write_text(table, to_csv(columns))
        written.append(table)
    if as_json:
        described = {"ok": True, "system": name, "kind": kind, "parameters": system.parameters}
        echo_json(_finite({**described, **data, "files": written}))
    else:
        for line in summary:
            click.echo(line)
        click.echo(f"written to {', '.join(written)}")
    return 0


def _driven(setting: Setting, options: dict[str, Any]) -> Setting:
    """The setting with the period of its drive that was given."""
    from chaoscad.analysis.drive import with_period
    from chaoscad.expression import ExpressionError

    text = options.pop("period")
    if text is None:
        return setting
    try:
        return with_period(setting, text)
    except ExpressionError as error:
        hint = f"; {error.hint}" if error.hint else ""
        raise click.UsageError(
            f"--period {text}, column {error.column}: {error.message}{hint}"
        ) from None


def _kinds() -> str:
    *others, last = OF_GATES
    return f"{', '.join(others)} and {last}"


def _given(options: dict[str, Any]) -> dict[str, Any]:
    """The options that were given; 0 is a value."""
    absent = (None, (), False)
    return {
        name: value
        for name, value in options.items()
        if not any(value is nothing for nothing in absent)
    }


def _refuse_unused(kind: str, options: dict[str, Any]) -> None:
    for option in _given(options):
        if option in EXPLORERS[kind].takes:
            continue
        flag = _FLAGS.get(option, f"--{option}")
        kinds = ", ".join(other for other, its in EXPLORERS.items() if option in its.takes)
        raise click.UsageError(f"{flag} says nothing about {kind}; it belongs to {kinds}")


def _refuse_mismatch(setting: Setting, kind: str, options: dict[str, Any]) -> None:
    """Kinds and options that are of maps, or of flows, only."""
    from chaoscad.systems import Flow

    system = setting.system
    wide = len(system.coordinates) > 1
    if isinstance(system, Flow):
        if kind == "orbit":
            raise click.UsageError(
                f"{system.name} is a flow and has no iterates; explore its series or its section"
            )
        strobes = kind == "bifurcation" and system.period is not None and not options["maxima"]
        if strobes and options["time"] is not None:
            raise click.UsageError(
                f"{system.name} is read once per period of its drive; give --steps, a number of periods, "
                "instead of --time, or --maxima"
            )
        sampled = strobes or kind in ("series", "section", "recurrence")
        if options["steps"] is not None and not sampled:
            raise click.UsageError(f"{system.name} is a flow; give --time instead of --steps")
    else:
        if kind in ("series", "section"):
            raise click.UsageError(f"{system.name} is a map; explore its orbit instead")
        if options["time"] is not None:
            raise click.UsageError(f"{system.name} is a map; give --steps instead of --time")
        if kind == "portrait" and not wide:
            raise click.UsageError(
                f"{system.name} has one coordinate, and a portrait needs two; explore its orbit"
            )
        if options["coordinates"] is not None and not wide:
            raise click.UsageError(f"{system.name} has one coordinate; leave --coordinates out")
    over = ("parameter", "low", "high", "columns")
    swept = kind == "lyapunov" and any(options[name] is not None for name in over)
    if swept and options["skip"] is not None:
        raise click.UsageError(
            "--skip is of one setting; over a parameter a part of the run is skipped"
        )
    if kind == "bifurcation" or swept:
        missing = [
            _FLAGS.get(option, f"--{option}")
            for option in ("parameter", "low", "high")
            if options[option] is None
        ]
        if missing:
            known = ", ".join(item.name for item in system.parameters) or "none"
            raise click.UsageError(
                f"{'the spectrum over a parameter' if swept else 'a bifurcation diagram'} needs "
                f"{', '.join(missing)}; the parameters of "
                f"{system.name} are: {known}"
            )


def _parsed(setting: Setting, options: dict[str, Any]) -> dict[str, Any]:
    """The options that were given, with their text read."""
    from chaoscad.analysis.arguments import plane, start

    given = _given(options)
    if "initial" in given:
        numbers = [finite_number(text, "--initial") for text in given["initial"].split(",")]
        given["initial"] = start(setting, numbers)
    if "coordinates" in given:
        given["coordinates"] = plane(
            setting, [name.strip() for name in given["coordinates"].split(",")]
        )
    if "ranges" in given:
        given["ranges"] = _ranges(given["ranges"])
    if "plane" in given and given["plane"] != STROBE:
        given["plane"] = assignment(given["plane"], "--section")
    for name in ("time", "skip", "low", "high", "threshold", "phase"):
        if name in given and not math.isfinite(given[name]):
            flag = _FLAGS.get(name, f"--{name}")
            raise click.UsageError(f"{flag} is {given[name]}, and must be a finite number")
    if "skip" in given and setting.time is None and not given["skip"].is_integer():
        raise click.UsageError(
            f"--skip is {given['skip']:g}, and must be a whole number of iterates"
        )
    return given


def _ranges(texts: Iterable[str]) -> dict[str, tuple[float, float]]:
    return once("--range", (range_assignment(text, "--range") for text in texts))


def _finite(data: Any) -> Any:
    """JSON has no infinities."""
    if isinstance(data, dict):
        return {name: _finite(value) for name, value in data.items()}
    if isinstance(data, list):
        return [_finite(value) for value in data]
    return None if isinstance(data, float) and not math.isfinite(data) else data
