"""How well a roll-out keeps its energy: drift and oscillation told apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Array, Float64, Real

from chaoscad.arguments import number, real_array
from chaoscad.errors import ChaoscadError


@dataclass(frozen=True)
class EnergyDrift:
    """The error of the energy along every trajectory, against its value at the start.

    A trajectory with an energy that is not finite has NaN everywhere.

    **Arguments:**

    - `absolute`: the largest |E(t) - E(0)|.
    - `relative`: the same over |E(0)|; infinite where that is 0 and the energy is not kept.
    - `slope`: of the least-squares line through E(t), per unit of time: what grows without end.
    - `rms`: of what the line leaves: the oscillation, which a symplectic method has too.
    """

    absolute: Float64[np.ndarray, " trajectories"]
    relative: Float64[np.ndarray, " trajectories"]
    slope: Float64[np.ndarray, " trajectories"]
    rms: Float64[np.ndarray, " trajectories"]


def energy_drift(
    energies: Real[Array | np.ndarray, "*trajectories times"], dt: float
) -> EnergyDrift:
    """Judge the energies of trajectories at equal distances in time.

    Energies that were computed in float32 carry its rounding, 6e-8 of the largest term of the energy.

    **Arguments:**

    - `energies`: shape (trajectories, times), or (times,) for one; `network.energy(rollout.states)`.
    - `dt`: the time between two of them.

    **Raises:** `ChaoscadError` for fewer than 3 times, another shape, or a `dt` of 0.
    """
    values = real_array("the energies", energies).astype(np.float64)
    values = values[None] if values.ndim == 1 else values
    if values.ndim != 2 or values.shape[1] < 3:
        raise ChaoscadError(
            f"the energies have shape {np.shape(energies)}, and must have shape (trajectories, times) "
            "with 3 times or more"
        )
    number("dt", dt, "a finite number other than 0", lambda value: value != 0)
    # Energies near the largest number overflow: what comes of it is infinite or NaN, and says so.
    with np.errstate(all="ignore"):
        return EnergyDrift(*_judged(values, float(dt)))


def _judged(
    values: Float64[np.ndarray, "trajectories times"], dt: float
) -> Float64[np.ndarray, "4 trajectories"]:
    broken = np.logical_not(np.isfinite(values).all(axis=1))
    error = np.where(broken[:, None], 0.0, values)
    first = error[:, :1].copy()
    error -= first
    absolute = np.abs(error).max(1)
    relative = np.where(absolute > 0, absolute / np.abs(first[:, 0]), 0.0)
    time = dt * np.arange(values.shape[1])
    time -= time.mean()
    slope = error @ time / (time @ time)
    rest = error - error.mean(1, keepdims=True) - slope[:, None] * time
    found = np.stack([absolute, relative, slope, np.sqrt(np.mean(rest**2, axis=1))])
    found[:, broken] = np.nan
    return found
