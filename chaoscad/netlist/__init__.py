"""Netlists: text to frozen data, with every error at its line and column."""

from chaoscad.logic.truth import NAMED, TruthTable, title
from chaoscad.netlist.data import dump, to_data
from chaoscad.netlist.model import Bounds, Gate, Netlist, Target, Tie
from chaoscad.netlist.reader import check, load, parse, parse_data

__all__ = [
    "NAMED",
    "Bounds",
    "Gate",
    "Netlist",
    "Target",
    "Tie",
    "TruthTable",
    "check",
    "dump",
    "load",
    "parse",
    "parse_data",
    "title",
    "to_data",
]
