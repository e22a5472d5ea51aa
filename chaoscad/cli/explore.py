"""`chaoscad explore`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from chaoscad.cli.main import echo_json
from chaoscad.cli.options import force_option

if TYPE_CHECKING:
    from chaoscad.analysis import FixedPoints, Table
    from chaoscad.systems import Setting

KINDS = {
    "orbit": "states of a map, one iterate apart",
    "series": "states of a flow over time",
    "lyapunov": "the Lyapunov spectrum",
    "bifurcation": "the attractor over a parameter",
    "portrait": "arrows, orbits and fixed points in a plane",
    "section": "a flow where it crosses a plane, or once per period of its drive",
    "recurrence": "when an orbit comes back to where it was",
    "ftle": "the finite-time Lyapunov exponent over the initial state",
}

OF_GATES = {
    "curve": "a gate's value curve, with its rows and its threshold",
    "region": "where in the plane of two parameters a gate works",
}
"""Kinds of a design's gates; NAME is then a design file."""

_Value = TypeVar("_Value")

SETTLING = 5000
"""Steps of a flow, each the system's own, that a section leaves out unless --skip says otherwise."""

STROBE = "period"
"""The section of a driven flow once per period."""

# What each kind takes beyond the system, the parameters, the files and --json.
_TAKES = {
    "orbit": {"initial", "steps", "skip", "coordinates"},
    "series": {"initial", "time", "steps", "skip", "coordinates"},
    "lyapunov": {"initial", "steps", "time", "skip"},
    "bifurcation": {"initial", "steps", "time", "skip", "parameter", "low", "high", "columns"},
    "portrait": {"initial", "steps", "time", "coordinates", "ranges"},
    "section": {"initial", "steps", "skip", "coordinates", "plane", "down"},
    "recurrence": {"initial", "steps", "time", "skip", "threshold"},
    "ftle": {"initial", "steps", "time", "coordinates", "ranges", "columns"},
}
_FLAGS = {"low": "--from", "high": "--to", "ranges": "--range", "plane": "--section"}


@click.command("explore")
@click.argument("name", metavar="NAME")
@click.argument("kind", metavar="KIND", type=click.Choice([*KINDS, *OF_GATES]))
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="A parameter of the system; may be given again.",
)
@click.option("--initial", metavar="X,Y,...", help="The initial state, one number per coordinate.")
@click.option("--steps", type=int, help="Iterates of a map; samples or crossings of a flow.")
@click.option("--time", type=float, help="How long a flow runs.")
@click.option(
    "--skip",
    type=float,
    help="Iterates or time left out at first.  [default: 0; of a section, 5000 of the flow's steps]",
)
@click.option("--parameter", help="The parameter that a bifurcation diagram varies.")
@click.option("--from", "low", type=float, help="Its least value.")
@click.option("--to", "high", type=float, help="Its greatest value.")
@click.option("--columns", type=int, help="Values of the parameter, or points along a grid.")
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
@click.option("--threshold", type=float, help="Of recurrence, as a share of the diameter.")
@click.option("--gate", help="The gate of a design.")
@click.option(
    "-o",
    "--output",
    type=click.Path(),
    help="The figure: .png, .svg or .pdf.  [default: NAME_KIND.png]",
)
@click.option("--csv", "table", type=click.Path(), help="Write the figure's data, too.")
@force_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
def command(
    name: str,
    kind: str,
    settings: tuple[str, ...],
    gate: str | None,
    output: str | None,
    table: str | None,
    force: bool,
    as_json: bool,
    **options: Any,
) -> int:
    """Show the dynamics of a built-in system, or a gate of a design: a figure, its data, a summary.

    \b
    KIND is one of
      orbit        states of a map, one iterate apart
      series       states of a flow over time
      lyapunov     the Lyapunov spectrum
      bifurcation  the attractor over a parameter
      portrait     arrows, orbits and fixed points in a plane
      section      a flow where it crosses a plane, or once per period of its drive
      recurrence   when an orbit comes back to where it was
      ftle         the finite-time Lyapunov exponent over the initial state
    or, where NAME is a design file,
      curve        a gate's value curve, with its rows and its threshold
      region       where in the plane of two parameters (--coordinates x0,delta) a gate works
    """
    if kind in OF_GATES:
        from chaoscad.cli.gate_figures import draw

        axes, columns = options.pop("coordinates"), options.pop("columns")
        ranges = _once("--range", map(_range, options.pop("ranges")))
        for option in (*_given(options), *(("settings",) if settings else ())):
            flag = "--set" if option == "settings" else _FLAGS.get(option, f"--{option}")
            raise click.UsageError(f"{flag} says nothing about a gate's {kind}")
        return draw(
            *(name, kind),
            gate_name=gate,
            axes=axes,
            ranges=ranges,
            columns=columns,
            output=output,
            csv=table,
            force=force,
            as_json=as_json,
        )
    if gate is not None:
        raise click.UsageError(f"--gate belongs to {' and '.join(OF_GATES)}, of a design file")
    from chaoscad.systems import setting

    _refuse_unused(kind, options)
    system = setting(name, **_once("--set", (_assignment(text, "--set") for text in settings)))
    _refuse_mismatch(system, kind, options)
    figure_path = f"{name}_{kind}.png" if output is None else output
    if table is not None and Path(table).resolve() == Path(figure_path).resolve():
        raise click.UsageError("-o and --csv name the same file; give them two names")
    given = _parsed(system, options)

    # Both files are known to be writable before anything long is computed.
    from chaoscad.cli.written import check_free
    from chaoscad.files import write_text
    from chaoscad.plot import check_figure_path, save

    check_figure_path(figure_path)
    for target in (figure_path, table):
        if target is not None:
            check_free(target, force)
    columns, drawn, summary, data = _EXPLORERS[kind](system, given)
    save(drawn, figure_path)
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


