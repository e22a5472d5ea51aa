"""A smooth curve through noisy points: a spline by cross-validation, and few points that are it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from jaxtyping import Float64

from chaoscad.errors import ChaoscadError, Diagnostic, counted
from chaoscad.fitting.residuals import Structure, noise_of, structure_of
from chaoscad.instrument import Remark
from chaoscad.systems import Curve, Setting, curve_setting
from chaoscad.systems.curve_file import Sweeps
from chaoscad.systems.sweeps import Hysteresis, Points, Sweep, hysteresis_of

FEWEST = 5
"""Fewest inputs of a sweep: the spline needs so many."""

ENOUGH = 20
"""Inputs of a sweep from which on noise can be told from bends."""

BINS = 2000
"""Most points of the spline; more are averaged in this many parts of the range."""

GRID = 2001
"""Points at which the spline is compared with the curve of few points."""

MOST_KNOTS = 400
"""Most points of the written curve."""

FINE = 1e-4
"""How far the written curve may be off the spline, as a part of the outputs' range, without noise."""

Smooth = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class CurveFit:
    """A smooth transfer curve of noisy points.

    **Arguments:**

    - `curve`: few points, whose monotone cubic is the spline to a tenth of the noise.
    - `noise`: the standard deviation of the outputs, from differences of neighbours.
    - `residual`: the root mean square of the points' distance from the spline of their own sweep.
    - `inputs`, `outputs`, `residuals`: the points that were fitted.
    - `pieces`: the inputs between which the curve rises or falls throughout, without ripples smaller
      than twice the noise.
    - `structure`: of the residuals, in the order of the inputs.
    """

    curve: Curve
    noise: float
    residual: float
    inputs: Float64[np.ndarray, " n"]
    outputs: Float64[np.ndarray, " n"]
    residuals: Float64[np.ndarray, " n"]
    pieces: tuple[float, ...]
    structure: Structure
    hysteresis: Hysteresis | None = None
    remarks: tuple[Remark, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def setting(self) -> Setting:
        """The map that the curve is."""
        return curve_setting(self.curve)

    @property
    def course(self) -> str:
        """How the curve goes, in words: `it falls from 0 to 0.63 and rises to 1.2`."""
        values = self.setting.value(np.array(self.pieces))
        if np.ptp(values) == 0:
            return f"it is level from {self.pieces[0]:.4g} to {self.pieces[-1]:.4g}"
        ways = [
            "rises" if after > before else "falls" for before, after in pairwise(values.tolist())
        ]
        words = [f"{way} to {end:.4g}" for way, end in zip(ways, self.pieces[1:], strict=True)]
        words[0] = f"it {ways[0]} from {self.pieces[0]:.4g} to {self.pieces[1]:.4g}"
        return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1]

    def to_data(self) -> dict[str, Any]:
        """As JSON-ready data."""
        found = self.hysteresis
        return {
            "system": self.curve.to_data(),
            "noise": self.noise,
            "residual": self.residual,
            "points": len(self.inputs),
            "pieces": list(self.pieces),
            "residuals": self.structure.to_data(),
            "hysteresis": None
            if found is None
            else {
                "height": found.height,
                "at": found.at,
                "share": found.share,
                "width": found.width,
            },
            "remarks": [str(remark) for remark in self.remarks],
            "warnings": list(self.warnings),
        }


def fit_curve(sweeps: Sweeps, file: str, sweep: Sweep | None = None) -> CurveFit:
    """The smooth curve of the points of a file.

    Every sweep has a spline of its own, whose stiffness is chosen by generalised cross-validation
    (P. Craven, G. Wahba, Numer. Math. 31, 377 (1979)), so that noise is no hysteresis.

    **Arguments:**

    - `file`: the name that diagnostics give and the curve has.
    - `sweep`: of two: one of them, or their mean.

    **Raises:** `ChaoscadError` for two sweeps that differ by more than noise where none is chosen, for
    a sweep that is not there, and for fewer than five inputs.
    """

    def fail(message: str, hint: str | None = None) -> ChaoscadError:
        return ChaoscadError(Diagnostic(message, file, hint=hint))

    parts = {name: part for name, part in (("up", sweeps.up), ("down", sweeps.down)) if part}
    if sweep is not None and sweep not in parts and (sweep != "mean" or len(parts) < 2):
        raise fail(f"there is no sweep {sweep!r}: the points are of one sweep", "leave it out")
    smooth: dict[str, Smooth] = {}
    noises: list[tuple[float, int]] = []
    for name, part in parts.items():
        inputs, outputs = (np.array(values) for values in part)
        distinct = len(np.unique(inputs))
        if distinct < FEWEST:
            message = f"a sweep has {counted(distinct, 'input')}; at least {FEWEST} are needed"
            raise fail(message)
        smooth[name] = _spline(inputs, outputs)
        noises.append((noise_of(inputs, outputs), len(inputs)))
    noise = float(np.sqrt(sum(s * s * n for s, n in noises) / sum(n for _, n in noises)))
    hysteresis = None
    if len(parts) == 2:
        hysteresis = _hysteresis(parts, smooth)
        if sweep is None and hysteresis is not None and hysteresis.height > 2 * noise:
            message = f"there are an upward and a downward sweep; {hysteresis}"
            raise fail(message, "--sweep up, down or mean says which is meant")
    chosen = tuple(parts) if sweep in (None, "mean") else (sweep,)
    kept = [parts[name] for name in chosen]
    low, high = max(part[0][0] for part in kept), min(part[0][-1] for part in kept)
    if not low < high:
        raise fail("the sweeps have no inputs in common", "--sweep up or down takes one of them")

    def mean(x: np.ndarray) -> np.ndarray:
        return np.mean([smooth[name](x) for name in chosen], axis=0)

    knots = _thinned(mean, low, high, noise)
    values = mean(knots)
    columns = sweeps.columns
    curve = Curve(
        file,
        columns[0].name,
        columns[1].name,
        (tuple(knots.tolist()), tuple(values.tolist())),
        (columns[0].unit.symbol, columns[1].unit.symbol),
    )
    inputs, outputs = (np.concatenate([np.array(part[axis]) for part in kept]) for axis in (0, 1))
    residuals = np.concatenate(
        [np.array(parts[name][1]) - smooth[name](np.array(parts[name][0])) for name in chosen]
    )
    structure = structure_of(residuals)
    fewest = min(len(set(part[0])) for part in kept)
    return CurveFit(
        curve=curve,
        noise=noise,
        residual=float(np.sqrt(np.mean(residuals**2))),
        inputs=inputs,
        outputs=outputs,
        residuals=residuals,
        pieces=_pieces(curve_setting(curve), low, high, noise),
        structure=structure,
        hysteresis=hysteresis,
        remarks=sweeps.remarks,
        warnings=tuple(_warnings(structure, fewest)),
    )


