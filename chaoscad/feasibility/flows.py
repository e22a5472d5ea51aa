"""The best gate found on a flow: no proof, but values on which independent integrators agree.

F is a function of one number, however many coordinates the flow has. So it is tabulated once over
the states' range, more finely where it bends, settings are searched in the table, and the best of them
are certified by integration, the first that converges being the answer.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from chaoscad.errors import ChaoscadError
from chaoscad.family import Family
from chaoscad.feasibility.drawings import Reader
from chaoscad.feasibility.members import Members
from chaoscad.feasibility.model import Feasibility
from chaoscad.feasibility.order import refuted
from chaoscad.feasibility.points import DRAWN, Settings
from chaoscad.feasibility.searched import EQUAL_STATES, Conflict, Search, distinct_rows
from chaoscad.feasibility.tables import POINTS, refined, tabulate, tabulate_readings
from chaoscad.gate import Setpoint
from chaoscad.netlist import Gate, TruthTable
from chaoscad.systems import Flow
from chaoscad.systems.convergence import AGREEMENT, converge
from chaoscad.systems.evaluate import FEW_STEPS

STARTS = 200_000
"""Random settings that are tried in the table."""

CANDIDATES = 24
"""Settings that are improved in the table, and certified until one converges."""

FINE_STARTS = 100_000
"""Those that are tried beside them where the table is refined, most of them in its fine parts."""

WORTH = 2.0
"""`fine` of designs and sweeps: they take states that lie so close only for twice the margin."""

ESCAPING = f"no trajectory reaches the end: they escape, or are too stiff for {FEW_STEPS} steps"


def best_found(gate: Gate, wanted: TruthTable | None = None, *, fine: float = 1.0) -> Feasibility:
    """The best setting found of a gate on a flow, certified by integration in float64.

    It is searched in an even table of the value curve, then in a finer one where the curve bends: near a
    saddle there are high hills that are narrow.

    **Arguments:**

    - `fine`: how many times the margin found in the even table a setting of the finer one must have.
      Its states may be a ten-thousandth of their range apart, which few devices hold.

    **Returns:** `feasible` with the certified margin as `lower` and no upper bound; or `infeasible`
    where equal states would need different values; or `undecided` where nothing was found that
    integrators agree on.

    **Raises:** `ChaoscadError` for a search without bounds, and for a gate without a function.
    """
    wanted = wanted or gate.function
    if wanted is None:
        raise ChaoscadError(f"gate {gate.name!r} has no function to ask about")
    try:
        rows = distinct_rows(gate, wanted)
    except Conflict:
        return Feasibility("infeasible", -np.inf, 0.0, 0.0, 0, EQUAL_STATES)
    flow = gate.setting.system
    if isinstance(flow, Flow) and flow.linear and (crossing := _crossing(gate, wanted)):
        return Feasibility("infeasible", -np.inf, 0.0, 0.0, 0, crossing)
    search = Search(gate, rows, ())
    if not (search.bounded and np.isfinite(search.state).all()):
        raise ChaoscadError(
            f"gate {gate.name!r}: a search needs bounds; give 'state' a finite range under 'bounds'"
        )
    z, value = tabulate(gate.setting, search.state)
    finite = value[np.isfinite(value)]
    if finite.size == 0:
        return Feasibility("undecided", -np.inf, np.inf, 0.0, 0, ESCAPING)
    if search.threshold is None and not (rows.above.any() and rows.below.any()):
        search.threshold = (float(finite.min()), float(finite.max()))
    random = np.random.default_rng(0)
    starts = random.uniform(search.low[:, None], search.high[:, None], (len(search.low), STARTS))
    best, margin = _best(gate, search, (z, value), starts, random, 0.0)
    tried = STARTS
    z, value = refined(gate.setting, search.state)
    if len(z) > POINTS:
        starts = _fine_starts(search, z, random)
        found = _best(gate, search, (z, value), starts, random, fine * max(margin, 0.0))
        best, margin = (best, margin) if found[0] is None else found
        tried += FINE_STARTS
    if best is None:
        reason = f"none of {tried} settings gives a margin that independent integrators agree on"
        return Feasibility("undecided", -np.inf, np.inf, 0.0, tried, reason)
    reason = f"a margin of {margin:.6g} was found, and independent integrators agree on it"
    return Feasibility("feasible", margin, np.inf, 0.0, tried, reason, (best,))


def _best(
    gate: Gate,
    search: Search,
    table: tuple[np.ndarray, np.ndarray],
    starts: np.ndarray,
    random: np.random.Generator,
    least: float,
) -> tuple[Setpoint | None, float]:
    """The best setting in a table whose margin is above `least` and converges, and that margin."""
    search.evaluate = lambda states: np.interp(states, *table)
    margins = search.margins(starts)
    order = np.argsort(-margins, kind="stable")[:CANDIDATES]
    improved = [
        search.improved(starts[:, index], float(margins[index]), 0.02, random)
        for index in order
        if margins[index] > 0
    ]
    for point, hoped in sorted(improved, key=lambda pair: -pair[1]):
        if hoped <= least:
            break
        setpoint, margin = _certified(gate, search, point)
        if margin > least:
            return setpoint, margin
    return None, -np.inf


def _fine_starts(search: Search, z: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Settings whose states are drawn by their place in a refined table, `[1 + weights, FINE_STARTS]`.

    x0 lies in any interval or, as often, in one that was halved, and every weight leads from there to a
    place whose distance, in intervals, is drawn by its logarithm: so all scales of the curve are met.
    """
    count = FINE_STARTS
    fine = np.flatnonzero(np.diff(z) < 0.75 * np.diff(z).max())
    here = np.where(
        random.random(count) < 0.5,
        random.choice(fine, count),
        random.integers(0, len(z) - 1, count),
    )
    here = here + random.random(count)
    shape = (len(search.low) - 1, count)
    there = here + random.choice((-1.0, 1.0), shape) * len(z) ** random.random(shape)
    places = np.arange(len(z))
    x0 = np.interp(here, places, z)
    return np.vstack([x0, np.interp(there, places, z) - x0])


