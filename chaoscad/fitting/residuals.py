"""What residuals say: how large the noise is, and whether they are noise."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from chaoscad.errors import counted

FEW = 12
"""Points below which the cubic is not asked: it leaves too few errors."""

SURE = 3.7
"""Standard deviations from what independent residuals give; one of several thousand fits is as far."""


def noise_of(inputs: Float64[np.ndarray, " n"], outputs: Float64[np.ndarray, " n"]) -> float:
    """The standard deviation of the noise on a smooth curve, whatever the curve.

    Every point is compared with the line through its two neighbours, and with the cubic through its
    four: e_i = sum_j w_j y_j - y_i has the variance (1 + sum_j w_j^2) s^2 (T. Gasser, L. Sroka,
    C. Jennen-Steinmetz, Biometrika 73, 625 (1986), for the line). What the curve bends between the
    neighbours counts as noise; that is less for the cubic, and the smaller of both is taken.

    **Arguments:**

    - `inputs`: rising; where equal ones come, the line alone is taken.
    """
    found = [_by_neighbours(inputs, outputs, (-1, 1))]
    if len(inputs) >= FEW and (np.diff(inputs) > 0).all():
        found.append(_by_neighbours(inputs, outputs, (-2, -1, 1, 2)))
    return min(found)


def _by_neighbours(inputs: np.ndarray, outputs: np.ndarray, places: tuple[int, ...]) -> float:
    """The noise by polynomials through some neighbours of every point (Lagrange's weights)."""
    margin = places[-1]
    if len(inputs) <= 2 * margin:
        return 0.0
    inner = slice(margin, len(inputs) - margin)
    x = [inputs[margin + place : len(inputs) - margin + place] for place in places]
    y = [outputs[margin + place : len(inputs) - margin + place] for place in places]
    errors, size = -outputs[inner], np.ones(len(inputs) - 2 * margin)
    for own, value in zip(x, y, strict=True):
        weight = np.ones_like(size)
        for other in x:
            if other is not own:
                gap = own - other
                ratio = np.divide(
                    inputs[inner] - other, gap, out=np.full_like(gap, 0.5), where=gap != 0
                )
                weight = weight * ratio
        errors = errors + weight * value
        size = size + weight**2
    return math.sqrt(float(np.mean(errors**2 / size)))


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
            f"{2 / math.sqrt(self.count):.2f}, {counted(self.runs, 'run')} of one sign where they give "
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
    product = 2 * above * below
    expected = product / count + 1
    spread = math.sqrt(max(product * (product - count), 0) / (count**2 * max(count - 1, 1)))
    return Structure(count, watson, runs, expected, spread)
