"""Figures of results: one function for each, and how they are saved."""

from chaoscad.plot.circuit import draw_circuit
from chaoscad.plot.measures import (
    draw_bifurcation,
    draw_continuation,
    draw_finite_time,
    draw_lyapunov,
    draw_lyapunov_over,
    draw_recurrence,
)
from chaoscad.plot.noise import draw_error_growth
from chaoscad.plot.orbits import draw_orbit, draw_portrait, draw_section, draw_series
from chaoscad.plot.save import check_figure_path, save

__all__ = [
    "check_figure_path",
    "draw_bifurcation",
    "draw_circuit",
    "draw_continuation",
    "draw_error_growth",
    "draw_finite_time",
    "draw_lyapunov",
    "draw_lyapunov_over",
    "draw_orbit",
    "draw_portrait",
    "draw_recurrence",
    "draw_section",
    "draw_series",
    "save",
]
