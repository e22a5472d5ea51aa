"""Measured transfer curves: a table of points, and the monotone cubic through them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from chaoscad.systems.model import Map, Setting, State

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Curve:
    """A measured curve; its inputs rise strictly.

    **Arguments:**

    - `file`, `input`, `output`: where it was read: the file's name and two of its columns.
    - `units`: of the input and the output, `"1"` where the file gives none.
    - `points`: all inputs, and all outputs.
    """

    file: str = field(compare=False)
    input: str = field(compare=False)
    output: str = field(compare=False)
    points: tuple[tuple[float, ...], tuple[float, ...]]
    units: tuple[str, str] = field(default=("1", "1"), compare=False)

    @property
    def domain(self) -> tuple[float, float]:
        """The first and the last input."""
        return self.points[0][0], self.points[0][-1]

    @property
    def image(self) -> tuple[float, float]:
        """The least and the greatest output; the interpolation stays between them."""
        return min(self.points[1]), max(self.points[1])

    def to_data(self) -> dict[str, Any]:
        """The curve as the netlist language writes it, with its points."""
        return {
            "curve": self.file,
            "input": self.input,
            "output": self.output,
            "units": list(self.units),
            "points": {"input": list(self.points[0]), "output": list(self.points[1])},
        }


def curve_setting(curve: Curve) -> Setting:
    """The map that a curve is; gates work on all of its domain unless a netlist says otherwise."""
    system = Map(
        name="curve",
        title=f"measured curve {curve.output} of {curve.input}",
        formula=f"{curve.output}({curve.input}), monotone cubic through {len(curve.points[0])} points",
        parameters=(),
        state=curve.domain,
        step=_step(curve),
        citation=curve.file,
        initial=((curve.domain[0] + curve.domain[1]) / 2,),
        unit=curve.units[0],
        curve=curve,
    )
    return Setting(system, ())


@lru_cache(maxsize=256)
def saturating(setting: Setting) -> Setting:
    """The setting as a bench has it: a measured curve keeps the value of its end beyond its end.

    Formulas are what they are outside of their declared range too.
    """
    system = setting.system
    if not isinstance(system, Map) or system.curve is None:
        return setting
    low, high = system.curve.domain
    inside = system.step

    def step(xp: Any, state: State, parameters: Mapping[str, Any]) -> State:
        return inside(xp, (xp.clip(state[0], low, high),), parameters)

    return replace(setting, system=replace(system, name="saturating curve", step=step))


def _step(curve: Curve) -> Any:
    low, high = curve.domain

    def step(xp: Any, state: State, parameters: Mapping[str, Any]) -> State:  # noqa: ARG001
        (x,) = state
        if hasattr(xp, "interpolate"):
            return (xp.interpolate(x, curve),)
        knots, cubics = pieces(curve)
        x = xp.asarray(x)
        # JAX keeps constants by their identity, and float64 ones would come back in float32.
        knots, *cubics = (row.astype(x.dtype) for row in (knots, *cubics))
        piece = xp.searchsorted(xp.asarray(knots[1:-1]), x, side="right")
        t = x - xp.asarray(knots)[piece]
        a, b, c, d = (xp.asarray(row)[piece] for row in cubics)
        y = ((a * t + b) * t + c) * t + d
        # A state at the end of the domain may be off it by rounding, and by no more.
        slack = 8 * xp.finfo(y.dtype).eps * max(abs(low), abs(high))
        return (xp.where((x < low - slack) | (x > high + slack), xp.nan, y),)

    return step


@lru_cache(maxsize=64)
def pieces(curve: Curve) -> tuple[np.ndarray, np.ndarray]:
    """The knots `[points]` and the cubics `[4, points - 1]` in x - knot, highest power first.

    F. N. Fritsch, R. E. Carlson, SIAM J. Numer. Anal. 17, 238 (1980): between two points the cubic
    runs monotonically from one to the other.
    """
    import numpy as np
    from scipy.interpolate import PchipInterpolator

    knots, outputs = (np.array(values, np.float64) for values in curve.points)
    # The slope at a point is a harmonic mean, whose parts overflow where one piece is flat.
    with np.errstate(all="ignore"):
        return knots, np.asarray(PchipInterpolator(knots, outputs).c)
