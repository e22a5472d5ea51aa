"""One gate of one device: its margins over all x0, and the best of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float64

from chaoscad.design import DesignGate
from chaoscad.gate import local_states
from chaoscad.hardware import Hardware
from chaoscad.systems import Flow, Interval, Map, Setting
from chaoscad.systems.curves import saturating

CONTROLS = ("x0", "threshold")
"""What can be set in a device."""

GRID = 513
"""Values of x0 that are tried at first without a converter."""

GRID_OF_FLOWS = 33
"""The same for a flow, whose values take an integration each."""

FINER = 5
"""Rounds of 33 values each between the neighbours of the best."""

MOST_CODES = 4096
"""Codes of x0 that are tried at first; of more, those around the best follow."""


@dataclass(frozen=True)
class TrimmedGate:
    """A gate of a device as it is set best.

    **Arguments:**

    - `x0_code`, `threshold_code`: of the converter, `None` without one.
    - `before`, `after`: its margin in the design's setting and in this one; not positive where a row
      is wrong.
    - `reason`: why it cannot work, `None` where it does.
    """

    gate: str
    x0: float
    threshold: float
    x0_code: int | None
    threshold_code: int | None
    before: float
    after: float
    reason: str | None = None

    def to_data(self) -> dict[str, Any]:
        """As JSON-ready data."""
        return {
            "gate": self.gate,
            "x0": self.x0,
            "threshold": self.threshold,
            "x0_code": self.x0_code,
            "threshold_code": self.threshold_code,
            "margin_before": self.before if np.isfinite(self.before) else None,
            "margin_after": self.after if np.isfinite(self.after) else None,
            "reason": self.reason,
        }


@dataclass(frozen=True)
class GateOfDevice:
    """A gate of the design with the system that it is in a device."""

    gate: DesignGate
    measured: Setting

    @cached_property
    def setting(self) -> Setting:
        """The system as a bench has it: a curve keeps the value of its end."""
        return saturating(self.measured)

    @cached_property
    def matters(self) -> np.ndarray:
        """The rows that matter."""
        return np.array([want != "-" for want in self.gate.function.rows])

    @cached_property
    def ones(self) -> np.ndarray:
        """Of these rows, those that want a 1."""
        wanted = np.array([want == "1" for want in self.gate.function.rows])
        return wanted[self.matters]

    @property
    def side(self) -> float:
        """1 where a 1 lies above the threshold, -1 where it lies below."""
        return 1.0 if self.gate.compare == ">" else -1.0

    def states(self, x0: np.ndarray, moved: Mapping[int, np.ndarray] | None = None) -> np.ndarray:
        """The states of the rows that matter, `[*shape of x0, rows]`; `moved` is added to weights."""
        weights = [
            weight + (moved or {}).get(place, np.zeros_like(x0))
            for place, weight in enumerate(self.gate.delta)
        ]
        return np.stack(local_states(np.asarray(x0), weights), axis=-1)[..., self.matters]

    def values(
        self, states: np.ndarray, parameters: Mapping[str, np.ndarray] | None = None
    ) -> Float64[np.ndarray, "*points rows"]:
        """What the device gives there, turned so that a 1 lies above; parameters as in `states`."""
        given = parameters or {}
        with np.errstate(all="ignore"):
            if isinstance(self.setting.system, Flow) and given:
                rows = [
                    self.setting.value(row, parameters={k: float(v[i]) for k, v in given.items()})
                    for i, row in enumerate(states)
                ]
                return self.side * np.array(rows)
            shaped = {name: value[..., None] for name, value in given.items()}
            return self.side * self.setting.value(states, self.gate.iterates, shaped)

    def gap(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The highest value that wants a 0, and the lowest that wants a 1; NaN where one is not finite."""
        low = np.max(np.where(self.ones, -np.inf, values), axis=-1)
        high = np.min(np.where(self.ones, values, np.inf), axis=-1)
        bad = ~np.isfinite(values).all(-1)
        return np.where(bad, np.nan, low), np.where(bad, np.nan, high)

    @cached_property
    def range(self) -> Interval:
        """Where x0 may lie: the states within the declared range and the measured one."""
        bounds = self.gate.source.bounds
        low, high = bounds.state
        system = self.measured.system
        if isinstance(system, Map) and system.curve is not None:
            low, high = max(low, system.curve.domain[0]), min(high, system.curve.domain[1])
        offsets = self.states(np.zeros(1))[0]
        if not len(offsets):
            return bounds.x0 or bounds.state
        first, last = low - float(offsets.min()), high - float(offsets.max())
        if bounds.x0 is not None:
            first, last = max(first, bounds.x0[0]), min(last, bounds.x0[1])
        # The setting of the design may be beyond an end of its range by a last digit.
        own = self.gate.x0
        slack = 1e-9 * max(1.0, abs(own))
        if first - slack < own < first:
            first = own
        if last < own < last + slack:
            last = own
        return first, last


