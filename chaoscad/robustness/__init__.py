"""What devices do that differ from their design: yields, noise, worst cases, certified tolerances."""

from chaoscad.netlist.tolerance import Spread
from chaoscad.robustness.centring import Centred, centre
from chaoscad.robustness.model import Deviations, deviations_of, everywhere
from chaoscad.robustness.monte_carlo import RowFailures, Share, YieldEstimate, measure

__all__ = [
    "Centred",
    "Deviations",
    "RowFailures",
    "Share",
    "Spread",
    "YieldEstimate",
    "centre",
    "deviations_of",
    "everywhere",
    "measure",
]
