"""From trajectories, generated or read from a file, to a task."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from chaoscad.arguments import choice
from neural.tasks import checks
from neural.tasks.build import valued
from neural.tasks.scaling import ScalingName, of_flow
from neural.tasks.splits import Parts, in_order
from neural.tasks.systems import System
from neural.tasks.task import NOTHING, Dynamics, Task, Trajectory


def shares(
    system: System, scaling: str | None, test: float, validation: float
) -> tuple[ScalingName, float, float]:
    """A system's scaling, its first unless one is given, and the parts' shares.

    **Raises:** `ChaoscadError` for what is not allowed.
    """
    chosen = choice("scaling", system.scalings[0] if scaling is None else scaling, system.scalings)
    return chosen, *checks.shares(test, validation)


def of_trajectories(
    system: System,
    series: Sequence[Trajectory],
    *,
    scaling: ScalingName,
    test: float,
    validation: float,
    options: Mapping[str, Any] = NOTHING,
    driven: bool = False,
    energy: Callable[[np.ndarray], np.ndarray] | None = None,
) -> Task:
    """A task whose inputs are the states of trajectories, and whose targets are their rates.

    Several series are split by series, one series in time; either way the first are for training and
    the last for the test.

    **Arguments:**

    - `energy`: in place of the system's own, where that has parameters.
    """
    pieces = _split(series, test, validation)
    lengths = [sum(len(piece.times) for piece in part) for part in pieces]
    parts = Parts(*np.split(np.arange(sum(lengths)), np.cumsum(lengths)[:-1]))
    states = np.concatenate([piece.states for part in pieces for piece in part])
    rates = np.concatenate([piece.rates for part in pieces for piece in part])
    return valued(
        system.name,
        states,
        rates,
        parts,
        of_flow(scaling, states[parts.train], rates[parts.train], system.coordinates),
        kind=system.kind,
        columns=system.coordinates,
        target_columns=system.rates,
        description=system.description,
        source=system.source,
        options=options,
        dynamics=Dynamics(
            system.name,
            float(np.median(np.concatenate([np.diff(piece.times) for piece in series]))),
            *pieces,
            driven=driven,
            energy=energy or system.energy,
        ),
    )


def _split(
    series: Sequence[Trajectory], test: float, validation: float
) -> tuple[tuple[Trajectory, ...], ...]:
    if len(series) > 1:
        parts = in_order(len(series), test, validation, "trajectories")
        return tuple(tuple(series[index] for index in part) for part in parts)
    (whole,) = series
    return tuple(
        (Trajectory(whole.times[part], whole.states[part], whole.rates[part], whole.series),)
        if len(part)
        else ()
        for part in in_order(len(whole.times), test, validation)
    )
