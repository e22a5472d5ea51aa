"""From raw arrays and the indices of the parts to a task; the trivial predictors are here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from neural.tasks.scaling import Scaling, ScalingName, fitted
from neural.tasks.splits import Parts
from neural.tasks.task import NOTHING, Split, Task


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
        outputs=len(classes),
        metric="accuracy",
        trivial=float((test.targets == frequent).mean()),
        trivial_predictor="the most frequent class of the training part",
        scaling=scale,
        columns=columns,
        units=("1",) * len(columns),
        target_columns=classes,
        target_units=("1",) * len(classes),
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
    exact: Float[np.ndarray, "n outputs"] | None = None,
) -> Task:
    """A regression task of raw inputs and targets.

    **Arguments:**

    - `scaling`: a name, for one that is fitted to the training part, or one that is known.
    - `exact`: the targets without noise.
    """
    if not isinstance(scaling, Scaling):
        scaling = fitted(scaling, inputs[parts.train], targets[parts.train])
    assert scaling.targets is not None
    scaled, wanted = scaling.inputs.apply(inputs), scaling.targets.apply(targets)
    train, validation, test = (Split(scaled[part], wanted[part]) for part in parts)
    floor = None
    if exact is not None:
        floor = mean_square(test.targets, scaling.targets.apply(exact)[parts.test])
    return Task(
        name=name,
        kind="regression",
        train=train,
        validation=validation,
        test=test,
        outputs=targets.shape[1],
        metric="mse",
        trivial=mean_square(test.targets, train.targets.mean(axis=0, dtype=np.float64)),
        trivial_predictor="the mean of the training targets",
        scaling=scaling,
        columns=columns,
        units=("1",) * len(columns),
        target_columns=target_columns,
        target_units=("1",) * len(target_columns),
        description=description,
        source=source,
        options=options,
        floor=floor,
    )


def mean_square(
    values: Float[np.ndarray, "n outputs"], guess: Float[np.ndarray, "*n outputs"]
) -> float:
    """The mean squared difference, in float64."""
    return float(np.square(values.astype(np.float64) - guess).mean())
