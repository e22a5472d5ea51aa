"""The bifurcation diagram: what the attractor reads, for every value of one parameter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float64

from chaoscad.analysis.arguments import Real, interval, room, start
from chaoscad.analysis.bounded import elsewhere
from chaoscad.analysis.table import Table, heading
from chaoscad.analysis.tangent import advance
from chaoscad.arguments import not_negative, positive, whole
from chaoscad.compile.precision import double
from chaoscad.errors import ChaoscadError, nearest, shown
from chaoscad.systems import Flow, Map, Parameter, Setting
from chaoscad.systems.evaluate import ESCAPED

COLUMNS = 800
"""Values of the parameter, unless others are asked for."""

ITERATES = (1000, 200)
"""Iterates of a map that are skipped and kept."""

STEPS = (10_000, 15_000)
"""Steps of a flow, each half the system's own, that are skipped and kept."""

CHUNK = 1000
"""Steps of a flow between two searches for maxima."""

MOST_STEPS = 2_000_000
"""Most steps of one column."""


@dataclass(frozen=True)
class Bifurcation:
    """Points of a bifurcation diagram, by rising parameter.

    **Arguments:**

    - `parameter`: which one varies, from `low` to `high`.
    - `at`, `values`: the parameter and the coordinate that is read: iterates of a map, local maxima
      of a flow.
    - `columns_tried`, `escaped`: how many values of the parameter, and at how many the orbit escapes.
    """

    setting: Setting
    parameter: Parameter
    low: float
    high: float
    at: Float64[np.ndarray, " points"]
    values: Float64[np.ndarray, " points"]
    columns_tried: int
    escaped: int

    @property
    def reads(self) -> str:
        """What the values are."""
        return self.setting.read if isinstance(self.setting.system, Map) else self._maximum

    @property
    def _maximum(self) -> str:
        return f"maximum of {self.setting.read}"

    def columns(self) -> Table:
        """The parameter and the value of every point."""
        return {
            heading(self.parameter.name, self.parameter.unit): self.at,
            heading(self.reads, self.setting.system.unit): self.values,
        }


def varied(setting: Setting, name: str, low: Real, high: Real) -> Parameter:
    """The parameter called `name`, when it may go from `low` to `high`."""
    item = setting.system.parameter(name)
    system = setting.system.name
    if item is None:
        known = [one.name for one in setting.system.parameters]
        hint = nearest(name, known) or "it has " + (", ".join(known) or "no parameters")
        raise ChaoscadError(f"{system} has no parameter {shown(name)}; {hint}")
    interval(name, low, high)
    if low < item.low or high > item.high:
        raise ChaoscadError(
            f"{name} of {system} goes from {low:g} to {high:g}, outside its range "
            f"[{item.low:g}, {item.high:g}]"
        )
    return item


def values_of(
    item: Parameter, low: Real, high: Real, columns: int
) -> Float64[np.ndarray, " columns"]:
    """The values of a parameter, ends included; one of whole numbers takes each once."""
    if item.whole:
        return np.arange(np.ceil(low), np.floor(high) + 1, dtype=np.float64)
    return np.linspace(low, high, columns)


