"""The chance that noise on the initial state alone turns a bit: exact for maps of one coordinate.

The bit is constant between neighbouring preimages p of the threshold, so that a row at z errs with a
sum of Phi((p - z) / sigma), Phi the normal distribution function.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chaoscad.arguments import number, within
from chaoscad.errors import ChaoscadError
from chaoscad.gate import Setpoint
from chaoscad.systems.curves import saturating
from chaoscad.systems.preimages import crossings

if TYPE_CHECKING:
    from jaxtyping import Bool, Float64

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
    points, bits = _pieces(gate, states.min() - REACH * sigma, states.max() + REACH * sigma)
    return _errors(states, points, bits, np.array([sigma]))[0]


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
        points, bits = _pieces(gate, states.min() - REACH * widest, states.max() + REACH * widest)
        # Upwards, as rates need not rise all the way: the least of several solutions is wanted.
        sigmas = np.geomspace(1e-7 * widest, widest, 200)
        beyond = _errors(states, points, bits, sigmas).max(1) >= error
        if beyond.any():
            first = int(np.argmax(beyond))
            return _solved(states, points, bits, error, sigmas[max(first - 1, 0) : first + 1])
    raise ChaoscadError(
        f"no state noise up to {width:g} makes a row err with a probability of {error:g}"
    )


def _solved(
    states: Float64[np.ndarray, " rows"],
    points: Float64[np.ndarray, " points"],
    bits: Bool[np.ndarray, " pieces"],
    error: float,
    between: Float64[np.ndarray, " ends"],
) -> float:
    under, over = between[0], between[-1]
    for _ in range(60):
        middle = np.sqrt(under * over)
        if _errors(states, points, bits, np.array([middle])).max() >= error:
            over = middle
        else:
            under = middle
    return float(over)


def small_probability(error: object) -> float:
    """A probability of an error that can be asked for."""
    wanted = "above 0 and below 0.5, that of a coin"
    return number("the error", error, wanted, lambda found: 0 < found < 0.5)


def _pieces(
    gate: Setpoint, low: float, high: float
) -> tuple[Float64[np.ndarray, " points"], Bool[np.ndarray, " pieces"]]:
    """Where the bit may change, and the bit between these points."""
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
    return points, values < gate.threshold if gate.compare == "<" else values > gate.threshold


def _errors(
    states: Float64[np.ndarray, " rows"],
    points: Float64[np.ndarray, " points"],
    bits: Bool[np.ndarray, " pieces"],
    sigmas: Float64[np.ndarray, " sigmas"],
) -> Float64[np.ndarray, "sigmas rows"]:
    from scipy.special import ndtr

    own = bits[np.searchsorted(points, states)]
    edges = np.concatenate([[-np.inf], points, [np.inf]])
    away = (edges - states[:, None]) / sigmas[:, None, None]
    left, right = away[..., :-1], away[..., 1:]
    # On the right of z from the other tail, which keeps small differences exact.
    flip = left > 0
    mass = ndtr(np.where(flip, -left, right)) - ndtr(np.where(flip, -right, left))
    return (mass * (bits != own[:, None])).sum(-1)
