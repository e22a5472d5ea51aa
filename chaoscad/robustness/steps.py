"""The equal steps by which noisy flows are integrated."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from chaoscad.systems import Flow, Setting
from chaoscad.systems.model import Solver


def solver_of(setting: Setting) -> Solver:
    """The gate's own solver; one that chooses its steps gives way to the system's step."""
    flow, solver = setting.system, setting.solver
    assert isinstance(flow, Flow)
    assert solver is not None
    return solver if solver.step is not None else Solver("tsit5", step=flow.step)


def times_of(setting: Setting) -> Float[np.ndarray, " times"]:
    """The ends of the steps, from 0 to the setting's time."""
    return spans_of([setting])[0]


def spans_of(settings: Sequence[Setting]) -> list[Float[np.ndarray, " times"]]:
    """The ends of the steps up to every time at which an orbit is read, from the one before on."""
    solver, begin = solver_of(settings[0]), 0.0
    found: list[np.ndarray] = []
    for end in sorted({one.time or 0.0 for one in settings}):
        count = solver.steps(end - begin)
        found.append(begin + (end - begin) / count * np.arange(count + 1))
        begin = end
    return found
