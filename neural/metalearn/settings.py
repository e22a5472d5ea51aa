"""What metalearning is told: the two loops, their optimizers, and the gradient between them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

from chaoscad.arguments import choice, finite, instance, whole
from chaoscad.tune import Optimizer, optimizer
from neural.activations import function
from neural.optimizers import optimizer_of
from neural.settings import Training

Gradient = Literal["unrolled", "first_order"]
OuterLoss = Literal["train", "validation"]


def heavy_ball() -> Optimizer:
    """The outer optimizer of the unrolled gradient: momentum 0.8, rate 0.4, elements clipped to 0.1."""
    return optimizer("momentum", 0.4, momentum=0.8, clip_value=0.1)


@dataclass(frozen=True)
class MetaSettings:
    """How activation functions are learned; hashable, so that it selects a compiled program.

    **Arguments:**

    - `count`: K, the activation functions that are learned together; `base`, `hidden`,
      `nonlinearity`, `scale`: of their networks, see `neural.activations.learned`.
    - `gradient`: `unrolled` differentiates the outer loss through all inner steps, the inner
      optimizer included; `first_order` holds the trained weights fixed and takes the derivative
      of one batch's loss alone.
    - `outer_loss`: `train` is the mean of the training losses of the inner steps that are
      differentiated (of one more training batch if `first_order`); `validation` is the loss of the
      trained network on a batch of the task's validation part.
    - `inner`: the inner loop, from fresh weights at every outer step.
    - `outer`, `outer_steps`: the optimizer of the activation networks, and how many steps it takes.
    - `truncation`: differentiate through the last so many inner steps only; `None` for all.
    """

    count: int = 2
    base: str = "sin"
    hidden: int = 20
    nonlinearity: str = "tanh"
    scale: float = 0.2
    gradient: Gradient = "unrolled"
    outer_loss: OuterLoss = "train"
    inner: Training = field(default_factory=Training)
    outer: Any = field(default_factory=heavy_ball)
    outer_steps: int = 300
    truncation: int | None = None

    def __post_init__(self) -> None:
        choice("gradient", self.gradient, get_args(Gradient))
        choice("outer loss", self.outer_loss, get_args(OuterLoss))
        function(self.base, "base")
        function(self.nonlinearity, "nonlinearity")
        instance("inner", self.inner, Training, "Training(steps=100)")
        object.__setattr__(self, "outer", optimizer_of("outer", self.outer))
        # Plain numbers, whatever NumPy scalars came in: a checkpoint's header holds them.
        object.__setattr__(self, "scale", finite("scale", self.scale))
        for what in ("count", "hidden", "outer_steps"):
            object.__setattr__(self, what, whole(what, getattr(self, what)))
        if self.truncation is not None:
            value = whole("truncation", self.truncation, 1, self.inner.steps)
            object.__setattr__(self, "truncation", value)

    @property
    def differentiated(self) -> int:
        """Inner steps that the unrolled gradient passes through."""
        return self.truncation or self.inner.steps

    def to_data(self) -> dict[str, Any]:
        """The settings as JSON-ready data."""
        # What earlier versions had besides, at the values that are left, so that their checkpoints fit.
        inner = {**asdict(self.inner), "optimizer": self.inner.optimizer.to_data(), "noise": 0.0}
        own = {**asdict(self), "window": None, "remember": False, "networks": 1}
        return {**own, "inner": inner, "outer": self.outer.to_data()}
