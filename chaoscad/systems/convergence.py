"""Whether a flow's values are the flow's, and not its integrator's.

A chaotic flow magnifies every error of its integrator by exp(lambda t), lambda its largest Lyapunov
exponent: a local error of 1e-12 is one of order 1 after 28 / lambda. No estimate that an integrator makes
of its own error holds then, since it is made step by step. So a value counts only when integrators that
have nothing in common agree on it: a Runge-Kutta method of order 8 at two tolerances (E. Hairer,
S. P. Norsett, G. Wanner, Solving Ordinary Differential Equations I (1993), II.10), a multistep method
(L. Petzold, SIAM J. Sci. Stat. Comput. 4, 136 (1983)), and the fixed steps by which the gate was trained.
Agreement is measured against the gate's margin: an error that turns no bit is none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float64

from chaoscad.systems.evaluate import TOLERANCE, integrate_readings, slope, with_fixed_steps
from chaoscad.systems.model import Flow, Setting

COARSE = 1e-8
"""The looser of the two tolerances."""

MULTISTEP = 1e-9
"""The tolerance of the multistep method, whose errors add up along the way."""

AGREEMENT = 0.1
"""Integrators agree when they differ by less than this share of the gate's margin."""

METHOD = (
    f"flows by SciPy DOP853 at tolerance {TOLERANCE:g}, compared with tolerance {COARSE:g}, with LSODA "
    "and with the steps of training"
)


@dataclass(frozen=True)
class Integrated:
    """The values that one integrator gives."""

    how: str
    values: Float64[np.ndarray, " rows"]


@dataclass(frozen=True)
class Convergence:
    """The answers of every integrator at the states of a gate.

    **Arguments:**

    - `answers`: the first is the one that counts.
    - `setting`, `z`: what was integrated.
    - `lyapunov_times`: the gate's time in units of 1 / largest Lyapunov exponent at the system's
      default parameters; `None` where that is not known.
    - `failures`: why a trajectory has no value, by row.
    """

    answers: tuple[Integrated, ...]
    setting: Setting
    z: Float64[np.ndarray, " rows"]
    lyapunov_times: float | None
    failures: Mapping[int, str]

    @cached_property
    def slopes(self) -> Float64[np.ndarray, " rows"]:
        """dv/dz: how much an error of the state is magnified."""
        return slope(self.setting, self.z)

    @property
    def values(self) -> Float64[np.ndarray, " rows"]:
        """The values that count."""
        return self.answers[0].values

    def moved(self, allowed: float) -> Bool[np.ndarray, " rows"]:
        """The rows in which some answer is off the first by more than `allowed`, or has none."""
        found = np.zeros(self.values.shape, bool)
        for answer in self.answers[1:]:
            # Not `>`: an answer that is no number has moved too.
            found |= ~(np.abs(answer.values - self.values) <= allowed)
        return found & np.isfinite(self.values)

    def farthest(self, row: int) -> Integrated:
        """The answer that differs most from the first in a row."""
        return max(
            self.answers[1:],
            key=lambda answer: np.nan_to_num(
                abs(answer.values[row] - self.values[row]), nan=np.inf
            ),
        )


def converge(setting: Setting, z: Float64[np.ndarray, " rows"]) -> Convergence:
    """Integrate a flow from every z by every integrator."""
    return converge_readings([setting], z)[0]


def converge_readings(
    settings: Sequence[Setting], z: Float64[np.ndarray, " rows"]
) -> list[Convergence]:
    """As `converge`, of settings that differ in time and coordinate: one orbit of every z is read."""
    references = integrate_readings(settings, z)
    coarse = integrate_readings(settings, z, tolerance=COARSE)
    multistep = integrate_readings(settings, z, integrator="LSODA", tolerance=MULTISTEP)
    found: list[Convergence] = []
    for setting, reference, *others in zip(settings, references, coarse, multistep, strict=True):
        solver = setting.solver
        assert solver is not None
        # From the most to the least exact: the first counts, the others are held against it.
        answers = [
            Integrated(how, one.values)
            for how, one in zip(
                (
                    f"DOP853 at tolerance {TOLERANCE:g}",
                    f"DOP853 at tolerance {COARSE:g}",
                    f"LSODA at tolerance {MULTISTEP:g}",
                ),
                (reference, *others),
                strict=True,
            )
        ]
        if solver.step is not None:
            # Every gate is trained by equal steps up to its own time.
            trained = with_fixed_steps(setting, z, solver)
            answers.append(Integrated(f"{solver.method} with step {solver.step:g}", trained))
        times = lyapunov_times(setting)
        found.append(Convergence(tuple(answers), setting, z, times, reference.failures))
    return found


def lyapunov_times(setting: Setting) -> float | None:
    """A flow's time times its largest Lyapunov exponent at the default parameters."""
    flow = setting.system
    assert isinstance(flow, Flow)
    assert setting.time is not None
    # The exponent is a property of the attractor, and so of these parameters alone.
    if flow.lyapunov is None or setting.parameters != flow.defaults():
        return None
    return setting.time * max(flow.lyapunov, 0.0)
