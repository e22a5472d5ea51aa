"""What devices do that differ from their design: yields, noise, worst cases, certified tolerances."""

from chaoscad.netlist.deviations import Deviations
from chaoscad.netlist.tolerance import Spread
from chaoscad.robustness.centring import Centred, centre
from chaoscad.robustness.certified import (
    CertifiedTolerance,
    Counterexample,
    GateTolerance,
    certified_tolerance,
)
from chaoscad.robustness.coupled import coupled
from chaoscad.robustness.first_order import first_order_errors, first_order_noise
from chaoscad.robustness.growth import ErrorGrowth, error_growth
from chaoscad.robustness.importance import RareFailures, rare_failures
from chaoscad.robustness.model import deviations_of
from chaoscad.robustness.monte_carlo import RowFailures, Share, YieldEstimate, measure
from chaoscad.robustness.noise import BitErrorRates, OutputErrors, RowErrors, bit_error_rates
from chaoscad.robustness.subject import drawn_device
from chaoscad.robustness.tolerable import TolerableNoise, tolerable_noise
from chaoscad.robustness.worst_case import RowCase, WorstCases, worst_cases

__all__ = [
    "BitErrorRates",
    "Centred",
    "CertifiedTolerance",
    "Counterexample",
    "Deviations",
    "ErrorGrowth",
    "GateTolerance",
    "OutputErrors",
    "RareFailures",
    "RowCase",
    "RowErrors",
    "RowFailures",
    "Share",
    "Spread",
    "TolerableNoise",
    "WorstCases",
    "YieldEstimate",
    "bit_error_rates",
    "centre",
    "certified_tolerance",
    "coupled",
    "deviations_of",
    "drawn_device",
    "error_growth",
    "first_order_errors",
    "first_order_noise",
    "measure",
    "rare_failures",
    "tolerable_noise",
    "worst_cases",
]
