"""The logic level: Boolean functions and circuits of them, with nothing physical in it."""

from chaoscad.logic.circuit import Cycle, Logic, LogicNode, levelled
from chaoscad.logic.truth import NAMED, TruthTable, from_column, input_column, title

__all__ = [
    "NAMED",
    "Cycle",
    "Logic",
    "LogicNode",
    "TruthTable",
    "from_column",
    "input_column",
    "levelled",
    "title",
]
