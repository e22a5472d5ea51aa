"""Measured transfer curves: a table of points, and the monotone cubic through them."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from chaoscad.errors import ChaoscadError, Diagnostic, nearest, shown
from chaoscad.systems.model import Map, Setting, State

if TYPE_CHECKING:
    import numpy as np

MOST_POINTS = 20_000
"""Most points of a curve; a measured curve of more is noise that should be averaged first."""

MOST_BYTES = 16 * 2**20
"""Longest text of a curve's file."""

FEWEST_POINTS = 3


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


def _step(curve: Curve) -> Any:
    low, high = curve.domain

    def step(xp: Any, state: State, parameters: Mapping[str, Any]) -> State:  # noqa: ARG001
        (x,) = state
        if hasattr(xp, "interpolate"):
            return (xp.interpolate(x, curve),)
        knots, cubics = pieces(curve)
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
    return knots, np.asarray(PchipInterpolator(knots, outputs).c)


def read_curve(text: str, file: str, input: str | None = None, output: str | None = None) -> Curve:
    """A curve from CSV text: a line of column names, and one line per point.

    Lines that start with `#` are comments; the first of them after the names that has as many
    fields as there are columns gives the units.

    **Arguments:**

    - `file`: the name that diagnostics give.
    - `input`, `output`: names of columns; the first and the second where they are left out.

    **Raises:** `ChaoscadError` with the line and the column for a missing column, text, NaN,
    inputs that do not rise, and fewer than three or too many points.
    """

    def fail(
        message: str, line: int = 0, column: int = 0, hint: str | None = None
    ) -> ChaoscadError:
        return ChaoscadError(Diagnostic(message, file, line, column or min(line, 1), hint))

    if len(text) > MOST_BYTES:
        raise fail(f"the curve's file is longer than {MOST_BYTES // 2**20} MiB", 0, 0, "average it")
    names: list[str] | None = None
    units: list[str] | None = None
    places = (0, 1)
    inputs: list[float] = []
    outputs: list[float] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        comment = line.lstrip().startswith("#")
        cells = _cells(line.lstrip()[1:] if comment else line)
        if comment:
            if names is not None and units is None and not inputs and len(cells) == len(names):
                units = cells
            continue
        if names is None:
            names = cells
            places = _columns(names, (input, output), fail, number)
            continue
        if len(cells) != len(names):
            raise fail(
                f"the line has {len(cells)} fields, and there are {len(names)} columns", number
            )
        values: list[float] = []
        for place in places:
            try:
                values.append(float(cells[place]))
            except ValueError:
                message = f"{shown(cells[place])} in column {shown(names[place])} is not a number"
                raise fail(message, number, _column(line, place)) from None
            if not math.isfinite(values[-1]):
                message = f"{cells[place]} in column {shown(names[place])} is not finite"
                raise fail(message, number, _column(line, place), "leave the point out")
        if inputs and values[0] <= inputs[-1]:
            what = "repeats" if values[0] == inputs[-1] else "is below"
            message = f"the input {values[0]:g} {what} the one before it, {inputs[-1]:g}"
            raise fail(message, number, _column(line, places[0]), "sort the points by their input")
        inputs.append(values[0])
        outputs.append(values[1])
        if len(inputs) > MOST_POINTS:
            hint = "average neighbouring points first"
            raise fail(f"a curve has at most {MOST_POINTS} points", number, 0, hint)
    if names is None:
        raise fail("the file has no line of column names", 1)
    if len(inputs) < FEWEST_POINTS:
        raise fail(f"the curve has {len(inputs)} points; at least {FEWEST_POINTS} are needed")
    unit = [units[place] or "1" for place in places] if units is not None else ["1", "1"]
    return Curve(
        file=file,
        input=names[places[0]],
        output=names[places[1]],
        points=(tuple(inputs), tuple(outputs)),
        units=(unit[0], unit[1]),
    )


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in next(csv.reader([line]), [])]


def _column(line: str, place: int) -> int:
    return len(",".join(line.split(",")[:place])) + (2 if place else 1)


def _columns(
    names: list[str], wanted: tuple[str | None, str | None], fail: Any, line: int
) -> tuple[int, int]:
    if len(names) < 2:
        raise fail(
            f"the file has {len(names)} column, and a curve needs two",
            line,
            0,
            "separate the columns by commas",
        )
    if len(set(names)) < len(names):
        raise fail("two columns have one name", line)
    found: list[int] = []
    for default, name in enumerate(wanted):
        if name is None:
            found.append(default)
        elif name in names:
            found.append(names.index(name))
        else:
            hint = nearest(name, names) or "its columns are " + ", ".join(names)
            raise fail(f"there is no column {shown(name)}", line, 0, hint)
    if found[0] == found[1]:
        raise fail("the input and the output are the same column", line)
    return found[0], found[1]