def bifurcation(
    setting: Setting,
    parameter: str,
    low: Real,
    high: Real,
    columns: int = COLUMNS,
    skip: Real | None = None,
    keep: Real | None = None,
    initial: Sequence[Real] | np.ndarray | None = None,
) -> Bifurcation:
    """The attractor for every value of a parameter, each from the same initial state.

    **Arguments:**

    - `parameter`, `low`, `high`: which one varies, and between which values.
    - `columns`: how many values, ends included; a parameter of whole numbers takes each once.
    - `skip`, `keep`: iterates of a map, or units of time of a flow.

    **Raises:** `ChaoscadError` for a bad argument, and when the orbits of all columns escape.
    """
    system = setting.system
    item = varied(setting, parameter, low, high)
    columns = whole("columns", columns, 2)
    begin = start(setting, initial)
    at = values_of(item, low, high, columns)
    values: dict[str, Any] = {
        name: np.full(len(at), value) for name, value in setting.parameters.items()
    }
    values[parameter] = at
    states = np.repeat(begin[:, None], len(at), axis=1)
    if isinstance(system, Flow):
        h = system.step / 2
        early = round(not_negative("skip", STEPS[0] * h if skip is None else skip) / h)
        late = round(positive("keep", STEPS[1] * h if keep is None else keep) / h)
        if early + late > MOST_STEPS:
            raise ChaoscadError(
                f"skip and keep need {early + late} steps of {h:g}, and at most {MOST_STEPS} are "
                "taken; ask for less"
            )
        room("the diagram", len(at), CHUNK)
        columns_found, found, escaped = _maxima(setting, states, values, h, early, max(late, 3))
    else:
        early = whole("skip", ITERATES[0] if skip is None else skip, 0, MOST_STEPS)
        late = whole("keep", ITERATES[1] if keep is None else keep, 1, MOST_STEPS)
        room("the diagram", len(at), late)
        columns_found, found, escaped = _iterates(setting, states, values, early, late)
    if escaped.all():
        raise ChaoscadError(
            f"the orbits of {system.name} escape for every {parameter} from {low:g} to {high:g}; "
            f"{elsewhere(setting)}"
        )
    order = np.argsort(columns_found, kind="stable")
    order = order[~escaped[columns_found[order]]]
    return Bifurcation(
        setting=setting,
        parameter=item,
        low=float(low),
        high=float(high),
        at=at[columns_found[order]],
        values=found[order],
        columns_tried=len(at),
        escaped=int(escaped.sum()),
    )


def _iterates(
    setting: Setting, states: np.ndarray, values: dict[str, Any], skip: int, keep: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    system = setting.system
    assert isinstance(system, Map)
    count = states.shape[1]
    kept = np.empty((keep, count))
    state = tuple(states)
    with np.errstate(all="ignore"):
        for index in range(skip + keep):
            state = system.step(np, state, values)
            if index >= skip:
                kept[index - skip] = state[setting.reading]
        escaped = np.logical_not((np.abs(kept) < ESCAPED).all(axis=0))
    return np.tile(np.arange(count), keep), kept.reshape(-1), escaped


def _maxima(
    setting: Setting, states: np.ndarray, values: dict[str, Any], h: float, skip: int, keep: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Local maxima, each from the parabola through the three samples around it."""
    system = setting.system
    assert isinstance(system, Flow)
    count = states.shape[1]
    where: list[np.ndarray] = []
    what: list[np.ndarray] = []
    least, most = np.full(count, np.inf), np.full(count, -np.inf)
    tail = np.empty((0, count))
    with double():
        run: Any = (jnp.asarray(0.0), jnp.asarray(states))
        chunk = _chunk(system, setting.reading)
        for done in range(0, skip + keep, CHUNK):
            run, samples = chunk(run, h, values)
            # The last chunk is whole: what is beyond the end of the run is left out.
            samples = np.asarray(samples)[max(0, skip - done) : skip + keep - done]
            x = np.concatenate([tail, samples])
            if len(samples):
                least = np.fmin(least, samples.min(axis=0))
                most = np.fmax(most, samples.max(axis=0))
            if len(x) < 3:
                tail = x
                continue
            before, here, after = x[:-2], x[1:-1], x[2:]
            rows, columns = np.nonzero((before < here) & (here >= after))
            a, b, c = (part[rows, columns] for part in (before, here, after))
            where.append(columns)
            what.append(b - (a - c) ** 2 / (8 * (a - 2 * b + c)))
            tail = x[-2:]
        end = np.asarray(run[1])
    with np.errstate(invalid="ignore"):
        escaped = ~(np.abs(end) < ESCAPED).all(axis=0) | ~(np.maximum(-least, most) < ESCAPED)
        # An equilibrium has no maxima, or only those of its rounding.
        rests = ~escaped & (most - least <= 1e-9 * (1 + np.abs(most)))
    columns, found = np.concatenate(where), np.concatenate(what)
    moving = ~rests[columns]
    return (
        np.concatenate([columns[moving], np.nonzero(rests)[0]]),
        np.concatenate([found[moving], most[rests]]),
        escaped,
    )


@lru_cache(maxsize=32)
def _chunk(system: Flow, reading: int) -> Callable[..., Any]:
    """`CHUNK` steps of every column, and the coordinate that is read after each."""

    @jax.jit
    def chunk(run: Any, h: Any, parameters: Any) -> Any:
        def one(carry: Any, _: None) -> Any:
            t, states = carry
            states = advance(system, t, h, states, parameters)
            return (t + h, states), states[reading]

        return jax.lax.scan(one, run, None, length=CHUNK)

    return chunk
