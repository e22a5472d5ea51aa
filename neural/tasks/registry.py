"""Every task by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from chaoscad.arguments import choice, whole
from neural.tasks.classes import spirals, steps
from neural.tasks.curves import (
    bessel,
    gaussian_mixture,
    small_bessel,
    small_cubic,
    small_quadratic,
)
from neural.tasks.flows import henon_heiles, pendulum, van_der_pol
from neural.tasks.pictures import digits, mnist1d
from neural.tasks.task import Task

TASKS: dict[str, Callable[..., Task]] = {
    maker.__name__: maker
    for maker in (
        digits,
        mnist1d,
        van_der_pol,
        henon_heiles,
        pendulum,
        bessel,
        gaussian_mixture,
        spirals,
        small_bessel,
        small_quadratic,
        small_cubic,
        steps,
    )
}
"""The functions that make tasks, by the tasks' names. Their keywords are the tasks' options."""


def task(name: str, *, seed: int = 0, **options: Any) -> Task:
    """A task by its name, for example `task("spirals", seed=3, classes=7)`.

    **Arguments:**

    - `name`: one of `TASKS`.
    - `seed`: from 0 to 2^32 - 1. Equal seeds and options give equal data.
    - `options`: the keywords of `TASKS[name]`. In all of them `test` is the test part's share of the
      samples, or of the trajectories, and `validation` the validation part's share of the others,
      which may be 0.

    **Raises:** `ChaoscadError` for an unknown name or option, with the nearest one, for a value that
    an option does not take, and for an optional package that is missing.
    """
    maker = TASKS[choice("task", name, TASKS)]
    signature = inspect.signature(maker)
    known = [option for option in signature.parameters if option != "seed"]
    for option in options:
        choice(f"option of the task {name}", option, known)
    given = signature.bind(seed=whole("seed", seed, 0, 2**32 - 1), **options)
    given.apply_defaults()
    return replace(maker(**given.arguments), options=given.arguments)
