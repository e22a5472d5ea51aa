"""Orbits of maps and time series of flows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from chaoscad.analysis.arguments import Real, need_flow, need_map, room, start
from chaoscad.analysis.bounded import elsewhere
from chaoscad.analysis.table import Table, states_table
from chaoscad.analysis.trajectory import sampled
from chaoscad.arguments import not_negative, positive, whole
from chaoscad.errors import ChaoscadError
from chaoscad.systems import Map, Setting
from chaoscad.systems.evaluate import ESCAPED

MOST_ITERATES = 1_000_000
"""Most iterates of one orbit; they are computed one by one."""


@dataclass(frozen=True)
class Orbit:
    """States of a map, one iterate apart.

    **Arguments:**

    - `iterates`: the number of each state, 0 for the initial one.
    - `collapsed`: the iterate from which the orbit rests exactly, else `None`. A slope that is a
      power of two shifts the binary digits of the start out of the number: the orbits of the tent
      map at mu = 2 and of the Bernoulli shift at beta = 2 end on a fixed point that repels.
    """

    setting: Setting
    iterates: Float64[np.ndarray, " rows"]
    states: Float64[np.ndarray, "rows coordinates"]
    collapsed: int | None = None

    def columns(self) -> Table:
        """The iterates and every coordinate."""
        return states_table(self.setting, self.iterates, self.states)


@dataclass(frozen=True)
class Series:
    """States of a flow at equally spaced times."""

    setting: Setting
    times: Float64[np.ndarray, " rows"]
    states: Float64[np.ndarray, "rows coordinates"]

    def columns(self) -> Table:
        """The times and every coordinate."""
        return states_table(self.setting, self.times, self.states)


def orbit(
    setting: Setting,
    steps: int = 1000,
    initial: Sequence[Real] | np.ndarray | None = None,
    skip: Real = 0,
) -> Orbit:
    """Iterate a map.

    **Arguments:**

    - `steps`: iterates that are kept, after the first state that is.
    - `initial`: one number per coordinate; the system's own where it is left out.
    - `skip`: iterates before the first state that is kept.

    **Returns:** the states `skip`, ..., `skip + steps`.

    **Raises:** `ChaoscadError` for a flow, a bad argument, and an orbit that escapes.
    """
    system = need_map(setting, "an orbit", "take its series")
    skip = whole("skip", skip, 0, MOST_ITERATES)
    steps = whole("steps", steps, 1, MOST_ITERATES)
    room("the orbit", steps, len(system.coordinates))
    state = tuple(start(setting, initial))
    parameters = setting.parameters
    found = np.empty((steps + 1, len(state)))
    rests: int | None = None
    with np.errstate(all="ignore"):
        for index in range(skip + steps + 1):
            if index >= skip:
                found[index - skip] = state
            moved = tuple(np.float64(item) for item in system.step(np, state, parameters))
            if not all(abs(item) < ESCAPED for item in moved):
                if index < skip + steps:
                    raise ChaoscadError(
                        f"the orbit of {system.name} escapes at iterate {index + 1}; {elsewhere(setting)}"
                    )
                break
            if rests is None and moved == state:
                rests = index
            state = moved
    collapsed = rests if rests is not None and _repels(system, state, parameters) else None
    return Orbit(setting, np.arange(skip, skip + steps + 1, dtype=np.float64), found, collapsed)


def _repels(system: Map, state: tuple[np.float64, ...], parameters: dict[str, float]) -> bool:
    """Whether a fixed point of a one-dimensional map pushes a close neighbour away."""
    if len(state) != 1:
        return False
    (x,) = state
    h = 1e-7 * max(1.0, abs(float(x)))
    with np.errstate(all="ignore"):
        moved = [abs(system.step(np, (x + side,), parameters)[0] - x) for side in (h, -h)]
    return bool(max(moved) > 1.01 * h)


def series(
    setting: Setting,
    time: Real = 100.0,
    samples: int = 5000,
    initial: Sequence[Real] | np.ndarray | None = None,
    skip: Real = 0.0,
) -> Series:
    """Follow a flow from time 0 and sample it, both ends included.

    **Arguments:**

    - `time`: the length of the series.
    - `samples`: how many states, at equal distances in time.
    - `initial`: one number per coordinate; the system's own where it is left out.
    - `skip`: the time of the first sample.

    **Raises:** `ChaoscadError` for a map, a bad argument, and a trajectory that escapes.
    """
    flow = need_flow(setting, "a series", "take its orbit")
    positive("time", time)
    not_negative("skip", skip)
    samples = whole("samples", samples, 2)
    room("the series", samples, len(flow.coordinates))
    times = np.linspace(skip, skip + time, samples)
    return Series(setting, times, sampled(setting, start(setting, initial), times))
