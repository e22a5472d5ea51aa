"""Preimages under maps of one coordinate: where an iterate crosses a value, and how often noise does."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from chaoscad.systems.evaluate import ESCAPED
from chaoscad.systems.model import Interval, Setting

if TYPE_CHECKING:
    from jaxtyping import Float, Float64

POINTS = 2049
"""Points at which a map is looked at for its laps; narrower ones than their distance are missed."""

HALVINGS = 200
"""Most halvings of a bracket; float64 is exhausted earlier."""

THIRDS = 100
"""How often a bracket of a turning point loses a third: to 1e-17 of its width."""


@dataclass(frozen=True, eq=False)
class Laps:
    """The pieces on which a map is monotone.

    **Arguments:**

    - `low`, `high`: the ends of every lap. A jump is a lap of no width.
    - `at_low`, `at_high`: the map's values there.
    """

    low: Float64[np.ndarray, " laps"]
    high: Float64[np.ndarray, " laps"]
    at_low: Float64[np.ndarray, " laps"]
    at_high: Float64[np.ndarray, " laps"]


@lru_cache(maxsize=64)
def laps(setting: Setting, window: Interval) -> Laps:
    """The laps of the map between the ends of a window."""
    low, high = window
    # The system's own range has as many points as the window, however wide that is.
    inner = [end for end in setting.system.state if low < end < high]
    at = np.linspace(low, high, POINTS)
    if inner:
        ends = (max(low, setting.system.state[0]), min(high, setting.system.state[1]))
        at = np.union1d(at, np.linspace(*ends, POINTS))
    rise = np.sign(np.diff(setting.value(at)))
    # A plateau goes on as what is before it.
    known = np.maximum.accumulate(np.where(rise != 0, np.arange(len(rise)), 0))
    rise = rise[known]
    turns = np.flatnonzero(rise[1:] != rise[:-1])
    left, right = at[turns], at[turns + 2]
    sides = np.arange(len(turns))
    for _ in range(THIRDS):
        inner = [(2 * left + right) / 3, (left + 2 * right) / 3]
        four = np.stack([left, *inner, right])
        # The neighbours of the highest of four (or lowest): it finds a turning point and a jump alike.
        top = np.argmax(rise[turns] * setting.value(four), axis=0)
        left, right = four[np.maximum(top - 1, 0), sides], four[np.minimum(top + 1, 3), sides]
    edges = np.unique(np.concatenate([[low], left, right, [high]]))
    values = setting.value(edges)
    return Laps(edges[:-1], edges[1:], values[:-1], values[1:])


def inverse_images(
    setting: Setting, values: Float64[np.ndarray, " values"], window: Interval
) -> Float64[np.ndarray, "laps values"]:
    """Every x of the window with f(x) equal to a value, one for each lap; NaN where there is none.

    At a jump over a value it is the place of the jump.
    """
    found = laps(setting, window)
    values = np.asarray(values, np.float64)[None]
    rising = (found.at_high > found.at_low)[:, None]
    least = np.minimum(found.at_low, found.at_high)[:, None]
    most = np.maximum(found.at_low, found.at_high)[:, None]
    low = np.broadcast_to(found.low[:, None], (len(found.low), values.shape[1]))
    high = np.broadcast_to(found.high[:, None], low.shape)
    with np.errstate(invalid="ignore"):
        inside = (least < values) & (values <= most)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if not ((low < middle) & (middle < high) & inside).any():
            break
        under = (setting.value(middle) < values) == rising
        low, high = np.where(under, middle, low), np.where(under, high, middle)
    return np.where(inside, (low + high) / 2, np.nan)


def crossings(
    setting: Setting, value: float, iterates: int, window: Interval
) -> Float64[np.ndarray, " crossings"]:
    """Where in a window the iterate crosses a value, or jumps over it, in increasing order.

    The inverse images of the value, those of these, and so on; up to 2^iterates of a map of two laps.
    """
    windows = [window]
    for _ in range(iterates - 1):
        edges = laps(setting, windows[-1])
        image = np.concatenate([edges.at_low, edges.at_high])
        image = image[np.isfinite(image)].clip(-ESCAPED, ESCAPED)
        windows.append((float(image.min()), float(image.max())))
    found = np.array([value])
    for own in reversed(windows):
        found = inverse_images(setting, found, own)
        found = np.unique(found[np.isfinite(found)])
    return found


def crossing_probability(
    states: Float[np.ndarray, " rows"],
    places: Float[np.ndarray, " places"],
    sizes: Float[np.ndarray, "*sizes"],
) -> Float[np.ndarray, "*sizes"]:
    """The probability that z and z + e, e normal, have an odd number of places between them.

    What changes at every place then differs. With p1 < p2 < ... the places above z and Phi the normal
    distribution function it is Phi((z - p1) / s) - Phi((z - p2) / s) + ..., and the same below z: only
    tails are summed, so that the least probabilities keep their digits.

    **Arguments:**

    - `places`: in increasing order; one that a state lies on is below it.
    - `sizes`: standard deviations of e, in a shape that the rows' extends.
    """
    from scipy.special import ndtr

    below = places <= states[:, None]
    turns = np.arange(len(places)) - below.sum(1)[:, None]
    # The nearest place on either side adds, the next takes away, and so on.
    signs = np.where((turns + below) % 2 == 0, 1.0, -1.0)
    with np.errstate(divide="ignore"):
        distance = (places - states[:, None]) / sizes[..., None]
    return (ndtr(-np.abs(distance)) * signs).sum(-1)