def _warnings(structure: Structure, fewest: int) -> Iterator[str]:
    if fewest < ENOUGH:
        yield (
            f"a sweep has {fewest} inputs, and noise cannot be told from bends by fewer than {ENOUGH}; "
            "measure more, or let the netlist take the points as they are"
        )
    if structure.structured:
        yield (
            f"the residuals are not noise but resemble their neighbours ({structure}): the spline is too "
            "stiff there, or the noise is not independent"
        )


def _spline(inputs: np.ndarray, outputs: np.ndarray) -> Smooth:
    """The smoothing spline of sorted points, on scales of 1 so that the choice is well posed."""
    from scipy.interpolate import make_smoothing_spline

    x, y, weights = _binned(inputs, outputs)
    low, width = x[0], x[-1] - x[0]
    centre, height = float(y.mean()), float(np.ptp(y)) or 1.0
    spline = make_smoothing_spline((x - low) / width, (y - centre) / height, w=weights)

    def smooth(at: np.ndarray) -> np.ndarray:
        # A cubic grows fast beyond its ends, where sweeps stop a little before each other.
        inside = np.clip((np.asarray(at) - low) / width, 0.0, 1.0)
        return centre + height * np.asarray(spline(inside))

    return smooth


def _binned(inputs: np.ndarray, outputs: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Means of equal inputs, and of the parts of the range where there are very many."""
    _, place = np.unique(inputs, return_inverse=True)
    if place.max() >= BINS:
        size = inputs[-1] - inputs[0]
        place = np.minimum(BINS * ((inputs - inputs[0]) / size), BINS - 1).astype(int)
        _, place = np.unique(place, return_inverse=True)
    counts = np.bincount(place).astype(float)
    x, y = (np.bincount(place, values) / counts for values in (inputs, outputs))
    return x, y, counts


def _hysteresis(parts: dict[str, Points], smooth: dict[str, Smooth]) -> Hysteresis | None:
    low = max(part[0][0] for part in parts.values())
    high = min(part[0][-1] for part in parts.values())
    if not low < high:
        return None
    grid = np.linspace(low, high, GRID)
    up, down = ((grid.tolist(), smooth[name](grid).tolist()) for name in ("up", "down"))
    return hysteresis_of(up, down)


def _thinned(smooth: Smooth, low: float, high: float, noise: float) -> np.ndarray:
    """Inputs whose monotone cubic is the spline: its turns first, then where it is farthest off."""
    from scipy.interpolate import PchipInterpolator

    grid = np.linspace(low, high, GRID)
    values = smooth(grid)
    allowed = max(noise / 10, FINE * float(np.ptp(values)))
    turns = 1 + np.flatnonzero(np.diff(np.sign(np.diff(values))))
    chosen = np.unique([0, GRID // 4, GRID // 2, 3 * GRID // 4, GRID - 1, *turns.tolist()])
    if len(chosen) > MOST_KNOTS:
        chosen = chosen[:: len(chosen) // MOST_KNOTS + 1]
    while len(chosen) < MOST_KNOTS:
        errors = np.abs(PchipInterpolator(grid[chosen], values[chosen])(grid) - values)
        # In every piece the worst point, so that few rounds are enough.
        added = [
            first + int(errors[first:last].argmax())
            for first, last in pairwise(chosen.tolist())
            if errors[first:last].max() > allowed
        ]
        if not added:
            break
        chosen = np.union1d(chosen, added)
    return grid[chosen]


def _pieces(setting: Setting, low: float, high: float, noise: float) -> tuple[float, ...]:
    """The ends of the stretches in which the curve goes one way, by more than twice the noise."""
    grid = np.linspace(low, high, GRID)
    values = setting.value(grid)
    least = max(2 * noise, FINE * float(np.ptp(values)))
    ends = [0]
    extreme, way = 0, 0
    for index, value in enumerate(values):
        ahead = float(value - values[extreme])
        if way == 0 and abs(ahead) > least:
            way, extreme = (1 if ahead > 0 else -1), index
        elif ahead * way > 0:
            extreme = index
        elif way and -ahead * way > least:
            ends.append(extreme)
            extreme, way = index, -way
    return tuple(grid[[*ends, GRID - 1]].tolist())
