"""Verification that shares no code with training: NumPy, float64, every row."""

from chaoscad.verification.claims import claims
from chaoscad.verification.computed import design_logic
from chaoscad.verification.equivalence import Counterexample, Equivalence, PortsDiffer, equivalent
from chaoscad.verification.gates import GateRows, every_gate, gate_rows
from chaoscad.verification.logic import LogicReport, Node, WrongRow, enumerate_rows
from chaoscad.verification.reach import Reach, end_of_curve, reaches
from chaoscad.verification.report import GateVerdict, Verification, judged, verify

__all__ = [
    "Counterexample",
    "Equivalence",
    "GateRows",
    "GateVerdict",
    "LogicReport",
    "Node",
    "PortsDiffer",
    "Reach",
    "Verification",
    "WrongRow",
    "claims",
    "design_logic",
    "end_of_curve",
    "enumerate_rows",
    "equivalent",
    "every_gate",
    "gate_rows",
    "judged",
    "reaches",
    "verify",
]
