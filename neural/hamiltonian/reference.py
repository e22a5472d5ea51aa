"""Roll-outs of a plain NumPy field to rounding, which learned ones are judged against."""

from __future__ import annotations

from collections.abc import Callable

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Real
from scipy.integrate import solve_ivp

from chaoscad.arguments import function, number, real_array
from chaoscad.errors import ChaoscadError
from neural.hamiltonian.rollout import Rollout, grid, with_lost

MOST_CALLS = 2_000_000
"""Most calls of the field for one start."""

SUSPICIOUS = 20_000
"""Calls for one start after which rates that all have the digits of float32 count as float32."""

ROUNDINGS = 8
"""The least tolerance, in units of rounding of the field's rates: 9.5e-7 for float32."""


class _TooLong(Exception):
    """A start has used up its calls."""


def reference_rollout(
    field: Callable[[Float[np.ndarray, "batch coordinates"]], np.ndarray],
    start: Real[np.ndarray, "starts coordinates"],
    dt: float,
    steps: int,
    *,
    tolerance: float = 1e-12,
) -> Rollout:
    """Follow a NumPy field from every start by DOP853 in float64, each with its own step sizes.

    E. Hairer, S. P. Nørsett, G. Wanner, Solving Ordinary Differential Equations I (2nd ed., 1993),
    section II.5; here SciPy's.

    **Arguments:**

    - `field`: the rates of a batch of states, (batch, coordinates) to the same shape, in float64. A
      network of float32 weights, such as a trained `HamiltonianNetwork`, computes them in float64
      within `jax.enable_x64(True)`.
    - `dt`, `steps`: states are kept at 0, dt, .., steps dt, whatever steps the method takes.
    - `tolerance`: relative and absolute, of one step; 1e-13 or more. Where the rates are float32,
      9.5e-7 or more: below, their rounding looks like an error of the step, which becomes tiny.

    **Returns:** the roll-out; a start that escapes is NaN from there on and reported by `problems()`.

    **Raises:** `ChaoscadError` for a bad argument, a field whose rates have another shape than the
    states or too few digits for the tolerance, and a start that needs more than `MOST_CALLS` calls of
    the field.
    """
    begin, times = grid(start, dt, steps)
    function("the field", field)
    number("the tolerance", tolerance, "from 1e-13 to below 1", lambda value: 1e-13 <= value < 1)
    begin = begin.astype(np.float64)
    states = np.full((len(begin), len(times), begin.shape[1]), np.nan)
    lost = np.full(len(begin), -1, np.int32)
    for index, one in enumerate(begin):
        try:
            found = _follow(field, one, times, tolerance)
        except _TooLong:
            raise ChaoscadError(
                f"start {index} needs more than {MOST_CALLS} calls of the field; ask for less time "
                "or a larger tolerance"
            ) from None
        states[index, : len(found)] = found
        if len(found) < len(times):
            lost[index] = len(found)
    never = np.full(len(begin), -1, np.int32)
    return Rollout("DOP853", float(dt), times, with_lost(states, lost, 1), lost, never)


def _follow(
    field: Callable[[np.ndarray], np.ndarray],
    start: np.ndarray,
    times: np.ndarray,
    tolerance: float,
) -> np.ndarray:
    """The states (times, coordinates) up to the last one that could be reached."""
    calls = 0
    short = True

    def rates(_: float, y: np.ndarray) -> np.ndarray:
        nonlocal calls, short
        calls += 1
        if calls > MOST_CALLS:
            raise _TooLong
        given = real_array("the field's rates", field(y[None]))
        if given.shape != (1, len(y)):
            raise ChaoscadError(
                f"the field gives rates of shape {given.shape} for states of shape {(1, len(y))}"
            )
        found = given.astype(np.float64)
        # Rates in float64 can have been computed in float32.
        short = short and bool((found == found.astype(np.float32)).all())
        _check_digits("float32" if short and calls > SUSPICIOUS else given.dtype.name, tolerance)
        return found[0]

    with np.errstate(all="ignore"):
        # SciPy's choice of the first step never ends where the first rates are not finite.
        if not np.isfinite(rates(0.0, start)).all():
            return start[None]
        solution = solve_ivp(
            rates,
            (0.0, times[-1]),
            start,
            method="DOP853",
            t_eval=times,
            rtol=tolerance,
            atol=tolerance,
        )
    states = np.asarray(solution.y).T
    finite = np.isfinite(states).all(1)
    return states if finite.all() else states[: int(np.argmin(finite))]


def _check_digits(dtype: str, tolerance: float) -> None:
    """Refuse a tolerance that rates of a type cannot meet."""
    if dtype not in ("float32", "float16", "bfloat16"):
        return
    least = ROUNDINGS * float(jnp.finfo(dtype).eps)
    if tolerance < least:
        raise ChaoscadError(
            f"the field computes its rates in {dtype}, whose rounding keeps the steps tiny at the "
            f"tolerance {tolerance:g}; compute them in float64, which a network does within "
            f"jax.enable_x64(True), or give a tolerance of {least:.2g} or more"
        )
