"""A system's equations as a graph of operations, from which every target writes its own form."""

from chaoscad.systems.symbolic.graph import Constant, Graph, Operation, Symbol, interpret
from chaoscad.systems.symbolic.operations import FUNCTIONS, Function, computed
from chaoscad.systems.symbolic.trace import NoForm, trace

__all__ = [
    "FUNCTIONS",
    "Constant",
    "Function",
    "Graph",
    "NoForm",
    "Operation",
    "Symbol",
    "computed",
    "interpret",
    "trace",
]
