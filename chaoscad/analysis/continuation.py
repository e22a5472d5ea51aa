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
from chaoscad.analysis.bifurcation import MOST_STEPS, Bifurcation, values_of, varied
from chaoscad.analysis.bounded import elsewhere
from chaoscad.analysis.table import Table, heading
from chaoscad.analysis.tangent import advance
from chaoscad.arguments import not_negative, positive, whole
from chaoscad.compile.precision import double
from chaoscad.errors import ChaoscadError
from chaoscad.systems import Flow, Setting, System
from chaoscad.systems.evaluate import ESCAPED

COLUMNS = 400
"""Values of the parameter, unless others are asked for; they are followed one after the other."""

ITERATES = (1000, 200)
"""Iterates of a map that are skipped and kept at every value."""

STEPS = (4000, 4000)
"""Steps of a flow, each half the system's own, that are skipped and kept at every value."""

KICK = 1e-6
"""What is added to every coordinate at a new value: an orbit leaves what has become unstable."""

APART = 0.02
"""Ends of two attractors that differ by more than this share of the diagram are two attractors."""


@dataclass(frozen=True)
class Continuation:
    """Two diagrams of one parameter: upwards, and downwards from where that ended.

    `differ` is true at the values, `at`, where the two ways read different attractors.
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
    flow = isinstance(system, Flow)
    h = system.step / 2 if isinstance(system, Flow) else 0.0
    if flow:
        early = round(not_negative("skip", STEPS[0] * h if skip is None else skip) / h)
        late = max(round(positive("keep", STEPS[1] * h if keep is None else keep) / h), 3)
    else:
        early = whole("skip", ITERATES[0] if skip is None else skip, 0)
        late = whole("keep", ITERATES[1] if keep is None else keep, 1)
    if early + late > MOST_STEPS:
        raise ChaoscadError(
            f"skip and keep need {early + late} steps at every value, and at most {MOST_STEPS} are "
            "taken; ask for less"
        )
    room("the diagram", len(at), late)
    found: list[tuple[np.ndarray, np.ndarray]] = []
    with double():
        follow = _follow(system, setting.reading, early, late)
        state: Any = (jnp.asarray(0.0), jnp.asarray(begin)[:, None])
        for way in (at, at[::-1]):
            rest = {name: value for name, value in setting.parameters.items() if name != parameter}
            state, (values, lost) = follow(
                state, jnp.asarray(way), jnp.asarray(begin), h, rest, parameter
            )
            order = slice(None) if way is at else slice(None, None, -1)
            found.append((np.asarray(values)[order], np.asarray(lost)[order]))
    if all(lost.all() for _, lost in found):
        raise ChaoscadError(
            f"the orbits of {system.name} escape for every {parameter} from {low:g} to {high:g}; "
            f"{elsewhere(setting)}"
        )
    kept = np.concatenate([values[~lost] for values, lost in found])
    size = APART * max(float(np.ptp(kept)), 1e-12)
    ends = [np.stack([values.min(axis=1), values.max(axis=1)]) for values, _ in found]
    both = np.logical_not(found[0][1] | found[1][1])
    differ = both & (np.abs(ends[0] - ends[1]).max(axis=0) > size)
    up, down = (_diagram(setting, item, at, values, lost, flow) for values, lost in found)
    return Continuation(up, down, at, differ)


def _diagram(
    setting: Setting, item: Any, at: np.ndarray, values: np.ndarray, lost: np.ndarray, flow: bool
) -> Bifurcation:
    """Every kept value of a map; the local maxima of a flow, each from a parabola, or its rest."""
    where: list[np.ndarray] = []
    what: list[np.ndarray] = []
    for value, row in zip(at[~lost], values[~lost], strict=True):
        points = row
        if flow:
            before, here, after = row[:-2], row[1:-1], row[2:]
            top = (before < here) & (here >= after)
            a, b, c = before[top], here[top], after[top]
            points = b - (a - c) ** 2 / (8 * (a - 2 * b + c))
            # An equilibrium has no maxima, or only those of its rounding.
            if np.ptp(row) <= 1e-6 * (1 + abs(row[-1])):
                points = row[-1:]
        where.append(np.full(len(points), value))
        what.append(points)
    return Bifurcation(
        setting=setting,
        parameter=item,
        low=float(at[0]),
        high=float(at[-1]),
        at=np.concatenate([*where, np.empty(0)]),
        values=np.concatenate([*what, np.empty(0)]),
        columns_tried=len(at),
        escaped=int(lost.sum()),
    )


@lru_cache(maxsize=16)
def _follow(system: System, reading: int, skip: int, keep: int) -> Callable[..., Any]:
    """All values of the parameter, one after the other: one scan over them."""

    def follow(run: Any, way: Any, begin: Any, h: Any, rest: Any, name: str) -> Any:
        unit = h if isinstance(system, Flow) else 1.0

        def column(run: Any, value: Any) -> Any:
            parameters = {**rest, name: value}

            def step(_: Any, run: Any) -> Any:
                t, states = run
                return t + unit, advance(system, t, h, states, parameters)

            def read(run: Any, _: None) -> Any:
                run = step(0, run)
                return run, run[1][reading, 0]

            t, states = jax.lax.fori_loop(0, skip, step, (run[0], run[1] + KICK))
            (t, states), values = jax.lax.scan(read, (t, states), None, length=keep)
            sound = (jnp.abs(states) < ESCAPED).all() & (jnp.abs(values) < ESCAPED).all()
            return (t, jnp.where(sound, states, begin[:, None])), (values, jnp.logical_not(sound))

        return jax.lax.scan(column, run, way)

    return jax.jit(follow, static_argnums=5)
