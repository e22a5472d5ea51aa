"""Branch and bound over a gate's offset and weights, with rigorous enclosures of F.

A box is a range of x0 and of every weight. Over it, every row's state lies in an interval, and its
value in an enclosure. The margin is half the gap between the lowest value that must lie above the
threshold and the highest that must lie below, so the enclosures bound the margin of the whole box;
the threshold is projected out. Rows that differ in one input differ in their state by one weight, so
the mean-value form of their difference bounds the gap too, and that bound closes where the
enclosures of the values alone do not: at weights near 0.

Boxes whose bound is below what is looked for are discarded, the others halved, the most promising
first. What is left at the end is a proof in both directions.
"""

from __future__ import annotations

import numpy as np

from chaoscad.errors import ChaoscadError
from chaoscad.feasibility.model import Feasibility
from chaoscad.feasibility.searched import EQUAL_STATES, SAMPLES, Conflict, Search, distinct_rows
from chaoscad.netlist import Gate, TruthTable
from chaoscad.netlist.bounds import room
from chaoscad.systems import Flow

EPSILON = 1e-3
"""The margin that counts as none, as a share of the range of the gate's values."""

ACCURACY = 0.01
"""How tightly the best margin is bounded, relatively."""

MOST_BOXES = 2_000_000
"""Most boxes that are examined unless told otherwise."""

CHUNK = 4096
"""Boxes that are halved at a time."""

WIDEST = 4
"""Most inputs of a gate that is searched."""


def feasibility(
    gate: Gate,
    wanted: TruthTable | None = None,
    *,
    epsilon: float | None = None,
    accuracy: float = ACCURACY,
    boxes: int = MOST_BOXES,
    decide: bool = False,
) -> Feasibility:
    """Whether a gate can compute a function within its bounds, and how well at best.

    **Arguments:**

    - `wanted`: the function; the gate's own where it is left out.
    - `epsilon`: the margin that counts as none, in the unit of the value; a thousandth of the range of
      the gate's values where it is left out.
    - `accuracy`: how tightly the best margin of a feasible gate is bounded, relatively.
    - `boxes`: the budget.
    - `decide`: stop at the first setting whose margin is at least `epsilon`.

    **Raises:** `ChaoscadError` for a search without bounds, and for a gate without a function.
    """
    wanted = wanted or gate.function
    if wanted is None:
        raise ChaoscadError(f"gate {gate.name!r} has no function to ask about")
    reason = not_searched(gate)
    if reason is not None:
        return Feasibility("undecided", -np.inf, np.inf, epsilon or 0.0, 0, reason)
    try:
        rows = distinct_rows(gate, wanted)
    except Conflict:
        return Feasibility("infeasible", -np.inf, 0.0, epsilon or 0.0, 0, EQUAL_STATES)
    search = Search(gate, rows, _interchangeable(gate, wanted))
    if not search.bounded:
        raise ChaoscadError(
            f"gate {gate.name!r}: a search needs bounds, and x0 or delta has none; give 'state', or "
            "x0 and delta, a finite range under 'bounds'"
        )
    low, high = search.values = search.reach()
    if search.threshold is None and not (rows.above.any() and rows.below.any()):
        search.threshold = (low, high)
    if not np.isfinite(high - low):
        return Feasibility(
            "undecided", -np.inf, np.inf, epsilon or 0.0, 0, "the values have no finite enclosure"
        )
    if epsilon is None:
        # Of a constant the range is nothing but rounding, and no margin is as small as that.
        epsilon = max(EPSILON * (high - low), 16 * float(np.spacing(max(abs(low), abs(high)))))
    return _branch(search, epsilon, accuracy, boxes, decide)


def not_searched(gate: Gate) -> str | None:
    """Why a gate is outside what the search covers, if it is."""
    if isinstance(gate.setting.system, Flow):
        return "flows have no rigorous enclosure here; best_found searches them"
    if gate.train:
        return "the search holds system parameters fixed, and the gate trains some"
    if gate.arity > WIDEST:
        return f"the search covers gates of at most {WIDEST} inputs"
    return None


def _interchangeable(gate: Gate, wanted: TruthTable) -> list[tuple[int, int]]:
    """Neighbouring inputs that can be exchanged without changing the function or the bounds."""
    if gate.weights == "shared":
        return []
    delta = room(gate).delta
    found: list[tuple[int, int]] = []
    for first in range(gate.arity - 1):
        high, low = gate.arity - 1 - first, gate.arity - 2 - first
        swapped = "".join(
            wanted.rows[row ^ (((row >> high ^ row >> low) & 1) * ((1 << high) | (1 << low)))]
            for row in range(1 << gate.arity)
        )
        if swapped == wanted.rows and delta[first] == delta[first + 1]:
            found.append((first, first + 1))
    return found


