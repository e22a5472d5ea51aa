"""States from which a system of one's own does not escape: what is offered where the given one does."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from chaoscad.systems import Flow, Setting
from chaoscad.systems.model import State

STARTS = 512
"""States that are tried: half of them in a box of 10, a quarter in one of 3, an eighth in one of 1, ..."""

STEPS = 3000
"""Iterates of a map, or steps of a flow, after which a state counts as bounded."""

FAR = 1e4
"""A coordinate beyond this has escaped."""


@lru_cache(maxsize=32)
def elsewhere(setting: Setting) -> str:
    """What to do about an orbit that escapes, with a state to start from where one is found."""
    if setting.system.equations is None:
        return "start elsewhere"
    found = bounded_start(setting)
    names = setting.system.coordinates
    if found is None:
        smaller = "take a smaller 'step', or " if isinstance(setting.system, Flow) else ""
        return f"{smaller}start elsewhere: by 'initial', which names a state near the attractor"
    told = ", ".join(f"{name}: {value:g}" for name, value in zip(names, found, strict=True))
    return f"start elsewhere, such as 'initial: {{{told}}}' in the system"


def bounded_start(setting: Setting) -> tuple[float, ...] | None:
    """A state whose orbit stays bounded, or `None` where no state that is tried has one.

    Of those that still move at the end, the one nearest to the origin.
    """
    width = len(setting.system.coordinates)
    random = np.random.default_rng(0)
    sizes = 10.0 * 10.0 ** (-0.5 * np.minimum(random.geometric(0.5, STARTS) - 1, 4))
    starts = random.uniform(-1, 1, (width, STARTS)) * sizes
    # What is offered has few digits, and is what was tried.
    starts = np.array([float(f"{value:.2g}") for value in starts.ravel()]).reshape(starts.shape)
    state: State = tuple(starts)
    low, high = starts + np.inf, starts - np.inf
    with np.errstate(all="ignore"):
        for step in range(STEPS):
            state = _moved(setting, state, step)
            if step >= STEPS // 2:
                low, high = np.fmin(low, state), np.fmax(high, state)
        bounded = (np.abs(np.stack(state)) < FAR).all(axis=0)
        moving = (high - low).max(axis=0) > 1e-6
    for wanted in (bounded & moving, bounded):
        if wanted.any():
            norms = np.where(wanted, np.abs(starts).max(axis=0), np.inf)
            return tuple(float(value) for value in starts[:, int(np.argmin(norms))])
    return None


def _moved(setting: Setting, state: State, step: int) -> State:
    """The next state; of a flow by the classical Runge-Kutta method of order 4."""
    system, parameters = setting.system, setting.parameters
    if not isinstance(system, Flow):
        return system.step(np, state, parameters)
    h = system.step
    t = step * h

    def rate(at: float, by: float, slope: Any) -> State:
        moved = tuple(x + by * k for x, k in zip(state, slope, strict=True))
        return system.field(np, at, moved, parameters)

    a = system.field(np, t, state, parameters)
    b = rate(t + h / 2, h / 2, a)
    c = rate(t + h / 2, h / 2, b)
    d = rate(t + h, h, c)
    return tuple(
        x + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        for x, k1, k2, k3, k4 in zip(state, a, b, c, d, strict=True)
    )