Found = tuple["Table", Any, list[str], dict[str, Any]]
"""The table, the figure, the summary's lines, and the summary as JSON-ready data."""


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
        if option in _TAKES[kind]:
            continue
        flag = _FLAGS.get(option, f"--{option}")
        kinds = ", ".join(other for other, taken in _TAKES.items() if option in taken)
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
        if options["steps"] is not None and kind not in ("series", "section", "recurrence"):
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
    if kind == "bifurcation":
        missing = [
            _FLAGS.get(option, f"--{option}")
            for option in ("parameter", "low", "high")
            if options[option] is None
        ]
        if missing:
            known = ", ".join(item.name for item in system.parameters) or "none"
            raise click.UsageError(
                f"a bifurcation diagram needs {', '.join(missing)}; the parameters of "
                f"{system.name} are: {known}"
            )


def _parsed(setting: Setting, options: dict[str, Any]) -> dict[str, Any]:
    """The options that were given, with their text read."""
    from chaoscad.analysis.arguments import plane, start

    given = _given(options)
    if "initial" in given:
        given["initial"] = start(
            setting, [_number(x, "--initial") for x in _list(given["initial"])]
        )
    if "coordinates" in given:
        given["coordinates"] = plane(setting, _list(given["coordinates"]))
    if "ranges" in given:
        given["ranges"] = _once("--range", map(_range, given["ranges"]))
    if "plane" in given and given["plane"] != STROBE:
        given["plane"] = _assignment(given["plane"], "--section")
    for name in ("time", "skip", "low", "high", "threshold"):
        if name in given and not math.isfinite(given[name]):
            flag = _FLAGS.get(name, f"--{name}")
            raise click.UsageError(f"{flag} is {given[name]}, and must be a finite number")
    if "skip" in given and setting.time is None and not given["skip"].is_integer():
        raise click.UsageError(
            f"--skip is {given['skip']:g}, and must be a whole number of iterates"
        )
    return given


def _list(text: str) -> list[str]:
    return [item.strip() for item in text.split(",")]


def _number(text: str, flag: str) -> float:
    from chaoscad.errors import shown

    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise click.UsageError(f"{shown(text)} in {flag} is not a finite number")
    return value


