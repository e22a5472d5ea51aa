"""What `chaoscad explore` computes, draws and says, for every kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chaoscad.cli.fixed_points import fixed_points_of, points_data, points_lines

if TYPE_CHECKING:
    from chaoscad.analysis import Bifurcation, Table
    from chaoscad.systems import Setting

STROBE = "period"
"""The section of a driven flow once per period."""

SETTLING = 5000
"""Steps of a flow, each the system's own, that a section leaves out unless --skip says otherwise."""

Found = tuple["Table", Any, list[str], dict[str, Any]]
"""The table, the figure, the summary's lines, and the summary as JSON-ready data."""


def _picked(given: dict[str, Any], **names: str) -> dict[str, Any]:
    """Arguments by their own names, of the options that were given."""
    return {name: given[option] for name, option in names.items() if option in given}


def _orbit(setting: Setting, given: dict[str, Any]) -> Found:
    from chaoscad.analysis import orbit
    from chaoscad.plot import draw_orbit

    found = orbit(setting, **_picked(given, steps="steps", initial="initial", skip="skip"))
    lines = _extents(setting, found.states)
    if found.collapsed is not None:
        lines.append(
            f"from iterate {found.collapsed} on it rests on a fixed point that repels: the start has "
            "run out of binary digits; change a parameter a little"
        )
    data = {"states": len(found.states), "collapsed": found.collapsed}
    points, point_lines = fixed_points_of(setting)
    drawn = draw_orbit(found, given.get("coordinates"))
    return found.columns(), drawn, lines + point_lines, data | points


def _extents(setting: Setting, states: Any) -> list[str]:
    return [
        f"{name} from {column.min():.6g} to {column.max():.6g}"
        for name, column in zip(setting.system.coordinates, states.T, strict=True)
    ]


def _series(setting: Setting, given: dict[str, Any]) -> Found:
    from chaoscad.analysis import series
    from chaoscad.plot import draw_series

    names = {"time": "time", "samples": "steps", "initial": "initial", "skip": "skip"}
    found = series(setting, **_picked(given, **names))
    data = {"states": len(found.states)}
    points, point_lines = fixed_points_of(setting)
    lines = _extents(setting, found.states) + point_lines
    return found.columns(), draw_series(found, given.get("coordinates")), lines, data | points


def _lyapunov(setting: Setting, given: dict[str, Any]) -> Found:
    from chaoscad.analysis import lyapunov
    from chaoscad.plot import draw_lyapunov

    length = given.get("time", given.get("steps"))
    if "parameter" in given:
        return _lyapunov_over(setting, given, length)
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


def _lyapunov_over(setting: Setting, given: dict[str, Any], length: float | None) -> Found:
    import numpy as np

    from chaoscad.analysis import lyapunov_over
    from chaoscad.plot import draw_lyapunov_over

    where = given["parameter"], given["low"], given["high"]
    found = lyapunov_over(
        setting, *where, length=length, **_picked(given, columns="columns", initial="initial")
    )
    largest = found.exponents[:, 0]
    best = int(np.nanargmax(largest))
    lines = [
        f"{len(found.at)} values of {where[0]}, one orbit each; the largest exponent is above 0.001 at "
        f"{int((largest > 0.001).sum())} of them",
        f"largest at {where[0]} = {found.at[best]:.6g}: {largest[best]:.5f} {found.unit}",
    ]
    if found.escaped:
        lines.append(f"at {found.escaped} of them the orbit escapes")
    data = {
        "columns": len(found.at),
        "escaped": found.escaped,
        "largest": float(largest[best]),
        "at": float(found.at[best]),
        "unit": found.unit,
    }
    return found.columns(), draw_lyapunov_over(found), lines, data


def _bifurcation(setting: Setting, given: dict[str, Any]) -> Found:
    from chaoscad.analysis import bifurcation, period_doublings
    from chaoscad.errors import ChaoscadError
    from chaoscad.plot import draw_bifurcation

    keep = given.get("time", given.get("steps"))
    names = {"columns": "columns", "skip": "skip", "initial": "initial"}
    where = given["parameter"], given["low"], given["high"]
    if "both_ways" in given:
        return _continuation(setting, given)
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
    lines += _transients(found)
    data = {
        "points": len(found.at),
        "escaped": found.escaped,
        "skipped": found.skipped,
        "unsettled": found.unsettled.tolist(),
        "doublings": None if doublings is None else doublings.values.tolist(),
        "periods": None if doublings is None else list(doublings.periods),
    }
    return found.columns(), draw_bifurcation(found, doublings), lines, data


def _transients(found: Bifurcation) -> list[str]:
    """What is said of transients that were longer than usual."""
    from chaoscad.systems import Flow

    lines: list[str] = []
    name, left = found.parameter.name, found.unsettled
    unit = "units of time" if isinstance(found.setting.system, Flow) else "iterates"
    if found.prolonged:
        lines.append(
            f"the transient was prolonged at {found.prolonged} of {found.columns_tried} values of {name}, "
            f"to at most {found.skipped:g} {unit}"
        )
    if len(left):
        lines.append(
            f"it has not decayed at {len(left)} of them, between {left[0]:.6g} and {left[-1]:.6g}, which "
            "are marked: give a longer --skip, or more to compare by --"
            + ("time" if isinstance(found.setting.system, Flow) else "steps")
        )
    return lines


