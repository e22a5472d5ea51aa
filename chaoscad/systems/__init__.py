"""The nonlinear systems that chaogates are made of."""

from chaoscad.systems.curves import Curve, curve_setting, read_curve
from chaoscad.systems.model import (
    Flow,
    Interval,
    Map,
    Parameter,
    Setting,
    Solver,
    System,
)
from chaoscad.systems.registry import SYSTEMS, find, setting
from chaoscad.systems.user import user_map

__all__ = [
    "SYSTEMS",
    "Curve",
    "Flow",
    "Interval",
    "Map",
    "Parameter",
    "Setting",
    "Solver",
    "System",
    "curve_setting",
    "find",
    "read_curve",
    "setting",
    "user_map",
]