def _assignment(text: str, flag: str) -> tuple[str, float]:
    from chaoscad.errors import shown

    name, separator, value = text.partition("=")
    if not separator or not name.strip():
        raise click.UsageError(f"{flag} takes NAME=VALUE, not {shown(text)}")
    return name.strip(), _number(value, flag)


def _once(flag: str, pairs: Iterable[tuple[str, _Value]]) -> dict[str, _Value]:
    """Values by name; a name that is given twice has two meanings."""
    found: dict[str, _Value] = {}
    for name, value in pairs:
        if name in found:
            raise click.UsageError(f"{flag} gives {name} twice")
        found[name] = value
    return found


def _range(text: str) -> tuple[str, tuple[float, float]]:
    from chaoscad.errors import shown

    name, separator, bounds = text.partition("=")
    low, colon, high = bounds.partition(":")
    if not separator or not colon:
        raise click.UsageError(f"--range takes NAME=LOW:HIGH, not {shown(text)}")
    return name.strip(), (_number(low, "--range"), _number(high, "--range"))


def _picked(given: dict[str, Any], **names: str) -> dict[str, Any]:
    """Arguments by their own names, of the options that were given."""
    return {name: given[option] for name, option in names.items() if option in given}


def _orbit(setting: Setting, given: dict[str, Any]) -> Found:
    from chaoscad.analysis import orbit
    from chaoscad.plot import draw_orbit

    if "skip" in given:
        given["skip"] = int(given["skip"])
    found = orbit(setting, **_picked(given, steps="steps", initial="initial", skip="skip"))
    lines = _extents(setting, found.states)
    if found.collapsed is not None:
        lines.append(
            f"from iterate {found.collapsed} on it rests on a fixed point that repels: the start has "
            "run out of binary digits; change a parameter a little"
        )
    data = {"states": len(found.states), "collapsed": found.collapsed}
    points, point_lines = _fixed_points(setting)
    drawn = draw_orbit(found, given.get("coordinates"))
    return found.columns(), drawn, lines + point_lines, data | points


def _extents(setting: Setting, states: Any) -> list[str]:
    return [
        f"{name} from {column.min():.6g} to {column.max():.6g}"
        for name, column in zip(setting.system.coordinates, states.T, strict=True)
    ]


def _fixed_points(setting: Setting) -> tuple[dict[str, Any], list[str]]:
    from chaoscad.analysis import fixed_points
    from chaoscad.errors import ChaoscadError

    try:
        found = fixed_points(setting)
    except ChaoscadError as error:
        return {"fixed_points": None}, [item.message for item in error.diagnostics]
    return {"fixed_points": _points_data(found)}, _points_lines(found)


def _points_data(found: FixedPoints) -> list[dict[str, Any]]:
    return [
        {
            "state": point.state.tolist(),
            "class": point.kind,
            "eigenvalues": [[value.real, value.imag] for value in point.eigenvalues.tolist()],
        }
        for point in found.points
    ]


def _points_lines(found: FixedPoints) -> list[str]:
    lines = []
    for point in found.points:
        state = ", ".join(f"{x:z.6g}" for x in point.state)
        values = ", ".join(
            f"{value.real:z.4g}" + (f"{value.imag:+.4g}i" if value.imag else "")
            for value in point.eigenvalues.tolist()
        )
        lines.append(f"fixed point ({state}): {point.kind}, eigenvalues {values}")
    return lines or ["no fixed point was found"]


def _series(setting: Setting, given: dict[str, Any]) -> Found:
    from chaoscad.analysis import series
    from chaoscad.plot import draw_series

    names = {"time": "time", "samples": "steps", "initial": "initial", "skip": "skip"}
    found = series(setting, **_picked(given, **names))
    data = {"states": len(found.states)}
    points, point_lines = _fixed_points(setting)
    lines = _extents(setting, found.states) + point_lines
    return found.columns(), draw_series(found, given.get("coordinates")), lines, data | points


