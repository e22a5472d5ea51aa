"""How many functions one control reaches in fixed hardware, by iterates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from chaoscad.arguments import choice, whole
from chaoscad.compile import row_bits
from chaoscad.errors import ChaoscadError, Diagnostic
from chaoscad.feasibility.counting import Controls, most_functions
from chaoscad.gate import Setpoint
from chaoscad.logic.truth import TruthTable
from chaoscad.systems import Flow, Interval, Setting

GRID = 2**14
"""Steps of the table over the range of states."""

PLACES = 1024
"""Places of x0 that are tried for a drawing."""

DRAWN, ROUNDS, KEPT = 2048, 12, 64
"""Drawings of a round, rounds, and the best drawings that the next round varies."""


@dataclass(frozen=True)
class Reached:
    """The functions that one piece of hardware reaches by its controls alone.

    **Arguments:**

    - `iterates`: of the map.
    - `setpoints`: for every function reached, the setting with the largest margin that was seen; they
      share `delta`, and `threshold` where that is no control.
    - `most`: no hardware reaches more.
    - `why`: the proof of that, where it is fewer than all functions of so many different rows.
    """

    iterates: int
    setpoints: dict[TruthTable, Setpoint]
    most: int
    why: str = ""

    @property
    def count(self) -> int:
        """How many functions are reached."""
        return len(self.setpoints)

    @property
    def worst_margin(self) -> float:
        """The least margin of any function that is reached."""
        return min((one.margin(wanted) for wanted, one in self.setpoints.items()), default=0.0)

    def to_data(self) -> dict[str, Any]:
        """Everything as JSON-ready data."""
        return {
            "iterates": self.iterates,
            "count": self.count,
            "at_most": self.most,
            "worst_margin": self.worst_margin,
            "functions": {
                wanted.rows: {**one.to_data(), "margin": one.margin(wanted)}
                for wanted, one in self.setpoints.items()
            },
        }


def reachable(
    setting: Setting,
    iterates: Sequence[int],
    *,
    inputs: int = 2,
    controls: Controls = "x0",
    weights: Literal["shared", "independent"] = "independent",
    seed: int = 0,
) -> list[Reached]:
    """The most functions that were found for one choice of weights, and threshold, by iterates.

    The counts are lower bounds, beside an upper one: weights are drawn at random, the best of them are
    varied, and x0 moves on a grid. Every function counted is evaluated again in float64 by NumPy and has
    a positive margin.

    **Raises:** `ChaoscadError` for a flow, whose values have no iterates, a range of states without an
    end, and arguments out of range.
    """
    whole("inputs", inputs, 1, 3)
    choice("controls", controls, ("x0", "x0,threshold"))
    choice("weights", weights, ("shared", "independent"))
    system = setting.system
    if isinstance(system, Flow):
        message = f"functions are counted by iterates, and {system.name} is a flow"
        raise ChaoscadError(Diagnostic(message, hint="choose a map"))
    low, high = system.state
    if not np.isfinite([low, high]).all():
        message = f"the states of {system.name} have no end, and a table of its values needs one"
        raise ChaoscadError(Diagnostic(message, hint="choose a map with a bounded range of states"))
    found = []
    for count in iterates:
        whole("iterates", count, 1, 20)
        with np.errstate(all="ignore"):
            values = setting.value(np.linspace(low, high, GRID + 1), count)
        random = np.random.default_rng(seed)
        ends = _ends(values, high - low)
        best = _searched(values, ends, inputs, controls, weights, random)
        points = _verified(setting, count, values, ends, *best, inputs, controls)
        rows = inputs + 1 if weights == "shared" else 2**inputs
        most = most_functions(setting, system.state, count, rows, controls)
        if most is None or most.count >= 2**rows:
            found.append(Reached(count, points, 2**rows))
        else:
            found.append(Reached(count, points, most.count, most.why))
    return found


def exponent(found: Sequence[Reached], inputs: int) -> float | None:
    """The slope of ln(functions) over iterates; `None` below two numbers of iterates.

    Iterates after the first that reaches all functions are left out, since no more can be reached.
    After the computing exponent of Kia, Lindner, Ditto, IEEE TCAS-II 63:944 (2016).
    """
    ordered = sorted(found, key=lambda one: one.iterates)
    full = [place for place, one in enumerate(ordered) if one.count == 2 ** (2**inputs)]
    used = ordered[: full[0] + 1] if full else ordered
    used = [one for one in used if one.count]
    if len({one.iterates for one in used}) < 2:
        return None
    logs = np.log([one.count for one in used])
    # Of equal counts the slope is 0, and not what rounding leaves of it.
    return round(float(np.polyfit([one.iterates for one in used], logs, 1)[0]), 12) + 0.0


def _ends(values: np.ndarray, width: float) -> Interval:
    """The range of thresholds: that of the values; about a constant, which has two functions, some room."""
    finite = values[np.isfinite(values)]
    least, most = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 0.0)
    return (least, most) if least < most else (least - width, most + width)


def _searched(
    values: np.ndarray,
    ends: Interval,
    inputs: int,
    controls: Controls,
    kind: str,
    random: np.random.Generator,
) -> tuple[np.ndarray, float]:
    """The weights, in steps of the grid, and the threshold that reach most functions."""
    least, most = ends
    columns = 1 if kind == "shared" else inputs
    table = jnp.asarray(values, jnp.float32)
    kept, levels, scores = np.zeros((0, columns)), np.zeros(0), np.zeros(0)
    for _ in range(ROUNDS):
        size = 10.0 ** random.uniform(-2.5, 0.0, (DRAWN, 1))
        drawn = random.uniform(-1, 1, (DRAWN, columns)) * size
        shares = random.uniform(0, 1, DRAWN)
        if len(kept):
            # Half of a round varies what was best, by steps of all sizes.
            half = DRAWN // 2
            parent = random.integers(0, len(kept), half)
            step = 10.0 ** random.uniform(-4, -0.5, (half, 1))
            drawn[:half] = kept[parent] * (1 + step * random.normal(size=(half, columns)))
            shares[:half] = np.clip(levels[parent] + step[:, 0] * random.normal(size=half), 0, 1)
        steps = _steps(drawn, inputs)
        thresholds = least + (most - least) * shares
        counted = np.asarray(_counts(table, steps, thresholds, both=controls != "x0"))
        kept, levels = np.concatenate([kept, drawn]), np.concatenate([levels, shares])
        scores = np.concatenate([scores, counted])
        order = np.argsort(-scores, kind="stable")[:KEPT]
        kept, levels, scores = kept[order], levels[order], scores[order]
    return _steps(kept[:1], inputs)[0], float(least + (most - least) * levels[0])


def _steps(drawn: np.ndarray, inputs: int) -> np.ndarray:
    whole_steps = np.rint(np.clip(drawn, -1, 1) * GRID).astype(np.int32)
    return np.repeat(whole_steps, inputs // drawn.shape[1], axis=1)


@partial(jax.jit, static_argnames="both")
def _counts(
    table: Float[Array, " grid"],
    weights: Int[Array, "trials inputs"],
    thresholds: Float[Array, " trials"],
    both: bool,
) -> Int[Array, " trials"]:
    """How many functions every drawing reaches along x0, with its threshold or with any."""
    bits = jnp.asarray(row_bits(weights.shape[1]), jnp.int32)
    rows = len(bits)
    powers = 1 << jnp.arange(rows)

    def one(weight: Array, threshold: Array) -> Array:
        shift = bits @ weight
        first, last = jnp.maximum(0, -shift.min()), jnp.minimum(GRID, GRID - shift.max())
        x0 = jnp.rint(first + (last - first) * jnp.linspace(0.0, 1.0, PLACES)).astype(jnp.int32)
        values = table[jnp.clip(x0[:, None] + shift, 0, GRID)]
        fits = (last >= first) & jnp.isfinite(values).all(1)
        if both:
            # A threshold below all values, and one just above each of them: every cut there is.
            cuts = jnp.concatenate([values, jnp.full((PLACES, 1), -jnp.inf)], 1)
            codes = ((values[:, None] > cuts[:, :, None]) * powers).sum(2)
            fits = jnp.broadcast_to(fits[:, None], codes.shape)
        else:
            codes = ((values > threshold) * powers).sum(1)
        return jnp.zeros(2**rows, jnp.int32).at[codes].max(fits.astype(jnp.int32)).sum()

    return jax.lax.map(lambda pair: one(*pair), (weights, thresholds), batch_size=64)


def _verified(
    setting: Setting,
    iterates: int,
    values: np.ndarray,
    ends: Interval,
    steps: np.ndarray,
    threshold: float,
    inputs: int,
    controls: Controls,
) -> dict[TruthTable, Setpoint]:
    """Every function at its best place of the grid, by setpoints that NumPy evaluates again."""
    low, high = setting.system.state
    unit = (high - low) / GRID
    shift = np.array(row_bits(inputs), int) @ steps
    x0 = np.arange(max(0, -shift.min()), min(GRID, GRID - shift.max()) + 1)
    at = values[x0[:, None] + shift]
    usable = np.isfinite(at).all(1)
    x0, at = x0[usable], at[usable]
    best: dict[TruthTable, tuple[float, Setpoint]] = {}
    if not len(x0):
        return {}
    if controls == "x0":
        levels = np.full((len(x0), 1), threshold)
    else:
        # Halfway between neighbouring values, and between the outer ones and the map's extremes.
        least, most = (np.full((len(x0), 1), end) for end in ends)
        ranked = np.concatenate([least, np.sort(at, 1), most], 1)
        levels = (ranked[:, 1:] + ranked[:, :-1]) / 2
    powers = 1 << np.arange(at.shape[1])
    for level in levels.T:
        codes = ((at > level[:, None]) * powers).sum(1)
        margins = np.abs(at - level[:, None]).min(1)
        for code in np.unique(codes):
            place = int(np.where(codes == code, margins, -1.0).argmax())
            rows = "".join("1" if code >> row & 1 else "0" for row in range(at.shape[1]))
            wanted = TruthTable(rows)
            one = Setpoint(
                *(setting, iterates, float(low + unit * x0[place])),
                tuple(float(unit * step) for step in steps),
                float(level[place]),
                ">",
            )
            margin = one.margin(wanted)
            if margin > 0 and (wanted not in best or margin > best[wanted][0]):
                best[wanted] = margin, one
    return {wanted: one for wanted, (_, one) in sorted(best.items(), key=lambda pair: pair[0].rows)}
