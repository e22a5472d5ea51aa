"""`chaoscad explore` of orbits: over time, in a plane, where they cross it, and when they recur."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chaoscad.cli.explored import Found, picked
from chaoscad.cli.fixed_points import fixed_points_of, points_data, points_lines

if TYPE_CHECKING:
    from chaoscad.systems import Setting

STROBE = "period"
"""The section of a driven flow once per period."""

SETTLING = 5000
"""Steps of a flow, each the system's own, that a section leaves out unless --skip says otherwise."""


def explore_orbit(setting: Setting, given: dict[str, Any]) -> Found:
    from chaoscad.analysis import orbit
    from chaoscad.plot import draw_orbit

    found = orbit(setting, **picked(given, steps="steps", initial="initial", skip="skip"))
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


def explore_series(setting: Setting, given: dict[str, Any]) -> Found:
    from chaoscad.analysis import series
    from chaoscad.plot import draw_series

    names = {"time": "time", "samples": "steps", "initial": "initial", "skip": "skip"}
    found = series(setting, **picked(given, **names))
    data = {"states": len(found.states)}
    points, point_lines = fixed_points_of(setting)
    lines = _extents(setting, found.states) + point_lines
    return found.columns(), draw_series(found, given.get("coordinates")), lines, data | points


def explore_portrait(setting: Setting, given: dict[str, Any]) -> Found:
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
        **picked(given, **names, at="initial", starts="starts"),
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


def explore_section(setting: Setting, given: dict[str, Any]) -> Found:
    from chaoscad.analysis import section, series, stroboscopic
    from chaoscad.analysis.drive import period as period_of_drive
    from chaoscad.errors import ChaoscadError
    from chaoscad.plot import draw_section
    from chaoscad.systems import Flow

    system = setting.system
    assert isinstance(system, Flow)
    names = {"crossings": "steps", "initial": "initial", "skip": "skip"}
    # What is drawn is the attractor, not the way to it.
    arguments = {"skip": SETTLING * system.step, **picked(given, **names)}
    plane = given.get("plane", STROBE if period_of_drive(setting) is not None else None)
    if plane == STROBE:
        found = stroboscopic(setting, **arguments, **picked(given, phase="phase"))
        where = {"period": found.period, "phase": found.phase}
        at = f", at {found.phase:g} of it" if found.phase else ""
        lines = [f"{len(found.times)} states, once per period {found.period:.6g}{at}"]
    else:
        if "phase" in given:
            raise ChaoscadError(
                "--phase is of a section once per period of a drive; leave it out of one in a plane"
            )
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


def explore_recurrence(setting: Setting, given: dict[str, Any]) -> Found:
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
    found = recurrence(run, **picked(given, threshold="threshold"))
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