def _lyapunov(setting: Setting, given: dict[str, Any]) -> Found:
    from chaoscad.analysis import lyapunov
    from chaoscad.plot import draw_lyapunov

    length = given.get("time", given.get("steps"))
    found = lyapunov(setting, length, **_picked(given, skip="skip", initial="initial"))
    lines = [
        f"exponent {index}: {value:z.5f} ± {error:.2g} {found.unit}"
        for index, (value, error) in enumerate(zip(found.exponents, found.errors, strict=True), 1)
    ]
    lines.append(f"Kaplan-Yorke dimension {found.dimension:.4f}")
    data = {
        "exponents": found.exponents.tolist(),
        "errors": found.errors.tolist(),
        "unit": found.unit,
        "dimension": found.dimension,
    }
    return found.columns(), draw_lyapunov(found), lines, data


def _bifurcation(setting: Setting, given: dict[str, Any]) -> Found:
    from chaoscad.analysis import bifurcation, period_doublings
    from chaoscad.errors import ChaoscadError
    from chaoscad.plot import draw_bifurcation

    keep = given.get("time", given.get("steps"))
    names = {"columns": "columns", "skip": "skip", "initial": "initial"}
    where = given["parameter"], given["low"], given["high"]
    found = bifurcation(setting, *where, keep=keep, **_picked(given, **names))
    lines = [f"{len(found.at)} points at {found.columns_tried} values of {given['parameter']}"]
    if found.escaped:
        lines.append(f"at {found.escaped} of them the orbit escapes")
    doublings = None
    if setting.one_dimensional:
        try:
            doublings = period_doublings(setting, *where)
        except ChaoscadError:
            lines.append("no period doubling was found")
    if doublings is not None:
        for value, period in zip(doublings.values, doublings.periods, strict=True):
            lines.append(f"period {period} doubles at {given['parameter']} = {value:.8g}")
        if len(doublings.ratios):
            ratios = ", ".join(f"{ratio:.4f}" for ratio in doublings.ratios)
            lines.append(f"ratios of the distances {ratios}; Feigenbaum's number is 4.6692")
    data = {
        "points": len(found.at),
        "escaped": found.escaped,
        "doublings": None if doublings is None else doublings.values.tolist(),
        "periods": None if doublings is None else list(doublings.periods),
    }
    return found.columns(), draw_bifurcation(found, doublings), lines, data


def _portrait(setting: Setting, given: dict[str, Any]) -> Found:
    import numpy as np

    from chaoscad.analysis import FixedPoints, portrait
    from chaoscad.plot import draw_portrait
    from chaoscad.systems import Flow

    names = {"coordinates": "coordinates", "ranges": "ranges"}
    length = given.get("time", given.get("steps"))
    if "initial" in given:
        given["starts"] = [given["initial"]]
    found = portrait(
        setting,
        length=length,
        **_picked(given, **names, at="initial", starts="starts"),
    )
    lines = [f"{len(found.orbits)} orbits"]
    if found.escaped:
        lines.append(f"{found.escaped} more escape or cannot be followed")
    points = FixedPoints(setting, found.fixed_points, np.empty((0, 2)))
    data = {
        "orbits": len(found.orbits),
        "escaped": found.escaped,
        "fixed_points": _points_data(points),
    }
    if isinstance(setting.system, Flow) and setting.system.period is not None:
        lines.append(f"{setting.system.name} is driven and has no equilibria")
    else:
        lines += _points_lines(points)
    return found.columns(), draw_portrait(found), lines, data