@dataclass(frozen=True)
class _Best:
    x0: float
    threshold: float
    margin: float


def trim_gate(part: GateOfDevice, hardware: Hardware, controls: tuple[str, ...]) -> TrimmedGate:
    """The best setting of a gate of a device."""
    gate = part.gate
    # What the netlist fixes is a wire.
    controls = tuple(name for name in controls if name not in gate.source.fixed)
    converter = hardware.dac_bits is not None
    own = np.array([_settled(gate.x0, hardware)])
    threshold = _settled(gate.threshold, hardware)
    low, high = part.gap(part.values(part.states(own)))
    before = float(np.nan_to_num(_margin(part, low, high, threshold), nan=-np.inf)[0])
    search = _Search(part, hardware, controls, threshold)
    found = search.best(own)
    if found is None:
        reason = _narrow(part)
        return _result(part, hardware, _Best(float(own[0]), threshold, before), before, reason)
    if before >= found.margin:
        found = _Best(float(own[0]), threshold, before)
    reason = None
    if not found.margin > 0:
        reason = _overlap(part, found, controls)
        if converter:
            finer = _Search(part, Hardware(), controls, gate.threshold).best(np.array([gate.x0]))
            if finer is not None and finer.margin > 0:
                reason = (
                    f"the steps of the converter, {hardware.dac_step:.3g} V, are too coarse: without them "
                    f"the margin would be {finer.margin:.3g}"
                )
    return _result(part, hardware, found, before, reason)


