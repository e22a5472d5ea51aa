"""Yield against the size of the tolerance, and how the margins of rows are spread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import jax
import numpy as np
from jaxtyping import Float

from chaoscad.analysis.table import Table
from chaoscad.arguments import positive, several, whole
from chaoscad.compile.precision import double
from chaoscad.design import Design
from chaoscad.evidence import Evidence
from chaoscad.netlist.deviations import Deviations
from chaoscad.robustness.device_bits import row_distances
from chaoscad.robustness.devices import population
from chaoscad.robustness.monte_carlo import judge_of, measure
from chaoscad.robustness.yield_estimate import YieldEstimate

FACTORS = (0.25, 0.35, 0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0)
"""Multiples of the tolerance at which a curve is measured."""


@dataclass(frozen=True)
class YieldCurve:
    """Yields at multiples of a tolerance, on the same random numbers.

    **Arguments:**

    - `factors`: the multiples, increasing; `estimates`: the yield at each of them.
    """

    deviations: Deviations
    factors: tuple[float, ...]
    estimates: tuple[YieldEstimate, ...]

    def columns(self) -> Table:
        """The curve as a table: one line per multiple."""
        shares = [found.yield_ for found in self.estimates]
        return {
            "factor": np.array(self.factors),
            "yield": np.array([found.value for found in shares]),
            "low": np.array([found.interval[0] for found in shares]),
            "high": np.array([found.interval[1] for found in shares]),
            "devices": np.array([found.of for found in shares]),
        }


def yield_curve(
    design: Design | Evidence,
    deviations: Deviations,
    factors: Sequence[float] = FACTORS,
    *,
    devices: int = 20_000,
    seed: int = 0,
    confidence: float = 0.99,
) -> YieldCurve:
    """The yield at multiples of a tolerance.

    **Arguments:**

    - `factors`: the multiples, each positive.
    - `devices`: drawn at each of them.

    **Raises:** `ChaoscadError`, as `measure`.
    """
    chosen = sorted(positive("a multiple", one) for one in several("multiples", factors))
    evidence = design if isinstance(design, Evidence) else Evidence(design)
    found = [
        measure(evidence, deviations.scaled(one), devices=devices, seed=seed, confidence=confidence)
        for one in chosen
    ]
    return YieldCurve(deviations, tuple(chosen), tuple(found))


@dataclass(frozen=True)
class RowMargins:
    """The margins of one local row over devices; negative where its bit is wrong."""

    gate: str
    inputs: str
    margins: Float[np.ndarray, " devices"]


def row_margins(
    design: Design | Evidence, deviations: Deviations, *, devices: int = 20_000, seed: int = 0
) -> tuple[RowMargins, ...]:
    """The margins of every local row that matters over devices, those of the most failures first.

    **Raises:** `ChaoscadError`, as `measure`.
    """
    evidence = design if isinstance(design, Evidence) else Evidence(design)
    devices = whole("the number of devices", devices, 1, 1_000_000)
    judge = judge_of(evidence)
    drawn = population(evidence.design, deviations)
    with double():
        distances = row_distances(drawn, jax.random.key(seed), devices)
    margins = distances * np.where(judge.nominal, 1.0, -1.0)[:, None]
    rows = np.flatnonzero(judge.relevant)
    failures = (margins[rows] <= 0).sum(1)
    # Rows that never fail stand in the order of their lowest margins.
    order = np.lexsort((margins[rows].min(1), -failures))
    return tuple(RowMargins(*judge.name(int(row)), margins[row]) for row in rows[order])
