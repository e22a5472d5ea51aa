"""The result of an experiment: every arm's scores on the same seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from jaxtyping import Int

from chaoscad.arguments import choice, line_of_text, number, several
from chaoscad.errors import ChaoscadError, Diagnostic, shown
from neural.compare.metrics import Metric
from neural.compare.scores import Scores, check_scores
from neural.compare.tuning import Tuned
from neural.packages import frame

Equal = Literal["steps", "flops"]


@dataclass(frozen=True, eq=False)
class ArmResult:
    """What one arm has reached.

    **Arguments:**

    - `tuned`: its learning rate, and what was tried.
    - `steps`: training steps of every seed.
    - `planned_flops`: their cost as the arm states it, for one seed.
    - `setup_flops`: spent once before, and not counted into a run.
    """

    name: str
    scores: Scores
    tuned: Tuned
    steps: int
    planned_flops: float | None = None
    setup_flops: float = 0.0

    @property
    def flops(self) -> float | None:
        """The cost of one seed: the median of what was measured, else what was planned."""
        measured = self.scores.flops
        measured = np.array([]) if measured is None else measured[np.isfinite(measured)]
        return float(np.median(measured)) if len(measured) else self.planned_flops

    def failures(self, of: Metric, threshold: float | None) -> np.ndarray:
        """Which seeds failed, of shape (seeds,): non-finite, or worse than a threshold."""
        if threshold is None:
            return self.scores.failed
        with np.errstate(invalid="ignore"):
            test = self.scores.test
            beyond = test < threshold if of.higher_is_better else test > threshold
        return self.scores.failed | beyond


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """Arms that were trained on the same seeds; the first arm is the reference of the tables.

    **Arguments:**

    - `seeds`, `tune_seeds`: of shape (seeds,) and (tune_seeds,), with no seed in common.
    - `equal`: whether the arms took equally many steps or spent equally many FLOPs.
    - `failure`: a run with a worse score than this counts as failed; `None`: only a non-finite one.
    - `trivial`: what `trivial_predictor` scores.

    **Raises:** `ChaoscadError` for no arms, two arms of one name, fewer than 2 seeds, equal seeds,
    and scores that are not one per seed.
    """

    metric: Metric
    seeds: Int[np.ndarray, " seeds"]
    tune_seeds: Int[np.ndarray, " tune_seeds"]
    equal: Equal
    arms: tuple[ArmResult, ...]
    failure: float | None = None
    trivial: float | None = None
    trivial_predictor: str = ""
    title: str = ""

    def __post_init__(self) -> None:
        names = [arm.name for arm in self.arms]
        check_plan(
            *(names, self.metric, self.seeds, self.tune_seeds, self.equal),
            {"failure threshold": self.failure, "trivial score": self.trivial},
            {"title": self.title, "trivial_predictor": self.trivial_predictor},
        )
        for arm in self.arms:
            check_scores(arm.scores, self.seeds, self.metric, arm.name)

    def __repr__(self) -> str:
        listed = ", ".join(
            f"{arm.name} {np.median(arm.scores.ranked(self.metric)):.4g}" for arm in self.arms
        )
        return f"Comparison({len(self.seeds)} seeds, median {self.metric.name}: {listed})"

    def frame(self) -> Any:
        """A data frame of pandas: a row for every arm and seed, with all columns of the scores.

        **Raises:** `ToolMissing` without pandas.
        """
        return frame(
            [
                {"arm": arm.name, "seed": seed}
                | {name: values[place] for name, values in arm.scores.columns().items()}
                for arm in self.arms
                for place, seed in enumerate(self.seeds)
            ]
        )

    def __getitem__(self, name: str) -> ArmResult:
        """The arm of a name.

        **Raises:** `ChaoscadError` for an unknown one.
        """
        arms = {arm.name: arm for arm in self.arms}
        return arms[choice("arm", name, arms)]


def check_plan(
    names: Sequence[str],
    of: Metric,
    seeds: np.ndarray,
    tune_seeds: np.ndarray,
    equal: str,
    levels: Mapping[str, float | None],
    texts: Mapping[str, str],
) -> None:
    """Refuse what no comparison can be of, before or after the training.

    **Arguments:**

    - `names`: of the arms; printable, each its own.
    - `seeds`, `tune_seeds`: at least 2 seeds, none twice, none that is also tuned on.
    - `levels`: a threshold and a trivial score, by their names: scores that a run can have.
    - `texts`: of the table, by their names: one line each.

    **Raises:** `ChaoscadError`.
    """
    if not names:
        raise ChaoscadError("there are no arms to compare; give at least one")
    for name in names:
        line_of_text("an arm's name", name)
        if names.count(name) > 1:
            message = f"{names.count(name)} arms are called {shown(name)}"
            raise ChaoscadError(Diagnostic(message, hint="give every arm a name of its own"))
    choice("equal", equal, get_args(Equal))
    for what, level in levels.items():
        if level is not None:
            wanted = f"a finite {of.name} from {of.low:g} to {of.high:g}"
            number(f"the {what}", level, wanted, lambda value: of.low <= value <= of.high)
    for what, text in texts.items():
        if text != "":
            line_of_text(what, text)
    if len(seeds) < 2:
        message = f"a comparison needs at least 2 seeds, not {len(seeds)}"
        raise ChaoscadError(Diagnostic(message, hint="10 or more show what is chance"))
    for what, given in (("seeds", seeds), ("tuning seeds", tune_seeds)):
        if len(given):
            several(what, given.tolist())
    both = np.intersect1d(seeds, tune_seeds)
    if len(both):
        message = f"the seed {both[0]} is both a tuning seed and one that is compared"
        hint = "a rate chosen on the seeds that are compared flatters its arm"
        raise ChaoscadError(Diagnostic(message, hint=hint))
