"""From raw arrays and the indices of the parts to a task; the trivial predictors are here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from jaxtyping import Float, Int

from neural.tasks.scaling import Scaling, ScalingName, fitted
from neural.tasks.splits import Parts
from neural.tasks.task import NOTHING, Dynamics, Split, Task


def labelled(
    name: str,
    inputs: Float[np.ndarray, "n features"],
    labels: Int[np.ndarray, " n"],
    parts: Parts,
    scaling: ScalingName,
    *,
    classes: tuple[str, ...],
    columns: tuple[str, ...],
    description: str,
    source: str,
    options: Mapping[str, Any] = NOTHING,
) -> Task:
    """A classification task of raw inputs and labels 0, 1, .."""
    scale = fitted(scaling, inputs[parts.train])
    scaled, labels = scale.inputs.apply(inputs), labels.astype(np.int32)
    train, validation, test = (Split(scaled[part], labels[part]) for part in parts)
    frequent = np.bincount(train.targets, minlength=len(classes)).argmax()
    return Task(
        name=name,
        kind="classification",
        train=train,
        validation=validation,
        test=test,
        trivial=float((test.targets == frequent).mean()),
        trivial_predictor="the most frequent class of the training part",
        scaling=scale,
        columns=columns,
        target_columns=classes,
        description=description,
        source=source,
        options=options,
    )


def valued(
    name: str,
    inputs: Float[np.ndarray, "n features"],
    targets: Float[np.ndarray, "n outputs"],
    parts: Parts,
    scaling: Scaling | ScalingName,
    *,
    columns: tuple[str, ...],
    target_columns: tuple[str, ...],
    description: str,
    source: str,
    options: Mapping[str, Any] = NOTHING,
    kind: Literal["regression", "hamiltonian"] = "regression",
    dynamics: Dynamics | None = None,
) -> Task:
    """A task of raw inputs and targets that are numbers.

    **Arguments:**

    - `scaling`: a name, for one that is fitted to the training part, or one that is known.
    """
    if not isinstance(scaling, Scaling):
        scaling = fitted(scaling, inputs[parts.train], targets[parts.train])
    assert scaling.targets is not None
    scaled, wanted = scaling.inputs.apply(inputs), scaling.targets.apply(targets)
    train, validation, test = (Split(scaled[part], wanted[part]) for part in parts)
    guess, told = train.targets.mean(axis=0, dtype=np.float64), "the mean of the training targets"
    if kind == "hamiltonian":
        guess, told = np.zeros(len(target_columns)), "rates of zero, as of a constant energy"
    return Task(
        name=name,
        kind=kind,
        train=train,
        validation=validation,
        test=test,
        trivial=float(np.square(test.targets.astype(np.float64) - guess).mean()),
        trivial_predictor=told,
        scaling=scaling,
        columns=columns,
        target_columns=target_columns,
        description=description,
        source=source,
        options=options,
        dynamics=dynamics,
    )
