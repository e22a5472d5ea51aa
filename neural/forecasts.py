"""Forecasts: trained networks rolled out along test trajectories that they have never seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from chaoscad.arguments import choice, first_line, instance, whole
from chaoscad.errors import ChaoscadError
from neural.hamiltonian import METHODS, HamiltonianNetwork
from neural.hamiltonian.rollout import paths
from neural.tasks import Task
from neural.training import Fitted


@dataclass(frozen=True)
class Forecast:
    """How far roll-outs stay near the truth, for every seed.

    **Arguments:**

    - `times`: of the samples, in the task's own units, from 0.
    - `errors`: (seeds, times): the median over test trajectories of the distance from the truth, in
      units of the coordinates' standard deviations. Infinite where half of the roll-outs are lost.
    - `drift`: (seeds,): the median over test trajectories of max |E(t) - E(0)| / |E(0)|, with the
      true energy; NaN for a task that has none.
    - `lost`: (seeds,): the share of roll-outs that left the finite numbers.
    """

    times: Float[np.ndarray, " times"]
    errors: Float[np.ndarray, "seeds times"]
    drift: Float[np.ndarray, " seeds"]
    lost: Float[np.ndarray, " seeds"]

    @property
    def root_mean_square(self) -> Float[np.ndarray, " seeds"]:
        """The root mean square of the errors over the forecast's whole length."""
        return np.sqrt(np.square(self.errors).mean(axis=1))


def forecast(
    fitted: Fitted,
    task: Task,
    *,
    method: str | None = None,
    substeps: int = 2,
    samples: int | None = None,
) -> Forecast:
    """Roll out every seed's network from the start of every test trajectory.

    **Arguments:**

    - `method`: `midpoint` (implicit, symplectic) or `rk4`; by default `midpoint` for Hamiltonian
      networks and `rk4` for others.
    - `substeps`: integration steps between two samples.
    - `samples`: how many samples of each trajectory to forecast, at least 2; as many as there are
      by default, and at most.

    **Raises:** `ChaoscadError` for a task without trajectories, with a law that depends on time, or
    other than the networks', and for an unknown method, substeps or samples that are no such number.
    """
    instance("the fit", fitted, Fitted, "fit(shape, activations, task, training)")
    instance("the task", task, Task, "task('henon_heiles')")
    dynamics = task.dynamics
    if dynamics is None or dynamics.driven or not dynamics.test:
        why = "is driven" if dynamics is not None and dynamics.driven else "has no trajectories"
        raise ChaoscadError(f"the task {task.name} {why}; it cannot be forecast from its states")
    if method is not None:
        choice("method", method, METHODS)
    substeps = whole("substeps", substeps, 1, 1000)
    length = min(len(one.times) for one in dynamics.test)
    if samples is not None:
        length = min(length, whole("samples", samples, 2))
    truth = np.stack([one.states[:length] for one in dynamics.test])
    scaled = task.scaling.inputs.apply(truth)
    hamiltonian = isinstance(fitted.networks, HamiltonianNetwork)
    rule = method or ("midpoint" if hamiltonian else "rk4")
    start, step = jnp.asarray(scaled[:, 0]), jnp.asarray(dynamics.step / task.scaling.time)
    try:
        rolled = np.asarray(_roll(fitted.networks, start, step, rule, length - 1, substeps))
    except TypeError as error:
        raise ChaoscadError(
            f"the networks do not take the {truth.shape[-1]} coordinates of the task {task.name}: "
            f"{first_line(error)}"
        ) from error
    spread = truth.reshape(-1, truth.shape[-1]).std(axis=0)
    raw = task.scaling.inputs.undo(rolled)
    with np.errstate(over="ignore", invalid="ignore"):
        distance = np.linalg.norm((raw - truth) / spread, axis=-1)
    distance = np.where(np.isfinite(distance), distance, np.inf)
    energy = dynamics.energy
    drift = [np.nan if energy is None else _drift(energy, one) for one in raw]
    return Forecast(
        times=dynamics.step * np.arange(length),
        errors=np.median(distance, axis=1),
        drift=np.array(drift),
        lost=(~np.isfinite(distance)).any(axis=2).mean(axis=1),
    )


def _drift(energy: Any, states: np.ndarray) -> float:
    with np.errstate(over="ignore", invalid="ignore"):
        energies = np.asarray(energy(states))
        worst = np.abs(energies - energies[:, :1]).max(axis=1) / np.abs(energies[:, 0])
    return float(np.median(np.where(np.isfinite(worst), worst, np.inf)))


@eqx.filter_jit
def _roll(
    models: Any, start: Array, step: Array, method: str, steps: int, substeps: int
) -> Float[Array, "seeds trajectories times coordinates"]:
    arrays, rest = eqx.partition(models, eqx.is_array)
    dt = jnp.asarray(step, start.dtype) / substeps

    def one_seed(own: Any) -> Array:
        return paths(eqx.combine(own, rest), start, dt, method, steps, substeps)[0]

    return jax.lax.map(one_seed, arrays)
