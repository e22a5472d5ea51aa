"""What small noise does to a gate, to first order: the standard deviation of its value, and errors.

A row errs with Q(m / s), Q the normal tail, m its margin and s^2 = sum_j (dv / dxi_j)^2 + sigma_c^2 over
all normal numbers xi_j that move the state. For a map that is the sum over the iterates of the product
of the later slopes, squared. At a critical point of the map the slope vanishes and the curvature, which
is left out, decides: Monte Carlo has the last word.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float64

from chaoscad.arguments import not_negative
from chaoscad.errors import ChaoscadError
from chaoscad.gate import Setpoint
from chaoscad.netlist.deviations import Deviations
from chaoscad.robustness.noisy import numpy_value
from chaoscad.robustness.state_noise import small_probability
from chaoscad.robustness.steps import times_of
from chaoscad.systems import Flow, Setting
from chaoscad.systems.curves import saturating

MOST_PLACES = 64
"""Steps of a flow at which its response is computed; between them it is smooth."""

NUDGE = 1e-6
"""Of the state, in central differences."""


def noise_gain(
    setting: Setting,
    iterates: int,
    z: Float64[np.ndarray, " rows"],
    parameters: Mapping[str, float] | None = None,
) -> Float64[np.ndarray, " rows"]:
    """The standard deviation of F(z) for each unit of state noise, to first order."""
    given = {**setting.parameters, **(parameters or {})}
    width = len(setting.system.coordinates)
    steps, weight = iterates, 1.0
    if isinstance(setting.system, Flow):
        times = times_of(setting)
        steps, weight = len(times) - 1, float(times[1])
    # Central differences, all pushes in one evaluation: a tangent map would need the derivative of every
    # system by hand, and the error of these, NUDGE^2 times the third, is below that of the first order.
    places = np.unique(np.linspace(0, steps - 1, min(steps, MOST_PLACES)).round().astype(int))
    shape = (2, len(places), width, len(z))
    pushes = np.zeros((steps, width, *shape))
    for index, place in enumerate(places):
        for coordinate in range(width):
            pushes[place, coordinate, 0, index, coordinate] = NUDGE
            pushes[place, coordinate, 1, index, coordinate] = -NUDGE
    both = numpy_value(setting, iterates, np.broadcast_to(z, shape), given, pushes)
    slopes = (both[0] - both[1]) / (2 * NUDGE)
    each = (slopes**2).sum(1)
    # sum over all steps from the mean over those that were pushed; white noise of size sigma per square
    # root of time gives each step the variance sigma^2 h.
    return np.sqrt(weight * steps * each.mean(0))


def first_order_errors(gate: Setpoint, deviations: Deviations) -> Float64[np.ndarray, " rows"]:
    """How often every local row errs, to first order in the noise."""
    from scipy.special import ndtr

    margins, gains = _margins(gate)
    size = np.hypot(deviations.state_noise * gains, deviations.comparator_noise)
    with np.errstate(divide="ignore"):
        return ndtr(-margins / size)


def first_order_noise(
    gate: Setpoint, error: float = 1e-3, *, state: float = 1.0, comparator: float = 0.0
) -> float:
    """The sigma at which the worst row errs with a probability, to first order.

    **Arguments:**

    - `state`, `comparator`: the noise in units of sigma.

    **Raises:** `ChaoscadError` for an error that is none below 0.5, and for no noise.
    """
    from scipy.special import ndtri

    error = small_probability(error)
    state, comparator = ratios(state, comparator)
    margins, gains = _margins(gate)
    size = np.hypot(state * gains, comparator)
    with np.errstate(divide="ignore"):
        return float((margins / size).min() / -ndtri(error))


def ratios(state: float, comparator: float) -> tuple[float, float]:
    """Noise on the state and at the comparator in units of a common sigma, when there is some."""
    state = not_negative("the noise on the state", state)
    comparator = not_negative("the noise at the comparator", comparator)
    if state == comparator == 0:
        raise ChaoscadError("the noise on the state and at the comparator are both 0; give one")
    return state, comparator


def _margins(
    gate: Setpoint,
) -> tuple[Float64[np.ndarray, " rows"], Float64[np.ndarray, " rows"]]:
    setting = saturating(gate.setting)
    z = gate.states()
    distances = np.abs(setting.value(z, gate.iterates) - gate.threshold)
    return distances, noise_gain(setting, gate.iterates, z)
