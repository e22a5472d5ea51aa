"""The nonlinear systems that chaogates are made of."""

from chaoscad.systems.model import Interval, Map, Parameter, Setting
from chaoscad.systems.registry import SYSTEMS, find, setting
from chaoscad.systems.user import user_map

__all__ = ["SYSTEMS", "Interval", "Map", "Parameter", "Setting", "find", "setting", "user_map"]
