"""How a network is trained."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from chaoscad.arguments import positive, whole
from neural.optimizers import optimizer_of, rmsprop


@dataclass(frozen=True)
class Training:
    """How a network is trained; hashable, so that it selects a compiled program.

    **Arguments:**

    - `steps`: optimizer steps; `batch`: samples of each, drawn without replacement within an epoch.
      A batch as large as the data, or larger, is the data.
    - `optimizer`: a recipe of `chaoscad.tune.optimizer`, or an object of optax.
    """

    steps: int = 100
    batch: int = 100
    # An object of optax becomes `Given`, so that it has a rate, as a recipe has.
    optimizer: Any = field(default_factory=rmsprop)

    def __post_init__(self) -> None:
        # Plain numbers, whatever NumPy scalars came in: a checkpoint's header holds them.
        object.__setattr__(self, "steps", whole("the number of steps", self.steps))
        object.__setattr__(self, "batch", whole("the batch", self.batch, most=10**9))
        object.__setattr__(self, "optimizer", optimizer_of("the optimizer", self.optimizer))

    def at_rate(self, learning_rate: float) -> Training:
        """The same training at another learning rate; for an object of optax, its factor.

        **Raises:** `ChaoscadError` for a rate that is not positive.
        """
        learning_rate = positive("the learning rate", learning_rate)
        return replace(self, optimizer=replace(self.optimizer, learning_rate=learning_rate))
