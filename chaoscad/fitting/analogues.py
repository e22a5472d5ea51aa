"""Where to start: states of a flow's own trajectories that look like the record (E. N. Lorenz, J. Atmos.
Sci. 26, 636 (1969), calls them analogues).

They give what was not measured, and a misfit that no distant minimum has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float64

from chaoscad.errors import ChaoscadError, Diagnostic
from chaoscad.fitting.motion import moved, substeps_of
from chaoscad.systems import Flow, Setting
from chaoscad.systems.evaluate import ESCAPED

if TYPE_CHECKING:
    from chaoscad.fitting.shooting import Record

ORBITS = 64
"""Trajectories that are compared with."""

SAMPLES = 600
"""Samples of each."""

AROUND = 0.3
"""How far beyond a first trajectory, as a part of its size, others start."""

IN_PHASE = 0.03
"""How far the phase of a driven flow may be off, in periods."""


@dataclass(frozen=True)
class Orbits:
    """Trajectories, `[coordinates, orbits, samples]`, sampled every `gap` from `times` on.

    `scale` is the size of every coordinate.
    """

    states: Float64[np.ndarray, "d orbits samples"]
    times: Float64[np.ndarray, " samples"]
    gap: float
    scale: Float64[np.ndarray, " d"]


def attractor(setting: Setting, gap: float) -> Orbits:
    """Trajectories of a system on its way to the attractor and on it, always the same ones.

    **Raises:** `ChaoscadError` for a system that escapes from everywhere.
    """
    system = setting.system
    first = _run(setting, np.array(system.initial, np.float64)[:, None], gap)
    low, high = first[:, 0].min(1), first[:, 0].max(1)
    middle, half = (low + high) / 2, (high - low) / 2 + 1e-3
    random = np.random.default_rng(0)
    spread = (1 + 2 * AROUND) * random.uniform(-1, 1, (len(low), ORBITS))
    found = _run(setting, middle[:, None] + half[:, None] * spread, gap)
    found = np.concatenate([first, found], axis=1)
    bounded = np.abs(found).max((0, 2)) < ESCAPED
    if not bounded.any():
        values = ", ".join(f"{name}={value:g}" for name, value in setting.parameters.items())
        hint = "give other parameters to start from"
        message = f"{system.name} escapes from everywhere at {values}"
        raise ChaoscadError(Diagnostic(message, hint=hint))
    found = found[:, bounded]
    scale = np.maximum(found.reshape(len(low), -1).std(1), 1e-9)
    return Orbits(found, gap * np.arange(SAMPLES), gap, scale)


def _run(setting: Setting, state: np.ndarray, gap: float) -> np.ndarray:
    substeps = substeps_of(setting, gap)
    found = [state]
    with np.errstate(all="ignore"):
        for index in range(SAMPLES - 1):
            state = moved(setting, setting.parameters, state, index * gap, gap, substeps)
            found.append(state)
    return np.clip(np.nan_to_num(np.stack(found, -1), nan=ESCAPED), -ESCAPED, ESCAPED)


@dataclass(frozen=True)
class Analogues:
    """Windows of a record, and the windows of trajectories that are nearest to them."""

    setting: Setting
    record: Record
    orbits: Orbits

    def states(self, starts: Sequence[int], length: int) -> Float64[np.ndarray, "pieces d"]:
        """The state that the flow may have had at some samples of the record.

        **Arguments:**

        - `starts`: indices of the samples.
        - `length`: steps of the window after each that are compared.
        """
        orbits, record = self.orbits, self.record
        length = min(length, SAMPLES // 2)
        windows = np.lib.stride_tricks.sliding_window_view(
            orbits.states[list(record.observed)], length + 1, axis=2
        )
        size = orbits.scale[list(record.observed)]
        found: list[np.ndarray] = []
        for start in starts:
            times = record.times[start] + orbits.gap * np.arange(length + 1)
            wanted = np.stack([np.interp(times, record.times, one) for one in record.values.T])
            misfit = (((windows - wanted[:, None, None]) / size[:, None, None, None]) ** 2).sum(
                (0, 3)
            )
            misfit[:, ~self._in_phase(record.times[start], misfit.shape[1])] = np.inf
            orbit, place = np.unravel_index(int(misfit.argmin()), misfit.shape)
            found.append(orbits.states[:, orbit, place])
        return np.array(found)

    def _in_phase(self, time: float, count: int) -> np.ndarray:
        """Where the drive of a flow has the phase that it has at a time."""
        system = self.setting.system
        if not isinstance(system, Flow) or system.period is None:
            return np.ones(count, bool)
        turns = (self.orbits.times[:count] - time) / system.period(self.setting.parameters)
        off = np.abs(turns - np.round(turns))
        return off <= max(IN_PHASE, float(off.min()))
