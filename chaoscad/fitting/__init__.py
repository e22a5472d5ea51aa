"""Systems from measurements: smooth curves, parameters of maps, parameters of flows from records in time."""

from chaoscad.fitting.curve import CurveFit, fit_curve
from chaoscad.fitting.fragment import curve_table, fragment
from chaoscad.fitting.residuals import Structure, noise_of, structure_of
from chaoscad.fitting.shooting import Record, fit_record
from chaoscad.fitting.system import SystemFit, fit_map
from chaoscad.fitting.verb import Scale, fit

__all__ = [
    "CurveFit",
    "Record",
    "Scale",
    "Structure",
    "SystemFit",
    "curve_table",
    "fit",
    "fit_curve",
    "fit_map",
    "fit_record",
    "fragment",
    "noise_of",
    "structure_of",
]
