"""The bifurcation diagram: what the attractor reads, for every value of one parameter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64

from chaoscad.analysis.arguments import Range, Real, interval, room, start
from chaoscad.analysis.bounded import elsewhere
from chaoscad.analysis.settling import CHUNK, MOST_STEPS, Settled, settled
from chaoscad.analysis.table import Table, heading
from chaoscad.arguments import not_negative, positive, whole
from chaoscad.errors import ChaoscadError, nearest, shown
from chaoscad.systems import Flow, Map, Parameter, Setting

COLUMNS = 800
"""Values of the parameter, unless others are asked for."""

ITERATES = (1000, 200)
"""Iterates of a map that are skipped and kept."""

STEPS = (10_000, 15_000)
"""Steps of a flow, each half the system's own, that are skipped and kept."""


@dataclass(frozen=True)
class Bifurcation:
    """Points of a bifurcation diagram, by rising parameter.

    **Arguments:**

    - `parameter`: which one varies, from `low` to `high`.
    - `at`, `values`: the parameter and the coordinate that is read: iterates of a map, local maxima
      of a flow.
    - `columns_tried`, `escaped`: how many values of the parameter, and at how many the orbit escapes.
    - `unsettled`: values of the parameter at which the transient has not decayed, as far as two
      windows tell.
    - `prolonged`, `skipped`: at how many values the transient was doubled, and the longest one.
    """

    setting: Setting
    parameter: Parameter
    low: float
    high: float
    at: Float64[np.ndarray, " points"]
    values: Float64[np.ndarray, " points"]
    columns_tried: int
    escaped: int
    unsettled: Float64[np.ndarray, " columns"]
    prolonged: int
    skipped: float

    @property
    def settled(self) -> Bool[np.ndarray, " points"]:
        """Whether a point is read after its transient."""
        return ~np.isin(self.at, self.unsettled)

    @property
    def reads(self) -> str:
        """What the values are."""
        return self.setting.read if isinstance(self.setting.system, Map) else self._maximum

    @property
    def _maximum(self) -> str:
        return f"maximum of {self.setting.read}"

    def columns(self) -> Table:
        """The parameter and the value of every point, and whether the transient has decayed (1)."""
        return {
            heading(self.parameter.name, self.parameter.unit): self.at,
            heading(self.reads, self.setting.system.unit): self.values,
            "settled": self.settled.astype(int),
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
        at = np.arange(np.ceil(low), np.floor(high) + 1, dtype=np.float64)
        if not len(at):
            raise ChaoscadError(
                f"{item.name} is a whole number, and none is from {low:g} to {high:g}"
            )
        return at
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
    - `skip`, `keep`: iterates of a map, or units of time of a flow. A transient that has not decayed
      is doubled, as `settling.settled` does it; none of 0.

    **Raises:** `ChaoscadError` for a bad argument, and when the orbits of all columns escape.
    """
    system = setting.system
    item = varied(setting, parameter, low, high)
    columns = whole("columns", columns, 2)
    begin = start(setting, initial)
    at = values_of(item, low, high, columns)
    early, late, h = lengths(setting, skip, keep, STEPS)
    room("the diagram", len(at), CHUNK if isinstance(system, Flow) else late)
    states = np.repeat(begin[:, None], len(at), axis=1)
    values = columns_of(setting, parameter, at)
    found = settled(setting, np.zeros(len(at)), states, values, early, late, h)
    if found.window.escaped.all():
        raise ChaoscadError(
            f"the orbits of {system.name} escape for every {parameter} from {low:g} to {high:g}; "
            f"{elsewhere(setting)}"
        )
    return diagram(setting, item, (low, high), at, found, h)


def lengths(
    setting: Setting, skip: Real | None, keep: Real | None, usual: tuple[int, int]
) -> tuple[int, int, float]:
    """Steps that are skipped and kept, and the step: of a flow `usual`, of a map `ITERATES` by default."""
    system = setting.system
    if not isinstance(system, Flow):
        early = whole("skip", ITERATES[0] if skip is None else skip, 0, MOST_STEPS)
        return early, whole("keep", ITERATES[1] if keep is None else keep, 1, MOST_STEPS), 1.0
    h = system.step / 2
    early = round(not_negative("skip", usual[0] * h if skip is None else skip) / h)
    late = max(round(positive("keep", usual[1] * h if keep is None else keep) / h), 3)
    if early + late > MOST_STEPS:
        raise ChaoscadError(
            f"skip and keep need {early + late} steps of {h:g}, and at most {MOST_STEPS} are "
            "taken; ask for less"
        )
    return early, late, h


def columns_of(
    setting: Setting, parameter: str, at: Float64[np.ndarray, " columns"]
) -> dict[str, Float64[np.ndarray, " columns"]]:
    """The parameters of every column."""
    values = {name: np.full(len(at), value) for name, value in setting.parameters.items()}
    return {**values, parameter: at}


def diagram(
    setting: Setting,
    item: Parameter,
    ends: Range,
    at: Float64[np.ndarray, " columns"],
    found: Settled,
    h: float,
) -> Bifurcation:
    """The points of every column, as a diagram."""
    window = found.window
    kept = np.flatnonzero(~window.escaped)
    counts = [len(window.points[column]) for column in kept]
    return Bifurcation(
        setting=setting,
        parameter=item,
        low=float(ends[0]),
        high=float(ends[1]),
        at=np.repeat(at[kept], counts),
        values=np.concatenate([np.empty(0), *(window.points[column] for column in kept)]),
        columns_tried=len(at),
        escaped=int(window.escaped.sum()),
        unsettled=at[found.unsettled],
        skipped=float(found.skipped.max() * h),
        prolonged=int(found.prolonged.sum()),
    )
