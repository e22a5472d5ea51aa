"""Where the attracting cycle of a one-dimensional map doubles its period."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float64

from chaoscad.analysis.arguments import Real
from chaoscad.analysis.bifurcation import varied
from chaoscad.analysis.crossing import crossing
from chaoscad.analysis.table import Table, heading
from chaoscad.arguments import whole
from chaoscad.compile.precision import double
from chaoscad.errors import ChaoscadError
from chaoscad.systems import Interval, Map, Parameter, Setting

FEIGENBAUM = 4.669201609102990
"""The limit of the ratios: M. J. Feigenbaum, J. Stat. Phys. 19, 25 (1978)."""

COLUMNS = 480
"""Values of the parameter at which the period of the attractor is looked for."""

BEYOND = 0.1
"""How far beyond either end of the range, as a share of it: near a doubling no period is clear."""

MOST_CANDIDATES = 8
"""Most cascades that are followed."""

LONGEST = 64
"""Longest period that is recognised at the outset."""

SETTLING = 4000
"""Iterates on the way to the attractor."""

CLOSE = 1e-7
"""How closely a cycle returns, relative to its size."""


@dataclass(frozen=True)
class Doublings:
    """A cascade of period doublings, in the order in which the periods grow.

    **Arguments:**

    - `values`: of the parameter where the multiplier of the cycle is -1.
    - `periods`: of the cycle that doubles there.
    """

    setting: Setting
    parameter: Parameter
    values: Float64[np.ndarray, " doublings"]
    periods: tuple[int, ...]

    @property
    def ratios(self) -> Float64[np.ndarray, " ratios"]:
        """Ratios of successive distances, which tend to Feigenbaum's number 4.669."""
        distances = np.diff(self.values)
        return distances[:-1] / distances[1:]

    def columns(self) -> Table:
        """One row per doubling; the ratio is that of the distances on both sides of it."""
        ratios = np.full(len(self.values), np.nan)
        ratios[1:-1] = self.ratios
        return {
            "period": np.array(self.periods),
            heading(self.parameter.name, self.parameter.unit): self.values,
            "ratio": ratios,
        }


def period_doublings(
    setting: Setting, parameter: str, low: Real, high: Real, most: int = 6
) -> Doublings:
    """The longest cascade between two values of a parameter; of equals, that of shortest period.

    The cycle is followed by Newton's method, through the doubling and beyond; the doubling is where
    its multiplier passes -1. The cascade may run up or down the parameter.

    **Arguments:**

    - `most`: how many doublings are looked for.

    **Raises:** `ChaoscadError` for a system other than a map of one coordinate, a bad argument, and
    when no doubling is found.
    """
    system = setting.system
    if not isinstance(system, Map) or len(system.coordinates) != 1:
        raise ChaoscadError(
            f"period doublings are found for maps of one coordinate, and {system.name} is not one"
        )
    item = varied(setting, parameter, low, high)
    most = whole("the number of doublings", most, 1, 12)
    nothing = ChaoscadError(
        f"no period doubling of {system.name} was found for {parameter} from {low:g} to {high:g}; "
        "widen the range"
    )
    if item.whole:
        raise nothing
    room = BEYOND * (high - low)
    at = np.linspace(max(low - room, item.low), min(high + room, item.high), COLUMNS)
    ends = float(low), float(high)
    periods, states = _periods(setting, parameter, at)
    best: tuple[list[float], list[int]] = [], []
    with double():
        for way in (slice(None), slice(None, None, -1)):
            for column in _candidates(periods[way]):
                found = _cascade(
                    setting, parameter, ends, at[way], periods[way], states[way], column, most
                )
                if (len(found[0]), -found[1][0] if found[1] else 0) > (
                    len(best[0]),
                    -best[1][0] if best[1] else 0,
                ):
                    best = found
    values, counts = best
    if not values:
        raise nothing
    return Doublings(setting, item, np.array(values), tuple(counts))


def _periods(
    setting: Setting, parameter: str, at: Float64[np.ndarray, " columns"]
) -> tuple[Float64[np.ndarray, " columns"], Float64[np.ndarray, " columns"]]:
    """The period of the attractor at every value, 0 where it is long or the orbit escapes."""
    system = setting.system
    assert isinstance(system, Map)
    values: dict[str, Any] = {**setting.parameters, parameter: at}
    state = (np.full(len(at), system.initial[0]),)
    with np.errstate(all="ignore"):
        for _ in range(SETTLING):
            state = system.step(np, state, values)
        first = np.broadcast_to(state[0], at.shape)
        cycle = [first]
        for _ in range(LONGEST):
            state = system.step(np, state, values)
            cycle.append(np.broadcast_to(state[0], at.shape))
        orbits = np.array(cycle)
        size = 1 + np.abs(orbits).max(axis=0)
        returns = np.abs(orbits[1:] - first) <= CLOSE * size
    periods = np.where(returns.any(axis=0), returns.argmax(axis=0) + 1.0, 0.0)
    return periods, first


