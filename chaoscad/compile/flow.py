"""Flows as JAX programs: many trajectories as one system of equations, integrated by diffrax.

With fixed steps every trajectory takes the same ones, and a trajectory that escapes spoils only
itself. With a tolerance, the steps are those that the worst of the finite trajectories needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import diffrax
import jax.numpy as jnp
from jaxtyping import Array

from chaoscad.systems import Flow, Setting
from chaoscad.systems.model import MOST_STEPS, State

INTEGRATORS = {
    "euler": diffrax.Euler,
    "midpoint": diffrax.Midpoint,
    "heun": diffrax.Heun,
    "bosh3": diffrax.Bosh3,
    "tsit5": diffrax.Tsit5,
    "dopri5": diffrax.Dopri5,
    "dopri8": diffrax.Dopri8,
}
"""The Runge-Kutta methods by their names in netlists."""

MOST_ADAPTIVE_STEPS = 4096
"""Most steps of an adaptive solver; a batch that needs more is not finite and is retired."""


ESCAPED = 1e6
"""A coordinate beyond this has escaped."""


def integrate(setting: Setting, begin: State, parameters: Mapping[str, Array]) -> State:
    """The state at the setting's time, from arrays of states; differentiable forward.

    **Returns:** a tuple of arrays like `begin`, NaN or infinite where a trajectory escapes.
    """
    flow, solver, time = setting.system, setting.solver, setting.time
    assert isinstance(flow, Flow)
    assert solver is not None
    assert time is not None

    def field(t: Any, state: State, given: Mapping[str, Array]) -> State:
        rates = flow.field(jnp, t, state, given)
        rates = tuple(jnp.broadcast_to(rate, begin[0].shape) for rate in rates)
        if solver.tolerance is None:
            return rates
        # One that escapes would shrink the steps of all, so it is stopped.
        alive = _alive(state)
        return tuple(jnp.where(alive, rate, 0.0) for rate in rates)

    if solver.step is not None:
        count = solver.steps(time)
        controller: Any = diffrax.ConstantStepSize()
        first, most = time / count, min(count + 1, MOST_STEPS + 1)
    else:
        assert solver.tolerance is not None
        controller = diffrax.PIDController(solver.tolerance, solver.tolerance, norm=_largest)
        first, most = None, MOST_ADAPTIVE_STEPS
    solution = diffrax.diffeqsolve(
        diffrax.ODETerm(field),
        INTEGRATORS[solver.method](),
        t0=0.0,
        t1=time,
        dt0=first,
        y0=begin,
        args=parameters,
        stepsize_controller=controller,
        adjoint=diffrax.ForwardMode(),
        max_steps=most,
        throw=False,
    )
    assert solution.ys is not None
    done = solution.result == diffrax.RESULTS.successful
    if solver.step is not None:
        # Rounding of the time can leave the last of equal steps to a sliver; there is nothing to fail.
        done = jnp.asarray(True)
    end = tuple(coordinate[-1] for coordinate in solution.ys)
    done = done & _alive(end)
    return tuple(jnp.where(done, coordinate, jnp.nan) for coordinate in end)


def _alive(state: State) -> Array:
    """Where every coordinate is finite and has not escaped."""
    alive = jnp.asarray(True)
    for coordinate in state:
        alive = alive & (jnp.abs(coordinate) < ESCAPED)
    return alive


def _largest(scaled: Any) -> Array:
    """The largest scaled error of a trajectory that is still finite."""
    parts = [jnp.where(jnp.isfinite(part), jnp.abs(part), 0.0).max() for part in scaled]
    return jnp.stack(parts).max()
