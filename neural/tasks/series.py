"""From trajectories, generated or read from a file, to a task."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import numpy as np

from chaoscad.arguments import choice
from chaoscad.errors import ChaoscadError, Diagnostic
from neural.tasks import checks
from neural.tasks.build import mean_square
from neural.tasks.scaling import Scaling, canonical, dynamics, unscaled
from neural.tasks.splits import in_order
from neural.tasks.systems import System
from neural.tasks.task import NOTHING, Dynamics, Field, Split, Task, Trajectory


def shares(
    system: System, scaling: str | None, test: float, validation: float
) -> tuple[str, float, float]:
    """A system's scaling, its first unless one is given, and the parts' shares.

    **Raises:** `ChaoscadError` for what is not allowed.
    """
    return (
        choice("scaling", system.scalings[0] if scaling is None else scaling, system.scalings),
        checks.share("test", test, zero=False),
        checks.share("validation", validation, zero=True),
    )


def of_trajectories(
    system: System,
    series: Sequence[Trajectory],
    *,
    target: Literal["field", "step"],
    scaling: str,
    test: float,
    validation: float,
    options: Mapping[str, Any] = NOTHING,
    parameters: Mapping[str, float] | None = None,
    field: Field | None = None,
    driven: bool = False,
    energy: Callable[[np.ndarray], np.ndarray] | None = None,
    law: Callable[[np.ndarray], np.ndarray] | None = None,
) -> Task:
    """A task of the samples of trajectories.

    Several series are split by series, one series in time; either way the first are for training and
    the last for the test. Pairs of a state and the next one never reach over a part's end.

    **Arguments:**

    - `law`: the autonomous field that the task can be solved by at best; gives `Task.floor`.
    """
    train, validated, tested = _split(series, test, validation)
    fitted = _scaling(system, train, scaling, target)
    assert fitted.targets is not None
    splits = [
        _samples(part, fitted, target, len(system.coordinates))
        for part in (train, validated, tested)
    ]
    for part, name in zip(splits, ("training", "validation", "test"), strict=True):
        if not len(part) and name != "validation":
            message = f"the {name} part has one row, and a step needs two"
            raise ChaoscadError(Diagnostic(message, hint="give more rows, or another share"))
    gaps = np.concatenate([np.diff(piece.times) for piece in series])
    if target == "step":
        trivial = mean_square(splits[2].targets, splits[2].inputs)
        told = "the state stays as it is"
    elif system.kind == "hamiltonian":
        trivial = mean_square(splits[2].targets, np.zeros(len(system.coordinates)))
        told = "rates of zero, as of a constant energy"
    else:
        trivial = mean_square(splits[2].targets, splits[0].targets.mean(axis=0, dtype=np.float64))
        told = "the mean of the training targets"
    floor = None
    if law is not None and target == "field":
        states = np.concatenate([piece.states for piece in tested])
        floor = mean_square(splits[2].targets, fitted.targets.apply(law(states)))
    names, units = system.rates, system.rate_units
    if target == "step":
        names, units = tuple(f"{name}_next" for name in system.coordinates), system.units
    return Task(
        name=system.name,
        kind=system.kind,
        train=splits[0],
        validation=splits[1],
        test=splits[2],
        outputs=len(system.coordinates),
        metric="mse",
        trivial=trivial,
        trivial_predictor=told,
        scaling=fitted,
        columns=system.coordinates,
        units=system.units,
        target_columns=names,
        target_units=units,
        description=system.description,
        source=system.source,
        options=options,
        floor=floor,
        dynamics=Dynamics(
            system=system.name,
            coordinates=system.coordinates,
            target=target,
            step=float(np.median(gaps)),
            train=train,
            validation=validated,
            test=tested,
            field=field,
            driven=driven,
            energy=energy,
            parameters=dict(parameters or {}),
        ),
    )


Pieces = tuple[Trajectory, ...]


def _split(series: Sequence[Trajectory], test: float, validation: float) -> tuple[Pieces, ...]:
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


def _scaling(system: System, train: Pieces, name: str, target: str) -> Scaling:
    columns = len(system.coordinates)
    if name == "none":
        return Scaling("none", unscaled(columns), unscaled(columns))
    states = np.concatenate([piece.states for piece in train])
    rates = np.concatenate([piece.rates for piece in train])
    fit = canonical if name == "canonical" else dynamics
    fitted = fit(states, rates, system.coordinates)
    if target == "step":
        return Scaling(fitted.name, fitted.inputs, fitted.inputs, fitted.time)
    return fitted


def _samples(pieces: Pieces, scaling: Scaling, target: str, columns: int) -> Split:
    assert scaling.targets is not None
    step = target == "step"
    pairs = [
        (piece.states[:-1], piece.states[1:]) if step else (piece.states, piece.rates)
        for piece in pieces
    ]
    inputs, targets = zip(*(pairs or [(np.empty((0, columns)),) * 2]), strict=True)
    return Split(
        scaling.inputs.apply(np.concatenate(inputs)),
        scaling.targets.apply(np.concatenate(targets)),
    )
