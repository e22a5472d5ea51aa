"""Worst cases: the errors of a device nearest to the design at which a row's bit changes.

A distance is that of standard normal errors, in standard deviations: a row of the distance beta whose
boundary is flat fails in a share Phi(-beta) of the devices (K. J. Antreich, H. E. Graeb, C. U. Wieser,
IEEE Trans. CAD 13, 57 (1994)). A uniform error is taken as the normal one that is as likely, so that no
distance is finite where the whole box of uniform errors is right; `certified_tolerance` has its size.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from chaoscad.compile import Setpoints, response
from chaoscad.compile.precision import double
from chaoscad.design import Design
from chaoscad.errors import ChaoscadError
from chaoscad.evidence import Evidence
from chaoscad.netlist.deviations import Deviations
from chaoscad.robustness.circuit import WRONG, Judge
from chaoscad.robustness.devices import Population, population
from chaoscad.robustness.error_space import bits_at, deviated, places
from chaoscad.robustness.monte_carlo import judge_of
from chaoscad.robustness.nearest import Failure, nearest_failures
from chaoscad.robustness.rows import STATE, THRESHOLD, Row, grouped, rows_that_matter
from chaoscad.systems import Flow

OUTSIDE = 1e-6
"""By how much a point is moved outwards before the device is evaluated at it, relatively."""

OUTSIDE_OF_FLOWS = 0.01
"""The same of flows, which the search integrates in steps and NumPy as exactly as it can."""


@dataclass(frozen=True)
class RowCase:
    """The worst case of a local row.

    **Arguments:**

    - `margin`, `gradient`: in the design, in the unit of the value; the gradient by `x0`, by every
      weight (`delta 1` is that of the first input), by `threshold` and the system's parameters.
    - `sigma`: the margin's standard deviation to first order; 0 where the gradient vanishes.
    - `linear`: margin / sigma, the distance to first order; `None` where sigma is 0.
    - `distance`: of the nearest point found at which the bit changes; `None` where none was found.
    - `others`: distances of further such points, in other directions.
    - `breaks`: whether the circuit is wrong in that device; `None` where that was not decided.
    - `confirmed`: whether NumPy finds the changed bit there too.
    - `device`: the gate's parameters at the point, named as in `gradient`.
    """

    gate: str
    inputs: str
    margin: float
    gradient: Mapping[str, float]
    sigma: float
    linear: float | None
    distance: float | None
    others: tuple[float, ...] = ()
    breaks: bool | None = None
    confirmed: bool = False
    device: Mapping[str, float] | None = None

    def to_data(self) -> dict[str, Any]:
        """As JSON-ready data."""
        data = {**vars(self), "row": self.inputs, "others": list(self.others)}
        del data["inputs"]
        data["gradient"] = dict(self.gradient)
        data["device"] = None if self.device is None else dict(self.device)
        return data


@dataclass(frozen=True)
class WorstCases:
    """The worst cases of all rows that matter, the nearest first.

    **Arguments:**

    - `points`: of every row, all points found, in the space of the design's independent errors.
    """

    deviations: Deviations
    rows: tuple[RowCase, ...]
    points: tuple[tuple[Failure, ...], ...]

    @property
    def distance(self) -> float | None:
        """The worst-case distance of the circuit: of the nearest device found that breaks it."""
        return min((row.distance for row in self.rows if row.distance and row.breaks), default=None)

    @property
    def least(self) -> float | None:
        """The least distance of any row: as no device fails without a changed bit, no less than this is
        that of the circuit. It is the greater one, `distance`, unless later logic masks that row."""
        return min((row.distance for row in self.rows if row.distance), default=None)

    def to_data(self) -> dict[str, Any]:
        """As JSON-ready data."""
        return {
            "deviations": self.deviations.to_data(),
            "distance": self.distance,
            "least": self.least,
            "rows": [row.to_data() for row in self.rows],
        }


def worst_cases(design: Design | Evidence, deviations: Deviations) -> WorstCases:
    """The worst case of every local row that matters.

    The points come from a search: a nearer one cannot be excluded, but each was evaluated. States outside
    of the declared range are as in `measure`.

    **Raises:** `ChaoscadError` for a design that does not verify, and for deviations without any spread.
    """
    evidence = design if isinstance(design, Evidence) else Evidence(design)
    judge = judge_of(evidence)
    if not deviations.spread:
        raise ChaoscadError(
            "nothing deviates: give a tolerance, or hardware.tolerance in the netlist"
        )
    drawn = population(evidence.design, deviations)
    rows: list[Row] = []
    points: list[tuple[Failure, ...]] = []
    slopes: list[dict[str, float]] = []
    for members in grouped(rows_that_matter(judge, drawn)):
        rows += members
        points += nearest_failures(members, "euclidean")
        slopes += _slopes(members)
    seen = [index for index, found in enumerate(points) if found]
    cases = [_to_first_order(row, slope) for row, slope in zip(rows, slopes, strict=True)]
    if seen:
        _evaluate(judge, drawn, rows, points, seen, cases)
    order = sorted(range(len(rows)), key=lambda index: (_rank(cases[index]), rows[index].index))
    return WorstCases(
        deviations,
        tuple(RowCase(**cases[one]) for one in order),
        tuple(points[one] for one in order),
    )


def least_distances_of(evidence: Evidence, deviations: Deviations) -> dict[str, float]:
    """By gate, the distance of the nearest changed bit that matters; infinite where none is found."""
    found = {gate.name: np.inf for gate in evidence.design.gates}
    rows = rows_that_matter(judge_of(evidence), population(evidence.design, deviations))
    for members in grouped(rows):
        for row, points in zip(members, nearest_failures(members, "euclidean"), strict=True):
            if points:
                found[row.gate.name] = min(found[row.gate.name], points[0].distance)
    return found


def _rank(case: Mapping[str, Any]) -> float:
    return np.inf if case["distance"] is None else case["distance"]


def _slopes(rows: Sequence[Row]) -> list[dict[str, float]]:
    """The values of rows, and their derivatives by the state and the parameters."""
    setting, iterates = rows[0].setting, rows[0].gate.iterates
    names = list(setting.parameters)
    at = np.array([[row.state, *row.setting.parameters.values()] for row in rows]).T

    def value(given: Any) -> Any:
        own = dict(zip(names, given[1:], strict=True))
        found = response(setting, iterates, True, given[0], own)
        return found.sum(), found

    with double():
        # Compiled whole: one program, where every operation by itself would be one.
        slopes, values = jax.jit(jax.grad(value, has_aux=True))(at)
    table = np.concatenate([np.asarray(values)[None], np.asarray(slopes)])
    return [dict(zip(("value", STATE, *names), column, strict=True)) for column in table.T.tolist()]


def _to_first_order(row: Row, slope: Mapping[str, float]) -> dict[str, Any]:
    side = 1.0 if row.above else -1.0
    by = {name: side * slope[name] for name in (STATE, *row.setting.parameters)}
    by[THRESHOLD] = -side
    # The variance of a uniform error is a third of its half-width squared.
    variance = sum(
        (by[name] * source.size) ** 2 / (3.0 if source.uniform else 1.0)
        for name, sources in row.sources.items()
        for source in sources
    )
    # margin / sigma is the distance to a failure were F straight: sigma^2 = sum of (dF/dp sigma_p)^2.
    margin, sigma = side * (slope["value"] - row.gate.threshold), float(np.sqrt(variance))
    weights = {
        f"delta {place + 1}": by[STATE] if place in row.ones else 0.0
        for place in range(row.gate.arity)
    }
    own = {name: by[name] for name in row.setting.parameters}
    return {
        "gate": row.gate.name,
        "inputs": row.inputs,
        "margin": margin,
        "gradient": {"x0": by[STATE], **weights, "threshold": -side, **own},
        "sigma": sigma,
        "linear": margin / sigma if sigma > 0 else None,
        "distance": None,
    }


def _evaluate(
    judge: Judge,
    drawn: Population,
    rows: Sequence[Row],
    points: Sequence[tuple[Failure, ...]],
    seen: Sequence[int],
    cases: list[dict[str, Any]],
) -> None:
    """Evaluate the devices at the nearest points of rows, and add what is found to the cases."""
    _, total = places(drawn.errors)
    errors = np.zeros((total, len(seen)))
    for column, index in enumerate(seen):
        outside = OUTSIDE_OF_FLOWS if isinstance(rows[index].setting.system, Flow) else OUTSIDE
        for place, error in points[index][0].errors.items():
            errors[place, column] = error * (1 + outside)
    with double():
        made = jax.jit(deviated)(errors, drawn.centre, drawn.errors)
        made = Setpoints(*(np.asarray(part) for part in made))  # type: ignore[arg-type]
        bits = bits_at(drawn, errors)
    # What the search found is the row's own changed bit, also where rounding sees the boundary.
    for column, index in enumerate(seen):
        bits[rows[index].index, column] = not rows[index].bit
    verdicts, _ = judge.judge(np.ascontiguousarray(bits.T))
    for column, index in enumerate(seen):
        row, found = rows[index], points[index]
        position = next(
            place for place, gate in enumerate(judge.design.gates) if gate.name == row.gate.name
        )
        device = _device(row, made, position, column)
        cases[index] |= {
            "distance": found[0].distance,
            "others": tuple(one.distance for one in found[1:]),
            "breaks": None if verdicts[column] < 0 else bool(verdicts[column] == WRONG),
            "confirmed": _confirmed(row, device),
            "device": device,
        }


def _device(row: Row, made: Setpoints, position: int, column: int) -> dict[str, float]:
    weights = {
        f"delta {place + 1}": float(made.delta[position, place, column])
        for place in range(row.gate.arity)
    }
    own = {
        name: float(made.system[position, place, column])
        for place, name in enumerate(row.setting.parameters)
    }
    x0, threshold = float(made.x0[position, column]), float(made.threshold[position, column])
    return {"x0": x0, **weights, "threshold": threshold, **own}


def _confirmed(row: Row, device: Mapping[str, float]) -> bool:
    """Whether NumPy and SciPy find the row's bit changed."""
    state = device["x0"]
    for place in row.ones:
        state += device[f"delta {place + 1}"]
    own = {name: device[name] for name in row.setting.parameters}
    value = float(row.setting.value(np.array([state]), row.gate.iterates, own)[0])
    threshold = device["threshold"]
    return (value < threshold if row.gate.compare == "<" else value > threshold) != row.bit
