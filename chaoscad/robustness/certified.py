"""The certified tolerance of a design: how far all parameters may be off with every bit proven right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from chaoscad.arguments import whole
from chaoscad.design import Design
from chaoscad.errors import ChaoscadError
from chaoscad.evidence import Evidence
from chaoscad.netlist.deviations import Deviations
from chaoscad.robustness.branch import MOST_BOXES, Bound, Branch
from chaoscad.robustness.devices import population
from chaoscad.robustness.monte_carlo import judge_of
from chaoscad.robustness.nearest import nearest_failures
from chaoscad.robustness.rows import STATE, THRESHOLD, Row, grouped, rows_that_matter
from chaoscad.systems import Flow

NUDGES = (0.0, 1e-12, 1e-9, 1e-6, 1e-4, 1e-3, 0.01, 0.03, 0.1)
"""By how much a point on the boundary is moved outwards, relatively, until NumPy sees the other bit: for
maps a matter of rounding, for flows of the steps with which the search integrates."""


@dataclass(frozen=True)
class Counterexample:
    """A gate with parameters at which one of its bits changes, as NumPy evaluates it.

    **Arguments:**

    - `times`: the greatest of its errors, in sizes of the tolerance.
    - `inputs`: the local row whose bit changes.
    - `x0`, `delta`, `threshold`, `parameters`: of the gate, `parameters` of its system.
    """

    times: float
    inputs: str
    x0: float
    delta: tuple[float, ...]
    threshold: float
    parameters: Mapping[str, float]

    def to_data(self) -> dict[str, Any]:
        """As JSON-ready data."""
        return {
            "times": self.times,
            "row": self.inputs,
            "x0": self.x0,
            "delta": list(self.delta),
            "threshold": self.threshold,
            "parameters": dict(self.parameters),
        }


@dataclass(frozen=True)
class GateTolerance:
    """How far the parameters of a gate may be off.

    **Arguments:**

    - `proven`: within so many sizes of the tolerance, all at once, every row of the gate that matters
      provably keeps its bit; `None` where nothing is proven: of flows there are no enclosures here.
    - `row`: that limits it, as bits of the gate's inputs; empty where none does.
    - `counterexample`: just outside, or `None` where the search found none.
    """

    gate: str
    proven: float | None
    row: str
    counterexample: Counterexample | None

    def to_data(self) -> dict[str, Any]:
        """As JSON-ready data."""
        found = self.counterexample
        return {
            "gate": self.gate,
            "proven": self.proven,
            "row": self.row,
            "counterexample": None if found is None else found.to_data(),
        }


@dataclass(frozen=True)
class CertifiedTolerance:
    """How far the parameters of all gates may be off.

    Sizes are those of the deviations: standard deviations of normal spreads, half-widths of uniform ones.
    The errors of every row, mismatch and global ones, may all reach so many sizes at once; they add up.
    Gates without a row that matters, or whose errors are all zero, are not among `gates`.
    """

    deviations: Deviations
    gates: tuple[GateTolerance, ...]

    @property
    def proven(self) -> float | None:
        """The least of the gates', within which the circuit is right; `None` if some gate has none."""
        found = [gate.proven for gate in self.gates]
        return None if None in found else min(one for one in found if one is not None)

    @property
    def weakest(self) -> GateTolerance:
        """The gate that limits the circuit: that of the nearest counterexample if nothing is proven."""

        def reach(gate: GateTolerance) -> float:
            found = gate.counterexample
            times = np.inf if found is None else found.times
            return times if self.proven is None or gate.proven is None else gate.proven

        return min(self.gates, key=reach)

    def to_data(self) -> dict[str, Any]:
        """As JSON-ready data."""
        return {
            "deviations": self.deviations.to_data(),
            "proven": self.proven,
            "weakest": self.weakest.gate,
            "gates": [gate.to_data() for gate in self.gates],
        }


def with_certified(design: Design, found: CertifiedTolerance) -> Design:
    """The design, whose provenance keeps what was certified of it, and under which deviations."""
    point = found.weakest.counterexample
    kept = {
        "deviations": found.deviations.to_data(),
        "proven": found.proven,
        "weakest": found.weakest.gate,
        "fails_at": None if point is None else point.times,
        "gates": {gate.gate: gate.proven for gate in found.gates},
    }
    known = {**design.provenance.get("robustness", {}), "certified": kept}
    return replace(design, provenance={**design.provenance, "robustness": known})


