"""What a task is: its data, its metric, and what a trivial predictor scores."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from jaxtyping import Float, Int

from chaoscad.arguments import choice
from chaoscad.errors import ChaoscadError, Diagnostic
from neural.data import Kind, Metric, metric
from neural.tasks.scaling import Scaling

Part = Literal["train", "validation", "test"]
NOTHING: Mapping[str, Any] = MappingProxyType({})
"""The options of a task until `task` tells them."""

PARTS: tuple[Part, ...] = ("train", "validation", "test")


@dataclass(frozen=True, eq=False)
class Split:
    """One part of the data, scaled. The arrays are read-only.

    **Arguments:**

    - `inputs`: `(n, features)`, float32.
    - `targets`: class labels `(n,)`, int32, or values `(n, outputs)`, float32.

    **Raises:** `ChaoscadError` for other shapes or types, and for numbers that are not finite.
    """

    inputs: Float[np.ndarray, "n features"]
    targets: Int[np.ndarray, " n"] | Float[np.ndarray, "n outputs"]

    def __post_init__(self) -> None:
        for name in ("inputs", "targets"):
            frozen = np.array(getattr(self, name))
            frozen.flags.writeable = False
            object.__setattr__(self, name, frozen)
        inputs, targets = self.inputs, self.targets
        _demand("inputs", inputs, (np.float32, 2))
        _demand("targets", targets, (np.float32, 2), (np.int32, 1))
        if len(inputs) != len(targets):
            raise ChaoscadError(f"there are {len(inputs)} inputs and {len(targets)} targets")

    def __len__(self) -> int:
        return len(self.inputs)


def _demand(name: str, given: np.ndarray, *allowed: tuple[type[np.generic], int]) -> None:
    if (given.dtype.type, given.ndim) not in allowed:
        told = " or ".join(f"{kind.__name__} of {axes} axes" for kind, axes in allowed)
        message = f"the {name} are {given.dtype} of {given.ndim} axes; they must be {told}"
        raise ChaoscadError(message.replace("1 axes", "1 axis"))
    if not np.isfinite(given).all():
        hint = "look for a number far larger than the training part's"
        raise ChaoscadError(Diagnostic(f"not all {name} are finite", hint=hint))


@dataclass(frozen=True, eq=False)
class Trajectory:
    """A piece of one time series, in physical units, float64. The arrays are read-only.

    **Arguments:**

    - `times`: `(n,)`, rising.
    - `states`: `(n, d)`; in Hamiltonian tasks (q_1.., p_1..).
    - `rates`: `(n, d)`, the states' time derivatives, measured or exact.
    - `series`: which of the task's series it belongs to. The parts of a task that was split in time
      are pieces of one series.
    """

    times: Float[np.ndarray, " n"]
    states: Float[np.ndarray, "n d"]
    rates: Float[np.ndarray, "n d"]
    series: int = 0

    def __post_init__(self) -> None:
        # One memory layout, for sums over them round differently in another.
        for name in ("times", "states", "rates"):
            frozen = np.array(getattr(self, name), np.float64, order="C")
            frozen.flags.writeable = False
            object.__setattr__(self, name, frozen)


@dataclass(frozen=True, eq=False)
class Dynamics:
    """What a forecast needs, in physical units.

    **Arguments:**

    - `system`: its name.
    - `step`: the time between samples (the median, where they are uneven).
    - `train`, `validation`, `test`: the trajectories whose samples the parts are.
    - `driven`: whether the rates depend on the time, too.
    - `energy`: states `(..., d)` to energies `(...)`; `None` for a system that has none.
    """

    system: str
    step: float
    train: tuple[Trajectory, ...]
    validation: tuple[Trajectory, ...]
    test: tuple[Trajectory, ...]
    driven: bool = False
    energy: Callable[[np.ndarray], np.ndarray] | None = None


@dataclass(frozen=True, eq=False, repr=False)
class Task:
    """A data set in three parts, and what it is judged by.

    **Arguments:**

    - `train`, `validation`, `test`: no sample is in two of them. The validation part may be empty.
    - `trivial`: what the trivial predictor scores on the test part, in the metric.
    - `trivial_predictor`: what that is, in words.
    - `scaling`: how raw data became inputs and targets.
    - `columns`: of the raw inputs.
    - `target_columns`: of the raw targets; the classes' names for labels.
    - `description`, `source`: what the data are, and where they are defined.
    - `options`: every option that the data were made with, `seed` among them.
    - `dynamics`: of tasks whose samples are states of a flow.
    """

    name: str
    kind: Kind
    train: Split
    validation: Split
    test: Split
    trivial: float
    trivial_predictor: str
    scaling: Scaling
    columns: tuple[str, ...]
    target_columns: tuple[str, ...]
    description: str
    source: str
    options: Mapping[str, Any]
    dynamics: Dynamics | None = None

    def __repr__(self) -> str:
        sizes = ", ".join(f"{part} {len(self.part(part))}" for part in PARTS)
        return f"Task({self.name}: {self.kind}, {self.features} to {self.outputs}, {sizes})"

    @property
    def features(self) -> int:
        """The number of input columns."""
        return self.train.inputs.shape[1]

    @property
    def outputs(self) -> int:
        """The number of classes, or of columns of the targets."""
        return len(self.target_columns)

    @property
    def metric(self) -> Metric:
        """`accuracy` is better when larger, `mse` (of the scaled targets) when smaller."""
        return metric(self.kind)

    def part(self, name: str) -> Split:
        """One part by its name.

        **Raises:** `ChaoscadError` for a name that is not `train`, `validation` or `test`.
        """
        return getattr(self, choice("part", name, PARTS))

    def score(self, predictions: Float[np.ndarray, "n outputs"], part: Part = "test") -> float:
        """What predictions score in the task's metric.

        **Arguments:**

        - `predictions`: `(n, outputs)`: a number for every class, of which the largest decides (the
          first of equal ones), or the targets in scaled units.

        **Raises:** `ChaoscadError` for another shape, for an empty part, and for predictions that are
        not finite: a network that diverged has no score.
        """
        split = self.part(part)
        given = np.asarray(predictions, np.float64)
        wanted = (len(split), self.outputs)
        if not len(split):
            hint = "make the task with a validation share above 0"
            raise ChaoscadError(
                Diagnostic(f"the {part} part of {self.name} is empty; it gives no score", hint=hint)
            )
        if given.shape != wanted:
            message = f"predictions have the shape {given.shape}; {self.name} needs {wanted}"
            raise ChaoscadError(message)
        if not np.isfinite(given).all():
            bad = int((~np.isfinite(given)).any(axis=1).sum())
            message = f"{bad} of {len(given)} predictions are not finite"
            raise ChaoscadError(Diagnostic(message, hint="try a smaller learning rate"))
        if self.metric == "accuracy":
            return float((given.argmax(axis=1) == split.targets).mean())
        return float(np.square(given - split.targets).mean())
