"""The dynamics of a system: orbits, exponents, bifurcations, portraits, sections, recurrences."""

from chaoscad.analysis.basins import Attractor, Basins, basins
from chaoscad.analysis.bifurcation import Bifurcation, bifurcation
from chaoscad.analysis.continuation import Continuation, continuation
from chaoscad.analysis.doublings import Doublings, period_doublings
from chaoscad.analysis.finite_time import FiniteTime, finite_time
from chaoscad.analysis.fixed_points import FixedPoint, FixedPoints, fixed_points
from chaoscad.analysis.grid import Grid, extent, grid
from chaoscad.analysis.lyapunov import Spectrum, kaplan_yorke, lyapunov
from chaoscad.analysis.orbits import Orbit, Series, orbit, series
from chaoscad.analysis.portrait import Portrait, portrait
from chaoscad.analysis.recurrence import Recurrence, recurrence
from chaoscad.analysis.section import Section, section, stroboscopic
from chaoscad.analysis.spectra import SpectrumOver, lyapunov_over
from chaoscad.analysis.table import Table, to_csv

__all__ = [
    "Attractor",
    "Basins",
    "Bifurcation",
    "Continuation",
    "Doublings",
    "FiniteTime",
    "FixedPoint",
    "FixedPoints",
    "Grid",
    "Orbit",
    "Portrait",
    "Recurrence",
    "Section",
    "Series",
    "Spectrum",
    "SpectrumOver",
    "Table",
    "basins",
    "bifurcation",
    "continuation",
    "extent",
    "finite_time",
    "fixed_points",
    "grid",
    "kaplan_yorke",
    "lyapunov",
    "lyapunov_over",
    "orbit",
    "period_doublings",
    "portrait",
    "recurrence",
    "section",
    "series",
    "stroboscopic",
    "to_csv",
]
