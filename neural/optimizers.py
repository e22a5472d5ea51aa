"""The optimizers that networks train with: recipes of `chaoscad.tune`, and objects of optax."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import optax

from chaoscad.arguments import first_line, instance, positive
from chaoscad.errors import ChaoscadError
from chaoscad.tune import Optimizer, optimizer


@dataclass(frozen=True)
class Given:
    """An optimizer that the user made with optax, whose updates are multiplied by `learning_rate`.

    At 1 it is what was given; a search over rates multiplies its own. Two objects of optax are two
    compiled programs, so make one and use it again.
    """

    transformation: optax.GradientTransformation
    learning_rate: float = 1.0
    name: str = "optax"

    def build(self, steps: int, rate: Any = None) -> optax.GradientTransformation:  # noqa: ARG002
        """The transformation; `rate` replaces the factor, and may be traced."""
        factor = self.learning_rate if rate is None else rate
        return optax.chain(self.transformation, optax.scale(factor))

    def to_data(self) -> dict[str, Any]:
        """What a checkpoint can tell of it: that it was given, not what it does."""
        return {"name": self.name, "learning_rate": self.learning_rate}


AnyOptimizer: TypeAlias = Optimizer | Given


def optimizer_of(name: str, value: Any) -> AnyOptimizer:
    """A recipe as it is, an object of optax as `Given`.

    **Raises:** `ChaoscadError` for what is neither, and for an object of optax that needs more than
    gradients and weights, as L-BFGS does.
    """
    if isinstance(value, Given):
        return Given(value.transformation, positive("the learning rate", value.learning_rate))
    if not isinstance(value, optax.GradientTransformation):
        if callable(value):
            raise ChaoscadError(
                f"{name} is the function {getattr(value, '__name__', value)}, and must be what one "
                "gives, such as optax.adam(0.01); a schedule is its learning rate, optax.adam(schedule)"
            )
        instance(name, value, Optimizer, "optimizer('adam', 0.01)")
        return value
    weights = {"weight": jax.ShapeDtypeStruct((2, 3), jnp.float32)}
    try:
        jax.eval_shape(lambda w: value.update(w, value.init(w), w), weights)
    except Exception as error:
        raise ChaoscadError(
            f"{name} of optax needs more than a gradient and the weights ({first_line(error)}); "
            "take one like optax.adam(0.01)"
        ) from None
    return Given(value)


def rmsprop(learning_rate: float = 0.01, decay: float = 0.8, **arguments: Any) -> Optimizer:
    """RMSProp whose mean square starts at 1: steps are small at first, and differentiable.

    With a start at 0 the derivative of sqrt(v) is infinite where a gradient is 0, and no
    meta-gradient passes through the optimizer.
    """
    settings = {"decay": decay, "initial_scale": 1.0, **arguments}
    return optimizer("rmsprop", learning_rate, **settings)