def family_best_found(family: Family) -> Feasibility:
    """The best setting found of a family on a flow, certified by integration in float64.

    **Returns:** as `best_found`: `feasible` with the certified worst margin and no upper bound;
    `infeasible` where the members want opposite orders of the same values; else `undecided`.

    **Raises:** `ChaoscadError` for a search without bounds.
    """
    names = tuple(gate.name for gate in family.gates)

    if (proof := refuted(family)) is not None:
        return proof

    def undecided(reason: str) -> Feasibility:
        return Feasibility("undecided", -np.inf, np.inf, 0.0, 0, reason, family=names)

    members = Members(family)
    settings = Settings(members, in_tables(members))
    if settings.values[0] == settings.values[1]:
        return undecided(ESCAPING)
    random = np.random.default_rng(0)
    drawn = settings.drawn(random, CANDIDATES)
    # A climb may end where the table is wrong, so what it started from is offered too.
    offered = [change(point) for change in (settings.climbed, settings.levelled) for point in drawn]
    for point, margin in sorted(offered, key=lambda pair: -pair[1]):
        if margin > 0:
            setpoints, certified = _family_certified(members, settings.setpoints(point))
            if certified > 0:
                why = f"a worst margin of {certified:.6g} was found, and independent integrators agree"
                return Feasibility(
                    *("feasible", certified, np.inf, 0.0, DRAWN, why, setpoints), family=names
                )
    return undecided(
        f"none of {DRAWN} drawings gives every gate a margin that independent integrators agree on"
    )


def in_tables(members: Members) -> Reader:
    """The values of a flow's readings, from tables over the states of a family."""
    settings = tuple(setting for setting, _ in members.readings)
    states, tables = tabulate_readings(settings, members.range)
    return lambda reading, z: np.interp(z, states, tables[reading])


def _family_certified(
    members: Members, setpoints: tuple[Setpoint, ...]
) -> tuple[tuple[Setpoint, ...], float]:
    """The settings with thresholds from integration, and the worst margin; negative if not certain."""
    family = members.family
    found = [converge(one.setting, one.states()) for one in setpoints]
    sides = [_wants(family, index) for index in range(len(found))]
    tops = [
        one.values[above].min(initial=np.inf) for one, (above, _) in zip(found, sides, strict=True)
    ]
    bottoms = [
        one.values[below].max(initial=-np.inf) for one, (_, below) in zip(found, sides, strict=True)
    ]
    made, worst = list(setpoints), np.inf
    for level in dict.fromkeys(family.threshold):
        own = [index for index, number in enumerate(family.threshold) if number == level]
        top, bottom = min(tops[index] for index in own), max(bottoms[index] for index in own)
        threshold = setpoints[own[0]].threshold
        if np.isfinite(top - bottom):
            threshold = float(np.clip((top + bottom) / 2, *members.threshold[:, level]))
        worst = min(worst, float(top - threshold), float(threshold - bottom))
        for index in own:
            made[index] = replace(made[index], threshold=threshold)
    for one, (above, below) in zip(found, sides, strict=True):
        matters = above | below
        sound = np.isfinite(one.values[matters]).all()
        if not sound or (one.moved(AGREEMENT * abs(worst)) & matters).any():
            return setpoints, -np.inf
    return tuple(made), worst if np.isfinite(worst) else -np.inf


def _wants(family: Family, index: int) -> tuple[np.ndarray, np.ndarray]:
    """The local rows of a member whose values must lie above the threshold, and below."""
    rise = family.gates[index].compare == ">"
    rows = family.wanted[index].rows
    ones = np.array([row == "1" for row in rows])
    zeros = np.array([row == "0" for row in rows])
    return (ones, zeros) if rise else (zeros, ones)


def _crossing(gate: Gate, wanted: TruthTable) -> str | None:
    """Two rows on each side of the threshold whose states have equal sums, if there are any.

    F of a linear flow is affine, so the values have equal sums too, and cannot be apart.
    """
    width, rows = gate.arity, range(1 << gate.arity)
    for one in rows:
        for other in rows[one:]:
            for low in rows:
                high = one ^ other ^ low
                same = one & other == low & high and low <= high
                sides = "".join(wanted.rows[row] for row in (one, other, low, high))
                if same and sides in ("1100", "0011"):
                    names = [format(row, f"0{width}b") for row in (one, other, low, high)]
                    return (
                        "the flow is linear, so the values of rows "
                        f"{names[0]} and {names[1]} have the sum of those of {names[2]} and "
                        f"{names[3]}, and cannot lie on the other side of the threshold"
                    )
    return None


def _certified(gate: Gate, search: Search, point: np.ndarray) -> tuple[Setpoint, float]:
    """The setting with its threshold from integration, and its margin; negative if not converged."""
    found = converge(gate.setting, (search.factors @ point[:, None])[:, 0])
    rows = search.rows
    matters = rows.above | rows.below
    top = np.where(rows.above, found.values, np.inf).min()
    bottom = np.where(rows.below, found.values, -np.inf).max()
    threshold = float(search.midway(np.asarray(top), np.asarray(bottom)))
    margin = float(min(top - threshold, threshold - bottom))
    sound = np.isfinite(found.values[matters]).all()
    if sound and (found.moved(AGREEMENT * abs(margin)) & matters).any():
        sound = False
    return search.at(point, threshold), margin if sound and np.isfinite(margin) else -np.inf
