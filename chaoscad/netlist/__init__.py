"""Netlists: text to frozen data, with every error at its line and column."""

from chaoscad.logic.truth import NAMED, TruthTable, title
from chaoscad.netlist.data import dump, to_data
from chaoscad.netlist.from_logic import from_logic, to_logic
from chaoscad.netlist.model import Bounds, Configuration, Gate, Instance, Netlist, Target, Tie
from chaoscad.netlist.reader import check, load, parse, parse_data
from chaoscad.netlist.reference import Reference
from chaoscad.netlist.unrolled import configurations, configured, unrolled
from chaoscad.netlist.yaml_text import dump_yaml

__all__ = [
    "NAMED",
    "Bounds",
    "Configuration",
    "Gate",
    "Instance",
    "Netlist",
    "Reference",
    "Target",
    "Tie",
    "TruthTable",
    "check",
    "configurations",
    "configured",
    "dump",
    "dump_yaml",
    "from_logic",
    "load",
    "parse",
    "parse_data",
    "title",
    "to_data",
    "to_logic",
    "unrolled",
]
