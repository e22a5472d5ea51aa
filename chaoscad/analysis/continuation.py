"""An attractor followed up and down a parameter: where the two ways differ, attractors coexist."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float64

from chaoscad.analysis.arguments import Real, room, start
from chaoscad.analysis.bifurcation import (
    Bifurcation,
    all_escape,
    diagram,
    run_of,
    values_of,
    varied,
)
from chaoscad.analysis.settling import MOST_STEPS, STRAY, Settled, distance, extent_of, settled
from chaoscad.analysis.stepping import stretch
from chaoscad.analysis.table import Table, heading
from chaoscad.arguments import whole
from chaoscad.compile.precision import double
from chaoscad.errors import ChaoscadError
from chaoscad.systems import Setting, System
from chaoscad.systems.evaluate import ESCAPED

COLUMNS = 400
"""Values of the parameter, unless others are asked for; they are followed one after the other."""

STEPS = (4000, 4000)
"""Steps of a flow, each half the system's own, that are skipped and kept at every value."""

PERIODS = (20, 60)
"""Periods of a drive that are."""

KICK = 1e-6
"""What is added to every coordinate at a new value: an orbit leaves what has become unstable."""

KICK_AGAIN = 1e-4
"""What is added where the ways differ, as a share of the diagram."""

LONGER = 16
"""How many times as long as at first the transient is after that."""

APART = 0.02
"""Readings that are farther apart than this share of the diagram are of two attractors."""


@dataclass(frozen=True)
class Continuation:
    """Two diagrams of one parameter: upwards, and downwards from where that ended.

    `differ` is true at the values, `at`, where the two ways read different attractors: both have
    settled, and do so again after a kick.
    """

    up: Bifurcation
    down: Bifurcation
    at: Float64[np.ndarray, " columns"]
    differ: Bool[np.ndarray, " columns"]

    def columns(self) -> Table:
        """The parameter, the way and the value of every point."""
        parts = self.up, self.down
        item = self.up.parameter
        ways = [np.full(len(part.at), way) for part, way in zip(parts, ("up", "down"), strict=True)]
        return {
            heading(item.name, item.unit): np.concatenate([part.at for part in parts]),
            "way": np.concatenate(ways),
            heading(self.up.reads, self.up.setting.system.unit): np.concatenate(
                [part.values for part in parts]
            ),
            "settled": np.concatenate([part.settled.astype(int) for part in parts]),
        }


def continuation(
    setting: Setting,
    parameter: str,
    low: Real,
    high: Real,
    columns: int = COLUMNS,
    skip: Real | None = None,
    keep: Real | None = None,
    initial: Sequence[Real] | np.ndarray | None = None,
    phase: Real = 0.0,
    maxima: bool = False,
) -> Continuation:
    """Follow the attractor up a parameter and down again, each value from where the last one ended.

    An orbit that escapes starts anew from the initial state at the next value.

    **Arguments:**

    - as for `bifurcation`. A driven flow that is read once per period is at the same phase of its drive
      where it goes on from one value to the next.

    **Raises:** `ChaoscadError` for a bad argument, and when the orbits of all values escape.
    """
    system = setting.system
    item = varied(setting, parameter, low, high)
    columns = whole("columns", columns, 2)
    begin = start(setting, initial)
    at = values_of(item, low, high, columns)
    run = run_of(setting, parameter, at, skip, keep, (STEPS, PERIODS), phase, maxima)
    if not run.skip:
        raise ChaoscadError(
            "skip is 0, and what is followed both ways is compared after transients"
        )
    room("the diagram", len(at), run.keep)
    clock = run.clock
    found: list[Settled] = []
    with double():
        follow = _follow(system, clock.strobes)
        where: Any = (jnp.asarray(0.0), jnp.asarray(begin)[:, None])
        steps = np.broadcast_to(np.asarray(clock.h), at.shape)
        for order in (slice(None), slice(None, None, -1)):
            way = {name: jnp.asarray(value[order]) for name, value in run.values.items()}
            each = run.times[order], steps[order], way
            where, (times, states) = follow(where, each, begin, run.skip * clock.stride)
            times, states = np.array(times)[order], np.array(states)[order].T.copy()
            found.append(settled(setting, times, states, run.values, run.skip, run.keep, clock))
    up, down = found
    if up.window.escaped.all() and down.window.escaped.all():
        raise all_escape(setting, parameter, low, high)
    points = [*up.window.points, *down.window.points]
    size = extent_of(setting, points, np.concatenate([up.window.escaped, down.window.escaped]))
    differ = _differ(up, down, size)
    if differ.any():
        # An orbit on what repels stays there for long: it is kicked, and followed for longer.
        here = {name: value[differ] for name, value in run.values.items()}
        longer = max(run.skip, min(LONGER * run.skip, MOST_STEPS // 4 // clock.stride))
        ways = [
            settled(
                setting,
                way.window.times[differ],
                way.window.states[:, differ] + KICK_AGAIN * size,
                here,
                longer,
                run.keep,
                clock.of(np.flatnonzero(differ)),
            )
            for way in found
        ]
        differ[differ] = _differ(ways[0], ways[1], size)
    first, second = (diagram(setting, item, (low, high), run, way, phase) for way in found)
    return Continuation(first, second, at, differ)


def _differ(up: Settled, down: Settled, size: float) -> Bool[np.ndarray, " columns"]:
    """Where both ways have settled, and on different attractors."""
    found = ~(up.window.escaped | down.window.escaped | up.unsettled | down.unsettled)
    for column in np.flatnonzero(found):
        one, other = up.window.points[column], down.window.points[column]
        half = len(one) // 2
        scatter = distance(one[:half], one[half:]) if half else 0.0
        found[column] = distance(one, other) > max(APART * size, STRAY * scatter)
    return found


@lru_cache(maxsize=16)
def _follow(system: System, strobes: bool) -> Callable[..., Any]:
    """The ends of all values' transients, one after the other: one scan over them.

    A stroboscope has the time at which each begins; else the time runs on.
    """

    @jax.jit
    def follow(run: Any, each: Any, begin: Any, steps: Any) -> Any:
        def column(run: Any, given: Any) -> Any:
            time, h, values = given
            t, states = time if strobes else run[0], run[1] + KICK
            t, states = stretch(system, (t, states), h, values, steps, strobes)
            sound = (jnp.abs(states) < ESCAPED).all()
            return (t, jnp.where(sound, states, begin[:, None])), (t, states[:, 0])

        return jax.lax.scan(column, run, each)

    return follow