def _candidates(periods: np.ndarray) -> list[int]:
    """The columns before a doubling, by rising period; the period is not clear next to one."""
    found: list[int] = []
    before: int | None = None
    for column, period in enumerate(periods):
        if not period:
            continue
        if before is not None and period == 2 * periods[before]:
            found.append(before)
        before = column
    return sorted(found, key=lambda column: periods[column])[:MOST_CANDIDATES]


def _cascade(
    setting: Setting,
    parameter: str,
    ends: Interval,
    at: np.ndarray,
    periods: np.ndarray,
    states: np.ndarray,
    column: int,
    most: int,
) -> tuple[list[float], list[int]]:
    period = int(periods[column])
    limit, spacing = float(at[-1]), float(at[1] - at[0])
    values: list[float] = []
    counts: list[int] = []
    begins = [(float(at[column]), spacing)]
    x: float | None = float(states[column])
    for _ in range(most):
        cycle = _Cycle(setting, parameter, period)
        found = None
        for begin, width in begins:
            if values:
                x = _settle(setting, parameter, begin)
            found = cycle.doubling(begin, x, width, limit) if x is not None else None
            found = None if found is None else _within(ends, found)
            if found is not None and (not values or (found - values[-1]) * spacing > 0):
                break
            found = None
        if found is None:
            break
        values.append(found)
        counts.append(period)
        period *= 2
        beyond = at[(periods == period) & ((at - found) * spacing > 0)]
        begins = [(float(value), spacing) for value in beyond[:5]]
        if len(values) > 1:
            # Feigenbaum's ratio says where the next cycle is, more finely than the columns do.
            width = (values[-1] - values[-2]) / FEIGENBAUM
            begins = [(found + share * width, width / 4) for share in (0.4, 0.6, 0.2)] + begins
            if abs(width) < 1e-10 * abs(limit - at[0]):
                break
    return values, counts


def _within(ends: Interval, value: float) -> float | None:
    """The value, when it lies in the range; one that leaves it by rounding is the end."""
    nearest = min(max(value, ends[0]), ends[1])
    return nearest if abs(value - nearest) <= 1e-13 * (1 + abs(value)) else None


def _settle(setting: Setting, parameter: str, value: float) -> float | None:
    system = setting.system
    assert isinstance(system, Map)
    values = {**setting.parameters, parameter: value}
    state = system.initial
    with np.errstate(all="ignore"):
        for _ in range(SETTLING):
            state = system.step(np, state, values)
    return float(state[0]) if np.isfinite(state[0]) else None


class _Cycle:
    """A cycle of one period, followed as the parameter changes."""

    def __init__(self, setting: Setting, parameter: str, period: int) -> None:
        self._values = setting.parameters
        self._parameter = parameter
        self._period = period
        self._image = _image(setting.system)  # type: ignore[arg-type]

    def at(self, value: float, x: float) -> tuple[float, float] | None:
        """A state of the cycle near `x`, and the cycle's multiplier."""
        slope = np.nan
        for _ in range(50):
            image, slope = (
                float(item)
                for item in self._image(x, self._period, {**self._values, self._parameter: value})
            )
            if not np.isfinite(image) or not np.isfinite(slope) or slope == 1:
                return None
            # Newton's method for f^p(x) - x = 0, whose slope is (f^p)'(x) - 1.
            moved = x - (image - x) / (slope - 1)
            if abs(moved - x) <= 1e-14 * (1 + abs(x)):
                return moved, slope
            x = moved
        return x, slope

    def doubling(self, begin: float, x: float, width: float, limit: float) -> float | None:
        """Where the multiplier passes -1, going from `begin` towards `limit`."""
        here = self.at(begin, x)
        if here is None or not -1 < here[1] < 0.99:
            return None
        value, step = begin, width
        for _ in range(200):
            beyond = value + step
            if (limit - beyond) * (limit - begin) < 0:
                beyond = limit
            there = self.at(beyond, here[0])
            if there is None or not here[1] - 2 < there[1] < here[1] + 0.5:
                # The other side of a step too long is another cycle.
                step /= 2
                if abs(step) < 1e-13 * (1 + abs(value)):
                    return None
                continue
            if there[1] <= -1:
                heights = here[1] + 1, there[1] + 1
                return self._between((value, beyond), heights, here[0])
            if beyond == limit:
                return None
            value, here, step = beyond, there, 1.5 * step
        return None

    def _between(
        self, ends: tuple[float, float], heights: tuple[float, float], x: float
    ) -> float | None:
        def above(value: float) -> float:
            found = self.at(value, x)
            if found is None:
                raise ArithmeticError
            return found[1] + 1

        try:
            return crossing(above, ends, heights)
        except (ArithmeticError, ValueError):
            return None


@lru_cache(maxsize=32)
def _image(system: Map) -> Callable[..., Any]:
    """The p-th image of x and its derivative, for any p without compiling again."""

    @jax.jit
    def image(x: Any, period: Any, parameters: Any) -> Any:
        def step(given: Any) -> Any:
            return jnp.asarray(system.step(jnp, (given,), parameters)[0], jnp.float64)

        def one(_: Any, carry: Any) -> Any:
            x, slope = carry
            return jax.jvp(step, (x,), (slope,))

        return jax.lax.fori_loop(0, period, one, (jnp.asarray(x), jnp.asarray(1.0)))

    return image
