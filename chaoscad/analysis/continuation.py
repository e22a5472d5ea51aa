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
    columns_of,
    diagram,
    lengths,
    values_of,
    varied,
)
from chaoscad.analysis.bounded import elsewhere
from chaoscad.analysis.settling import MOST_STEPS, STRAY, Settled, distance, extent_of, settled
from chaoscad.analysis.table import Table, heading
from chaoscad.analysis.tangent import advance
from chaoscad.arguments import whole
from chaoscad.compile.precision import double
from chaoscad.errors import ChaoscadError
from chaoscad.systems import Setting, System
from chaoscad.systems.evaluate import ESCAPED

COLUMNS = 400
"""Values of the parameter, unless others are asked for; they are followed one after the other."""

STEPS = (4000, 4000)
"""Steps of a flow, each half the system's own, that are skipped and kept at every value."""

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
) -> Continuation:
    """Follow the attractor up a parameter and down again, each value from where the last one ended.

    An orbit that escapes starts anew from the initial state at the next value.

    **Arguments:**

    - `parameter`, `low`, `high`, `columns`: as for `bifurcation`.
    - `skip`, `keep`: iterates of a map, or units of time of a flow.

    **Raises:** `ChaoscadError` for a bad argument, and when the orbits of all values escape.
    """
    system = setting.system
    item = varied(setting, parameter, low, high)
    columns = whole("columns", columns, 2)
    begin = start(setting, initial)
    at = values_of(item, low, high, columns)
    early, late, h = lengths(setting, skip, keep, STEPS)
    if not early:
        raise ChaoscadError(
            "skip is 0, and what is followed both ways is compared after transients"
        )
    room("the diagram", len(at), late)
    values = columns_of(setting, parameter, at)
    found: list[Settled] = []
    with double():
        follow = _follow(system, early)
        run: Any = (jnp.asarray(0.0), jnp.asarray(begin)[:, None])
        for order in (slice(None), slice(None, None, -1)):
            way = {name: jnp.asarray(value[order]) for name, value in values.items()}
            run, (times, states) = follow(run, way, jnp.asarray(begin), h)
            times, states = np.array(times)[order], np.array(states)[order].T.copy()
            found.append(settled(setting, times, states, values, early, late, h))
    up, down = found
    if up.window.escaped.all() and down.window.escaped.all():
        raise ChaoscadError(
            f"the orbits of {system.name} escape for every {parameter} from {low:g} to {high:g}; "
            f"{elsewhere(setting)}"
        )
    points = [*up.window.points, *down.window.points]
    size = extent_of(setting, points, np.concatenate([up.window.escaped, down.window.escaped]))
    differ = _differ(up, down, size)
    if differ.any():
        # An orbit on what repels stays there for long: it is kicked, and followed for longer.
        here = {name: value[differ] for name, value in values.items()}
        longer = max(early, min(LONGER * early, MOST_STEPS // 4))
        ways = [
            settled(
                setting,
                way.window.times[differ],
                way.window.states[:, differ] + KICK_AGAIN * size,
                here,
                longer,
                late,
                h,
            )
            for way in found
        ]
        differ[differ] = _differ(ways[0], ways[1], size)
    first, second = (diagram(setting, item, (low, high), at, way, h) for way in found)
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
def _follow(system: System, skip: int) -> Callable[..., Any]:
    """The ends of all values' transients, one after the other: one scan over them."""

    @jax.jit
    def follow(run: Any, way: Any, begin: Any, h: Any) -> Any:
        def column(run: Any, values: Any) -> Any:
            def step(_: Any, run: Any) -> Any:
                t, states = run
                return t + h, advance(system, t, h, states, values)

            t, states = jax.lax.fori_loop(0, skip, step, (run[0], run[1] + KICK))
            sound = (jnp.abs(states) < ESCAPED).all()
            return (t, jnp.where(sound, states, begin[:, None])), (t, states[:, 0])

        return jax.lax.scan(column, run, way)

    return follow
