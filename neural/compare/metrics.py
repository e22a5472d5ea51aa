"""What a score means: which way is better, and what a failed run counts as."""

from __future__ import annotations

import math
from dataclasses import dataclass

from chaoscad.errors import ChaoscadError, Diagnostic, nearest, shown


@dataclass(frozen=True)
class Metric:
    """A score's meaning.

    **Arguments:**

    - `name`: as it stands in tables.
    - `higher_is_better`: its direction.
    - `worst`: what a run that failed counts as in medians and ranks; nothing may be worse.
    - `low`, `high`: the scores that a run can have.

    **Raises:** `ChaoscadError` when `worst` is NaN or is not the bad end of the range.
    """

    name: str
    higher_is_better: bool
    worst: float
    low: float = -math.inf
    high: float = math.inf

    def __post_init__(self) -> None:
        if not self.name.strip() or not self.name.isprintable():
            raise ChaoscadError(f"a metric's name must be printable text, not {shown(self.name)}")
        end = self.low if self.higher_is_better else self.high
        if self.worst != end:
            side = "low" if self.higher_is_better else "high"
            raise ChaoscadError(
                Diagnostic(
                    f"the metric {shown(self.name)} has the worst score {self.worst:g}, but its "
                    f"bad end is {side} = {end:g}",
                    hint=f"give 'worst' and '{side}' the same value",
                )
            )

    @property
    def direction(self) -> str:
        """`higher is better` or `lower is better`."""
        return "higher is better" if self.higher_is_better else "lower is better"


METRICS = {
    metric.name: metric
    for metric in (
        Metric("accuracy", True, worst=0.0, low=0.0, high=1.0),
        Metric("mse", False, worst=math.inf, low=0.0),
    )
}
"""The metrics of `neural.tasks`: the share of right answers, and the mean squared error."""


def metric(name: str | Metric) -> Metric:
    """The metric of a name; a `Metric` is returned as it is.

    **Raises:** `ChaoscadError` for an unknown name.
    """
    if isinstance(name, Metric):
        return name
    if name not in METRICS:
        hint = nearest(str(name), METRICS) or "a Metric object describes any other score"
        message = f"unknown metric {shown(str(name))}; the metrics are {', '.join(METRICS)}"
        raise ChaoscadError(Diagnostic(message, hint=hint))
    return METRICS[name]
