"""Any optax optimizer by name, with its arguments checked, schedules and clipping."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import optax

from chaoscad.errors import ChaoscadError, nearest, shown

OPTIMIZERS: dict[str, tuple[Callable[..., optax.GradientTransformation], dict[str, Any]]] = {
    "sgd": (optax.sgd, {}),
    "momentum": (optax.sgd, {"momentum": 0.9}),
    "nesterov": (optax.sgd, {"momentum": 0.9, "nesterov": True}),
    "rmsprop": (optax.rmsprop, {}),
    "adagrad": (optax.adagrad, {}),
    "adam": (optax.adam, {}),
    "nadam": (optax.nadam, {}),
    "adamw": (optax.adamw, {}),
    "adamax": (optax.adamax, {}),
    "amsgrad": (optax.amsgrad, {}),
    "adabelief": (optax.adabelief, {}),
    "adan": (optax.adan, {}),
    "radam": (optax.radam, {}),
    "yogi": (optax.yogi, {}),
    "lamb": (optax.lamb, {}),
    "lars": (optax.lars, {}),
    "lion": (optax.lion, {}),
    "novograd": (optax.novograd, {}),
    "rprop": (optax.rprop, {}),
    "sign_sgd": (optax.sign_sgd, {}),
    "sm3": (optax.sm3, {}),
}
"""Optimizers by name; `momentum` and `nesterov` are settings of optax's `sgd`."""

COUPLED = ("lamb", "lars", "novograd", "sm3")
"""Optimizers whose step of one parameter depends on others; the rest work element by element."""

UNSCHEDULED = ("rprop", "sm3")
"""Optimizers that take no schedule: their rate is a number throughout."""

SCHEDULES = ("constant", "cosine", "exponential", "linear", "warmup_cosine")
"""Learning-rate schedules by name; all but `constant` end at 1 % of the given rate."""

_SETTING = bool | int | float | str


@dataclass(frozen=True)
class Optimizer:
    """An optimizer's recipe; hashable, so that it can select a compiled program.

    Build it with `optimizer`, which checks it.

    **Arguments:**

    - `clip_norm`, `clip_value`: largest norm of a trial's gradient, largest size of one element.
    """

    name: str = "adam"
    learning_rate: float = 0.05
    schedule: str = "constant"
    arguments: tuple[tuple[str, _SETTING], ...] = ()
    clip_norm: float | None = None
    clip_value: float | None = None

    def build(self, steps: int, rate: Any = None) -> optax.GradientTransformation:
        """The optax transformation for a run of `steps` steps.

        **Arguments:**

        - `rate`: replaces the learning rate; a traced number, so that many rates share one program.
        """
        factory, preset = OPTIMIZERS[self.name]
        settings = {**preset, **dict(self.arguments)}
        highest = self.learning_rate if rate is None else rate
        schedule = learning_rate(self.schedule, highest, steps)
        parts: list[optax.GradientTransformation] = []
        if self.clip_value is not None:
            parts.append(optax.clip(self.clip_value))
        if self.clip_norm is not None:
            parts.append(optax.clip_by_global_norm(self.clip_norm))
        parts.append(factory(schedule, **settings))
        return parts[0] if len(parts) == 1 else optax.chain(*parts)

    @property
    def elementwise(self) -> bool:
        """Whether every element moves on its own, so that trials need not be kept apart."""
        return self.name not in COUPLED and self.clip_norm is None

    def to_data(self) -> dict[str, Any]:
        """The recipe as JSON-ready data."""
        return {
            "name": self.name,
            "learning_rate": self.learning_rate,
            "schedule": self.schedule,
            "arguments": dict(self.arguments),
            "clip_norm": self.clip_norm,
            "clip_value": self.clip_value,
        }


def optimizer(
    name: str = "adam",
    learning_rate: float = 0.05,
    *,
    schedule: str = "constant",
    clip_norm: float | None = None,
    clip_value: float | None = None,
    **arguments: _SETTING,
) -> Optimizer:
    """An optimizer's recipe, for example `optimizer("adam", 0.01, b1=0.8, schedule="cosine")`.

    **Arguments:**

    - `name`: one of `OPTIMIZERS`.
    - `learning_rate`: positive; the highest rate of the schedule.
    - `schedule`: one of `SCHEDULES`.
    - `arguments`: passed to the optax function of that name.

    **Raises:** `ChaoscadError` for an unknown name, schedule or argument, with the nearest one.
    """
    if name not in OPTIMIZERS:
        hint = nearest(name, OPTIMIZERS) or "the optimizers are " + ", ".join(OPTIMIZERS)
        raise ChaoscadError(f"unknown optimizer {shown(name)}; {hint}")
    if schedule not in SCHEDULES:
        hint = nearest(schedule, SCHEDULES) or "the schedules are " + ", ".join(SCHEDULES)
        raise ChaoscadError(f"unknown schedule {shown(schedule)}; {hint}")
    if name in UNSCHEDULED and schedule != "constant":
        message = f"the optimizer {name} takes no schedule, and {shown(schedule)} is given"
        raise ChaoscadError(f"{message}; leave it constant, or take another optimizer")
    positive = {
        "the learning rate": learning_rate,
        "clip_norm": clip_norm,
        "clip_value": clip_value,
    }
    for what, value in positive.items():
        if value is not None and not (math.isfinite(value) and value > 0):
            raise ChaoscadError(f"{what} is {value:g}; it must be positive and finite")
    known = dict(list(inspect.signature(OPTIMIZERS[name][0]).parameters.items())[1:])
    for key, value in arguments.items():
        if key not in known:
            hint = nearest(key, known) or "it takes " + ", ".join(known)
            raise ChaoscadError(f"the optimizer {name} has no argument {shown(key)}; {hint}")
        if isinstance(value, float) and not math.isfinite(value):
            raise ChaoscadError(f"the argument {key} of the optimizer {name} is not finite")
        if isinstance(value, str) and not isinstance(known[key].default, str):
            message = f"the argument {key} of the optimizer {name} is a number, not {shown(value)}"
            raise ChaoscadError(message)
    return Optimizer(
        name, learning_rate, schedule, tuple(sorted(arguments.items())), clip_norm, clip_value
    )


def learning_rate(schedule: str, rate: Any, steps: int) -> optax.Schedule | Any:
    """The learning rate over a run of `steps` steps."""
    if schedule != "constant" and not isinstance(rate, int | float):
        # optax compares the rates of some schedules with each other, which a traced one cannot be.
        unit = learning_rate(schedule, 1.0, steps)
        return lambda count: rate * unit(count)
    last = 0.01
    match schedule:
        case "cosine":
            return optax.cosine_decay_schedule(rate, steps, alpha=last)
        case "exponential":
            return optax.exponential_decay(rate, steps, last)
        case "linear":
            return optax.linear_schedule(rate, last * rate, steps)
        case "warmup_cosine":
            warm = max(1, steps // 20)
            return optax.warmup_cosine_decay_schedule(0.0, rate, warm, max(steps, 2), last * rate)
        case _:
            return rate


@dataclass(frozen=True)
class Anneal:
    """A quantity that moves geometrically from `start` to `end` over a run (steepness, temperature)."""

    start: float
    end: float

    def at(self, progress: Any) -> Any:
        """The value at `progress` between 0 and 1; works on numbers and traced arrays."""
        return self.start * (self.end / self.start) ** progress
