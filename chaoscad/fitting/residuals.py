"""What residuals say: how large the noise is, and whether they are noise."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

SURE = 3.7
"""Standard deviations from what independent residuals give; one of several thousand fits is as far."""


def noise_of(inputs: Float64[np.ndarray, " n"], outputs: Float64[np.ndarray, " n"]) -> float:
    """The standard deviation of the noise on a smooth curve, whatever the curve.

    Every point is compared with the straight line between its neighbours (T. Gasser, L. Sroka,
    C. Jennen-Steinmetz, Biometrika 73, 625 (1986)): e_i = a y_{i-1} + b y_{i+1} - y_i with a + b = 1, of
    variance (a^2 + b^2 + 1) s^2. The curve's own bend counts as noise.

    **Arguments:**

    - `inputs`: rising; equal ones may come.
    """
    if len(inputs) < 3:
        return 0.0
    width = inputs[2:] - inputs[:-2]
    share = np.divide(
        inputs[2:] - inputs[1:-1], width, out=np.full(len(width), 0.5), where=width > 0
    )
    errors = share * outputs[:-2] + (1 - share) * outputs[2:] - outputs[1:-1]
    return math.sqrt(float(np.mean(errors**2 / (share**2 + (1 - share) ** 2 + 1))))


@dataclass(frozen=True)
class Structure:
    """Whether residuals resemble their neighbours; independent ones do not.

    **Arguments:**

    - `durbin_watson`: sum((e_i - e_{i-1})^2) / sum(e_i^2): 2 of independent residuals, with a standard
      deviation of about 2 / sqrt(n); less where neighbours resemble each other (J. Durbin,
      G. S. Watson, Biometrika 37, 409 (1950)).
    - `runs`: stretches of one sign; `expected` ones and their deviation `spread`, given how many
      residuals have each sign (A. Wald, J. Wolfowitz, Ann. Math. Stat. 11, 147 (1940)).
    """

    count: int
    durbin_watson: float
    runs: int
    expected: float
    spread: float

    @property
    def structured(self) -> bool:
        """Whether these are no independent residuals: the model is wrong, or the noise is no noise."""
        watson = (2.0 - self.durbin_watson) * math.sqrt(self.count) / 2.0
        signs = (self.expected - self.runs) / self.spread if self.spread > 0 else 0.0
        return max(watson, signs) > SURE

    def __str__(self) -> str:
        return (
            f"Durbin-Watson {self.durbin_watson:.2f} where independent residuals give 2.00 +- "
            f"{2 / math.sqrt(self.count):.2f}, {self.runs} runs of one sign where they give "
            f"{self.expected:.0f} +- {self.spread:.0f}"
        )

    def to_data(self) -> dict[str, float | bool]:
        """As JSON-ready data."""
        return {
            "structured": self.structured,
            "durbin_watson": self.durbin_watson,
            "runs": self.runs,
            "expected_runs": self.expected,
        }


def structure_of(residuals: Float64[np.ndarray, " n"]) -> Structure:
    """The structure of residuals in the order of the input or of time."""
    count = len(residuals)
    total = float(residuals @ residuals)
    differences = np.diff(residuals)
    watson = float(differences @ differences) / total if total > 0 else 2.0
    signs = residuals > 0
    runs = 1 + int(np.count_nonzero(np.diff(signs)))
    above, below = int(signs.sum()), count - int(signs.sum())
    product = 2.0 * above * below
    expected = product / count + 1
    spread = math.sqrt(max(product * (product - count), 0.0) / (count**2 * max(count - 1, 1)))
    return Structure(count, watson, runs, expected, spread)
