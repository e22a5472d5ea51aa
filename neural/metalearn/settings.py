"""What metalearning is told: the two loops, their optimizers, and the gradient between them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from chaoscad.arguments import choice, finite, instance, whole
from chaoscad.errors import ChaoscadError, told
from chaoscad.tune import Optimizer, optimizer
from neural.activations import function
from neural.optimizers import optimizer_of
from neural.settings import Training

Gradient = Literal["unrolled", "first_order"]
OuterLoss = Literal["train", "validation"]

GRADIENTS: tuple[Gradient, ...] = ("unrolled", "first_order")
OUTER_LOSSES: tuple[OuterLoss, ...] = ("train", "validation")


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
    - `outer_loss`: `train` is the mean of the last `window` training losses of the inner loop (of
      one more training batch if `first_order`); `validation` is the loss of the trained network
      on a batch of the task's validation part.
    - `inner`: the inner loop, from fresh weights at every outer step.
    - `outer`, `outer_steps`: the optimizer of the activation networks, and how many steps it takes.
    - `window`: `None` for all inner steps that are differentiated.
    - `truncation`: differentiate through the last so many inner steps only; `None` for all.
    - `remember`: keep the intermediate values of all inner steps for the way back, instead of
      computing them again step by step. More memory, and on processors with small caches slower.
    - `networks`: inner networks whose outer losses are averaged at every outer step.
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
    window: int | None = None
    truncation: int | None = None
    remember: bool = False
    networks: int = 1

    def __post_init__(self) -> None:
        choice("gradient", self.gradient, GRADIENTS)
        choice("outer loss", self.outer_loss, OUTER_LOSSES)
        function(self.base, "base")
        function(self.nonlinearity, "nonlinearity")
        instance("inner", self.inner, Training, "Training(steps=100)")
        object.__setattr__(self, "outer", optimizer_of("outer", self.outer))
        if not isinstance(self.remember, bool):
            raise ChaoscadError(f"remember is {told(self.remember)}, and must be True or False")
        # Plain numbers, whatever NumPy scalars came in: a checkpoint's header holds them.
        object.__setattr__(self, "scale", finite("scale", self.scale))
        for what in ("count", "hidden", "outer_steps", "networks"):
            object.__setattr__(self, what, whole(what, getattr(self, what)))
        for what in ("window", "truncation"):
            if getattr(self, what) is not None:
                value = whole(what, getattr(self, what), 1, self.inner.steps)
                object.__setattr__(self, what, value)
        if self.differentiated < self.averaged:
            raise ChaoscadError(
                f"the window of {self.averaged} inner losses reaches beyond the "
                f"{self.differentiated} steps that are differentiated; "
                "shorten the window, or lengthen the truncation"
            )

    @property
    def differentiated(self) -> int:
        """Inner steps that the unrolled gradient passes through."""
        return self.truncation or self.inner.steps

    @property
    def averaged(self) -> int:
        """Inner losses in the mean that is the outer loss `train`."""
        return self.window or self.differentiated

    def to_data(self) -> dict[str, Any]:
        """The settings as JSON-ready data."""
        return {
            **asdict(self),
            "inner": {**asdict(self.inner), "optimizer": self.inner.optimizer.to_data()},
            "outer": self.outer.to_data(),
        }