@np.errstate(all="ignore")
def _branch(
    search: Search, epsilon: float, accuracy: float, budget: int, decide: bool
) -> Feasibility:
    random = np.random.default_rng(0)
    low, high = search.low[:, None], search.high[:, None]
    for axis in range(1, len(low)):
        # At weights of one sign the mean-value bound of a difference has a sign too.
        across = (low[axis] < 0) & (high[axis] > 0)
        low, high = _halved(low, high, np.full(low.shape[1], axis), across, at=0.0)
    bounds, axes = search.bound(low, high)
    examined, best, point, discarded = low.shape[1], -np.inf, None, -np.inf
    while True:
        middles = low + 0.5 * (high - low)
        tried = middles if middles.shape[1] <= CHUNK else middles[:, -2 * CHUNK :]
        if point is None:
            # Boxes are few at first, and settings that work may be rare.
            ends = search.low[:, None], search.high[:, None]
            tried = np.hstack([tried, random.uniform(*ends, (len(low), SAMPLES))])
        margins = search.margins(tried)
        winner = int(np.argmax(margins))
        if margins[winner] > max(best * (1 + accuracy / 4), 0.0):
            size = 0.25 if point is None else 0.05
            found, _ = search.improved(tried[:, winner], float(margins[winner]), size, random)
            # What float64 finds counts as far as the enclosures confirm it.
            certain = float(search.margins(found[:, None], rigorous=True)[0])
            if certain > best:
                best, point = certain, found
        # A box is worth halving if it may hold a setting that is better than the best one by more than
        # the accuracy, and whose margin is one at all.
        target = max(best * (1 + accuracy), epsilon)
        kept = bounds >= target
        # The margin of what is thrown away is at most this: a part of the bound that is told.
        discarded = max(discarded, float(np.max(bounds[~kept], initial=-np.inf)))
        low, high, bounds, axes = low[:, kept], high[:, kept], bounds[kept], axes[kept]
        if not kept.any() or examined >= budget or (decide and best >= epsilon):
            break
        if len(bounds) > CHUNK:
            chosen = np.zeros(len(bounds), bool)
            chosen[np.argpartition(bounds, -CHUNK)[-CHUNK:]] = True
        else:
            chosen = np.ones(len(bounds), bool)
        new_low, new_high = _halved(low[:, chosen], high[:, chosen], axes[chosen])
        new_bounds, new_axes = search.bound(new_low, new_high)
        examined += len(new_bounds)
        rest = ~chosen
        low = np.hstack([low[:, rest], new_low])
        high = np.hstack([high[:, rest], new_high])
        bounds = np.concatenate([bounds[rest], new_bounds])
        axes = np.concatenate([axes[rest], new_axes])
    upper = max(float(np.max(bounds, initial=-np.inf)), discarded, best)
    setpoints = () if point is None else (search.setpoint(point),)
    if best > 0:
        sure = "proven to be the best within 1 %" if upper <= best * 1.0100001 else "not yet tight"
        reason = f"a margin of {best:.6g} is attained; the bound {upper:.6g} is {sure}"
        return Feasibility("feasible", best, upper, epsilon, examined, reason, setpoints)
    if upper < epsilon:
        reason = f"no setting within the bounds has a margin of {epsilon:.3g} or more"
        return Feasibility("infeasible", -np.inf, upper, epsilon, examined, reason)
    reason = f"{examined} boxes did not decide it; the margin is at most {upper:.6g}"
    return Feasibility("undecided", -np.inf, upper, epsilon, examined, reason)


def _halved(
    low: np.ndarray,
    high: np.ndarray,
    axes: np.ndarray,
    which: np.ndarray | None = None,
    at: float | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Boxes in two along their axes; those that `which` leaves out stay whole."""
    columns = np.arange(low.shape[1])
    if which is not None:
        columns = columns[which]
    middle = low + 0.5 * (high - low)
    new_low, new_high = low[:, columns].copy(), high[:, columns].copy()
    left_high = high.copy()
    cut = np.full(len(columns), at) if at is not None else middle[axes[columns], columns]
    left_high[axes[columns], columns] = cut
    new_low[axes[columns], np.arange(len(columns))] = cut
    return np.hstack([low, new_low]), np.hstack([left_high, new_high])
