"""Flows in C: how many steps of the Runge-Kutta method give the design's own values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float64

from chaoscad.design import DesignGate, Element
from chaoscad.errors import Diagnostic, shown
from chaoscad.systems import Flow, Setting
from chaoscad.systems.convergence import AGREEMENT
from chaoscad.systems.evaluate import equations
from chaoscad.verification.gates import GateRows

HALVINGS = 6
"""How often the step of training is halved at most."""


@dataclass(frozen=True)
class Steps:
    """The numbers of equal steps up to every reading of an element from the one before, or why none do."""

    counts: tuple[int, ...]
    refusal: Diagnostic | None = None


def trajectory(
    setting: Setting, z: Float64[np.ndarray, " rows"], steps: int
) -> Iterator[Float64[np.ndarray, "coordinates rows"]]:
    """The coordinates at the start and after every step of the classical Runge-Kutta method."""
    derivative, y = equations(setting, z, setting.parameters)
    assert setting.time is not None
    yield y.reshape(-1, len(z))
    for moved in _steps(derivative, y, 0.0, setting.time, steps):
        yield moved.reshape(-1, len(z))


def runge_kutta(
    element: Element, z: Float64[np.ndarray, " rows"], counts: Sequence[int]
) -> list[Float64[np.ndarray, " rows"]]:
    """What every reading of an element takes from one trajectory, as the C code computes it.

    **Arguments:**

    - `counts`: the steps up to every reading from the one before it; none where they are at one time.
    """
    derivative, y = equations(element.setting, z, element.setting.parameters)
    found, begin = [], 0.0
    for gate, count in zip(element.readings, counts, strict=True):
        end = gate.setting.time
        assert end is not None
        for moved in _steps(derivative, y, begin, end, count):
            y = moved
        found.append(y.reshape(-1, len(z))[gate.setting.reading])
        begin = end
    return found


def _steps(
    derivative: Callable[[float, np.ndarray], np.ndarray],
    y: np.ndarray,
    begin: float,
    end: float,
    steps: int,
) -> Iterator[np.ndarray]:
    """The state after every step of the classical Runge-Kutta method of order 4."""
    h = (end - begin) / steps if steps else 0.0
    with np.errstate(all="ignore"):
        for step in range(steps):
            t = begin + step * h
            a = derivative(t, y)
            b = derivative(t + 0.5 * h, y + 0.5 * h * a)
            c = derivative(t + 0.5 * h, y + 0.5 * h * b)
            d = derivative(t + h, y + h * c)
            y = y + h / 6.0 * (a + 2.0 * b + 2.0 * c + d)
            yield y


def steps_of(element: Element, rows: Mapping[str, GateRows], share: float = AGREEMENT) -> Steps:
    """The design's own fixed step, halved until the values agree with those of the certification.

    They agree when they differ by less than a `share` of a gate's least distance from the threshold.
    """
    counts = _coarsest(element)
    worst: tuple[DesignGate, int, float, float] | None = None
    for _ in range(HALVINGS + 1):
        worst = _off(element, rows, counts, share)
        if worst is None:
            return Steps(counts)
        counts = tuple(2 * count for count in counts)
    assert worst is not None
    gate, row, off, allowed = worst
    most = sum(counts) // 2
    return Steps(
        tuple(count // 2 for count in counts),
        Diagnostic(
            f"gate {shown(gate.name)}, row {format(row, f'0{gate.arity}b')}: the Runge-Kutta method with "
            f"{most} steps is off the design's value by {off:.3g}, more than {100 * share:g} % of the "
            f"margin ({allowed:.3g})",
            hint="give the flow a shorter time, or the gate a larger margin",
        ),
    )


def _coarsest(element: Element) -> tuple[int, ...]:
    """The design's own steps up to every reading; of adaptive ones, the flow's."""
    setting, system = element.setting, element.setting.system
    assert isinstance(system, Flow)
    solver = setting.solver
    assert solver is not None
    own = solver if solver.step is not None else replace(solver, step=system.step, tolerance=None)
    found, begin = [], 0.0
    for gate in element.readings:
        end = gate.setting.time
        assert end is not None
        found.append(own.steps(end - begin) if end > begin else 0)
        begin = end
    return tuple(found)


def _off(
    element: Element, rows: Mapping[str, GateRows], counts: Sequence[int], share: float
) -> tuple[DesignGate, int, float, float] | None:
    """A gate, its worst row, by how much its value is off there, and what is allowed."""
    values = runge_kutta(element, rows[element.key].states, counts)
    for gate, found in zip(element.readings, values, strict=True):
        own = rows[gate.name]
        matters = np.array([want != "-" for want in gate.function.rows])
        allowed = share * np.abs(own.distances[matters]).min(initial=np.inf)
        off = np.where(matters, np.abs(found - own.values), 0.0)
        if not (off <= allowed).all():
            row = int(np.nanargmax(np.nan_to_num(off, nan=np.inf)))
            return gate, row, float(off[row]), float(allowed)
    return None
