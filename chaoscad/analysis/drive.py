"""The period of a flow's drive, for every value of a parameter: known, and one after which it repeats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from jaxtyping import Float64

from chaoscad.errors import ChaoscadError
from chaoscad.systems import Flow, Setting
from chaoscad.systems.user import period_of

PHASES = (0.0, 0.137, 0.389, 0.618, 0.871)
"""Shares of a period at which the drive is compared with that of the next one."""

SAME = 1e-5
"""Rates repeat where they differ by less than this share of what the drive changes; a period may be
written to six digits."""

ROUNDING = 1e-12
"""The same, as a share of the rates."""


def with_period(setting: Setting, text: str) -> Setting:
    """The setting of a driven flow with the period of its drive, an expression over its parameters.

    **Raises:** `ExpressionError` for what is no such expression, `ChaoscadError` for a system without a
    drive.
    """
    system = setting.system
    if not isinstance(system, Flow):
        raise ChaoscadError(f"{system.name} is a map, and has no drive whose period could be given")
    found = period_of(text, system.parameters)
    given = {name: np.array([value]) for name, value in setting.parameters.items()}
    if not system.driven and not np.ptp(_rates(system, np.ones(1), given), axis=0).any():
        raise ChaoscadError(
            f"the equations of {system.name} do not depend on the time, so there is no drive whose "
            "period could be given"
        )
    return replace(setting, system=replace(system, period=found))


def period(setting: Setting) -> float | None:
    """The period of the drive, or `None`.

    **Raises:** as `periods`.
    """
    given = {name: np.array([value]) for name, value in setting.parameters.items()}
    found = periods(setting, given, 1)
    return None if found is None else float(found[0])


def periods(
    setting: Setting, values: Mapping[str, Float64[np.ndarray, " columns"]], columns: int
) -> Float64[np.ndarray, " columns"] | None:
    """The period of the drive for every column of the parameters; `None` where it has none in any.

    **Raises:** `ChaoscadError` where some have one and others not, and where the flow does not repeat.
    """
    flow = setting.system
    if not isinstance(flow, Flow) or flow.period is None:
        return None
    rows = [{name: float(item[i]) for name, item in values.items()} for i in range(columns)]
    found = np.array([flow.period(row) for row in rows])
    endless = ~np.isfinite(found)
    if endless.all():
        return None
    varied = [name for name, item in values.items() if np.ptp(item) > 0]
    if endless.any():
        raise ChaoscadError(
            f"the drive of {flow.name} has no period at {_told(rows[int(endless.argmax())], varied)}; leave "
            "that out, or read the maxima (--maxima)"
        )
    here, later = (_rates(flow, found, values, turn) for turn in (0, 1))
    moves, size = np.ptp(here, axis=0), np.abs(here).max(axis=0)
    off = (np.abs(later - here).max(axis=0) > SAME * moves + ROUNDING * size).any(axis=0)
    if off.any():
        column = int(off.argmax())
        at = f" at {_told(rows[column], varied)}" if varied else ""
        raise ChaoscadError(
            f"{flow.name} does not repeat after {found[column]:.9g}{at}, so that is no period of its drive"
        )
    return found


def _told(row: Mapping[str, float], names: list[str]) -> str:
    return ", ".join(f"{name} = {row[name]:g}" for name in names)


def _rates(
    flow: Flow, periods: np.ndarray, values: Mapping[str, np.ndarray], turn: int = 0
) -> Float64[np.ndarray, "phases coordinates columns"]:
    """The field at some phases of one turn of the drive, at a state where no coordinate is 0."""
    state = tuple(
        np.full(len(periods), value + 0.1 + 0.01 * index)
        for index, value in enumerate(flow.initial)
    )
    found = []
    with np.errstate(all="ignore"):
        for phase in PHASES:
            rates = flow.field(np, (phase + turn) * periods, state, values)
            found.append([np.broadcast_to(item, periods.shape) for item in rates])
    return np.nan_to_num(np.array(found, np.float64))