@dataclass(frozen=True)
class _Search:
    part: GateOfDevice
    hardware: Hardware
    controls: tuple[str, ...]
    threshold: float

    def best(self, own: np.ndarray) -> _Best | None:
        """The best setting, `None` where no x0 is allowed."""
        if "x0" not in self.controls:
            return self._best_of(own)
        low, high = self.part.range
        if not low <= high:
            return None
        if self.hardware.dac_bits is not None:
            return self._by_codes(low, high)
        flow = isinstance(self.part.setting.system, Flow)
        if not (np.isfinite(low) and np.isfinite(high)):
            # A side without an end: as far as the weights reach.
            size = 4 * max(1.0, abs(self.part.gate.x0), *map(abs, self.part.gate.delta))
            low, high = max(low, self.part.gate.x0 - size), min(high, self.part.gate.x0 + size)
        grid = np.linspace(low, high, GRID_OF_FLOWS if flow else GRID)
        step = float(grid[1] - grid[0])
        found = self._best_of(np.union1d(grid, own))
        for _ in range(2 if flow else FINER):
            near = np.linspace(found.x0 - step, found.x0 + step, 9 if flow else 33)
            found = self._best_of(np.union1d(np.clip(near, low, high), [found.x0]))
            step /= 4 if flow else 16
        return found

    def _by_codes(self, low: float, high: float) -> _Best | None:
        codes = np.arange(2 ** (self.hardware.dac_bits or 0), dtype=np.int64)
        states = _of_codes(codes, self.hardware)
        states = states[(states >= low) & (states <= high)]
        if not len(states):
            return None
        stride = -(-len(states) // MOST_CODES)
        found = self._best_of(states[::stride])
        if stride > 1:
            place = int(np.flatnonzero(states == found.x0)[0])
            found = self._best_of(states[max(place - stride, 0) : place + stride + 1])
        return found

    def _best_of(self, x0: np.ndarray) -> _Best:
        part = self.part
        low, high = part.gap(part.values(part.states(x0)))
        thresholds = np.full((1, len(x0)), self.threshold)
        if "threshold" in self.controls:
            thresholds = self._thresholds(low, high)
        margins = np.nan_to_num(_margin(part, low, high, thresholds), nan=-np.inf)
        # Of equal ones that which is nearest to the design's.
        way = -np.abs(x0 - part.gate.x0)[None] + np.zeros_like(margins)
        place = np.lexsort((way.ravel(), margins.ravel()))[-1]
        which, index = np.unravel_index(int(place), margins.shape)
        return _Best(
            float(x0[index]), float(thresholds[which, index]), float(margins[which, index])
        )

    def _thresholds(self, low: np.ndarray, high: np.ndarray) -> np.ndarray:
        """The thresholds to be tried at every x0: the middle, or the codes around it."""
        with np.errstate(all="ignore"):
            middle = self.part.side * (low + high) / 2
        middle = np.where(np.isfinite(middle), middle, self.threshold)
        bounds = self.part.gate.source.bounds.threshold
        if bounds is not None:
            middle = np.clip(middle, *bounds)
        if self.hardware.dac_bits is None:
            return middle[None]
        most = 2**self.hardware.dac_bits - 1
        codes = np.stack([_code(middle, self.hardware) + one for one in (0, -1, 1)])
        return _of_codes(np.clip(codes, 0, most), self.hardware)


def _margin(
    part: GateOfDevice, low: np.ndarray, high: np.ndarray, threshold: np.ndarray | float
) -> np.ndarray:
    turned = part.side * np.asarray(threshold)
    with np.errstate(invalid="ignore"):
        return np.minimum(high - turned, turned - low)


def _code(states: np.ndarray, hardware: Hardware) -> np.ndarray:
    assert hardware.dac_range is not None
    volts = hardware.offset_volts + hardware.volts_per_unit * states
    return np.rint((volts - hardware.dac_range[0]) / hardware.dac_step).astype(np.int64)


def _of_codes(codes: np.ndarray, hardware: Hardware) -> np.ndarray:
    assert hardware.dac_range is not None
    volts = hardware.dac_range[0] + codes * hardware.dac_step
    return (volts - hardware.offset_volts) / hardware.volts_per_unit


def _settled(state: float, hardware: Hardware) -> float:
    """A state as the converter sets it."""
    if hardware.dac_bits is None:
        return state
    codes = np.clip(_code(np.array([state]), hardware), 0, 2**hardware.dac_bits - 1)
    return float(_of_codes(codes, hardware)[0])


def _result(
    part: GateOfDevice, hardware: Hardware, found: _Best, before: float, reason: str | None
) -> TrimmedGate:
    codes: list[int | None] = [None, None]
    if hardware.dac_bits is not None:
        codes = _code(np.array([found.x0, found.threshold]), hardware).tolist()
    return TrimmedGate(
        part.gate.name, found.x0, found.threshold, codes[0], codes[1], before, found.margin, reason
    )


def _narrow(part: GateOfDevice) -> str:
    offsets = part.states(np.zeros(1))[0]
    low, high = part.gate.source.bounds.state
    system = part.measured.system
    where = f"the declared range [{low:g}, {high:g}]"
    if isinstance(system, Map) and system.curve is not None:
        where = "[{:g}, {:g}], where the device was measured".format(*system.curve.domain)
    size = float(np.ptp(offsets)) if len(offsets) else 0.0
    return f"no x0 that can be set keeps its states, which span {size:.4g}, in {where}"


def _overlap(part: GateOfDevice, found: _Best, controls: tuple[str, ...]) -> str:
    values = part.values(part.states(np.array([found.x0])))[0]
    rows = [index for index, matters in enumerate(part.matters) if matters]
    arity = part.gate.arity
    if not np.isfinite(values).all():
        row = rows[int(np.flatnonzero(~np.isfinite(values))[0])]
        return f"row {row:0{arity}b} has no value, for its orbit escapes"
    zero = int(np.where(part.ones, -np.inf, values).argmax())
    one = int(np.where(part.ones, values, np.inf).argmin())
    told = (
        f"row {rows[one]:0{arity}b}, which wants a 1, gives {part.side * values[one]:.4g}, and row "
        f"{rows[zero]:0{arity}b}, which wants a 0, {part.side * values[zero]:.4g}"
    )
    where = f"at the best x0, {found.x0:.4g}" if "x0" in controls else f"at its x0, {found.x0:.4g}"
    if "threshold" in controls:
        return f"{where}, {told}"
    return f"{where}, {told}, and its threshold stays {found.threshold:.4g}"
