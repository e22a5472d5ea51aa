"""`chaoscad explore` over initial states: exponents of a finite time, and basins of attraction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chaoscad.cli.explored import Found, picked

if TYPE_CHECKING:
    from chaoscad.systems import Setting


def explore_ftle(setting: Setting, given: dict[str, Any]) -> Found:
    import numpy as np

    from chaoscad.analysis import finite_time, grid
    from chaoscad.analysis.lyapunov import exponent_unit
    from chaoscad.plot import draw_finite_time
    from chaoscad.systems import Flow

    names = {"coordinates": "coordinates", "ranges": "ranges", "at": "initial"}
    system = setting.system
    default = 1000 if setting.one_dimensional else 200
    where = grid(setting, columns=given.get("columns", default), **picked(given, **names))
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


def explore_basins(setting: Setting, given: dict[str, Any]) -> Found:
    from chaoscad.analysis import basins, grid
    from chaoscad.analysis.basins import ESCAPES, OPEN
    from chaoscad.analysis.bounded import elsewhere
    from chaoscad.plot.basins import draw_basins, told
    from chaoscad.systems import Flow

    names = {"coordinates": "coordinates", "ranges": "ranges", "at": "initial"}
    columns = given.get("columns", 2000 if setting.one_dimensional else 200)
    where = grid(setting, columns=columns, factor=1.5, **picked(given, **names))
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
