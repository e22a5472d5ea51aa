"""What devices do that differ from their design: yields, noise, worst cases, certified tolerances.

Names are loaded when they are first used: a yield needs no flows, and the tolerances of a netlist no JAX.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaoscad.lazy import lazy

if TYPE_CHECKING:
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
    from chaoscad.robustness.device_files import Device, read_devices
    from chaoscad.robustness.drift import Drift
    from chaoscad.robustness.first_order import first_order_errors, first_order_noise
    from chaoscad.robustness.growth import ErrorGrowth, error_growth
    from chaoscad.robustness.importance import RareFailures, rare_failures
    from chaoscad.robustness.interval import Share
    from chaoscad.robustness.model import deviations_of
    from chaoscad.robustness.monte_carlo import measure, worth_sharing
    from chaoscad.robustness.noise import BitErrorRates, OutputErrors, RowErrors, bit_error_rates
    from chaoscad.robustness.subject import drawn_device
    from chaoscad.robustness.tolerable import TolerableNoise, tolerable_noise
    from chaoscad.robustness.trim_gate import TrimmedGate
    from chaoscad.robustness.trimming import Trimmed, TrimmedDevice, trim
    from chaoscad.robustness.worst_case import RowCase, WorstCases, worst_cases
    from chaoscad.robustness.yield_estimate import RowFailures, YieldEstimate

__all__ = [
    "BitErrorRates",
    "Centred",
    "CertifiedTolerance",
    "Counterexample",
    "Deviations",
    "Device",
    "Drift",
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
    "Trimmed",
    "TrimmedDevice",
    "TrimmedGate",
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
    "read_devices",
    "tolerable_noise",
    "trim",
    "worst_cases",
    "worth_sharing",
]

__getattr__, __dir__ = lazy(
    "chaoscad.robustness",
    {
        "BitErrorRates": "chaoscad.robustness.noise",
        "Centred": "chaoscad.robustness.centring",
        "CertifiedTolerance": "chaoscad.robustness.certified",
        "Counterexample": "chaoscad.robustness.certified",
        "Deviations": "chaoscad.netlist.deviations",
        "ErrorGrowth": "chaoscad.robustness.growth",
        "GateTolerance": "chaoscad.robustness.certified",
        "OutputErrors": "chaoscad.robustness.noise",
        "RareFailures": "chaoscad.robustness.importance",
        "RowCase": "chaoscad.robustness.worst_case",
        "RowErrors": "chaoscad.robustness.noise",
        "RowFailures": "chaoscad.robustness.yield_estimate",
        "Share": "chaoscad.robustness.interval",
        "Spread": "chaoscad.netlist.tolerance",
        "TolerableNoise": "chaoscad.robustness.tolerable",
        "Device": "chaoscad.robustness.device_files",
        "Drift": "chaoscad.robustness.drift",
        "Trimmed": "chaoscad.robustness.trimming",
        "TrimmedDevice": "chaoscad.robustness.trimming",
        "TrimmedGate": "chaoscad.robustness.trim_gate",
        "read_devices": "chaoscad.robustness.device_files",
        "trim": "chaoscad.robustness.trimming",
        "WorstCases": "chaoscad.robustness.worst_case",
        "YieldEstimate": "chaoscad.robustness.yield_estimate",
        "bit_error_rates": "chaoscad.robustness.noise",
        "centre": "chaoscad.robustness.centring",
        "certified_tolerance": "chaoscad.robustness.certified",
        "coupled": "chaoscad.robustness.coupled",
        "deviations_of": "chaoscad.robustness.model",
        "drawn_device": "chaoscad.robustness.subject",
        "error_growth": "chaoscad.robustness.growth",
        "first_order_errors": "chaoscad.robustness.first_order",
        "first_order_noise": "chaoscad.robustness.first_order",
        "measure": "chaoscad.robustness.monte_carlo",
        "rare_failures": "chaoscad.robustness.importance",
        "tolerable_noise": "chaoscad.robustness.tolerable",
        "worst_cases": "chaoscad.robustness.worst_case",
        "worth_sharing": "chaoscad.robustness.monte_carlo",
    },
)
