"""The best gate found on a flow: no proof, but values on which independent integrators agree.

F is a function of one number, however many coordinates the flow has. So it is tabulated once over
the states' range, settings are searched in the table, and the best of them are certified by
integration, the first that converges being the answer.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np

from chaoscad.errors import ChaoscadError
from chaoscad.family import Family
from chaoscad.feasibility.drawings import Reader
from chaoscad.feasibility.members import Members
from chaoscad.feasibility.model import Feasibility
from chaoscad.feasibility.order import refuted
from chaoscad.feasibility.points import DRAWN, Settings
from chaoscad.feasibility.searched import EQUAL_STATES, Conflict, Search, distinct_rows
from chaoscad.gate import Setpoint
from chaoscad.netlist import Gate, TruthTable
from chaoscad.systems import Flow, Interval, Setting
from chaoscad.systems.convergence import AGREEMENT, converge
from chaoscad.systems.evaluate import FEW_STEPS, integrate_readings

POINTS = 2001
"""Points of the table of F."""

TABLE_TOLERANCE = 1e-7

STARTS = 200_000
"""Random settings that are tried in the table."""

CANDIDATES = 24
"""Settings that are improved in the table, and certified until one converges."""

BIGGEST = 1e6
"""Values beyond this are as good as escaped: no comparator sees them."""

ESCAPING = f"no trajectory reaches the end: they escape, or are too stiff for {FEW_STEPS} steps"


def tabulate(setting: Setting, state: Interval) -> tuple[np.ndarray, np.ndarray]:
    """F over a range of states: `POINTS` equidistant states and their values, NaN where it escapes."""
    z, (value,) = tabulate_readings((setting,), state)
    return z, value


@lru_cache(maxsize=32)
def tabulate_readings(
    settings: tuple[Setting, ...], state: Interval
) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """As `tabulate`, of settings that differ in time and coordinate: one orbit of every state is read."""
    z = np.linspace(*state, POINTS)

    def sample(points: np.ndarray) -> list[np.ndarray]:
        found = integrate_readings(
            settings, points, tolerance=TABLE_TOLERANCE, most_steps=FEW_STEPS
        )
        return [one.values for one in found]

    if not np.isfinite(sample(z[:: POINTS // 32])).any():
        # A flow that is too stiff for a few points is not asked for all of them.
        return z, (np.full(z.shape, np.nan),) * len(settings)
    return z, tuple(np.where(np.abs(value) < BIGGEST, value, np.nan) for value in sample(z))


def best_found(gate: Gate, wanted: TruthTable | None = None) -> Feasibility:
    """The best setting found of a gate on a flow, certified by integration in float64.

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
        return Feasibility(
            "undecided",
            -np.inf,
            np.inf,
            0.0,
            0,
            ESCAPING,
        )
    if search.threshold is None and not (rows.above.any() and rows.below.any()):
        search.threshold = (float(finite.min()), float(finite.max()))
    search.evaluate = lambda states: np.interp(states, z, value)
    random = np.random.default_rng(0)
    starts = random.uniform(search.low[:, None], search.high[:, None], (len(search.low), STARTS))
    margins = search.margins(starts)
    order = np.argsort(-margins, kind="stable")[:CANDIDATES]
    improved = [
        search.improved(starts[:, index], float(margins[index]), 0.02, random)
        for index in order
        if margins[index] > 0
    ]
    improved.sort(key=lambda pair: -pair[1])
    for point, _ in improved:
        setpoint, margin = _certified(gate, search, point)
        if margin > 0:
            reason = f"a margin of {margin:.6g} was found, and independent integrators agree on it"
            return Feasibility("feasible", margin, np.inf, 0.0, STARTS, reason, (setpoint,))
    reason = f"none of {STARTS} settings gives a margin that independent integrators agree on"
    return Feasibility("undecided", -np.inf, np.inf, 0.0, STARTS, reason)


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
