"""Lyapunov exponents over a parameter: one program for all of its values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float64

from chaoscad.analysis.arguments import Real, start
from chaoscad.analysis.bifurcation import varied
from chaoscad.analysis.bounded import elsewhere
from chaoscad.analysis.lyapunov import STEPS_PER_QR, compiled_block, exponent_unit
from chaoscad.analysis.table import Table, heading
from chaoscad.arguments import positive, whole
from chaoscad.compile.precision import double
from chaoscad.errors import ChaoscadError
from chaoscad.systems import Flow, Parameter, Setting
from chaoscad.systems.evaluate import ESCAPED

COLUMNS = 300
"""Values of the parameter, unless others are asked for."""

ITERATES = 20_000
"""Iterates of a map that count; a tenth as many come before."""

STEPS = 60_000
"""Steps of a flow that count, each half the system's own; a fifth as many come before."""

MOST_STEPS = 5_000_000
"""Most steps of one value of the parameter."""


@dataclass(frozen=True)
class SpectrumOver:
    """The Lyapunov spectrum for every value of a parameter.

    **Arguments:**

    - `parameter`, `at`: which one varies, and its values.
    - `exponents`: by falling size; NaN where the orbit escapes.
    - `length`: iterates, or time, that count.
    """

    setting: Setting
    parameter: Parameter
    at: Float64[np.ndarray, " columns"]
    exponents: Float64[np.ndarray, "columns coordinates"]
    length: float

    @property
    def escaped(self) -> int:
        """At how many values the orbit escapes."""
        return int(np.isnan(self.exponents).any(axis=1).sum())

    @property
    def unit(self) -> str:
        """The unit of the exponents."""
        return exponent_unit(self.setting.system)

    def columns(self) -> Table:
        """The parameter and every exponent."""
        table: Table = {heading(self.parameter.name, self.parameter.unit): self.at}
        for index, column in enumerate(self.exponents.T, 1):
            table[heading(f"exponent {index}", self.unit)] = column
        return table


def lyapunov_over(
    setting: Setting,
    parameter: str,
    low: Real,
    high: Real,
    columns: int = COLUMNS,
    length: Real | None = None,
    initial: Sequence[Real] | np.ndarray | None = None,
) -> SpectrumOver:
    """The spectrum by repeated QR, as `lyapunov` has it, with one orbit for each value of a parameter.

    One orbit has no scatter, so there is no error: `lyapunov` says it for a single value.

    **Arguments:**

    - `parameter`, `low`, `high`: which one varies, and between which values.
    - `columns`: how many values, ends included.
    - `length`: iterates of a map or time of a flow that count.

    **Raises:** `ChaoscadError` for a bad argument, and when the orbits of all values escape.
    """
    system = setting.system
    item = varied(setting, parameter, low, high)
    columns = whole("columns", columns, 2)
    begin = start(setting, initial)
    at = np.linspace(low, high, columns)
    if item.whole:
        at = np.arange(np.ceil(low), np.floor(high) + 1, dtype=np.float64)
    width, count = len(begin), len(at)
    flow = isinstance(system, Flow)
    h = system.step / 2 if isinstance(system, Flow) else 1.0
    group = STEPS_PER_QR if flow else 1
    total = positive("length", (STEPS * h if flow else ITERATES) if length is None else length)
    groups = max(1, round(total / h / group))
    early = max(1, groups // (5 if flow else 10))
    if (groups + early) * group > MOST_STEPS:
        message = (
            f"length {total:g} needs {(groups + early) * group} steps, and at most {MOST_STEPS}"
        )
        raise ChaoscadError(f"{message} are taken; ask for less")
    values: dict[str, Any] = {**setting.parameters, parameter: at}
    with double():
        block = compiled_block(system, group)
        run: Any = (
            jnp.asarray(0.0),
            jnp.asarray(np.repeat(begin[:, None], count, axis=1)),
            jnp.broadcast_to(jnp.eye(width)[:, :, None], (width, width, count)),
        )
        run, _, _ = block(run, h if flow else 0.0, early, values)
        run, sums, _ = block(run, h if flow else 0.0, groups, values)
        end, found = np.asarray(run[1]), np.asarray(sums).T
    length_taken = groups * group * h
    with np.errstate(invalid="ignore"):
        kept = (np.abs(end) < ESCAPED).all(axis=0)
    lost = np.logical_not(kept) | np.isnan(found).any(axis=1)
    if lost.all():
        raise ChaoscadError(
            f"the orbits of {system.name} escape for every {parameter} from {low:g} to {high:g}; "
            f"{elsewhere(setting)}"
        )
    exponents = np.sort(found / length_taken, axis=1)[:, ::-1]
    return SpectrumOver(
        setting, item, at, np.where(lost[:, None], np.nan, exponents), float(length_taken)
    )