def certified_tolerance(
    design: Design | Evidence, deviations: Deviations, *, boxes: int = MOST_BOXES
) -> CertifiedTolerance:
    """The largest multiple of a tolerance within which every bit that matters provably stays.

    Enclosures hold in real arithmetic, so a value that float64 rounds may be off by a few units in its
    last place. A state outside of the declared range is what a bench makes of it: formulas are
    evaluated, measured curves keep the value of their end.

    **Arguments:**

    - `boxes`: the budget of the branch and bound, for every system of the design; what is proven stays
      proven where it is used up, and the counterexample may then lie farther off.

    **Raises:** `ChaoscadError` for a design that does not verify, and for deviations without any spread.
    """
    evidence = design if isinstance(design, Evidence) else Evidence(design)
    boxes = whole("the number of boxes", boxes, 1)
    judge = judge_of(evidence)
    drawn = population(evidence.design, deviations)
    rows = [row for row in rows_that_matter(judge, drawn) if any(row.sources.values())]
    if not rows:
        raise ChaoscadError(
            "nothing deviates: give a tolerance, or hardware.tolerance in the netlist"
        )
    found: dict[str, list[tuple[Row, float | None, Counterexample | None]]] = {}
    for members in grouped(rows):
        if isinstance(members[0].setting.system, Flow):
            bounds = _of_flow(members)
        else:
            branch = Branch(members)
            bounds = [
                (bound.proven, _reached(row, _shares(branch, bound), bound.attained))
                for row, bound in zip(members, branch.bounds(boxes), strict=True)
            ]
        for row, (proven, point) in zip(members, bounds, strict=True):
            found.setdefault(row.gate.name, []).append((row, proven, point))
    order = [gate.name for gate in evidence.design.gates if gate.name in found]
    return CertifiedTolerance(deviations, tuple(_gate(name, found[name]) for name in order))


def _gate(
    name: str, rows: Sequence[tuple[Row, float | None, Counterexample | None]]
) -> GateTolerance:
    proven = [one for _, one, _ in rows]
    points = [point for *_, point in rows if point is not None]
    nearest = min(points, key=lambda point: point.times, default=None)
    if None in proven:
        return GateTolerance(name, None, nearest.inputs if nearest else "", nearest)
    row, least, _ = min(rows, key=lambda found: found[1] or 0.0)
    return GateTolerance(name, least, row.inputs, nearest)


def _shares(branch: Branch, bound: Bound) -> dict[str, float]:
    """The errors of a bound's point as shares of the tolerance; that of the threshold is what is left."""
    return dict(zip((STATE, *branch.names), bound.errors.tolist(), strict=True))


def _of_flow(rows: Sequence[Row]) -> list[tuple[None, Counterexample | None]]:
    """No proof, but the nearest failure that a search finds."""
    found: list[tuple[None, Counterexample | None]] = []
    for row, failures in zip(rows, nearest_failures(rows, "maximum"), strict=True):
        point = None
        if failures:
            shares = {
                name: failures[0].errors.get(sources[0].place, 0.0)
                for name, sources in row.sources.items()
                if sources
            }
            point = _reached(row, shares, failures[0].distance)
        found.append((None, point))
    return found


def _reached(row: Row, shares: Mapping[str, float], times: float) -> Counterexample | None:
    """The gate at these shares, and at the threshold that is most against its bit, checked by NumPy."""
    if not np.isfinite(times):
        return None
    gate = row.gate
    size = sum(source.size for source in row.sources[THRESHOLD])
    for nudge in NUDGES:
        share, reached = shares.get(STATE, 0.0) * (1 + nudge), times * (1 + nudge)
        x0, *delta = (
            value + share * error
            for value, error in zip((gate.x0, *gate.delta), row.sizes, strict=True)
        )
        parameters = dict(row.setting.parameters)
        for name in set(shares) & set(parameters):
            error = sum(source.size for source in row.sources[name])
            parameters[name] += shares[name] * (1 + nudge) * error
        threshold = gate.threshold + (reached if row.above else -reached) * size
        state = x0
        for place in row.ones:
            state += delta[place]
        value = float(row.setting.value(np.array([state]), gate.iterates, parameters)[0])
        bit = value < threshold if gate.compare == "<" else value > threshold
        if bit != row.bit:
            return Counterexample(reached, row.inputs, x0, tuple(delta), threshold, parameters)
    return None
