"""An optimizer's recipe: its name, arguments, learning-rate schedule and clipping, all checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chaoscad.arguments import choice, positive
from chaoscad.errors import ChaoscadError, shown
from chaoscad.tune.known import COUPLED, UNSCHEDULED, USUAL, Setting

if TYPE_CHECKING:
    import optax

SCHEDULES = ("constant", "cosine", "exponential", "linear", "warmup_cosine")
"""Learning-rate schedules by name; all but `constant` end at 1 % of the given rate."""


@dataclass(frozen=True)
class Optimizer:
    """An optimizer's recipe; hashable, so that it can select a compiled program.

    `optimizer` takes the arguments by name.

    **Arguments:**

    - `arguments`: pairs of a name and a value, sorted.
    - `clip_norm`, `clip_value`: largest norm of a trial's gradient, largest size of one element.

    **Raises:** `ChaoscadError` as `optimizer` does.
    """

    name: str = "adam"
    learning_rate: float = 0.05
    schedule: str = "constant"
    arguments: tuple[tuple[str, Setting], ...] = ()
    clip_norm: float | None = None
    clip_value: float | None = None

    def __post_init__(self) -> None:
        if self.arguments or self.name not in USUAL:
            self._check_with_optax()
        choice("schedule", self.schedule, SCHEDULES)
        if self.name in UNSCHEDULED and self.schedule != "constant":
            raise ChaoscadError(
                f"the optimizer {self.name} takes no schedule, and {shown(self.schedule)} is given; "
                "leave it constant, or take another optimizer"
            )
        rate = positive("the learning rate", self.learning_rate)
        object.__setattr__(self, "learning_rate", rate)
        for what in ("clip_norm", "clip_value"):
            if getattr(self, what) is not None:
                object.__setattr__(self, what, positive(what, getattr(self, what)))

    def _check_with_optax(self) -> None:
        """Loads optax and JAX, which a usual recipe does without."""
        from chaoscad.tune.catalogue import check_name, setting

        check_name(self.name)
        found = tuple((key, setting(self.name, key, value)) for key, value in self.arguments)
        object.__setattr__(self, "arguments", found)

    def build(self, steps: int, rate: Any = None) -> optax.GradientTransformation:
        """The optax transformation for a run of `steps` steps.

        **Arguments:**

        - `rate`: replaces the learning rate; a traced number, so that many rates share one program.
        """
        import optax

        from chaoscad.tune.catalogue import OPTIMIZERS, check_dtypes

        factory, preset = OPTIMIZERS[self.name]
        settings = {**preset, **dict(self.arguments)}
        check_dtypes(self.name, settings)
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
    **arguments: Any,
) -> Optimizer:
    """An optimizer's recipe, for example `optimizer("adam", 0.01, b1=0.8, schedule="cosine")`.

    **Arguments:**

    - `name`: one of `OPTIMIZERS`.
    - `learning_rate`: positive; the highest rate of the schedule.
    - `schedule`: one of `SCHEDULES`.
    - `arguments`: passed to the optax function of that name, see `chaoscad.tune.catalogue.setting`.

    **Raises:** `ChaoscadError` for an unknown name, schedule or argument, with the nearest one, for a
    value that is not allowed, and for an optimizer of optax that needs more than a gradient.
    """
    return Optimizer(
        name, learning_rate, schedule, tuple(sorted(arguments.items())), clip_norm, clip_value
    )


def learning_rate(schedule: str, rate: Any, steps: int) -> optax.Schedule | Any:
    """The learning rate over a run of `steps` steps."""
    import optax

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
    """A quantity that moves geometrically from `start` to `end` over a run (steepness, temperature).

    **Raises:** `ChaoscadError` for ends that are not positive and finite.
    """

    start: float
    end: float

    def __post_init__(self) -> None:
        for what in ("start", "end"):
            positive(f"the {what} of an annealed quantity", getattr(self, what))

    def at(self, progress: Any) -> Any:
        """The value at `progress` between 0 and 1; works on numbers and traced arrays."""
        return self.start * (self.end / self.start) ** progress
