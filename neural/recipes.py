"""Settings of whole experiments, one for each task: the published ones where there are any.

The Hamiltonian runs' numbers are those of A. Choudhary, A. Radhakrishnan, J. F. Lindner, S. Sinha and
W. L. Ditto, Scientific Reports 13, 13962 (2023) as their public JAX code states them, which is first
order only. The unrolled runs follow the same authors' PyTorch code, with smaller networks: 100 hidden
units instead of 200, activation networks of 20 instead of 50, batches of 100 instead of 200, and no
noise on hidden activities.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from chaoscad.arguments import choice, instance
from chaoscad.tune import optimizer
from neural.architecture import Architecture
from neural.metalearn import MetaSettings
from neural.optimizers import rmsprop
from neural.settings import Training
from neural.tasks import Task


@dataclass(frozen=True)
class Recipe:
    """An experiment: a network's hidden layers and how its activations are learned.

    **Arguments:**

    - `settings`: of the metalearning; `settings.inner` is also how fresh networks are trained.
    - `hamiltonian`: whether the network gives an energy.
    """

    task: str
    hidden: tuple[int, ...]
    settings: MetaSettings
    hamiltonian: bool = False

    def shape(self, task: Task) -> Architecture:
        """The architecture for a task's columns."""
        return Architecture(task.features, self.hidden, task.outputs, hamiltonian=self.hamiltonian)

    def with_settings(self, **changes: Any) -> Recipe:
        """The recipe with other settings, for example `base="tanh"` or `count=1`."""
        return replace(self, settings=replace(self.settings, **changes))


def _unrolled(outer_steps: int) -> Callable[[int], MetaSettings]:
    return lambda _: MetaSettings(outer_steps=outer_steps)


def _first_order(
    epochs: int, rate: float, hidden: int, outer_steps: int, outer_rate: float, momentum: float
) -> Callable[[int], MetaSettings]:
    """`hidden`: of the activation networks; `momentum`: of the outer loop, the inner one has 0.6."""

    def settings(samples: int) -> MetaSettings:
        batch = min(150, samples)
        inner = rmsprop(rate, 0.1, momentum=0.6)
        return MetaSettings(
            hidden=hidden,
            scale=1.0,
            gradient="first_order",
            inner=Training(epochs * (samples // batch), batch, inner),
            outer=optimizer("rmsprop", outer_rate, decay=0.9, momentum=momentum),
            outer_steps=outer_steps,
        )

    return settings


_RECIPES: dict[str, Callable[[int], MetaSettings]] = {
    "mnist1d": _unrolled(300),
    "digits": _unrolled(150),
    "van_der_pol": _unrolled(150),
    "henon_heiles": _first_order(1, 2e-2, 20, 100, 5e-2, 0.6),
    "pendulum": _first_order(2, 1e-2, 50, 50, 1e-3, 0.9),
}
"""Samples to settings."""

RECIPES: tuple[str, ...] = tuple(_RECIPES)
"""Tasks that have a recipe."""


def recipe(task: Task) -> Recipe:
    """The recipe of a task; the length of an epoch follows from its training part.

    **Raises:** `ChaoscadError` for a task without a recipe, with the nearest name.
    """
    instance("the task", task, Task, "task('mnist1d')")
    settings = _RECIPES[choice("recipe", task.name, _RECIPES)](len(task.train.inputs))
    return Recipe(task.name, (100,), settings, task.kind == "hamiltonian")
