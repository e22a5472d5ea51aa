"""Verification that shares no code with training: NumPy, float64, every row."""

from chaoscad.verification.gates import GateRows, gate_rows
from chaoscad.verification.logic import LogicReport, Node, WrongRow, enumerate_rows
from chaoscad.verification.report import GateVerdict, Verification, claims, verify

__all__ = [
    "GateRows",
    "GateVerdict",
    "LogicReport",
    "Node",
    "Verification",
    "WrongRow",
    "claims",
    "enumerate_rows",
    "gate_rows",
    "verify",
]
