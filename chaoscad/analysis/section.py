"""Poincaré sections: a flow seen where it crosses a plane, or once per period of its drive."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float64

from chaoscad.analysis.arguments import Real, need_flow, place, room, share, start
from chaoscad.analysis.crossing import crossing
from chaoscad.analysis.drive import period as period_of_drive
from chaoscad.analysis.table import Table, states_table
from chaoscad.analysis.trajectory import Piece, march, sampled
from chaoscad.arguments import not_negative, whole
from chaoscad.errors import ChaoscadError
from chaoscad.systems import Flow, Setting

PARTS = 8
"""Parts of a step in which crossings are looked for; in one the coordinate turns at most once."""

PATIENCE = 20_000
"""Steps of the system's own length without a crossing after which there is none."""


@dataclass(frozen=True)
class Section:
    """States of a flow in a Poincaré section.

    **Arguments:**

    - `coordinate`, `level`, `direction`: the plane, and +1 or -1 for crossings on the way up or down;
      `None` for a stroboscopic section.
    - `period`, `phase`: of the stroboscope, else `None`, and where in it, as a share of it.
    """

    setting: Setting
    times: Float64[np.ndarray, " crossings"]
    states: Float64[np.ndarray, "crossings coordinates"]
    coordinate: str | None = None
    level: float | None = None
    direction: int | None = None
    period: float | None = None
    phase: float = 0.0

    def columns(self) -> Table:
        """The times and every coordinate."""
        return states_table(self.setting, self.times, self.states)


def section(
    setting: Setting,
    coordinate: str,
    level: Real,
    direction: Literal[1, -1] = 1,
    crossings: int = 500,
    initial: Sequence[Real] | np.ndarray | None = None,
    skip: Real = 0.0,
) -> Section:
    """States where a coordinate passes a level in one direction.

    Crossings are located in the dense output of the integration, to rounding. A coordinate that turns
    close to the level crosses it twice in a short time; the turn is located first, so both are found.

    **Arguments:**

    - `skip`: a time before the first crossing that counts.

    **Raises:** `ChaoscadError` for a map, a bad argument, a trajectory that escapes, and one that
    does not cross.
    """
    flow = need_flow(setting, "a section", "take its orbit")
    index = place(setting, coordinate)
    if not math.isfinite(level):
        raise ChaoscadError(f"the level of {coordinate} is {level}, and must be a finite number")
    if direction not in (1, -1):
        raise ChaoscadError(f"the direction is {direction}, and must be 1 (up) or -1 (down)")
    crossings = whole("crossings", crossings, 1)
    not_negative("skip", skip)
    room("the section", crossings, len(flow.coordinates))
    times: list[float] = []
    states: list[np.ndarray] = []
    last, least, most = skip, math.inf, -math.inf
    end: float | None = None
    for piece in march(setting, start(setting, initial)):
        if piece.end <= skip:
            continue
        when, side = _sides(piece, setting, index, level, direction, max(piece.begin, skip))
        # The piece before ended there: its height may differ by rounding, and counts once.
        side[0] = side[0] if end is None else end
        end = float(side[-1])
        x = level + direction * side
        least, most = min(least, float(x.min())), max(most, float(x.max()))

        def height(time: float, piece: Piece = piece) -> float:
            return direction * (float(piece.state(time)[index]) - level)

        for part in np.nonzero((side[:-1] < 0) & (side[1:] >= 0))[0]:
            ends, heights = when[part : part + 2].tolist(), side[part : part + 2].tolist()
            last = crossing(height, (ends[0], ends[1]), (heights[0], heights[1]))
            times.append(last)
            states.append(piece.state(last))
        if len(times) >= crossings:
            return Section(
                setting,
                np.array(times[:crossings]),
                np.array(states[:crossings]),
                coordinate,
                float(level),
                direction,
            )
        if piece.end - last > PATIENCE * flow.step:
            found = f"crosses {coordinate} = {level:g} {len(times)} times and then no more"
            if not times:
                found = f"does not cross {coordinate} = {level:g}"
            raise ChaoscadError(
                f"the trajectory of {flow.name} {found} until time {piece.end:.4g}; its {coordinate} "
                f"goes from {least:.4g} to {most:.4g}"
            )
    raise AssertionError("a march without an end ends in an error")


def _sides(
    piece: Piece, setting: Setting, index: int, level: float, direction: int, begin: float
) -> tuple[Float64[np.ndarray, " times"], Float64[np.ndarray, " times"]]:
    """Times of a piece and the signed heights above the level, turning points among them."""
    flow, parameters = setting.system, setting.parameters
    assert isinstance(flow, Flow)

    def rate(time: float) -> float:
        return float(flow.field(np, time, tuple(piece.state(time)), parameters)[index])

    when = np.linspace(begin, piece.end, PARTS + 1)
    states = piece.state(when)
    rates = np.broadcast_to(flow.field(np, when, tuple(states), parameters)[index], when.shape)
    turns = [
        crossing(rate, (float(when[part]), float(when[part + 1])), (rates[part], rates[part + 1]))
        for part in np.nonzero(rates[:-1] * rates[1:] < 0)[0]
    ]
    if turns:
        when = np.sort(np.concatenate([when, turns]))
        states = piece.state(when)
    return when, direction * (states[index] - level)


def stroboscopic(
    setting: Setting,
    crossings: int = 500,
    initial: Sequence[Real] | np.ndarray | None = None,
    skip: Real = 0.0,
    phase: Real = 0.0,
) -> Section:
    """States of a driven flow once per period of its drive.

    **Arguments:**

    - `skip`: a time before the first state that counts.
    - `phase`: where in the period, as a share of it.

    **Raises:** `ChaoscadError` for a system without a drive, a bad argument, and a trajectory that
    escapes.
    """
    flow = need_flow(setting, "a section", "take its orbit")
    crossings = whole("crossings", crossings, 1)
    not_negative("skip", skip)
    room("the section", crossings, len(flow.coordinates))
    share(phase)
    period = period_of_drive(setting)
    if period is None:
        why = "has no known period of its drive" if flow.driven else "is not driven"
        raise ChaoscadError(
            f"{flow.name} {why}, so its section needs a plane, such as {flow.read} = 0"
        )
    first = math.ceil(skip / period - phase - 1e-9)
    times = period * (np.arange(first, first + crossings) + phase)
    states = sampled(setting, start(setting, initial), times)
    return Section(setting, times, states, period=period, phase=float(phase))
