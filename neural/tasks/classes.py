"""Points of the plane and of the line in classes: the classification tasks of growing networks."""

from __future__ import annotations

import numpy as np

from chaoscad.arguments import whole
from neural.tasks import checks
from neural.tasks.build import labelled
from neural.tasks.curves import SOURCE
from neural.tasks.splits import apart, stratified
from neural.tasks.task import Task

RADIUS = 5.0
ANGLE_NOISE = 0.2


def spirals(
    *,
    seed: int = 0,
    classes: int = 5,
    samples: int = 4096,
    test: float = 0.2,
    validation: float = 0.1,
) -> Task:
    """Points on the arms of a spiral, an arm a class.

    Arm k has radii from 0 to 5 and angles from 4 k to 4 (k + 1), both evenly spaced, the angles with
    noise of deviation 0.2; x = r sin(angle), y = r cos(angle). Both are scaled to [-1, 1] by the
    training part's range.

    **Arguments:**

    - `seed`: draws the noise and the parts; each part has the classes' proportions.
    - `classes`: from 2 to 20; the reference has 3, 5, 7 and 9.
    - `samples`: points of all arms together; every arm has `samples // classes`.
    """
    classes = whole("classes", classes, 2, 20)
    samples = whole("samples", samples, 10 * classes, 2**20)
    test, validation = checks.shares(test, validation)
    for_parts, for_noise = checks.generator(seed).spawn(2)
    arm = samples // classes
    radius = np.tile(np.linspace(0, RADIUS, arm), classes)
    labels = np.repeat(np.arange(classes), arm)
    angle = 4 * labels + np.tile(np.linspace(0, 4, arm), classes)
    angle = angle + ANGLE_NOISE * for_noise.standard_normal(len(angle))
    points = np.stack([radius * np.sin(angle), radius * np.cos(angle)], axis=1)
    parts = stratified(labels, test, validation, for_parts)
    return labelled(
        "spirals",
        points,
        labels,
        parts,
        "range",
        classes=tuple(f"arm_{index}" for index in range(classes)),
        columns=("x", "y"),
        description=f"{classes} arms of a spiral",
        source=SOURCE,
    )


def steps(
    *, seed: int = 0, samples: int = 40, test_samples: int = 10, validation: float = 0.0
) -> Task:
    """The square wave floor(1 + sin 2 pi x) at points x drawn uniformly from [-1, 1].

    Labels are 0 and 1; inputs are not scaled.

    **Arguments:**

    - `seed`: draws all points; training and test points are drawn independently.
    - `samples`: training and validation points; `test_samples`: test points.
    """
    samples = whole("samples", samples, 2, 2**20)
    test_samples = whole("test_samples", test_samples, 1, 2**20)
    validation = checks.share("validation", validation, zero=True)
    x = checks.generator(seed).uniform(-1, 1, samples + test_samples)[:, None]
    return labelled(
        "steps",
        x,
        square_wave(x[:, 0]),
        apart(samples, test_samples, validation),
        "none",
        classes=("low", "high"),
        columns=("x",),
        description="floor(1 + sin 2 pi x)",
        source=SOURCE,
    )


def square_wave(x: np.ndarray) -> np.ndarray:
    """floor(1 + sin 2 pi x), 1 where the sine is exactly 1."""
    return np.minimum(np.floor(1 + np.sin(2 * np.pi * x)), 1).astype(np.int64)
