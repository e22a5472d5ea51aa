"""Where a function changes its sign between two ends at which its values are known."""

from __future__ import annotations

from collections.abc import Callable

from scipy.optimize import brentq

PRECISION = 1e-14
"""To which a crossing is located, beside the rounding of its own size."""


def crossing(
    function: Callable[[float], float], ends: tuple[float, float], heights: tuple[float, float]
) -> float:
    """The zero between two ends, or the end at which it lies, by Brent's method.

    **Arguments:**

    - `heights`: at the ends, of different signs or zero. They are not computed again: a function that
      depends on how it is evaluated could have the other sign then, and the zero would be lost.

    **Raises:** `ValueError` for two heights of one sign, and where the function is not finite.
    """
    known = dict(zip(ends, heights, strict=True))

    def height(at: float) -> float:
        return known[at] if at in known else function(at)

    return float(brentq(height, *ends, xtol=PRECISION))  # type: ignore[arg-type]
