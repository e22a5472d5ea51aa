"""Netlists: text to frozen data, with every error at its line and column."""

from chaoscad.netlist.data import dump, to_data
from chaoscad.netlist.model import Bounds, Gate, Netlist, Target, Tie
from chaoscad.netlist.reader import check, load, parse, parse_data
from chaoscad.netlist.truth import NAMED, TruthTable, title

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
