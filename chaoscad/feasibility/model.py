"""The answer about one gate, or about a family of gates, and what it rests on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

from chaoscad.gate import Setpoint

Verdict = Literal["feasible", "infeasible", "undecided"]


@dataclass(frozen=True)
class Feasibility:
    """What is known of the best margin of a gate within its bounds, or of a family's worst gate.

    **Arguments:**

    - `verdict`: `infeasible`: it is proven that no setting has a margin of `epsilon` or more.
      `feasible`: `setpoints` have margin `lower`, and it is proven that none has more than `upper`.
      `undecided`: neither, within the budget.
    - `lower`: the best margin attained, a rigorous lower bound in real arithmetic at the states that
      float64 computes; minus infinity where no setting was found.
    - `upper`: no setting within the bounds has more.
    - `epsilon`: the margin that counts as none.
    - `boxes`: how many boxes of parameters were examined.
    - `reason`: one sentence.
    - `setpoints`: of the gate, or of every member of the family; none where no setting was found.
    - `remedies`: what would make it possible, as proven by the same search.
    - `family`: the names of the members, where the answer is about a family.
    """

    verdict: Verdict
    lower: float
    upper: float
    epsilon: float
    boxes: int
    reason: str
    setpoints: tuple[Setpoint, ...] = ()
    remedies: tuple[str, ...] = ()
    family: tuple[str, ...] = ()

    @property
    def setpoint(self) -> Setpoint | None:
        """The setting that was found, of a family's the first."""
        return self.setpoints[0] if self.setpoints else None

    @property
    def tight(self) -> bool:
        """Whether the best margin is known to 1 %."""
        return self.verdict == "feasible" and self.upper <= 1.0100001 * self.lower

    def to_data(self) -> dict[str, Any]:
        """The answer as JSON-ready data."""
        points = [
            {"x0": point.x0, "delta": list(point.delta), "threshold": point.threshold}
            for point in self.setpoints
        ]
        found = {"setpoints": dict(zip(self.family, points, strict=False))} if self.family else {}
        return {
            "verdict": self.verdict,
            "lower": self.lower if math.isfinite(self.lower) else None,
            "upper": self.upper if math.isfinite(self.upper) else None,
            "tight": self.tight,
            "epsilon": self.epsilon,
            "boxes": self.boxes,
            "reason": self.reason,
            "remedies": list(self.remedies),
            **(found or {"setpoint": points[0] if points else None}),
        }
