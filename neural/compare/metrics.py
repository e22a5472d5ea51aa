"""What a score means: which way is better, and what a failed run counts as."""

from __future__ import annotations

import math
from dataclasses import dataclass

from chaoscad.arguments import choice, line_of_text


@dataclass(frozen=True)
class Metric:
    """A score's meaning.

    **Arguments:**

    - `name`: as it stands in tables.
    - `higher_is_better`: its direction.
    - `low`, `high`: the scores that a run can have.

    **Raises:** `ChaoscadError` for a name that is no line of text.
    """

    name: str
    higher_is_better: bool
    low: float = -math.inf
    high: float = math.inf

    def __post_init__(self) -> None:
        line_of_text("a metric's name", self.name)

    @property
    def worst(self) -> float:
        """What a run that failed counts as in medians and ranks: the bad end."""
        return self.low if self.higher_is_better else self.high

    @property
    def direction(self) -> str:
        """`higher is better` or `lower is better`."""
        return "higher is better" if self.higher_is_better else "lower is better"


METRICS = {
    metric.name: metric
    for metric in (
        Metric("accuracy", True, low=0.0, high=1.0),
        Metric("mse", False, low=0.0),
    )
}
"""The metrics of `neural.tasks`: the share of right answers, and the mean squared error."""


def metric(name: str | Metric) -> Metric:
    """The metric of a name; a `Metric` is returned as it is.

    **Raises:** `ChaoscadError` for an unknown name.
    """
    if isinstance(name, Metric):
        return name
    return METRICS[choice("metric", name, METRICS)]
