"""How the size of a growing network moves."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, get_args

from chaoscad.arguments import choice, within
from chaoscad.errors import ChaoscadError

Mode = Literal["size_only", "joint", "schedule", "free"]
"""What moves the controllers; see `Growth`."""


@dataclass(frozen=True)
class Growth:
    """How the sizes of hidden layers move. Raises `ChaoscadError` when impossible.

    The controller c of a layer of n slots makes the share s = sin^2(pi c / 2) of them present; of the
    form `auxiliary` it is the number of them, s = c / n, and lambda (c - c_target)^2 is in units.
    The loss is the task's plus a size loss, and `mode` says what the controller feels:

    - `size_only`: the gradient of lambda (c - c_target)^2 alone, as in the authors' public code.
      Under Adam the size then follows a fixed ramp, whatever the data.
    - `joint`: that and the task's gradient, through the mask and through the size input.
    - `schedule`: none; the size moves linearly from `start` to `target` over the first `ramp` of the
      run. This is what `size_only` amounts to, without its dependence on the learning rate.
    - `free`: the task's gradient and that of lambda * s * n, a price per unit. Nothing pulls to a
      target: a layer grows while the units at its edge lower the task loss by more than lambda each.

    How to ask `free` for a size is in docs/growing.md. A layer that has shrunk to nothing cannot come
    back, since the slope of s is zero there: `Grown.warnings` says so.

    **Arguments:**

    - `start`, `target`: sizes in units, for every layer or one for each; no target means all slots.
      A start above the target shrinks. `free` has no target.
    - `weight`: lambda, 0 or more.
    - `edge`: number of units, 1 or more, over which the mask falls from 1 to 0:
      m_i = clip((s (n - 1 + edge) - i) / edge, 0, 1); 1 gives the published mask clip(s n - i, 0, 1).
      Of the form `auxiliary` it is sin^2(pi m_i / 2).
    - `pace`: factor on every step of the controllers. Below 1, units have longer to learn before the
      next one is judged.
    - `ramp`: share of the run in (0, 1] over which `schedule` moves.

    With an auxiliary weight, plain descent at a small rate eta is a gradient flow in tau = eta * steps:
    without a pull of the task, N = target + (N(0) - target) (1 - 2 eta lambda)^steps.

    Source: Radhakrishnan et al., Proc R Soc A 481 (2025), doi 10.1098/rspa.2025.0222: Algorithm 1 is
    `joint` with the form `auxiliary`, Algorithm 2 has a mask per neuron here; `schedule`, `free`, `edge`
    and `pace` are not in the paper.
    """

    mode: Mode = "size_only"
    start: float | tuple[float, ...] = 0.0
    target: float | tuple[float, ...] | None = None
    weight: float = 1.0
    edge: float = 1.0
    pace: float = 1.0
    ramp: float = 1.0

    def __post_init__(self) -> None:
        choice("mode", self.mode, get_args(Mode))
        numbers = {
            "weight": within("lambda (weight)", self.weight, 0.0, math.inf),
            "edge": within("the edge", self.edge, 1.0, math.inf),
            "pace": within("the pace", self.pace, 0.0, math.inf),
            "ramp": within("the ramp", self.ramp, 0.0, 1.0, above=True),
        }
        for name, value in numbers.items():
            object.__setattr__(self, name, value)
        for name in ("start", "target"):
            object.__setattr__(self, name, _sizes(name, getattr(self, name)))
        if self.mode == "free" and self.target is not None:
            raise ChaoscadError(
                "the mode free has no target size; leave out `target`, or use the mode joint"
            )

    def sizes(self, slots: tuple[int, ...]) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Start and target size of every layer, in units.

        **Raises:** `ChaoscadError` for sizes below 0 or above the slots, for a wrong number of
        sizes, and for a start from which the mode `free` could not move.
        """
        start = _per_layer("start", self.start, slots)
        target = _per_layer("target", slots if self.target is None else self.target, slots)
        if self.mode == "free":
            for layer, (size, most) in enumerate(zip(start, slots, strict=True), start=1):
                if size in (0.0, float(most)):
                    raise ChaoscadError(
                        f"the start size of hidden layer {layer} is {size:g} of {most} slots; in the"
                        " mode free it must lie strictly between, because the slope of"
                        " sin^2(pi c / 2) is zero at both ends and the size could never move"
                    )
        return start, target


def _sizes(what: str, value: Any) -> Any:
    """A size, or a tuple of sizes, as plain floats; a target may be `None`."""
    if value is None and what == "target":
        return None
    value = getattr(value, "tolist", lambda: value)()
    if isinstance(value, (tuple, list)):
        return tuple(within(f"a {what} size", size, 0.0, math.inf) for size in value)
    return within(f"the {what} size", value, 0.0, math.inf)


def _per_layer(what: str, value: Any, slots: tuple[int, ...]) -> tuple[float, ...]:
    sizes = value if isinstance(value, tuple) else (value,) * len(slots)
    if len(sizes) != len(slots):
        layers = f"{len(slots)} hidden layer{'' if len(slots) == 1 else 's'}"
        raise ChaoscadError(f"{len(sizes)} {what} sizes for {layers}; give one, or one for each")
    found = []
    for layer, (size, most) in enumerate(zip(sizes, slots, strict=True), start=1):
        if size > most:
            raise ChaoscadError(
                f"the {what} size of hidden layer {layer} is {size:g}, but it has only {most}"
                f" slot{'' if most == 1 else 's'}; lower the size or give the layer more slots"
            )
        found.append(float(size))
    return tuple(found)
