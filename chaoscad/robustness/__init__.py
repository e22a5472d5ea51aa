"""What devices do that differ from their design: yields, noise, worst cases, certified tolerances."""

from chaoscad.netlist.tolerance import Spread
from chaoscad.robustness.certified import (
    CertifiedTolerance,
    Counterexample,
    GateTolerance,
    certified_tolerance,
)
from chaoscad.robustness.importance import RareFailures, rare_failures
from chaoscad.robustness.model import Deviations, deviations_of, everywhere
from chaoscad.robustness.monte_carlo import RowFailures, Share, YieldEstimate, measure
from chaoscad.robustness.worst_case import RowCase, WorstCases, worst_cases

__all__ = [
    "CertifiedTolerance",
    "Counterexample",
    "Deviations",
    "GateTolerance",
    "RareFailures",
    "RowCase",
    "RowFailures",
    "Share",
    "Spread",
    "WorstCases",
    "YieldEstimate",
    "certified_tolerance",
    "deviations_of",
    "everywhere",
    "measure",
    "rare_failures",
    "worst_cases",
]
