"""The scores of one arm, one for every seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from chaoscad.arguments import line_of_text
from chaoscad.errors import ChaoscadError, Diagnostic, shown
from neural.compare.metrics import Metric

COLUMNS = ("test", "validation", "diverged", "train", "flops")
"""The columns that every `Scores` may have, and that no extra column may be called."""


@dataclass(frozen=True, eq=False)
class Scores:
    """What a run has reached, seed by seed.

    **Arguments:** arrays of shape (seeds,), or anything that NumPy turns into them.

    - `test`: the score that is compared. NaN and infinity are failures.
    - `validation`: the score that learning rates are chosen by. NaN where there is none.
    - `diverged`: whether training left the finite numbers. By default, where `test` is not finite.
    - `train`: the final training loss.
    - `flops`: floating-point operations that the training has spent.
    - `extra`: further columns by name, such as the effective size.

    **Raises:** `ChaoscadError` for arrays of different lengths, of another shape or not of numbers,
    and for an extra column with the name of another one.
    """

    test: Float[np.ndarray, " seeds"]
    validation: Float[np.ndarray, " seeds"]
    diverged: Bool[np.ndarray, " seeds"] = None  # type: ignore[assignment]
    train: Float[np.ndarray, " seeds"] | None = None
    flops: Float[np.ndarray, " seeds"] | None = None
    extra: Mapping[str, Float[np.ndarray, " seeds"]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in self.extra:
            if line_of_text("the name of an extra column", name) in COLUMNS:
                raise ChaoscadError(f"an extra column is called {name!r}, as another one is")
        found = {name: _column(name, getattr(self, name)) for name in ("test", "validation")}
        for name in ("train", "flops"):
            if getattr(self, name) is not None:
                found[name] = _column(name, getattr(self, name))
        flags = ~np.isfinite(found["test"]) if self.diverged is None else self.diverged
        found["diverged"] = _column("diverged", flags, "b", "truth value")
        extra = {name: _column(name, value) for name, value in self.extra.items()}
        for name, value in {**found, "extra": extra}.items():
            object.__setattr__(self, name, value)
        lengths = {name: len(value) for name, value in self.columns().items()}
        if len(set(lengths.values())) > 1:
            listed = ", ".join(f"{name} has {count}" for name, count in lengths.items())
            message = f"the scores' columns have different lengths: {listed}"
            raise ChaoscadError(Diagnostic(message, hint="give one value per seed in every column"))

    def columns(self) -> dict[str, np.ndarray]:
        """Every column that there is, by its name."""
        own = {name: getattr(self, name) for name in COLUMNS}
        return {name: value for name, value in own.items() if value is not None} | dict(self.extra)

    @property
    def failed(self) -> Bool[np.ndarray, " seeds"]:
        """The seeds that diverged or whose test score is not finite."""
        return self.diverged | ~np.isfinite(self.test)

    @property
    def finite(self) -> Float[np.ndarray, " finite"]:
        """The test scores of the seeds that did not fail."""
        return self.test[~self.failed]

    def ranked(self, metric: Metric) -> Float[np.ndarray, " seeds"]:
        """The test scores, a failed seed's replaced by the worst: what medians are taken of."""
        return np.where(self.failed, metric.worst, self.test)

    def validated(self, metric: Metric) -> Float[np.ndarray, " seeds"]:
        """The validation scores, those of failed seeds and non-finite ones replaced by the worst."""
        return np.where(self.failed | ~np.isfinite(self.validation), metric.worst, self.validation)


def check_scores(scores: Any, seeds: np.ndarray, metric: Metric, arm: str) -> Scores:
    """The scores that a run returned, if they can be its seeds' scores in this metric.

    **Raises:** `ChaoscadError` naming the arm.
    """
    what = f"arm {shown(arm)}"
    if not isinstance(scores, Scores):
        message = f"{what}: its run returned {type(scores).__name__}, not Scores"
        raise ChaoscadError(message)
    if len(scores.test) != len(seeds):
        message = f"{what}: its run returned {len(scores.test)} scores for {len(seeds)} seeds"
        raise ChaoscadError(message)
    for name in ("test", "validation"):
        values = getattr(scores, name)
        outside = np.isfinite(values) & ((values < metric.low) | (values > metric.high))
        outside &= ~scores.diverged
        if outside.any():
            at = int(np.argmax(outside))
            message = (
                f"{what}: the {name} {metric.name} of seed {seeds[at]} is {values[at]:g}, "
                f"outside {metric.low:g} to {metric.high:g}"
            )
            hint = "accuracy is a share, not a percentage" if metric.name == "accuracy" else None
            raise ChaoscadError(Diagnostic(message, hint=hint))
    return scores


def _column(name: str, value: Any, kinds: str = "fiub", wanted: str = "number") -> np.ndarray:
    try:
        array = np.asarray(value)
    except ValueError:  # rows of different lengths
        array = np.empty((0, 0), object)
    if array.ndim != 1 or array.dtype.kind not in kinds:
        raise ChaoscadError(f"the column {shown(name)} of the scores must be one {wanted} per seed")
    # A copy that nobody can write: results are shared between tables.
    found = array.astype(np.float64 if wanted == "number" else np.bool_)
    found.setflags(write=False)
    return found
