"""The physics of tasks: what their columns are called, fields and energies in physical coordinates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import Float

from chaoscad.errors import ChaoscadError
from chaoscad.systems import Flow, setting

TOLERANCE = 1e-12
"""Relative and absolute tolerance of the integrator."""


@dataclass(frozen=True)
class System:
    """What its samples are called, in tasks and in files.

    **Arguments:**

    - `coordinates`: of a state; for a Hamiltonian system (q_1.., p_1..). `rates`: their derivatives.
    - `scalings`: that it allows, the default first.
    - `energy`: states `(..., d)` to energies `(...)`, where it has no parameters.
    """

    name: str
    kind: Literal["regression", "hamiltonian"]
    coordinates: tuple[str, ...]
    rates: tuple[str, ...]
    scalings: tuple[Literal["dynamics", "canonical", "none"], ...]
    description: str
    source: str
    energy: Callable[[np.ndarray], np.ndarray] | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of its files, without the trajectory's number."""
        return tuple(dict.fromkeys(("time", *self.coordinates, *self.rates)))


def henon_heiles_energy(states: Float[np.ndarray, "... 4"]) -> Float[np.ndarray, ...]:
    """(p1^2 + p2^2)/2 + (q1^2 + q2^2)/2 + q1^2 q2 - q2^3/3."""
    q1, q2, p1, p2 = np.moveaxis(states, -1, 0)
    return (p1**2 + p2**2 + q1**2 + q2**2) / 2 + q1**2 * q2 - q2**3 / 3


VAN_DER_POL = System(
    name="van_der_pol",
    kind="regression",
    coordinates=("x", "y"),
    rates=("x_dot", "y_dot"),
    scalings=("dynamics", "none"),
    description="the Van der Pol oscillator, x' = y, y' = mu (1 - x^2) y - x",
    source="B. van der Pol, Phil. Mag. 2, 978 (1926), doi 10.1080/14786442608564127",
)
HENON_HEILES = System(
    name="henon_heiles",
    kind="hamiltonian",
    coordinates=("q1", "q2", "p1", "p2"),
    rates=("q1_dot", "q2_dot", "p1_dot", "p2_dot"),
    scalings=("none", "canonical"),
    description="the Hénon-Heiles system, H = (p^2 + q^2)/2 + q1^2 q2 - q2^3/3",
    source="M. Hénon, C. Heiles, Astron. J. 69, 73 (1964), doi 10.1086/109234",
    energy=henon_heiles_energy,
)
PENDULUM = System(
    name="pendulum",
    kind="hamiltonian",
    coordinates=("theta", "theta_dot"),
    rates=("theta_dot", "theta_ddot"),
    scalings=("canonical", "none"),
    description="a pendulum that swings a little, damped and driven, with noise",
    source="A. Choudhary et al., Sci Rep 13, 13962 (2023), arXiv 2204.04348 (the columns)",
)
SYSTEMS = {system.name: system for system in (VAN_DER_POL, HENON_HEILES, PENDULUM)}


Field = Callable[[Float[np.ndarray, "... d"]], Float[np.ndarray, "... d"]]
"""States to their rates."""


def vector_field(name: str, **parameters: float) -> Field:
    """The field of an autonomous flow of `chaoscad.systems` at some parameters."""
    chosen = setting(name, **parameters)
    flow = chosen.system
    assert isinstance(flow, Flow)

    def field(states: np.ndarray) -> np.ndarray:
        coordinates = tuple(np.moveaxis(states, -1, 0))
        return np.stack(flow.field(np, 0.0, coordinates, chosen.parameters), axis=-1)

    return field


@dataclass(frozen=True)
class Pendulum:
    """theta'' = -w^2 sin theta - 2 damping theta' + drive cos(drive_frequency t).

    **Arguments:**

    - `frequency`: w, rad/s, of small free swings.
    - `damping`: 1/s; free swings shrink as exp(-damping t).
    - `drive`: rad/s^2, and its `drive_frequency`, rad/s.
    """

    frequency: float
    damping: float
    drive: float
    drive_frequency: float

    def field(
        self, states: Float[np.ndarray, "... 2"], times: Float[np.ndarray, ...] | float
    ) -> Float[np.ndarray, "... 2"]:
        """(theta, theta') at times, in s, to (theta', theta'')."""
        theta, speed = states[..., 0], states[..., 1]
        push = self.drive * np.cos(self.drive_frequency * np.asarray(times))
        # The order of the sums decides the last bit of every generated record.
        swing = -(self.frequency**2) * np.sin(theta)
        return np.stack([speed, swing + (push - 2 * self.damping * speed)], axis=-1)

    def energy(self, states: Float[np.ndarray, "... 2"]) -> Float[np.ndarray, ...]:
        """theta'^2/2 + w^2 (1 - cos theta), rad^2/s^2, which damping and drive change."""
        return states[..., 1] ** 2 / 2 + self.frequency**2 * (1 - np.cos(states[..., 0]))


def integrate(
    field: Callable[[np.ndarray, float], np.ndarray],
    starts: Float[np.ndarray, "n d"],
    times: Float[np.ndarray, " samples"],
) -> Float[np.ndarray, "n samples d"]:
    """The trajectories from all starts, by one DOP853 (SciPy) of all of them together.

    **Raises:** `ChaoscadError` when the integrator gives up.
    """
    from scipy.integrate import solve_ivp

    def flat(time: float, states: np.ndarray) -> np.ndarray:
        return field(states.reshape(starts.shape), time).ravel()

    span: Any = (times[0], times[-1])
    options: dict[str, Any] = {"rtol": TOLERANCE, "atol": TOLERANCE}
    with np.errstate(over="ignore", invalid="ignore"):
        found = solve_ivp(flat, span, starts.ravel(), method="DOP853", t_eval=times, **options)
    if not found.success or not np.isfinite(found.y).all():
        raise ChaoscadError(f"the integration failed: {str(found.message).rstrip('.')}")
    return np.moveaxis(found.y.reshape(*starts.shape, len(times)), -1, 1)