def _section(setting: Setting, given: dict[str, Any]) -> Found:
    from chaoscad.analysis import section, series, stroboscopic
    from chaoscad.plot import draw_section
    from chaoscad.systems import Flow

    system = setting.system
    assert isinstance(system, Flow)
    names = {"crossings": "steps", "initial": "initial", "skip": "skip"}
    # What is drawn is the attractor, not the way to it.
    arguments = {"skip": SETTLING * system.step, **_picked(given, **names)}
    plane = given.get("plane", STROBE if system.period is not None else None)
    if plane == STROBE:
        found = stroboscopic(setting, **arguments)
        where = {"period": found.period}
        lines = [f"{len(found.times)} states, once per period {found.period:.6g}"]
    else:
        if plane is None:
            # Where the trajectory is half of the time above: it surely crosses there.
            run = series(setting, 4000 * system.step, initial=given.get("initial"))
            plane = setting.read, float(run.states[:, setting.reading].mean())
        coordinate, level = plane
        direction = -1 if "down" in given else 1
        found = section(setting, coordinate, level, direction, **arguments)
        where = {"coordinate": coordinate, "level": level, "direction": direction}
        way = "down" if direction == -1 else "up"
        lines = [f"{len(found.times)} crossings of {coordinate} = {level:.6g} on the way {way}"]
    lines += _extents(setting, found.states)
    data = {"crossings": len(found.times), **where}
    return found.columns(), draw_section(found, given.get("coordinates")), lines, data


def _recurrence(setting: Setting, given: dict[str, Any]) -> Found:
    from chaoscad.analysis import orbit, recurrence, series
    from chaoscad.analysis.arguments import whole
    from chaoscad.analysis.recurrence import MOST_STATES
    from chaoscad.plot import draw_recurrence
    from chaoscad.systems import Flow

    steps = whole("--steps", given.get("steps", 1000), 2, MOST_STATES - 1)
    initial = given.get("initial")
    if isinstance(setting.system, Flow):
        time = given.get("time", 2000 * setting.system.step)
        run = series(setting, time, steps, initial, given.get("skip", 0.0))
    else:
        run = orbit(setting, steps, initial, int(given.get("skip", 0)))
    found = recurrence(run, **_picked(given, threshold="threshold"))
    lines = [
        f"recurrence rate {found.rate:.5f}",
        f"determinism {found.determinism:.5f}",
        f"threshold {found.threshold:g} of the diameter {found.diameter:.6g}",
    ]
    if found.rests:
        lines.append("the orbit is at rest: its states differ by rounding only")
    data = {
        "rate": found.rate,
        "determinism": found.determinism,
        "threshold": found.threshold,
        "diameter": found.diameter,
        "rests": found.rests,
    }
    return found.columns(), draw_recurrence(found), lines, data


def _ftle(setting: Setting, given: dict[str, Any]) -> Found:
    import numpy as np

    from chaoscad.analysis import finite_time, grid
    from chaoscad.analysis.lyapunov import exponent_unit
    from chaoscad.plot import draw_finite_time
    from chaoscad.systems import Flow

    names = {"coordinates": "coordinates", "ranges": "ranges", "at": "initial"}
    system = setting.system
    default = 1000 if setting.one_dimensional else 200
    where = grid(setting, columns=given.get("columns", default), **_picked(given, **names))
    usual = 100 * system.step if isinstance(system, Flow) else 10
    found = finite_time(setting, where, given.get("time", given.get("steps", usual)))
    finite = found.exponents[np.isfinite(found.exponents)]
    escaped = int(np.isnan(found.exponents).sum())
    unit = exponent_unit(system)
    lines = [
        f"finite-time exponents from {finite.min():.5g} to {finite.max():.5g}, mean "
        f"{finite.mean():.5g} {unit}"
    ]
    if escaped:
        lines.append(f"{escaped} of {len(found.exponents)} initial states escape")
    data = {
        "points": len(found.exponents),
        "escaped": escaped,
        "least": finite.min().item(),
        "most": finite.max().item(),
        "mean": finite.mean().item(),
        "unit": unit,
    }
    return found.columns(), draw_finite_time(found), lines, data


_EXPLORERS: dict[str, Callable[[Setting, dict[str, Any]], Found]] = {
    "orbit": _orbit,
    "series": _series,
    "lyapunov": _lyapunov,
    "bifurcation": _bifurcation,
    "portrait": _portrait,
    "section": _section,
    "recurrence": _recurrence,
    "ftle": _ftle,
}


def _finite(data: Any) -> Any:
    """JSON has no infinities."""
    if isinstance(data, dict):
        return {name: _finite(value) for name, value in data.items()}
    if isinstance(data, list):
        return [_finite(value) for value in data]
    return None if isinstance(data, float) and not math.isfinite(data) else data
