"""`chaoscad explore` over a parameter: exponents, of one setting too, and bifurcation diagrams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chaoscad.cli.explored import Found, picked

if TYPE_CHECKING:
    from chaoscad.analysis import Bifurcation
    from chaoscad.systems import Setting


def explore_lyapunov(setting: Setting, given: dict[str, Any]) -> Found:
    from chaoscad.analysis import lyapunov
    from chaoscad.plot import draw_lyapunov

    length = given.get("time", given.get("steps"))
    if "parameter" in given:
        return _lyapunov_over(setting, given, length)
    found = lyapunov(setting, length, **picked(given, skip="skip", initial="initial"))
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
        setting, *where, length=length, **picked(given, columns="columns", initial="initial")
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


def explore_bifurcation(setting: Setting, given: dict[str, Any]) -> Found:
    from chaoscad.analysis import bifurcation, period_doublings
    from chaoscad.errors import ChaoscadError
    from chaoscad.plot import draw_bifurcation

    keep = given.get("time", given.get("steps"))
    names = {name: name for name in ("columns", "skip", "initial", "phase", "maxima")}
    where = given["parameter"], given["low"], given["high"]
    if "both_ways" in given:
        return _continuation(setting, given)
    found = bifurcation(setting, *where, keep=keep, **picked(given, **names))
    lines = [f"{len(found.at)} points at {found.columns_tried} values of {given['parameter']}"]
    lines += _reading(found, given)
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
        "reads": found.reads,
        "drive_periods": found.periods,
        "escaped": found.escaped,
        "skipped": found.skipped,
        "unsettled": found.unsettled.tolist(),
        "doublings": None if doublings is None else doublings.values.tolist(),
        "periods": None if doublings is None else list(doublings.periods),
    }
    return found.columns(), draw_bifurcation(found, doublings), lines, data


def _reading(found: Bifurcation, given: dict[str, Any]) -> list[str]:
    """When a driven flow is read."""
    from chaoscad.systems import Flow

    flow = found.setting.system
    if not (isinstance(flow, Flow) and flow.driven):
        return []
    if found.periods is None:
        why = (
            "" if "maxima" in given else ": no period of the drive is known, and --period gives it"
        )
        return [f"read at the maxima of {found.setting.read}{why}"]
    low, high = found.periods
    period = f"{low:.6g}" + (f" to {high:.6g}" if high > low else "")
    at = f", at {found.phase:g} of it" if found.phase else ""
    return [f"read once per period of the drive, {period}{at}"]


def _transients(found: Bifurcation) -> list[str]:
    """What is said of transients that were longer than usual."""
    from chaoscad.systems import Flow

    lines: list[str] = []
    name, left = found.parameter.name, found.unsettled
    if found.prolonged:
        lines.append(
            f"the transient was prolonged at {found.prolonged} of {found.columns_tried} values of {name}, "
            f"to at most {found.skipped:g} {found.unit}"
        )
    if len(left):
        lines.append(
            f"it has not decayed at {len(left)} of them, between {left[0]:.6g} and {left[-1]:.6g}, which "
            "are marked: give a longer --skip, or more to compare by --"
            + ("time" if isinstance(found.setting.system, Flow) and not found.periods else "steps")
        )
    return lines


def _continuation(setting: Setting, given: dict[str, Any]) -> Found:
    from chaoscad.analysis import continuation
    from chaoscad.plot import draw_continuation

    where = given["parameter"], given["low"], given["high"]
    keep = given.get("time", given.get("steps"))
    names = {name: name for name in ("columns", "skip", "initial", "phase", "maxima")}
    found = continuation(setting, *where, keep=keep, **picked(given, **names))
    both = found.at[found.differ]
    lines = [f"{len(found.up.at)} points upwards and {len(found.down.at)} downwards"]
    lines += _reading(found.up, given)
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
        "reads": found.up.reads,
        "drive_periods": found.up.periods,
        "escaped": list(lost),
        "skipped": [found.up.skipped, found.down.skipped],
        "unsettled": [found.up.unsettled.tolist(), found.down.unsettled.tolist()],
        "coexist": both.tolist(),
    }
    return found.columns(), draw_continuation(found), lines, data
