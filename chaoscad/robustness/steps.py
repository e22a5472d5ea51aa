"""The equal steps by which noisy flows are integrated."""

from __future__ import annotations

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
    assert setting.time is not None
    count = solver_of(setting).steps(setting.time)
    return setting.time / count * np.arange(count + 1)
