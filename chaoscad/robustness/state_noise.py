"""The chance that noise on the initial state alone turns a bit: exact for maps of one coordinate.

The bit is constant between neighbouring preimages of the threshold, so that a row errs with the
probability that noise carries its state over an odd number of them (`crossing_probability`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chaoscad.arguments import number, within
from chaoscad.errors import ChaoscadError
from chaoscad.gate import Setpoint
from chaoscad.systems.curves import saturating
from chaoscad.systems.preimages import crossing_probability, crossings

if TYPE_CHECKING:
    from jaxtyping import Float64

WIDTHS = (0.01, 0.1, 1.0)
"""The largest noise that is tried, in widths of the system's range, one after the other."""

LARGEST = 1000.0
"""The largest sigma; beyond it the laps of a map are a needle in the window."""

REACH = 9.0
"""Standard deviations beyond which nothing is expected: Phi(-9) is 1e-19."""


def state_noise_error(gate: Setpoint, sigma: float) -> Float64[np.ndarray, " rows"]:
    """How often each local row gives another bit than without noise, when z + sigma N(0, 1) starts.

    **Arguments:**

    - `sigma`: in the unit of the state.

    **Raises:** `ChaoscadError` for a system that is not a map of one coordinate, and for a sigma
    that is not positive or above 1000.
    """
    sigma = within("sigma", sigma, 0.0, LARGEST, above=True)
    states = gate.states()
    points = _turns(gate, states.min() - REACH * sigma, states.max() + REACH * sigma)
    return crossing_probability(states, points, np.full(len(states), sigma))


def tolerable_state_noise(gate: Setpoint, error: float = 1e-3) -> float:
    """The least sigma at which some row errs with probability `error`; see `state_noise_error`.

    **Raises:** `ChaoscadError` as that, for an error that is none below 0.5, and where no sigma up to
    the width of the system's range makes a row err so often.
    """
    error = small_probability(error)
    states = gate.states()
    low, high = gate.setting.system.state
    width = high - low if np.isfinite(high - low) else np.ptp(states) + 1.0
    for widest in width * np.array(WIDTHS):
        points = _turns(gate, states.min() - REACH * widest, states.max() + REACH * widest)
        # Upwards, as rates need not rise all the way: the least of several solutions is wanted.
        sigmas = np.geomspace(1e-7 * widest, widest, 200)
        beyond = crossing_probability(states, points, sigmas[:, None]).max(1) >= error
        if beyond.any():
            first = int(np.argmax(beyond))
            return _solved(states, points, error, sigmas[max(first - 1, 0) : first + 1])
    raise ChaoscadError(
        f"no state noise up to {width:g} makes a row err with a probability of {error:g}"
    )


def _solved(
    states: Float64[np.ndarray, " rows"],
    points: Float64[np.ndarray, " points"],
    error: float,
    between: Float64[np.ndarray, " ends"],
) -> float:
    under, over = between[0], between[-1]
    for _ in range(60):
        middle = np.sqrt(under * over)
        if crossing_probability(states, points, np.full(len(states), middle)).max() >= error:
            over = middle
        else:
            under = middle
    return float(over)


def small_probability(error: object) -> float:
    """A probability of an error that can be asked for."""
    wanted = "above 0 and below 0.5, that of a coin"
    return number("the error", error, wanted, lambda found: 0 < found < 0.5)


def _turns(gate: Setpoint, low: float, high: float) -> Float64[np.ndarray, " points"]:
    """Where the bit changes."""
    if not gate.setting.one_dimensional:
        raise ChaoscadError(
            f"{gate.setting.system.name} is not a map of one coordinate, to which the sum over "
            "preimages applies; use tolerable_noise"
        )
    setting = saturating(gate.setting)
    points = crossings(setting, gate.threshold, gate.iterates, (float(low), float(high)))
    points = points[(points > low) & (points < high)]
    ends = np.concatenate([[low], points, [high]])
    values = setting.value((ends[:-1] + ends[1:]) / 2, gate.iterates)
    bits = values < gate.threshold if gate.compare == "<" else values > gate.threshold
    # Where the iterate only touches the threshold nothing changes.
    return points[bits[1:] != bits[:-1]]