def _continuation(setting: Setting, given: dict[str, Any]) -> Found:
    from chaoscad.analysis import continuation
    from chaoscad.plot import draw_continuation

    where = given["parameter"], given["low"], given["high"]
    keep = given.get("time", given.get("steps"))
    names = {"columns": "columns", "skip": "skip", "initial": "initial"}
    found = continuation(setting, *where, keep=keep, **_picked(given, **names))
    both = found.at[found.differ]
    lines = [f"{len(found.up.at)} points upwards and {len(found.down.at)} downwards"]
    if len(both):
        lines.append(
            f"attractors coexist at {len(both)} of {len(found.at)} values of {where[0]}, between "
            f"{both[0]:.6g} and {both[-1]:.6g}"
        )
    else:
        lines.append("no attractors were found to coexist")
    lost = found.up.escaped, found.down.escaped
    if any(lost):
        lines.append(f"the orbit escapes at {lost[0]} values upwards and {lost[1]} downwards")
    for part, way in ((found.up, "upwards"), (found.down, "downwards")):
        lines += [f"{way}, {line}" for line in _transients(part)]
    data = {
        "points": [len(found.up.at), len(found.down.at)],
        "escaped": list(lost),
        "skipped": [found.up.skipped, found.down.skipped],
        "unsettled": [found.up.unsettled.tolist(), found.down.unsettled.tolist()],
        "coexist": both.tolist(),
    }
    return found.columns(), draw_continuation(found), lines, data


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
        "fixed_points": points_data(points),
    }
    if isinstance(setting.system, Flow) and setting.system.driven:
        lines.append(f"{setting.system.name} is driven and has no equilibria")
    else:
        lines += points_lines(points)
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
    from chaoscad.analysis.recurrence import MOST_STATES
    from chaoscad.arguments import whole
    from chaoscad.plot import draw_recurrence
    from chaoscad.systems import Flow

    steps = whole("--steps", given.get("steps", 1000), 2, MOST_STATES - 1)
    initial = given.get("initial")
    if isinstance(setting.system, Flow):
        time = given.get("time", 2000 * setting.system.step)
        run = series(setting, time, steps, initial, given.get("skip", 0.0))
    else:
        run = orbit(setting, steps, initial, given.get("skip", 0))
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


def _basins(setting: Setting, given: dict[str, Any]) -> Found:
    from chaoscad.analysis import basins, grid
    from chaoscad.analysis.basins import ESCAPES, OPEN
    from chaoscad.analysis.bounded import elsewhere
    from chaoscad.plot.basins import draw_basins, told
    from chaoscad.systems import Flow

    names = {"coordinates": "coordinates", "ranges": "ranges", "at": "initial"}
    columns = given.get("columns", 2000 if setting.one_dimensional else 200)
    where = grid(setting, columns=columns, factor=1.5, **_picked(given, **names))
    found = basins(setting, where, given.get("time", given.get("steps")))
    lines = [
        f"attractor {label}: {100 * found.share(label):.4g} % of the initial states; "
        f"{told(setting, attractor)}"
        for label, attractor in enumerate(found.attractors, 1)
    ]
    if found.share(ESCAPES):
        lines.append(f"escapes: {100 * found.share(ESCAPES):.4g} % of the initial states")
    if isinstance(setting.system, Flow) and found.share(ESCAPES) == 1:
        lines.append(f"if none of them should, {elsewhere(setting)}")
    if left := int((found.labels == OPEN).sum()):
        lines.append(
            f"{left} of {len(found.labels)} initial states have come to no attractor that is known"
        )
    data = {
        "points": len(found.labels),
        "attractors": [
            {
                "share": found.share(label),
                "period": attractor.period,
                "state": attractor.states[0].tolist(),
                "least": attractor.states.min(axis=0).tolist(),
                "most": attractor.states.max(axis=0).tolist(),
            }
            for label, attractor in enumerate(found.attractors, 1)
        ],
        "escapes": found.share(ESCAPES),
        "none": found.share(OPEN),
    }
    return found.columns(), draw_basins(found), lines, data


@dataclass(frozen=True)
class Explorer:
    """A kind of exploring a system.

    **Arguments:**

    - `title`: one phrase.
    - `takes`: its options beyond the system, the parameters, the files and --json.
    - `explore`: of the setting and the options that were given.
    """

    title: str
    takes: frozenset[str]
    explore: Callable[[Setting, dict[str, Any]], Found]


def _explorer(
    title: str, takes: str, explore: Callable[[Setting, dict[str, Any]], Found]
) -> Explorer:
    return Explorer(title, frozenset(takes.split()), explore)


EXPLORERS = {
    "orbit": _explorer(
        "states of a map, one iterate apart", "initial steps skip coordinates", _orbit
    ),
    "series": _explorer(
        "states of a flow over time", "initial time steps skip coordinates", _series
    ),
    "lyapunov": _explorer(
        "the Lyapunov spectrum, of one setting or over a parameter",
        "initial steps time skip parameter low high columns",
        _lyapunov,
    ),
    "bifurcation": _explorer(
        "the attractor over a parameter",
        "initial steps time skip parameter low high columns both_ways",
        _bifurcation,
    ),
    "portrait": _explorer(
        "arrows, orbits and fixed points in a plane",
        "initial steps time coordinates ranges",
        _portrait,
    ),
    "section": _explorer(
        "a flow where it crosses a plane, or once per period of its drive",
        "initial steps skip coordinates plane down",
        _section,
    ),
    "recurrence": _explorer(
        "when an orbit comes back to where it was",
        "initial steps time skip threshold",
        _recurrence,
    ),
    "ftle": _explorer(
        "the finite-time Lyapunov exponent over the initial state",
        "initial steps time coordinates ranges columns",
        _ftle,
    ),
    "basins": _explorer(
        "to which attractor each initial state comes",
        "initial steps time coordinates ranges columns",
        _basins,
    ),
}
