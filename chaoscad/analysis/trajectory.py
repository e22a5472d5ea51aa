"""Following one trajectory of a flow in float64, step by adaptive step."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from scipy.integrate import DOP853

from chaoscad.analysis.bounded import elsewhere
from chaoscad.errors import ChaoscadError
from chaoscad.systems import Flow, Setting
from chaoscad.systems.evaluate import ESCAPED

TOLERANCE = 1e-10
"""Relative and absolute tolerance of a step."""

MOST_STEPS = 200_000
"""Most steps of one trajectory, about a minute's work; one that needs more is given up."""


@dataclass(frozen=True)
class Piece:
    """One step: `state(t)` is the state at a time, or `[coordinates, times]`, from `begin` to `end`."""

    begin: float
    end: float
    state: Callable[[float | np.ndarray], np.ndarray]


def sampled(
    setting: Setting,
    initial: Float64[np.ndarray, " coordinates"],
    times: Float64[np.ndarray, " times"],
) -> Float64[np.ndarray, "times coordinates"]:
    """The states of the trajectory from `initial` at rising times, the first not before 0.

    **Raises:** as `march`.
    """
    states = np.empty((len(times), len(initial)))
    done = 0
    if times[0] == 0:
        states[0], done = initial, 1
    if done < len(times):
        for piece in march(setting, initial, float(times[-1])):
            upto = int(np.searchsorted(times, piece.end, side="right"))
            if upto > done:
                states[done:upto] = piece.state(times[done:upto]).T
                done = upto
    return states


def march(
    setting: Setting, initial: Float64[np.ndarray, " coordinates"], end: float = math.inf
) -> Iterator[Piece]:
    """The trajectory from `initial` at time 0, piece by piece, by the method DOP853.

    E. Hairer, S. P. Nørsett, G. Wanner, Solving Ordinary Differential Equations I, section II.5.

    **Raises:** `ChaoscadError` when the trajectory escapes, cannot be continued, or needs more than
    `MOST_STEPS` steps.
    """
    flow, parameters = setting.system, setting.parameters
    assert isinstance(flow, Flow)

    def derivative(t: float, y: np.ndarray) -> np.ndarray:
        return np.array(flow.field(np, t, tuple(y), parameters), np.float64)

    with np.errstate(all="ignore"):
        solver = DOP853(derivative, 0.0, initial, end, rtol=TOLERANCE, atol=TOLERANCE)
        for _ in range(MOST_STEPS):
            solver.step()
            lost = solver.status == "failed" or not np.isfinite(solver.y).all()
            if lost or np.abs(solver.y).max() > ESCAPED:
                raise ChaoscadError(
                    f"the trajectory of {flow.name} escapes at time {solver.t:.4g}; {elsewhere(setting)}"
                )
            assert solver.t_old is not None
            yield Piece(float(solver.t_old), float(solver.t), solver.dense_output())
            if solver.status == "finished":
                return
    raise ChaoscadError(
        f"the trajectory of {flow.name} needs more than {MOST_STEPS} steps and has reached time "
        f"{solver.t:.6g}; ask for less time"
    )
