"""The logic level: Boolean functions and circuits of them, with nothing physical in it."""

from chaoscad.logic.circuit import Logic, LogicNode
from chaoscad.logic.graph import Cycle, by_level
from chaoscad.logic.truth import NAMED, TruthTable, from_column, input_column, title

__all__ = [
    "NAMED",
    "Cycle",
    "Logic",
    "LogicNode",
    "TruthTable",
    "by_level",
    "from_column",
    "input_column",
    "title",
]
