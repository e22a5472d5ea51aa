"""The bifurcation diagram: what the attractor reads, for every value of one parameter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64

from chaoscad.analysis.arguments import Range, Real, interval, room, share, start
from chaoscad.analysis.bounded import elsewhere
from chaoscad.analysis.drive import periods
from chaoscad.analysis.settling import CHUNK, MOST_STEPS, Settled, settled
from chaoscad.analysis.stepping import Clock, stroboscope
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

PERIODS = (200, 100)
"""Periods of a drive that are skipped and kept."""


@dataclass(frozen=True)
class Bifurcation:
    """Points of a bifurcation diagram, by rising parameter.

    **Arguments:**

    - `parameter`: which one varies, from `low` to `high`.
    - `at`, `values`: the parameter and the coordinate that is read: iterates of a map, states of a
      driven flow once per period of the drive, local maxima of another flow.
    - `columns_tried`, `escaped`: how many values of the parameter, and at how many the orbit escapes.
    - `unsettled`: values of the parameter at which the transient has not decayed, as far as two
      windows tell.
    - `prolonged`, `skipped`: at how many values the transient was doubled, and the longest one, in
      `unit`.
    - `periods`, `phase`: the least and the greatest period of the drive, and the share of it at which
      the flow is read; `None` where maxima are.
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
    periods: tuple[float, float] | None = None
    phase: float = 0.0

    @property
    def settled(self) -> Bool[np.ndarray, " points"]:
        """Whether a point is read after its transient."""
        return ~np.isin(self.at, self.unsettled)

    @property
    def reads(self) -> str:
        """What the values are."""
        read = self.setting.read
        if self.periods is not None:
            at = f", at {self.phase:g} of it" if self.phase else ""
            return f"{read} once per period of the drive{at}"
        return read if isinstance(self.setting.system, Map) else f"maximum of {read}"

    @property
    def unit(self) -> str:
        """What transients are counted in."""
        if self.periods is not None:
            return "periods of the drive"
        return "units of time" if isinstance(self.setting.system, Flow) else "iterates"

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


@dataclass(frozen=True)
class Run:
    """How the orbits of a diagram are followed.

    **Arguments:**

    - `at`, `values`: of the parameter that varies, and of all parameters.
    - `times`: when orbits begin.
    - `skip`, `keep`: looks of the transient and after it.
    """

    at: Float64[np.ndarray, " columns"]
    times: Float64[np.ndarray, " columns"]
    values: dict[str, Float64[np.ndarray, " columns"]]
    skip: int
    keep: int
    clock: Clock


def bifurcation(
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
) -> Bifurcation:
    """The attractor for every value of a parameter, each from the same initial state.

    A flow whose drive has a period is read once in it, another one at its maxima.

    **Arguments:**

    - `parameter`, `low`, `high`: which one varies, and between which values.
    - `columns`: how many values, ends included; a parameter of whole numbers takes each once.
    - `skip`, `keep`: iterates of a map, periods of the drive, or units of time of a flow that is read at
      its maxima. A transient that has not decayed is doubled, as `settling.settled` does it; none of 0.
    - `phase`: where in the period of the drive, as a share of it; orbits begin there.
    - `maxima`: read a driven flow at its maxima, too.

    **Raises:** `ChaoscadError` for a bad argument, a drive that has no period at some of the values, and
    when the orbits of all columns escape.
    """
    item = varied(setting, parameter, low, high)
    columns = whole("columns", columns, 2)
    begin = start(setting, initial)
    at = values_of(item, low, high, columns)
    run = run_of(setting, parameter, at, skip, keep, (STEPS, PERIODS), phase, maxima)
    windowed = isinstance(setting.system, Flow) and not run.clock.strobes
    room("the diagram", len(at), CHUNK if windowed else run.keep)
    states = np.repeat(begin[:, None], len(at), axis=1)
    found = settled(setting, run.times, states, run.values, run.skip, run.keep, run.clock)
    if found.window.escaped.all():
        raise all_escape(setting, parameter, low, high)
    return diagram(setting, item, (low, high), run, found, phase)


def all_escape(setting: Setting, parameter: str, low: Real, high: Real) -> ChaoscadError:
    """The error of a diagram without an orbit."""
    return ChaoscadError(
        f"the orbits of {setting.system.name} escape for every {parameter} from {low:g} to {high:g}; "
        f"{elsewhere(setting)}"
    )


def run_of(
    setting: Setting,
    parameter: str,
    at: Float64[np.ndarray, " columns"],
    skip: Real | None,
    keep: Real | None,
    usual: tuple[tuple[int, int], tuple[int, int]],
    phase: Real = 0.0,
    maxima: bool = False,
) -> Run:
    """The run over some values of a parameter.

    **Arguments:**

    - `usual`: steps of a flow, and periods of a drive, that are skipped and kept by default.
    """
    system = setting.system
    values = {name: np.full(len(at), value) for name, value in setting.parameters.items()}
    values[parameter] = at
    turns = None if maxima else periods(setting, values, len(at))
    share(phase)
    if phase and turns is None:
        raise ChaoscadError(
            "a phase is of a driven flow that is read once per period of its drive; leave it out"
        )
    clock, times = Clock(1.0), np.zeros(len(at))
    if isinstance(system, Flow) and turns is not None:
        clock, times = stroboscope(turns, system.step / 2), phase * turns
    elif isinstance(system, Flow):
        clock = Clock(system.step / 2)
    if not isinstance(system, Flow) or clock.strobes:
        first, last = usual[1] if clock.strobes else ITERATES
        early = whole("skip", first if skip is None else skip, 0, MOST_STEPS)
        late = whole("keep", last if keep is None else keep, 1, MOST_STEPS)
    else:
        h = float(np.asarray(clock.h))
        early = round(not_negative("skip", usual[0][0] * h if skip is None else skip) / h)
        late = max(round(positive("keep", usual[0][1] * h if keep is None else keep) / h), 3)
    if isinstance(system, Flow) and (early + late) * clock.stride > MOST_STEPS:
        each = f"{clock.stride} of each period" if clock.strobes else f"of {clock.h:g}"
        raise ChaoscadError(
            f"skip and keep need {(early + late) * clock.stride} steps {each}, and at most {MOST_STEPS} are "
            "taken; ask for less"
        )
    return Run(at, times, values, early, late, clock)


def diagram(
    setting: Setting, item: Parameter, ends: Range, run: Run, found: Settled, phase: Real = 0.0
) -> Bifurcation:
    """The points of every column, as a diagram."""
    window, clock = found.window, run.clock
    kept = np.flatnonzero(~window.escaped)
    counts = [len(window.points[column]) for column in kept]
    turns = np.asarray(clock.h) * clock.stride
    return Bifurcation(
        setting=setting,
        parameter=item,
        low=float(ends[0]),
        high=float(ends[1]),
        at=np.repeat(run.at[kept], counts),
        values=np.concatenate([np.empty(0), *(window.points[column] for column in kept)]),
        columns_tried=len(run.at),
        escaped=int(window.escaped.sum()),
        unsettled=run.at[found.unsettled],
        skipped=float(found.skipped.max() * (1.0 if clock.strobes else clock.h)),
        prolonged=int(found.prolonged.sum()),
        periods=(float(turns.min()), float(turns.max())) if clock.strobes else None,
        phase=float(phase),
    )
