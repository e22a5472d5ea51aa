"""The points of a batch, computed together."""

from __future__ import annotations

import time
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from chaoscad.design import Design
from chaoscad.errors import ChaoscadError
from chaoscad.netlist.model import Netlist
from chaoscad.solve import Settings
from chaoscad.solve.many import METHODS, NOT_FOUND
from chaoscad.solve.model import MARGIN
from chaoscad.sweeps.blocks import Block
from chaoscad.sweeps.judged import Judged, judge_together
from chaoscad.sweeps.measures import MEASURES
from chaoscad.sweeps.spec import Choices, Spec
from chaoscad.systems import Setting

COMPUTED, FAILED = 1, 2
"""What `status` says of a point that was asked for; 0 where nothing was computed yet."""

LONGEST = 300
"""Letters of a reason that are kept."""

Columns = dict[str, np.ndarray]
"""Every variable over the points of a block."""


@dataclass(eq=False)
class Point:
    """One point of a sweep.

    **Arguments:**

    - `found`: its design with the record of the search; `None` where only its system is measured.
    - `seconds`: that it took, its share of what its batch took.
    """

    netlist: Netlist
    choices: Choices
    found: Judged | None = None
    seconds: float = 0.0

    @property
    def solved(self) -> bool:
        """Whether its design verifies."""
        return self.found is not None and self.found.verification.passed

    @cached_property
    def design(self) -> Design:
        """Its design."""
        assert self.found is not None
        return self.found.design

    @staticmethod
    def exponents(setting: Setting) -> tuple[float, float]:
        """The largest Lyapunov exponent of a system, and its standard error."""
        return _exponents(setting)


@lru_cache(maxsize=1024)
def _exponents(setting: Setting) -> tuple[float, float]:
    from chaoscad.analysis import lyapunov

    found = lyapunov(setting)
    return float(found.exponents[0]), float(found.errors[0])


def computed(spec: Spec, block: Block) -> Columns:
    """Every variable over the points of a block, in C order.

    What is wrong with a point is its reason, and does not stop the others.
    """
    numbers = list(block.points())
    points: list[Point | None] = []
    reasons = [""] * len(numbers)
    for place, values in enumerate(numbers):
        try:
            points.append(Point(*spec.at(values)))
        except ChaoscadError as error:
            points.append(None)
            reasons[place] = _reason(error)
    if any(MEASURES[name].of == "design" for name in spec.measures):
        _design(points, reasons, "bound" in spec.measures)
    return _columns(spec, points, reasons)


def _design(points: list[Point | None], reasons: list[str], proofs: bool) -> None:
    """Find the designs of the points, those of one choice of settings together."""
    groups: dict[Hashable, list[int]] = {}
    for place, point in enumerate(points):
        if point is not None:
            groups.setdefault(_searched(point.choices), []).append(place)
    for places in groups.values():
        members = [points[place] for place in places]
        assert all(members)
        begin = time.perf_counter()
        found = _found([point for point in members if point is not None], proofs)
        each = (time.perf_counter() - begin) / len(places)
        for place, answer in zip(places, found, strict=True):
            point = points[place]
            assert point is not None
            if isinstance(answer, ChaoscadError):
                points[place] = None
                reasons[place] = _reason(answer)
            else:
                points[place] = replace(point, found=answer, seconds=each)


def _searched(choices: Choices) -> Choices:
    """The choices that a search depends on."""
    return replace(choices, devices=1, trials=1)


def _found(points: Sequence[Point], proofs: bool) -> list[Judged | ChaoscadError]:
    netlists = [point.netlist for point in points]
    choices = points[0].choices
    try:
        settings = settings_of(choices)
        return [*judge_together(netlists, seed=choices.seed, settings=settings, proofs=proofs)]
    except ChaoscadError as error:
        if len(points) == 1:
            return [error]
    # One of them cannot be solved: each by itself.
    return [one for point in points for one in _found([point], proofs)]


def settings_of(choices: Choices) -> Settings:
    """The settings of the search at a point.

    **Raises:** `ChaoscadError` for an objective that there is not.
    """
    usual = Settings(seed=choices.seed, method=choices.method)  # type: ignore[arg-type]
    changes: dict[str, Any] = {}
    if choices.restarts is not None:
        changes |= {"restarts": choices.restarts, "flow_restarts": choices.restarts}
    if choices.steps is not None:
        changes["steps"] = choices.steps
    gates, circuit = replace(usual.gates, **changes), replace(usual.circuit, **changes)
    if choices.objective != MARGIN:
        from chaoscad.tune import parse_loss

        loss = parse_loss(choices.objective)
        gates, circuit = replace(gates, loss=loss), replace(circuit, loss=loss)
    return replace(usual, gates=gates, circuit=circuit)


def _columns(spec: Spec, points: Sequence[Point | None], reasons: list[str]) -> Columns:
    count = len(points)
    columns: Columns = {
        variable.name: np.full(count, False if variable.kind == "truth" else np.nan)
        for name in spec.measures
        for variable in MEASURES[name].variables
    }
    for place, point in enumerate(points):
        for name in spec.measures if point is not None else ():
            assert point is not None
            try:
                values = MEASURES[name].take(point)
            except ChaoscadError as error:
                reasons[place] = reasons[place] or f"{name}: {_reason(error)}"
                continue
            for variable, value in zip(MEASURES[name].variables, values, strict=True):
                columns[variable.name][place] = value
    ways = [point.found.method if point and point.found else NOT_FOUND for point in points]
    methods = [METHODS.index(way) for way in ways]
    columns["method"] = np.array(methods, np.int8)
    columns["status"] = np.array([FAILED if reason else COMPUTED for reason in reasons], np.int8)
    columns["reason"] = np.array(reasons, dtype=object)
    return columns


def _reason(error: ChaoscadError) -> str:
    """What is wrong, without the places in files: they are not the same on every machine."""
    first = next(
        (item for item in error.diagnostics if item.severity == "error"), error.diagnostics[0]
    )
    told = f"{first.message}; {first.hint}" if first.hint else first.message
    return told[:LONGEST]
