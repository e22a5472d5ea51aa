"""Generated trajectories: Van der Pol, Hénon-Heiles and the pendulum."""

from __future__ import annotations

import math

import numpy as np

from chaoscad.arguments import whole, within
from chaoscad.errors import ChaoscadError, Diagnostic
from neural.tasks import checks
from neural.tasks.series import of_trajectories, shares
from neural.tasks.systems import (
    HENON_HEILES,
    PENDULUM,
    VAN_DER_POL,
    Field,
    Pendulum,
    henon_heiles_energy,
    integrate,
    vector_field,
)
from neural.tasks.task import Task, Trajectory

MOST_SAMPLES = 2**21
"""Most samples of one task."""

LONGEST = 1e4
"""Longest duration of a trajectory."""

START = 3.0
"""Van der Pol's trajectories start in the square of this half width."""

ESCAPE = 1 / 6
"""The energy above which Hénon-Heiles trajectories can escape."""


def van_der_pol(
    *,
    seed: int = 0,
    mu: float = 1.0,
    trajectories: int = 40,
    duration: float = 10.0,
    step: float = 0.1,
    scaling: str = "dynamics",
    test: float = 0.2,
    validation: float = 0.1,
) -> Task:
    """The Van der Pol oscillator x' = y, y' = mu (1 - x^2) y - x: states to their rates.

    Trajectories start uniformly in the square |x|, |y| < 3 and are split whole: a test trajectory
    has no sample in the other parts, and forecasts of it are fair.

    **Arguments:**

    - `seed`: draws the starts.
    - `mu`: from 0 to 20.
    - `trajectories`, `duration`, `step`: how many, how long, and the time between samples; the
      samples' times are 0, step, .. up to the duration.
    - `scaling`: `dynamics` or `none`; see `Scaling`.

    Source: B. van der Pol, Phil. Mag. 2, 978 (1926).
    """
    mu = within("mu", mu, 0.0, 20.0)
    trajectories = whole("trajectories", trajectories, 2, 10_000)
    times = _times(duration, step, trajectories)
    scaling, test, validation = shares(VAN_DER_POL, scaling, test, validation)
    starts = checks.generator(seed).uniform(-START, START, (trajectories, 2))
    series = _series(vector_field("van_der_pol", mu=mu), starts, times)
    return of_trajectories(VAN_DER_POL, series, scaling=scaling, test=test, validation=validation)


def henon_heiles(
    *,
    seed: int = 0,
    trajectories: int = 100,
    duration: float = 20.0,
    step: float = 0.2,
    least_energy: float = 0.0,
    most_energy: float = ESCAPE,
    scaling: str = "none",
    test: float = 0.2,
    validation: float = 0.1,
) -> Task:
    """The Hénon-Heiles system: states (q1, q2, p1, p2) to rates (dH/dp, -dH/dq).

    Starts are drawn uniformly from the bounded part of phase space whose energy lies between the
    limits. The flow keeps that distribution (Liouville), so the samples have it at all times.
    Trajectories are split whole.

    **Arguments:**

    - `seed`: draws the starts.
    - `trajectories`, `duration`, `step`: how many, how long, and the time between samples.
    - `least_energy`, `most_energy`: between 0 and 1/6, above which trajectories can escape; at least
      0.001 apart.
    - `scaling`: `none` or `canonical`; see `Scaling`. Raw coordinates are of order 0.3.

    Source: M. Hénon, C. Heiles, Astron. J. 69, 73 (1964).
    """
    least_energy = within("least_energy", least_energy, 0.0, ESCAPE)
    most_energy = within("most_energy", most_energy, 0.0, ESCAPE)
    if most_energy - least_energy < 1e-3:
        message = f"the energies lie between {least_energy:g} and {most_energy:g}"
        raise ChaoscadError(Diagnostic(message, hint="set the limits at least 0.001 apart"))
    trajectories = whole("trajectories", trajectories, 2, 10_000)
    times = _times(duration, step, trajectories)
    scaling, test, validation = shares(HENON_HEILES, scaling, test, validation)
    starts = _shell(checks.generator(seed), trajectories, least_energy, most_energy)
    series = _series(vector_field("henon_heiles"), starts, times)
    return of_trajectories(HENON_HEILES, series, scaling=scaling, test=test, validation=validation)


