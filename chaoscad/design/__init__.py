"""The design file."""

from chaoscad.design.model import Design, DesignGate, Status, VerificationSummary
from chaoscad.design.store import load, loads
from chaoscad.design.writer import default_path, dumps, save, to_json

__all__ = [
    "Design",
    "DesignGate",
    "Status",
    "VerificationSummary",
    "default_path",
    "dumps",
    "load",
    "loads",
    "save",
    "to_json",
]
