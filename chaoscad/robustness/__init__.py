"""What devices do that differ from their design: yields, noise, worst cases, certified tolerances."""

from chaoscad.netlist.tolerance import Spread
from chaoscad.robustness.certified import (
    CertifiedTolerance,
    Counterexample,
    GateTolerance,
    certified_tolerance,
)
from chaoscad.robustness.model import Deviations, deviations_of, everywhere
from chaoscad.robustness.monte_carlo import RowFailures, Share, YieldEstimate, measure

__all__ = [
    "CertifiedTolerance",
    "Counterexample",
    "Deviations",
    "GateTolerance",
    "RowFailures",
    "Share",
    "Spread",
    "YieldEstimate",
    "certified_tolerance",
    "deviations_of",
    "everywhere",
    "measure",
]
