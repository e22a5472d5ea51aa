"""The arms of an experiment: what is trained, at which learning rates, at which cost."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from chaoscad.arguments import function, line_of_text, not_negative, positive
from chaoscad.errors import ChaoscadError, Diagnostic, shown, told
from neural.compare.scores import Scores

FACTORS = (0.3, 1.0, 3.0)
"""The default grid of learning rates, in units of the rate that it is around."""


Run: TypeAlias = Callable[[np.ndarray, float, int], Scores]
"""Trains one arm for all seeds at once: (seeds, learning rate, steps) to the scores after the steps.

Seeds are int64 of shape (seeds,), distinct. A seed fixes everything random in its run: initial weights,
batches, noise, and the data where they differ from seed to seed. Two arms with one seed must draw what
they share, such as the batches, alike: that is what makes the comparison a paired one."""


@dataclass(frozen=True)
class Arm:
    """One way of training that is compared with others.

    **Arguments:**

    - `name`: as it stands in tables and figures.
    - `run`: trains it.
    - `rates`: learning rates to choose from; with a single one, the rate is not tuned, and the
      tables say so. `rates_around` makes the usual grid.
    - `flops_per_step`: floating-point operations of one training step of one seed, or a function
      that gives the total of a run of so many steps, where a step's cost changes during training
      (a growing network). Only comparisons at equal FLOPs need it.
    - `setup_flops`: spent once before any of the runs, such as for learning the activations. It is
      reported beside the result, never counted into a run.

    **Raises:** `ChaoscadError` for an empty or unprintable name, no rates, and numbers that are not
    positive and finite.
    """

    name: str
    run: Run
    rates: tuple[float, ...]
    flops_per_step: float | Callable[[int], float] | None = None
    setup_flops: float = 0.0

    def __post_init__(self) -> None:
        line_of_text("an arm's name", self.name)
        what = f"arm {shown(self.name)}"
        function(f"{what}: 'run'", self.run)
        rates = tuple(self.rates) if isinstance(self.rates, Iterable) else (self.rates,)
        if not rates:
            hint = "rates_around(0.01) gives 0.003, 0.01 and 0.03"
            raise ChaoscadError(Diagnostic(f"{what} has no learning rates", hint=hint))
        for rate in rates:
            positive(f"{what}: a learning rate", rate)
        object.__setattr__(self, "rates", tuple(sorted({float(rate) for rate in rates})))
        cost = self.flops_per_step
        if cost is not None and not callable(cost):
            positive(f"{what}: 'flops_per_step'", cost)
        not_negative(f"{what}: 'setup_flops'", self.setup_flops)

    def flops(self, steps: int) -> float | None:
        """The planned cost of `steps` steps of one seed; `None` where the arm states none.

        **Raises:** `ChaoscadError` when the arm's function gives anything but a positive number.
        """
        cost = self.flops_per_step
        if cost is None:
            return None
        total = cost(steps) if callable(cost) else cost * steps
        positive(f"arm {shown(self.name)}: its cost of {steps} steps", total)
        return float(total)


def rates_around(rate: float, factors: Iterable[float] = FACTORS) -> tuple[float, ...]:
    """A grid of learning rates around one, each rounded to 3 digits.

    **Raises:** `ChaoscadError` when a rate is not positive and finite.
    """
    if isinstance(factors, str) or not isinstance(factors, Iterable):
        raise ChaoscadError(f"the factors are {told(factors)}; they must be several numbers")
    rate = positive("the learning rate", rate)
    return tuple(float(f"{rate * positive('a factor', factor):.3g}") for factor in factors)


def steps_within(arm: Arm, budget: float, most: int = 2**40) -> int:
    """The most steps of one seed that cost no more than `budget` FLOPs.

    **Raises:** `ChaoscadError` when the arm states no cost or one step costs more.
    """
    what = f"arm {shown(arm.name)}"
    first = arm.flops(1)
    if first is None:
        hint = "give its 'flops_per_step', or compare at equal='steps'"
        message = f"{what} states no cost, which a comparison at equal FLOPs needs"
        raise ChaoscadError(Diagnostic(message, hint=hint))
    # Rounding must not cost the step that just fits.
    budget *= 1 + 1e-12
    if first > budget:
        message = (
            f"{what}: one step costs {first:.4g} FLOPs, more than the whole budget {budget:.4g}"
        )
        raise ChaoscadError(Diagnostic(message, hint="give the reference arm more steps"))
    high = 2
    while high < most and (arm.flops(high) or 0.0) <= budget:
        high *= 2
    return bisect_right(range(1, high), budget, key=lambda steps: arm.flops(steps) or 0.0)