def pendulum(
    *,
    seed: int = 0,
    amplitude: float = 0.08,
    frequency: float = 3.1,
    damping: float = 0.002,
    drive: float = 0.024,
    drive_frequency: float = 2.9,
    noise: float = 0.01,
    rate: float = 50.0,
    duration: float = 100.0,
    scaling: str = "canonical",
    test: float = 0.2,
    validation: float = 0.1,
) -> Task:
    """One long record of a pendulum, damped, driven and noisy, in place of a filmed one.

    theta'' = -w^2 sin theta - 2 damping theta' + drive cos(drive_frequency t) from rest at the
    amplitude; states (theta, theta') are q and p, the targets are (theta', theta''). The drive is off
    resonance, so the swing beats between 0.04 and 0.08 rad, and the record fills a ring in the plane
    instead of tracing one ellipse. All three columns are measured with noise; theta' is one
    column, so its noise is the same in the inputs and the targets, as in a file.

    The record is split in time: training, then validation, then the last part for the test. A
    Hamiltonian network cannot learn damping and drive.

    **Arguments:**

    - `seed`: draws the noise.
    - `amplitude`: rad. `frequency`, `drive_frequency`: rad/s. `damping`: 1/s. `drive`: rad/s^2.
    - `noise`: its standard deviation as a share of a column's root mean square.
    - `rate`: samples per s. `duration`: s.
    - `scaling`: `canonical` (the trivial score is near 1), or `none` for rad and s (0.08), as
      the reference's data are; see `Scaling`.
    """
    amplitude = within("amplitude", amplitude, 0.0, 3.0, above=True)
    system = Pendulum(
        frequency=within("frequency", frequency, 0.0, 100.0, above=True),
        damping=within("damping", damping, 0.0, 100.0),
        drive=within("drive", drive, 0.0, 1000.0),
        drive_frequency=within("drive_frequency", drive_frequency, 0.0, 100.0),
    )
    noise = within("noise", noise, 0.0, 10.0)
    rate = within("rate", rate, 0.0, 1e5, above=True)
    times = _times(duration, 1 / rate, 1)
    scaling, test, validation = shares(PENDULUM, scaling, test, validation)
    states = integrate(system.field, np.array([[amplitude, 0.0]]), times)[0]
    record = np.column_stack([states, system.field(states, times)[:, 1]])
    deviation = noise * np.sqrt(np.square(record).mean(axis=0))
    record = record + deviation * checks.generator(seed).standard_normal(record.shape)
    return of_trajectories(
        PENDULUM,
        [Trajectory(times, record[:, :2], record[:, 1:])],
        scaling=scaling,
        test=test,
        validation=validation,
        driven=True,
        energy=system.energy,
    )


def _times(duration: float, step: float, trajectories: int) -> np.ndarray:
    duration = within("duration", duration, 0.0, LONGEST, above=True)
    step = within("step", step, 0.0, LONGEST, above=True)
    # A duration of a whole number of steps has its end among the samples, whatever the rounding.
    steps = duration / step * (1 + 1e-12)
    if steps < 1:
        raise ChaoscadError(f"the duration {duration:g} is shorter than the step {step:g}")
    if (steps + 1) * trajectories > MOST_SAMPLES:
        message = f"the duration {duration:g} in steps of {step:g} gives more than {MOST_SAMPLES}"
        hint = "shorten the duration, lengthen the step, or take fewer trajectories"
        raise ChaoscadError(Diagnostic(f"{message} samples", hint=hint))
    return np.arange(math.floor(steps) + 1) * step


def _series(field: Field, starts: np.ndarray, times: np.ndarray) -> list[Trajectory]:
    """The trajectories of an autonomous field from all starts."""
    states = integrate(lambda state, _: field(state), starts, times)
    rates = field(states)
    return [Trajectory(times, own, rates[index], index) for index, own in enumerate(states)]


def _shell(generator: np.random.Generator, samples: int, least: float, most: float) -> np.ndarray:
    """Hénon-Heiles states drawn uniformly between two energies, inside the triangle of V = 1/6."""
    fastest = math.sqrt(2 * most)
    found: list[np.ndarray] = []
    missing = samples
    while missing > 0:
        draw = generator.uniform(-1, 1, (65_536, 4))
        q1, q2 = draw[:, 0] * math.sqrt(3) / 2, 0.25 + 0.75 * draw[:, 1]
        states = np.column_stack([q1, q2, fastest * draw[:, 2], fastest * draw[:, 3]])
        energy = henon_heiles_energy(states)
        inside = np.abs(q1) < (1 - q2) / math.sqrt(3)
        chosen = states[inside & (energy > least) & (energy < most)][:missing]
        found.append(chosen)
        missing -= len(chosen)
    return np.concatenate(found)
