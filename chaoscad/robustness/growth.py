"""How errors grow with the number of iterates of a map, or with the time of a flow.

Chaos magnifies noise by exp(lambda n) until it fills the attractor, lambda the largest Lyapunov
exponent, so that the error of a row rises within some iterates to that of a coin; see F. Charlot,
D. J. Gauthier, arXiv 2202.07617.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Float64, PRNGKeyArray

from chaoscad.analysis import lyapunov
from chaoscad.analysis.lyapunov import exponent_unit
from chaoscad.analysis.table import Table, heading, time_heading
from chaoscad.arguments import positive, whole, within
from chaoscad.compile.precision import double
from chaoscad.errors import ChaoscadError
from chaoscad.gate import Setpoint
from chaoscad.netlist.deviations import Deviations
from chaoscad.robustness.interval import clopper_pearson
from chaoscad.robustness.noise import CHECKED, CHECKED_FLOWS, MOST_TRIALS, levels
from chaoscad.robustness.noisy import comparator_normals, moved, numpy_pushes, numpy_value
from chaoscad.robustness.steps import times_of
from chaoscad.systems import Flow, Setting
from chaoscad.systems.curves import saturating
from chaoscad.systems.model import MOST_ITERATES

CHUNK = 1 << 20
"""Values at all points that are computed at a time: 8 MB in float64."""

ITERATES = 10
"""Iterates of a map, unless others are asked for."""

EXPONENT_LENGTH = 5000
"""Iterates, or steps of a flow, over which the Lyapunov exponent is averaged in each of 64 starts."""


@dataclass(frozen=True)
class ErrorGrowth:
    """The errors of a gate's rows against the number of iterates, or the time.

    **Arguments:**

    - `at`: iterates from 1, or the times of a flow's steps.
    - `rates`: the share of trials in which a row's bit is not the one without noise; `low`, `high`:
      the ends of the exact intervals.
    - `spread`: the root mean square of what noise does to the value, without the comparator's.
    - `exponent`, `exponent_error`: the largest Lyapunov exponent and its standard error, in nats per
      iterate or unit of time; `None` where it has none: on an orbit that escapes, at a flat place.
    - `checked`, `differ`: trials that NumPy evaluated again, and those of them in which it finds
      another bit at the last point.
    """

    setting: Setting
    deviations: Deviations
    at: Float64[np.ndarray, " points"]
    rates: Float64[np.ndarray, "points rows"]
    low: Float64[np.ndarray, "points rows"]
    high: Float64[np.ndarray, "points rows"]
    spread: Float64[np.ndarray, "points rows"]
    exponent: float | None
    exponent_error: float | None
    trials: int
    checked: int
    differ: int
    confidence: float
    seed: int = 0

    @property
    def worst(self) -> Float64[np.ndarray, " points"]:
        """The rate of the row that errs most, at every point."""
        return self.rates.max(1)

    @property
    def unit(self) -> str:
        """The unit of the exponent."""
        return exponent_unit(self.setting.system)

    def columns(self) -> Table:
        """One line per point: the row that errs most, and the largest spread."""
        rows = self.rates.argmax(1)[:, None]
        return {
            time_heading(self.setting): self.at,
            "error": self.worst,
            "low": np.take_along_axis(self.low, rows, 1)[:, 0],
            "high": np.take_along_axis(self.high, rows, 1)[:, 0],
            heading("spread", self.setting.system.unit): self.spread.max(1),
        }

    def to_data(self) -> dict[str, Any]:
        """As JSON-ready data."""
        arrays = ("at", "rates", "low", "high", "spread")
        return {name: getattr(self, name).tolist() for name in arrays} | {
            "exponent": self.exponent,
            "exponent_error": self.exponent_error,
            "exponent_unit": self.unit,
            "deviations": self.deviations.to_data(),
            "trials": self.trials,
            "checked": self.checked,
            "differ": self.differ,
            "confidence": self.confidence,
            "seed": self.seed,
        }


def error_growth(
    gate: Setpoint,
    deviations: Deviations,
    *,
    until: float | None = None,
    trials: int = 50_000,
    seed: int = 0,
    confidence: float = 0.99,
) -> ErrorGrowth:
    """Follow a gate's rows under noise, and compare every bit with the one without noise.

    The threshold is the gate's at every number of iterates. One trial is one noisy orbit, read at all
    of them.

    **Arguments:**

    - `until`: the number of iterates of a map (10 where it is left out), the time of a flow (the
      gate's own where it is left out).

    **Raises:** `ChaoscadError` for no noise, a number of iterates or a time that is none, and for a
    number of trials below 1.
    """
    trials = whole("the number of trials", trials, 1, MOST_TRIALS)
    seed = whole("the seed", seed, 0, 2**32 - 1)
    confidence = within("the confidence", confidence, 0.5, 0.999999)
    state, comparator = levels(deviations)
    setting, count = _length(saturating(gate.setting), until)
    z = gate.states()
    chunk = 1 << max(6, (CHUNK // (count * len(z))).bit_length() - 1)
    wrong, squares = np.zeros((count, len(z)), int), np.zeros((count, len(z)))
    checked, differ = 0, 0
    with double():
        for number, done in enumerate(range(0, trials, chunk)):
            taken = min(chunk, trials - done)
            key = jax.random.fold_in(jax.random.key(seed), number)
            values, bits, clean = _orbits(
                _Static(setting, gate.compare == "<"),
                setting.parameters,
                z,
                gate.threshold,
                key,
                count,
                chunk,
                state,
                comparator,
            )
            found = np.asarray(bits)[..., :taken]
            truth = _compared(np.asarray(clean), gate.threshold, gate.compare == "<")
            wrong += (found != truth).sum(-1)
            moves = np.nan_to_num((np.asarray(values) - np.asarray(clean))[..., :taken] ** 2)
            squares += moves.sum(-1)
            if number == 0:
                flow = isinstance(setting.system, Flow)
                checked = min(taken, CHECKED_FLOWS if flow else CHECKED)
                again = _again(setting, gate, z, key, count, chunk, state, comparator, checked)
                differ = int((again != found[-1, :, :checked]).any(0).sum())
    low, high = clopper_pearson(wrong.reshape(-1), trials, confidence)
    exponent = _exponent(gate.setting)
    flow = isinstance(setting.system, Flow)
    return ErrorGrowth(
        setting=gate.setting,
        deviations=deviations,
        at=times_of(setting)[1:] if flow else np.arange(1.0, count + 1),
        rates=wrong / trials,
        low=low.reshape(wrong.shape),
        high=high.reshape(wrong.shape),
        spread=np.sqrt(squares / trials),
        exponent=None if exponent is None else exponent[0],
        exponent_error=None if exponent is None else exponent[1],
        trials=trials,
        checked=checked,
        differ=differ,
        confidence=confidence,
        seed=seed,
    )


def _length(setting: Setting, until: float | None) -> tuple[Setting, int]:
    """The setting that runs so long, and the number of its iterates or steps."""
    if not isinstance(setting.system, Flow):
        given = ITERATES if until is None else until
        return setting, whole("the number of iterates", given, 1, MOST_ITERATES)
    if until is not None:
        setting = replace(setting, time=positive("the time", until))
    return setting, len(times_of(setting)) - 1


def _exponent(setting: Setting) -> tuple[float, float] | None:
    system = setting.system
    length = EXPONENT_LENGTH * (system.step if isinstance(system, Flow) else 1)
    try:
        found = lyapunov(setting, length)
    except ChaoscadError:
        return None
    return float(found.exponents[0]), float(found.errors[0])


@dataclass(frozen=True)
class _Static:
    """What selects a compiled program."""

    setting: Setting
    below: bool


def _compared(values: Any, threshold: Any, below: bool) -> Any:
    return values < threshold if below else values > threshold


@partial(jax.jit, static_argnames=("static", "count", "trials"))
def _orbits(
    static: _Static,
    parameters: Mapping[str, Array],
    z: Float[Array, " rows"],
    threshold: Any,
    key: PRNGKeyArray,
    count: int,
    trials: int,
    state: Any,
    comparator: Any,
) -> tuple[Array, Array, Array]:
    """The values, the bits, and the values without noise, all `[points, rows, trials or 1]`."""
    clean = _values(static.setting, parameters, z[:, None], key, count, None)
    values = clean
    if state is not None:
        wide = jnp.broadcast_to(z[:, None], (len(z), trials))
        values = _values(static.setting, parameters, wide, key, count, state)
    values = jnp.broadcast_to(values, (count, len(z), trials))
    read = values
    if comparator is not None:
        read = values + comparator * comparator_normals(key, count, values.shape)
    return values, _compared(read, threshold, static.below), clean


def _values(
    setting: Setting,
    parameters: Mapping[str, Array],
    z: Array,
    key: PRNGKeyArray,
    count: int,
    state: Any,
) -> Array:
    begin = tuple(jnp.broadcast_to(one, z.shape) for one in setting.launch(jnp, z))
    reading = setting.reading
    if isinstance(setting.system, Flow):
        # Imported here, because maps have no use for diffrax and it takes a second to load.
        from chaoscad.robustness.stochastic import along

        return along(setting, begin, parameters, key, state, lambda found: found[reading])
    step = setting.system.step

    def iterate(current: Any, k: Array) -> Any:
        current = step(jnp, moved(current, key, k, state), parameters)
        return current, current[reading]

    return jax.lax.scan(iterate, begin, jnp.arange(count))[1]


def _again(
    setting: Setting,
    gate: Setpoint,
    z: np.ndarray,
    key: PRNGKeyArray,
    count: int,
    trials: int,
    state: float | None,
    comparator: float | None,
    first: int,
) -> np.ndarray:
    """The bits of the first trials at the last point, by NumPy."""
    shape = (len(z), trials)
    pushes = numpy_pushes([(setting, count)], key, shape, state, first)
    wide = np.broadcast_to(z[:, None], (len(z), first))
    values = numpy_value(setting, count, wide, setting.parameters, pushes)
    if comparator is not None:
        drawn = np.asarray(comparator_normals(key, count, (count, *shape)))
        values = values + comparator * drawn[-1, :, :first]
    return _compared(values, gate.threshold, gate.compare == "<")
