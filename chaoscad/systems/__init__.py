"""The nonlinear systems that chaogates are made of."""

from chaoscad.systems.curve_file import (
    CurveReading,
    curve_of_points,
    curve_reading,
    read_curve,
)
from chaoscad.systems.curves import Curve, curve_setting
from chaoscad.systems.model import (
    Flow,
    Interval,
    Map,
    Parameter,
    Setting,
    Solver,
    System,
)
from chaoscad.systems.registry import SYSTEMS, find, register, setting
from chaoscad.systems.user import user_flow, user_map

__all__ = [
    "SYSTEMS",
    "Curve",
    "CurveReading",
    "Flow",
    "Interval",
    "Map",
    "Parameter",
    "Setting",
    "Solver",
    "System",
    "curve_of_points",
    "curve_reading",
    "curve_setting",
    "find",
    "read_curve",
    "register",
    "setting",
    "user_flow",
    "user_map",
]
