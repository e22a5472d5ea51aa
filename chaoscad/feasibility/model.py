"""The answer about one gate, and what it rests on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

from chaoscad.gate import Setpoint

Verdict = Literal["feasible", "infeasible", "undecided"]


@dataclass(frozen=True)
class Feasibility:
    """What is known of the best margin of a gate within its bounds.

    **Arguments:**

    - `verdict`: `infeasible`: it is proven that no setting has a margin of `epsilon` or more.
      `feasible`: `setpoint` has margin `lower`, and it is proven that none has more than `upper`.
      `undecided`: neither, within the budget.
    - `lower`: the best margin attained, a rigorous lower bound in real arithmetic at the states that
      float64 computes; minus infinity where no setting was found.
    - `upper`: no setting within the bounds has more.
    - `epsilon`: the margin that counts as none.
    - `boxes`: how many boxes of parameters were examined.
    - `reason`: one sentence.
    - `remedies`: what would make an infeasible gate possible, as proven by the same search.
    """

    verdict: Verdict
    lower: float
    upper: float
    epsilon: float
    boxes: int
    reason: str
    setpoint: Setpoint | None = None
    remedies: tuple[str, ...] = ()

    @property
    def tight(self) -> bool:
        """Whether the best margin is known to 1 %."""
        return self.verdict == "feasible" and self.upper <= 1.0100001 * self.lower

    def to_data(self) -> dict[str, Any]:
        """The answer as JSON-ready data."""
        point = self.setpoint
        return {
            "verdict": self.verdict,
            "lower": self.lower if math.isfinite(self.lower) else None,
            "upper": self.upper if math.isfinite(self.upper) else None,
            "tight": self.tight,
            "epsilon": self.epsilon,
            "boxes": self.boxes,
            "reason": self.reason,
            "remedies": list(self.remedies),
            "setpoint": None
            if point is None
            else {"x0": point.x0, "delta": list(point.delta), "threshold": point.threshold},
        }
