"""The design file."""

from chaoscad.design.elements import Element
from chaoscad.design.model import Design, DesignGate, Status, VerificationSummary
from chaoscad.design.reconfigurable import Reconfigurable
from chaoscad.design.store import load, load_any, loads, loads_any
from chaoscad.design.writer import default_path, dumps, save, to_json

__all__ = [
    "Design",
    "DesignGate",
    "Element",
    "Reconfigurable",
    "Status",
    "VerificationSummary",
    "default_path",
    "dumps",
    "load",
    "load_any",
    "loads",
    "loads_any",
    "save",
    "to_json",
]
